"""The answer of an entry: what a command's caller is told, rebuilt from its journal entry alone.

The first answer is made by the same function as every later one, so the same key gives the same
answer, to the byte, for as long as the entry is there.
"""

from collections.abc import Callable
from typing import Any, TypeAlias

from msgspec.structs import replace

from .. import results
from ..core import events
from ..core.account import DecidedEntry
from ..core.credits import show
from ..core.grants import Parts, total
from ..core.history import History
from ..core.instants import to_datetime
from ..core.journal import GENESIS, JournalEntry
from . import views
from .plan_answers import plan_change

_Spending: TypeAlias = events.Held | events.Drawn | events.Settled | events.SettledLate


def answer(account: str, entry: JournalEntry, history: History) -> results.Written:
    """What the command that wrote `entry` is answered."""
    return _ANSWER[type(entry.event)](account, entry, entry.event, history)


def preview(account: str, entry: DecidedEntry, history: History) -> results.Written:
    """What a command would be answered if it were written: for changes of a subscription."""
    unwritten = JournalEntry(
        seq=entry.seq,
        at=entry.at,
        event=entry.event,
        event_json=b"",
        postings_json=b"[]",
        balance_before=entry.before,
        balance_after=entry.after,
        hash=GENESIS,
    )
    shown = answer(account, unwritten, history)
    return replace(shown, preview=True) if isinstance(shown, results.PlanChange) else shown


def _place(account: str, entry: JournalEntry) -> dict[str, Any]:
    """The fields of `results.Written`."""
    return {"account": account, "seq": entry.seq, "at": to_datetime(entry.at)}


def _balances(entry: JournalEntry) -> dict[str, Any]:
    return {
        "balance_before": show(entry.balance_before),
        "balance_after": show(entry.balance_after),
    }


def _opened(
    account: str, entry: JournalEntry, event: events.AccountOpened, history: History
) -> results.AccountView:
    members = tuple(
        results.MemberView(member=member, cap=None if cap is None else show(cap))
        for member, cap in event.members.items()
    )
    return results.AccountView(
        **_place(account, entry),
        opened_at=to_datetime(entry.at),
        name=event.name,
        time_zone=event.time_zone,
        members=members,
    )


def _member(
    account: str, entry: JournalEntry, event: Any, history: History
) -> results.MemberChange:
    cap = getattr(event, "cap", None)
    return results.MemberChange(
        **_place(account, entry),
        member=event.member,
        cap=None if cap is None else show(cap),
        removed=isinstance(event, events.MemberRemoved),
        caps=views.cap_terms(getattr(event, "caps", ())),
    )


def _limits(
    account: str, entry: JournalEntry, event: events.LimitsSet, history: History
) -> results.AccountLimits:
    held = event.held_limit
    return results.AccountLimits(
        **_place(account, entry),
        caps=views.cap_terms(event.caps),
        held=None if held is None else show(held),
    )


def _granted(
    account: str, entry: JournalEntry, event: events.Granted, history: History
) -> results.Grant:
    return results.Grant(
        **_place(account, entry),
        grant=f"g{entry.seq}",
        source=event.source,
        credits=show(event.credits),
        expires_at=views.moment(event.expires_at),
        priority=event.priority,
        reason=event.reason,
        **_balances(entry),
        effective_at=to_datetime(entry.at if event.effective_at is None else event.effective_at),
        tools=event.tools,
        models=event.models,
        price=event.price,
        payment=event.payment,
        owed_paid=show(event.owed_paid),
        receipt=f"r{event.receipt}" if event.receipt else None,
    )


def _voided(
    account: str, entry: JournalEntry, event: events.Voided, history: History
) -> results.Void:
    return results.Void(
        **_place(account, entry),
        grant=f"g{event.grant}",
        source=event.source,
        credits=show(-event.credits),
        held=show(event.held),
        owed=show(event.owed),
        reason=event.reason,
        **_balances(entry),
    )


def _expiry_moved(
    account: str, entry: JournalEntry, event: events.ExpiryMoved, history: History
) -> results.ExpiryChange:
    return results.ExpiryChange(
        **_place(account, entry),
        grant=f"g{event.grant}",
        source=event.source,
        credits=show(event.credits),
        reason=event.reason,
        expired_at=views.moment(event.expired_at),
        expires_at=views.moment(event.expires_at),
    )


def _taken_back(
    account: str, entry: JournalEntry, event: Any, history: History
) -> results.Adjustment:
    parts: Parts = getattr(event, "parts", ())
    return results.Adjustment(
        **_place(account, entry),
        credits=show(-event.credits),
        reason=event.reason,
        burns=views.burns(parts),
        reverses=getattr(event, "entry", None),
        **_balances(entry),
    )


def _spend(
    account: str, entry: JournalEntry, event: _Spending, burned: Parts, history: History
) -> dict[str, Any]:
    """The fields of `results.Spend`, of an event that pays for a generation."""
    return {
        "account": account,
        "seq": entry.seq,
        "at": to_datetime(entry.at),
        "credits": show(event.credits),
        "lines": (views.priced_line(event.priced, history),),
        "burns": views.burns(burned),
        "balance_before": show(entry.balance_before),
        "balance_after": show(entry.balance_after),
        "catalog": views.catalog_ref(event.priced.version, history),
        "member": event.member,
        "labels": event.labels,
    }


