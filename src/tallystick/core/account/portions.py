"""Portions: how much of a generation fits what is there: 85 of 100 seconds, 2 of 4 images
(`docs/spec.md` 6.2).

Made only when a refusal is. A client without credits may ask for the same thing again and again,
so what was found is remembered.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypeAlias

from msgspec import Struct

from ..catalog import Table
from ..credits import SCALE, Micros, show
from ..errors import InvalidRequest
from ..pricing import Priced, RateCard, Request

Asked: TypeAlias = tuple[str, tuple[tuple[str, str], ...], tuple[tuple[str, int], ...], int]
"""A model, settings, quantities (micro-units) and outputs."""


class Portion(Struct, frozen=True):
    """A smaller generation of the same kind that costs `credits` (micros). What is smaller is said:
    the `outputs`, or one of the `quantities` (micro-units)."""

    credits: Micros
    outputs: int | None = None
    quantities: dict[str, int] | None = None


class Identity:
    """A value that stands for itself in a cache: nothing equals it but itself."""

    def __init__(self, value: Any):
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Identity) and self.value is other.value

    def __hash__(self) -> int:
        return id(self.value)


def asked_by(priced: Priced) -> Asked:
    """What was asked for, from its price."""
    settings, quantities = priced.settings.items(), priced.quantities.items()
    return priced.model, tuple(settings), tuple(quantities), priced.outputs


@lru_cache(512)
def cost_of(card: RateCard, plan: Identity, asked: Asked) -> Micros | None:
    """What a generation costs on a plan (None: the list price); None where the catalog does not
    have it."""
    model, settings, quantities, outputs = asked
    kept = {name: show(amount) for name, amount in quantities}
    try:
        return card.price(Request(model, {**dict(settings), **kept}, outputs), plan.value).credits
    except InvalidRequest:
        return None


@lru_cache(512)
def fitting(
    card: RateCard, plan: Identity, asked: Asked, unit: str, available: Micros
) -> Portion | None:
    """The largest portion that `available` credits (micros) pay for: fewer outputs, or where none
    would be left, less of what is counted in `unit`. None if nothing fits."""
    model, settings, quantities, outputs = asked
    if available <= 0 or cost_of(card, plan, asked) is None:  # a newer catalog has not got it
        return None

    def cost(count: int, given: dict[str, int]) -> Micros | None:
        return cost_of(card, plan, (model, settings, tuple(given.items()), count))

    said = dict(quantities)
    count = _most(lambda count: cost(count, said), outputs - 1, available)
    if count:
        return Portion(cost(count, said) or 0, outputs=count)
    name = _counted(said, unit)
    if name is None:
        return None
    amount = _largest(card, asked, name, available, lambda amount: cost(1, {**said, name: amount}))
    if not amount:
        return None
    spent = cost(1, {**said, name: amount}) or 0
    return Portion(spent, 1 if outputs > 1 else None, {name: amount})


def _counted(quantities: dict[str, int], unit: str) -> str | None:
    """The quantity that the price is counted in, as it was said."""
    names = [f"{unit}s", *(quantities if len(quantities) == 1 else ())]
    return next((name for name in names if name in quantities), None)


def _largest(
    card: RateCard,
    asked: Asked,
    name: str,
    available: Micros,
    cost: Callable[[int], Micros | None],
) -> int:
    """The largest quantity (micro-units) below what was asked for that fits: in whole units, or as
    the rate's table lists them; 0 for none."""
    quantity = dict(asked[2])[name]
    listed = _listed(card, asked)
    if listed:
        fits = [
            amount
            for amount in listed
            if amount < quantity and (spent := cost(amount)) is not None and spent <= available
        ]
        return max(fits, default=0)
    most = (quantity - 1) // SCALE
    return SCALE * _most(lambda units: cost(units * SCALE), most, available)


def _listed(card: RateCard, asked: Asked) -> list[int]:
    """The quantities that the rate's table lists, where its price is one."""
    model = card.model(asked[0])
    price = model.rate(dict(asked[1])).price
    return [amount for amount, _ in price.rows] if isinstance(price, Table) else []


def _most(cost: Callable[[int], Micros | None], below: int, available: Micros) -> int:
    """The largest number up to `below` whose cost fits, where more costs more; 0 for none."""
    low, high = 0, below
    while low < high:
        middle = (low + high + 1) // 2
        spent = cost(middle)
        if spent is not None and spent <= available:
            low = middle
        else:
            high = middle - 1
    return low
