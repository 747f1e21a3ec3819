"""Cycles that begin on a day of the calendar; days in the account's own zone (docs/spec.md 4.6)."""

import pytest

from tallystick.core.instants import text
from tests.core.story import BARE, TOY, Story

BASIC = "    packages: [{credits: 1000}, {credits: 4000}]"


def anchored(anchor: str, zone: str = "UTC") -> Story:
    changes = {
        BASIC: f"{BASIC}\n    anchor: {anchor}",
        "time_zone: UTC": f"time_zone: {zone}",
    }
    return Story(BARE, changes)


@pytest.mark.parametrize(
    ("first", "credits"), [("full", "subscription 1000"), ("proportion", "subscription 500"),
                           ("nothing", "nothing")]
)  # fmt: skip
def test_the_first_of_the_month_with_a_part_cycle(first: str, credits: str):
    """Bought on the 16th of a month of 30 days: 15 of 30 days are left."""
    story = anchored(f"{{day: 1, first: {first}}}").tell(
        f"""
        2026-06-16 00:00  open                          -> nothing
                          subscribe basic 1000 monthly  -> {credits}
        2026-07-01 00:00  look                          -> subscription 1000
        2026-08-01 00:00  look                          -> subscription 1000
        """
    )
    assert story.account.subscription is not None
    assert text(story.account.subscription.paid_through) == "2026-09-01T00:00:00Z"


def test_the_last_day_of_each_month_through_a_leap_year():
    story = anchored("{day: 31}").tell(
        """
        2027-12-31 00:00  open                         -> nothing
                          subscribe basic 1000 yearly  -> subscription 1000
        """
    )
    starts = []
    for _ in range(4):
        assert story.account.cycle is not None
        story.now = story.account.cycle.ends_at
        story.ask(["look"])
        starts.append(text(story.account.cycle.started_at)[:10])
    assert starts == ["2028-01-31", "2028-02-29", "2028-03-31", "2028-04-30"]


def test_mondays_through_a_change_of_the_clocks():
    """Berlin, 29 March 2026: the week is an hour shorter, and half of it is half of the credits."""
    story = anchored("{weekday: monday, first: proportion}", "Europe/Berlin").tell(
        """
        2026-03-26 11:00  open                         -> nothing
                          subscribe basic 1000 yearly  -> subscription 500
        2026-03-29 21:59  look                         -> subscription 500
        2026-03-29 22:00  look                         -> subscription 1000
        2026-04-05 22:00  look                         -> subscription 1000
        """
    )
    assert story.account.subscription is not None
    assert story.account.subscription.index == 2


def test_a_payment_means_a_day_of_the_calendar():
    story = anchored("{day: 1}").tell(
        """
        2026-06-16 10:00  open                                     -> nothing
                          subscribe basic 1000 monthly paid=2026-07-01  -> subscription 1000
                          pay 2026-07-16                           -> invalid 2026-07-01 00:00:00
                          pay 2026-08-01/09:00                     -> subscription 1000
        2026-08-01 00:00  look                                     -> nothing
        2026-08-02 00:00  pay cycles=1                             -> subscription 1000
        """
    )
    assert story.account.cycle is not None
    assert text(story.account.cycle.ends_at) == "2026-09-01T00:00:00Z"


def test_an_upgrade_in_the_midst_of_a_month_gives_in_full_and_keeps_the_day():
    anchored("{day: 1, first: proportion}").tell(
        """
        2026-06-16 00:00  open                          -> nothing
                          subscribe basic 1000 monthly  -> subscription 500
        2026-06-20 10:00  change basic 4000 monthly     -> carry_over 500, subscription 4000
        2026-07-01 00:00  look                          -> subscription 4000
        """
    )


def test_days_and_cycles_in_the_accounts_own_zone():
    """Midnight in New York is five in the morning in London."""
    own = TOY.replace("upgrades:", "policy: {calendar: account}\nupgrades:")
    own = own.replace(BASIC, f"{BASIC}\n    anchor: {{day: 1}}")
    story = Story(own)
    story.now = 0
    from tallystick.core import commands

    story.tell("2026-01-10 10:00 look -> no account_not_found")
    opened = commands.OpenAccount("acct_1", time_zone="America/New_York")
    assert story.perform(opened, "open", []) == "free 100"
    story.tell(
        """
                          charge Picture images=1       -> 24; free 76
        2026-01-11 04:59  look                          -> free 76
        2026-01-11 05:00  look                          -> free 100
                          subscribe basic 1000 monthly  -> free 100, subscription 1000
                          charge Clip audio=on seconds=7 -> 140; subscription 960
        2026-02-01 04:59  look                          -> free 100, subscription 960
        2026-02-01 05:00  look                          -> free 100, subscription 1000
        """
    )
