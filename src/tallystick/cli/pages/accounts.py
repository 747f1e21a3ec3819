"""Pages of accounts: what they are, have, and did."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..output import (
    FieldList,
    Next,
    Page,
    Paragraph,
    TextTable,
    amount,
    change,
    counted,
    credit,
    dated,
    instant,
    moment,
)
from ..vocabulary import word
from . import phrases

if TYPE_CHECKING:
    from ... import results
    from ...results.prices import PlanOffer


def opened(account: "results.AccountView", has: Any, plans: "Sequence[PlanOffer]") -> Page:
    """`has` are the credits it begins with, `plans` those that it might buy."""
    yield Paragraph(f"Account {account.account} is open.", "good")
    yield from _members(account.members)
    rows = [("what it has", ["account", "balance", account.account])]
    sold = next((plan for plan in plans if plan.packages), None)
    if sold is not None and not has:
        package = ["--package", str(sold.packages[0].credits)] if len(sold.packages) > 1 else []
        rows.append((f"buy {word('credits')}", ["subscribe", account.account, sold.name, *package]))
    yield Next(rows)


def account(account: "results.AccountView") -> Page:
    yield Paragraph(f"Account {account.account}", "title")
    yield FieldList(
        [
            ("name", account.name),
            ("time zone", account.time_zone),
            ("opened", instant(account.opened_at)),
            ("ledger", counted(account.seq, "entry", "entries")),
            ("due next", None if account.due is None else instant(account.due.at)),
        ]
    )
    yield from _members(account.members)
    yield Next(
        [
            ("what it has", ["account", "balance", account.account]),
            ("the latest entries", ["account", "entries", account.account]),
        ]
    )


def accounts(ids: Sequence[str], most: int) -> Page:
    if not ids:
        yield Paragraph("There are no accounts yet.")
        yield Next([("open one", ["account", "open", "acct_1"])])
        return
    for account in ids:
        yield Paragraph(account)
    if len(ids) == most:
        yield Next([("continue", ["account", "list", "--after", ids[-1]])])


def members(members: "Sequence[results.MemberView]", account: str) -> Page:
    if not members:
        yield Paragraph(f"{account} has no members: anyone who asks may spend.")
        yield Next([("add a member", ["account", "members", "set", account, "MEMBER"])])
    yield from _members(members)


def _members(members: "Sequence[results.MemberView]") -> Page:
    if members:
        yield TextTable(
            ("member", ">spent this cycle", ">cap", "in windows"),
            [
                (
                    each.member,
                    amount(each.used),
                    "" if each.cap is None else amount(each.cap),
                    "; ".join(f"{amount(cap.used)} of {phrases.cap(cap)}" for cap in each.caps),
                )
                for each in members
            ],
            drop=("in windows",),
        )


def limits(limits: "results.AccountLimits") -> Page:
    said = [phrases.cap(each) for each in limits.caps]
    if limits.held is not None:
        said.append(f"{credit(limits.held)} held at once")
    what = f"may have at most {'; '.join(said)}" if said else "has no limits"
    yield Paragraph(f"{limits.account} {what}.", "good")


def member_changed(changed: "results.MemberChange") -> Page:
    said = [] if changed.cap is None else [f"{credit(changed.cap)} a cycle"]
    said += [phrases.cap(each) for each in changed.caps]
    cap = f" and may spend {'; '.join(said)}" if said else ""
    what = "is no longer a member" if changed.removed else f"is a member{cap}"
    yield Paragraph(f"{changed.member} {what}.", "good")
    yield Next([("the members", ["account", "members", "list", changed.account])])


def balance(balance: "results.Balance") -> Page:
    held = f", {amount(balance.held)} held" if balance.held else ""
    held += f", {amount(balance.owed)} owed" if balance.owed else ""
    yield Paragraph(f"{balance.account}: {credit(balance.available)} available{held}", "title")
    yield Paragraph(f"as of {instant(balance.as_of)}", "quiet")
    yield from _sources(balance)
    yield from _grants(balance)
    yield FieldList([*_cycle(balance.cycle), *_subscription(balance.subscription)])


def _sources(balance: "results.Balance") -> Page:
    if not balance.sources:
        yield Next(
            [
                ("the plans", ["catalog", "show"]),
                ("subscribe", ["subscribe", balance.account, "PLAN"]),
            ]
        )
        return
    yield TextTable(
        ("source", ">available", ">held", dated("expires")),
        [
            (
                phrases.source(each.source),
                amount(each.available),
                amount(each.held),
                moment(each.expires_at) or "never",
            )
            for each in balance.sources
        ],
        drop=("held", dated("expires")),
    )


def _grants(balance: "results.Balance") -> Page:
    """The grants, where the sources do not say it all."""
    if len(balance.grants) <= len(balance.sources):
        return
    yield TextTable(
        ("grant", "source", ">granted", ">left", ">held", dated("expires"), ">priority"),
        [
            (
                each.grant or "with the next charge",
                phrases.source(each.source),
                amount(each.amount),
                amount(each.remaining),
                amount(each.held),
                moment(each.expires_at) or "never",
                "" if each.priority is None else str(each.priority),
            )
            for each in balance.grants
        ],
        title="Grants, in the order in which they burn",
        drop=("priority", "granted", "held", "source", dated("expires")),
    )


def _cycle(cycle: "results.CycleView | None") -> list[tuple[str, str | None]]:
    if cycle is None:
        return []
    return [
        ("this cycle", f"used {amount(cycle.used)} of {credit(cycle.allotment)}"),
        ("renews", instant(cycle.renews_at)),
        ("plan", cycle.plan),
    ]


def _subscription(bought: "results.SubscriptionView | None") -> list[tuple[str, str | None]]:
    if bought is None:
        return []
    return [
        ("package", phrases.terms(bought.package, bought.interval)),
        ("paid through", None if bought.auto_renew else instant(bought.paid_through)),
        ("past due, until", instant(bought.grace_until)),
        ("trial, until", instant(bought.trial_until)),
        ("pauses", instant(bought.pauses_at)),
        ("paused until", instant(bought.paused_until)),
        ("ends", instant(bought.ends_at)),
        ("changes", instant(bought.changes_at)),
        ("once it is paid" if bought.awaits_payment else "to", bought.changes_to),
    ]


def entries(lines: "Sequence[results.Entry]", account: str, most: int, newest: bool) -> Page:
    if not lines:
        yield Paragraph("No entries here.")
        yield Next([("all entries", ["account", "entries", account])])
        return
    yield TextTable(
        (">seq", dated("at"), "what", f">{word('credits')}", ">balance", "receipt"),
        [
            (
                str(line.seq),
                moment(line.at),
                line.text,
                change(line.credits),
                amount(line.balance_after),
                line.receipt or "",
            )
            for line in lines
        ],
        drop=("balance", "receipt", dated("at")),
    )
    if len(lines) == most:
        order = ["--newest"] if newest else []
        words = ["account", "entries", account, "--after", str(lines[-1].seq), *order]
        yield Next([("continue", words)])


def holds(holds: "Sequence[results.HoldView]", account: str) -> Page:
    if not holds:
        yield Paragraph("No open holds.")
        yield Next([(f"reserve {word('credits')}", ["hold", account, "MODEL", "seconds=8"])])
        return
    yield TextTable(
        (
            "hold",
            "model",
            f">{word('credits')}",
            dated("opened"),
            dated("times out"),
            "member",
            "labels",
        ),
        [
            (
                each.hold,
                each.name or "a lease",
                amount(each.credits),
                moment(each.opened_at),
                moment(each.expires_at),
                each.member or "",
                phrases.labels(each.labels),
            )
            for each in holds
        ],
        drop=("labels", "member", dated("opened")),
    )
    settled = [each.hold for each in holds if each.name is not None]
    rows = [("settle one", ["settle", account, settled[0]])] if settled else []
    yield Next([*rows, ("or give it back", ["release", account, holds[0].hold])])


def receipt(receipt: "results.Receipt") -> Page:
    yield Paragraph(f"Receipt {receipt.receipt}: {credit(receipt.credits)}", "title")
    line = receipt.lines[0]
    listed = receipt.list_credits
    yield FieldList(
        [
            ("account", receipt.account),
            ("at", instant(receipt.at)),
            ("for", phrases.generation(line)),
            ("price", receipt.price),
            ("exactly", phrases.exact(receipt.exact)),
            ("rounded", receipt.rounding),
            ("list price", amount(listed) if listed != receipt.credits else None),
            ("rule", receipt.rule),
            ("rate", receipt.rate),
            ("catalog", f"{receipt.catalog.platform}, version {receipt.catalog.version}"),
            ("note", receipt.note),
            *_settled(receipt),
            ("refunded", amount(receipt.refunded) if receipt.refunded else None),
            ("given back", f"{amount(receipt.adjusted)} as goodwill" if receipt.adjusted else None),
            ("burned", phrases.burns(receipt.burns)),
            ("balance", phrases.balance(receipt.balance_before, receipt.balance_after)),
            ("member", receipt.member),
            ("labels", phrases.labels(receipt.labels) or None),
        ]
    )


def _settled(receipt: "results.Receipt") -> list[tuple[str, str | None]]:
    """What became of the hold, where there was one."""
    if receipt.hold is None:
        return []
    return [
        ("hold", f"{receipt.hold}, of {credit(receipt.held)}"),
        ("outcome", receipt.outcome.replace("_", " ")),
        ("returned", amount(receipt.returned)),
        ("expired meanwhile", amount(receipt.expired) if receipt.expired else None),
    ]
