"""Changes of plan where payments move the subscription (docs/spec.md 5.2)."""

import pytest

from tallystick.core.instants import text
from tests.core.paid import bought, told
from tests.core.story import BARE, Story, kind

# Changes never pay for themselves


def test_with_payments_an_upgrade_waits_for_its_payment():
    """The card is declined: nothing has happened, and the next payment is for the old plan."""
    story = told().tell(
        """
        2026-02-10 10:00  change max 4000 yearly       -> subscription 1000
                          charge Voice characters=50   -> 10; subscription 990
        """
    )
    assert bought(story) == "2026-02-28T10:00:00Z"
    assert story.entries[-2].event.change == "upgrade"
    story.tell(
        """
        2026-02-28 10:00  look                         -> nothing
        2026-02-28 10:01  pay cycles=1                 -> subscription 1000
        """
    )
    assert bought(story) == "2026-03-31T10:00:00Z"


@pytest.mark.parametrize("paying", ["pay intervals=1", "change max 4000 yearly intervals=1"])
def test_the_payment_brings_the_change(paying: str):
    story = told().tell(
        f"""
        2026-02-10 10:00  change max 4000 yearly   -> subscription 1000
        2026-02-10 10:02  {paying}                 -> subscription 5000
        """.replace("5000", "4000")
    )
    assert bought(story) == "2027-02-10T10:02:00Z"


def test_a_change_that_waits_for_its_payment_can_be_withdrawn():
    story = told().tell(
        """
        2026-02-10 10:00  change max 4000 monthly   -> subscription 1000
                          resume                    -> subscription 1000
                          pay cycles=1              -> subscription 1000
        """
    )
    assert bought(story) == "2026-03-31T10:00:00Z"


@pytest.mark.parametrize(
    ("said", "paid_through"),
    [
        ("paid=on", "2026-03-10T10:00:00Z"),
        ("intervals=1", "2026-03-10T10:00:00Z"),
        ("intervals=2", "2026-04-10T10:00:00Z"),
        ("through=2026-03-10", "2026-03-10T10:00:00Z"),
    ],
)
def test_a_change_that_is_paid_takes_effect_at_once(said: str, paid_through: str):
    story = told().tell(
        f"2026-02-10 10:00 change basic 4000 monthly {said} -> carry_over 1000, subscription 4000"
    )
    assert bought(story) == paid_through


def test_what_was_paid_ahead_stays_paid():
    """Three cycles paid, one of them running: two stay paid after the new one."""
    story = Story(BARE).tell(
        """
        2026-01-31 10:00  open                                         -> nothing
                          subscribe basic 1000 monthly intervals=3     -> subscription 1000
        2026-02-10 10:00  change basic 4000 monthly intervals=1
            -> carry_over 1000, subscription 4000
        """
    )
    assert bought(story) == "2026-05-10T10:00:00Z"


def test_a_year_that_was_paid_stays_paid_when_the_interval_becomes_a_month():
    """By itself it renews: from yearly to monthly with more credits, eleven months ahead stay."""
    story = Story(BARE).tell(
        """
        2026-01-31 10:00  open                         -> nothing
                          subscribe basic 1000 yearly  -> subscription 1000
        2026-02-10 10:00  change basic 4000 monthly    -> carry_over 1000, subscription 4000
        """
    )
    assert bought(story) == "2027-02-10T10:00:00Z"


def test_a_payment_told_for_a_shorter_time_than_was_paid_is_said():
    story = Story(BARE).tell(
        """
        2026-01-31 10:00  open                                         -> nothing
                          subscribe basic 1000 monthly intervals=3     -> subscription 1000
        2026-02-10 10:00  change basic 4000 monthly through=2026-03-10/10:00
            -> carry_over 1000, subscription 4000
        """
    )
    assert text(story.entries[3].event.paid_before) == "2026-04-30T10:00:00Z"


# Two changes that undo each other


