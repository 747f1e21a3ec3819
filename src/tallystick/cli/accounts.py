"""Accounts: open, show, list, balance, entries, members, holds, receipts."""

from typing import TYPE_CHECKING, Annotated

import typer

from .commands import WRITES, Answer, command
from .context import Here
from .groups import group
from .options import Account, Member, NewAccount, Receipt, field, parameter
from .pages import accounts as pages

if TYPE_CHECKING:
    from .. import results
    from .output import Page

app = typer.Typer()
accounts = group(app, "account", "Open accounts and show them.", "Accounts")
members = group(accounts, "members", "The members who share an account's credits.")

Name = Annotated[
    str | None, typer.Option("--name", metavar="TEXT", help="A name for people to read.")
]
Zone = Annotated[
    str | None,
    typer.Option("--time-zone", metavar="ZONE", help=field("AccountBody", "time_zone")),
]
Members = Annotated[
    list[str] | None,
    typer.Option(
        "--member",
        metavar="MEMBER[=CAP]",
        help="A member who shares the credits, and the most they may spend in a cycle; may be "
        "repeated.",
    ),
]
At = Annotated[
    str | None,
    typer.Option("--at", metavar="INSTANT", help=parameter("as_of")),
]
After = Annotated[str | None, typer.Option("--after", metavar="ID", help=parameter("after"))]
AfterSeq = Annotated[
    str | None,
    typer.Option(
        "--after", metavar="SEQ", help="Begin after this entry; with --newest, before it."
    ),
]
Limit = Annotated[str, typer.Option("--limit", metavar="N", help="How many at most, up to 1,000.")]
Newest = Annotated[bool, typer.Option("--newest", help=parameter("newest"))]
Caps = Annotated[
    list[str] | None,
    typer.Option(
        "--cap",
        metavar="CREDITS[/WINDOW[/TOOL,...]]",
        help="The most to spend in a cycle, or in an hour, day, week, month or life: 50/day, "
        "900/life/video; may be repeated.",
    ),
]
HeldLimit = Annotated[
    str | None, typer.Option("--held", metavar="CREDITS", help=field("LimitsBody", "held"))
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
    """Show an account and its members."""
    return Answer(here.credits.account(account), pages.account)


@command(accounts, "account list")
def list_accounts(here: Here, after: After = None, limit: Limit = "100") -> Answer:
    """List the ids of the accounts, in order."""
    from .arguments import whole

    most = whole(limit, "limit")
    return Answer(here.credits.accounts(after, most), lambda ids: pages.accounts(ids, most))


@command(accounts, "account balance")
def balance(here: Here, account: Account, at: At = None) -> Answer:
    """Show what an account has, by source and by grant."""
    return Answer(here.credits.balance(account, at), pages.balance)


@command(accounts, "account entries")
def entries(
    here: Here,
    account: Account,
    after: AfterSeq = None,
    limit: Limit = "100",
    newest: Newest = False,
) -> Answer:
    """Show the ledger of an account: every entry of its history."""
    from .arguments import whole

    start, most = whole(after or "0", "after"), whole(limit, "limit")
    lines = here.credits.entries(account, start, most, newest)
    return Answer(lines, lambda lines: pages.entries(lines, account, most, newest))


@command(accounts, "account holds")
def holds(here: Here, account: Account) -> Answer:
    """List the open holds, the first to time out at the top."""
    return Answer(here.credits.holds(account), lambda holds: pages.holds(holds, account))


@command(accounts, "account receipt")
def receipt(here: Here, account: Account, receipt: Receipt) -> Answer:
    """Explain a charge: its rate, quantity, rounding, grants and balance."""
    return Answer(here.credits.receipt(account, receipt), pages.receipt)


@command(members, "account members list")
def list_members(here: Here, account: Account) -> Answer:
    """List the members of an account, with what they have spent of their caps."""
    shared = list(here.credits.account(account).members)
    return Answer(shared, lambda members: pages.members(members, account))


@command(members, "account members set", shared=WRITES)
def set_member(here: Here, account: Account, member: Member, cap: Caps = None) -> Answer:
    """Add a member, or change their caps."""
    from .arguments import windows

    given = list(cap or ())
    if len(given) == 1 and "/" not in given[0]:
        changed = here.credits.set_member(account, member, given[0], here.key)
    elif given:
        changed = here.credits.set_member(account, member, key=here.key, caps=windows(given))
    else:
        changed = here.credits.set_member(account, member, key=here.key)
    return Answer(changed, pages.member_changed)


@command(accounts, "account limits", shared=WRITES)
def limits(here: Here, account: Account, cap: Caps = None, held: HeldLimit = None) -> Answer:
    """Limit what an account as a whole spends and holds; without options, lift the limits."""
    from .arguments import windows

    set_ = here.credits.set_limits(account, windows(cap or ()), held, here.key)
    return Answer(set_, pages.limits)


@command(members, "account members remove", shared=WRITES)
def remove_member(here: Here, account: Account, member: Member) -> Answer:
    """Remove a member. What they spent stays in the ledger."""
    return Answer(here.credits.remove_member(account, member, here.key), pages.member_changed)
