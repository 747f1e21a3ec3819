"""The public price page: every rate of a version, in words and in numbers (`docs/spec.md` 2.10)."""

from decimal import Decimal
from textwrap import dedent

import pytest

from tallystick.catalogs import SHIPPED, load_text, price_page, shipped
from tallystick.catalogs.phrases import money_words, price_words, setting_words
from tallystick.core.catalog import (
    Catalog,
    Flat,
    Model,
    Money,
    PerUnit,
    Price,
    Published,
    Range,
    Rate,
    Table,
    Tool,
    Wording,
)
from tallystick.core.credits import SCALE
from tallystick.results.prices import ModelPrices, PricePage, PriceTag, TableRow
from tests.catalogs.carets import completed


def page(platform: str) -> PricePage:
    return price_page(Published(3, 1_767_225_600_000_000, shipped(platform)))


def model(platform: str, name: str) -> ModelPrices:
    models = [each for tool in page(platform).tools for each in tool.models]
    return next(each for each in models if each.name == name)


def credits(amount: float) -> int:
    return int(amount * SCALE)


@pytest.mark.parametrize(
    ("price", "words"),
    [
        (Flat(0), "free"),
        (Flat(credits(1)), "1 credit per generation"),
        (Flat(credits(16_500)), "16,500 credits per generation"),
        (PerUnit(credits(300), "second"), "300 credits per second"),
        (PerUnit(credits(1), "character", credits(5)), "1 credit per 5 characters"),
        (PerUnit(credits(0.5), "second"), "0.5 credits per second"),
        (PerUnit(0, "second"), "free"),
        (
            PerUnit(credits(10), "minute", at_least=credits(5), at_most=credits(20)),
            "10 credits per minute, at least 5, at most 20",
        ),
        (Range(credits(5), credits(10)), "5 to 10 credits per generation"),
        (Range(credits(5), credits(10), "scene"), "5 to 10 credits per scene"),
        (
            Table("second", ((credits(1), credits(30)), (credits(8), credits(400)))),
            "30 credits for 1 second, 400 credits for 8 seconds",
        ),
    ],
)
def test_prices_in_words(price: Price, words: str) -> None:
    assert price_words(price) == words


def test_prices_use_the_platforms_own_words() -> None:
    coins = Wording(credit="coin", credits="coins")
    assert price_words(Flat(credits(1)), coins) == "1 coin per generation"
    assert price_words(Range(0, credits(2)), coins) == "0 to 2 coins per generation"


def test_settings_in_words() -> None:
    assert setting_words({}) == ""
    assert setting_words({"resolution": "1080p", "audio": "on"}) == "1080p, audio on"
    assert setting_words({"resolution": ("720p", "1080p")}) == "720p or 1080p"
    assert setting_words({"steps": ("20", "30"), "ratio": "16:9"}) == "steps 20 or 30, 16:9"


def test_money_says_when_it_is_a_sample() -> None:
    assert money_words(Money("9.99", "USD")) == "9.99 USD"
    assert money_words(Money("9.99", "USD", sample=True)) == "9.99 USD (sample)"


def test_a_page_says_which_version_it_shows() -> None:
    found = page("artlist")
    assert (found.platform, found.name, found.version) == ("artlist", "Artlist", 3)
    assert found.effective_at == "2026-01-01T00:00:00Z"
    assert found.time_zone == "UTC"
    assert found.notes == shipped("artlist").notes


def test_rows_have_settings_and_prices_in_words_and_in_numbers() -> None:
    off, on = model("artlist", "Veo 3.1").rows
    assert (off.words, off.price.words) == ("audio off", "300 credits per second")
    assert (on.words, on.settings) == ("audio on", {"audio": ("on",)})
    assert on.price == PriceTag("500 credits per second", "second", 500, 1)
    assert on.rate == "veo-3.1/audio=on"
    assert "audio column" in (on.note or "")


def test_every_kind_of_price_on_the_page() -> None:
    def tag(name: str) -> PriceTag:
        return model("videodraft", name).rows[0].price

    assert tag("Google Text-to-Speech") == PriceTag(
        "1 credit per 100 characters", "character", 1, 100
    )
    assert tag("Google Veo3") == PriceTag("600 credits per generation", "generation", 600, 1)
    assert tag("Silent audio generation").words == "free"
    assert tag("Google Veo2").table == (TableRow(5, 300), TableRow(8, 400))
    script = tag("Script Generation (GPT-4)")
    assert (script.credits, script.unit, script.min, script.max) == (10, "minute", 5, 20)
    agent = tag("AI Agent Consultations")
    assert (agent.credits, agent.unit, agent.min, agent.max) == (None, "consultation", 5, 10)


def test_fractions_stay_exact() -> None:
    rates = (Rate("half", PerUnit(SCALE // 2, "second")),)
    catalog = Catalog("demo", "Demo", (Tool("video", "Video"),), (Model("m", "M", "video", rates),))
    [tool] = price_page(Published(1, 0, catalog)).tools
    assert tool.models[0].rows[0].price.credits == Decimal("0.5")


def test_plans_name_what_they_unlock_and_what_is_free_on_them() -> None:
    starter, suite, top = page("artlist").plans
    assert starter.tools == ("video", "image", "voiceover", "music")
    assert [package.tools for package in starter.packages] == [
        ("voiceover",),
        ("voiceover", "image", "video", "music"),
    ]
    assert [package.words for package in suite.packages] == [
        "40,000 credits a month",
        "240,000 credits a month",
    ]
    assert top.intervals == ("monthly", "yearly")
    free, *_, studio = page("videodraft").plans
    assert (free.default, free.packages) == (True, ())
    assert (studio.default, studio.unlimited) == (False, ("speech", "image"))


def test_a_package_without_tools_of_its_own_unlocks_those_of_its_plan() -> None:
    text = """
    plans:
      - {id: pro, name: Pro, tools: [image], packages: [{credits: 5}, {credits: 9, tools: [video]}]}
      - {id: max, name: Max, packages: [{credits: 9}]}
    """
    catalog = load_text(completed(dedent(text)))
    pro, top = price_page(Published(1, 0, catalog)).plans
    assert [package.tools for package in pro.packages] == [("image",), ("video",)]
    assert pro.tools == ("image", "video")
    assert top.packages[0].tools == ("image", "video")


def test_free_credits_and_top_ups_are_on_the_page() -> None:
    [daily] = page("imagineart").free_credits
    assert (daily.credits, daily.words) == (100, "100 credits a day")
    [monthly] = page("videodraft").free_credits
    assert monthly.words == "200 credits a month on Starter"
    top_ups = page("imagineart").top_ups
    assert top_ups is not None
    assert [(each.credits, each.sample) for each in top_ups.bundles] == [
        (1_000, True),
        (5_000, True),
        (20_000, True),
    ]
    assert page("imagineart").wording["top_ups"] == "Tokens"
    assert page("artlist").top_ups is None


@pytest.mark.parametrize("platform", SHIPPED)
def test_every_rate_of_a_catalog_is_on_its_page(platform: str) -> None:
    rates = [rate.id for each in shipped(platform).models for rate in each.rates]
    shown = [row.rate for tool in page(platform).tools for each in tool.models for row in each.rows]
    assert sorted(shown) == sorted(rates)
