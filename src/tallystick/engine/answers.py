"""The answer of an entry: what a command's caller is told, rebuilt from its journal entry alone.

The first answer is made by the same function as every later one, so the same key gives the same
answer, to the byte, for as long as the entry is there.
"""

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from .. import results
from ..core import events
from ..core.account import DecidedEntry
from ..core.credits import Micros, show, text
from ..core.cycles import words as local_words
from ..core.grants import Parts, total
from ..core.history import History
from ..core.instants import Instant, to_datetime
from ..core.journal import GENESIS, JournalEntry
from ..core.pricing import Priced
from ..core.subscription import Subscription
from . import views


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


def _opened(
    account: str, entry: JournalEntry, event: events.AccountOpened, history: History
) -> results.AccountView:
    at = to_datetime(entry.at)
    members = tuple(
        results.MemberView(member=member, cap=None if cap is None else show(cap))
        for member, cap in event.members.items()
    )
    return results.AccountView(
        account=account,
        seq=entry.seq,
        at=at,
        opened_at=at,
        name=event.name,
        time_zone=event.time_zone,
        members=members,
    )


def _member(
    account: str, entry: JournalEntry, event: Any, history: History
) -> results.MemberChange:
    cap = getattr(event, "cap", None)
    return results.MemberChange(
        account=account,
        seq=entry.seq,
        at=to_datetime(entry.at),
        member=event.member,
        cap=None if cap is None else show(cap),
        removed=isinstance(event, events.MemberRemoved),
    )


def _granted(
    account: str, entry: JournalEntry, event: events.Granted, history: History
) -> results.Grant:
    return results.Grant(
        account=account,
        seq=entry.seq,
        at=to_datetime(entry.at),
        grant=f"g{entry.seq}",
        source=event.source,
        credits=show(event.credits),
        expires_at=views.moment(event.expires_at),
        priority=event.priority,
        reason=event.reason,
        balance_before=show(entry.balance_before),
        balance_after=show(entry.balance_after),
        effective_at=to_datetime(entry.at if event.effective_at is None else event.effective_at),
        tools=event.tools,
        models=event.models,
        price=event.price,
        payment=event.payment,
        owed_paid=show(event.owed_paid),
    )


def _voided(
    account: str, entry: JournalEntry, event: events.Voided, history: History
) -> results.Void:
    return results.Void(
        account=account,
        seq=entry.seq,
        at=to_datetime(entry.at),
        grant=f"g{event.grant}",
        source=event.source,
        credits=show(-event.credits),
        held=show(event.held),
        owed=show(event.owed),
        reason=event.reason,
        balance_before=show(entry.balance_before),
        balance_after=show(entry.balance_after),
    )


def _expiry_moved(
    account: str, entry: JournalEntry, event: events.ExpiryMoved, history: History
) -> results.ExpiryChange:
    return results.ExpiryChange(
        account=account,
        seq=entry.seq,
        at=to_datetime(entry.at),
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
        account=account,
        seq=entry.seq,
        at=to_datetime(entry.at),
        credits=show(-event.credits),
        reason=event.reason,
        burns=views.burns(parts),
        reverses=getattr(event, "entry", None),
        balance_before=show(entry.balance_before),
        balance_after=show(entry.balance_after),
    )


def _spend(
    account: str,
    entry: JournalEntry,
    credits: Micros,
    priced: Priced,
    burned: Parts,
    member: str | None,
    labels: dict[str, str],
    history: History,
) -> dict[str, Any]:
    return {
        "account": account,
        "seq": entry.seq,
        "at": to_datetime(entry.at),
        "credits": show(credits),
        "lines": (views.priced_line(priced, history),),
        "burns": views.burns(burned),
        "balance_before": show(entry.balance_before),
        "balance_after": show(entry.balance_after),
        "catalog": views.catalog_ref(priced.version, history),
        "member": member,
        "labels": labels,
    }


