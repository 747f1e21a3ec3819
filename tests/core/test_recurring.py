"""Free credits in windows of every kind (`docs/spec.md` 3.11)."""

import pytest

from tallystick.core.account import advance, with_free
from tests.core.story import TOY, Story

FREE = "free_credits: [{credits: 100, every: day}]"


def told(*allowances: str, **changes: str) -> Story:
    offers = "free_credits:\n" + "".join(f"  - {{{each}}}\n" for each in allowances)
    return Story(TOY, {FREE: offers.rstrip(), **changes})


@pytest.mark.parametrize(
    ("every", "last", "next_"),
    [
        ("every: hour", "2026-01-10 10:59:59", "2026-01-10 11:00"),
        ("every: week", "2026-01-11 23:59:59", "2026-01-12 00:00"),
        ("every: month, from: calendar", "2026-01-31 23:59:59", "2026-02-01 00:00"),
        ("every: quarter, from: calendar", "2026-03-31 23:59:59", "2026-04-01 00:00"),
        ("every: year, from: calendar", "2026-12-31 23:59:59", "2027-01-01 00:00"),
        ("every: month", "2026-02-10 10:29:59", "2026-02-10 10:30"),
        ("every: quarter", "2026-04-10 10:29:59", "2026-04-10 10:30"),
        ("every: year", "2027-01-10 10:29:59", "2027-01-10 10:30"),
        ("every: day, from: account", "2026-01-11 10:29:59", "2026-01-11 10:30"),
    ],
)
def test_a_window_gives_once_and_the_next_one_again(every: str, last: str, next_: str):
    told(f"credits: 30, {every}").tell(
        f"""
        2026-01-10 10:30  open                   -> free 30
                          charge Picture images=1 -> 24; free 6
        {last}  look                             -> free 6
        {next_}  look                            -> free 30
                          charge Picture images=1 -> 24; free 6
        """
    )


def test_an_hour_of_a_zone_with_half_hours():
    told("credits: 30, every: hour", **{"time_zone: UTC": "time_zone: Asia/Kolkata"}).tell(
        """
        2026-01-10 10:20  open                   -> free 30
                          charge Picture images=1 -> 24; free 6
        2026-01-10 10:29:59  look                -> free 6
        2026-01-10 10:30  look                   -> free 30
        """
    )


def test_five_hours_run_from_the_first_request():
    told("credits: 30, every: 5 hours, from: first_use").tell(
        """
        2026-01-10 10:00  open                   -> free 30
        2026-01-10 13:17  charge Picture images=1 -> 24; free 6
                          charge Picture images=1 -> no insufficient_credits shortfall=18
        2026-01-10 18:16:59  look                -> free 6
        2026-01-10 18:17  look                   -> free 30
        2026-01-10 23:00  charge Picture images=1 -> 24; free 6
        2026-01-11 03:59:59  look                -> free 6
        2026-01-11 04:00  look                   -> free 30
        """
    )


def test_a_window_from_first_use_ends_with_the_cycle_where_the_plan_says_so():
    story = told("credits: 30, every: 5 hours, from: first_use, within_cycle: true").tell(
        """
        2026-01-10 10:00  open                   -> free 30
                          subscribe basic 1000 monthly -> free 30, subscription 1000
        2026-02-10 08:00  charge Picture images=1 -> 24; free 6, subscription 1000
        2026-02-10 09:59:59  look                -> free 6, subscription 1000
        2026-02-10 10:00  charge Picture images=1 -> 24; free 6, subscription 1000
        2026-02-10 14:59:59  look                -> free 6, subscription 1000
        2026-02-10 15:00  look                   -> free 30, subscription 1000
        """
    )
    assert story.account.allowances[0].every == "5 hours from first use, within the cycle"


def test_a_month_that_begins_at_first_use():
    """Firefly: the month of free credits begins when the first of them is spent."""
    told("credits: 25, every: month, from: first_use").tell(
        """
        2026-01-10 10:00  open                   -> free 25
        2026-01-31 12:00  charge Picture images=1 -> 24; free 1
        2026-02-28 11:59  look                   -> free 1
        2026-02-28 12:00  look                   -> free 25
        2026-06-05 09:00  charge Picture images=1 -> 24; free 1
        2026-07-05 09:00  look                   -> free 25
        """
    )


def test_some_a_day_only_once_what_the_plan_gives_is_used_up():
    """Suno: 50 a day once the month's are used up."""
    told("credits: 50, every: day, plans: [basic], when_used_up: true").tell(
        """
        2026-01-10 10:00  open                   -> nothing
                          subscribe basic 1000 monthly -> subscription 1000
                          top_up 30              -> subscription 1000, topup 30
                          charge Picture images=41 -> 984; subscription 16, topup 30
                          charge Picture images=1 -> 24; free 26, subscription 16, topup 30
                          charge Picture images=3 -> 72; nothing
        2026-01-11 00:00  look                   -> free 50
                          charge Picture images=2 -> 48; free 2
                          charge Picture images=1 -> no insufficient_credits available=2
        2026-02-10 10:00  look                   -> subscription 1000
        """
    )


def test_ten_a_day_and_a_hundred_a_month_on_one_source():
    """Udio: the day's burn first, as they end first."""
    story = told("credits: 24, every: day", "credits: 100, every: month").tell(
        """
        2026-01-10 10:00  open                   -> free 124
                          charge Picture images=1 -> 24; free 100
                          charge Picture images=1 -> 24; free 76
        2026-01-11 00:00  look                   -> free 100
                          charge Picture images=2 -> 48; free 52
        2026-02-10 10:00  look                   -> free 124
        """
    )
    assert {each.every for each in story.account.allowances} == {"day", "month"}


def test_windows_of_several_kinds_lapse_each_by_itself_and_lazily_as_eagerly():
    story = told(
        "credits: 1, every: hour",
        "credits: 24, every: week",
        "credits: 10, every: 5 hours, from: first_use",
    ).tell(
        """
        2026-01-10 10:00  open                   -> free 35
                          charge Picture images=1 -> 24; free 11
        """
    )
    at, account = story.account.at, story.account
    for hours in range(1, 60):
        later = at + hours * 3_600_000_000
        account, _ = advance(account, later)
        lazy = with_free(advance(story.account, later)[0], later, story.history)
        assert with_free(account, later, story.history).available == lazy.available


def test_a_generation_that_costs_nothing_shows_the_free_credits():
    told("credits: 100, every: day").tell(
        """
        2026-01-10 10:00  open                   -> free 100
                          subscribe max 4000     -> free 100, subscription 4000
                          charge Voice characters=25 -> 0; free 100, subscription 4000
        """
    )
