"""Payments that are taken back: what is left goes, what was spent may be owed and is paid first."""

import pytest

from tallystick import GrantNotFound, InsufficientCredits, InvalidRequest, NothingLeft
from tests.scenarios.conftest import Tell
from tests.scenarios.places import everywhere

pytestmark = everywhere

SHOP = """\
platform: shop
name: Shop
tools: [{id: image, name: Image}, {id: video, name: Video}]
models:
  - {name: Dot, tool: image, rates: [{credits: 1, per: image}]}
  - {name: Clip, tool: video, rates: [{credits: 10, per: second}]}
plans: [{id: free, name: Free}, {id: pro, name: Pro, packages: [{credits: 100}]}]
default_plan: free
top_ups: {requires_subscription: false, expires_after: 3 years, bundles: [{credits: 1000}]}
"""


def test_a_top_up_of_a_thousand_is_charged_back_after_four_were_spent(tell: Tell):
    story = tell(catalog=SHOP)
    bought = story.top_up(1_000, custom=False, price="9.99 EUR", payment="pay_1")
    assert (bought.price.amount, bought.price.currency, bought.payment) == ("9.99", "EUR", "pay_1")
    story.charge("Dot", images=4)
    story.subscribe("Pro")
    voided = story.void(bought.grant, "charged back", owe=True)
    assert (voided.credits, voided.owed, voided.held) == (-996, 4, 0)
    assert story.sources() == {"subscription": 100}
    assert story.balance().owed == 4
    with pytest.raises(NothingLeft):
        story.void(bought.grant, "charged back", owe=True)
    again = story.top_up(1_000)
    assert (again.owed_paid, again.balance_after) == (4, 1_096)
    assert story.balance().owed == 0
    postings = {each.account: each.credits for each in story.ledger()[-1].postings}
    assert postings == {"issued": -1_000, "owed": 4, f"topup:{again.seq}": 996}


def test_a_top_up_that_was_spent_whole_is_owed_once(tell: Tell):
    story = tell(catalog=SHOP)
    bought = story.top_up(1_000)
    story.adjust(-10, "a mistake of ours", grant=bought.grant)
    story.charge("Clip", seconds=99)
    with pytest.raises(NothingLeft):
        story.void(bought.grant, "charged back")
    assert story.void(bought.grant, "charged back", owe=True).owed == 990
    with pytest.raises(NothingLeft):
        story.void(bought.grant, "charged back", owe=True)
    story.grant(50)
    story.subscribe("Pro")
    assert story.sources() == {"promo": 50}
    assert story.balance().owed == 890
    with pytest.raises(GrantNotFound):
        story.void("g999", "no such")


def test_a_void_and_its_twin_in_one_batch_owe_once(tell: Tell):
    from tallystick.core.commands import Charge, TopUp, Void

    story = tell(catalog=SHOP)
    ada = story.account
    done = story.credits.execute([
        TopUp(ada, 1_000),
        Charge(ada, "Dot", {"images": 7}),
        Void(ada, "g2", "charged back", owe=True),
        Void(ada, "g2", "charged back", owe=True),
    ])  # fmt: skip
    assert done[2].owed == 7
    assert isinstance(done[3], NothingLeft)
    assert story.balance().owed == 7


def test_a_part_that_is_held_lapses_when_it_comes_back(tell: Tell):
    story = tell(catalog=SHOP)
    bought = story.top_up(1_000)
    hold = story.hold("Clip", seconds=5)
    assert story.void(bought.grant, "charged back").held == 50
    assert (story.available(), story.balance().held) == (0, 50)
    settled = story.settle(hold.hold, seconds=2)
    assert (settled.credits, settled.expired, story.available()) == (20, 30, 0)


def test_a_refund_of_a_charge_that_a_voided_grant_paid_makes_the_debt_smaller(tell: Tell):
    """Nothing comes back that was voided: what was spent of it is not owed any more."""
    story = tell(catalog=SHOP)
    bought = story.top_up(1_000)
    charged = story.charge("Clip", seconds=3)
    story.void(bought.grant, "charged back", owe=True)
    assert story.balance().owed == 30
    refunded = story.refund(charged.receipt, credits=10, reason="it came out black")
    assert (refunded.expired, story.available(), story.balance().owed) == (0, 0, 20)
    story.refund(charged.receipt, reason="it came out black")
    assert (story.available(), story.balance().owed) == (0, 0)


def test_top_ups_expire_three_years_after_they_were_bought_by_the_calendar(tell: Tell):
    """Magnific's rule, through a leap year."""
    story = tell(catalog=SHOP, at="2026-02-28T10:00:00Z")
    bought = story.top_up(1_000)
    assert bought.expires_at.isoformat() == "2029-02-28T10:00:00+00:00"


def test_a_promotion_for_video_only(tell: Tell):
    story = tell(catalog=SHOP)
    story.subscribe("Pro")
    story.grant(60, tools=["Video"], expires_at="2026-02-15", payment="pay_2", price="3 EUR")
    assert story.available() == 160
    quoted = story.quote("Clip", seconds=16)
    assert [(each.source, each.credits) for each in quoted.burns] == [
        ("subscription", 100),
        ("promo", 60),
    ]
    with pytest.raises(InsufficientCredits) as refused:
        story.charge("Dot", images=101)
    assert (refused.value.available, refused.value.shortfall) == (100, 1)
    assert story.charge("Dot", images=100).burns[0].source == "subscription"
    assert story.charge("Clip", seconds=6).burns[0].source == "promo"


def test_bundles_are_what_is_sold(tell: Tell):
    story = tell(catalog=SHOP)
    with pytest.raises(InvalidRequest, match="1,000"):
        story.top_up(999, custom=False)
    assert story.top_up(999, custom=True).credits == 999
