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
