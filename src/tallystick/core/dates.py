"""Instants as people write them: with a zone, as a date alone, or as a duration from now.

A date is the start of that day where the platform is, for ends too: what expires on 2026-05-28 is
last spent on the 27th, and ``until`` 2026-06-01 is all of May (`docs/spec.md` 4.9).
"""

import re
from datetime import date, datetime, timedelta

from . import cycles, durations, instants
from .errors import InvalidRequest, describe
from .instants import Instant

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_DURATION = re.compile(rf"([+-]?)({durations.PATTERN})", re.ASCII)
_MICROSECOND = timedelta(microseconds=1)
_TEXT_CHARACTERS_MAX = 100
_WHILE = ", or a duration from now such as 30d"


def read(value: object, where: str, now: Instant, zone: str, *, ago: bool = False) -> Instant:
    """The instant of what was written: as `read_day` takes it, or as a duration from `now`, such as
    ``30d`` or a ``timedelta``.

    A duration leads into the future, with a minus into the past. Where what is meant has been
    (`ago`), a duration without a sign leads into the past.

    Raises `InvalidRequest` for anything else, or for an instant outside 1970..2200.
    """
    if isinstance(value, timedelta):
        by = value // _MICROSECOND
        return _within(now - by if ago else now + by, value, where)
    found = _DURATION.fullmatch(_text(value))
    if found is None:
        return read_day(value, where, zone, _WHILE)
    back = found[1] == "-" or (ago and not found[1])
    return _moved(now, found[2], back, where, zone)


def read_day(value: object, where: str, zone: str, instead: str = "") -> Instant:
    """The instant of an RFC 3339 text or an aware ``datetime``, or of a date, which begins in
    `zone`. `instead` are words for what would do as well.

    Raises `InvalidRequest` for anything else, or for an instant outside 1970..2200.
    """
    if isinstance(value, date) and not isinstance(value, datetime):
        return _start_of(value, where, zone)
    text = _text(value)
    day = _date(text) if _DATE.fullmatch(text) else None
    if day is not None:
        return _start_of(day, where, zone)
    moment = None if _DATE.fullmatch(text) else instants.read(value)
    if moment is not None:
        return instants.within(moment, value, where)
    raise InvalidRequest(
        f"{where} must be a date and time such as 2026-01-31T10:00:00Z or a date such as "
        f"2026-01-31{instead}, not {describe(value)}",
        where=where,
    )


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) and len(value) <= _TEXT_CHARACTERS_MAX else ""


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _start_of(day: date, where: str, zone: str) -> Instant:
    if day.year < 1970 or day > date(2200, 1, 1):
        raise _out_of_reach(day.isoformat(), where)
    at = cycles.resolve(datetime(day.year, day.month, day.day), zone)
    return _within(at, day.isoformat(), where)


def _moved(now: Instant, text: str, back: bool, where: str, zone: str) -> Instant:
    move = durations.earlier if back else durations.later
    try:
        return move(now, text, zone)
    except InvalidRequest:
        raise _out_of_reach(text, where) from None


def _within(at: Instant, value: object, where: str) -> Instant:
    if not instants.EARLIEST <= at <= instants.LATEST:
        raise _out_of_reach(value, where)
    return at


def _out_of_reach(value: object, where: str) -> InvalidRequest:
    return InvalidRequest(
        f"{where} must lie between 1970 and 2200, not {describe(value)}", where=where
    )
