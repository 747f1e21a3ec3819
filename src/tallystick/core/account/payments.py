"""Payments: how far a subscription is paid once a payment is told (`docs/spec.md` 5.1).

A payment meets the calendar by boundaries: it says how many cycles or intervals it is for, or an
instant, which means the boundary nearest to it. So time is only ever paid in whole cycles.
"""

from typing import Any

from msgspec import Struct

from .. import instants, limits
from ..errors import InvalidRequest
from ..instants import DAY, SECOND, Instant
from ..subscription import Subscription
from .case import Case

FARTHEST_MICROS = 3_660 * DAY
"""A subscription starts, and is paid, at most ten years from now either way."""
MAX_CYCLES = 120
"""The most cycles or intervals that one payment is for."""


class Payment(Struct, frozen=True, gc=False):
    """What was paid: so many `cycles` or `intervals`, or until the boundary that is nearest to the
    instant `through` and at most `tolerance` (microseconds) away from it. None of them: nothing was
    paid. `settled` says that a change is paid, and for no longer than it takes effect by itself.
    """

    cycles: int | None = None
    intervals: int | None = None
    through: Instant | None = None
    tolerance: int = DAY
    settled: bool = False

    @property
    def moves(self) -> bool:
        """Whether it says how long it is paid now."""
        told = (self.cycles, self.intervals, self.through)
        return any(each is not None for each in told)

    def paid(self, subscription: Subscription, first: int) -> Instant:
        """Until when a subscription is paid by this: counted from the cycle with the index `first`.

        Raises `InvalidRequest` for an instant that no boundary is near.
        """
        if self.through is not None:
            return nearest_boundary(subscription, self.through, self.tolerance)
        count = self.cycles or (self.intervals or 0) * subscription.interval_cycles
        return subscription.boundary(first + count)


UNPAID = Payment()


def read_payment(case: Case[Any], least: int = 1) -> Payment:
    """What a command says was paid, at `least` so many cycles or intervals.

    Raises `InvalidRequest` for two answers to that, and for an instant or a number out of bounds.
    """
    command = case.command
    told: dict[str, int] = {}
    for name in ("cycles", "intervals"):
        if (count := getattr(command, name, None)) is not None:
            told[name] = limits.whole(count, name, least, MAX_CYCLES)
    if getattr(command, "paid_through", None) is not None:
        told["through"] = near(case, command.paid_through, "paid_through")
    settled = limits.flag(getattr(command, "paid", False), "paid")
    if len(told) + settled > 1:
        first, second = [_NAMED.get(each, each) for each in (*told, "paid")][:2]
        raise InvalidRequest(f"say {first} or {second}, not both", where=second)
    policy = case.card.catalog.policy
    tolerance = policy.payment_tolerance_seconds * SECOND
    return Payment(settled=settled, tolerance=tolerance, **told)


_NAMED = {"through": "paid_through"}


def near(case: Case[Any], value: object, where: str) -> Instant:
    """An instant within ten years of now. Raises `InvalidRequest` for any other."""
    at = case.instant(value, where)
    if abs(at - case.now) > FARTHEST_MICROS:
        raise InvalidRequest(f"{where} must lie within ten years of now", where=where)
    return at


def nearest_boundary(subscription: Subscription, at: Instant, tolerance: int) -> Instant:
    """The cycle boundary nearest to an instant; of two that are as near, the earlier.

    Raises `InvalidRequest`, with the boundaries beside it, for an instant that is further than the
    `tolerance` (microseconds) from both.
    """
    index = max(-1, subscription.index_at(at))
    beside = [subscription.boundary(each) for each in (index, index + 1) if each >= 0]
    found = min(beside, key=lambda boundary: abs(boundary - at))
    if abs(found - at) <= tolerance:
        return found
    raise InvalidRequest(
        f"paid_through is {instants.words(at)}, and the cycles of this subscription end at "
        f"{' and '.join(instants.words(each) for each in beside)}: name one of them, or say how "
        "many cycles or intervals were paid",
        where="paid_through",
        allowed=[instants.text(each) for each in beside],
    )
