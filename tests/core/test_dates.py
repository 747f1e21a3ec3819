"""Instants as people write them: with a zone, as a date, as a duration from now."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from tallystick import InvalidRequest
from tallystick.core import dates, instants

NOW = instants.parse("2026-01-31T10:00:00Z", "now")


def read(value: Any, zone: str = "UTC", *, ago: bool = False) -> str:
    return instants.text(dates.read(value, "at", NOW, zone, ago=ago))


@pytest.mark.parametrize(
    ("written", "zone", "is_"),
    [
        ("2026-05-28", "UTC", "2026-05-28T00:00:00Z"),
        ("2026-05-28", "Europe/Berlin", "2026-05-27T22:00:00Z"),
        ("2026-01-28", "Europe/Berlin", "2026-01-27T23:00:00Z"),
        ("2026-05-28", "America/New_York", "2026-05-28T04:00:00Z"),
        ("2026-05-28", "Asia/Kolkata", "2026-05-27T18:30:00Z"),
        (" 2026-05-28 ", "UTC", "2026-05-28T00:00:00Z"),
        (date(2026, 5, 28), "Europe/Berlin", "2026-05-27T22:00:00Z"),
        ("1970-01-01", "UTC", "1970-01-01T00:00:00Z"),
        ("2200-01-01", "UTC", "2200-01-01T00:00:00Z"),
    ],
    ids=repr,
)
def test_a_date_is_the_start_of_the_day_where_the_platform_is(written: Any, zone: str, is_: str):
    assert read(written, zone) == is_


def test_a_day_that_begins_in_a_gap_begins_with_the_first_time_there_is():
    """In Sao Paulo the clocks of 2018-11-04 went from midnight to one."""
    assert read("2018-11-04", "America/Sao_Paulo") == "2018-11-04T03:00:00Z"


@pytest.mark.parametrize(
    ("written", "is_"),
    [
        ("30d", "2026-03-02T10:00:00Z"),
        ("+30d", "2026-03-02T10:00:00Z"),
        ("-30d", "2026-01-01T10:00:00Z"),
        ("1mo", "2026-02-28T10:00:00Z"),
        ("-1mo", "2025-12-31T10:00:00Z"),
        ("1y 1mo", "2027-02-28T10:00:00Z"),
        ("2w3d", "2026-02-17T10:00:00Z"),
        ("90m", "2026-01-31T11:30:00Z"),
        ("0d", "2026-01-31T10:00:00Z"),
        (timedelta(days=1, microseconds=1), "2026-02-01T10:00:00.000001Z"),
        (timedelta(days=-1), "2026-01-30T10:00:00Z"),
    ],
    ids=repr,
)
def test_a_duration_is_counted_from_now(written: Any, is_: str):
    assert read(written) == is_


@pytest.mark.parametrize(
    ("written", "is_"),
    [
        ("30d", "2026-01-01T10:00:00Z"),
        ("-30d", "2026-01-01T10:00:00Z"),
        ("+1d", "2026-02-01T10:00:00Z"),
        (timedelta(days=30), "2026-01-01T10:00:00Z"),
        ("2026-01-01", "2026-01-01T00:00:00Z"),
    ],
    ids=repr,
)
def test_in_a_question_about_the_past_a_duration_is_that_long_ago(written: Any, is_: str):
    assert read(written, ago=True) == is_


def test_months_keep_the_wall_clock_of_the_platform():
    """A month from the end of January is after no change of clocks; two are before one."""
    assert read("2mo", "Europe/Berlin") == "2026-03-31T09:00:00Z"
    assert read("2mo", "UTC") == "2026-03-31T10:00:00Z"


@pytest.mark.parametrize(
    "written", ["2026-01-31T10:00:00Z", datetime(2026, 1, 31, 10, tzinfo=UTC)], ids=str
)
def test_an_instant_with_a_zone_is_that_instant_wherever_the_platform_is(written: Any):
    assert read(written, "Asia/Kolkata") == "2026-01-31T10:00:00Z"


@pytest.mark.parametrize(
    "written",
    [
        *(None, True, 5, 1.5, "", "tomorrow", "30", "d", "30 days", "1.5d", "--1d", "30D"),
        *("2026-02-30", "2026-2-3", "26-02-03", "2026/02/03", "x" * 10_000_000, b"30d", ["30d"]),
        *("\u0663\u0660d", "2026-05-2\u0668"),
    ],
    ids=lambda written: repr(written)[:24],
)
def test_what_is_none_of_these_is_told_what_would_be(written: Any):
    with pytest.raises(InvalidRequest) as refused:
        dates.read(written, "expires_at", NOW, "UTC")
    assert refused.value.where == "expires_at"
    for example in ("2026-01-31T10:00:00Z", "a date such as 2026-01-31", "30d"):
        assert example in str(refused.value)
    assert len(str(refused.value)) < 250


def test_a_date_and_time_needs_a_zone():
    with pytest.raises(InvalidRequest, match="has no time zone"):
        read("2026-05-28T10:00:00")
    with pytest.raises(InvalidRequest, match="has no time zone"):
        read(datetime(2026, 5, 28, 10))


@pytest.mark.parametrize(
    "written",
    ["1969-12-31", "2200-01-02", date(1, 1, 1), "9999y", "-57y", timedelta.max, timedelta.min],
    ids=repr,
)
def test_what_is_out_of_reach_is_refused(written: Any):
    with pytest.raises(InvalidRequest, match="between 1970 and 2200"):
        read(written)