def test_fewer_credits_are_never_an_upgrade_whatever_the_rank():
    """240,000, a higher plan with 40,000, 240,000 again: one grant, and nothing is taken away."""
    larger = {"packages: [{credits: 1000}, {credits: 4000}]":
              "packages: [{credits: 1000}, {credits: 24000}]"}  # fmt: skip
    for interval in ("monthly", "yearly"):
        story = Story(BARE, larger).tell(
            f"""
            2026-01-10 10:00  open                           -> nothing
                              subscribe basic 24000 {interval}  -> subscription 24000
                              change max 4000 {interval}     -> subscription 24000
                              change basic 24000 {interval}  -> no no_change
                              resume                         -> subscription 24000
                              change max 24000 {interval}    -> subscription 24000
                              change max 4000 {interval}     -> subscription 24000
            """
        )
        assert [e.event.change for e in story.entries if kind(e) == "change_scheduled"] == [
            "downgrade",
            "downgrade",
        ]


def test_an_upgrade_may_wait_for_the_end_of_the_paid_time():
    story = Story(BARE).tell(
        """
        2026-01-10 10:00  open                                  -> nothing
                          subscribe basic 1000 monthly          -> subscription 1000
                          change max 4000 monthly later=on      -> subscription 1000
        2026-02-10 10:00  look                                  -> subscription 4000
        """
    )
    assert [e.event.change for e in story.entries if kind(e) == "plan_changed"] == ["upgrade"]


def test_a_change_that_is_paid_at_a_boundary_that_is_over_is_not_kept_for_the_next_one():
    """`later` waits for the end of the paid time: that was yesterday, the payment is for now."""
    story = told().tell(
        """
        2026-02-28 10:00  look                                            -> nothing
        2026-03-01 10:00  change basic 4000 monthly later=on intervals=1  -> subscription 4000
        """
    )
    assert bought(story) == "2026-03-31T10:00:00Z"


@pytest.mark.parametrize(
    ("bought_as", "change", "paid_through"),
    [
        ("monthly intervals=1", "change basic 1000 yearly", "2027-02-28T10:00:00Z"),
        ("yearly intervals=1", "change basic 1000 monthly", "2027-02-28T10:00:00Z"),
    ],
)
def test_an_interval_that_is_paid_is_one_of_the_terms_that_come_then(
    bought_as: str, change: str, paid_through: str
):
    """A year that is paid after a month, and a month that is paid after a year."""
    story = Story(BARE).tell(
        f"""
        2026-01-31 10:00  open                               -> nothing
                          subscribe basic 1000 {bought_as}   -> subscription 1000
        2026-02-10 10:00  {change}                           -> subscription 1000
                          pay intervals=1                    -> subscription 1000
        """
    )
    assert bought(story) == paid_through


# Before it has begun

COMING = """
    2026-01-10 10:00  open                                                         -> nothing
                      subscribe basic 4000 monthly starts=2026-01-17 {paid}        -> nothing
"""


def test_what_was_bought_with_payments_stays_so_when_it_is_changed_before_it_begins():
    story = Story(BARE).tell(COMING.format(paid="intervals=1"))
    story.tell(
        """
                          change max 24000 monthly paid=on    -> nothing
        2026-01-17 00:00  look                                -> subscription 24000
        2026-02-17 00:00  look                                -> nothing
        """
    )
    assert story.entries[2].event.change == "upgrade"


def test_a_downgrade_before_it_begins_waits_where_it_is_paid_and_only_there():
    paid = Story(BARE).tell(COMING.format(paid="intervals=1"))
    paid.tell("change basic 1000 monthly -> nothing")
    paid.tell("2026-01-17 00:00 look -> subscription 4000")
    unpaid = Story(BARE).tell(COMING.format(paid=""))
    unpaid.tell("change basic 1000 monthly -> nothing")
    unpaid.tell("2026-01-17 00:00 look -> subscription 1000")
    assert unpaid.entries[2].event.change == paid.entries[2].event.change == "downgrade"
