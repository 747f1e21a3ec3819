"""Holds: reserve, then settle, release or time out; each closes once, nothing is lost."""

from typing import Any

import pytest

from tallystick import InvalidRequest, refusals, results
from tests.scenarios.small import small
from tests.scenarios.story import Story, Tell, instant

FREE_DAILY = "free_credits: [{credits: 10, every: day}]\n"


def holding(tell: Tell, extra: str = "", **request: Any) -> tuple[Story, results.Hold]:
    """A story with 100 credits, 40 of them held for four seconds of film."""
    story = tell(catalog=small(extra), at="2026-01-31T10:00:00Z")
    story.subscribe("Basic")
    return story, story.hold("Clip", seconds=4, **request)


def test_a_hold_reserves_and_a_settlement_gives_back_the_rest(tell: Tell):
    story, hold = holding(tell)
    assert (hold.credits, hold.balance_after) == (40, 60)
    assert (story.available(), story.balance().held) == (60, 40)
    settled = story.settle(hold.hold, seconds="2.55")
    assert (settled.credits, settled.held, settled.returned) == (26, 40, 14)
    assert (settled.balance_before, settled.balance_after) == (60, 74)
    assert (story.available(), story.balance().held, story.balance().cycle.used) == (74, 0, 26)


@pytest.mark.parametrize(
    ("request_", "credits"),
    [
        ({}, 40),
        ({"credits": 0}, 0),
        ({"credits": "12.5"}, 12.5),
        ({"credits": 40}, 40),
        ({"seconds": 1}, 10),
        ({"seconds": 4}, 40),
        ({"minutes": "0.05"}, 30),
    ],
    ids=str,
)
def test_a_settlement_charges_the_actual(tell: Tell, request_: dict[str, Any], credits: float):
    story, hold = holding(tell)
    assert story.settle(hold.hold, **request_).credits == credits
    assert story.available() == 100 - credits


@pytest.mark.parametrize(
    ("outcome", "policy", "request_", "credits"),
    [
        ("succeeded", "", {}, 40),
        ("provider_error", "", {}, 0),
        ("timeout", "", {}, 0),
        ("canceled_before_start", "", {}, 0),
        ("moderated", "", {}, 0),
        ("moderated", "moderated: full", {}, 40),
        ("moderated", "moderated: delivered", {"seconds": 1}, 10),
        ("partial", "", {"seconds": 3}, 30),
        ("partial", "", {"credits": 7}, 7),
        ("partial", "partial: nothing", {}, 0),
        ("partial", "partial: full", {}, 40),
    ],
    ids=str,
)
def test_an_outcome_is_charged_as_the_catalog_says(
    tell: Tell, outcome: str, policy: str, request_: dict[str, Any], credits: int
):
    extra = f"policy: {{outcomes: {{{policy}}}}}" if policy else ""
    story, hold = holding(tell, extra)
    settled = story.settle(hold.hold, outcome=outcome, **request_)
    receipt = story.receipt(settled.receipt)
    assert (settled.outcome, settled.credits, settled.returned) == (outcome, credits, 40 - credits)
    assert (receipt.outcome, receipt.credits, receipt.held) == (outcome, credits, 40)
    assert story.available() == 100 - credits
    if outcome != "succeeded":
        assert outcome.replace("_", " ") in receipt.rule


@pytest.mark.parametrize("outcome", ["provider_error", "timeout", "canceled_before_start"])
def test_what_failed_cannot_be_charged(tell: Tell, outcome: str):
    story, hold = holding(tell)
    with pytest.raises(InvalidRequest, match="costs nothing"):
        story.settle(hold.hold, outcome=outcome, credits=5)
    assert story.settle(hold.hold, outcome=outcome, credits=0).credits == 0


@pytest.mark.parametrize(("actual", "right"), [(4, False), (5, True), (7, True), (10, True),
                                               ("10.5", False), (11, False)])  # fmt: skip
def test_a_range_holds_the_most_and_settles_inside(tell: Tell, actual: Any, right: bool):
    story = tell("videodraft")
    hold = story.hold("AI Agent Consultations")
    assert hold.credits == 10
    if right:
        assert story.settle(hold.hold, credits=actual).returned == 10 - actual
    else:
        with pytest.raises(refusals.SettleOutsideRange) as refused:
            story.settle(hold.hold, credits=actual)
        assert (refused.value.min, refused.value.held) == (5, 10)
        assert story.balance().held == 10, "the hold stays open"
        with pytest.raises(InvalidRequest):
            story.settle(hold.hold)


