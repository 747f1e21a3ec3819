"""Credits given and taken by hand: top-up, grant, adjust, reverse, void, set-expiry."""

from typing import Annotated

import typer

from .commands import WRITES, Answer, command
from .context import Here
from .options import Account, Amount, Reason, field, parameter
from .pages import grants as pages

app = typer.Typer()
HEADING = "Credits by hand"

Source = Annotated[
    str,
    typer.Option(
        "--source",
        metavar="SOURCE",
        help="The source that the credits count as: promo or adjustment.",
    ),
]
ExpiresAt = Annotated[
    str | None,
    typer.Option("--expires-at", metavar="INSTANT", help=field("GrantBody", "expires_at")),
]
Priority = Annotated[
    str | None,
    typer.Option(
        "--priority",
        metavar="N",
        help="The grant's own place in burn-down order, 1 to 100; sources have 10, 20 and so on.",
    ),
]
MaybeReason = Annotated[
    str | None, typer.Option("--reason", metavar="TEXT", help="The reason, which the ledger keeps.")
]
Signed = Annotated[
    str | None,
    typer.Argument(
        metavar="[CREDITS]",
        help="How many credits: 500 gives them, -500 takes them back. Left out with --full.",
    ),
]
EntryNumber = Annotated[str, typer.Argument(metavar="ENTRY", help=parameter("entry"))]
GrantId = Annotated[str, typer.Argument(metavar="GRANT", help=parameter("grant"))]
Custom = Annotated[bool, typer.Option("--custom", help=field("TopUpBody", "custom"))]
Price = Annotated[
    str | None,
    typer.Option(
        "--price", metavar="MONEY", help="The money that was paid for them, such as '9.99 USD'."
    ),
]
Payment = Annotated[
    str | None, typer.Option("--payment", metavar="ID", help=field("Grant", "payment"))
]
EffectiveAt = Annotated[
    str | None,
    typer.Option(
        "--effective-at",
        metavar="INSTANT",
        help="When the credits can be spent from; now if left out.",
    ),
]
Tools = Annotated[
    list[str] | None,
    typer.Option(
        "--tool", metavar="TOOL", help="Only for generations of this tool; may be repeated."
    ),
]
Models = Annotated[
    list[str] | None,
    typer.Option(
        "--model", metavar="MODEL", help="Only for generations of this model; may be repeated."
    ),
]
OneGrant = Annotated[
    str | None, typer.Option("--grant", metavar="GRANT", help=field("AdjustBody", "grant"))
]
OneSource = Annotated[
    str | None, typer.Option("--source", metavar="SOURCE", help=field("AdjustBody", "source"))
]
Until = Annotated[
    str, typer.Argument(metavar="INSTANT", help="When it expires from now on, or the word never.")
]
Used = Annotated[bool, typer.Option("--used", help=field("AdjustBody", "used"))]
ForReceipt = Annotated[
    str | None, typer.Option("--receipt", metavar="RECEIPT", help=field("AdjustBody", "receipt"))
]
Full = Annotated[bool, typer.Option("--full", help=field("AdjustBody", "full"))]
Owe = Annotated[bool, typer.Option("--owe", help=field("VoidBody", "owe"))]


@command(app, "top-up", heading=HEADING, shared=WRITES)
def top_up(
    here: Here,
    account: Account,
    credits: Amount,
    custom: Custom = False,
    price: Price = None,
    payment: Payment = None,
) -> Answer:
    """Add credits that were bought."""
    bought = here.credits.top_up(account, credits, here.key, custom, price, payment)
    return Answer(bought, pages.granted)


@command(app, "grant", heading=HEADING, shared=WRITES)
def grant(
    here: Here,
    account: Account,
    credits: Amount,
    source: Source = "promo",
    expires_at: ExpiresAt = None,
    priority: Priority = None,
    reason: MaybeReason = None,
    effective_at: EffectiveAt = None,
    tool: Tools = None,
    model: Models = None,
    price: Price = None,
    payment: Payment = None,
) -> Answer:
    """Give credits."""
    from .arguments import whole

    place = None if priority is None else whole(priority, "priority")
    given = here.credits.grant(
        account, credits, source, expires_at, place, reason, here.key, effective_at,
        tool or (), model or (), price, payment,
    )  # fmt: skip
    return Answer(given, pages.granted)


@command(app, "adjust", heading=HEADING, shared=WRITES, negative_numbers=True)
def adjust(
    here: Here,
    account: Account,
    reason: Reason,
    credits: Signed = None,
    grant: OneGrant = None,
    source: OneSource = None,
    used: Used = False,
    expires_at: ExpiresAt = None,
    receipt: ForReceipt = None,
    full: Full = False,
) -> Answer:
    """Correct a balance, up or down, with a reason; or give a charge back as goodwill."""
    corrected = here.credits.adjust(
        account, credits, reason, here.key, grant, source, used, expires_at, receipt, full
    )
    return Answer(corrected, pages.adjusted)


@command(app, "reverse", heading=HEADING, shared=WRITES)
def reverse(here: Here, account: Account, entry: EntryNumber, reason: Reason) -> Answer:
    """Reverse an entry that gave credits, while none of them is spent or held."""
    return Answer(here.credits.reverse(account, entry, reason, here.key), pages.adjusted)


@command(app, "void", heading=HEADING, shared=WRITES)
def void(here: Here, account: Account, grant: GrantId, reason: Reason, owe: Owe = False) -> Answer:
    """Take back what is left of a grant."""
    return Answer(here.credits.void(account, grant, reason, owe, here.key), pages.voided)


@command(app, "set-expiry", heading=HEADING, shared=WRITES)
def set_expiry(
    here: Here, account: Account, grant: GrantId, expires_at: Until, reason: Reason
) -> Answer:
    """Move the expiry of a grant, earlier or later, or to never."""
    until = None if expires_at == "never" else expires_at
    moved = here.credits.set_expiry(account, grant, until, reason, here.key)
    return Answer(moved, pages.expiry_moved)
