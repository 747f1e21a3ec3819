"""Instants: microseconds since 1970-01-01T00:00:00Z, as whole numbers."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Annotated, Protocol, TypeAlias

from .errors import InvalidRequest, describe

Instant: TypeAlias = Annotated[int, "microseconds since 1970"]
"""Microseconds since the epoch, UTC. The mark tells it from other numbers to code that reads
types."""

SECOND = 1_000_000
DAY = 86_400 * SECOND
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
EARLIEST = 0
LATEST = 7_258_118_400 * SECOND
"""2200-01-01T00:00:00Z: no instant from outside lies later."""


class Clock(Protocol):
    """Something that says what time it is. The core is never handed one, only what it said."""

    def now(self) -> Instant:
        """Microseconds since 1970, UTC."""
        ...


def from_datetime(value: datetime) -> Instant:
    """The instant of an aware ``datetime``."""
    return (value - _EPOCH) // _MICROSECOND


@lru_cache(maxsize=1_024)  # the entries of a batch share their instant
def to_datetime(at: Instant) -> datetime:
    """An instant as a ``datetime`` in UTC."""
    return _EPOCH + timedelta(microseconds=at)


def parse(value: object, where: str) -> Instant:
    """The instant of an RFC 3339 text or an aware ``datetime``.

    Raises `InvalidRequest` for anything without a zone, unreadable, or outside 1970..2200.
    """
    moment = read(value)
    if moment is None:
        raise InvalidRequest(
            f"{where} must be a date and time such as 2026-01-31T10:00:00Z, not {describe(value)}",
            where=where,
        )
    return within(moment, value, where)


def read(value: object) -> datetime | None:
    """The date and time of a text in RFC 3339, or of a ``datetime``; None for anything else."""
    if isinstance(value, str):
        try:
            return datetime.fromisoformat(value.strip()[:64].upper())
        except ValueError:
            return None
    return value if isinstance(value, datetime) else None


def within(moment: datetime, value: object, where: str) -> Instant:
    """The instant of a date and time that was written as `value`.

    Raises `InvalidRequest` if it has no zone, or lies outside 1970..2200.
    """
    if moment.utcoffset() is None:
        raise InvalidRequest(
            f"{where} has no time zone: write {moment.isoformat()}Z or an offset such as +02:00",
            where=where,
        )
    at = from_datetime(moment)
    if not EARLIEST <= at <= LATEST:
        raise InvalidRequest(
            f"{where} must lie between 1970 and 2200, not {describe(value)}", where=where
        )
    return at


def words(at: Instant) -> str:
    """For people, to the second: ``2026-01-31 10:00:00 UTC``."""
    return f"{to_datetime(at):%Y-%m-%d %H:%M:%S} UTC"


def text(at: Instant) -> str:
    """RFC 3339 in UTC: ``2026-01-31T10:00:00Z``, with microseconds only when there are any."""
    return to_datetime(at).isoformat().replace("+00:00", "Z")
