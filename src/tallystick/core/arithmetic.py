"""Arithmetic: what a price comes to, as exact fractions of integers, and the one rounding.

A `SumPrice` is a sum made ready: all its rates on one denominator, so that a price of several terms
is as many multiplications (`docs/spec.md` 2.12).
"""

from math import lcm
from typing import NamedTuple

from .catalog import Flat, PerUnit, Price, Rounding, Sum, Table, Term, Tier
from .credits import SCALE, Micros
from .quantities import Units


def unit_of(price: Price) -> str | None:
    """The unit that a price depends on; None for a price by generation, and for a sum."""
    return None if isinstance(price, (Flat, Sum)) else price.unit


def many_of(unit: str, many: str | None) -> str:
    """What several of a unit are called; `many` where that is not simply the unit with an s."""
    return many or f"{unit}s"


def quantities_of(price: Price) -> tuple[str, ...]:
    """The quantities that a price depends on, by the names that requests use."""
    if isinstance(price, Sum):
        own = [many_of(term.unit, term.many) for term in price.terms if term.unit is not None]
        return tuple(dict.fromkeys([*own, *(name for term in price.terms for name in term.by)]))
    unit = unit_of(price)
    return () if unit is None else (many_of(unit, getattr(price, "many", None)),)


def exact_price(price: Price, amount: int, over: int) -> tuple[int, int, int]:
    """The exact price of one output of ``amount / over`` units: (least, most, denominator). Not of
    a sum: see `SumPrice`."""
    if isinstance(price, PerUnit):
        denominator = price.per * over // SCALE
        cost = price.credits * amount
        if price.at_least is not None:
            cost = max(cost, price.at_least * denominator)
        if price.at_most is not None:
            cost = min(cost, price.at_most * denominator)
        return cost, cost, denominator
    if isinstance(price, Table):
        cost = dict(price.rows)[amount]
        return cost, cost, 1
    if isinstance(price, (Flat, Sum)):
        cost = price.credits if isinstance(price, Flat) else 0
        return cost, cost, 1
    if price.unit is None:
        return price.minimum, price.maximum, 1
    return price.minimum * amount, price.maximum * amount, over


def stepped(amount: int, over: int, step: int) -> int:
    """``amount / over`` units in micro-units, rounded up to whole steps."""
    return -(-amount * SCALE // (over * step)) * step


def round_total(numerator: int, denominator: int, rounding: Rounding) -> Micros:
    """A fraction of micros, rounded once to whole steps."""
    over = denominator * rounding.step
    if rounding.mode == "up":
        return -(-numerator // over) * rounding.step
    if rounding.mode == "down":
        return numerator // over * rounding.step
    return (2 * numerator + over) // (2 * over) * rounding.step


class TermPrice(NamedTuple):
    """A term on the denominator of its sum.

    `name` is the quantity (None for a fixed part), of which there are `unsaid` micro-units where a
    request does not say it. `weight` is what a micro-unit costs; of a fixed part, all of it.
    `tiers` are (up to, weight), the last one without an end.
    """

    name: str | None
    unsaid: int
    step: int | None
    weight: int
    tiers: tuple[tuple[int | None, int], ...]
    graduated: bool
    by: tuple[str, ...]

    def amount(self, quantities: dict[str, int]) -> int:
        """The micro-units that are priced."""
        amount = quantities.get(self.name or "", self.unsaid)
        return amount if self.step is None else -(-amount // self.step) * self.step

    def cost(self, quantities: dict[str, int]) -> int:
        """What the term comes to, on the sum's denominator."""
        if self.name is None:
            return self.weight
        amount = self.amount(quantities)
        if not self.tiers:
            return self.weight * amount
        if self.graduated:
            return self._graduated(amount)
        chosen = sum(quantities.get(name, 0) for name in self.by) if self.by else amount
        return amount * next(
            weight for up_to, weight in self.tiers if up_to is None or chosen <= up_to
        )

    def _graduated(self, amount: int) -> int:
        """Each tier at its own rate."""
        cost = below = 0
        for up_to, weight in self.tiers:
            end = amount if up_to is None else min(amount, up_to)
            cost += max(end - below, 0) * weight
            below = max(below, end)
        return cost


class SumPrice(NamedTuple):
    """A sum made ready to price.

    `simple` are (quantity, unsaid, weight) of the terms with one rate and no step, `terms` the
    others, and `fixed` what has no quantity; all on one `denominator`. `metered` are the quantities
    of which a request has to say at least one.
    """

    denominator: int
    fixed: int
    simple: tuple[tuple[str, int, int], ...]
    terms: tuple[TermPrice, ...]
    at_least: int | None
    at_most: int | None
    metered: frozenset[str]

    def numerator(self, quantities: dict[str, int]) -> int:
        """The exact price of one output, on the denominator."""
        cost = self.fixed
        for name, unsaid, weight in self.simple:
            cost += quantities.get(name, unsaid) * weight
        for term in self.terms:
            cost += term.cost(quantities)
        if self.at_least is not None and cost < self.at_least:
            return self.at_least
        if self.at_most is not None and cost > self.at_most:
            return self.at_most
        return cost


def sum_price(price: Sum, units: Units) -> SumPrice:
    """A sum made ready; `units` say what a request has of each that it does not mention."""
    denominator, terms = term_prices(price, units)
    simple = [each for each in terms if each.name is not None and not each.tiers and not each.step]
    least, most = price.at_least, price.at_most
    return SumPrice(
        denominator=denominator,
        fixed=sum(each.weight for each in terms if each.name is None),
        simple=tuple((each.name or "", each.unsaid, each.weight) for each in simple),
        terms=tuple(each for each in terms if each.name is not None and each not in simple),
        at_least=None if least is None else least * denominator,
        at_most=None if most is None else most * denominator,
        metered=frozenset(each.name for each in terms if each.name and not each.unsaid),
    )


def term_prices(price: Sum, units: Units) -> tuple[int, list[TermPrice]]:
    """The common denominator of a sum, and its terms on that."""
    denominator = lcm(*(tier.per for term in price.terms for tier in _rates(term)))
    return denominator, [_term_price(term, denominator, units) for term in price.terms]


def _rates(term: Term) -> tuple[Tier, ...]:
    """The rates of a term: its tiers, or the one it has."""
    return term.tiers or (Tier(term.credits, term.per),)


def _term_price(term: Term, denominator: int, units: Units) -> TermPrice:
    weights = [tier.credits * (denominator // tier.per) for tier in _rates(term)]
    if term.unit is None:
        return TermPrice(
            name=None,
            unsaid=0,
            step=None,
            weight=term.credits * denominator,
            tiers=(),
            graduated=False,
            by=(),
        )
    unit = units.by_one.get(term.unit)
    return TermPrice(
        name=many_of(term.unit, term.many),
        unsaid=SCALE if unit is not None and unit.counted else 0,
        step=term.step,
        weight=0 if term.tiers else weights[0],
        tiers=tuple(zip((tier.up_to for tier in term.tiers), weights, strict=False)),
        graduated=term.graduated,
        by=term.by,
    )
