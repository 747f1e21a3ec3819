"""The lint of tools, models and rates. Each rule yields what it finds wrong with a catalog."""

from collections import Counter
from collections.abc import Iterator

from ..core.arithmetic import many_of, quantities_of, unit_of
from ..core.catalog import Catalog, Flat, Model, PerUnit, Price, Range, Rate, Sum, Table
from ..core.credits import text
from ..core.errors import describe
from ..core.quantities import BUILT_IN, USUAL_UNITS
from ..results.catalog_problems import CatalogProblem
from .coverage import MAX_COMBINATIONS, Coverage, consistent, too_many
from .phrases import price_words
from .places import Places
from .problems import FilePlace
from .references import Named, dangling, doubled, no_such, some_of

_REQUEST_WORDS = (
    "account",
    "credits",
    "key",
    "labels",
    "member",
    "model",
    "outputs",
    "plan",
    "quote",
    "text",
    "tool",
    "ttl_seconds",
)
RESERVED = frozenset([*_REQUEST_WORDS, *USUAL_UNITS.by_many])
"""Names that a request uses for itself, beside the catalog's own quantities."""


def duplicate_tool(catalog: Catalog, places: Places) -> Iterator[CatalogProblem]:
    tools = [Named(tool.id, tool, places.at(tool, "id")) for tool in catalog.tools]
    yield from doubled(places, "duplicate_tool", "tools", tools)


def duplicate_model(catalog: Catalog, places: Places) -> Iterator[CatalogProblem]:
    """Id, name and aliases of a model all stand for it, so no other model of the tool may have one
    of them."""
    of_tools: dict[str, list[Named]] = {}
    for model in catalog.models:
        of_tools.setdefault(model.tool, []).extend(_model_names(model, places))
    for names in of_tools.values():
        yield from doubled(places, "duplicate_model", "models", names)


def duplicate_model_id(catalog: Catalog, places: Places) -> Iterator[CatalogProblem]:
    """A name may stand in two tools (`docs/spec.md` 2.11), but an id stands for one model."""
    ids: dict[str, Model] = {}
    for model in catalog.models:
        ids.setdefault(model.id.casefold(), model)
    found: set[tuple[int, int]] = set()
    for model in catalog.models:
        for named in _model_names(model, places):
            other = ids.get(named.name.casefold(), model)
            pair = (min(id(model), id(other)), max(id(model), id(other)))
            if named.name and other.tool != model.tool and pair not in found:
                found.add(pair)
                also = places.at(other)
                said = f"the model of {other.tool} at line {also.line} has the id "
                said += f"{describe(other.id)}: give one of them another id"
                yield places.problem("duplicate_model", said, named.at, also)


def _model_names(model: Model, places: Places) -> Iterator[Named]:
    name = places.at(model, "name")
    yield Named(model.name, model, name)
    yield Named(model.id, model, places.at(model, "id") if places.has(model, "id") else name)
    for alias in model.aliases:
        yield Named(alias, model, places.at(model, "aliases", alias))


def model_of_missing_tool(catalog: Catalog, places: Places) -> Iterator[CatalogProblem]:
    tools = dict.fromkeys(tool.id for tool in catalog.tools)
    for model in catalog.models:
        for tool in dangling([model.tool], tools):
            message = no_such(places, "tool", tool, tools)
            yield places.problem("missing_tool", message, places.at(model, "tool"))


def setting_without_values(catalog: Catalog, places: Places) -> Iterator[CatalogProblem]:
    for model in catalog.models:
        for setting in model.settings:
            if not setting.values and places.sound(setting):
                message = f"{setting.name} has no values to choose from"
                yield places.problem("empty_field", message, places.at(setting))


def duplicate_setting_value(catalog: Catalog, places: Places) -> Iterator[CatalogProblem]:
    """Values are matched in any case, so ``HD`` and ``hd`` would be one."""
    for model in catalog.models:
        for setting in model.settings:
            written = [(value, places.at(setting, value)) for value in setting.values]
            values = [Named(value, at, at) for value, at in written]
            yield from doubled(places, "duplicate_value", f"values of {setting.name}", values)


def unknown_default(catalog: Catalog, places: Places) -> Iterator[CatalogProblem]:
    for model in catalog.models:
        for setting in model.settings:
            if setting.default and setting.values and setting.default not in setting.values:
                message = f"the default {describe(setting.default)} is not one of "
                message += some_of(setting.values)
                at = places.at(model, "settings", setting.name, "default")
                yield places.problem("unknown_value", message, at)


