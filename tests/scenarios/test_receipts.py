"""Receipts explain themselves: rate and catalog version, quantity, rounding, grants, rule."""

import pytest

from tallystick import InvalidRequest, refusals
from tests.scenarios.small import small
from tests.scenarios.story import Tell


def test_a_receipt_says_how_its_credits_came_about(tell: Tell):
    story = tell("artlist")
    story.subscribe("AI Suite Starter", 40_000)
    charge = story.charge(
        "Eleven v2", text="Hello, wörld", member=None, labels={"project": "film", "workflow": "vo"}
    )
    receipt = story.receipt(charge.receipt)
    assert (receipt.credits, receipt.list_credits) == (3, 3)
    assert (receipt.lines[0].name, receipt.lines[0].quantity) == ("Eleven v2", 12)
    assert (receipt.rate, receipt.price) == ("eleven-v2", "1 credit per 5 characters")
    assert (receipt.exact, receipt.rounding) == ("2.4", "up to whole credits")
    assert receipt.rule == "2.4 credits, rounded up to whole credits: 3"
    assert (receipt.catalog.platform, receipt.catalog.version) == ("artlist", 1)
    assert [(burn.source, burn.credits) for burn in receipt.burns] == [("subscription", 3)]
    assert (receipt.balance_before, receipt.balance_after) == (40_000, 39_997)
    assert receipt.labels == {"project": "film", "workflow": "vo"}
    assert (receipt.hold, receipt.held, receipt.returned, receipt.expired) == (None, None, 0, 0)
    assert (receipt.seq, receipt.at, receipt.outcome) == (charge.seq, charge.at, "succeeded")


def test_a_receipt_carries_the_catalogs_own_note_on_the_rate(tell: Tell):
    story = tell("artlist")
    story.subscribe("AI Suite Starter", 40_000)
    receipt = story.receipt(story.charge("Lyria 3").receipt)
    assert "per track" in receipt.note
    assert story.receipt(story.charge("Nano Banana").receipt).note is None


def test_a_settled_hold_has_one_receipt_under_both_its_names(tell: Tell):
    story = tell("artlist")
    story.subscribe("AI Suite Starter", 40_000)
    hold = story.hold("Speech to Speech", seconds=30)
    with pytest.raises(refusals.EntryNotFound):
        story.receipt(hold.hold)
    settled = story.settle(hold.hold, seconds="12.3")
    receipt = story.receipt(hold.hold)
    assert receipt == story.receipt(settled.receipt)
    assert (receipt.credits, receipt.held, receipt.returned) == (25, 60, 35)
    assert (receipt.exact, receipt.lines[0].quantity) == ("24.6", settled.lines[0].quantity)
    assert (receipt.hold, receipt.outcome) == (hold.hold, "succeeded")


def test_a_released_hold_has_no_receipt(tell: Tell):
    story = tell("artlist")
    story.subscribe("AI Suite Starter", 40_000)
    hold = story.hold("Lyria 3")
    story.release(hold.hold)
    for name in (hold.hold, "r3", "r99"):
        with pytest.raises(refusals.EntryNotFound):
            story.receipt(name)
    with pytest.raises(InvalidRequest):
        story.receipt("3")


def test_a_range_says_what_was_quoted_and_what_it_came_to(tell: Tell):
    story = tell("videodraft")
    receipt = story.receipt(story.charge("Agent Consultation", credits=7).receipt)
    assert receipt.price == "5 to 10 credits per consultation"
    assert receipt.rule == "Quoted 5 to 10; the actual was 7"


def test_limits_of_a_price_are_in_its_words(tell: Tell):
    story = tell("videodraft")
    receipt = story.receipt(story.charge("Script", seconds=1).receipt)
    assert receipt.price == "10 credits per minute, at least 5, at most 20"
    assert (receipt.exact, receipt.credits) == ("5", 5)


def test_an_exact_price_that_is_no_decimal_is_a_fraction(tell: Tell):
    catalog = small().replace("per: 5 characters", "per: 3 characters")
    story = tell(catalog=catalog)
    story.top_up(10)
    receipt = story.receipt(story.charge("Voice", characters=1).receipt)
    assert (receipt.exact, receipt.credits) == ("1/3", 1)


