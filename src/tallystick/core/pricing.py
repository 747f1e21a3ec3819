"""Pricing: a request and a rate card give exactly one price (`docs/spec.md` 2).

Arithmetic is exact: one output is a fraction of integers, the outputs multiply it, and the total
of the generation is rounded once. Nothing here knows accounts or time.
"""

from fractions import Fraction
from functools import cached_property, partial
from typing import Any

from msgspec import Struct

from . import credits
from .catalog import (
    COUNTED_UNITS,
    UNITS,
    Flat,
    Model,
    PerUnit,
    Plan,
    Price,
    Published,
    Rate,
    Rounding,
    Table,
)
from .credits import SCALE, Micros
from .errors import InvalidRequest, UnknownModel, Words, describe
from .spelling import Names, near

MAX_QUANTITY = 1_000_000_000
MAX_OUTPUTS = 1_000
MAX_TEXT = 1_000_000
"""Characters of one text; longer ones are cut into several generations by the product."""

_LISTED = 20
_MAX_MICRO_QUANTITY = MAX_QUANTITY * SCALE
_FRACTIONAL_UNITS = frozenset({"second", "minute", "megapixel"})
_UNIT_OF = {unit + "s": unit for unit in UNITS}
_SECONDS_A_MINUTE = 60
_ALSO_MEASURED_IN = {"minute": "seconds", "second": "minutes"}


class Request(Struct, frozen=True, omit_defaults=True, gc=False):
    """What is to be generated: a `model` by id or name, settings and quantities by name (`params`),
    and how many `outputs` of it."""

    model: str
    params: dict[str, Any] = {}
    outputs: int = 1


class Priced(Struct, frozen=True, omit_defaults=True, gc=False):
    """A request with its price: everything that a hold, a charge and a receipt need to know of it.

    `model`, `tool` and `rate` are ids of the catalog version `version`, and `settings` is what the
    rate matched. One output is `quantity` of the `unit` that it is priced by (micro-units), and
    `quantities` is everything that was said (micro-units); there are `outputs` of it. `credits` is
    the price of all outputs (micros). `minimum` is the least of a price that is a range, else None.
    Where the `plan` (its id) changed the price, `list_credits` is the price without it.
    """

    model: str
    tool: str
    rate: str
    version: int
    unit: str
    quantity: int
    credits: Micros
    outputs: int = 1
    settings: dict[str, str] = {}
    quantities: dict[str, int] = {}
    minimum: Micros | None = None
    list_credits: Micros | None = None
    plan: str | None = None

    @property
    def least(self) -> Micros:
        """The least that the generation can cost."""
        return self.credits if self.minimum is None else self.minimum

    @property
    def nothing(self) -> bool:
        """Whether nothing was delivered: no outputs, or none of what the price hangs on."""
        return not self.outputs or not self.quantity


