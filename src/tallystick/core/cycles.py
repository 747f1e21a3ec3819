"""Calendars: cycle boundaries and local days as instants (`docs/spec.md` 4.1, 3.2).

Every boundary is computed from the anchor, never from the boundary before it, so a cycle that
starts on the 31st comes back to the 31st. Wall-clock time is kept across daylight-saving changes.
"""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from .catalog import PERIOD_MONTHS
from .errors import InvalidRequest, describe
from .instants import LATEST, SECOND, Instant, from_datetime, to_datetime


@lru_cache(maxsize=512)
def zone(name: str) -> ZoneInfo:
    """The time zone of an IANA name such as ``Europe/Berlin``.

    Raises `InvalidRequest` for another name.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError, TypeError):
        raise InvalidRequest(
            f"{describe(name)} is not a time zone; use an IANA name such as Europe/Berlin or UTC",
            where="time_zone",
        ) from None


@lru_cache(maxsize=65_536)
def boundary(anchor: Instant, months: int, zone_name: str) -> Instant:
    """`anchor` plus whole calendar months in a zone; a day past the month's end is its last."""
    local = to_datetime(anchor).astimezone(zone(zone_name)).replace(tzinfo=None, fold=0)
    if months == 0:
        return anchor
    year, month0 = divmod(local.year * 12 + local.month - 1 + months, 12)
    day = min(local.day, _days_in(year, month0 + 1))
    return resolve(local.replace(year=year, month=month0 + 1, day=day), zone_name)


@lru_cache(maxsize=65_536)
def anchored_boundary(
    anchor: Instant, index: int, zone_name: str, day: int | None, weekday: int | None
) -> Instant:
    """Boundary `index` of cycles that begin at midnight on a day of the month, or on a weekday (0
    is Monday), after a first part cycle that begins at `anchor`."""
    if index == 0:
        return anchor
    local = to_datetime(anchor).astimezone(zone(zone_name)).replace(tzinfo=None, fold=0)
    today = local.replace(hour=0, minute=0, second=0, microsecond=0)
    if weekday is not None:
        first = today + timedelta(days=(weekday - today.weekday()) % 7)
        first = first if resolve(first, zone_name) > anchor else first + timedelta(days=7)
        return resolve(first + timedelta(days=7 * (index - 1)), zone_name)
    months = local.year * 12 + local.month - 1
    if _on_day(months, day or 1, zone_name) <= anchor:
        months += 1
    return _on_day(months + index - 1, day or 1, zone_name)


def _on_day(months: int, day: int, zone_name: str) -> Instant:
    """Midnight on a day of a month (counted from the year 0); the last day of a shorter one."""
    year, month0 = divmod(months, 12)
    return resolve(datetime(year, month0 + 1, min(day, _days_in(year, month0 + 1))), zone_name)


def share_of_period(
    start: Instant, end: Instant, zone_name: str, day: int | None, weekday: int | None
) -> tuple[int, int]:
    """How much of the anchored period that ends at `end` is left at `start`, by the clock on the
    wall: what is left, and the whole period, in microseconds."""
    tz = zone(zone_name)
    first, last = (
        to_datetime(each).astimezone(tz).replace(tzinfo=None, fold=0) for each in (start, end)
    )
    before = last - timedelta(days=7)
    if weekday is None:
        year, month0 = divmod(last.year * 12 + last.month - 2, 12)
        before = datetime(year, month0 + 1, min(day or 1, _days_in(year, month0 + 1)))
    micros = timedelta(microseconds=1)
    return (last - first) // micros, (last - before) // micros


def days_later(at: Instant, days: int, zone_name: str) -> Instant:
    """The same wall-clock time so many calendar days later in a zone."""
    local = to_datetime(at).astimezone(zone(zone_name)).replace(tzinfo=None, fold=0)
    return resolve(local + timedelta(days=days), zone_name)


def boundary_index(anchor: Instant, at: Instant, zone_name: str) -> int:
    """The largest k with boundary(k) <= at; negative before the anchor."""
    start, end = to_datetime(anchor), to_datetime(at)
    k = (end.year - start.year) * 12 + end.month - start.month + 1
    while boundary(anchor, k, zone_name) > at:
        k -= 1
    return k


@lru_cache(maxsize=4_096)
def local_day(at: Instant, zone_name: str) -> tuple[Instant, Instant]:
    """The platform-local calendar day that contains `at`, as ``[start, end)``."""
    local = to_datetime(at).astimezone(zone(zone_name)).replace(tzinfo=None, fold=0)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    start = resolve(midnight, zone_name)
    end = resolve(midnight + timedelta(days=1), zone_name)
    return start, end


def calendar_window(at: Instant, period: str, zone_name: str) -> tuple[Instant, Instant]:
    """The hour, day, week (from Monday), month, quarter or year of a zone's calendar that contains
    `at`, as ``[start, end)``."""
    if period == "day":
        return local_day(at, zone_name)
    local = to_datetime(at).astimezone(zone(zone_name)).replace(tzinfo=None, fold=0)
    if period == "hour":
        start = at - (local.minute * 60 + local.second) * SECOND - local.microsecond
        return start, start + 3_600 * SECOND
    first = local.replace(hour=0, minute=0, second=0, microsecond=0)
    if period == "week":
        first -= timedelta(days=local.weekday())
        return resolve(first, zone_name), resolve(first + timedelta(days=7), zone_name)
    months = PERIOD_MONTHS[period]
    first = first.replace(month=(local.month - 1) // months * months + 1, day=1)
    year, month0 = divmod(first.year * 12 + first.month - 1 + months, 12)
    return resolve(first, zone_name), resolve(first.replace(year=year, month=month0 + 1), zone_name)


def words(at: Instant, zone_name: str) -> str:
    """For people, to the second, with its zone (docs/spec.md 3.6): ``2026-01-31 11:00:00
    Europe/Berlin``."""
    return f"{to_datetime(at).astimezone(zone(zone_name)):%Y-%m-%d %H:%M:%S} {zone_name}"


def resolve(wall: datetime, zone_name: str) -> Instant:
    """The instant of a wall-clock time: the first of two; after a gap, the next that exists."""
    tz = zone(zone_name)
    early, late = wall.replace(tzinfo=tz, fold=0), wall.replace(tzinfo=tz, fold=1)
    at = from_datetime(early)
    if early.astimezone(UTC).astimezone(tz).replace(tzinfo=None) == wall:
        return min(at, LATEST)
    return _end_of_gap(from_datetime(late), at, tz)


def _end_of_gap(before: Instant, after: Instant, tz: ZoneInfo) -> Instant:
    """The instant in ``(before, after]`` at which the zone's offset changes."""
    offset = to_datetime(before).astimezone(tz).utcoffset()
    while after - before > 1:
        middle = (before + after) // 2
        if to_datetime(middle).astimezone(tz).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return after


def _days_in(year: int, month: int) -> int:
    first_of_next = datetime(year + month // 12, month % 12 + 1, 1)
    return (first_of_next - timedelta(days=1)).day
