"""Prices, settings and offers in words: ``300 credits per second``, ``1080p, audio on``."""

from collections.abc import Mapping, Sequence

from ..core import credits
from ..core.catalog import (
    Flat,
    FreeCredits,
    Model,
    Money,
    Package,
    PerUnit,
    Price,
    Rate,
    Rounding,
    Table,
    TopUps,
    UpgradeRule,
    Wording,
)
from ..core.credits import SCALE, Micros

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
    span = f"{credits.text(price.minimum)} to {credit_words(price.maximum, wording)}"
    return f"{span} per {price.unit or 'generation'}"


def _per_unit_words(price: PerUnit, wording: Wording) -> str:
    limits = [
        f"{word} {credits.text(limit)}"
        for word, limit in (("at least", price.at_least), ("at most", price.at_most))
        if limit is not None
    ]
    if not price.credits and price.at_least is None:
        return "free"
    each = f"{credit_words(price.credits, wording)} per {quantity_words(price.per, price.unit)}"
    return ", ".join([each, *limits])


def _table_words(price: Table, wording: Wording) -> str:
    rows = [
        f"{credit_words(cost, wording)} for {credits.text(amount)} "
        f"{price.unit if amount == SCALE else price.unit + 's'}"
        for amount, cost in price.rows
    ]
    return ", ".join(rows)


def quantity_words(amount: int, unit: str) -> str:
    """``second``, ``5 characters``: what a price is per."""
    return unit if amount == SCALE else f"{credits.text(amount)} {unit}s"


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
