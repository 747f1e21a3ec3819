"""Durations as people write them: ``3d``, ``12h``, ``1mo``, ``2w3d``."""

import re
from datetime import timedelta

from . import cycles, instants
from .errors import InvalidRequest, describe

_PART = re.compile(r"([0-9]{1,6})(mo|us|[ywdhms])")
PATTERN = r"(?:[0-9]{1,6}(?:mo|us|[ywdhms]) ?)+"
"""A duration without its sign, for a regular expression."""
_TEXT_CHARACTERS_MAX = 100
_TOO_FAR = "a clock moves forward, up to the year 2200"
_MICROS = {
    "w": 7 * instants.DAY,
    "d": instants.DAY,
    "h": 3_600 * instants.SECOND,
    "m": 60 * instants.SECOND,
    "s": instants.SECOND,
    "us": 1,
}


def later(at: instants.Instant, by: object, zone: str = "UTC") -> instants.Instant:
    """`at` moved on by a duration: a ``timedelta``, or text such as ``1mo``, ``2w3d``, ``90m``.

    Units are y mo w d h m s us. Months and years are calendar months in `zone`, days are 24 hours.

    Raises `InvalidRequest` for another text, or if the result is out of bounds.
    """
    moved = (
        at + by // timedelta(microseconds=1)
        if isinstance(by, timedelta)
        else (_moved(at, by, 1, zone))
    )
    if not at <= moved <= instants.LATEST:
        raise InvalidRequest(_TOO_FAR, where="by")
    return moved


def earlier(at: instants.Instant, by: str, zone: str = "UTC") -> instants.Instant:
    """The instant that lies before `at` by a duration as `later` takes it."""
    return _moved(at, by, -1, zone)


def text(by: timedelta) -> str:
    """A ``timedelta`` as such a text, with a minus before a negative one."""
    ahead = abs(by)
    sign = "-" if by < timedelta() else ""
    return f"{sign}{min(ahead.days, 999_999)}d{ahead.seconds}s{ahead.microseconds}us"


def _moved(at: instants.Instant, by: object, sign: int, zone: str) -> instants.Instant:
    text = by.replace(" ", "") if isinstance(by, str) and len(by) <= _TEXT_CHARACTERS_MAX else ""
    parts = _PART.findall(text)
    if not parts or "".join(n + unit for n, unit in parts) != text:
        raise InvalidRequest(
            f"a duration is written like 3d, 12h, 1mo or 2w3d, not {describe(by)}", where="by"
        )
    for number, unit in parts:
        if unit in ("mo", "y"):
            at = _months_later(at, sign * int(number) * (12 if unit == "y" else 1), zone)
        else:
            at += sign * int(number) * _MICROS[unit]
        if not instants.EARLIEST <= at <= instants.LATEST:
            raise InvalidRequest(_TOO_FAR, where="by")
    return at


def _months_later(at: instants.Instant, months: int, zone: str) -> instants.Instant:
    start = instants.to_datetime(at)
    if not 1970 <= (start.year * 12 + start.month - 1 + months) // 12 <= 2200:
        raise InvalidRequest(_TOO_FAR, where="by")
    return cycles.boundary(at, months, zone)
