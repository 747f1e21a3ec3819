"""The examples that the three products work out on their pages, with their numbers."""

from decimal import Decimal
from typing import Any

import pytest

from tallystick import refusals
from tests.scenarios.small import small
from tests.scenarios.story import Tell, instant

MARKETING_VIDEO: list[tuple[int, str, dict[str, Any]]] = [
    (1, "Script", {"seconds": 60}),
    (6, "Flux Pro", {}),
    (2, "Kling", {"seconds": 5}),
    (1, "Voiceover", {"characters": 600}),
]
EDUCATIONAL_VIDEO: list[tuple[int, str, dict[str, Any]]] = [
    (1, "Script", {"minutes": 3}),
    (8, "Flux Schnell", {}),
    (4, "DALL-E", {}),
    (4, "Veo2", {"seconds": 5}),
    (1, "Voiceover", {"characters": 2000}),
]

# VideoDraft, "Credit Calculation Examples"


@pytest.mark.parametrize(
    ("lines", "each", "total"),
    [
        (MARKETING_VIDEO, [10, 30, 50, 6], 96),
        (EDUCATIONAL_VIDEO, [20, 40, 40, 1200, 20], 1320),
    ],
    ids=["a 60-second marketing video", "a 3-minute educational video"],
)
def test_a_videodraft_project_is_estimated(
    tell: Tell, lines: list[Any], each: list[int], total: int
):
    estimate = tell("videodraft").credits.estimate(lines)
    assert [line.credits for line in estimate.lines] == each
    assert (estimate.credits, estimate.subtotal, estimate.min) == (total, total, total)


@pytest.mark.parametrize(
    ("lines", "total"),
    [(MARKETING_VIDEO, 96), (EDUCATIONAL_VIDEO, 1320)],
    ids=["a 60-second marketing video", "a 3-minute educational video"],
)
def test_a_videodraft_project_is_charged(tell: Tell, lines: list[Any], total: int):
    story = tell("videodraft")
    story.subscribe("Pro")
    for count, model, request in lines:
        for _ in range(count):
            story.charge(model, **request)
    cycle = story.balance().cycle
    assert sum(line.credits for line in story.usage()) == total
    assert story.available() == 200 + 2500 - total
    assert cycle is not None
    assert cycle.used == max(0, total - 200), "the month's free credits go first"


def test_an_estimate_reads_lines_as_people_write_them(tell: Tell):
    lines = ["1 x Script seconds=60", "6 x Flux Pro", "2 x Kling seconds=5"]
    estimate = tell("videodraft").credits.estimate([*lines, "1 x Voiceover characters=600"])
    assert estimate.credits == 96


# ImagineArt, "Example estimate (images + videos)"

A_WORKING_DAY = [(30, "Example Image"), (10, "Example Video")]


@pytest.mark.parametrize(
    ("buffer", "extra", "total"),
    [
        (0, 0, 62_040),
        ("20%", 12_408, 74_448),
        (0.2, 12_408, 74_448),
        (Decimal("0.3"), 18_612, 80_652),
        ("30%", 18_612, 80_652),
    ],
)
def test_imagineart_estimates_a_month_of_work(tell: Tell, buffer: Any, extra: int, total: int):
    estimate = tell("imagineart").credits.estimate(A_WORKING_DAY, days=22, buffer=buffer)
    assert [line.each for line in estimate.lines] == [24, 210]
    assert [line.credits for line in estimate.lines] == [15_840, 46_200]
    assert estimate.subtotal == 62_040
    assert (estimate.buffer_credits, estimate.credits) == (extra, total)


def test_a_buffer_is_rounded_up_to_whole_credits(tell: Tell):
    estimate = tell("artlist").credits.estimate([(1, "Eleven v2", {"characters": 5})], buffer="25%")
    assert (estimate.buffer_credits, estimate.credits) == (1, 2)


# Artlist, "What happens to my existing credit count when I upgrade"


