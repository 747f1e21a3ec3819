"""Credits given and taken by hand: top-up, grant, adjust, reverse."""

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
    str,
    typer.Argument(
        metavar="CREDITS", help="How many credits: 500 gives them, -500 takes them back."
    ),
]
EntryNumber = Annotated[str, typer.Argument(metavar="ENTRY", help=parameter("entry"))]


@command(app, "top-up", heading=HEADING, shared=WRITES)
def top_up(here: Here, account: Account, credits: Amount) -> Answer:
    """Add credits that were bought."""
    return Answer(here.credits.top_up(account, credits, here.key), pages.granted)


@command(app, "grant", heading=HEADING, shared=WRITES)
def grant(
    here: Here,
    account: Account,
    credits: Amount,
    source: Source = "promo",
    expires_at: ExpiresAt = None,
    priority: Priority = None,
    reason: MaybeReason = None,
) -> Answer:
    """Give credits."""
    from .arguments import whole

    place = None if priority is None else whole(priority, "priority")
    given = here.credits.grant(account, credits, source, expires_at, place, reason, here.key)
    return Answer(given, pages.granted)


@command(app, "adjust", heading=HEADING, shared=WRITES, negative_numbers=True)
def adjust(here: Here, account: Account, credits: Signed, reason: Reason) -> Answer:
    """Correct a balance, up or down, with a reason."""
    return Answer(here.credits.adjust(account, credits, reason, here.key), pages.adjusted)


@command(app, "reverse", heading=HEADING, shared=WRITES)
def reverse(here: Here, account: Account, entry: EntryNumber, reason: Reason) -> Answer:
    """Reverse an entry that gave credits, while none of them is spent or held."""
    from .arguments import whole

    number = whole(entry, "entry")
    return Answer(here.credits.reverse(account, number, reason, here.key), pages.adjusted)
