"""Which grants are consumed first, to the last key."""

import pytest

from tallystick import results
from tallystick.core.credits import Credits
from tests.scenarios.places import everywhere
from tests.scenarios.small import small
from tests.scenarios.story import Tell

pytestmark = everywhere

FREE_DAILY = "free_credits: [{credits: 10, every: day}]\n"


def sources_of(spend: results.Spend | results.Quote) -> list[tuple[str, Credits]]:
    return [(burn.source, burn.credits) for burn in spend.burns]


def test_imagineart_burns_free_then_subscription_then_top_up(tell: Tell):
    story = tell("imagineart")
    story.subscribe("Basic")
    story.top_up(5_000)
    assert story.sources() == {"free": 100, "subscription": 10_000, "topup": 5_000}
    first = story.charge("Example Image")
    assert sources_of(first) == [("free", 24)]
    second = story.charge("Example Image", outputs=417)
    assert sources_of(second) == [("free", 76), ("subscription", 9_932)]
    third = story.charge("Example Video")
    assert sources_of(third) == [("subscription", 68), ("topup", 142)]
    assert story.sources() == {"topup": 4_858}


DEFAULT = ["free", "carry_over", "subscription", "promo", "adjustment", "topup"]
AMOUNTS = {"free": 10, "carry_over": 100, "subscription": 500, "promo": 30, "adjustment": 40}
AMOUNTS |= {"topup": 50}


@pytest.mark.parametrize("order", [None, DEFAULT, DEFAULT[::-1], DEFAULT[3:] + DEFAULT[:3]])
def test_all_six_sources_burn_in_the_order_of_the_catalog(tell: Tell, order: list[str] | None):
    """Without one: free, carry-over, subscription, promo, adjustment, top-up."""
    policy = f"policy: {{burn_order: [{', '.join(order)}]}}" if order else ""
    story = tell(catalog=small(FREE_DAILY + policy))
    story.top_up(50)
    story.adjust(40, "goodwill")
    story.grant(30)
    story.subscribe("Basic")
    story.change_plan("Studio")
    assert story.sources() == AMOUNTS
    everything = story.charge("Dot", outputs=730)
    assert sources_of(everything) == [(source, AMOUNTS[source]) for source in order or DEFAULT]


def test_carry_over_burns_between_free_and_subscription(tell: Tell):
    story = tell(catalog=small(FREE_DAILY))
    story.subscribe("Basic")
    story.change_plan("Studio")
    assert story.sources() == {"free": 10, "carry_over": 100, "subscription": 500}
    assert sources_of(story.charge("Dot", outputs=115)) == [
        ("free", 10),
        ("carry_over", 100),
        ("subscription", 5),
    ]


def test_within_a_source_the_soonest_to_expire_burns_first_then_the_oldest_then_the_id(tell: Tell):
    story = tell(catalog=small())
    never = story.grant(1).grant
    late = story.grant(1, expires_at="2026-03-01T00:00:00Z").grant
    soon_too = story.grant(1, expires_at="2026-02-01T00:00:00Z").grant
    soon = story.grant(1, expires_at="2026-02-01T00:00:00Z").grant
    story.until("2026-01-02T00:00:00Z")
    newer = story.grant(1, expires_at="2026-02-01T00:00:00Z").grant
    order = [soon_too, soon, newer, late, never]
    assert [burn.grant for burn in story.quote("Dot", outputs=5).burns] == order
    assert [grant.grant for grant in story.balance().grants] == order
    assert [burn.grant for burn in story.charge("Dot", outputs=5).burns] == order


def test_a_grant_may_have_a_place_of_its_own(tell: Tell):
    """Sources stand at 10, 20, ...: promo at 40. A priority of 5 goes before everything."""
    story = tell(catalog=small(FREE_DAILY))
    story.grant(10)
    last = story.grant(10, priority=100).grant
    first = story.grant(10, priority=5).grant
    story.top_up(10)
    charge = story.charge("Dot", outputs=40)
    assert charge.burns[0].grant == first
    assert sources_of(charge) == [("promo", 10), ("free", 10), ("promo", 10), ("topup", 10)]
    assert [burn.grant for burn in story.charge("Dot", outputs=10).burns] == [last]


@pytest.mark.parametrize("outputs", [1, 100, 101, 109, 110])
def test_a_quote_burns_what_the_charge_then_burns(tell: Tell, outputs: int):
    story = tell(catalog=small(FREE_DAILY))
    story.subscribe("Basic")
    quote = story.quote("Dot", outputs=outputs)
    charge = story.charge(quote=quote.quote)
    assert sources_of(charge) == sources_of(quote)
    assert (charge.balance_before, charge.balance_after) == (110, 110 - outputs)
    assert (quote.balance_before, quote.balance_after) == (110, 110 - outputs)


def test_yesterdays_free_credits_are_gone_and_todays_are_there(tell: Tell):
    """100 a day, never accumulated; an idle account has no lines for idle days."""
    story = tell("imagineart", at="2026-01-01T08:00:00Z")
    story.charge("Example Image")
    assert story.sources() == {"free": 76}
    story.until("2026-01-09T23:59:59Z")
    assert story.sources() == {"free": 100}
    assert story.kinds() == ["account_opened", "granted", "charged", "grant_expired"]
    story.charge("Example Image")
    story.until("2026-01-10T00:00:00Z")
    assert story.sources() == {"free": 100}
    assert story.kinds(since=4) == ["granted", "charged", "grant_expired"]
