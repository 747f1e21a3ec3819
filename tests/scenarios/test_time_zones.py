"""Cycles, days and expiries in the platform's time zone: nothing ends hours or days early."""

import random
from datetime import timedelta

import pytest

from tests.scenarios.small import small
from tests.scenarios.story import Tell, instant

FREE_DAILY = "free_credits: [{credits: 10, every: day}]\n"
ZONES = ["Pacific/Kiritimati", "America/Los_Angeles", "Asia/Kathmandu", "Pacific/Apia", "UTC"]


def placed(zone: str) -> str:
    return small(FREE_DAILY).replace("name: Small", f"name: Small\ntime_zone: {zone}", 1)


@pytest.mark.parametrize("zone", ZONES)
def test_no_cycle_is_days_short_in_any_time_zone(tell: Tell, zone: str):
    chance = random.Random(zone)
    for _ in range(12):
        bought = instant("2026-01-01T00:00:00Z") + timedelta(seconds=chance.randrange(40_000_000))
        story = tell(catalog=placed(zone), at=bought)
        story.subscribe("Basic")
        for _ in range(14):
            cycle = story.balance().cycle
            lasts = cycle.renews_at - cycle.started_at
            assert timedelta(days=28, hours=-1) <= lasts <= timedelta(days=31, hours=1)
            story.clock.advance_to(cycle.renews_at - timedelta(microseconds=1))
            assert story.sources()["subscription"] == 100, "to the very end"
            story.clock.advance_to(cycle.renews_at)


@pytest.mark.parametrize(
    ("zone", "bought", "renewals"),
    [
        ("Pacific/Kiritimati", "2026-01-31T10:30:00Z", ["2026-02-28T10:30", "2026-03-31T10:30"]),
        ("Pacific/Kiritimati", "2026-03-30T12:00:00Z", ["2026-04-29T12:00", "2026-05-30T12:00"]),
        ("America/Los_Angeles", "2026-02-01T07:30:00Z", ["2026-03-01T07:30", "2026-04-01T06:30"]),
        ("America/Los_Angeles", "2026-03-01T02:00:00Z", ["2026-03-29T01:00", "2026-04-29T01:00"]),
    ],
)
def test_a_month_is_the_platforms_month(tell: Tell, zone: str, bought: str, renewals: list[str]):
    story = tell(catalog=placed(zone), at=bought)
    story.subscribe("Basic")
    for renewal in renewals:
        story.clock.advance_to(story.balance().cycle.renews_at)
        assert story.clock.at.isoformat()[:16] == renewal
    assert story.balance().cycle.time_zone == zone


@pytest.mark.parametrize(
    ("zone", "midnight"),
    [
        ("Pacific/Kiritimati", "2026-01-15T10:00:00Z"),
        ("America/Los_Angeles", "2026-01-15T08:00:00Z"),
        ("Asia/Kathmandu", "2026-01-14T18:15:00Z"),
        ("UTC", "2026-01-15T00:00:00Z"),
    ],
)
def test_a_day_of_free_credits_ends_at_the_platforms_midnight(tell: Tell, zone: str, midnight: str):
    """Wherever the account's owner lives."""
    before = instant(midnight) - timedelta(hours=3)
    story = tell(catalog=placed(zone), at=before, time_zone="Europe/Lisbon")
    story.charge("Dot", outputs=10)
    story.clock.advance_to(instant(midnight) - timedelta(microseconds=1))
    assert story.sources() == {}
    story.until(midnight)
    assert story.sources() == {"free": 10}


@pytest.mark.parametrize("zone", ZONES)
def test_a_stated_expiry_is_that_instant_in_every_zone(tell: Tell, zone: str):
    story = tell(catalog=placed(zone).replace(FREE_DAILY, ""), at="2026-01-01T00:00:00Z")
    story.grant(5, expires_at="2026-03-01T00:00:00+14:00")
    story.until("2026-02-28T09:59:59.999999Z")
    assert story.sources() == {"promo": 5}
    story.until("2026-02-28T10:00:00Z")
    assert story.sources() == {}