@pytest.mark.parametrize(
    ("rounding", "credits", "words"),
    [
        ("{to: 1, mode: up}", 3, "up to whole credits"),
        ("{to: 1, mode: down}", 2, "down to whole credits"),
        ("{to: 1, mode: half_up}", 2, "to the nearest whole credits"),
        ("{to: 0.5, mode: up}", 2.5, "up to steps of 0.5"),
        ("{to: 0.1, mode: down}", 2.4, "down to steps of 0.1"),
    ],
)
def test_a_catalog_rounds_as_it_says(tell: Tell, rounding: str, credits: float, words: str):
    story = tell(catalog=small(f"policy: {{rounding: {rounding}}}"))
    story.top_up(10)
    receipt = story.receipt(story.charge("Voice", characters=12).receipt)
    assert (float(receipt.credits), receipt.rounding) == (credits, words)
    assert float(story.available()) == 10 - credits


def test_a_tool_may_round_in_its_own_way(tell: Tell):
    catalog = small().replace("name: Agent}", "name: Agent, rounding: {to: 1, mode: down}}")
    story = tell(catalog=catalog)
    assert story.credits.quote("Voice", characters=12).credits == 2
    assert story.credits.quote("Clip", seconds="0.11").credits == 2


def test_usage_is_a_list_of_charges_each_down_to_its_receipt(tell: Tell):
    story = tell("artlist", members=["mia", "tom"])
    story.subscribe("AI Suite Starter", 40_000)
    story.charge("Lyria 3", member="mia", labels={"project": "film"})
    story.until("2026-01-02T00:00:00Z")
    hold = story.hold("Veo 3.1", seconds=4, audio="on", member="tom", labels={"project": "ad"})
    story.settle(hold.hold, seconds=3)
    story.until("2026-01-03T00:00:00Z")
    story.charge("Nano Banana", member="mia", labels={"project": "film", "workflow": "still"})
    story.release(story.hold("Lyria 3", member="mia").hold)

    def names(**filters: object) -> list[str]:
        return [line.name for line in story.usage(**filters)]

    assert names() == ["Lyria 3", "Veo 3.1", "Nano Banana"]
    assert names(member="mia") == ["Lyria 3", "Nano Banana"]
    assert names(tool="video") == names(model="veo 3.1") == ["Veo 3.1"]
    assert names(labels={"project": "film"}) == ["Lyria 3", "Nano Banana"]
    assert names(labels={"project": "film", "workflow": "still"}) == ["Nano Banana"]
    assert names(since="2026-01-02T00:00:00Z") == ["Veo 3.1", "Nano Banana"]
    assert names(until="2026-01-02T00:00:00Z") == ["Lyria 3"], "the end is not in it"
    assert names(since="2026-01-02T00:00:00Z", until="2026-01-03T00:00:00Z") == ["Veo 3.1"]
    for line in story.usage():
        receipt = story.receipt(line.receipt)
        assert (receipt.credits, receipt.seq, receipt.member) == (
            line.credits,
            line.seq,
            line.member,
        )
    assert [line.credits for line in story.usage()] == [150, 1_500, 100]


def test_a_text_is_counted_and_never_kept(tell: Tell):
    story = tell("artlist")
    story.subscribe("AI Suite Starter", 40_000)
    story.charge("Eleven v2", text="a secret of the creator")
    hold = story.hold("Eleven v2", text="another secret")
    story.settle(hold.hold, text="another")
    assert story.ledger()[-1].credits == 1
    assert "secret" not in repr([story.ledger(), story.usage(), story.balance()])


def test_large_figures_of_a_receipt_are_read_with_separators(tell: Tell):
    story = tell("artlist")
    story.subscribe("AI Suite Starter", 40_000)
    charge = story.charge("Veo 3.1", seconds=8, resolution="1080p", audio="on")
    receipt = story.receipt(charge.receipt)
    assert (receipt.exact, receipt.rule) == (
        "4000", "4,000 credits, rounded up to whole credits: 4,000",
    )  # fmt: skip
