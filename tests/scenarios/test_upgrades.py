"""Changing a subscription: both upgrade rules, previewed and done; switch, downgrade, end."""

from typing import Any

import pytest
from msgspec.structs import replace

from tallystick import refusals, results
from tests.scenarios.places import everywhere
from tests.scenarios.story import Story, Tell, instant

pytestmark = everywhere


def previewed_and_done(
    story: Story, *args: Any, verb: str = "change_plan", **kwargs: Any
) -> results.PlanChange:
    """The change, after asserting that the preview said just that and changed nothing."""
    ledger, balance = story.ledger(), story.balance()
    change = getattr(story, verb)
    preview = change(*args, **kwargs, preview=True)
    assert preview.preview
    assert (story.ledger(), story.balance()) == (ledger, balance), "a preview writes nothing"
    done: results.PlanChange = change(*args, **kwargs)
    assert replace(preview, preview=False) == done
    assert done.after == story.sources()
    return done


def test_subscribing_is_previewed_and_done(tell: Tell):
    story = tell("videodraft", at="2026-01-31T08:00:00Z")
    done = previewed_and_done(story, "Pro", verb="subscribe")
    assert (done.before, done.after) == ({"free": 200}, {"free": 200, "subscription": 2_500})
    assert (done.change, done.renews_at) == ("subscribe", instant("2026-02-28T08:00:00Z"))


def test_a_monthly_upgrade_adds_the_full_credits_and_keeps_the_leftover(tell: Tell):
    story = tell("artlist", at="2026-03-10T08:00:00Z")
    story.subscribe("AI Starter", 16_500)
    story.charge("Initial Voice Clone")
    story.until("2026-03-20T12:00:00Z")
    done = previewed_and_done(story, package=40_000, plan="AI Suite Starter")
    assert (done.change, done.rule) == ("upgrade", "add_full_keep_leftover")
    assert done.before == {"subscription": 16_000}
    assert done.after == {"carry_over": 16_000, "subscription": 40_000} == story.sources()
    assert done.takes_effect_at == instant("2026-03-20T12:00:00Z")
    assert done.renews_at == instant("2026-04-20T12:00:00Z")
    assert done.expires == 0
    assert done.explanation == (
        "AI Suite Starter, 40,000 credits a month, billed monthly, in full and at once; the cycle "
        "restarts now. The 16,000 credits left are carried over until 2026-04-20 12:00:00 UTC. "
        "It renews 2026-04-20 12:00:00 UTC."
    )


def test_a_yearly_upgrade_deducts_what_was_used_and_keeps_the_cycle(tell: Tell):
    story = tell("artlist", at="2026-03-10T08:00:00Z")
    story.subscribe("AI Suite Starter", 40_000, "yearly")
    story.charge("Initial Voice Clone", outputs=2)
    story.until("2026-03-20T12:00:00Z")
    done = previewed_and_done(story, package=240_000)
    assert (done.change, done.rule) == ("upgrade", "deduct_used")
    assert done.before == {"subscription": 39_000}
    assert done.after == {"subscription": 239_000} == story.sources()
    assert done.renews_at == instant("2026-04-10T08:00:00Z")
    assert done.subscription is not None
    assert done.subscription.paid_through == instant("2027-03-10T08:00:00Z")
    assert done.explanation == (
        "AI Suite Starter, 240,000 credits a month, billed yearly, at once: the 1,000 credits used "
        "in this cycle are deducted from the 240,000. It renews 2026-04-10 08:00:00 UTC."
    )
    story.until("2026-04-10T08:00:00Z")
    assert story.sources() == {"subscription": 240_000}


def test_videodraft_deducts_what_was_used_and_keeps_the_billing_date(tell: Tell):
    story = tell("videodraft", at="2026-03-10T08:00:00Z")
    story.subscribe("Pro")
    story.charge("Google Veo2", seconds=8)
    assert story.sources() == {"subscription": 2_300}, "200 free credits went first"
    done = previewed_and_done(story, "Visionary")
    assert done.after == {"subscription": 7_300}
    assert done.renews_at == instant("2026-04-10T08:00:00Z")


def test_another_interval_of_a_deducting_upgrade_restarts_the_cycle(tell: Tell):
    """VideoDraft, monthly to yearly: the new way of billing starts a period of its own."""
    story = tell("videodraft", at="2026-03-10T08:00:00Z")
    story.subscribe("Pro")
    story.charge("Google Veo2", seconds=8)
    story.until("2026-03-20T12:00:00Z")
    done = previewed_and_done(story, "Visionary", interval="yearly")
    assert done.after == {"subscription": 7_300}
    assert done.renews_at == instant("2026-04-20T12:00:00Z")
    story.until("2026-04-10T08:00:00Z")
    assert story.sources()["subscription"] == 7_300, "the old reset no longer comes"
    story.until("2026-04-20T12:00:00Z")
    assert story.sources()["subscription"] == 7_500


