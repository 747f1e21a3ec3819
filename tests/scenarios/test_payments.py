"""Payments as providers tell them: late, early, twice, taken back; changes that wait for one."""

import pytest

from tallystick import refusals
from tests.scenarios.places import everywhere
from tests.scenarios.small import small
from tests.scenarios.story import Tell, instant

pytestmark = everywhere


def test_a_renewal_one_second_late_is_a_renewal(tell: Tell):
    story = tell("artlist", at="2026-01-15T00:00:00Z")
    story.subscribe("AI Suite Starter", 40_000, intervals=1)
    story.until("2026-02-15T00:00:01Z")
    paid = story.pay(paid_through="2026-03-15T00:00:00Z", key="invoice-2")
    assert (paid.change, paid.after) == ("pay", {"subscription": 40_000})
    assert story.balance().cycle.renews_at == instant("2026-03-15T00:00:00Z")
    assert story.pay(paid_through="2026-03-15T00:00:00Z", key="invoice-2") == paid


def test_a_declined_card_changes_nothing_and_a_paid_one_brings_the_year(tell: Tell):
    story = tell("artlist", at="2026-01-15T00:00:00Z")
    story.subscribe("AI Suite Starter", 40_000, intervals=1)
    story.until("2026-01-20T00:00:00Z")
    asked = story.change_plan("Max Pro", 240_000, "yearly")
    assert (asked.change, asked.takes_effect_at, asked.after) == ("upgrade", None, asked.before)
    bought = story.balance().subscription
    assert bought.paid_through == instant("2026-02-15T00:00:00Z")
    assert (bought.plan, bought.awaits_payment) == ("AI Suite Starter", True)
    assert "once it is paid" in asked.explanation
    done = story.change_plan(
        "Max Pro", 240_000, "yearly", paid_through="2027-01-20T00:00:00Z", preview=True
    )
    assert "It is paid through 2027-01-20" in done.explanation
    done = story.pay(intervals=1)
    assert (done.change, done.rule) == ("upgrade", "add_full_keep_leftover")
    assert done.after == {"carry_over": 40_000, "subscription": 240_000}
    assert done.subscription.paid_through == instant("2027-01-20T00:00:00Z")


def test_a_yearly_plan_that_is_charged_back_ends_now(tell: Tell):
    story = tell("artlist", at="2026-01-15T00:00:00Z")
    story.subscribe("AI Suite Starter", 40_000, "yearly", intervals=1)
    story.until("2026-01-17T00:00:00Z")
    ended = story.end("charged back", key="dispute-1")
    assert (ended.change, ended.expires, ended.after) == ("end", 40_000, {})
    assert ended.explanation == (
        "The subscription ended: charged back. 40,000 credits of its cycle are taken back."
    )
    story.until("2026-03-17T00:00:00Z")
    assert (story.sources(), story.balance().subscription) == ({}, None)
    with pytest.raises(refusals.NoSubscription):
        story.pay(cycles=1)


def test_a_payment_that_comes_before_its_subscription_is_told_again(tell: Tell):
    story = tell("artlist", at="2026-01-15T00:00:00Z")
    for _ in range(2):
        with pytest.raises(refusals.NoSubscription):
            story.pay(intervals=1, key="evt_1")
    story.subscribe("AI Suite Starter", 40_000, intervals=1)
    paid = story.pay(intervals=1, key="evt_1")
    assert paid.subscription.paid_through == instant("2026-03-15T00:00:00Z")
    assert story.pay(intervals=1, key="evt_1") == paid


def test_a_plan_for_later_that_is_changed_says_when_it_comes(tell: Tell):
    story = tell("artlist", at="2026-01-10T00:00:00Z")
    story.subscribe("AI Suite Starter", 40_000, starts_at="2026-01-17T00:00:00Z", intervals=2)
    changed = story.change_plan("Max Pro", paid=True)
    assert changed.change == "switch"
    assert changed.explanation == (
        "Max Pro, 40,000 credits a month, billed monthly, from 2026-01-17 00:00:00 UTC, when it "
        "starts. It is paid through 2026-03-17 00:00:00 UTC."
    )
    called_off = story.cancel()
    assert "called off before it has begun" in called_off.explanation


