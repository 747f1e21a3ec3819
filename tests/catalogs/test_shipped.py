"""The three shipped catalogs: every price on the pages, and what the pages say of plans."""

import csv
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import pytest

from tallystick.catalogs import SHIPPED, is_shipped, shipped, shipped_text
from tallystick.core.catalog import Published
from tallystick.core.credits import SCALE, text
from tallystick.core.errors import InvalidRequest
from tallystick.core.pricing import RateCard, Request

PRICES = Path(__file__).with_name("prices.tsv")

ROWS_ON_THE_PAGES = {
    "artlist video": 41,
    "artlist image": 29,
    "artlist voiceover": 6,
    "artlist music": 2,
    "imagineart estimate": 2,
    "imagineart image": 24,
    "videodraft image": 5,
    "videodraft video": 7,
    "videodraft speech": 2,
    "videodraft other": 3,
}

# Rows of the video page that name two resolutions for one price; the table holds the first.
BOTH_RESOLUTIONS = {
    "Kling 1.6 Pro": ("720p", "1080p"),
    "Kling 2.1 Master": ("720p", "1080p"),
    "Veo 3.1": ("720p", "1080p"),
    "Veo 3.1 Fast": ("720p", "1080p"),
    "Grok Imagine": ("480p", "720p"),
}


class Row(NamedTuple):
    """A row of a page, quoted: `credits` is a number, or a least and a most."""

    platform: str
    model: str
    settings: str
    quantities: str
    outputs: str
    credits: str
    page: str

    def request(self) -> Request:
        said = f"{self.settings},{self.quantities}".split(",")
        params = dict(each.split("=") for each in said if each)
        tool = self.page.split()[1] if self.platform == "artlist" else None
        return Request(self.model, params, int(self.outputs), tool)


def rows() -> list[Row]:
    with PRICES.open(encoding="utf-8", newline="") as lines:
        return [Row(*row) for row in csv.reader(lines, delimiter="\t")][1:]


def card(platform: str) -> RateCard:
    return RateCard(Published(1, 0, shipped(platform)))


def quoted(platform: str, model: str, plan: str | None = None, **params: object) -> str:
    found = card(platform)
    on = next((each for each in found.catalog.plans if each.id == plan), None)
    priced = found.price(Request(model, params), on)
    least = "" if priced.minimum is None else f"{text(priced.minimum)}.."
    return least + text(priced.credits)


@pytest.mark.parametrize("row", rows(), ids=lambda row: "/".join(row[:4]))
def test_every_price_on_the_pages(row: Row) -> None:
    priced = card(row.platform).price(row.request())
    least = "" if priced.minimum is None else f"{priced.minimum // SCALE}.."
    assert f"{least}{priced.credits // SCALE}" == row.credits
    assert priced.credits % SCALE == 0


def test_the_table_has_every_row_of_every_page() -> None:
    assert Counter(row.page for row in rows()) == ROWS_ON_THE_PAGES
    assert len(set(rows())) == len(rows())


@pytest.mark.parametrize("model", BOTH_RESOLUTIONS)
def test_a_row_with_two_resolutions_prices_both_alike(model: str) -> None:
    first, second = BOTH_RESOLUTIONS[model]
    for row in (each for each in rows() if each.model == model and each.settings):
        assert f"resolution={first}" in row.settings
        other = row._replace(settings=row.settings.replace(first, second))
        prices = [card("artlist").price(each.request()).credits for each in (row, other)]
        assert prices[0] == prices[1]


def test_every_rate_of_a_catalog_is_quoted_by_some_row() -> None:
    for platform in SHIPPED:
        quoted_rates = {
            card(platform).price(row.request()).rate for row in rows() if row.platform == platform
        }
        samples = {"example-image-pro", "example-video-pro"}  # on no page, and marked so
        rates = {rate.id for model in shipped(platform).models for rate in model.rates}
        assert rates - samples == quoted_rates


def test_the_worked_examples_of_videodraft() -> None:
    marketing_video = [
        quoted("videodraft", "Script Generation", seconds=60),
        quoted("videodraft", "Flux Pro", images=6),
        quoted("videodraft", "Kling", seconds=5),
        quoted("videodraft", "Kling", seconds=5),
        quoted("videodraft", "Voiceover", characters=600),
    ]
    assert marketing_video == ["10", "30", "25", "25", "6"]
    assert sum(map(int, marketing_video)) == 96
    educational_video = [
        quoted("videodraft", "Script Generation", minutes=3),
        quoted("videodraft", "Flux Schnell", images=8),
        quoted("videodraft", "Imagen-4", images=4),
        *(quoted("videodraft", "Veo2", seconds=5) for _ in range(4)),
        quoted("videodraft", "Voiceover", characters=2000),
    ]
    assert sum(map(int, educational_video)) == 1_320


