"""What changes about models and their prices.

Prices are compared for the combinations of settings that two rates share, not row by row: a row
that was split in two is a change of price only where the price changes.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from fractions import Fraction

from msgspec.structs import replace

from ..core.catalog import Catalog, Flat, Model, PerUnit, Price, Rate, Wording
from ..core.credits import text
from .changes import CatalogChange, altered, moved, noted, paired, reordered
from .phrases import cost_words, end_words, model_words, price_words, setting_words

_Chosen = dict[str, tuple[str, ...]]


def model_changes(old: Catalog, new: Catalog) -> Iterator[CatalogChange]:
    wording = new.wording
    for before, after in paired(old.models, new.models, lambda model: model.id):
        if before is None and after is not None:
            costs = model_words(after, wording)
            said = f"New model: {after.name} ({_tool(new, after.tool)}), {costs}"
            yield CatalogChange("new_model", after.name, said, after=costs)
        elif after is None and before is not None:
            costs = model_words(before, wording)
            yield CatalogChange(
                "model_withdrawn", before.name, f"Model {before.name} withdrawn", before=costs
            )
        elif before is not None and after is not None and before != after:
            yield from _changed(old, new, before, after)
    yield from reordered("Models", old.models, new.models, lambda model: model.id)


def _tool(catalog: Catalog, tool_id: str) -> str:
    """The name of a tool inside a sentence."""
    return next((each.name for each in catalog.tools if each.id == tool_id), tool_id).lower()


def _changed(old: Catalog, new: Catalog, before: Model, after: Model) -> Iterator[CatalogChange]:
    found = [
        *altered("model", "Model", before.name, after.name),
        *altered("model", f"{after.name}, tool", before.tool, after.tool),
        *_pro(before, after),
        *moved(
            "model", after.name, before.aliases, after.aliases, "no longer called", "also called"
        ),
        *moved(
            "model",
            after.name,
            before.unpriced,
            after.unpriced,
            "a request may no longer state",
            "a request may state, at no cost,",
        ),
        *altered("end", f"{after.name} ends", before.until, after.until, end_words),
        *noted(after.name, before.note, after.note),
        *_settings(before, after),
        *_prices(old, new, before, after),
    ]
    yield from found
    if not found:
        said = f"{after.name}: its rates are written differently; no price changes"
        yield CatalogChange("rewritten", after.name, said)


def _pro(before: Model, after: Model) -> Iterator[CatalogChange]:
    if before.pro != after.pro:
        now = "now a pro model" if after.pro else "no longer a pro model"
        yield CatalogChange("model", after.name, f"{after.name}: {now}")


def _settings(before: Model, after: Model) -> Iterator[CatalogChange]:
    for old, new in paired(before.settings, after.settings, lambda setting: setting.name):
        if old is None and new is not None:
            said = f"{after.name}: new setting {new.name} ({', '.join(new.values)})"
            yield CatalogChange("setting", after.name, said, after=new.name)
        elif new is None and old is not None:
            said = f"{after.name}: setting {old.name} withdrawn"
            yield CatalogChange("setting", after.name, said, before=old.name)
        elif old is not None and new is not None:
            subject = f"{after.name}, {new.name}"
            yield from moved("setting", subject, old.values, new.values, "no longer", "now also")
            default = f"{subject} when none is named"
            yield from altered(
                "setting", default, old.default, new.default, lambda value: value or "none"
            )
    names = [setting.name for setting in before.settings]
    others = [setting.name for setting in after.settings]
    yield from reordered(f"{after.name}: settings", names, others)


def _prices(old: Catalog, new: Catalog, before: Model, after: Model) -> Iterator[CatalogChange]:
    plans = {plan.id: plan.name for plan in (*old.plans, *new.plans)}
    for was, now, shared in _shared(before, after):
        subject = ", ".join(filter(None, (after.name, setting_words(shared))))
        yield from _price(subject, was.price, now.price, new.wording)
        for plan in dict.fromkeys([*was.plan_prices, *now.plan_prices]):
            yield from altered(
                "plan_price",
                f"{subject}, on plan {plans.get(plan, plan)}",
                was.plan_prices.get(plan),
                now.plan_prices.get(plan),
                lambda own: "the list price" if own is None else price_words(own, new.wording),
            )
        yield from altered("end", f"{subject} ends", was.until, now.until, end_words)
        yield from altered("cost", f"{subject}, cost", was.costs, now.costs, cost_words)
        yield from noted(subject, was.note, now.note)
    yield from _new_combinations(before, after, new.wording)


def _new_combinations(before: Model, after: Model, wording: Wording) -> Iterator[CatalogChange]:
    """What rates ask for values that were not there before."""
    values = {setting.name: setting.values for setting in before.settings}
    for setting in after.settings:
        had = set(values.get(setting.name, ()))
        added = {each for each in setting.values if each not in had}
        for rate in after.rates if added and setting.name in values else ():
            chosen = [each for each in rate.when.get(setting.name, setting.values) if each in added]
            if chosen:
                subject = f"{after.name}, {setting_words({**rate.when, setting.name: chosen})}"
                costs = price_words(rate.price, wording)
                yield CatalogChange("new_price", subject, f"{subject}: new, {costs}", after=costs)


def _shared(before: Model, after: Model) -> Iterator[tuple[Rate, Rate, _Chosen]]:
    """Each old and new rate that price the same combinations, and which these are."""
    old_values = {setting.name: setting.values for setting in before.settings}
    new_values = {setting.name: setting.values for setting in after.settings}
    twins = {_key(rate): rate for rate in after.rates} if old_values == new_values else {}
    rows = _Rows(after.rates)
    for was in before.rates:
        twin = twins.get(_key(was))
        old = old_values | was.when
        for now in rows.like(was) if twin is None else (twin,):
            shared = _both(was, old, now, new_values | now.when)
            if shared is not None:
                yield was, now, shared


class _Rows:
    """The rates of a model by the settings they match, each rate a bit of a whole number."""

    def __init__(self, rates: Sequence[Rate]):
        self._rates = rates
        self._naming: dict[str, int] = {}
        self._having: dict[tuple[str, str], int] = {}
        for at, rate in enumerate(rates):
            for name, values in rate.when.items():
                self._naming[name] = self._naming.get(name, 0) | 1 << at
                for value in values:
                    self._having[name, value] = self._having.get((name, value), 0) | 1 << at

    def like(self, rate: Rate) -> Iterator[Rate]:
        """The rates that may match what `rate` does: those that name other values are left out."""
        left = (1 << len(self._rates)) - 1
        for name, values in rate.when.items():
            having = 0
            for value in values:
                having |= self._having.get((name, value), 0)
            left &= having | ~self._naming.get(name, 0)
        while left:
            yield self._rates[(left & -left).bit_length() - 1]
            left &= left - 1


def _key(rate: Rate) -> frozenset[tuple[str, frozenset[str]]]:
    return frozenset((name, frozenset(values)) for name, values in rate.when.items())


def _both(was: Rate, old: _Chosen, now: Rate, new: _Chosen) -> _Chosen | None:
    """The settings that both rates match, as far as they say anything; None if they have none.

    `old` and `new` are all that the two rates match, said or not.
    """
    shared: _Chosen = {}
    for name in dict.fromkeys([*now.when, *was.when]):
        shared[name] = _common(old.get(name), new.get(name))
        if not shared[name]:
            return None
    return shared


def _common(old: Sequence[str] | None, new: Sequence[str] | None) -> tuple[str, ...]:
    if old is None or new is None:
        return tuple(old or new or ())
    known = set(old)
    return tuple(value for value in new if value in known)


def _price(subject: str, old: Price, new: Price, wording: Wording) -> Iterator[CatalogChange]:
    if old == new:
        return
    before, after = price_words(old, wording), price_words(new, wording)
    percent = _percent(old, new)
    said = f"{_number(old, new) or before} -> {after}"
    if percent is not None:
        said += f" ({percent:+} %)"
    elif before == after:
        said = f"{after}, but written differently"
    yield CatalogChange(
        kind="price",
        subject=subject,
        text=f"{subject}: {said}",
        before=before,
        after=after,
        percent=percent,
    )


def _number(old: Price, new: Price) -> str | None:
    """The old price as a bare number, where the rest of it stays in the new one."""
    if isinstance(old, Flat) and isinstance(new, Flat):
        same = True
    elif isinstance(old, PerUnit) and isinstance(new, PerUnit):
        same = replace(old, credits=new.credits) == new
    else:
        return None
    return text(old.credits) if same and old.credits and new.credits else None


def _percent(old: Price, new: Price) -> int | Decimal | None:
    """By how many percent a unit's price changes, to a tenth; None where no one figure says it."""
    was, now = _one_unit(old), _one_unit(new)
    if was is None or now is None or was[0] != now[0] or not was[1]:
        return None
    tenths = round((now[1] / was[1] - 1) * 1000)
    whole, rest = divmod(tenths, 10)
    return (whole if not rest else Decimal(tenths) / 10) or None


def _one_unit(price: Price) -> tuple[object, Fraction] | None:
    """What the price depends on, and the exact credits of one unit of it."""
    if isinstance(price, Flat):
        return None, Fraction(price.credits)
    if isinstance(price, PerUnit):
        return (price.unit, price.at_least, price.at_most, price.step), Fraction(
            price.credits, price.per
        )
    return None
