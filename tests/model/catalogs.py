"""Random valid catalogs: every combination of settings is priced by exactly one rate, because the
rates come from cutting the space of settings in two, again and again."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import product
from typing import Any, NamedTuple

from hypothesis import strategies as st

from tallystick.core import catalog as c

MILLION = 1_000_000
AMOUNTS = st.one_of(st.integers(0, 2_000).map(lambda whole: whole * MILLION), st.integers(0, 10**9))
FRACTIONAL = ("second", "minute", "megapixel")
WHOLE = ("character", "image", "scene", "token")


class Asked(NamedTuple):
    """A valid request: a model, all its settings, a quantity of a unit (None where it has none),
    and how many outputs."""

    model: c.Model
    settings: dict[str, str]
    unit: str | None
    quantity: Fraction
    outputs: int


def prices() -> st.SearchStrategy[c.Price]:
    units = st.sampled_from([*FRACTIONAL, *WHOLE])
    return st.one_of(
        st.builds(c.Flat, AMOUNTS),
        st.builds(
            _per_unit, AMOUNTS, units, st.integers(1, 1_000), AMOUNTS, AMOUNTS, st.integers(0, 3)
        ),
        st.builds(
            _table, units, st.dictionaries(st.integers(1, 60), AMOUNTS, min_size=1, max_size=4)
        ),
        st.builds(_range, AMOUNTS, AMOUNTS, st.one_of(st.none(), units)),
    )


def _per_unit(credits: int, unit: str, per: int, limit: int, other: int, which: int) -> c.PerUnit:
    least, most = sorted((limit, other))
    return c.PerUnit(
        credits,
        unit,
        per * MILLION,
        least if which & 1 else None,
        most if which & 2 else None,
    )


def _table(unit: str, rows: dict[int, int]) -> c.Table:
    return c.Table(
        unit, tuple((units * MILLION, credits) for units, credits in sorted(rows.items()))
    )


def _range(low: int, high: int, unit: str | None) -> c.Range:
    return c.Range(min(low, high), max(low, high), unit)


@st.composite
def models(draw: st.DrawFn, number: int) -> c.Model:
    counts = draw(st.lists(st.integers(1, 3), max_size=3))
    settings = tuple(
        c.Setting(f"setting{at}", tuple(f"v{at}{value}" for value in range(count)))
        for at, count in enumerate(counts)
    )
    cells = draw(_cut({each.name: each.values for each in settings}, 3))
    rates = tuple(
        c.Rate(f"model{number}/{at}", draw(prices()), _named(cell, settings))
        for at, cell in enumerate(cells)
    )
    return c.Model(f"model-{number}", f"Model {number}", "tool", rates, settings)


def _named(cell: dict[str, tuple[str, ...]], settings: tuple[c.Setting, ...]) -> dict[str, Any]:
    """A cell as a rate writes it: a setting of which it has every value is left out."""
    every = {setting.name: setting.values for setting in settings}
    return {name: values for name, values in cell.items() if values != every[name]}


@st.composite
def _cut(
    draw: st.DrawFn, space: dict[str, tuple[str, ...]], most: int
) -> list[dict[str, tuple[str, ...]]]:
    wide = [name for name, values in space.items() if len(values) > 1]
    if not wide or not most or draw(st.booleans()):
        return [space]
    name = draw(st.sampled_from(wide))
    at = draw(st.integers(1, len(space[name]) - 1))
    halves = (space[name][:at], space[name][at:])
    return [cell for half in halves for cell in draw(_cut({**space, name: half}, most - 1))]


roundings = st.builds(
    c.Rounding,
    st.sampled_from([MILLION, MILLION, MILLION // 100, 5 * MILLION, 1]),
    st.sampled_from(["up", "up", "down", "half_up"]),
)


@st.composite
def catalogs(draw: st.DrawFn) -> c.Catalog:
    rounding = draw(roundings)
    count = draw(st.integers(1, 3))
    return c.Catalog(
        "toy",
        "Toy",
        (c.Tool("tool", "Tool", draw(st.one_of(st.none(), st.just(rounding)))),),
        tuple(draw(models(number)) for number in range(count)),
        (
            c.Plan(
                "plan",
                "Plan",
                (c.Package(MILLION),),
                unlimited=draw(st.sampled_from([(), ("tool",)])),
            ),
        ),
    )


def growing(
    units: Sequence[str] = (*FRACTIONAL, *WHOLE),
) -> st.SearchStrategy[c.Catalog]:
    """Catalogs of one model whose price grows with a quantity of one of `units`."""
    unit = st.sampled_from(units)
    per_unit = st.builds(
        _per_unit, AMOUNTS, unit, st.integers(1, 1_000), AMOUNTS, AMOUNTS, st.integers(0, 3)
    )
    price = st.one_of(per_unit, st.builds(_range, AMOUNTS, AMOUNTS, unit))
    return st.builds(_of_one_price, price, roundings)


def _of_one_price(price: c.Price, rounding: c.Rounding) -> c.Catalog:
    model = c.Model("model", "Model", "tool", (c.Rate("model", price),))
    return c.Catalog("toy", "Toy", (c.Tool("tool", "Tool", rounding),), (model,))


@st.composite
def requests(draw: st.DrawFn, catalog: c.Catalog) -> Asked:
    """A valid request for something that the catalog has."""
    model = draw(st.sampled_from(catalog.models))
    settings = draw(st.sampled_from(combinations(model)))
    price = covering(model, settings)[0].price
    outputs = draw(st.sampled_from([1, 1, 2, 3, 7, 100]))
    return Asked(model, settings, unit_of(price), draw(quantities(price)), outputs)


def quantities(price: c.Price) -> st.SearchStrategy[Fraction]:
    if isinstance(price, c.Table):
        return st.sampled_from([Fraction(units, MILLION) for units, _ in price.rows])
    if unit_of(price) in FRACTIONAL:
        return st.integers(1, 300 * MILLION).map(lambda micros: Fraction(micros, MILLION))
    return st.integers(1, 3_000).map(Fraction)


def combinations(model: c.Model) -> list[dict[str, str]]:
    """Every full choice of settings."""
    names = [setting.name for setting in model.settings]
    return [
        dict(zip(names, chosen, strict=True))
        for chosen in product(*(setting.values for setting in model.settings))
    ]


def covering(model: c.Model, settings: dict[str, str]) -> list[c.Rate]:
    """The rates that cover these settings, by the words of the specification."""
    return [
        rate
        for rate in model.rates
        if all(settings[name] in values for name, values in rate.when.items())
    ]


def unit_of(price: c.Price) -> str | None:
    return None if isinstance(price, c.Flat) else price.unit


def exact(price: c.Price, quantity: Fraction, outputs: int) -> tuple[Fraction, Fraction]:
    """The least and the most that a generation costs, in micros, before rounding."""
    if isinstance(price, c.Flat):
        low = high = Fraction(price.credits)
    elif isinstance(price, c.Table):
        low = high = Fraction(dict(price.rows)[int(quantity * MILLION)])
    elif isinstance(price, c.Range):
        times = quantity if price.unit else 1
        low, high = Fraction(price.minimum * times), Fraction(price.maximum * times)
    else:
        low = price.credits * quantity / Fraction(price.per, MILLION)
        if price.at_least is not None:
            low = max(low, Fraction(price.at_least))
        if price.at_most is not None:
            low = min(low, Fraction(price.at_most))
        high = low
    return low * outputs, high * outputs


def rounded(exactly: Fraction, rounding: c.Rounding) -> int:
    """Whole steps, in micros."""
    steps = exactly / rounding.step
    whole = steps.numerator // steps.denominator
    over = steps - whole
    up = {"up": over > 0, "down": False, "half_up": over >= Fraction(1, 2)}[rounding.mode]
    return (whole + up) * rounding.step
