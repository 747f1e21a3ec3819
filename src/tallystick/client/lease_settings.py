"""The settings of a lease that renews itself: when it writes, and when it leases more."""

from math import isfinite
from typing import Any, TypeVar

from msgspec import Struct

from .. import results
from ..core import limits
from ..core.commands import Lease
from ..core.credits import Micros, Number, parse
from ..core.errors import InvalidRequest, describe
from ..service.transport import Call

R = TypeVar("R")
FLUSH_SECONDS = 0.5
MAX_UNWRITTEN = 10_000
_FLUSH_MAX_SECONDS = 60
_LOW_WATER_PARTS = 4
"""A lease leases more when less than this part of it is left, unless `low_water` says when."""


class LeaseSettings(Struct, frozen=True):
    """The settings of a lease that renews itself.

    A spend is written at most `flush_seconds` after it was answered. With less than `low_water`
    micros left more is leased. At most `max_unwritten` spends wait to be written; the next spend
    waits until there is room.
    """

    flush_seconds: float
    low_water: Micros
    max_unwritten: int


class LeaseCall(Call[R]):
    """A call that asks for a lease: `lease` is its command, `settings` those of its block."""

    __slots__ = ("lease", "settings")

    def __init__(self, lease: Lease, settings: LeaseSettings):
        super().__init__(lease)
        self.lease = lease
        self.settings = settings


def lease_call(
    asked: Lease, flush_seconds: object, low_water: Number | None, max_unwritten: object
) -> LeaseCall[results.Lease]:
    """Make the call that asks for a lease. Raises `InvalidRequest` for settings out of bounds."""
    unwritten_max = limits.whole(max_unwritten, "max_unwritten", 1, 1_000_000)
    seconds = _seconds(flush_seconds)
    if low_water is None:
        low = _amount(asked.credits) // _LOW_WATER_PARTS
    else:
        low = parse(low_water, "low_water")
    return LeaseCall(asked, LeaseSettings(seconds, low, unwritten_max))


def _seconds(value: Any) -> float:
    number = type(value) in (int, float) and isfinite(value)
    if not number or not 0 < value <= _FLUSH_MAX_SECONDS:
        raise InvalidRequest(
            f"flush_seconds must be a number above 0, at most {_FLUSH_MAX_SECONDS}, "
            f"not {describe(value)}",
            where="flush_seconds",
        )
    return float(value)


def _amount(credits: Number) -> Micros:
    """Answer the micros that are asked for; 0 for nonsense, which the core refuses later."""
    try:
        return parse(credits, "credits")
    except InvalidRequest:
        return 0