def test_fewer_credits_are_a_downgrade_even_on_a_higher_plan(tell: Tell):
    """On the rule that deducts it took 200,000 away; on the other each step gave in full."""
    for interval in ("monthly", "yearly"):
        story = tell("artlist")
        story.subscribe("AI Suite Starter", 240_000, interval)
        for _ in range(3):
            down = previewed_and_done(story, "Max Pro", 40_000)
            assert (down.change, down.before, down.after) == ("downgrade", down.before, down.before)
            with pytest.raises(refusals.NoChange):
                story.change_plan("AI Suite Starter", 240_000)
            story.resume()
        assert story.sources() == {"subscription": 240_000}


def test_an_earlier_carry_over_keeps_its_own_end_through_a_second_upgrade(tell: Tell):
    story = tell("artlist", at="2026-01-05T00:00:00Z")
    story.subscribe("AI Starter", 7_500)
    story.until("2026-01-15T00:00:00Z")
    previewed_and_done(story, package=16_500)
    story.until("2026-01-25T00:00:00Z")
    done = previewed_and_done(story, "AI Suite Starter", 40_000)
    assert done.after == {"carry_over": 24_000, "subscription": 40_000}
    assert "16,500 credits left are carried over" in done.explanation
    ends = {(grant.remaining, grant.expires_at) for grant in story.balance().grants}
    assert ends == {
        (7_500, instant("2026-02-15T00:00:00Z")),
        (16_500, instant("2026-02-25T00:00:00Z")),
        (40_000, instant("2026-02-25T00:00:00Z")),
    }
    story.until("2026-02-15T00:00:00Z")
    assert story.sources() == {"carry_over": 16_500, "subscription": 40_000}


def test_a_switch_changes_what_is_unlocked_and_nothing_else(tell: Tell):
    story = tell("artlist")
    story.subscribe("AI Starter", 7_500)
    story.charge("Initial Voice Clone")
    with pytest.raises(refusals.ToolNotInPlan):
        story.charge("Nano Banana")
    done = previewed_and_done(story, "Max Pro")
    assert (done.change, done.rule, done.before) == ("switch", None, done.after)
    assert story.charge("Nano Banana").balance_after == 6_900
    assert story.balance().cycle.used == 600


@pytest.mark.parametrize(
    ("bought", "changed", "kind", "after"),
    [
        (("Max Pro", 240_000), {"package": 40_000}, "downgrade", 40_000),
        (("Max Pro", 240_000), {"plan": "AI Starter", "package": 7_500}, "downgrade", 7_500),
        (("Max Pro", 40_000), {"plan": "AI Suite Starter"}, "downgrade", 40_000),
        (("Max Pro", 40_000), {"interval": "yearly"}, "interval", 40_000),
    ],
    ids=["smaller package", "lower plan and package", "lower plan", "another interval"],
)
def test_less_comes_when_the_paid_time_is_over(
    tell: Tell, bought: tuple[str, int], changed: dict[str, Any], kind: str, after: int
):
    story = tell("artlist", at="2026-01-15T00:00:00Z")
    story.subscribe(*bought)
    story.until("2026-02-01T00:00:00Z")
    done = previewed_and_done(story, **changed)
    assert (done.change, done.before) == (kind, done.after)
    assert done.takes_effect_at == instant("2026-02-15T00:00:00Z")
    assert done.subscription is not None
    assert done.subscription.changes_at == done.takes_effect_at
    story.until("2026-02-14T23:59:59Z")
    assert story.sources() == {"subscription": bought[1]}
    assert story.balance().subscription.plan == bought[0]
    story.until("2026-02-15T00:00:00Z")
    assert story.sources() == {"subscription": after}
    now = story.balance().subscription
    assert (now.plan, now.changes_at) == (changed.get("plan", bought[0]), None)
    assert now.interval == changed.get("interval", "monthly")


def test_a_yearly_downgrade_waits_for_the_year_but_the_credits_reset_monthly(tell: Tell):
    story = tell("artlist", at="2026-01-15T00:00:00Z")
    story.subscribe("Max Pro", 240_000, "yearly")
    story.change_plan(package=40_000)
    story.until("2026-12-20T00:00:00Z")
    assert story.sources() == {"subscription": 240_000}
    story.until("2027-01-15T00:00:00Z")
    assert story.sources() == {"subscription": 40_000}
    assert story.balance().subscription.paid_through == instant("2028-01-15T00:00:00Z")


