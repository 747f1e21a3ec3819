"""Cap windows: the windows of the calendar in which caps count (`docs/spec.md` 6.4)."""

from datetime import timedelta

from .cycles import local_day, resolve, zone
from .instants import Instant, to_datetime


def window(every: str, at: Instant, zone_name: str) -> tuple[Instant, Instant]:
    """The window of the calendar that contains an instant, ``[start, end)``: the local hour, day,
    week (from Monday) or month."""
    if every == "day":
        return local_day(at, zone_name)
    local = to_datetime(at).astimezone(zone(zone_name)).replace(tzinfo=None, fold=0)
    if every == "hour":
        past = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
        start = at - past // timedelta(microseconds=1)
        return start, start + 3_600_000_000
    day = local.replace(hour=0, minute=0, second=0, microsecond=0)
    if every == "week":
        first = day - timedelta(days=day.weekday())
        return resolve(first, zone_name), resolve(first + timedelta(days=7), zone_name)
    first = day.replace(day=1)
    after = (first + timedelta(days=32)).replace(day=1)
    return resolve(first, zone_name), resolve(after, zone_name)
