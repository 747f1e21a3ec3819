"""Model cards: one model, ready to price (`docs/spec.md` 2).

Arithmetic is exact: one output is a fraction of integers, the outputs multiply it, and the total
of the generation is rounded once.
"""

from fractions import Fraction
from functools import partial
from typing import Any

from msgspec import Struct

from . import credits
from .arithmetic import (
    SumPrice,
    exact_price,
    many_of,
    quantities_of,
    round_total,
    stepped,
    sum_price,
    term_prices,
    unit_of,
)
from .catalog import Cost, Flat, Model, PerUnit, Plan, Price, Rate, Rounding, Sum, Table, Term
from .credits import SCALE, Micros
from .errors import InvalidRequest, Words, describe
from .instants import Instant, words
from .quantities import Units, quantity
from .spelling import near

_SECONDS_A_MINUTE = 60
_ALSO_MEASURED_IN = {"minute": "seconds", "second": "minutes"}
_A_TEXT = {"characters": "bytes", "bytes": "characters"}
"""The two counts of a text. Where a request has both, a model takes the one that it is priced
by."""


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
        """Whether nothing was delivered: no outputs, or none of what the price depends on."""
        return not self.outputs or not self.quantity


class ModelCard:
    """One model, ready to price."""

    def __init__(self, model: Model, rounding: Rounding, units: Units):
        self.model = model
        self.rounding = rounding
        self._units = units
        self.ends = model.until is not None or any(rate.until for rate in model.rates)
        """Whether it, or one of its rates, has an end."""
        self.counts = any(_is_counted(rate.price) for rate in model.rates)
        """Whether a price of it has terms, steps, or a plural of its own."""
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
        self._sums = {
            id(price): sum_price(price, units)
            for rate in model.rates
            for price in (rate.price, *rate.plan_prices.values())
            if isinstance(price, Sum)
        }
        self._least = 0 if self._sums else 1  # of a sum there may be none of one quantity
        self._read = {name: units.by_many.get(name) for name in self._quantity_names()}
        self.quantity_names = tuple(self._read)
        self.param_names = frozenset((*self.setting_names, *self.quantity_names))

    def _quantity_names(self) -> tuple[str, ...]:
        """The quantities a request may name for this model, priced ones first."""
        priced = [rate.price for rate in self.model.rates]
        also = [
            _ALSO_MEASURED_IN[unit]
            for price in priced
            if (unit := unit_of(price)) in _ALSO_MEASURED_IN and not isinstance(price, Table)
        ]
        hung_on = [name for price in priced for name in quantities_of(price)]
        return tuple(dict.fromkeys([*hung_on, *also, *self.model.unpriced]))

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
            if name in self._read:
                quantities[name] = quantity(value, name, self._read[name], self._least)
            elif name in self._settings:
                settings[name] = self._setting(name, value)
            elif not (_A_TEXT.get(name) in params and _A_TEXT[name] in self._read):
                raise self.unknown_param(name)
        if "seconds" in quantities and "minutes" in quantities:
            raise InvalidRequest("give seconds or minutes, not both", where="minutes")
        return settings, quantities

    def quantity(self, value: object, name: str) -> int:
        """The micro-units of one of its quantities. Raises `InvalidRequest` for anything else."""
        return quantity(value, name, self._read.get(name))

    def rate(self, settings: dict[str, str]) -> Rate:
        """The one rate that these settings match. A setting on which no price depends may be
        missing."""
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
        minimum, total = self._total(rate.price, amount, over, outputs, quantities)
        list_credits = plan_id = None
        if plan is not None and (own := self.plan_price(rate, plan)) is not None:
            list_credits, plan_id = total, plan.id
            minimum, total = self._own_total(own, outputs, quantities)
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

    def price_of(self, priced: Priced) -> Price:
        """What was priced by: the rate's price, or the own one of the plan."""
        rate = self.rate_of(priced)
        own = None if priced.plan is None else rate.plan_prices.get(priced.plan)
        return rate.price if own is None else own

    def terms(self, priced: Priced) -> list[tuple[Term, int, Fraction]]:
        """The terms of a price that is a sum: each with its quantity (micro-units; of a fixed part
        one) and what it comes to for all outputs, exact, in credits."""
        price = self.price_of(priced)
        if not isinstance(price, Sum) or (
            not priced.list_credits == priced.credits == 0
            and (priced.plan is not None and price is self.rate_of(priced).price)
        ):
            return []
        over, made = term_prices(price, self._units)
        return [
            (
                term,
                each.amount(priced.quantities) if each.name else SCALE,
                Fraction(each.cost(priced.quantities) * priced.outputs, over * SCALE),
            )
            for term, each in zip(price.terms, made, strict=True)
        ]

    def stated(self, priced: Priced) -> int | None:
        """The quantity as it was said (micro-units), where it is counted in steps."""
        price = self.price_of(priced)
        if not isinstance(price, PerUnit) or price.step is None:
            return None
        return priced.quantities.get(many_of(price.unit, price.many))

    def costs(self, priced: Priced) -> dict[str, Fraction]:
        """What a generation costs the operator, exact, by currency; nothing where no cost is
        known."""
        found: dict[str, Fraction] = {}
        for cost in self.rate_of(priced).costs:
            each = Fraction(cost.amount) * priced.outputs
            if cost.unit is not None:
                each *= Fraction(self._quantity(cost, priced), cost.per)
            found[cost.currency] = found.get(cost.currency, Fraction(0)) + each
        return found

    def _quantity(self, cost: Cost, priced: Priced) -> int:
        """The micro-units that a cost is for: those that were said, not those that were counted."""
        unit = cost.unit or ""
        said = priced.quantities.get(many_of(unit, cost.many))
        if said is None and unit == "second" and "minutes" in priced.quantities:
            return priced.quantities["minutes"] * _SECONDS_A_MINUTE
        if said is None and unit == priced.unit:
            return priced.quantity
        return said or 0

    def exact(self, priced: Priced) -> Fraction:
        """The list price of a generation before the one rounding, in credits."""
        if priced.nothing:
            return Fraction(0)
        price = self.rate_of(priced).price
        _, amount, over = self._measure(price, priced.quantities)
        _, most, denominator = self._exact(price, amount, over, priced.quantities)
        return Fraction(most * priced.outputs, denominator * SCALE)

    def ended(self, rate: Rate, at: Instant) -> bool:
        """Whether the model, or this rate of it, has ended at an instant."""
        return any(until is not None and at >= until for until in (self.model.until, rate.until))

    def check_offered(self, rate: Rate, at: Instant) -> None:
        """Raises `InvalidRequest` for a model or a rate that has ended at an instant."""
        for until, what in ((self.model.until, ""), (rate.until, _settings_words(rate))):
            if until is not None and at >= until:
                raise InvalidRequest(
                    f"{self.model.name}{what} ended at {words(until)}: it is not offered any more",
                    where="model",
                )

    def plan_price(self, rate: Rate, plan: Plan) -> Price | None:
        """What a plan's subscribers pay instead of the list price; None where that holds."""
        if self.model.tool in plan.unlimited:
            return Flat(0)
        return rate.plan_prices.get(plan.id)

    def _own_total(
        self, own: Price, outputs: int, quantities: dict[str, int]
    ) -> tuple[Micros, Micros]:
        """The rounded total at a plan's own price, which counts as it says itself."""
        _, amount, over = self._measure(own, quantities)
        return self._total(own, amount, over, outputs, quantities)

    def _exact(
        self, price: Price, amount: int, over: int, quantities: dict[str, int]
    ) -> tuple[int, int, int]:
        """The exact price of one output: (least, most, denominator)."""
        made = self._sums.get(id(price)) if self._sums else None
        if made is None:
            return exact_price(price, amount, over)
        cost = made.numerator(quantities)
        return cost, cost, made.denominator

    def _total(
        self, price: Price, amount: int, over: int, outputs: int, quantities: dict[str, int]
    ) -> tuple[Micros, Micros]:
        """The rounded total of a generation of ``amount / over`` units: (least, most)."""
        low, high, denominator = self._exact(price, amount, over, quantities)
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
        """What the price depends on: the unit, and how much of it as ``amount / over``."""
        unit = unit_of(price)
        if unit is None:
            if isinstance(price, Sum):
                self._check_said(self._sums[id(price)], quantities)
            return "generation", SCALE, SCALE
        name = many_of(unit, getattr(price, "many", None))
        amount = quantities.get(name)
        if amount is None and unit == "second" and "minutes" in quantities:
            amount = quantities["minutes"] * _SECONDS_A_MINUTE
        if isinstance(price, Table):
            return unit, self._listed(price, name, amount), SCALE
        if amount is None and unit == "minute" and "seconds" in quantities:
            return self._counted(price, "second", quantities["seconds"], SCALE * _SECONDS_A_MINUTE)
        if amount is None and self._units.by_one[unit].counted:
            amount = SCALE
        if amount:
            return self._counted(price, unit, amount, SCALE)
        raise InvalidRequest(
            f"{self.model.name} is priced per {unit}: say how many, such as {name}=8", where=name
        )

    def _counted(self, price: Price, unit: str, amount: int, over: int) -> tuple[str, int, int]:
        """``amount / over`` units, in whole steps where the price counts in steps."""
        if not isinstance(price, PerUnit) or price.step is None:
            return unit, amount, over
        return price.unit, stepped(amount, over, price.step), SCALE

    def _check_said(self, price: SumPrice, quantities: dict[str, int]) -> None:
        """Of what a sum meters, a request says at least one quantity."""
        if price.metered and price.metered.isdisjoint(quantities):
            names = [name for name in self.quantity_names if name in price.metered]
            raise InvalidRequest(
                f"{self.model.name} is priced by {', '.join(names)}: say how many, such as "
                f"{names[0]}=8",
                where=names[0],
                allowed=names,
            )

    def _listed(self, price: Table, name: str, amount: int | None) -> int:
        """The quantity, if the table lists it; the only one it lists, if none was said."""
        listed = [row[0] for row in price.rows]
        if amount is not None and amount in listed:
            return amount
        if amount is None and len(listed) == 1:
            return listed[0]
        allowed = [str(credits.show(each)) for each in listed]
        said = "" if amount is None else f", not {credits.show(amount)}"
        raise InvalidRequest(
            f"{self.model.name} is made in {' or '.join(allowed)} {name}{said}",
            where=name,
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


def matches(rate: Rate, settings: dict[str, str]) -> bool:
    """Whether a rate covers these settings; one that is not given matches every rate."""
    return all(name not in settings or settings[name] in values
               for name, values in rate.when.items())  # fmt: skip


def _is_counted(price: Price) -> bool:
    step, many = getattr(price, "step", None), getattr(price, "many", None)
    return isinstance(price, Sum) or step is not None or many is not None


def _settings_words(rate: Rate) -> str:
    """The settings a rate is for, after the name of its model."""
    said = ", ".join(f"{name}={' or '.join(values)}" for name, values in rate.when.items())
    return f" with {said}" if said else ""
