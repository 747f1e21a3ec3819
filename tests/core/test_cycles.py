"""Cycle boundaries and local days as instants (`docs/spec.md` 4.1, 3.2)."""

from datetime import datetime

import pytest

from tallystick import InvalidRequest
from tallystick.core import cycles, instants

BERLIN = "Europe/Berlin"
NEW_YORK = "America/New_York"


def at(text: str) -> int:
    return instants.parse(text, "at")


def boundaries(anchor: str, count: int, zone: str = "UTC") -> list[str]:
    found = [cycles.boundary(at(anchor), k, zone) for k in range(count)]
    return [instants.text(each) for each in found]


@pytest.mark.parametrize(
    ("anchor", "days"),
    [
        ("2027-12-31", [31, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31, 31, 28, 31]),
        ("2027-12-30", [30, 30, 29, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 28, 30]),
        ("2027-12-29", [29, 29, 29, 29, 29, 29, 29, 29, 29, 29, 29, 29, 29, 29, 28, 29]),
        ("2027-12-28", [28] * 16),
        ("2027-12-01", [1] * 16),
    ],
)
def test_resets_through_a_leap_year_come_back_to_their_day(anchor: str, days: list[int]):
    """2028 has a 29 February, 2029 has none; each boundary is counted from the anchor."""
    found = boundaries(f"{anchor}T23:59:59Z", 16)
    assert [int(each[8:10]) for each in found] == days
    months = [int(each[5:7]) for each in found]
    assert months == [12, *range(1, 13), 1, 2, 3]
    assert {each[11:] for each in found} == {"23:59:59Z"}


def test_a_leap_day_is_an_anchor_too():
    found = boundaries("2028-02-29T00:00:00Z", 49)
    assert found[12] == "2029-02-28T00:00:00Z"
    assert found[13] == "2029-03-29T00:00:00Z"
    assert found[48] == "2032-02-29T00:00:00Z"


def test_a_century_without_a_leap_day():
    assert boundaries("2099-12-31T00:00:00Z", 4)[2:] == [
        "2100-02-28T00:00:00Z",
        "2100-03-31T00:00:00Z",
    ]


def test_the_day_is_that_of_the_platforms_zone():
    """Late on the 31st in New York is the 1st in UTC: the cycle keeps the 31st."""
    assert boundaries("2026-02-01T04:30:00Z", 4, NEW_YORK) == [
        "2026-02-01T04:30:00Z",
        "2026-03-01T04:30:00Z",
        "2026-04-01T03:30:00Z",
        "2026-05-01T03:30:00Z",
    ]


@pytest.mark.parametrize(
    ("zone", "anchor", "expected"),
    [
        (BERLIN, "2026-01-15T11:00:00Z", ["11:00", "11:00", "11:00", "10:00"]),
        (NEW_YORK, "2026-01-15T17:00:00Z", ["17:00", "17:00", "16:00", "16:00"]),
        ("Pacific/Auckland", "2026-02-15T00:00:00Z", ["00:00", "00:00", "01:00", "01:00"]),
        ("Australia/Lord_Howe", "2026-03-15T00:00:00Z", ["00:00", "00:30", "00:30", "00:30"]),
        ("Asia/Kolkata", "2026-01-15T00:15:00Z", ["00:15"] * 4),
    ],
)
def test_resets_keep_their_wall_time_across_daylight_saving(
    zone: str, anchor: str, expected: list[str]
):
    assert [each[11:16] for each in boundaries(anchor, 4, zone)] == expected


@pytest.mark.parametrize(
    ("zone", "wall", "instant"),
    [
        (BERLIN, "2026-03-29T01:59:59", "2026-03-29T00:59:59Z"),
        (BERLIN, "2026-03-29T02:00:00", "2026-03-29T01:00:00Z"),
        (BERLIN, "2026-03-29T02:30:00", "2026-03-29T01:00:00Z"),
        (BERLIN, "2026-03-29T02:59:59.999999", "2026-03-29T01:00:00Z"),
        (BERLIN, "2026-03-29T03:00:00", "2026-03-29T01:00:00Z"),
        (NEW_YORK, "2026-03-08T02:15:00", "2026-03-08T07:00:00Z"),
        ("Australia/Lord_Howe", "2026-10-04T02:10:00", "2026-10-03T15:30:00Z"),
        ("Pacific/Apia", "2011-12-30T12:00:00", "2011-12-30T10:00:00Z"),
    ],
)
def test_a_wall_time_that_does_not_exist_moves_to_the_next_that_does(
    zone: str, wall: str, instant: str
):
    """Also a whole day: Samoa had no 30 December 2011."""
    assert instants.text(cycles.resolve(datetime.fromisoformat(wall), zone)) == instant


