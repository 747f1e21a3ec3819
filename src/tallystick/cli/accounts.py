"""Accounts: open, show, list, balance, entries, members, holds, receipts."""

from typing import TYPE_CHECKING, Annotated

import typer

from .commands import WRITES, Answer, command
from .context import Here
from .groups import group
from .options import Account, Member, NewAccount
from .pages import accounts as pages

if TYPE_CHECKING:
    from .. import results
    from .output import Page

app = typer.Typer()
accounts = group(app, "account", "Accounts: open and look at them.", "Accounts")
members = group(accounts, "members", "Members, who share an account's credits.")

Name = Annotated[str | None, typer.Option("--name", metavar="TEXT", help="What people call it.")]
Zone = Annotated[
    str | None,
    typer.Option("--time-zone", metavar="ZONE", help="Such as Europe/Paris."),
]
Members = Annotated[
    list[str] | None,
    typer.Option(
        "--member",
        metavar="MEMBER[=CAP]",
        help="Somebody who shares it, with the most they may spend a cycle; may be repeated.",
    ),
]
AsOf = Annotated[
    str | None,
    typer.Option("--as-of", metavar="INSTANT", help="Then instead of now: past, or to come."),
]
After = Annotated[
    str | None, typer.Option("--after", metavar="ID", help="Only what comes after this one.")
]
AfterSeq = Annotated[
    str | None,
    typer.Option("--after", metavar="SEQ", help="Go on after this entry (below it: --newest)."),
]
Limit = Annotated[str, typer.Option("--limit", metavar="N", help="At most so many, up to 1000.")]
Newest = Annotated[bool, typer.Option("--newest", help="The latest first.")]
Cap = Annotated[
    str | None,
    typer.Option("--cap", metavar="CREDITS", help="The most they may spend a cycle; none: no cap."),
]
Receipt = Annotated[
    str,
    typer.Argument(metavar="RECEIPT", help="A receipt (r12), or a hold that was settled (h9)."),
]


@command(accounts, "account open", shared=WRITES)
def open_account(
    here: Here,
    account: NewAccount,
    name: Name = None,
    time_zone: Zone = None,
    member: Members = None,
) -> Answer:
    """Open an account."""
    from .arguments import caps

    opened = here.credits.open_account(account, time_zone, name, caps(member), here.key)
    return Answer(opened, lambda opened: _opened(opened, here))


def _opened(opened: "results.AccountView", here: Here) -> "Page":
    has = here.aside(lambda credits: credits.balance(opened.account).available, 0)
    plans = here.aside(lambda credits: credits.prices().plans, ())
    return pages.opened(opened, has, plans)


@command(accounts, "account show")
def show_account(here: Here, account: Account) -> Answer:
    """An account and its members."""
    return Answer(here.credits.account(account), pages.account)


@command(accounts, "account list")
def list_accounts(here: Here, after: After = None, limit: Limit = "100") -> Answer:
    """The ids of the accounts, in order."""
    from .arguments import whole

    most = whole(limit, "limit")
    return Answer(here.credits.accounts(after, most), lambda ids: pages.accounts(ids, most))


@command(accounts, "account balance")
def balance(here: Here, account: Account, as_of: AsOf = None) -> Answer:
    """What an account has, by source and by grant."""
    has = here.credits.balance(account, as_of)
    return Answer(has, lambda has: pages.balance(has, here.credits.prices().wording["top_up"]))


@command(accounts, "account entries")
def entries(
    here: Here,
    account: Account,
    after: AfterSeq = None,
    limit: Limit = "100",
    newest: Newest = False,
) -> Answer:
    """The ledger: every line of an account's history."""
    from .arguments import whole

    start, most = whole(after or "0", "after"), whole(limit, "limit")
    lines = here.credits.entries(account, start, most, newest)
    return Answer(lines, lambda lines: pages.entries(lines, account, most, newest))


@command(accounts, "account holds")
def holds(here: Here, account: Account) -> Answer:
    """The open holds, those that time out first at the top."""
    return Answer(here.credits.holds(account), lambda holds: pages.holds(holds, account))


@command(accounts, "account receipt")
def receipt(here: Here, account: Account, receipt: Receipt) -> Answer:
    """A charge explained: rate, quantity, rounding, grants, balance."""
    return Answer(here.credits.receipt(account, receipt), pages.receipt)


@command(members, "account members list")
def list_members(here: Here, account: Account) -> Answer:
    """Who shares an account, and what they have spent of their caps."""
    shared = list(here.credits.account(account).members)
    return Answer(shared, lambda members: pages.members(members, account))


@command(members, "account members set", shared=WRITES)
def set_member(here: Here, account: Account, member: Member, cap: Cap = None) -> Answer:
    """Add a member, or change their cap."""
    return Answer(here.credits.set_member(account, member, cap, here.key), pages.member_changed)


@command(members, "account members remove", shared=WRITES)
def remove_member(here: Here, account: Account, member: Member) -> Answer:
    """Remove a member; what they spent stays in the ledger."""
    return Answer(here.credits.remove_member(account, member, here.key), pages.member_changed)
