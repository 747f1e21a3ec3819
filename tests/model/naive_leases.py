"""The naive model's leases: credits set aside once, and eaten piece by piece."""

from __future__ import annotations

from fractions import Fraction

from tests.model.naive import Naive
from tests.model.naive_things import Held, No, cut

LEASE = "a lease"
"""Stands where a hold has the model it was made for."""


def lease(account: Naive, amount: int, ttl: int, ann: bool) -> Held:
    """It counts whole against a member's cap, and its draws no more."""
    period = account.under_the_cap(ann, amount)
    held = account.reserved(
        LEASE, Fraction(0), 1, account.prices, account.plan, amount, amount, ttl
    )
    account.count(period, amount)
    held.counted_in = period
    return held


def draw(
    account: Naive, name: str, model: str, amount: Fraction, outputs: int, actual: int | None
) -> list[int]:
    """Eat a generation's price off the front of a lease; returns what each lot gave."""
    held = account.open_hold(name)
    if held.model != LEASE:
        raise No("invalid")
    _, most = account.priced(model, amount, outputs)
    account.check_entitled(model)
    cost = most if actual is None else actual
    if cost > held.total:
        raise No("lease_exhausted")
    eaten, held.parts = cut(held.parts, cost)
    for lot, part in eaten:
        lot.held -= part
    account.note_paid(eaten, held.counted_in)
    return [part for _, part in eaten if part]