def _charged(
    account: str, entry: JournalEntry, event: events.Charged, history: History
) -> results.Charge:
    shared = _spend(
        account, entry, event.credits, event.priced, event.parts, event.member, event.labels,
        history,
    )  # fmt: skip
    return results.Charge(**shared, receipt=f"r{entry.seq}")


def _held(account: str, entry: JournalEntry, event: events.Held, history: History) -> results.Hold:
    shared = _spend(
        account, entry, event.credits, event.priced, event.parts, event.member, event.labels,
        history,
    )  # fmt: skip
    return results.Hold(**shared, hold=f"h{entry.seq}", expires_at=to_datetime(event.expires_at))


def _leased(
    account: str, entry: JournalEntry, event: events.Leased, history: History
) -> results.Lease:
    return results.Lease(
        account=account,
        seq=entry.seq,
        at=to_datetime(entry.at),
        hold=f"h{entry.seq}",
        credits=show(event.credits),
        expires_at=to_datetime(event.expires_at),
        burns=views.burns(event.parts),
        balance_before=show(entry.balance_before),
        balance_after=show(entry.balance_after),
        member=event.member,
        labels=event.labels,
    )


def _drawn(
    account: str, entry: JournalEntry, event: events.Drawn, history: History
) -> results.Draw:
    shared = _spend(
        account, entry, event.credits, event.priced, event.parts, event.member, event.labels,
        history,
    )  # fmt: skip
    return results.Draw(
        **shared, hold=f"h{event.hold}", receipt=f"r{entry.seq}", left=show(event.left)
    )


def _settled(
    account: str, entry: JournalEntry, event: events.Settled, history: History
) -> results.Settlement:
    burned = event.spent + event.extra
    shared = _spend(
        account, entry, event.credits, event.priced, burned, event.member, event.labels, history
    )
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


def _refunded(
    account: str, entry: JournalEntry, event: events.Refunded, history: History
) -> results.Refund:
    return results.Refund(
        account=account,
        seq=entry.seq,
        at=to_datetime(entry.at),
        receipt=f"r{event.receipt}",
        credits=show(event.credits),
        reason=event.reason,
        charged=show(event.charged),
        refunded=show(event.refunded),
        returned=show(total(event.returned)),
        expired=show(total(event.lapsed)),
        returns=views.burns(event.returned),
        balance_before=show(entry.balance_before),
        balance_after=show(entry.balance_after),
        member=event.member,
        labels=event.labels,
    )


def _released(
    account: str, entry: JournalEntry, event: events.Released, history: History
) -> results.Release:
    return results.Release(
        account=account,
        seq=entry.seq,
        at=to_datetime(entry.at),
        hold=f"h{event.hold}",
        how=event.how,
        returned=show(total(event.returned)),
        expired=show(total(event.lapsed)),
        balance_before=show(entry.balance_before),
        balance_after=show(entry.balance_after),
    )


def _extended(
    account: str, entry: JournalEntry, event: events.HoldExtended, history: History
) -> results.Extension:
    return results.Extension(
        account=account,
        seq=entry.seq,
        at=to_datetime(entry.at),
        hold=f"h{event.hold}",
        expires_at=to_datetime(event.expires_at),
    )


def _plan_change(
    account: str, entry: JournalEntry, event: Any, history: History
) -> results.PlanChange:
    """A subscription before and after what happened to it."""
    bought: Subscription | None = getattr(event, "subscription", None)
    before = getattr(event, "before", ())
    takes_effect = entry.at
    if isinstance(event, events.ChangeScheduled) and bought and bought.scheduled:
        takes_effect = bought.scheduled.at
    renews_at = None if bought is None else _renews_at(bought, entry.at)
    return results.PlanChange(
        account=account,
        seq=entry.seq,
        at=to_datetime(entry.at),
        change=_change_word(event),
        explanation=_explain(event, entry.at, history),
        takes_effect_at=to_datetime(takes_effect),
        before=views.by_source(before),
        after=views.by_source(getattr(event, "after", before)),
        renews_at=views.moment(renews_at),
        rule=getattr(event, "rule", None),
        expires=show(total(getattr(event, "withdrawn", ()))),
        subscription=None
        if bought is None or renews_at is None
        else views.subscription(bought, renews_at, history),
    )