def test_a_range_can_be_charged_in_one_step_with_its_actual(tell: Tell):
    story = tell("videodraft")
    assert story.charge("Agent Consultation", credits=8).credits == 8
    with pytest.raises(InvalidRequest):
        story.charge("Agent Consultation")
    for outside in (4, 11):
        with pytest.raises(refusals.SettleOutsideRange):
            story.charge("Agent Consultation", credits=outside)


def test_a_failed_consultation_costs_nothing_although_it_is_a_range(tell: Tell):
    story = tell("videodraft")
    hold = story.hold("Agent Consultation")
    assert story.settle(hold.hold, outcome="provider_error").credits == 0


def test_more_than_was_held_is_refused(tell: Tell):
    story, hold = holding(tell)
    for more in ({"credits": 41}, {"seconds": 5}, {"outputs": 2}):
        with pytest.raises(refusals.SettleAboveHold) as refused:
            story.settle(hold.hold, **more)
        assert refused.value.held == 40
    assert story.balance().held == 40
    assert story.settle(hold.hold).credits == 40


@pytest.mark.parametrize(
    ("actual", "charged", "uncollected"), [(50, 50, 0), (100, 100, 0), (130, 100, 30)]
)
def test_a_catalog_may_take_what_is_available_instead(
    tell: Tell, actual: int, charged: int, uncollected: int
):
    story, hold = holding(tell, "policy: {settle_above_hold: take_available}")
    settled = story.settle(hold.hold, credits=actual)
    assert (settled.credits, settled.uncollected, settled.returned) == (charged, uncollected, 0)
    assert story.available() == 100 - charged
    receipt = story.receipt(settled.receipt)
    assert receipt.credits == charged == sum(burn.credits for burn in receipt.burns)
    assert str(actual) in receipt.rule or receipt.credits == actual, "never silent"


def test_take_available_also_takes_todays_free_credits(tell: Tell):
    story, hold = holding(tell, FREE_DAILY + "policy: {settle_above_hold: take_available}")
    story.settle(hold.hold)
    story.until("2026-02-01T00:00:00Z")
    hold = story.hold("Clip", seconds=1)
    story.until("2026-02-01T00:01:00Z")
    settled = story.settle(hold.hold, credits=15)
    assert [(burn.source, burn.credits) for burn in settled.burns] == [
        ("free", 10),
        ("subscription", 5),
    ]


def test_what_is_not_used_returns_to_the_very_grants_it_came_from(tell: Tell):
    """The first taken are the last to return: 10 free and 5 of the subscription are charged."""
    story, hold = holding(tell, FREE_DAILY)
    assert story.held() == {"free": 10, "subscription": 30}
    before = {grant.grant: grant.held for grant in story.balance().grants}
    settled = story.settle(hold.hold, credits=15)
    assert [(burn.source, burn.credits) for burn in settled.burns] == [
        ("free", 10),
        ("subscription", 5),
    ]
    assert story.sources() == {"subscription": 95}
    assert before == {burn.grant: burn.credits for burn in hold.burns}


def test_a_part_whose_grant_has_expired_meanwhile_expires_then(tell: Tell):
    story, hold = holding(tell, FREE_DAILY, ttl_seconds=86_400)
    story.until("2026-02-01T00:00:00Z")
    assert story.held() == {"free": 10, "subscription": 30}, "an open hold survives the reset"
    settled = story.settle(hold.hold, credits=2)
    assert (settled.credits, settled.returned, settled.expired) == (2, 30, 8)
    assert story.receipt(hold.hold).expired == 8
    assert story.sources() == {"free": 10, "subscription": 100}


@pytest.mark.parametrize(
    ("ttl", "seconds"), [(None, 900), (1, 1), (86_400, 86_400)], ids=["default", "least", "most"]
)
def test_a_hold_times_out_at_its_own_instant(tell: Tell, ttl: int | None, seconds: int):
    story, hold = holding(tell, ttl_seconds=ttl)
    assert (hold.expires_at - hold.at).total_seconds() == seconds
    story.clock.advance(seconds=seconds - 0.000001)
    assert story.available() == 60
    story.clock.advance(seconds=0.000001)
    assert story.available() == 100
    story.clock.advance(days=1)
    entry = story.ledger()[-1]
    assert (entry.kind, entry.at, entry.text) == ("released", hold.expires_at, "Hold h4 timed out")


