"""Roll-over: what a reset keeps, up to a cap, for some cycles; what ends it and what adds to it."""

from tests.scenarios.places import everywhere
from tests.scenarios.small import small
from tests.scenarios.story import Tell

pytestmark = everywhere


def rolling(rollover: str, extra: str = "") -> str:
    """Plans with 100 and with 500 credits a month, whose rest is rolled over."""
    plans = f"""
plans:
  - {{id: free, name: Free}}
  - {{id: basic, name: Basic, rollover: {rollover}, packages: [{{credits: 100}}]}}
  - {{id: studio, name: Studio, rollover: {rollover}, packages: [{{credits: 500}}]}}
default_plan: free
top_ups: {{requires_subscription: false, bundles: [{{credits: 50}}]}}
"""
    return small(extra, plans=plans)


def test_a_cap_and_two_cycles_of_life_beside_every_other_source(tell: Tell):
    catalog = rolling("{cycles: 2, credits: 60}", "free_credits: [{credits: 10, every: day}]\n")
    story = tell(catalog=catalog, at="2026-01-31T10:00:00Z")
    story.subscribe("Basic")
    story.top_up(50)
    story.charge("Dot", images=20)
    assert story.sources() == {"subscription": 90, "topup": 50}
    story.until("2026-02-28T10:00:00Z")
    assert story.sources() == {"free": 10, "rollover": 60, "subscription": 100, "topup": 50}
    charged = story.charge("Dot", images=75)
    assert [(each.source, each.credits) for each in charged.burns] == [
        ("free", 10),
        ("rollover", 60),
        ("subscription", 5),
    ]
    story.until("2026-03-31T10:00:00Z")
    assert story.sources() == {"free": 10, "rollover": 60, "subscription": 100, "topup": 50}
    done = story.change_plan("Studio")
    assert done.after == story.sources()
    assert done.after == {
        "free": 10,
        "carry_over": 100,
        "rollover": 60,
        "subscription": 500,
        "topup": 50,
    }
    charged = story.charge("Dot", images=175)
    assert [each.source for each in charged.burns] == [
        "free",
        "carry_over",
        "rollover",
        "subscription",
    ]
    story.until("2026-04-30T10:00:00Z")
    assert story.sources() == {"free": 10, "rollover": 60, "subscription": 500, "topup": 50}
    rolled = [each for each in story.ledger() if each.kind == "rolled_over"]
    assert [each.credits for each in rolled] == [-30, -35, -435]


def test_what_was_rolled_over_lapses_after_its_two_cycles(tell: Tell):
    story = tell(catalog=rolling("{cycles: 2, credits: 60}"), at="2026-01-31T10:00:00Z")
    story.subscribe("Basic")
    story.until("2026-02-28T10:00:00Z")
    (rolled,) = [grant for grant in story.balance().grants if grant.source == "rollover"]
    assert f"{rolled.expires_at:%Y-%m-%d %H:%M}" == "2026-04-30 10:00"
    story.until("2026-04-30T09:59:59Z")
    assert story.sources()["rollover"] == 120
    story.until("2026-04-30T10:00:00Z")
    assert story.sources()["rollover"] == 120, "60 lapsed, 60 came"


def test_at_most_two_months_worth_that_an_upgrade_adds_to_and_a_downgrade_ends(tell: Tell):
    """ElevenLabs: unused credits live two months more; a smaller plan or none ends them."""
    story = tell(catalog=rolling("{cycles: 2}"), at="2026-01-10T10:00:00Z")
    story.subscribe("Basic")
    story.until("2026-04-10T10:00:00Z")
    assert story.sources() == {"rollover": 200, "subscription": 100}
    story.change_plan("Studio")
    assert story.sources() == {"carry_over": 100, "rollover": 200, "subscription": 500}
    story.until("2026-05-10T10:00:00Z")
    assert story.sources() == {"rollover": 600, "subscription": 500}
    down = story.change_plan("Basic")
    assert down.change == "downgrade"
    assert story.sources() == {"rollover": 600, "subscription": 500}
    story.until("2026-06-10T10:00:00Z")
    assert story.sources() == {"subscription": 100}
    story.until("2026-07-10T10:00:00Z")
    assert story.sources() == {"rollover": 100, "subscription": 100}
    story.cancel()
    story.until("2026-08-10T10:00:00Z")
    assert story.sources() == {}


def test_a_bank_of_unused_credits_burns_last_although_it_is_older(tell: Tell):
    """Leonardo: this month's credits first, then what was put by, then what was bought."""
    order = "burn_order: [free, carry_over, subscription, promo, adjustment, rollover, topup]"
    story = tell(
        catalog=rolling("{cycles: 12, percent: 300}", f"policy: {{{order}}}\n"),
        at="2026-01-10T10:00:00Z",
    )
    story.subscribe("Basic")
    story.top_up(50)
    story.charge("Dot", images=30)
    story.until("2026-02-10T10:00:00Z")
    story.grant(20)
    assert story.sources() == {"rollover": 70, "subscription": 100, "promo": 20, "topup": 50}
    quoted = story.quote("Dot", images=195)
    charged = story.charge("Dot", images=195)
    assert quoted.burns == charged.burns
    assert [(each.source, each.credits) for each in charged.burns] == [
        ("subscription", 100),
        ("promo", 20),
        ("rollover", 70),
        ("topup", 5),
    ]
    story.refund(charged.receipt, credits=40, reason="it came out black")
    assert story.sources() == {"rollover": 35, "topup": 50}


def test_a_payment_that_is_late_loses_nothing_of_it(tell: Tell):
    story = tell(catalog=rolling("{cycles: 2}"), at="2026-01-10T10:00:00Z")
    story.subscribe("Basic", intervals=1)
    story.charge("Dot", images=40)
    story.until("2026-02-10T10:00:00Z")
    assert story.sources() == {"rollover": 60}, "not paid yet: no new credits, and none are lost"
    story.until("2026-02-12T10:00:00Z")
    paid = story.pay(intervals=1)
    assert paid.after == {"rollover": 60, "subscription": 100}
    story.until("2026-03-13T10:00:00Z")
    assert story.sources() == {}, "the grace is over"


def test_one_cap_holds_for_all_that_a_cycle_gave(tell: Tell):
    """An upgrade that deducts gives a second grant in the same cycle."""
    rule = "upgrades: [{from: monthly, to: monthly, credits: deduct_used, restart_cycle: false}]\n"
    story = tell(catalog=rolling("{cycles: 1, credits: 120}", rule), at="2026-01-10T10:00:00Z")
    story.subscribe("Basic")
    story.charge("Dot", images=10)
    assert story.change_plan("Studio").after == {"subscription": 490}
    story.until("2026-02-10T10:00:00Z")
    assert story.sources() == {"rollover": 120, "subscription": 500}
