"""Cycles that begin on a day of the calendar: a part cycle first, leap years, changes of clocks."""

import pytest

from tests.scenarios.places import everywhere
from tests.scenarios.small import small
from tests.scenarios.story import Story, Tell, instant

pytestmark = everywhere


def anchored(anchor: str, zone: str = "UTC", policy: str = "") -> str:
    """A plan with 310 credits a cycle, anchored on the calendar of a zone."""
    plans = f"""
plans:
  - {{id: free, name: Free}}
  - {{id: basic, name: Basic, anchor: {{{anchor}}}, intervals: [monthly, yearly],
     packages: [{{credits: 310}}]}}
default_plan: free
"""
    extra = f"policy: {{{policy}}}\n" if policy else ""
    return small(extra, plans=plans).replace("name: Small", f"name: Small\ntime_zone: {zone}", 1)


def cycles(story: Story, many: int) -> list[tuple[str, object]]:
    """The starts (UTC) and allotments of the next cycles, reached at their very instants."""
    found = []
    for _ in range(many):
        story.until(story.balance().cycle.renews_at)
        cycle = story.balance().cycle
        found.append((f"{cycle.started_at:%Y-%m-%d %H:%M}", cycle.allotment))
    return found


@pytest.mark.parametrize(("first", "credits"), [("full", 310), ("proportion", 165), ("nothing", 0)])
def test_a_part_cycle_gives_what_the_plan_says(tell: Tell, first: str, credits: int):
    """Bought at noon on the 15th: 16 and a half of 31 days are left."""
    catalog = anchored(f"day: 1, first: {first}")
    story = tell(catalog=catalog, at="2026-01-15T12:00:00Z")
    bought = story.subscribe("Basic")
    assert bought.renews_at == instant("2026-02-01T00:00:00Z")
    assert story.available() == credits
    assert story.balance().cycle.allotment == credits
    assert cycles(story, 2) == [("2026-02-01 00:00", 310), ("2026-03-01 00:00", 310)]


def test_the_first_of_the_month_through_a_leap_year(tell: Tell):
    catalog = anchored("day: 1, first: proportion")
    story = tell(catalog=catalog, at="2028-02-15T00:00:00Z")
    story.subscribe("Basic")
    assert story.available() == 161, "15 of 29 days: 160.34, rounded up"
    assert [at for at, _ in cycles(story, 13)] == [
        *(f"2028-{month:02}-01 00:00" for month in range(3, 13)),
        *(f"2029-{month:02}-01 00:00" for month in range(1, 4)),
    ]


def test_the_last_day_of_each_month(tell: Tell):
    """A day that a month does not have is its last day."""
    story = tell(catalog=anchored("day: 31"), at="2028-01-10T00:00:00Z")
    story.subscribe("Basic", interval="yearly")
    assert [at[5:10] for at, _ in cycles(story, 6)] == [
        "01-31",
        "02-29",
        "03-31",
        "04-30",
        "05-31",
        "06-30",
    ]


def test_mondays_at_midnight_through_the_changes_of_the_clocks(tell: Tell):
    """Berlin has its clocks forward on 29 March and back on 25 October 2026."""
    catalog = anchored("weekday: monday, first: proportion", "Europe/Berlin")
    story = tell(catalog=catalog, at="2026-03-20T23:00:00Z")  # Saturday, midnight in Berlin
    story.subscribe("Basic")
    assert story.available() == 89, "2 of 7 days: 88.57, rounded up"
    assert cycles(story, 3) == [
        ("2026-03-22 23:00", 310),
        ("2026-03-29 22:00", 310),
        ("2026-04-05 22:00", 310),
    ]
    story.until("2026-10-19T00:00:00Z")
    assert [at for at, _ in cycles(story, 2)] == ["2026-10-25 23:00", "2026-11-01 23:00"]


def test_a_part_cycle_over_a_change_of_the_clocks_is_counted_by_the_clock_on_the_wall(tell: Tell):
    catalog = anchored("weekday: monday, first: proportion", "Europe/Berlin")
    story = tell(catalog=catalog, at="2026-03-26T23:00:00Z")  # Friday, midnight: 3 of 7 days
    story.subscribe("Basic")
    assert story.available() == 133, "132.86, rounded up, though the Sunday has 23 hours"


def test_bought_on_the_very_day_there_is_no_part_cycle(tell: Tell):
    story = tell(catalog=anchored("day: 1, first: nothing"), at="2026-02-01T00:00:00Z")
    story.subscribe("Basic")
    assert story.available() == 310
    assert story.balance().cycle.renews_at == instant("2026-03-01T00:00:00Z")


def test_a_week_is_paid_by_the_week_and_a_month_has_four_of_them(tell: Tell):
    story = tell(catalog=anchored("weekday: monday"), at="2026-01-05T00:00:00Z")
    bought = story.subscribe("Basic", intervals=1)
    assert bought.subscription.paid_through == instant("2026-02-02T00:00:00Z")
    paid = story.pay(cycles=1)
    assert paid.subscription.paid_through == instant("2026-02-09T00:00:00Z")


def test_days_and_cycles_in_the_accounts_own_zone(tell: Tell):
    catalog = anchored("day: 1", "UTC", policy="calendar: account") + (
        "free_credits: [{credits: 10, every: day}]\n"
    )
    story = tell(catalog=catalog, at="2026-01-15T12:00:00Z", time_zone="Asia/Tokyo")
    story.charge("Dot", images=4)
    bought = story.subscribe("Basic")
    assert bought.renews_at == instant("2026-01-31T15:00:00Z"), "midnight in Tokyo"
    assert story.balance().cycle.time_zone == "Asia/Tokyo"
    story.until("2026-01-15T14:59:59Z")
    assert story.sources()["free"] == 6
    story.until("2026-01-15T15:00:00Z")
    assert story.sources()["free"] == 10


def test_without_that_policy_the_accounts_zone_moves_nothing(tell: Tell):
    story = tell(catalog=anchored("day: 1"), at="2026-01-15T12:00:00Z", time_zone="Asia/Tokyo")
    assert story.subscribe("Basic").renews_at == instant("2026-02-01T00:00:00Z")
    assert story.balance().cycle.time_zone == "UTC"
