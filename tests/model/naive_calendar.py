"""Dates the slow way: for the naive model, written without a look at the engine's calendar."""

from calendar import monthrange
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def wall(at: int, zone: ZoneInfo) -> datetime:
    """What a clock on the wall shows, without a zone."""
    return _moment(at).astimezone(zone).replace(tzinfo=None)


def instant_of(shown: datetime, zone: ZoneInfo) -> int:
    """The first instant at which the wall shows `shown`; if it never does, when the clocks jump
    over it."""
    as_utc = shown.replace(tzinfo=UTC)
    offsets = {
        (as_utc + timedelta(days=days)).astimezone(zone).utcoffset() or timedelta()
        for days in (-1, 0, 1)
    }
    fitting = [as_utc - each for each in offsets if _shows(as_utc - each, zone) == shown]
    return _micros(min(fitting)) if fitting else _micros(_jump_over(shown, as_utc, zone))


def months_later(anchor: int, months: int, zone: ZoneInfo) -> int:
    """`anchor` so many calendar months later, at the same wall time, in a shorter month its last
    day."""
    if months == 0:
        return anchor
    shown = wall(anchor, zone)
    year, month = shown.year, shown.month + months
    while month > 12:
        year, month = year + 1, month - 12
    while month < 1:
        year, month = year - 1, month + 12
    day = min(shown.day, monthrange(year, month)[1])
    return instant_of(shown.replace(year=year, month=month, day=day), zone)


def month_of(anchor: int, at: int, zone: ZoneInfo) -> int:
    """Which month after `anchor` contains `at`; `at` is not before it."""
    months = 0
    while months_later(anchor, months + 1, zone) <= at:
        months += 1
    return months


On = tuple[str, int] | None
"""What boundaries fall on: a ``day`` of the month, or a ``weekday``; None: that of the anchor."""
_found: dict[tuple[int, On, ZoneInfo], list[int]] = {}


def nth_boundary(anchor: int, number: int, on: On, zone: ZoneInfo) -> int:
    """The boundary `number` of cycles that begin at `anchor`: months later, or so many midnights
    that `on` names."""
    if on is None or number < 0:
        return months_later(anchor, number, zone)
    found = _found.setdefault((anchor, on, zone), [anchor])
    day = _midnight(anchor, zone) if len(found) == 1 else _midnight(found[-1], zone)
    while len(found) <= number:
        day += timedelta(days=1)
        if _is_on(day, on):
            found.append(instant_of(day, zone))
    return found[number]


def share_of_first(anchor: int, on: On, zone: ZoneInfo) -> tuple[int, int]:
    """How much of the period that contains `anchor` is left at it, and how long it is, by the clock
    on the wall."""
    assert on is not None
    first = before = _midnight(anchor, zone)
    while not _is_on(before, on):
        before -= timedelta(days=1)
    after = first + timedelta(days=1)
    while not _is_on(after, on):
        after += timedelta(days=1)
    micro = timedelta(microseconds=1)
    return (after - wall(anchor, zone)) // micro, (after - before) // micro


def _is_on(day: datetime, on: tuple[str, int]) -> bool:
    if on[0] == "weekday":
        return day.weekday() == on[1]
    return day.day == min(on[1], monthrange(day.year, day.month)[1])


def _midnight(at: int, zone: ZoneInfo) -> datetime:
    return wall(at, zone).replace(hour=0, minute=0, second=0, microsecond=0)


def wall_days_later(at: int, days: int, zone: ZoneInfo) -> int:
    """The same wall time so many calendar days later."""
    return instant_of(wall(at, zone) + timedelta(days=days), zone)


def day_of(at: int, zone: ZoneInfo) -> tuple[int, int]:
    """When the local day that contains `at` began, and when the next one begins."""
    midnight = wall(at, zone).replace(hour=0, minute=0, second=0, microsecond=0)
    return instant_of(midnight, zone), instant_of(midnight + timedelta(days=1), zone)


def _jump_over(shown: datetime, as_utc: datetime, zone: ZoneInfo) -> datetime:
    moment = as_utc - timedelta(days=1)
    moment = moment.replace(second=0, microsecond=0)
    while _shows(moment, zone) < shown:
        moment += MINUTE
    return moment


def _shows(moment: datetime, zone: ZoneInfo) -> datetime:
    return moment.astimezone(zone).replace(tzinfo=None)


def _moment(at: int) -> datetime:
    return EPOCH + timedelta(microseconds=at)


def _micros(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(microseconds=1)