def test_prices_that_the_pages_leave_to_interpretation() -> None:
    assert quoted("artlist", "Veo 3.1", resolution="1080p", audio="on", seconds=8) == "4,000"
    assert quoted("artlist", "Lyria 3", seconds=95) == "150"
    assert quoted("artlist", "Eleven v2", characters=12) == "3"
    assert quoted("artlist", "Speech to Speech", seconds="7.25") == "15"
    assert quoted("artlist", "Hailou 2.3 Fast", seconds=1) == "100"
    assert quoted("videodraft", "Script", seconds=5) == "5"
    assert quoted("videodraft", "Script", minutes=60) == "20"
    assert quoted("videodraft", "Google Veo3", seconds=12) == "600"
    assert quoted("videodraft", "AI Agent Consultation") == "5..10"


def test_unlimited_tools_cost_nothing_on_their_plans() -> None:
    for plan, speech, image in [("pro", "6", "5"), ("visionary", "0", "5"), ("studio", "0", "0")]:
        assert quoted("videodraft", "Voiceover", plan, characters=600) == speech
        assert quoted("videodraft", "Flux Schnell", plan) == image


def offers(platform: str) -> dict[str, list[str]]:
    """The packages of each plan, in credits a month."""
    return {
        plan.name: [text(package.credits) for package in plan.packages]
        for plan in shipped(platform).plans
    }


def test_the_plans_of_the_pages() -> None:
    assert offers("artlist") == {
        "AI Starter": ["7,500", "16,500"],
        "AI Suite Starter": ["40,000", "240,000"],
        "Max Pro": ["7,500", "16,500", "40,000", "240,000"],
    }
    assert offers("videodraft") == {
        "Starter": [],
        "Pro": ["2,500"],
        "Visionary": ["7,500"],
        "Studio": ["30,000"],
    }
    voiceover_only, all_four = shipped("artlist").plans[0].packages
    assert voiceover_only.tools == ("voiceover",)
    assert set(all_four.tools or ()) == {"voiceover", "image", "video", "music"}


def test_the_upgrade_rules_of_artlist() -> None:
    rules = {
        (rule.from_interval, rule.to_interval): (rule.credits, rule.restart_cycle)
        for rule in shipped("artlist").upgrades
    }
    assert rules == {
        ("monthly", "monthly"): ("add_full_keep_leftover", True),
        ("monthly", "yearly"): ("add_full_keep_leftover", True),
        ("yearly", "yearly"): ("deduct_used", False),
        ("yearly", "monthly"): ("deduct_used", True),
    }


def test_free_credits_and_top_ups_of_the_pages() -> None:
    [daily] = shipped("imagineart").free_credits
    assert (text(daily.credits), daily.every, daily.plans) == ("100", "day", None)
    [monthly] = shipped("videodraft").free_credits
    assert (text(monthly.credits), monthly.every, monthly.plans) == ("200", "month", ("starter",))
    assert shipped("artlist").free_credits == ()
    top_ups = shipped("imagineart").top_ups
    assert top_ups is not None
    assert top_ups.requires_subscription
    assert top_ups.expires_after_days is None
    assert shipped("artlist").top_ups is None
    assert shipped("videodraft").top_ups is None
    assert shipped("imagineart").wording.top_ups == "Tokens"


def test_what_is_made_up_is_marked_and_what_is_money_is_nowhere() -> None:
    imagineart = shipped("imagineart")
    assert all(plan.sample for plan in imagineart.plans if plan.packages)
    assert imagineart.top_ups is not None
    assert all(bundle.sample for bundle in imagineart.top_ups.bundles)
    for model in imagineart.models:
        read = ("imagine.art, Image" in (rate.note or "") for rate in model.rates)
        assert all(read) or "sample" in (model.note or ""), model.name
    for platform in SHIPPED:
        assert not any(
            package.prices for plan in shipped(platform).plans for package in plan.packages
        )


@pytest.mark.parametrize("model", ["Veo 3.1", "Seedance 1.5 Pro", "Kling 3.0 Pro", "Lyria 3"])
def test_each_interpreted_row_says_why(model: str) -> None:
    [found] = [each for each in shipped("artlist").models if each.name == model]
    assert all(rate.note for rate in found.rates)


def test_a_shipped_catalog_is_found_by_its_platform() -> None:
    for name in SHIPPED:
        assert is_shipped(name)
        assert shipped(name).platform == name
        assert shipped(name) is shipped(name)
        assert f"platform: {name}" in shipped_text(name)
    assert not is_shipped("Artlist")
    with pytest.raises(InvalidRequest, match="unknown shipped catalog 'artlst'; did you mean art"):
        shipped("artlst")