def test_a_subscription_called_off_before_it_began_shows_what_is_there(tell: Tell):
    story = tell("imagineart", at="2026-01-10T00:00:00Z")
    story.subscribe("Basic", starts_at="2026-01-17T00:00:00Z")
    off = story.cancel()
    assert (off.change, off.before, off.after) == ("end", {"free": 100}, {"free": 100})


FREE_BY_PLAN = """
plans:
  - {id: free, name: Free}
  - {id: basic, name: Basic, packages: [{credits: 100}]}
  - {id: studio, name: Studio, packages: [{credits: 500}]}
default_plan: free
free_credits:
  - {credits: 30, every: day, plans: [basic]}
  - {credits: 10, every: day, plans: [studio]}
"""


def test_what_is_there_after_an_upgrade_is_what_is_promised(tell: Tell):
    """Free credits of the plan that is left stay for the day, and come no more."""
    story = tell(catalog=small(plans=FREE_BY_PLAN), at="2026-01-10T08:00:00Z")
    story.subscribe("Basic")
    shown = story.change_plan("Studio", preview=True)
    done = story.change_plan("Studio")
    assert shown.after == done.after == story.sources()
    assert done.after == {"free": 30, "carry_over": 100, "subscription": 500}
    story.until("2026-01-11T00:00:00Z")
    assert story.sources()["free"] == 10


def test_the_sentence_of_a_deducting_upgrade_speaks_of_all_that_is_deducted(tell: Tell):
    story = tell("artlist")
    story.subscribe("AI Suite Starter", 40_000, "yearly")
    story.adjust(-1_000, "a correction")
    story.hold("Nano Banana")
    done = story.change_plan(package=240_000)
    assert done.after == {"subscription": 238_900}
    assert (
        "the 1,100 credits of this cycle used, held or taken back are deducted from the 240,000"
        in done.explanation
    )


def test_the_buyer_may_take_an_upgrade_at_the_end_of_the_paid_time(tell: Tell):
    """ImagineArt: now, or at the end of the billing period."""
    story = tell("imagineart", at="2026-01-10T00:00:00Z")
    story.subscribe("Basic")
    later = story.change_plan("Standard", later=True)
    assert (later.change, later.takes_effect_at) == ("upgrade", instant("2026-02-10T00:00:00Z"))
    story.until("2026-02-10T00:00:00Z")
    assert story.balance().subscription.plan == "Standard"


def test_what_is_so_already_is_no_bad_input(tell: Tell):
    story = tell("artlist", at="2026-01-15T00:00:00Z")
    story.subscribe("AI Suite Starter", 40_000, intervals=1)
    with pytest.raises(refusals.NoChange) as raised:
        story.pay(paid_through="2026-02-15T00:00:00Z")
    assert raised.value.paid_through == instant("2026-02-15T00:00:00Z")


def test_a_trial_that_turns_into_a_year(tell: Tell):
    plans = FREE_BY_PLAN.replace(
        "packages: [{credits: 500}]",
        "packages: [{credits: 500}], intervals: [yearly], trial: {days: 14, credits: 50}",
    )
    story = tell(catalog=small(plans=plans), at="2026-01-10T08:00:00Z")
    begun = story.subscribe("Studio", interval="yearly", trial=True)
    assert "Its trial ends 2026-01-24 08:00:00 UTC" in begun.explanation
    assert (begun.subscription.status, begun.after["subscription"]) == ("trial", 50)
    story.until("2026-01-24T08:00:00Z")
    now = story.balance()
    assert (now.subscription.status, now.subscription.trial_until) == ("active", None)
    assert now.subscription.paid_through == instant("2027-01-24T08:00:00Z")