class RateCard:
    """A published catalog, ready to price: models by every name, rates by their settings."""

    def __init__(self, published: Published):
        self.published = published
        self.catalog = published.catalog
        self.version = published.version
        tools = {tool.id: tool for tool in self.catalog.tools}
        self._cards: dict[str, ModelCard] = {}
        self.models = {model.id: model for model in self.catalog.models}
        self.default_plan = next(
            (plan for plan in self.catalog.plans if plan.id == self.catalog.default_plan), None
        )
        for model in self.catalog.models:
            card = ModelCard(model, tools[model.tool].rounding or self.catalog.policy.rounding)
            for name in (*model.aliases, model.name, model.id):
                self._cards[name] = self._cards[_fold(name)] = card

    def model(self, name: object) -> "ModelCard":
        """The model with this id, display name or alias, in any case. Raises `UnknownModel`."""
        card = self._cards.get(name) if type(name) is str else None  # ids as written: no folding
        if card is None and isinstance(name, str):
            card = self._cards.get(_fold(name[:500]))
        if card is None:
            raise self._unknown(name)
        return card

    def knows(self, name: object) -> bool:
        """Whether a model has this name."""
        return isinstance(name, str) and _fold(name[:500]) in self._cards

    def names(self, model: object, params: Any) -> bool:
        """Whether a model is written just so, and has settings and quantities of these names."""
        card = self._cards.get(model) if type(model) is str else None
        return card is not None and type(params) is dict and params.keys() <= card.param_names

    def price(self, request: Request, plan: Plan | None = None) -> Priced:
        """What `request` costs on `plan`. Raises `InvalidRequest` for anything not on the card."""
        card = self.model(request.model)
        outputs = request.outputs
        if type(outputs) is not int or not 0 < outputs <= MAX_OUTPUTS:
            raise InvalidRequest(
                f"outputs must be a whole number from 1 to {MAX_OUTPUTS:,}, "
                f"not {describe(outputs)}",
                where="outputs",
            )
        settings, quantities = card.read(request.params)
        return card.price(card.rate(settings), settings, quantities, outputs, plan, self.version)

    def check(self, request: Request) -> None:
        """Raises `InvalidRequest` for a model, settings or quantities that no plan has."""
        card = self.model(request.model)
        settings, _ = card.read(request.params)
        card.rate(settings)

    def _unknown(self, name: object) -> UnknownModel:
        if not isinstance(name, str):
            return UnknownModel(f"model must be a name, not {describe(name)}", where="model")
        said = f"{self.catalog.name} has no model {describe(name)}"
        return UnknownModel(said, where="model", find=partial(self._unknown_words, said, name[:80]))

    def _unknown_words(self, said: str, name: str) -> Words:
        """With the models that are nearest, and those that have the name in theirs."""
        asked = _fold(name)
        ids = self._spelled.near(asked, 4, 0.4)
        names = list(dict.fromkeys(self._cards[each].model.name for each in ids))[:3]
        names += [self._cards[each].model.name for each in self._titles.containing(asked, 3)]
        nearest = tuple(dict.fromkeys(names))
        if not nearest:
            some = self.catalog.models[:_LISTED]  # a batch may ask for a thousand such names
            return Words(said, tuple(model.name for model in some))
        return Words(f"{said}; the nearest: {', '.join(nearest)}", nearest)

    @cached_property
    def _spelled(self) -> Names:
        """Every name, folded, to be found by a misspelt one."""
        return Names(map(_fold, self._cards))

    @cached_property
    def _titles(self) -> Names:
        """The display names, folded."""
        return Names(_fold(model.name) for model in self.catalog.models)


