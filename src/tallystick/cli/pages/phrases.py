"""Phrases that several pages use: a generation, its sources, a balance before and after."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ..output import amount, credit
from ..vocabulary import word

if TYPE_CHECKING:
    from ... import results

NAMELESS_UNIT = "generation"


def source(name: str) -> str:
    """A source as people write it, a top-up in the platform's own word."""
    return (
        word("top_up")
        if name == "topup"
        else {"carry_over": "carry-over", "rollover": "roll-over"}.get(name, name)
    )


def settings(chosen: Mapping[str, str] | None) -> str:
    """``resolution 1080p, audio on``."""
    return ", ".join(f"{name} {value}" for name, value in (chosen or {}).items())


def units(count: Any, unit: str, many: str | None = None) -> str:
    """``8 seconds``, ``1 second``, ``40 generations of 5 seconds``, ``1,000 input tokens``. `many`
    is the plural, where it is not simply the unit with an s."""
    head, space, rest = unit.partition(" ")
    name = head if count == 1 else many or f"{head}s"
    return f"{amount(count)} {name.replace('_', ' ')}{space}{rest}"


def quantity(line: "results.PricedLine") -> str:
    """How much of it: nothing for one generation whose size does not matter."""
    said = []
    if line.unit != NAMELESS_UNIT:
        said.append(units(line.quantity, line.unit, line.units))
    terms = [
        units(term.quantity, term.unit, term.units)
        for term in line.terms
        if term.unit != NAMELESS_UNIT and term.quantity
    ]
    said += [", ".join(terms)] if terms else []
    if line.outputs > 1:
        said.append(f"{line.outputs} outputs")
    return " x ".join(said)


def generation(line: "results.PricedLine") -> str:
    """``Veo 3.1, 8 seconds, resolution 1080p, audio on``."""
    return ", ".join(filter(None, [line.name, quantity(line), settings(line.settings)]))


def burns(parts: "Sequence[results.Burn]") -> str | None:
    """``subscription g3: 4,000; top-up g9: 1,000``, or None for nothing."""
    return (
        "; ".join(f"{source(each.source)} {each.grant}: {amount(each.credits)}" for each in parts)
        or None
    )


def balance(before: Any, after: Any) -> str | None:
    """``40,000 -> 36,000``, or what is known of it."""
    known = [amount(each) for each in (before, after) if each is not None]
    return " -> ".join(known) or None


def labels(given: Mapping[str, str]) -> str:
    """``project=launch, scene=2``."""
    return ", ".join(f"{name}={text}" for name, text in given.items())


def money(price: Any) -> str:
    """``1,200.50 USD``, ``9 USD (a sample price)``."""
    return (
        f"{Decimal(price.amount):,f} {price.currency}{' (a sample price)' if price.sample else ''}"
    )


def exact(price: str) -> str:
    """``3,000.5`` of ``3000.5``; a fraction such as ``10000/3`` too."""
    return "/".join(f"{Decimal(each):,f}" for each in price.split("/"))


def terms(package: Any, interval: str) -> str:
    """``40,000 credits a month, billed monthly``."""
    return f"{credit(package)} a month, billed {interval}"


def cap(cap: "results.CapTerms | results.CapView") -> str:
    """``50 a day for video``"""
    how = "in all" if cap.every == "life" else f"{'an' if cap.every == 'hour' else 'a'} {cap.every}"
    tools = f" for {', '.join(cap.tools)}" if cap.tools else ""
    return f"{amount(cap.credits)} {how}{tools}"
