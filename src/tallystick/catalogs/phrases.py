"""Prices, settings and offers in words: ``300 credits per second``, ``1080p, audio on``."""

from collections.abc import Mapping, Sequence

from ..core import credits
from ..core.arithmetic import many_of
from ..core.catalog import (
    Cost,
    Flat,
    FreeCredits,
    Model,
    Money,
    Package,
    PerUnit,
    Price,
    Rate,
    Rounding,
    Sum,
    Table,
    Term,
    Tier,
    TopUps,
    Unit,
    UpgradeRule,
    Wording,
)
from ..core.credits import SCALE, Micros
from ..core.instants import Instant, words

USUAL = Wording()
_ROUNDED = {"up": "up to", "down": "down to", "half_up": "to the nearest"}
_UPGRADED = {
    "add_full_keep_leftover": "adds the full {credits} and keeps the leftover for one cycle",
    "deduct_used": "gives the new {credits} less what this cycle used",
}


def top_up_life(offer: TopUps) -> str | None:
    """``365 days``, ``3 years``; None for top-ups that never expire."""
    months = offer.expires_after_months
    if months is not None:
        return _counted(months // 12, "year") if not months % 12 else _counted(months, "month")
    days = offer.expires_after_days
    return None if days is None else f"{days:,} days"


def _counted(count: int, unit: str) -> str:
    return f"{count:,} {unit}{'' if count == 1 else 's'}"


def capital(text: str) -> str:
    """A text as a sentence begins: ``Free credits``. What is written large in it stays so."""
    return text[:1].upper() + text[1:]


def credit_words(amount: Micros, wording: Wording = USUAL) -> str:
    """``1 credit``, ``16,500 credits``."""
    return wording.amount(amount)


def price_words(price: Price, wording: Wording = USUAL) -> str:
    """A price of one output: ``1 credit per 5 characters``, ``5 to 10 credits``, ``free``."""
    if isinstance(price, Flat):
        return f"{credit_words(price.credits, wording)} per generation" if price.credits else "free"
    if isinstance(price, PerUnit):
        return _per_unit_words(price, wording)
    if isinstance(price, Table):
        return _table_words(price, wording)
    if isinstance(price, Sum):
        terms = [term_words(term, wording) for term in price.terms]
        return ", ".join([" + ".join(terms), *_limits(price)])
    span = f"{credits.text(price.minimum)} to {credit_words(price.maximum, wording)}"
    return f"{span} per {unit_words(price.unit or 'generation')}"


def _limits(price: PerUnit | Sum) -> list[str]:
    return [
        f"{word} {credits.text(limit)}"
        for word, limit in (("at least", price.at_least), ("at most", price.at_most))
        if limit is not None
    ]


def _per_unit_words(price: PerUnit, wording: Wording) -> str:
    if not price.credits and price.at_least is None:
        return "free"
    per = quantity_words(price.per, price.unit, price.many)
    each = f"{credit_words(price.credits, wording)} per {per}"
    return ", ".join([each, *_steps(price.step, price.unit, price.many), *_limits(price)])


def _steps(step: int | None, unit: str, many: str | None) -> list[str]:
    return [] if step is None else [f"in steps of {counted_words(step, unit, many)}"]


def _table_words(price: Table, wording: Wording) -> str:
    rows = [
        f"{credit_words(cost, wording)} for {counted_words(amount, price.unit, price.many)}"
        for amount, cost in price.rows
    ]
    return ", ".join(rows)


def term_words(term: Term, wording: Wording = USUAL) -> str:
    """A part of a sum: ``10 credits per 1,000 output tokens``, ``2 credits``; tiers each with
    their bounds."""
    if term.unit is None:
        return credit_words(term.credits, wording)
    first, *others = term.tiers or (Tier(term.credits, term.per),)
    said = f"{credit_words(first.credits, wording)} per "
    said += quantity_words(first.per, term.unit, term.many)
    bounds = [tier.up_to or 0 for tier in term.tiers]
    rest = [
        _tier_words(term, tier, first.per, above)
        for tier, above in zip(others, bounds, strict=False)
    ]
    steps = _steps(term.step, term.unit, term.many)
    return said + (f" ({', '.join([*rest, *steps])})" if rest or steps else "")


def _tier_words(term: Term, tier: Tier, usual: int, above: int) -> str:
    """``2.5 for all above 200,000``, ``3 for those above 10``, ``15 above 200 input tokens``."""
    rate = credits.text(tier.credits)
    if tier.per != usual:
        rate += f" per {quantity_words(tier.per, term.unit or '', term.many)}"
    if term.by:
        return f"{rate} above {credits.text(above)} {' and '.join(map(unit_words, term.by))}"
    return f"{rate} for {'those' if term.graduated else 'all'} above {credits.text(above)}"


def quantity_words(amount: int, unit: str, many: str | None = None) -> str:
    """``second``, ``5 characters``: what a price is per."""
    return unit_words(unit) if amount == SCALE else counted_words(amount, unit, many)


def counted_words(amount: int, unit: str, many: str | None = None) -> str:
    """``1 second``, ``1,000 input tokens``: so many of a unit."""
    name = unit if amount == SCALE else many_of(unit, many)
    return f"{credits.text(amount)} {unit_words(name)}"


def unit_words(name: str) -> str:
    """The name of a unit or a quantity for people: ``input tokens`` of ``input_tokens``."""
    return name.replace("_", " ")


def setting_words(settings: Mapping[str, str | Sequence[str]]) -> str:
    """Settings as people say them: ``720p or 1080p, audio on``."""
    said: list[str] = []
    for name, chosen in settings.items():
        values = [chosen] if isinstance(chosen, str) else list(chosen)
        listed = " or ".join(values)
        said.append(listed if all(map(_speaks_for_itself, values)) else f"{name} {listed}")
    return ", ".join(said)


def _speaks_for_itself(value: str) -> bool:
    """``1080p`` or ``16:9`` need no name beside them; ``on`` and ``30`` do."""
    return value[:1].isdigit() and not value.isdigit()


def rate_words(rate: Rate, wording: Wording = USUAL) -> str:
    """A rate as one line: ``1080p, audio on: 500 credits per second``."""
    price = price_words(rate.price, wording)
    return f"{setting_words(rate.when)}: {price}" if rate.when else price


def model_words(model: Model, wording: Wording = USUAL, at_most: int = 4) -> str:
    """What a model costs, its first rates in full."""
    rates = [rate_words(rate, wording) for rate in model.rates[:at_most]]
    more = len(model.rates) - len(rates)
    return "; ".join(rates) + (f"; and {more:,} more rates" if more else "")


def package_words(package: Package, wording: Wording = USUAL) -> str:
    """``16,500 credits a month``."""
    return f"{credit_words(package.credits, wording)} a month"


def free_words(
    free: FreeCredits, wording: Wording = USUAL, names: Sequence[str] | None = None
) -> str:
    """``100 credits a day``, ``200 credits a month on Starter``; `names` are those of its plans,
    their ids if left out."""
    listed = " and ".join(free.plans or () if names is None else names) or "no plan"
    plans = "" if free.plans is None else f" on {listed}"
    often = f"a {free.window}" if free.count == 1 else f"every {free.window}"
    often = f"an {free.window}" if free.window.startswith("hour") else often
    return f"{credit_words(free.credits, wording)} {often}{plans}"


def money_words(money: Money) -> str:
    """``9.99 USD``, ``9.99 USD (sample)``."""
    return f"{money.amount} {money.currency}{' (sample)' if money.sample else ''}"


def rounding_words(rounding: Rounding | None, wording: Wording = USUAL) -> str:
    """``up to whole credits``, ``down to steps of 0.5``."""
    if rounding is None:
        return "as the policy says"
    whole = f"whole {wording.credits}"
    steps = whole if rounding.step == SCALE else f"steps of {credits.text(rounding.step)}"
    return f"{_ROUNDED[rounding.mode]} {steps}"


def upgrade_words(rule: UpgradeRule, wording: Wording = USUAL) -> str:
    """``adds the full credits and keeps the leftover; the cycle restarts``."""
    cycle = "restarts" if rule.restart_cycle else "goes on"
    done = _UPGRADED[rule.credits].format(credits=wording.credits)
    return f"{done}; the cycle {cycle}"


def end_words(until: Instant | None) -> str:
    """``never``, ``2026-09-24 00:00:00 UTC``."""
    return "never" if until is None else words(until)


def cost_words(costs: Sequence[Cost]) -> str:
    """``0.05 USD per second (the provider's price list)``."""
    return " + ".join(_cost_words(cost) for cost in costs) or "unknown"


def _cost_words(cost: Cost) -> str:
    per = quantity_words(cost.per, cost.unit or "generation", cost.many)
    source = f" ({cost.source})" if cost.source else ""
    return f"{cost.amount} {cost.currency} per {per}{source}"


def units_words(units: Sequence[Unit]) -> str:
    """``mesh or meshes (counted), hour or hours (with fractions)``."""
    return ", ".join(map(_unit_names, units)) or "none of its own"


def _unit_names(unit: Unit) -> str:
    marks = [
        word
        for word, so in (("with fractions", unit.fractions), ("one unless said", unit.counted))
        if so
    ]
    return f"{unit.one} or {unit.many}" + (f" ({', '.join(marks)})" if marks else "")