def test_a_scheduled_change_can_be_withdrawn(tell: Tell):
    story = tell("artlist", at="2026-01-15T00:00:00Z")
    story.subscribe("Max Pro", 240_000)
    for schedule in (lambda: story.change_plan(package=40_000), story.cancel):
        schedule()
        resumed = previewed_and_done(story, verb="resume")
        assert resumed.subscription is not None
        assert (resumed.subscription.changes_at, resumed.subscription.ends_at) == (None, None)
    with pytest.raises(refusals.NothingScheduled):
        story.resume()
    story.until("2026-02-15T00:00:00Z")
    assert story.sources() == {"subscription": 240_000}


def test_a_cancelled_subscription_ends_when_its_paid_time_is_over(tell: Tell):
    story = tell("artlist", at="2026-01-15T00:00:00Z")
    story.subscribe("AI Suite Starter", 40_000)
    cancelled = previewed_and_done(story, verb="cancel")
    assert cancelled.takes_effect_at == instant("2026-02-15T00:00:00Z")
    assert cancelled.subscription is not None
    assert cancelled.subscription.ends_at == instant("2026-02-15T00:00:00Z")
    story.until("2026-02-14T23:59:59Z")
    assert story.charge("Nano Banana").balance_after == 39_900
    with pytest.raises(refusals.NoChange):
        story.cancel()
    story.until("2026-02-15T00:00:00Z")
    assert story.sources() == {}
    assert story.balance().subscription is None
    with pytest.raises(refusals.SubscriptionRequired):
        story.charge("Nano Banana")
    with pytest.raises(refusals.NoSubscription):
        story.change_plan("Max Pro")
    story.subscribe("Max Pro", 40_000)
    assert story.sources() == {"subscription": 40_000}


def test_a_failed_payment_takes_nothing_back(tell: Tell):
    """Paid-through moves with payment: the running cycle ends as it would, no new one starts."""
    story = tell("artlist", at="2026-01-15T00:00:00Z")
    story.subscribe("AI Suite Starter", 40_000, paid_through="2026-02-15T00:00:00Z")
    story.pay(paid_through="2026-03-15T00:00:00Z")
    story.until("2026-03-14T23:59:59Z")
    assert story.sources() == {"subscription": 40_000}
    story.until("2026-03-15T00:00:00Z")
    assert story.sources() == {}
    assert story.ledger()[-1].text == "Not paid: past due until 2026-03-18 00:00 UTC"
    story.until("2026-03-18T00:00:00Z")
    assert story.ledger()[-1].text == "Subscription ended: not paid"


def test_the_same_terms_are_no_change(tell: Tell):
    story = tell("artlist")
    story.subscribe("AI Suite Starter", 40_000)
    with pytest.raises(refusals.NoChange):
        story.change_plan("ai-suite-starter", 40_000, "monthly")
    with pytest.raises(refusals.AlreadySubscribed):
        story.subscribe("Max Pro", 40_000)


def test_a_subscription_can_be_bought_for_later_and_changed_before_it_starts(tell: Tell):
    story = tell("artlist", at="2026-01-15T00:00:00Z")
    story.subscribe("AI Suite Starter", 40_000, starts_at="2026-02-01T00:00:00Z")
    assert story.sources() == {}
    with pytest.raises(refusals.SubscriptionRequired):
        story.charge("Nano Banana")
    previewed_and_done(story, "Max Pro", 240_000)
    story.until("2026-02-01T00:00:00Z")
    assert story.sources() == {"subscription": 240_000}
    assert story.balance().cycle.renews_at == instant("2026-03-01T00:00:00Z")


def test_what_was_bought_with_payments_stays_so_when_it_is_changed_before_it_begins(tell: Tell):
    story = tell("artlist", at="2026-01-10T00:00:00Z")
    story.subscribe("AI Suite Starter", 40_000, starts_at="2026-01-17T00:00:00Z", intervals=2)
    asked = story.change_plan("AI Suite Starter", 240_000)
    assert (asked.change, asked.subscription.awaits_payment) == ("upgrade", True)
    assert asked.subscription.paid_through == instant("2026-03-17T00:00:00Z")
    done = story.change_plan("AI Suite Starter", 240_000, paid=True)
    assert (done.change, done.subscription.auto_renew) == ("upgrade", False)
    story.until("2026-01-17T00:00:00Z")
    assert story.sources() == {"subscription": 240_000}
    story.until(done.subscription.paid_through)
    assert story.balance().subscription.status == "past_due"