def _renews_at(bought: Subscription, at: Instant) -> Instant:
    """The next renewal, once the cycle that is due at `at` has started."""
    return bought.renews_at if bought.renews_at > at else bought.boundary(bought.index + 2)


def _change_word(event: Any) -> str:
    if isinstance(event, (events.PlanChanged, events.ChangeScheduled)):
        return event.change
    return {
        events.SubscriptionStarted: "subscribe",
        events.ScheduleWithdrawn: "resume",
        events.PaidThrough: "pay",
        events.SubscriptionEnded: "end",
    }[type(event)]


def _explain(event: Any, at: Instant, history: History) -> str:
    """One sentence a creator understands."""
    if isinstance(event, events.SubscriptionEnded):
        return "The subscription ended."
    bought: Subscription = event.subscription
    words = views.terms_words(bought.terms, bought.version, history)

    def when(instant: Instant) -> str:
        return local_words(instant, bought.zone)

    renews = when(_renews_at(bought, at))
    if isinstance(event, events.PlanChanged):
        withdrawn = " What was scheduled before is withdrawn." if event.unscheduled else ""
        return _explain_change(event, words, renews) + withdrawn
    if isinstance(event, events.SubscriptionStarted):
        starts = "" if bought.anchor <= at else f" It starts {when(bought.anchor)}."
        return f"{words}.{starts} It renews {renews}."
    if isinstance(event, events.ScheduleWithdrawn):
        return f"{words} goes on; nothing is scheduled any more. It renews {renews}."
    if isinstance(event, events.PaidThrough):
        return f"{words}: paid through {when(bought.paid_through)}."
    scheduled = bought.scheduled
    until = when(scheduled.at) if scheduled else renews
    if scheduled is None or scheduled.terms is None:
        return f"{words} ends {until}; until then nothing changes, and top-ups stay after it."
    then = views.terms_words(scheduled.terms, scheduled.version, history)
    return f"{then}, from {until}, when the paid time is over; until then nothing changes."


def _explain_change(event: events.PlanChanged, words: str, renews: str) -> str:
    if event.rule == "add_full_keep_leftover":
        left = sum(each.credits for each in event.moved)
        carried = f" The {text(left)} credits left are carried over until {renews}." if left else ""
        return f"{words}, in full and at once; the cycle restarts now.{carried} It renews {renews}."
    if event.rule == "deduct_used" and event.cycle:
        return (
            f"{words}, at once: the {text(event.cycle.used)} credits used in this cycle are "
            f"deducted from the {text(event.cycle.allotment)}. It renews {renews}."
        )
    if event.change == "switch":
        return f"{words}: what the plan unlocks changes now, the balance and the cycle stay."
    return f"{words}, from now on. It renews {renews}."


_ANSWER: dict[type, Callable[[str, JournalEntry, Any, History], results.Written]] = {
    events.AccountOpened: _opened,
    events.MemberSet: _member,
    events.MemberRemoved: _member,
    events.Granted: _granted,
    events.Deducted: _taken_back,
    events.Reversed: _taken_back,
    events.Voided: _voided,
    events.ExpiryMoved: _expiry_moved,
    events.Charged: _charged,
    events.Held: _held,
    events.Leased: _leased,
    events.Drawn: _drawn,
    events.Settled: _settled,
    events.Refunded: _refunded,
    events.Released: _released,
    events.HoldExtended: _extended,
    events.SubscriptionStarted: _plan_change,
    events.PlanChanged: _plan_change,
    events.ChangeScheduled: _plan_change,
    events.ScheduleWithdrawn: _plan_change,
    events.PaidThrough: _plan_change,
    events.SubscriptionEnded: _plan_change,
}