class ModelCard:
    """One model, ready to price."""

    def __init__(self, model: Model, rounding: Rounding):
        self.model = model
        self.rounding = rounding
        self._settings = {setting.name: setting for setting in model.settings}
        self._values = {
            setting.name: {value.casefold(): value for value in setting.values}
            for setting in model.settings
        }
        self._assumed = {
            setting.name: setting.default or setting.values[0]
            for setting in model.settings
            if setting.default or len(setting.values) == 1
        }
        self._rates: dict[tuple[str | None, ...], Rate] = {}
        self.setting_names = tuple(self._settings)
        self.quantity_names = self._quantity_names()
        self.param_names = frozenset((*self.setting_names, *self.quantity_names))

    def _quantity_names(self) -> tuple[str, ...]:
        """The quantities a request may name for this model, priced ones first."""
        priced = [rate.price for rate in self.model.rates]
        units = [unit for price in priced if (unit := unit_of(price))]
        also = [
            _ALSO_MEASURED_IN[unit]
            for price in priced
            if (unit := unit_of(price)) in _ALSO_MEASURED_IN and not isinstance(price, Table)
        ]
        return tuple(dict.fromkeys([*(unit + "s" for unit in units), *also, *self.model.unpriced]))

    def read(self, params: dict[str, Any]) -> tuple[dict[str, str], dict[str, int]]:
        """Settings, as the catalog writes them, and quantities in micro-units.

        Raises `InvalidRequest` for names and values that the model does not have."""
        if not isinstance(params, dict):
            raise InvalidRequest(
                f"settings and quantities must be names with values, not {describe(params)}",
                where="params",
            )
        settings = dict(self._assumed)
        quantities: dict[str, int] = {}
        for name, value in params.items():
            if name in self.quantity_names:
                quantities[name] = quantity(value, name)
            elif name in self._settings:
                settings[name] = self._setting(name, value)
            else:
                raise self.unknown_param(name)
        if "seconds" in quantities and "minutes" in quantities:
            raise InvalidRequest("give seconds or minutes, not both", where="minutes")
        return settings, quantities

    def rate(self, settings: dict[str, str]) -> Rate:
        """The one rate these settings match. A setting may be missing when no price hangs on it."""
        key = tuple(map(settings.get, self.setting_names))
        rate = self._rates.get(key)
        if rate is None:
            rate = self._rates[key] = self._match(settings)
        return rate

    def price(
        self,
        rate: Rate,
        settings: dict[str, str],
        quantities: dict[str, int],
        outputs: int,
        plan: Plan | None,
        version: int,
    ) -> Priced:
        """The price of a generation on a rate; on a plan, if one is given."""
        model = self.model
        unit, amount, over = self._measure(rate.price, quantities)
        minimum, total = self._total(rate.price, amount, over, outputs)
        list_credits = plan_id = None
        if plan is not None and (own := self._plan_price(rate, plan)) is not None:
            list_credits, plan_id = total, plan.id
            minimum, total = self._total(own, amount, over, outputs)
        return Priced(
            model=model.id,
            tool=model.tool,
            rate=rate.id,
            version=version,
            unit=unit,
            quantity=amount,
            credits=total,
            outputs=outputs,
            settings=settings,
            quantities=quantities,
            minimum=None if minimum == total else minimum,
            list_credits=list_credits,
            plan=plan_id,
        )

    def rate_of(self, priced: Priced) -> Rate:
        """The rate a price came from."""
        return next(rate for rate in self.model.rates if rate.id == priced.rate)

    def exact(self, priced: Priced) -> Fraction:
        """The list price of a generation before the one rounding, in credits."""
        if priced.nothing:
            return Fraction(0)
        price = self.rate_of(priced).price
        _, amount, over = self._measure(price, priced.quantities)
        _, most, denominator = exact_price(price, amount, over)
        return Fraction(most * priced.outputs, denominator * SCALE)

    def _plan_price(self, rate: Rate, plan: Plan) -> Price | None:
        if self.model.tool in plan.unlimited:
            return Flat(0)
        return rate.plan_prices.get(plan.id)

    def _total(self, price: Price, amount: int, over: int, outputs: int) -> tuple[Micros, Micros]:
        """The rounded total of a generation of ``amount / over`` units: (least, most)."""
        low, high, denominator = exact_price(price, amount, over)
        most = round_total(high * outputs, denominator, self.rounding)
        if most > credits.MAX:
            raise InvalidRequest(
                f"{self.model.name} at this quantity costs more than {credits.MAX_CREDITS:,}, "
                "the largest amount there is",
                where=unit_of(price) or "outputs",
            )
        if low == high:
            return most, most
        return round_total(low * outputs, denominator, self.rounding), most

    def _measure(self, price: Price, quantities: dict[str, int]) -> tuple[str, int, int]:
        """What the price hangs on: the unit, and how much of it as ``amount / over``."""
        unit = unit_of(price)
        if unit is None:
            return "generation", SCALE, SCALE
        amount = quantities.get(unit + "s")
        if amount is None and unit == "second" and "minutes" in quantities:
            amount = quantities["minutes"] * _SECONDS_A_MINUTE
        if isinstance(price, Table):
            return unit, self._listed(price, amount), SCALE
        if amount is None and unit == "minute" and "seconds" in quantities:
            return "second", quantities["seconds"], SCALE * _SECONDS_A_MINUTE
        if amount is not None:
            return unit, amount, SCALE
        if unit in COUNTED_UNITS:
            return unit, SCALE, SCALE
        raise InvalidRequest(
            f"{self.model.name} is priced per {unit}: say how many, such as {unit}s=8",
            where=unit + "s",
        )

    def _listed(self, price: Table, amount: int | None) -> int:
        """The quantity, if the table lists it; the only one it lists, if none was said."""
        listed = [row[0] for row in price.rows]
        if amount is not None and amount in listed:
            return amount
        if amount is None and len(listed) == 1:
            return listed[0]
        allowed = [str(credits.show(each)) for each in listed]
        said = "" if amount is None else f", not {credits.show(amount)}"
        raise InvalidRequest(
            f"{self.model.name} is made in {' or '.join(allowed)} {price.unit}s{said}",
            where=price.unit + "s",
            allowed=allowed,
        )

    def _setting(self, name: str, value: object) -> str:
        values = self._values[name]
        word = value if type(value) is str else describe(value)  # True is the word true
        chosen = values.get(word[:200].casefold())
        if chosen is None or value is None:
            allowed = self._settings[name].values
            raise InvalidRequest(
                f"{self.model.name}: {name} must be {' or '.join(allowed)}, not {describe(value)}",
                where=name,
                allowed=allowed,
            )
        return chosen

    def _match(self, settings: dict[str, str]) -> Rate:
        found = [rate for rate in self.model.rates if matches(rate, settings)]
        if len(found) == 1:
            return found[0]
        missing = [setting for setting in self._settings.values() if setting.name not in settings]
        if found and missing:
            needs = "; ".join(f"{each.name} ({' or '.join(each.values)})" for each in missing)
            raise InvalidRequest(
                f"{self.model.name} needs {needs}",
                where=missing[0].name,
                allowed=missing[0].values,
            )
        said = ", ".join(f"{name}={value}" for name, value in settings.items()) or "no settings"
        raise InvalidRequest(f"{self.model.name} is not offered with {said}", where="settings")

    def unknown_param(self, name: object) -> InvalidRequest:
        """What is wrong with a name that is neither a setting nor a quantity of the model."""
        said = f"{self.model.name} has no setting or quantity {describe(name)}; "
        find = partial(self._unknown_param_words, said, str(name)[:80])
        return InvalidRequest(said, where=str(name)[:80], find=find)

    def _unknown_param_words(self, said: str, name: str) -> Words:
        known = (*self.setting_names, *self.quantity_names)
        offered = [f"{each.name} ({' or '.join(each.values)})" for each in self.model.settings]
        offered += list(self.quantity_names)
        meant = near(name, known, 1, 0.6)
        hint = f"did you mean {meant[0]}? " if meant else ""
        return Words(f"{said}{hint}it takes {', '.join(offered) or 'none'}", known)