def test_artlist_gives_239_000_of_240_000_after_1_000_used(tell: Tell):
    """From one yearly plan to another: used credits are deducted, nothing is carried."""
    story = tell("artlist")
    story.subscribe("AI Suite Starter", 40_000, "yearly")
    story.charge("Initial Voice Clone", outputs=2)
    renews_at = story.balance().cycle.renews_at
    story.change_plan(package=240_000)
    balance = story.balance()
    assert story.sources() == {"subscription": 239_000}
    assert (balance.cycle.used, balance.cycle.allotment) == (1_000, 240_000)
    assert balance.cycle.renews_at == renews_at, "the cycle goes on"


def test_artlist_keeps_40_000_from_ai_suite_starter_to_max_pro(tell: Tell):
    story = tell("artlist")
    story.subscribe("AI Suite Starter", 40_000)
    story.charge("Initial Voice Clone")
    before = story.balance()
    changed = story.change_plan("Max Pro")
    after = story.balance()
    assert changed.change == "switch"
    assert (after.subscription.plan, after.subscription.package) == ("Max Pro", 40_000)
    assert after.sources == before.sources
    assert after.grants == before.grants
    assert after.cycle.renews_at == before.cycle.renews_at
    assert (after.cycle.allotment, after.cycle.used) == (40_000, 500)


def test_artlist_adds_the_full_credits_and_keeps_the_leftover_for_the_first_cycle(tell: Tell):
    """From a monthly plan to a higher one, monthly or yearly; the date restarts."""
    for interval in ("monthly", "yearly"):
        story = tell("artlist", at="2026-01-10T09:30:00Z")
        story.subscribe("AI Suite Starter", 40_000)
        story.charge("Initial Voice Clone", outputs=2)
        story.until("2026-01-25T16:00:00Z")
        story.change_plan(package=240_000, interval=interval)
        assert story.sources() == {"carry_over": 39_000, "subscription": 240_000}
        assert story.balance().cycle.renews_at == instant("2026-02-25T16:00:00Z")
        story.until("2026-02-25T15:59:59.999999Z")
        assert story.sources() == {"carry_over": 39_000, "subscription": 240_000}
        story.until("2026-02-25T16:00:00Z")
        assert story.sources() == {"subscription": 240_000}, "no roll-over after the first month"
        story.until("2026-03-25T16:00:00Z")
        assert story.sources() == {"subscription": 240_000}


def test_artlist_unlocks_tools_by_package(tell: Tell):
    story = tell("artlist")
    story.subscribe("AI Starter", 7_500)
    assert story.charge("Eleven v2", characters=100).credits == 20
    for model, request in (("Nano Banana", {}), ("Sora 2", {"seconds": 1}), ("Lyria 3", {})):
        with pytest.raises(refusals.ToolNotInPlan):
            story.charge(model, **request)
    story.change_plan(package=16_500)
    for model, request in (("Nano Banana", {}), ("Sora 2", {"seconds": 1}), ("Lyria 3", {})):
        assert story.charge(model, **request).credits > 0


def test_artlist_sells_no_credits_as_a_one_off(tell: Tell):
    story = tell("artlist")
    story.subscribe("AI Suite Starter", 40_000)
    with pytest.raises(refusals.TopUpsNotSold):
        story.top_up(1_000)


# VideoDraft, "Monthly Credit Allocations", with the corrections of the catalog's notes

CAPACITY = {
    ("Starter", "Flux Schnell"): 40,
    ("Starter", "Kling v2.1"): 8,
    ("Starter", "Script Generation (GPT-4)"): 40,
    ("Pro", "Flux Schnell"): 500,
    ("Pro", "Kling v2.1"): 100,
    ("Pro", "Google Veo3"): 4,
    ("Visionary", "Flux Schnell"): 1_500,
    ("Visionary", "Kling v2.1"): 300,
    ("Visionary", "Google Veo3"): 12,
    ("Visionary", "Google Text-to-Speech"): None,
    ("Studio", "Flux Schnell"): None,
    ("Studio", "Kling v2.1"): 1_200,
    ("Studio", "Google Veo3"): 50,
    ("Studio", "Google Text-to-Speech"): None,
}


