"""A change of plan is previewed: paid time, what is owed, pauses and trials are in its sentence."""

import pytest

from tests.scenarios.places import everywhere
from tests.scenarios.small import PLANS, small
from tests.scenarios.story import Story, Tell, instant

pytestmark = everywhere

DEDUCTS = "upgrades: [{from: monthly, to: monthly, credits: deduct_used, restart_cycle: false}]\n"


def previewed(story: Story, plan: str, **how: object) -> str:
    """The sentence of a change, which is the same before and after, as are the balances."""
    shown = story.change_plan(plan, preview=True, **how)
    done = story.change_plan(plan, **how)
    assert (shown.explanation, shown.after) == (done.explanation, done.after)
    assert done.after == story.sources()
    return done.explanation


def owing(tell: Tell, rule: str) -> Story:
    """An account that owes 20 credits, with nothing left of its 100."""
    story = tell(catalog=small(rule), at="2026-01-10T10:00:00Z")
    story.subscribe("Basic", intervals=1)
    bought = story.top_up(50)
    story.charge("Dot", images=100)
    story.charge("Dot", images=20)
    story.void(bought.grant, "charged back", owe=True)
    assert (story.sources(), story.balance().owed) == ({}, 20)
    return story


@pytest.mark.parametrize(("rule", "left"), [("", 480), (DEDUCTS, 380)], ids=["full", "deducted"])
def test_new_credits_pay_what_is_owed_and_the_sentence_says_it(tell: Tell, rule: str, left: int):
    story = owing(tell, rule)
    sentence = previewed(story, "Studio", paid=True)
    assert "Of the new credits, 20 pay what is owed." in sentence
    assert "It is paid through 2026-02-10 10:00:00 UTC." in sentence
    assert (story.sources(), story.balance().owed) == ({"subscription": left}, 0)


def test_so_does_a_subscription_and_nothing_is_said_where_nothing_is_owed(tell: Tell):
    story = owing(tell, "")
    story.end("moved away")
    again = story.subscribe("Basic")
    assert "Of the new credits, 20 pay what is owed." in again.explanation
    assert again.after == story.sources() == {"subscription": 80}
    assert "owed" not in story.change_plan("Studio").explanation


def test_a_pause_that_is_to_come_begins_where_the_cycle_then_ends(tell: Tell):
    story = tell(catalog=small(), at="2026-01-10T10:00:00Z")
    story.subscribe("Basic")
    asked = story.pause(until="2026-05-01T00:00:00Z")
    assert asked.subscription.pauses_at == instant("2026-02-10T10:00:00Z")
    story.until("2026-01-20T10:00:00Z")
    sentence = previewed(story, "Studio")
    assert "It is paused from 2026-02-20 10:00:00 UTC on." in sentence
    assert story.balance().subscription.pauses_at == instant("2026-02-20T10:00:00Z")
    story.until("2026-02-20T10:00:00Z")
    now = story.balance().subscription
    assert (now.status, now.pauses_at) == ("paused", instant("2026-02-20T10:00:00Z"))


def test_a_trial_goes_on_and_the_paid_plan_begins_at_its_end(tell: Tell):
    plans = PLANS.replace("packages: [{credits: 100}]", "packages: [{credits: 100}], "
                          "trial: {days: 7, credits: 15}")  # fmt: skip
    story = tell(catalog=small(plans=plans), at="2026-01-10T10:00:00Z")
    story.subscribe("Basic", trial=True)
    sentence = previewed(story, "Studio")
    assert "The trial goes on until 2026-01-17 10:00:00 UTC." in sentence
    assert story.sources() == {"subscription": 15}
    story.until("2026-01-17T10:00:00Z")
    assert story.sources() == {"subscription": 500}


def test_time_that_was_paid_ahead_stays_paid_or_the_sentence_says_what_is_lost(tell: Tell):
    story = tell(catalog=small(), at="2026-01-10T10:00:00Z")
    story.subscribe("Basic", intervals=3)
    kept = story.change_plan("Studio", paid=True, preview=True)
    assert "It is paid through 2026-04-10 10:00:00 UTC." in kept.explanation
    sentence = previewed(story, "Studio", paid_through="2026-02-10T10:00:00Z")
    assert "It was paid through 2026-04-10 10:00:00 UTC" in sentence
    assert story.balance().subscription.paid_through == instant("2026-02-10T10:00:00Z")