def exact_price(price: Price, amount: int, over: int) -> tuple[int, int, int]:
    """The exact price of one output of ``amount / over`` units: (least, most, denominator)."""
    if isinstance(price, PerUnit):
        denominator = price.per * over // SCALE
        cost = price.credits * amount
        if price.at_least is not None:
            cost = max(cost, price.at_least * denominator)
        if price.at_most is not None:
            cost = min(cost, price.at_most * denominator)
        return cost, cost, denominator
    if isinstance(price, Flat):
        return price.credits, price.credits, 1
    if isinstance(price, Table):
        cost = dict(price.rows)[amount]
        return cost, cost, 1
    if price.unit is None:
        return price.minimum, price.maximum, 1
    return price.minimum * amount, price.maximum * amount, over


def matches(rate: Rate, settings: dict[str, str]) -> bool:
    """Whether a rate covers these settings; one that is not given matches every rate."""
    return all(name not in settings or settings[name] in values
               for name, values in rate.when.items())  # fmt: skip


def unit_of(price: Price) -> str | None:
    """The unit a price hangs on; None for one price a generation."""
    return None if isinstance(price, Flat) else price.unit


def quantity(value: object, name: str) -> int:
    """The micro-units of a quantity from outside: more than zero, whole where the unit is. Raises
    `InvalidRequest` for anything else."""
    if type(value) is int and 0 < value <= MAX_QUANTITY:
        return value * SCALE
    amount = credits.parse(value, name, minimum=-credits.MAX, maximum=credits.MAX)
    if not 0 < amount <= _MAX_MICRO_QUANTITY:
        raise InvalidRequest(
            f"{name} must be more than 0 and at most {MAX_QUANTITY:,}, not {describe(value)}",
            where=name,
        )
    if amount % SCALE and _UNIT_OF.get(name) not in _FRACTIONAL_UNITS:
        raise InvalidRequest(f"{name} must be a whole number, not {describe(value)}", where=name)
    return amount


def characters(text: object) -> int:
    """How many characters a text has: Unicode code points, spaces and punctuation included. Raises
    `InvalidRequest` for anything but text, and for a text that is too long."""
    if not isinstance(text, str):
        kind = type(text).__name__  # never what it is: a message may be logged
        raise InvalidRequest(f"text must be text, not a value of the type {kind}", where="text")
    if not 0 < len(text) <= MAX_TEXT:
        raise InvalidRequest(
            f"text must have 1 to {MAX_TEXT:,} characters, not {len(text):,}", where="text"
        )
    return len(text)


def round_total(numerator: int, denominator: int, rounding: Rounding) -> Micros:
    """A fraction of micros, rounded once to whole steps."""
    over = denominator * rounding.step
    if rounding.mode == "up":
        return -(-numerator // over) * rounding.step
    if rounding.mode == "down":
        return numerator // over * rounding.step
    return (2 * numerator + over) // (2 * over) * rounding.step


def _fold(name: str) -> str:
    return " ".join(name.casefold().split())
