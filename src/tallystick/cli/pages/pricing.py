"""Pages of quotes, estimates and capacities."""

from typing import TYPE_CHECKING

from ..output import FieldList, Next, Page, Paragraph, TextTable, amount, credit, instant
from ..vocabulary import word
from . import phrases, refusals

if TYPE_CHECKING:
    from ... import results
    from ...results.estimates import Capacity, CapacityLine, Estimate
    from ..context import Here


def quote(quote: "results.Quote", here: "Here") -> Page:
    yield Paragraph(_price(quote), "title")
    yield TextTable(
        ("model", "settings", "quantity", "rate", ">list price", f">{word('credits')}"),
        [
            (
                line.name,
                phrases.settings(line.settings),
                phrases.quantity(line),
                line.rate,
                "" if line.list_credits is None else amount(line.list_credits),
                amount(line.credits),
            )
            for line in quote.lines
        ],
        drop=("rate", "list price", "quantity", "settings"),
    )
    yield FieldList(
        [
            ("account", quote.account),
            ("balance", phrases.balance(quote.balance_before, quote.balance_after)),
            ("burns", phrases.burns(quote.burns)),
            ("plan", _waived(quote)),
            ("catalog", f"{quote.catalog.platform}, version {quote.catalog.version}"),
            ("honoured until", instant(quote.expires_at)),
        ]
    )
    yield from _what_next(quote, here)


def _price(quote: "results.Quote") -> str:
    if quote.min == quote.max:
        return credit(quote.credits)
    return f"{amount(quote.min)} to {credit(quote.max)}; a hold takes {amount(quote.credits)}"


def _waived(quote: "results.Quote") -> str | None:
    changed = [line.plan for line in quote.lines if line.plan is not None]
    return f"{changed[0]} changes the list price" if changed else None


def _what_next(quote: "results.Quote", here: "Here") -> Page:
    if quote.account is None:
        return
    if quote.refusal is not None:
        yield Paragraph(f"Not allowed: {quote.refusal.message}", "bad")
        yield from refusals.ways(quote.refusal, here)
        return
    outputs = here.given["outputs"]
    words = [*here.given["model"], *(["--outputs", outputs] if outputs else [])]
    yield Next(
        [
            ("reserve it", ["hold", quote.account, *words]),
            ("or pay it at once", ["charge", quote.account, *words]),
        ]
    )


def estimate(estimate: "Estimate") -> Page:
    yield Paragraph(credit(estimate.credits), "title")
    yield TextTable(
        (">count", "model", "settings", ">each", f">{word('credits')}"),
        [
            (
                amount(line.count),
                line.name,
                phrases.settings(line.settings),
                amount(line.each),
                amount(line.credits),
            )
            for line in estimate.lines
        ],
        drop=("each", "settings"),
    )
    days = f", {estimate.days} days" if estimate.days > 1 else ""
    cheap = estimate.min != estimate.subtotal
    yield FieldList(
        [
            (f"lines{days}", amount(estimate.subtotal)),
            ("at the least", amount(estimate.min) if cheap else None),
            (
                f"buffer of {estimate.buffer}",
                amount(estimate.buffer_credits) if estimate.buffer_credits else None,
            ),
            ("together", credit(estimate.credits)),
        ]
    )


def capacity(capacity: "Capacity") -> Page:
    yield Paragraph(f"{capacity.plan}: {credit(capacity.credits)} a month", "title")
    if not capacity.lines:
        yield Paragraph("This plan unlocks no tools.")
        return
    yield Paragraph("Each line on its own, rounded down.", "quiet")
    tools = dict.fromkeys(line.tool for line in capacity.lines)
    for tool in tools:
        yield TextTable(
            (tool, "settings", "price", ">good for"),
            [
                (
                    line.name,
                    phrases.settings(line.settings),
                    _each(line),
                    "unlimited"
                    if line.count is None
                    else phrases.units(line.count, line.unit, line.units),
                )
                for line in capacity.lines
                if line.tool == tool
            ],
            drop=("price", "settings"),
        )


def _each(line: "CapacityLine") -> str:
    """``60 per second``, ``1 per 5 characters``."""
    unit = line.unit.replace("_", " ")
    each = unit if line.per == 1 else phrases.units(line.per, line.unit, line.units)
    return f"{amount(line.credits)} per {each}"