def reserved_setting(catalog: Catalog, places: Places) -> Iterator[CatalogProblem]:
    own = {unit.many for unit in catalog.units}
    for model in catalog.models:
        for setting in model.settings:
            if setting.name in RESERVED or setting.name in own:
                message = f"a setting cannot be called {setting.name}: requests use that name"
                at = places.key(model, "settings", setting.name)
                yield places.problem("reserved_setting", message, at)


def unknown_setting(catalog: Catalog, places: Places) -> Iterator[CatalogProblem]:
    for model in catalog.models:
        known = {setting.name: setting for setting in model.settings}
        for rate in model.rates:
            for name in rate.when:
                if name not in known and places.sound(model, "settings"):
                    has = f"it has {some_of(known)}" if known else "it has none"
                    said = f"{model.name} has no setting {describe(name)}"
                    said += places.nearest(name, known)
                    at = places.key(rate, "when", name)
                    yield places.problem("unknown_setting", f"{said} ({has})", at)


def unknown_value(catalog: Catalog, places: Places) -> Iterator[CatalogProblem]:
    for model in catalog.models:
        known = {setting.name: dict.fromkeys(setting.values) for setting in model.settings}
        for rate in model.rates:
            for name, values in rate.when.items():
                for value in values if known.get(name) else ():
                    if value not in known[name]:
                        said = f"{name} is never {describe(value)}"
                        said += f"{places.nearest(value, known[name])} (one of: "
                        at = places.at(rate, "when", name, value)
                        message = f"{said}{some_of(known[name])})"
                        yield places.problem("unknown_value", message, at)


def empty_when(catalog: Catalog, places: Places) -> Iterator[CatalogProblem]:
    for _, rate in _rates(catalog):
        for name, values in rate.when.items():
            if not values and places.sound(rate, "when", name):
                message = f"no value of {name} is named, so no request can match this rate"
                yield places.problem("empty_when", message, places.at(rate, "when", name))


def duplicate_rate(catalog: Catalog, places: Places) -> Iterator[CatalogProblem]:
    """Receipts name rates by their ids: one given by hand must not be that of another rate."""
    seen: dict[str, Rate] = {}
    for _, rate in _rates(catalog):
        other = seen.setdefault(rate.id, rate)
        if other is not rate and (places.has(rate, "id") or places.has(other, "id")):
            first, at = places.at(other, "id"), places.at(rate, "id")
            message = f"two rates have the id {describe(rate.id)}, one at line {first.line}"
            yield places.problem("duplicate_rate", message, at, first)


def too_many_combinations(catalog: Catalog, places: Places) -> Iterator[CatalogProblem]:
    for model in catalog.models:
        coverage = Coverage(model)
        if coverage.combinations > MAX_COMBINATIONS:
            message = (
                f"the prices depend on {coverage.combinations:,} combinations "
                f"({too_many(coverage.settings)}); at most {MAX_COMBINATIONS:,} can be checked"
            )
            at = places.key(model, "settings")
            yield places.problem("too_many_combinations", message, at)


def overlap(catalog: Catalog, places: Places) -> Iterator[CatalogProblem]:
    """Two rates for one request (`docs/spec.md` 2.2)."""
    for coverage in _coverages(catalog, places):
        for first, rate, shared in coverage.overlaps():
            at, also = places.at(rate), places.at(first)
            message = (
                f"this rate ({price_words(rate.price)}) and the one at line {also.line} "
                f"({price_words(first.price)}) both price {_request(shared)}"
            )
            yield places.problem("overlap", message, at, also)


def hole(catalog: Catalog, places: Places) -> Iterator[CatalogProblem]:
    """A combination of settings that no rate prices (`docs/spec.md` 2.2)."""
    for coverage in _coverages(catalog, places):
        if (missing := coverage.hole()) is not None:
            example, count = missing
            message = (
                f"no rate of {coverage.model.name} prices {_request(example)} "
                f"({count:,} of {coverage.combinations:,} combinations)"
            )
            at = places.key(coverage.model, "rates")
            yield places.problem("hole", message, at)


def unreachable_range(catalog: Catalog, places: Places) -> Iterator[CatalogProblem]:
    for price, at in _prices(catalog, places):
        low, high = _limits(price)
        if low is not None and high is not None and low > high:
            message = f"the least, {text(low)}, is above the most, {text(high)}"
            yield places.problem("unreachable_range", message, at)


