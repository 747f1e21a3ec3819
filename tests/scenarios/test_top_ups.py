"""Top-ups: bought during a subscription, never expiring, good for what the current plan allows."""

import pytest

from tallystick import refusals
from tests.scenarios.places import everywhere
from tests.scenarios.small import PLANS, small
from tests.scenarios.story import Story, Tell, instant

pytestmark = everywhere


def after_the_subscription(tell: Tell) -> Story:
    """An account whose subscription is over, with 5,000 Tokens left."""
    story = tell("imagineart", at="2026-01-31T10:00:00Z")
    story.subscribe("Basic")
    story.top_up(5_000)
    story.cancel()
    story.until("2026-02-28T10:00:00Z")
    return story


def test_top_ups_survive_the_end_of_the_subscription(tell: Tell):
    story = after_the_subscription(tell)
    assert story.sources() == {"free": 100, "topup": 5_000}
    (topup,) = [grant for grant in story.balance().grants if grant.source == "topup"]
    assert topup.expires_at is None
    story.until("2036-01-01T00:00:00Z")
    assert story.sources() == {"free": 100, "topup": 5_000}


def test_then_they_are_bound_by_the_limits_of_the_free_plan(tell: Tell):
    """A pro model is refused although the credits are there; the others can be made."""
    story = after_the_subscription(tell)
    with pytest.raises(refusals.ModelRequiresSubscription) as refused:
        story.charge("Example Image Pro")
    assert refused.value.plan == "Free"
    assert not hasattr(refused.value, "shortfall")
    assert {way.kind for way in refused.value.ways_out} == {"upgrade", "cheaper"}
    charge = story.charge("Example Video")
    assert [(burn.source, burn.credits) for burn in charge.burns] == [("free", 100), ("topup", 110)]
    story.subscribe("Basic")
    assert story.charge("Example Image Pro").credits == 48


def test_top_ups_are_sold_only_while_a_subscription_is_active(tell: Tell):
    story = tell("imagineart", at="2026-01-31T10:00:00Z")
    for refused_now in (True, False, True):
        if refused_now:
            with pytest.raises(refusals.TopUpRequiresSubscription) as refused:
                story.top_up(1_000)
            assert refused.value.message.startswith("Tokens"), "in the catalog's own words"
            assert [way.kind for way in refused.value.ways_out] == ["upgrade"] * 3
            story.subscribe("Basic")
        else:
            story.top_up(1_000)
            story.cancel()
            story.top_up(1_000)
            story.until("2026-02-28T10:00:00Z")
    assert story.sources()["topup"] == 2_000


def test_a_subscription_bought_for_later_is_not_active_yet(tell: Tell):
    story = tell("imagineart", at="2026-01-31T10:00:00Z")
    story.subscribe("Basic", starts_at="2026-02-10T00:00:00Z")
    with pytest.raises(refusals.TopUpRequiresSubscription):
        story.top_up(1_000)
    story.until("2026-02-10T00:00:00Z")
    assert story.top_up(1_000).source == "topup"


def test_the_ledger_calls_them_what_the_catalog_calls_them(tell: Tell):
    story = tell("imagineart")
    story.subscribe("Basic")
    story.top_up(1_000)
    assert story.ledger()[-1].text == "Token bought"


def test_a_top_up_expires_where_the_catalog_says_so(tell: Tell):
    sold = PLANS.replace("bundles:", "expires_after_days: 30, bundles:")
    story = tell(catalog=small(plans=sold), at="2026-01-31T10:00:00Z")
    grant = story.top_up(50)
    assert grant.expires_at == instant("2026-03-02T10:00:00Z")
    story.until("2026-03-02T09:59:59Z")
    assert story.sources() == {"topup": 50}
    story.until("2026-03-02T10:00:00Z")
    assert story.sources() == {}