@pytest.mark.parametrize(
    ("zone", "wall", "instant"),
    [
        (BERLIN, "2026-10-25T01:59:59", "2026-10-24T23:59:59Z"),
        (BERLIN, "2026-10-25T02:00:00", "2026-10-25T00:00:00Z"),
        (BERLIN, "2026-10-25T02:30:00", "2026-10-25T00:30:00Z"),
        (BERLIN, "2026-10-25T03:00:00", "2026-10-25T02:00:00Z"),
        (NEW_YORK, "2026-11-01T01:30:00", "2026-11-01T05:30:00Z"),
        ("Australia/Lord_Howe", "2026-04-05T01:45:00", "2026-04-04T14:45:00Z"),
    ],
)
def test_a_wall_time_that_occurs_twice_is_its_first_occurrence(zone: str, wall: str, instant: str):
    assert instants.text(cycles.resolve(datetime.fromisoformat(wall), zone)) == instant


def test_a_cycle_bought_in_the_double_hour_keeps_its_wall_time():
    """02:30 the second time round: the anchor itself stays, later boundaries are 02:30."""
    assert boundaries("2026-10-25T01:30:00Z", 3, BERLIN) == [
        "2026-10-25T01:30:00Z",
        "2026-11-25T01:30:00Z",
        "2026-12-25T01:30:00Z",
    ]


def test_a_boundary_in_the_gap_is_only_that_one_late():
    assert boundaries("2026-02-28T01:30:00Z", 3, BERLIN)[1:] == [
        "2026-03-28T01:30:00Z",
        "2026-04-28T00:30:00Z",
    ]
    assert boundaries("2026-01-29T01:30:00Z", 4, BERLIN)[2:] == [
        "2026-03-29T01:00:00Z",
        "2026-04-29T00:30:00Z",
    ]


@pytest.mark.parametrize("zone", ["UTC", BERLIN, NEW_YORK, "Africa/Cairo", "Pacific/Auckland"])
def test_the_index_of_a_boundary_is_that_of_every_instant_until_the_next(zone: str):
    anchor = at("2026-01-31T01:30:00Z")
    for k in range(-3, 40):
        start, end = cycles.boundary(anchor, k, zone), cycles.boundary(anchor, k + 1, zone)
        assert start < end
        assert cycles.boundary_index(anchor, start, zone) == k
        assert cycles.boundary_index(anchor, end - 1, zone) == k
        assert cycles.boundary_index(anchor, (start + end) // 2, zone) == k


# Local days


@pytest.mark.parametrize(
    ("zone", "moment", "start", "end"),
    [
        ("UTC", "2026-03-29T12:00:00Z", "2026-03-29T00:00:00Z", "2026-03-30T00:00:00Z"),
        (BERLIN, "2026-03-29T12:00:00Z", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"),
        (BERLIN, "2026-10-25T12:00:00Z", "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"),
        (NEW_YORK, "2026-07-01T03:59:59Z", "2026-06-30T04:00:00Z", "2026-07-01T04:00:00Z"),
        ("Asia/Kolkata", "2026-01-01T18:29:59Z", "2025-12-31T18:30:00Z", "2026-01-01T18:30:00Z"),
        # Midnight does not exist on the night when Cairo's and Beirut's clocks go forward.
        ("Africa/Cairo", "2026-04-24T12:00:00Z", "2026-04-23T22:00:00Z", "2026-04-24T21:00:00Z"),
        ("Africa/Cairo", "2026-04-23T12:00:00Z", "2026-04-22T22:00:00Z", "2026-04-23T22:00:00Z"),
        ("Asia/Beirut", "2026-03-29T12:00:00Z", "2026-03-28T22:00:00Z", "2026-03-29T21:00:00Z"),
        ("Africa/Cairo", "2026-10-30T12:00:00Z", "2026-10-29T22:00:00Z", "2026-10-30T22:00:00Z"),
        # Midnight occurs twice when Havana's go back: the day begins with the first of them.
        ("America/Havana", "2026-11-01T05:30:00Z", "2026-11-01T04:00:00Z", "2026-11-02T05:00:00Z"),
    ],
)
def test_the_local_day_that_contains_a_moment(zone: str, moment: str, start: str, end: str):
    found = cycles.local_day(at(moment), zone)
    assert [instants.text(each) for each in found] == [start, end]


@pytest.mark.parametrize("zone", ["Africa/Cairo", "America/Havana", BERLIN, "Pacific/Apia"])
def test_days_follow_each_other_without_a_hole(zone: str):
    """Each day of a year ends where the next begins, whatever the clocks do at midnight."""
    moment = at("2026-01-01T12:00:00Z")
    for _ in range(366):
        start, end = cycles.local_day(moment, zone)
        assert start <= moment < end
        assert cycles.local_day(start, zone) == (start, end)
        assert cycles.local_day(end - 1, zone) == (start, end)
        moment = end


# Names of zones


@pytest.mark.parametrize(
    "name", ["Berlin", "", "Europe", "../etc/passwd", "/etc/passwd", "UTC+1", "x" * 5_000, "\0"]
)
def test_what_is_no_time_zone_is_refused(name: str):
    with pytest.raises(InvalidRequest, match="is not a time zone"):
        cycles.zone(name)
