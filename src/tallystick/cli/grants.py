"""Credits given and taken by hand: top-up, grant, adjust, reverse."""

from typing import Annotated

import typer

from .commands import WRITES, Answer, command
from .context import Here
from .options import Account, Amount, Reason
from .pages import grants as pages

app = typer.Typer()
HEADING = "Credits by hand"

Source = Annotated[
    str, typer.Option("--source", metavar="SOURCE", help="Either promo or adjustment.")
]
ExpiresAt = Annotated[
    str | None,
    typer.Option("--expires-at", metavar="INSTANT", help="Never, if left out."),
]
Priority = Annotated[
    str | None,
    typer.Option(
        "--priority",
        metavar="N",
        help="Its place in the burn-down order, 1 to 100; sources stand at 10, 20, ...",
    ),
]
MaybeReason = Annotated[
    str | None, typer.Option("--reason", metavar="TEXT", help="Why; it stands in the ledger.")
]
Signed = Annotated[
    str, typer.Argument(metavar="CREDITS", help="How many: 500 gives, -500 takes back.")
]
EntryNumber = Annotated[
    str, typer.Argument(metavar="ENTRY", help="The seq of the entry that granted credits.")
]


@command(app, "top-up", heading=HEADING, shared=WRITES)
def top_up(here: Here, account: Account, credits: Amount) -> Answer:
    """Credits bought once."""
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
    """An operator's change, up or down, with its reason."""
    return Answer(here.credits.adjust(account, credits, reason, here.key), pages.adjusted)


@command(app, "reverse", heading=HEADING, shared=WRITES)
def reverse(here: Here, account: Account, entry: EntryNumber, reason: Reason) -> Answer:
    """Undo an entry that granted credits, while none of them is spent."""
    from .arguments import whole

    number = whole(entry, "entry")
    return Answer(here.credits.reverse(account, number, reason, here.key), pages.adjusted)
