"""Pages of holds, what became of them, charges, and usage."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..output import (
    FieldList,
    Next,
    Page,
    Paragraph,
    TextTable,
    amount,
    credit,
    dated,
    instant,
    moment,
)
from ..vocabulary import word
from . import phrases

if TYPE_CHECKING:
    from ... import results


def _spent(spent: "results.Spend") -> list[tuple[str, str | None]]:
    """What holds, settlements and charges have in common."""
    return [
        ("for", "; ".join(phrases.generation(line) for line in spent.lines)),
        ("burned", phrases.burns(spent.burns)),
        ("balance", phrases.balance(spent.balance_before, spent.balance_after)),
        ("member", spent.member),
        ("labels", phrases.labels(spent.labels) or None),
    ]


def held(hold: "results.Hold") -> Page:
    yield Paragraph(f"{credit(hold.credits)} held: {hold.hold}.", "good")
    yield FieldList([*_spent(hold), ("times out", instant(hold.expires_at))])
    yield Next(
        [
            ("settle it", ["settle", hold.account, hold.hold]),
            ("or give it back", ["release", hold.account, hold.hold]),
        ]
    )


def settled(settled: "results.Settlement") -> Page:
    held = f" of {amount(settled.held)} held"
    yield Paragraph(f"{credit(settled.credits)}{held} charged: {settled.receipt}.", "good")
    uncollected = amount(settled.uncollected) if settled.uncollected else None
    yield FieldList(
        [
            *_spent(settled),
            ("outcome", settled.outcome.replace("_", " ")),
            ("returned", amount(settled.returned)),
            ("expired meanwhile", amount(settled.expired) if settled.expired else None),
            ("not there to take", uncollected),
        ]
    )
    yield _explained(settled.account, settled.receipt)


def _explained(account: str, receipt: str) -> Next:
    return Next([("its receipt", ["account", "receipt", account, receipt])])


def charged(charge: "results.Charge") -> Page:
    yield Paragraph(f"{credit(charge.credits)} charged: {charge.receipt}.", "good")
    yield FieldList(_spent(charge))
    yield _explained(charge.account, charge.receipt)


def leased(lease: "results.Lease") -> Page:
    yield Paragraph(f"{credit(lease.credits)} leased: {lease.hold}.", "good")
    yield FieldList(
        [
            ("reserved of", phrases.burns(lease.burns)),
            ("balance", phrases.balance(lease.balance_before, lease.balance_after)),
            ("member", lease.member),
            ("labels", phrases.labels(lease.labels) or None),
            ("times out", instant(lease.expires_at)),
        ]
    )
    yield Next(
        [
            ("draw from it", ["draw", lease.account, lease.hold, "MODEL", "seconds=8"]),
            ("let it live longer", ["extend", lease.account, lease.hold, "3600"]),
            ("end it", ["release", lease.account, lease.hold]),
        ]
    )


def drawn(draw: "results.Draw") -> Page:
    yield Paragraph(f"{credit(draw.credits)} drawn from {draw.hold}: {draw.receipt}.", "good")
    yield FieldList([*_spent(draw), ("left of it", amount(draw.left))])
    yield _explained(draw.account, draw.receipt)


def refunded(refund: "results.Refund") -> Page:
    charged = f" of {amount(refund.charged)} charged"
    yield Paragraph(f"{credit(refund.credits)}{charged} given back: {refund.receipt}.", "good")
    yield FieldList(
        [
            ("reason", refund.reason),
            ("returned to", phrases.burns(refund.returns)),
            ("expired meanwhile", amount(refund.expired) if refund.expired else None),
            ("given back by now", amount(refund.refunded)),
            ("balance", phrases.balance(refund.balance_before, refund.balance_after)),
        ]
    )
    yield _explained(refund.account, refund.receipt)


def released(released: "results.Release") -> Page:
    yield Paragraph(
        f"Hold {released.hold} released: {credit(released.returned)} given back.", "good"
    )
    yield FieldList(
        [
            ("expired meanwhile", amount(released.expired) if released.expired else None),
            ("balance", phrases.balance(released.balance_before, released.balance_after)),
        ]
    )


def increased(increase: "results.Increase") -> Page:
    yield Paragraph(f"Hold {increase.hold} reserves {credit(increase.credits)} now.", "good")
    yield FieldList(
        [
            ("added", amount(increase.added)),
            ("of", phrases.burns(increase.burns)),
            ("balance", phrases.balance(increase.balance_before, increase.balance_after)),
        ]
    )
    yield Next([("settle it", ["settle", increase.account, increase.hold])])


def extended(extended: "results.Extension") -> Page:
    yield Paragraph(f"Hold {extended.hold} is open until {instant(extended.expires_at)}.", "good")


def usage(lines: "Sequence[results.UsageLine]", account: str) -> Page:
    if not lines:
        yield Paragraph("Nothing was charged.")
        yield Next([("charge something", ["charge", account, "MODEL", "seconds=8"])])
        return
    yield TextTable(
        (
            dated("at"),
            "tool",
            "model",
            ">quantity",
            f">{word('credits')}",
            "member",
            "labels",
            "receipt",
        ),
        [
            (
                moment(line.at),
                line.tool,
                line.name,
                _quantity(line),
                amount(line.credits),
                line.member or "",
                phrases.labels(line.labels),
                line.receipt,
            )
            for line in lines
        ],
        drop=("labels", "member", "tool", "quantity"),
    )
    together = sum(line.credits for line in lines)
    yield FieldList([("charges", amount(len(lines))), ("together", credit(together))])


def _quantity(line: "results.UsageLine") -> str:
    each = "" if line.unit == phrases.NAMELESS_UNIT else phrases.units(line.quantity, line.unit)
    return " x ".join(filter(None, [each, f"{line.outputs} outputs" if line.outputs > 1 else ""]))
