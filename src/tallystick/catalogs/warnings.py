"""Warnings: what is allowed in a catalog and hardly ever meant. They refuse nothing.

Each is a function of a sound catalog and its places, as a rule of the lint is.
"""

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from itertools import pairwise
from typing import TypeAlias

from ..core.arithmetic import many_of, sum_price
from ..core.catalog import Catalog, Flat, Money, PerUnit, Plan, Price, Sum, Table
from ..core.credits import SCALE, Micros, show, text
from ..core.errors import describe
from ..core.quantities import Units, units_of
from ..results.catalog_problems import CatalogWarning, WarningCode
from .currencies import CURRENCIES
from .phrases import credit_words, money_words
from .places import Places
from .problems import FilePlace

Warn: TypeAlias = Callable[[Catalog, Places], Iterator[CatalogWarning]]


def warnings(catalog: Catalog, places: Places) -> list[CatalogWarning]:
    """Everything in a sound catalog that is hardly ever meant, in the order of its places."""
    found = [each for warn in WARNINGS for each in warn(catalog, places)]
    return sorted(found, key=lambda each: (each.line, each.column))


def _warning(
    places: Places, code: WarningCode, message: str, at: FilePlace, also: FilePlace | None = None
) -> CatalogWarning:
    other = None if also is None else also.line
    return CatalogWarning(
        file=places.file, line=at.line, column=at.column, code=code, message=message, also=other
    )


def tables_out_of_order(catalog: Catalog, places: Places) -> Iterator[CatalogWarning]:
    """A longer generation that costs less than a shorter one."""
    for model in catalog.models:
        for rate in model.rates:
            price = rate.price
            for less, more in _falling(price.rows) if isinstance(price, Table) else ():
                many = many_of(price.unit, price.many) if isinstance(price, Table) else ""
                said = f"{text(more[0])} {many} cost {text(more[1])}, less than the "
                said += f"{text(less[1])} of {text(less[0])}: is a figure missing?"
                at = places.key(rate, "table", str(show(more[0])))
                yield _warning(places, "prices_out_of_order", said, at)


def _falling(
    rows: Sequence[tuple[int, Micros]],
) -> Iterator[tuple[tuple[int, Micros], tuple[int, Micros]]]:
    ordered = sorted(rows)
    for less, more in pairwise(ordered):
        if more[1] < less[1]:
            yield less, more


def offers_out_of_order(catalog: Catalog, places: Places) -> Iterator[CatalogWarning]:
    """More credits for less money, among the packages of a plan or the bundles."""
    bundles = catalog.top_ups.bundles if catalog.top_ups else ()
    offers = [[(each.credits, each.price, places.at(each)) for each in bundles]]
    offers += [
        [(each.credits, each.prices.get(interval), places.at(each)) for each in plan.packages]
        for plan in catalog.plans
        for interval in plan.intervals
    ]
    for each in offers:
        sold = sorted([(credits, at, money) for credits, money, at in each if money is not None])
        for less, more in pairwise(sold):
            same = less[2].currency == more[2].currency
            if same and Decimal(more[2].amount) < Decimal(less[2].amount):
                said = (
                    f"{credit_words(more[0], catalog.wording)} cost {money_words(more[2])}, less "
                )
                said += f"than the {money_words(less[2])} of {text(less[0])}"
                yield _warning(places, "prices_out_of_order", said, more[1], less[1])


def unknown_currency(catalog: Catalog, places: Places) -> Iterator[CatalogWarning]:
    """A currency that nobody pays in is a slip of the pen."""
    for currency, at in (*_currencies(catalog, places), *_of_costs(catalog, places)):
        if currency not in CURRENCIES:
            near = _swapped(currency) or places.nearest(currency, sorted(CURRENCIES))
            said = f"{describe(currency)} is not a currency of ISO 4217{near}"
            yield _warning(places, "unknown_currency", said, at)


def _swapped(currency: str) -> str:
    """The currency of the same letters, which were written in another order."""
    same = [each for each in sorted(CURRENCIES) if sorted(each) == sorted(currency)]
    return f"; did you mean '{same[0]}'?" if same else ""


def mixed_currencies(catalog: Catalog, places: Places) -> Iterator[CatalogWarning]:
    """Prices in two currencies cannot be compared; a platform sells in one."""
    first: tuple[str, FilePlace] | None = None
    for currency, at in _currencies(catalog, places):
        if first is None:
            first = currency, at
        elif currency != first[0]:
            said = f"{currency} here and {first[0]} at line {first[1].line}: prices in two "
            said += "currencies cannot be compared"
            yield _warning(places, "mixed_currencies", said, at, first[1])
            return


def _currencies(catalog: Catalog, places: Places) -> Iterator[tuple[str, FilePlace]]:
    """The currency of each price in money, where it stands."""
    for plan in catalog.plans:
        for package in plan.packages:
            for interval, money in package.prices.items():
                yield money.currency, places.at(package, "prices", interval, "currency")
    for bundle in catalog.top_ups.bundles if catalog.top_ups else ():
        money: Money | None = bundle.price
        if money is not None:
            yield money.currency, places.at(bundle, "price", "currency")


def _of_costs(catalog: Catalog, places: Places) -> Iterator[tuple[str, FilePlace]]:
    for model in catalog.models:
        for rate in model.rates:
            for cost in rate.costs:
                yield cost.currency, places.at(rate, "cost", "currency")


def dearer_than_packages(catalog: Catalog, places: Places) -> Iterator[CatalogWarning]:
    """A model whose cheapest generation is more than the largest package: nobody could have it."""
    packages = [package.credits for plan in catalog.plans for package in plan.packages]
    if not packages:
        return
    largest, units = max(packages), units_of(catalog.units)
    for model in catalog.models:
        least = min(_least(rate.price, units) for rate in model.rates)
        if least > largest:
            said = f"{model.name} costs at least {credit_words(least, catalog.wording)}, more than "
            said += f"the largest package has a month ({text(largest)})"
            yield _warning(places, "dearer_than_packages", said, places.at(model, "name"))


def _least(price: Price, units: Units) -> Micros:
    """What a hold of the smallest generation takes, before any rounding."""
    if isinstance(price, Flat):
        return price.credits
    if isinstance(price, Table):
        return min(cost for _, cost in price.rows)
    if isinstance(price, PerUnit):
        one = price.step or min(price.per, SCALE)
        return max(price.credits * one // price.per, price.at_least or 0)
    if isinstance(price, Sum):
        made = sum_price(price, units)
        return made.numerator({}) // made.denominator
    return price.maximum


def plans_out_of_order(catalog: Catalog, places: Places) -> Iterator[CatalogWarning]:
    """Plans are listed from lowest to highest: an upgrade goes down the list."""
    sold = [plan for plan in catalog.plans if plan.packages]
    for lower, higher in pairwise(sold):
        if _size(higher) < _size(lower):
            also = places.at(lower, "name")
            said = (
                f"{higher.name} is listed above {lower.name} (line {also.line}), and has at most "
            )
            said += f"{text(_size(higher))} a month instead of {text(_size(lower))}: plans are "
            said += "listed from lowest to highest"
            yield _warning(places, "plans_out_of_order", said, places.at(higher, "name"), also)


def _size(plan: Plan) -> Micros:
    return max(package.credits for package in plan.packages)


WARNINGS: tuple[Warn, ...] = (
    tables_out_of_order,
    offers_out_of_order,
    unknown_currency,
    mixed_currencies,
    dearer_than_packages,
    plans_out_of_order,
)
