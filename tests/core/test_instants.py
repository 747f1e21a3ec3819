"""Instants and durations: what is a moment, and how far a clock moves."""

from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from typing import Any

import pytest

from tallystick import InvalidRequest
from tallystick.core import durations, instants
from tallystick.testing import TestClock

SECOND = instants.SECOND


def at(text: str) -> int:
    return instants.parse(text, "at")


class Nowhere(tzinfo):
    """A time zone that does not know its offset."""

    def utcoffset(self, moment: datetime | None) -> None:
        return None

    def dst(self, moment: datetime | None) -> None:
        return None

    def tzname(self, moment: datetime | None) -> None:
        return None


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z"),
        ("2026-01-31T10:00:00Z", "2026-01-31T10:00:00Z"),
        ("2026-01-31T10:00:00+02:00", "2026-01-31T08:00:00Z"),
        ("2026-01-31 10:00:00-05:30", "2026-01-31T15:30:00Z"),
        ("2026-01-31T10:00:00.000001Z", "2026-01-31T10:00:00.000001Z"),
        ("2026-01-31T10:00Z", "2026-01-31T10:00:00Z"),
        (" 2026-01-31T10:00:00Z ", "2026-01-31T10:00:00Z"),
        ("2200-01-01T00:00:00Z", "2200-01-01T00:00:00Z"),
        (datetime(2026, 1, 31, 10, tzinfo=UTC), "2026-01-31T10:00:00Z"),
        (datetime(2026, 1, 31, tzinfo=timezone(timedelta(hours=9))), "2026-01-30T15:00:00Z"),
    ],
    ids=str,
)
def test_a_moment_with_a_zone_is_an_instant(given: Any, shown: str):
    assert instants.text(instants.parse(given, "at")) == shown


@pytest.mark.parametrize(
    "given",
    [
        "2026-01-31",
        "2026-01-31T10:00:00",
        datetime(2026, 1, 31, 10),
        datetime(2026, 1, 31, 10, tzinfo=Nowhere()),
    ],
    ids=["a day", "a text", "a datetime", "a zone without an offset"],
)
def test_a_moment_without_a_zone_is_refused_and_told_what_is_missing(given: Any):
    with pytest.raises(InvalidRequest, match="has no time zone"):
        instants.parse(given, "starts_at")


@pytest.mark.parametrize(
    "given",
    [
        None,
        True,
        5,
        1.5,
        "",
        "tomorrow",
        "2026-02-30T10:00:00Z",
        "2026-01-31T25:00:00Z",
        "2026-13-01T00:00:00Z",
        "x" * 10_000_000,
        date(2026, 1, 31),
        timedelta(days=1),
    ],
    ids=lambda given: repr(given)[:24],
)
def test_what_is_no_moment_is_refused(given: Any):
    with pytest.raises(InvalidRequest) as refused:
        instants.parse(given, "starts_at")
    assert refused.value.where == "starts_at"
    assert "2026-01-31T10:00:00Z" in str(refused.value)
    assert len(str(refused.value)) < 250


@pytest.mark.parametrize(
    "given",
    [
        "1969-12-31T23:59:59Z",
        "2200-01-01T00:00:01Z",
        "9999-12-31T23:59:59-23:59",
        datetime.max.replace(tzinfo=UTC),
        datetime.min.replace(tzinfo=timezone(timedelta(hours=14))),
    ],
    ids=str,
)
def test_a_moment_out_of_reach_is_refused(given: Any):
    with pytest.raises(InvalidRequest, match="between 1970 and 2200"):
        instants.parse(given, "at")


@pytest.mark.parametrize(
    ("by", "to"),
    [
        ("0s", "2026-01-31T10:00:00Z"),
        ("90s", "2026-01-31T10:01:30Z"),
        ("15m", "2026-01-31T10:15:00Z"),
        ("12h", "2026-01-31T22:00:00Z"),
        ("1d", "2026-02-01T10:00:00Z"),
        ("2w", "2026-02-14T10:00:00Z"),
        ("1mo", "2026-02-28T10:00:00Z"),
        ("25mo", "2028-02-29T10:00:00Z"),
        ("1y", "2027-01-31T10:00:00Z"),
        ("1y 1mo", "2027-02-28T10:00:00Z"),
        ("2w3d", "2026-02-17T10:00:00Z"),
        (timedelta(days=1, microseconds=1), "2026-02-01T10:00:00.000001Z"),
    ],
    ids=str,
)
def test_a_duration_moves_a_clock(by: Any, to: str):
    assert instants.text(durations.later(at("2026-01-31T10:00:00Z"), by)) == to


@pytest.mark.parametrize("by", ["", "soon", "1", "1x", "d", "-1d", "1.5d", "1d!", None, 5, True])
def test_what_is_no_duration_is_refused(by: Any):
    with pytest.raises(InvalidRequest, match="like 3d, 12h, 1mo"):
        durations.later(0, by)


@pytest.mark.parametrize("by", [timedelta(microseconds=-1), "999999y", "999999mo", timedelta.max])
def test_a_clock_only_moves_forward_and_not_for_ever(by: Any):
    with pytest.raises(InvalidRequest, match="up to the year 2200"):
        durations.later(at("2026-01-31T10:00:00Z"), by)


def test_the_test_clock_stands_until_it_is_moved():
    clock = TestClock("2026-01-31T10:00:00Z")
    assert clock.now() == clock.now() == at("2026-01-31T10:00:00Z")
    clock.advance("1mo")
    clock.advance(days=1, hours=2)
    clock.advance_to("2026-03-05T00:00:00+01:00")
    assert clock.at == datetime(2026, 3, 4, 23, tzinfo=UTC)
    with pytest.raises(InvalidRequest, match="only moves forward"):
        clock.advance_to("2026-03-04T22:00:00Z")


def test_a_duration_longer_than_anybody_writes_is_none():
    assert durations.later(0, "1d" * 50) == 50 * instants.DAY
    with pytest.raises(InvalidRequest, match="a duration is written like 3d"):
        durations.later(0, "1d" * 51)


@pytest.mark.parametrize("text", ["2026-01-31t10:00:00z", "2026-01-31T10:00:00z"])
def test_the_letters_of_rfc_3339_may_be_small(text: str):
    assert instants.parse(text, "at") == instants.parse("2026-01-31T10:00:00Z", "at")
