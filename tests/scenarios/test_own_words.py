"""A platform with coins never says credits: all texts about an account are in its own words."""

from typing import Any

import pytest

from tallystick import TallystickError, refusals
from tallystick.catalogs import load_text
from tallystick.catalogs.diff import diff
from tallystick.core.commands import Draw, Lease
from tests.scenarios.own_words import CATALOG, COINS, foreign, speaks_of_credits
from tests.scenarios.small import PLANS, small
from tests.scenarios.story import Story, Tell


def said(call: Any, *args: Any, **kwargs: Any) -> str:
    """What an error says, which is not of credits."""
    with pytest.raises(TallystickError) as raised:
        call(*args, **kwargs)
    message = str(raised.value)
    assert not speaks_of_credits(message), message
    return message


def coins(tell: Tell, plan: str | None = "Basic") -> Story:
    story = tell(catalog=CATALOG)
    if plan is not None:
        story.subscribe(plan)
    return story


def test_a_refusal_counts_in_coins(tell: Tell):
    story = coins(tell)
    short = "120 are available: 20 are missing"
    assert said(story.charge, "Dot", outputs=140) == f"this costs 140 coins and {short}"
    assert said(story.lease, 140) == f"a lease of 140 coins, and {short}"
    hold = story.hold("Dot", outputs=1)
    story.settle(hold.hold)
    assert "was settled for 1 coin at " in said(story.settle, hold.hold)
    assert "only an entry that granted coins can be undone" in said(story.reverse, 1, "x")
    promo = story.grant(5)
    story.charge("Dot", outputs=story.available())
    assert "its coins were spent" in said(story.reverse, promo.seq, "x")
    assert said(story.adjust, -5, "x") == "5 cannot be taken back: 0 are available"
    story.top_up(9_007_199_254)
    assert said(story.top_up, 1).startswith("the account would own more than 9,007,199,254, ")


def test_a_draw_that_is_more_than_a_lease_counts_in_coins(tell: Tell):
    story = coins(tell)
    _, refused = story.credits.execute([Lease("ada", 5), Draw("ada", "h5", "Dot", outputs=6)])
    assert refused.message == "this costs 6 coins and the lease has 5 left"


def test_a_lease_in_a_with_block_counts_in_no_other_word(tell: Tell):
    story = coins(tell)
    with story.lease(100) as lease:
        said(lease.spend, "Dot", outputs=150)


def test_one_coin_is_a_coin(tell: Tell):
    story = coins(tell)
    assert story.receipt(story.charge("Dot").receipt).price == "1 coin per image"
    assert story.quote("Dot").lines[0].credits == 1, "the name of a field is the interface's"


def test_every_line_of_the_ledger_is_in_coins(tell: Tell):
    story = coins(tell, None)
    story.charge("Dot")
    story.subscribe("Basic")
    story.top_up(50)
    story.grant(7, expires_at="2026-01-02T00:00:00Z")
    story.adjust(-3, "a mistake")
    story.change_plan("Studio")
    story.hold("Dot", outputs=3)
    story.until("2026-03-05T00:00:00Z")
    story.charge("Dot")
    story.cancel()
    ledger = story.ledger()
    assert [line.text for line in ledger][1:5] == [
        "Free coins of the day",
        "Dot, 1 image",
        "Subscribed: Basic, 100 coins a month, billed monthly",
        "Monthly coins, first cycle",
    ]
    assert "Refill bought" in [line.text for line in ledger]
    assert "Expired: promo coins" in [line.text for line in ledger]
    assert foreign(*ledger) == []


def test_a_change_of_plan_is_explained_in_coins(tell: Tell):
    story = coins(tell)
    story.charge("Dot", outputs=21)
    up = story.change_plan("Studio")
    assert up.explanation.startswith("Studio, 500 coins a month, billed monthly, in full")
    assert "The 99 coins left are carried over until" in up.explanation
    down = story.change_plan("Basic")
    assert down.explanation.startswith("Basic, 100 coins a month, billed monthly, from ")
    away = story.cancel()
    assert away.explanation.endswith("and refills stay after it.")
    assert foreign(up, down, away, story.balance(), story.resume()) == []


def test_one_used_coin_is_deducted(tell: Tell):
    story = tell(catalog=CATALOG)
    story.subscribe("Basic", interval="yearly")
    story.charge("Dot", outputs=21)
    change = story.change_plan("Studio")
    assert ": the 1 coin used in this cycle is deducted from the 500. " in change.explanation


def test_receipts_and_prices_are_in_coins(tell: Tell):
    story = coins(tell)
    receipt = story.receipt(story.charge("Voice", text="Hello, wörld").receipt)
    assert receipt.rule == "2.4 coins, rounded up to whole coins: 3"
    assert receipt.rounding == "up to whole coins"
    prices = story.credits.prices()
    assert prices.free_credits[0].words == "20 coins a day on Free"
    assert prices.plans[1].packages[0].words == "100 coins a month"
    assert prices.upgrades[0].words.startswith("adds the full coins and ")
    assert prices.upgrades[1].words.startswith("gives the new coins less ")
    assert foreign(receipt, story.quote("Dot", outputs=900)) == []


def test_what_a_plan_comes_with_is_said_in_no_other_word(tell: Tell):
    story = coins(tell, None)
    assert said(story.subscribe, "Studio", 7) == "Studio comes with 500 coins a month, not 7"
    assert said(story.credits.capacity, "Studio", 7) == "Studio comes with 500 coins a month"
    assert said(story.charge, "Clip", seconds=999_999_999).startswith("Clip at this quantity costs")


def test_a_change_of_catalog_is_described_in_coins():
    old = load_text(CATALOG, "old.yaml")
    other = CATALOG.replace("credits: 20,", "credits: 30,").replace(
        "deduct_used", "add_full_keep_leftover"
    )
    downwards = other.replace("policy: {", "policy: {rounding: {to: 1, mode: down}, ")
    new = load_text(downwards, "new.yaml")
    changes = [each.text for each in diff(old, new)]
    assert "Free coins: 20 -> 30 coins a day on free" in changes
    assert "Prices round: up to whole coins -> down to whole coins" in changes
    assert foreign(*changes) == []


@pytest.mark.parametrize(
    ("wording", "words"),
    [
        ("{credit: coin}", ("coin", "coins")),
        ("{credits: coins}", ("coin", "coins")),
        ("{credits: gold}", ("gold", "gold")),
        ("{credit: penny, credits: pence}", ("penny", "pence")),
        ("{top_up: refill}", ("credit", "credits")),
    ],
)
def test_a_word_that_is_given_alone_brings_the_other(wording: str, words: tuple[str, str]):
    catalog = load_text(small(f"wording: {wording}\n"), "own.yaml")
    assert (catalog.wording.credit, catalog.wording.credits) == words


def test_top_ups_are_not_sold_by_their_own_name(tell: Tell):
    story = tell(catalog=small(COINS, plans=PLANS.partition("top_ups:")[0]))
    with pytest.raises(refusals.TopUpsNotSold, match="sells no refills"):
        story.top_up(5)
