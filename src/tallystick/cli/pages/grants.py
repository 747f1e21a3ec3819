"""Pages of credits given and taken by hand."""

from typing import TYPE_CHECKING

from ..output import FieldList, Next, Page, Paragraph, amount, credit, instant
from . import phrases

if TYPE_CHECKING:
    from ... import results


def granted(grant: "results.Grant") -> Page:
    what = phrases.source(grant.source)
    yield Paragraph(f"{credit(grant.credits)} given as {what}: grant {grant.grant}.", "good")
    yield FieldList(
        [
            ("expires", instant(grant.expires_at) or "never"),
            ("priority", None if grant.priority is None else str(grant.priority)),
            ("begins", _later(grant)),
            ("only for", ", ".join((*grant.tools, *grant.models)) or None),
            ("price", phrases.money(grant.price) if grant.price else None),
            ("payment", grant.payment),
            ("paid of what was owed", amount(grant.owed_paid) if grant.owed_paid else None),
            ("goodwill for", grant.receipt),
            ("reason", grant.reason),
            ("balance", phrases.balance(grant.balance_before, grant.balance_after)),
        ]
    )
    undo = ["reverse", grant.account, grant.grant.removeprefix("g"), "--reason", "TEXT"]
    yield Next([("undo it", undo)])


def _later(grant: "results.Grant") -> str | None:
    """When the credits begin, if that is not at once."""
    begins = grant.effective_at
    return instant(begins) if begins is not None and begins > grant.at else None


def voided(voided: "results.Void") -> Page:
    yield Paragraph(f"{credit(-voided.credits)} of {voided.grant} taken back.", "good")
    yield FieldList(
        [
            ("held", f"{amount(voided.held)}, until the holds close" if voided.held else None),
            ("owed", f"{credit(voided.owed)} that were spent" if voided.owed else None),
            ("reason", voided.reason),
            ("balance", phrases.balance(voided.balance_before, voided.balance_after)),
        ]
    )


def expiry_moved(moved: "results.ExpiryChange") -> Page:
    until = "never expires" if moved.expires_at is None else f"expires {instant(moved.expires_at)}"
    yield Paragraph(f"{moved.grant} {until}.", "good")
    yield FieldList(
        [
            ("before", instant(moved.expired_at) or "never"),
            ("left", credit(moved.credits)),
            ("reason", moved.reason),
        ]
    )
    back = "never" if moved.expired_at is None else f"{moved.expired_at:%Y-%m-%dT%H:%M:%SZ}"
    undo = ["set-expiry", moved.account, moved.grant, back, "--reason", "TEXT"]
    yield Next([("undo it", undo)])


def adjusted(adjusted: "results.Grant | results.Adjustment") -> Page:
    """An adjustment up is a grant; one down, and a reversal, take credits back."""
    from ... import results

    if isinstance(adjusted, results.Grant):
        yield from granted(adjusted)
        return
    undone = "" if adjusted.reverses is None else f": entry {adjusted.reverses} is undone"
    taken = abs(adjusted.credits)
    yield Paragraph(f"{credit(taken)} taken back{undone}.", "good")
    yield FieldList(
        [
            ("reason", adjusted.reason),
            ("burned", phrases.burns(adjusted.burns)),
            ("balance", phrases.balance(adjusted.balance_before, adjusted.balance_after)),
        ]
    )
    again = ["adjust", adjusted.account, str(taken), "--reason", "TEXT"]
    yield Next([("give them again", again)])
