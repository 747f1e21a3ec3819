"""What falls due next for an account, so that a test of a product can jump to it."""

import pytest

from tallystick import AlreadySubscribed, InsufficientCredits, NoChange
from tests.scenarios.places import everywhere
from tests.scenarios.story import Tell, instant

pytestmark = everywhere


def test_a_balance_says_what_falls_due_next(tell: Tell):
    story = tell("artlist", at="2026-01-15T00:00:00Z")
    assert story.balance().due is None
    story.subscribe("AI Suite Starter", 40_000, intervals=1)
    hold = story.hold("Nano Banana")
    due = story.balance().due
    assert (due.at, due.kinds) == (hold.expires_at, ("released",))
    story.settle(hold.hold)
    told = []
    while (due := story.balance().due) is not None:
        told.append((f"{due.at:%m-%d}", due.kinds))
        story.until(due.at)
    assert told == [
        ("02-15", ("grant_expired", "past_due")),
        ("02-18", ("subscription_ended",)),
    ]
    assert story.balance(as_of="2026-02-01T00:00:00Z").due is None
    assert instant("2026-02-18T00:00:00Z") == story.balance().as_of


def test_an_account_says_it_too(tell: Tell):
    story = tell("artlist", at="2026-01-15T00:00:00Z")
    assert story.credits.account("ada").due is None
    story.subscribe("AI Suite Starter", 40_000, intervals=1)
    story.grant(50, expires_at="2026-01-20T00:00:00Z")
    hold = story.hold("Nano Banana")
    for moment in (hold.expires_at, "2026-01-20T00:00:00Z", "2026-02-15T00:00:00Z"):
        due = story.credits.account("ada").due
        assert due == story.balance().due
        assert due.at == (instant(moment) if isinstance(moment, str) else moment)
        story.until(due.at)
    assert story.credits.account("ada").due.kinds == ("subscription_ended",)


def test_one_answer_names_a_plan_as_another_does(tell: Tell):
    """By its name, in a subscription, a refusal and its ways out; a price line has the id."""
    story = tell("videodraft", at="2026-01-15T00:00:00Z")
    story.subscribe("visionary")
    assert story.balance().subscription.plan == story.balance().cycle.plan == "Visionary"
    with pytest.raises(AlreadySubscribed) as running:
        story.subscribe("visionary")
    with pytest.raises(NoChange) as same:
        story.change_plan("visionary")
    assert running.value.plan == same.value.plan == "Visionary"
    story.end("charged back")
    with pytest.raises(InsufficientCredits) as short:
        story.charge("Kling", seconds=5, outputs=9)
    plans = {way.plan for way in short.value.ways_out if way.kind == "upgrade"}
    assert plans <= {"Pro", "Studio", "Visionary"}
    assert plans