def _charged(
    account: str, entry: JournalEntry, event: events.Charged, history: History
) -> results.Charge:
    priced = event.priced
    return results.Charge(  # written out: most answers are charges
        account=account,
        seq=entry.seq,
        at=to_datetime(entry.at),
        credits=show(event.credits),
        lines=(views.priced_line(priced, history),),
        burns=views.burns(event.parts),
        balance_before=show(entry.balance_before),
        balance_after=show(entry.balance_after),
        catalog=views.catalog_ref(priced.version, history),
        member=event.member,
        labels=event.labels,
        receipt=f"r{entry.seq}",
    )


def _held(account: str, entry: JournalEntry, event: events.Held, history: History) -> results.Hold:
    shared = _spend(account, entry, event, event.parts, history)
    return results.Hold(**shared, hold=f"h{entry.seq}", expires_at=to_datetime(event.expires_at))


def _leased(
    account: str, entry: JournalEntry, event: events.Leased, history: History
) -> results.Lease:
    return results.Lease(
        **_place(account, entry),
        hold=f"h{entry.seq}",
        credits=show(event.credits),
        expires_at=to_datetime(event.expires_at),
        burns=views.burns(event.parts),
        **_balances(entry),
        member=event.member,
        labels=event.labels,
    )


def _drawn(
    account: str, entry: JournalEntry, event: events.Drawn, history: History
) -> results.Draw:
    shared = _spend(account, entry, event, event.parts, history)
    return results.Draw(
        **shared, hold=f"h{event.hold}", receipt=f"r{entry.seq}", left=show(event.left)
    )


def _settled(
    account: str, entry: JournalEntry, event: events.Settled, history: History
) -> results.Settlement:
    shared = _spend(account, entry, event, event.spent + event.extra, history)
    return results.Settlement(
        **shared,
        hold=f"h{event.hold}",
        receipt=f"r{entry.seq}",
        outcome=event.outcome,
        held=show(event.held),
        returned=show(total(event.returned)),
        expired=show(total(event.lapsed)),
        uncollected=show(event.uncollected),
    )


def _settled_late(
    account: str, entry: JournalEntry, event: events.SettledLate, history: History
) -> results.Settlement:
    shared = _spend(account, entry, event, event.parts, history)
    return results.Settlement(
        **shared,
        hold=f"h{event.hold}",
        receipt=f"r{entry.seq}",
        outcome=event.outcome,
        held=show(event.held),
        returned=0,
        late=True,
    )


def _increased(
    account: str, entry: JournalEntry, event: events.HoldIncreased, history: History
) -> results.Increase:
    return results.Increase(
        **_place(account, entry),
        hold=f"h{event.hold}",
        credits=show(event.held),
        added=show(event.credits),
        burns=views.burns(event.parts),
        **_balances(entry),
    )


def _refunded(
    account: str, entry: JournalEntry, event: events.Refunded, history: History
) -> results.Refund:
    return results.Refund(
        **_place(account, entry),
        receipt=f"r{event.receipt}",
        credits=show(event.credits),
        reason=event.reason,
        charged=show(event.charged),
        refunded=show(event.refunded),
        returned=show(total(event.returned)),
        expired=show(total(event.lapsed) - event.owed_paid),
        owed_paid=show(event.owed_paid),
        returns=views.burns(event.returned),
        **_balances(entry),
        member=event.member,
        labels=event.labels,
    )


def _released(
    account: str, entry: JournalEntry, event: events.Released, history: History
) -> results.Release:
    return results.Release(
        **_place(account, entry),
        hold=f"h{event.hold}",
        how=event.how,
        returned=show(total(event.returned)),
        expired=show(total(event.lapsed)),
        **_balances(entry),
    )


def _extended(
    account: str, entry: JournalEntry, event: events.HoldExtended, history: History
) -> results.Extension:
    return results.Extension(
        **_place(account, entry),
        hold=f"h{event.hold}",
        expires_at=to_datetime(event.expires_at),
    )


_ANSWER: dict[type, Callable[[str, JournalEntry, Any, History], results.Written]] = {
    events.AccountOpened: _opened,
    events.MemberSet: _member,
    events.MemberRemoved: _member,
    events.LimitsSet: _limits,
    events.Granted: _granted,
    events.Deducted: _taken_back,
    events.Reversed: _taken_back,
    events.Voided: _voided,
    events.ExpiryMoved: _expiry_moved,
    events.Charged: _charged,
    events.Held: _held,
    events.Leased: _leased,
    events.Drawn: _drawn,
    events.HoldIncreased: _increased,
    events.Settled: _settled,
    events.SettledLate: _settled_late,
    events.Refunded: _refunded,
    events.Released: _released,
    events.HoldExtended: _extended,
    events.SubscriptionStarted: plan_change,
    events.PlanChanged: plan_change,
    events.ChangeScheduled: plan_change,
    events.ScheduleWithdrawn: plan_change,
    events.PaidThrough: plan_change,
    events.SubscriptionEnded: plan_change,
    events.PauseSet: plan_change,
    events.PauseEnded: plan_change,
    events.CycleReset: plan_change,
}
