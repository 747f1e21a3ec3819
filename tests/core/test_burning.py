"""Which credits burn first: to the last key, and the same every time (`docs/spec.md` 3.1)."""

from itertools import permutations

import pytest

from tallystick.core.catalog import SOURCES, Policy
from tallystick.core.grants import Grant, Part, change, in_burn_order, split, take, total
from tests.core.story import BARE, Story


def test_free_then_subscription_then_top_up():
    Story().tell(
        """
        2026-01-10 10:00  open                          -> free 100
                          subscribe basic 1000 monthly  -> free 100, subscription 1000
                          top_up 500                    -> free 100, subscription 1000, topup 500
                          charge Picture images=4       -> 96; free 4, subscription 1000, topup 500
                          charge Picture images=40      -> 960; subscription 44, topup 500
                          charge Picture images=2       -> 48; topup 496
                          charge Picture images=20      -> 480; topup 16
                          charge Picture images=1       -> no insufficient_credits shortfall=8
        """
    )


def test_all_six_sources_in_the_default_order():
    Story().tell(
        """
        2026-01-10 10:00  open
            -> free 100
        subscribe basic 1000 monthly
            -> free 100, subscription 1000
        top_up 10
            -> free 100, subscription 1000, topup 10
        adjust 10
            -> free 100, subscription 1000, adjustment 10, topup 10
        grant promo 10
            -> free 100, subscription 1000, promo 10, adjustment 10, topup 10
        charge Clip audio=off seconds=109
            -> 1090; subscription 10, promo 10, adjustment 10, topup 10
        change basic 4000 monthly
            -> carry_over 10, subscription 4000, promo 10, adjustment 10, topup 10
        +1d  charge Clip audio=off seconds=11
            -> 110; subscription 4000, promo 10, adjustment 10, topup 10
        charge Clip audio=off seconds=400
            -> 4000; promo 10, adjustment 10, topup 10
        charge Clip audio=off seconds=1  -> 10; adjustment 10, topup 10
        charge Clip audio=off seconds=1  -> 10; topup 10
        charge Clip audio=off seconds=1  -> 10; nothing
        """
    )


def test_the_catalog_can_turn_the_order():
    order = "policy: {burn_order: [topup, adjustment, promo, subscription, carry_over, free]}\n"
    Story(changes={"upgrades:": order + "upgrades:"}).tell(
        """
        2026-01-10 10:00  open                          -> free 100
                          subscribe basic 1000 monthly  -> free 100, subscription 1000
                          top_up 20                     -> free 100, subscription 1000, topup 20
                          charge Picture images=1       -> 24; free 100, subscription 996
                          charge Picture images=42      -> 1008; free 88
        """
    )


def test_a_grants_own_priority_overrides_its_source():
    """Sources stand at 10, 20, ...: at 15 a promotion burns between free and carry-over, at 35
    after the subscription."""
    Story(BARE).tell(
        """
        2026-01-10 10:00  open                          -> nothing
                          subscribe basic 1000 monthly  -> subscription 1000
                          grant promo 24 priority=35    -> subscription 1000, promo 24
                          grant promo 24 priority=15    -> subscription 1000, promo 48
                          charge Picture images=1       -> 24; subscription 1000, promo 24
                          charge Picture images=1       -> 24; subscription 976, promo 24
                          grant promo 24 priority=100   -> subscription 976, promo 48
                          top_up 24                     -> subscription 976, promo 48, topup 24
                          charge Picture images=41      -> 984; promo 40, topup 24
                          charge Picture images=1       -> 24; promo 24, topup 16
                          charge Picture images=1       -> 24; promo 16
        """
    )


def test_of_one_source_the_soonest_expiry_burns_first_and_then_the_oldest():
    story = Story(BARE).tell(
        """
        2026-01-10 10:00  open                            -> nothing
                          grant promo 30                  -> promo 30
                          grant promo 30 ends=2026-03-01  -> promo 60
                          grant promo 30 ends=2026-02-01  -> promo 90
        +1d               grant promo 30 ends=2026-02-01  -> promo 120
                          charge Picture images=2         -> 48; promo 72
        """
    )
    left = {grant.id: grant.remaining // 1_000_000 for grant in story.account.grants}
    assert left == {2: 30, 3: 30, 5: 12}


def grant(number: int, source: str = "promo", expires_at: int | None = None, since: int = 0,
          priority: int | None = None) -> Grant:  # fmt: skip
    return Grant(number, source, 10, 10, since, expires_at, 0, priority)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "in_order",
    [
        [grant(9 - at, source) for at, source in enumerate(SOURCES)],
        [grant(7, "topup", priority=9), grant(1, "free"), grant(5, "topup", priority=10)],
        [grant(3, expires_at=50), grant(2, expires_at=60), grant(1)],
        [grant(2, expires_at=50, since=1), grant(1, expires_at=50, since=2)],
        [grant(1, since=7), grant(2, since=7), grant(3, since=7)],
    ],
    ids=["source", "priority", "expiry", "age", "id"],
)
def test_the_order_does_not_depend_on_how_the_grants_lie(in_order: list[Grant]):
    for shuffled in permutations(in_order):
        assert list(in_burn_order(shuffled, Policy())) == in_order


@pytest.mark.parametrize(
    ("amount", "taken"),
    [
        (0, []),
        (1, [(1, 1)]),
        (10, [(1, 10)]),
        (11, [(1, 10), (2, 1)]),
        (30, [(1, 10), (2, 10), (3, 10)]),
        (31, [(1, 10), (2, 10), (3, 10)]),
    ],
)
def test_what_is_taken_adds_up_to_the_amount_or_to_all_there_is(
    amount: int, taken: list[tuple[int, int]]
):
    parts = take([grant(1), grant(2), grant(3)], amount)
    assert [(part.grant, part.credits) for part in parts] == taken
    assert total(parts) == min(amount, 30)


def test_parts_are_cut_at_the_first_credits():
    parts = (Part(1, "free", 10), Part(2, "promo", 5), Part(3, "topup", 7))
    for amount in range(23):
        first, rest = split(parts, amount)
        assert total(first) == amount
        assert total(rest) == 22 - amount
        assert [*dict.fromkeys(part.grant for part in (*first, *rest))] == [1, 2, 3]


def test_spent_grants_leave_the_state_but_held_ones_stay():
    grants = (grant(1), grant(2))
    parts = (Part(1, "promo", 10), Part(2, "promo", 4))
    assert [each.id for each in change(grants, parts, -1, 0)] == [2]
    held = change(grants, parts, -1, 1)
    assert [(each.id, each.remaining, each.held) for each in held] == [(1, 0, 10), (2, 6, 4)]


def test_1000_spent_grants_leave_nothing_behind():
    """An account with years of daily grants is as small, and as fast, as a new one."""
    story = Story(BARE).tell("2026-01-10 10:00  open -> nothing")
    for _ in range(1_000):
        story.ask(["grant", "promo", "24"])
        story.ask(["charge", "Picture", "images=1"])
    assert story.account.grants == ()
    assert len(story.entries) == 2_001


def test_daily_grants_of_a_year_leave_only_the_newest():
    story = Story().tell("2026-01-10 10:00  open -> free 100")
    for _ in range(400):
        story.tell("+1d charge Picture images=1 -> 24; free 76")
    assert len(story.account.grants) == 1
    assert len(story.account.allowances) == 1