def _limits(price: Price) -> tuple[int | None, int | None]:
    if isinstance(price, (PerUnit, Sum)):
        return price.at_least, price.at_most
    return (price.minimum, price.maximum) if isinstance(price, Range) else (None, None)


def empty_table(catalog: Catalog, places: Places) -> Iterator[CatalogProblem]:
    for price, at in _prices(catalog, places):
        if isinstance(price, Table) and not price.rows:
            many = many_of(price.unit, price.many)
            message = f"the table has no rows, so no number of {many} has a price"
            yield places.problem("empty_table", message, at)


def duplicate_table_row(catalog: Catalog, places: Places) -> Iterator[CatalogProblem]:
    """``5`` and ``5.0`` are one quantity with two prices."""
    for price, at in _prices(catalog, places):
        if isinstance(price, Table):
            for amount, count in Counter(amount for amount, _ in price.rows).items():
                if count > 1:
                    many = many_of(price.unit, price.many)
                    message = f"the table has {count} rows for {text(amount)} {many}"
                    yield places.problem("duplicate_table_row", message, at)


def price_on_missing_plan(catalog: Catalog, places: Places) -> Iterator[CatalogProblem]:
    plans = dict.fromkeys(plan.id for plan in catalog.plans)
    for _, rate in _rates(catalog):
        for plan in dangling(rate.plan_prices, plans):
            at = places.key(rate, "plans", plan)
            yield places.problem("missing_plan", no_such(places, "plan", plan, plans), at)


def plan_price_unit(catalog: Catalog, places: Places) -> Iterator[CatalogProblem]:
    """A plan's own price is worked out from what the list price counts."""
    for _, rate in _rates(catalog):
        for plan, own in rate.plan_prices.items():
            if places.sound(rate) and not _counts_alike(rate.price, own):
                message = (
                    f"the price on plan {plan} ({price_words(own)}) must count what the list "
                    f"price counts ({price_words(rate.price)})"
                )
                at = places.at(rate, "plans", plan)
                yield places.problem("plan_price_unit", message, at)


def _counts_alike(listed: Price, own: Price) -> bool:
    if isinstance(own, Flat):
        return True
    if isinstance(own, Sum) or isinstance(listed, Sum):
        return set(quantities_of(own)) <= set(quantities_of(listed))
    if unit_of(own) is None:
        return True
    if isinstance(own, Table):
        return isinstance(listed, Table) and dict(listed.rows).keys() == dict(own.rows).keys()
    return unit_of(own) == (unit_of(listed) or "generation")


def _rates(catalog: Catalog) -> Iterator[tuple[Model, Rate]]:
    for model in catalog.models:
        for rate in model.rates:
            yield model, rate


def _prices(catalog: Catalog, places: Places) -> Iterator[tuple[Price, FilePlace]]:
    """Every price that could be read, and where it stands: that of a rate, and the plans' own."""
    for _, rate in _rates(catalog):
        if places.sound(rate):
            yield rate.price, places.at(rate)
            for plan, price in rate.plan_prices.items():
                yield price, places.at(rate, "plans", plan)


def _coverages(catalog: Catalog, places: Places) -> Iterator[Coverage]:
    """The models whose settings and rates are sound enough to be laid side by side."""
    for model in catalog.models:
        readable = places.sound(model, "settings") and places.sound(model, "rates")
        if readable and model.rates and consistent(model):
            coverage = Coverage(model)
            if 0 < coverage.combinations <= MAX_COMBINATIONS:
                yield coverage


def _request(settings: dict[str, str]) -> str:
    return ", ".join(f"{name}={value}" for name, value in settings.items()) or "every request"


def duplicate_unit(catalog: Catalog, places: Places) -> Iterator[CatalogProblem]:
    """A unit has names of its own, in the singular and the plural: requests call it by them."""
    seen = {name: "built in" for unit in BUILT_IN for name in (unit.one, unit.many)}
    for unit in catalog.units:
        for field in ("one", "many"):
            name = getattr(unit, field)
            if name in seen and places.sound(unit) and (field == "one" or name != unit.one):
                said = f"the unit {describe(name)} is {seen[name]}"
                yield places.problem("duplicate_unit", said, places.at(unit, field))
            seen.setdefault(name, f"named already, at line {places.at(unit).line}")
