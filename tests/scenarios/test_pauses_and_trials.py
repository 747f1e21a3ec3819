"""Pauses over boundaries, trials that are paid or not, and an operator's reset."""

import pytest

from tallystick import NoRunningCycle, ToolNotInPlan, TrialUsed
from tests.scenarios.places import everywhere
from tests.scenarios.small import small
from tests.scenarios.story import Story, Tell, instant

pytestmark = everywhere

OFFER = """
plans:
  - {id: free, name: Free, tools: [image]}
  - {id: basic, name: Basic, intervals: [monthly, yearly], packages: [{credits: 100}],
     trial: {days: 7, credits: 15}}
default_plan: free
top_ups: {requires_subscription: false, bundles: [{credits: 50}]}
"""


def subscriber(tell: Tell, extra: str = "", **bought: object) -> Story:
    story = tell(catalog=small(extra, plans=OFFER), at="2026-01-10T10:00:00Z")
    story.subscribe("Basic", **bought)
    return story


def test_a_pause_over_two_boundaries_of_a_monthly_plan(tell: Tell):
    story = subscriber(tell)
    story.top_up(50)
    asked = story.pause(until="2026-04-01T00:00:00Z")
    assert asked.subscription.pauses_at == instant("2026-02-10T10:00:00Z")
    story.until("2026-02-10T09:59:59Z")
    assert story.sources() == {"subscription": 100, "topup": 50}
    story.until("2026-02-10T10:00:00Z")
    now = story.balance()
    assert (now.subscription.status, now.cycle) == ("paused", None)
    assert story.sources() == {"topup": 50}, "no cycle, and what was bought stays"
    with pytest.raises(ToolNotInPlan):
        story.charge("Clip", seconds=1)
    assert story.charge("Dot", images=10).burns[0].source == "topup"
    story.until("2026-03-31T23:59:59Z")
    assert story.sources() == {"topup": 40}
    story.until("2026-04-01T00:00:00Z")
    now = story.balance()
    assert (now.subscription.status, now.available) == ("active", 140)
    assert now.cycle.renews_at == instant("2026-05-01T00:00:00Z")


def test_a_pause_of_a_yearly_plan_keeps_the_months_that_are_paid(tell: Tell):
    story = subscriber(tell, interval="yearly", intervals=1)
    story.pause()
    story.until("2026-04-15T12:00:00Z")
    assert (story.sources(), story.balance().subscription.status) == ({}, "paused")
    back = story.resume()
    assert back.after == {"subscription": 100}
    assert back.subscription.paid_through == instant("2027-03-15T12:00:00Z"), "eleven months"
    starts = []
    while story.balance().subscription.status == "active":
        starts.append(story.balance().cycle.started_at)
        story.until(story.balance().cycle.renews_at)
    assert len(starts) == 11


def test_a_pause_at_once_lets_the_running_cycle_end_and_unlocks_as_the_catalog_says(tell: Tell):
    story = subscriber(tell, "policy: {paused_plan: unlocked}\n")
    story.pause(until="2026-03-20T00:00:00Z", at_once=True)
    assert story.balance().subscription.status == "paused"
    assert story.sources() == {"subscription": 100}
    assert story.charge("Clip", seconds=1).credits == 10
    story.until("2026-02-10T10:00:00Z")
    assert story.sources() == {}
    story.until("2026-03-20T00:00:00Z")
    assert story.sources() == {"subscription": 100}


def test_a_trial_that_is_paid_becomes_a_month(tell: Tell):
    story = subscriber(tell, trial=True, paid_through="2026-01-17T10:00:00Z")
    now = story.balance()
    assert (now.subscription.status, story.sources()) == ("trial", {"subscription": 15})
    story.until("2026-01-16T00:00:00Z")
    paid = story.pay(intervals=1)
    assert paid.subscription.paid_through == instant("2026-02-17T10:00:00Z")
    story.until("2026-01-17T10:00:00Z")
    assert story.sources() == {"subscription": 100}
    assert story.balance().subscription.status == "active"


def test_a_trial_that_is_not_paid_ends_after_the_grace_and_is_not_given_again(tell: Tell):
    story = subscriber(tell, trial=True, paid_through="2026-01-17T10:00:00Z")
    story.until("2026-01-17T10:00:00Z")
    assert (story.sources(), story.balance().subscription.status) == ({}, "past_due")
    story.until("2026-01-20T10:00:00Z")
    assert story.balance().subscription is None
    story.until("2026-03-20T10:00:00Z")
    with pytest.raises(TrialUsed):
        story.subscribe("Basic", trial=True)
    assert story.subscribe("Basic").after == {"subscription": 100}


def test_an_operator_resets_a_cycle_and_may_move_its_anchor(tell: Tell):
    story = subscriber(tell)
    story.charge("Dot", images=70)
    story.until("2026-01-20T08:00:00Z")
    shown = story.reset_cycle("an outage", preview=True)
    done = story.reset_cycle("an outage")
    assert shown.after == done.after == story.sources() == {"subscription": 100}
    cycle = story.balance().cycle
    assert (cycle.used, cycle.renews_at) == (0, instant("2026-02-10T10:00:00Z"))
    moved = story.reset_cycle("a new billing day", move_anchor=True)
    assert moved.renews_at == instant("2026-02-20T08:00:00Z")
    assert story.sources() == {"subscription": 100}
    story.pause(until="2027-01-01T00:00:00Z")
    story.until("2026-03-01T00:00:00Z")
    with pytest.raises(NoRunningCycle):
        story.reset_cycle("there is none")
