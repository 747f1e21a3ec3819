"""Pages of credits given and taken by hand."""

from typing import TYPE_CHECKING

from ..output import FieldList, Next, Page, Paragraph, credit, instant
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
            ("reason", grant.reason),
            ("balance", phrases.balance(grant.balance_before, grant.balance_after)),
        ]
    )
    undo = ["reverse", grant.account, grant.grant.removeprefix("g"), "--reason", "TEXT"]
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