@pytest.mark.parametrize(("of", "count"), CAPACITY.items(), ids=str)
def test_videodraft_allotments_are_good_for(tell: Tell, of: tuple[str, str], count: int | None):
    plan, model = of
    capacity = tell("videodraft").credits.capacity(plan)
    (line,) = [line for line in capacity.lines if line.name == model]
    assert line.count == count
    if count is not None:
        assert count * line.credits <= capacity.credits < (count + 1) * line.credits


def test_a_price_with_a_least_says_how_much_it_pays_for(tell: Tell):
    """1 credit per 20 characters, at least 5: so 5 pay for 100 characters."""
    price = "{credits: 1, per: 20 characters, at_least: 5}"
    catalog = small().replace("{credits: 1, per: 5 characters}", price)
    capacity = tell(catalog=catalog).credits.capacity("Studio")
    (line,) = [line for line in capacity.lines if line.name == "Voice"]
    assert (line.unit, line.credits, line.per) == ("generation of up to 100 characters", 5, 1)
    assert (capacity.credits, line.count) == (500, 100)


def test_an_allotment_without_its_tools_is_good_for_nothing_of_them(tell: Tell):
    credits = tell("artlist").credits
    assert {line.tool for line in credits.capacity("AI Starter", 7_500).lines} == {"voiceover"}
    assert {line.tool for line in credits.capacity("AI Starter", 16_500).lines} == {
        "voiceover",
        "image",
        "video",
        "music",
    }


def test_videodraft_starter_is_free_with_200_credits_a_month(tell: Tell):
    """In months of its own from the account's opening; nothing accumulates."""
    story = tell("videodraft", at="2026-01-31T18:00:00Z")
    assert story.sources() == {"free": 200}
    cycle = story.balance().cycle
    assert (cycle.plan, cycle.allotment, cycle.used) == ("Starter", 200, 0)
    assert cycle.renews_at == instant("2026-02-28T18:00:00Z")
    for _ in range(8):
        story.charge("Kling", seconds=5)
    assert story.sources() == {}
    with pytest.raises(refusals.InsufficientCredits) as refused:
        story.charge("Flux Schnell")
    assert refused.value.shortfall == 5
    assert story.balance().cycle.used == 200
    story.until("2026-02-28T17:59:59.999999Z")
    assert story.sources() == {}
    story.until("2026-02-28T18:00:00Z")
    assert story.sources() == {"free": 200}
    story.until("2026-06-15T00:00:00Z")
    assert story.sources() == {"free": 200}, "idle months leave nothing behind"
    assert story.balance().cycle.started_at == instant("2026-05-31T18:00:00Z")


# VideoDraft, "Plus unlimited speech!"


@pytest.mark.parametrize(
    ("plan", "charged"), [("Pro", 6), ("Visionary", 0), ("Studio", 0)], ids=str
)
def test_unlimited_speech_costs_nothing_and_the_receipt_shows_the_list_price(
    tell: Tell, plan: str, charged: int
):
    story = tell("videodraft")
    story.subscribe(plan)
    before = story.available()
    charge = story.charge("Google Text-to-Speech", characters=600)
    receipt = story.receipt(charge.receipt)
    assert (charge.credits, receipt.credits, receipt.list_credits) == (charged, charged, 6)
    assert receipt.lines[0].list_credits == (None if charged else 6)
    assert receipt.lines[0].plan == (None if charged else plan.lower())
    assert (plan in receipt.rule) == (not charged), "the receipt names the plan that waived it"
    assert story.available() == before - charged
    assert charge.balance_after == charge.balance_before - charged


def test_unlimited_images_are_for_studio_only(tell: Tell):
    for plan, credits in (("Visionary", 5), ("Studio", 0)):
        story = tell("videodraft")
        story.subscribe(plan)
        quote = story.quote("Flux Schnell")
        assert (quote.credits, quote.burns == ()) == (credits, not credits)
        assert story.credits.quote("Flux Schnell", plan=plan).credits == credits
    assert tell("videodraft").credits.quote("Flux Schnell").credits == 5