@pytest.mark.parametrize("ttl", [0, -1, 86_401])
def test_a_hold_lives_a_second_to_a_day(tell: Tell, ttl: int):
    with pytest.raises(InvalidRequest):
        holding(tell, ttl_seconds=ttl)


def test_a_hold_can_be_extended_again_and_again(tell: Tell):
    story, hold = holding(tell)
    for _ in range(100):
        story.clock.advance(seconds=899)
        story.extend(hold.hold, 900)
    assert story.balance().held == 40
    assert story.extend(hold.hold, 86_400).expires_at > hold.expires_at
    assert story.settle(hold.hold).credits == 40


CLOSINGS = {
    "settled": lambda story, hold: story.settle(hold, seconds=3),
    "released": lambda story, hold: story.release(hold),
    "timed_out": lambda story, hold: story.clock.advance(hours=1),
}


@pytest.mark.parametrize("how", CLOSINGS)
@pytest.mark.parametrize("again", ["settle", "release", "extend"])
def test_a_second_close_says_how_it_was_closed(tell: Tell, how: str, again: str):
    story, hold = holding(tell)
    CLOSINGS[how](story, hold.hold)
    balance = story.available()
    story.clock.advance(minutes=1)
    named = {"outcome": "timeout"} if (how, again) == ("timed_out", "settle") else {}
    with pytest.raises(refusals.HoldClosed) as closed:
        getattr(story, again)(hold.hold, *([60] if again == "extend" else []), **named)
    assert (closed.value.how, closed.value.hold) == (how, hold.hold)
    at = {"timed_out": hold.expires_at}.get(how, hold.at)
    assert closed.value.closed_at == at
    assert closed.value.facts.get("credits") == (30 if how == "settled" else None)
    assert how.replace("_", " ") in closed.value.message
    assert story.available() == balance


def test_open_holds_are_listed_and_closed_ones_are_not(tell: Tell):
    story, first = holding(tell, ttl_seconds=600, labels={"project": "film"})
    second = story.hold("Dot", ttl_seconds=60)
    assert [view.hold for view in story.holds()] == [second.hold, first.hold]
    assert story.holds()[1].labels == {"project": "film"}
    story.clock.advance(seconds=60)
    assert [view.hold for view in story.holds()] == [first.hold]
    story.release(first.hold)
    assert story.holds() == []


def test_a_settled_generation_is_final_but_goodwill_can_be_given(tell: Tell):
    story, hold = holding(tell)
    settled = story.settle(hold.hold)
    with pytest.raises(refusals.EntryFinal):
        story.reverse(settled.seq, "the creator does not like it")
    given = story.adjust(40, "goodwill: the creator does not like it")
    assert (given.source, given.reason) == ("adjustment", "goodwill: the creator does not like it")
    with pytest.raises(InvalidRequest):
        story.adjust(40, "")


def test_a_grant_is_undone_by_a_new_entry_while_nobody_needed_it(tell: Tell):
    story = tell(catalog=small())
    grant = story.grant(50, reason="by mistake")
    undone = story.reverse(grant.seq, "it was for somebody else")
    assert (undone.credits, undone.reverses, undone.balance_after) == (-50, grant.seq, 0)
    assert [entry.kind for entry in story.ledger()] == ["account_opened", "granted", "reversed"]
    spent = story.grant(50)
    story.charge("Dot")
    for seq in (spent.seq, grant.seq, undone.seq, 1):
        with pytest.raises(refusals.EntryFinal):
            story.reverse(seq, "again")


def test_a_hold_reserves_for_others_to_respect(tell: Tell):
    story, hold = holding(tell)
    with pytest.raises(refusals.InsufficientCredits) as refused:
        story.charge("Dot", outputs=61)
    assert (refused.value.available, refused.value.shortfall) == (60, 1)
    story.charge("Dot", outputs=60)
    story.settle(hold.hold)
    assert story.available() == 0


def test_holds_survive_resets_and_plan_changes_with_the_grants_they_reserved(tell: Tell):
    story, hold = holding(tell, ttl_seconds=86_400)
    story.change_plan("Studio")
    assert story.held() == {"carry_over": 40}
    assert story.settle(hold.hold, credits=10).returned == 30
    assert story.sources() == {"carry_over": 90, "subscription": 500}
    assert story.balance().cycle.used == 0, "the old cycle's credits paid"
    assert story.balance().cycle.renews_at == instant("2026-02-28T10:00:00Z")
