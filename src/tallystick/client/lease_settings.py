"""How a lease that renews itself paces itself: when it writes, when it leases more."""

from math import isfinite
from typing import Any, TypeVar

from msgspec import Struct

from ..core import limits
from ..core.commands import Lease
from ..core.credits import Micros, Number, parse
from ..core.errors import InvalidRequest, describe
from ..doors.calls import Call
from ..engine import results

R = TypeVar("R")
FLUSH_SECONDS = 0.5
MAX_UNWRITTEN = 10_000
_LONGEST_FLUSH = 60
_LOW_WATER = 4
"""A lease leases more when less than this part of it is left, unless `low_water` says when."""


class LeaseSettings(Struct, frozen=True):
    """`flush_seconds`: a spend is written so long after it was answered, or sooner. `low_water`:
    with less than this left (micros), more is leased. `max_unwritten`: spends that may wait to
    be written; the next one waits."""

    flush_seconds: float
    low_water: Micros
    max_unwritten: int


class LeaseCall(Call[R]):
    """A lease that is asked for, with the settings it has if its block is entered."""

    __slots__ = ("lease", "settings")

    def __init__(self, lease: Lease, settings: LeaseSettings):
        super().__init__(lease)
        self.lease = lease
        self.settings = settings


def lease_call(
    asked: Lease, flush_seconds: object, low_water: Number | None, max_unwritten: object
) -> LeaseCall[results.Lease]:
    """The call of a lease; raises `InvalidRequest` for settings that none can have."""
    most = limits.whole(max_unwritten, "max_unwritten", 1, 1_000_000)
    seconds = _seconds(flush_seconds)
    if low_water is None:
        low = _amount(asked.credits) // _LOW_WATER
    else:
        low = parse(low_water, "low_water")
    return LeaseCall(asked, LeaseSettings(seconds, low, most))


def _seconds(value: Any) -> float:
    number = type(value) in (int, float) and isfinite(value)
    if not number or not 0 < value <= _LONGEST_FLUSH:
        raise InvalidRequest(
            f"flush_seconds must be a number above 0, at most {_LONGEST_FLUSH}, "
            f"not {describe(value)}",
            where="flush_seconds",
        )
    return float(value)


def _amount(credits: Number) -> Micros:
    """What is leased; nonsense is 0 here, as it is the core that refuses it."""
    try:
        return parse(credits, "credits")
    except InvalidRequest:
        return 0
