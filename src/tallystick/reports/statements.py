"""Statements: ledger entries in words, and the plain list of charges (`docs/spec.md` 8.1)."""

from collections.abc import Callable
from typing import Any

from .. import results
from ..catalogs import phrases
from ..catalogs.phrases import capital
from ..core import events, postings
from ..core.account import every_words
from ..core.arithmetic import many_of
from ..core.caps import CapTerms
from ..core.catalog import Wording
from ..core.checkpoint import Checkpoint
from ..core.credits import Credits, show, text
from ..core.grants import total
from ..core.history import History
from ..core.instants import Instant, to_datetime
from ..core.journal import JournalEntry
from ..engine import views

CHARGES = (events.Charged, events.Drawn, events.Settled, events.SettledLate)
"""The events that charge a generation, and so have a receipt."""


def entry(account: str, entry: JournalEntry, history: History) -> results.Entry:
    """A journal entry as the account's owner and its operator read it."""
    event = entry.event
    opens = isinstance(event, (events.Held, events.Leased))
    hold = getattr(event, "hold", entry.seq if opens else None)
    return results.Entry(
        account=account,
        seq=entry.seq,
        at=to_datetime(entry.at),
        kind=type(event).__struct_config__.tag,  # type: ignore[arg-type]
        text=_TEXT[type(event)](event, history),
        credits=show(postings.spendable(entry.postings)),
        balance_before=show(entry.balance_before),
        balance_after=show(entry.balance_after),
        postings=tuple(
            results.Posting(account=name, credits=show(amount)) for name, amount in entry.postings
        ),
        receipt=_receipt(entry),
        hold=None if hold is None else f"h{hold}",
        key=entry.idempotency_key,
        hash=entry.hash.hex(),
    )


def _receipt(entry: JournalEntry) -> str | None:
    """The receipt that an entry has, or that it gives something back of."""
    given_back = getattr(entry.event, "receipt", None)
    if given_back is not None:
        return f"r{given_back}"
    return f"r{entry.seq}" if isinstance(entry.event, CHARGES) else None


def brought_forward(account: str, checkpoint: Checkpoint) -> results.Entry:
    """The entry that stands for archived ones: the balance that they came to."""
    balance = show(checkpoint.account.available)
    earlier = "Entry 1 is" if checkpoint.seq == 1 else f"Entries 1 to {checkpoint.seq:,} are"
    return results.Entry(
        account=account,
        seq=checkpoint.seq,
        at=to_datetime(checkpoint.at),
        kind="brought_forward",
        text=f"{earlier} archived; balance brought forward",
        credits=balance,
        balance_before=0,
        balance_after=balance,
        postings=(),
        hash=checkpoint.head.hex(),
    )


def usage_line(
    entry: JournalEntry,
    event: events.Charged | events.Drawn | events.Settled | events.SettledLate | events.Refunded,
    history: History,
) -> results.UsageLine:
    """A charge as the list of them shows it, or a refund, which counts less than nothing."""
    refund = isinstance(event, events.Refunded)
    priced = views.priced_line(event.priced, history)
    return results.UsageLine(
        seq=entry.seq,
        at=to_datetime(entry.at),
        receipt=f"r{event.receipt if refund else entry.seq}",
        tool=priced.tool,
        model=priced.model,
        name=priced.name,
        credits=show(-event.credits if refund else event.credits),
        unit=priced.unit,
        quantity=show(-event.quantity) if refund else priced.quantity,
        outputs=1 if refund else priced.outputs,
        member=event.member,
        labels=event.labels,
        refund=refund,
    )


def generation(priced: Any, history: History) -> str:
    """``Veo 3.1, 8 seconds, audio on, 1080p resolution, 2 outputs``"""
    line = views.priced_line(priced, history)
    words = [line.name]
    if line.unit != "generation":
        words.append(_measured(line.quantity, line.unit, line.units))
    words += [
        _measured(term.quantity, term.unit, term.units)
        for term in line.terms
        if term.unit != "generation" and term.quantity
    ]
    words += [f"{name} {value}" for name, value in line.settings.items()]
    if line.outputs > 1:
        words.append(f"{line.outputs} outputs")
    return ", ".join(words)


def source_word(source: str, wording: Wording) -> str:
    """A source in a sentence; a top-up in the platform's own word."""
    return {"carry_over": "carry-over", "rollover": "roll-over", "topup": wording.top_up}.get(
        source, source
    )


def _wording(history: History) -> Wording:
    """The words of the newest catalog: an entry is read today."""
    return history.cards[-1].catalog.wording


def _measured(quantity: Credits, unit: str, units: str | None) -> str:
    name = unit if quantity == 1 else many_of(unit, units)
    return f"{quantity:,} {phrases.unit_words(name)}"


def _opened(event: events.AccountOpened, history: History) -> str:
    return "Account opened"


def _member_set(event: events.MemberSet, history: History) -> str:
    said = [] if event.cap is None else [f"at most {text(event.cap)} a cycle"]
    said += [cap_words(each) for each in event.caps]
    return ", ".join([f"Member {event.member}", *said])


def _member_removed(event: events.MemberRemoved, history: History) -> str:
    return f"Member {event.member} removed"


def _granted(event: events.Granted, history: History) -> str:
    if event.every is not None:
        return f"Free {_wording(history).credits} of the {event.every}"
    if event.source == "topup":
        return f"{capital(_wording(history).top_up)} bought{_owed_paid(event)}"
    why = f": {event.reason}" if event.reason else ""
    why = why if event.receipt is None else f" for r{event.receipt}{why}"
    begins = "" if event.effective_at is None else f", from {_when(event.effective_at)} on"
    return f"{_source(event.source, history)}{why}{begins}{_owed_paid(event)}"


def _source(name: str, history: History) -> str:
    return capital(source_word(name, _wording(history)))


def _when(at: Instant) -> str:
    return f"{to_datetime(at):%Y-%m-%d %H:%M} UTC"


def _owed_paid(event: Any) -> str:
    return f"; {text(event.owed_paid)} paid what was owed" if event.owed_paid else ""


def _began(event: events.GrantBegan, history: History) -> str:
    return f"{_source(event.source, history)} g{event.grant} begins{_owed_paid(event)}"


def _voided(event: events.Voided, history: History) -> str:
    owed = f"; {text(event.owed)} that were spent of it are owed" if event.owed else ""
    held = f"; {text(event.held)} stay with open holds" if event.held else ""
    source = _source(event.source, history)
    return f"{source} g{event.grant} voided{held}{owed}: {event.reason}"


def _expiry_moved(event: events.ExpiryMoved, history: History) -> str:
    until = "never expires" if event.expires_at is None else f"expires {_when(event.expires_at)}"
    return f"{_source(event.source, history)} g{event.grant} {until}: {event.reason}"


def _deducted(event: events.Deducted, history: History) -> str:
    return f"Taken back: {event.reason}"


def _reversed(event: events.Reversed, history: History) -> str:
    return f"Entry {event.entry} reversed: {event.reason}"


def _expired(event: events.GrantExpired, history: History) -> str:
    wording = _wording(history)
    return f"Expired: {source_word(event.source, wording)} {wording.credits}"


def _charged(event: events.Charged, history: History) -> str:
    return generation(event.priced, history)


def _held(event: events.Held, history: History) -> str:
    return f"Held for {generation(event.priced, history)}"


def _leased(event: events.Leased, history: History) -> str:
    return "Leased"


def _drawn(event: events.Drawn, history: History) -> str:
    return f"{generation(event.priced, history)}, from lease h{event.hold}"


def _extended(event: events.HoldExtended, history: History) -> str:
    return f"Hold h{event.hold} extended"


def _settled(event: events.Settled, history: History) -> str:
    made = generation(event.priced, history)
    outcome = "" if event.outcome == "succeeded" else f" ({event.outcome.replace('_', ' ')})"
    back = total(event.returned)
    returned = f"; {text(back)} of {text(event.held)} held returned" if back else ""
    lapsed = total(event.lapsed)
    expired = f"; {text(lapsed)} had expired meanwhile" if lapsed else ""
    missing = event.uncollected
    uncollected = f"; {text(missing)} more were not there to take" if missing else ""
    return f"{made}{outcome}{returned}{expired}{uncollected}"


def _limits_set(event: events.LimitsSet, history: History) -> str:
    said = [cap_words(each) for each in event.caps]
    if event.held_limit is not None:
        said.append(f"at most {text(event.held_limit)} held at once")
    return f"Limits: {'; '.join(said)}" if said else "No limits"


def cap_words(cap: CapTerms) -> str:
    """``at most 50 a day for video``"""
    tools = f" for {', '.join(cap.tools)}" if cap.tools else ""
    return f"at most {text(cap.credits)} {every_words(cap.every)}{tools}"


def _increased(event: events.HoldIncreased, history: History) -> str:
    return f"Hold h{event.hold} increased to {text(event.held)}"


def _settled_late(event: events.SettledLate, history: History) -> str:
    return f"{generation(event.priced, history)}, after hold h{event.hold} had timed out"


def _refunded(event: events.Refunded, history: History) -> str:
    lapsed = total(event.lapsed) - event.owed_paid
    expired = f"; {text(lapsed)} had expired meanwhile" if lapsed else ""
    return f"Refund of r{event.receipt}: {event.reason}{expired}{_owed_paid(event)}"


def _released(event: events.Released, history: History) -> str:
    how = "timed out" if event.how == "timed_out" else "released"
    lapsed = total(event.lapsed)
    expired = f"; {text(lapsed)} had expired meanwhile" if lapsed else ""
    return f"Hold h{event.hold} {how}{expired}"


def _subscribed(event: events.SubscriptionStarted, history: History) -> str:
    bought = event.subscription
    return f"Subscribed: {views.terms_words(bought.terms, bought.version, history)}"


def _cycle_started(event: events.CycleStarted, history: History) -> str:
    first = "" if event.index else ", first cycle"
    return f"Monthly {_wording(history).credits}{first}{_owed_paid(event)}"


def _plan_changed(event: events.PlanChanged, history: History) -> str:
    bought = event.subscription
    words = views.terms_words(bought.terms, bought.version, history)
    kind = {"upgrade": "Upgraded to", "downgrade": "Downgraded to"}.get(event.change, "Now")
    left = sum(each.credits for each in event.moved if each.source == "carry_over")
    carried = f"; {text(left)} carried over" if left else ""
    return f"{kind} {words}{carried}{_owed_paid(event)}"


def _scheduled(event: events.ChangeScheduled, history: History) -> str:
    bought = event.subscription
    if bought.scheduled is None or bought.scheduled.terms is None:
        return "Cancelled, at the end of the paid time"
    words = views.terms_words(bought.scheduled.terms, bought.scheduled.version, history)
    return f"To come{', once it is paid' if bought.scheduled.awaits_payment else ''}: {words}"


def _withdrawn(event: events.ScheduleWithdrawn, history: History) -> str:
    return "Resumed: nothing is scheduled any more"


def _paid(event: events.PaidThrough, history: History) -> str:
    again = "; it goes on" if event.revived else ""
    return f"Paid through {to_datetime(event.subscription.paid_through):%Y-%m-%d %H:%M} UTC{again}"


def _past_due(event: events.PastDue, history: History) -> str:
    return (
        f"Not paid: past due until {to_datetime(event.subscription.renews_at):%Y-%m-%d %H:%M} UTC"
    )


def _rolled_over(event: events.RolledOver, history: History) -> str:
    lapsed = f"; {text(event.lapsed)} expired" if event.lapsed else ""
    return f"{text(event.credits)} rolled over{lapsed}"


def _paused(event: events.PauseSet, history: History) -> str:
    pause = event.subscription.pause
    begun = "Paused" if pause is not None and pause.begun else "To come: a pause"
    if pause is None or pause.until is None:
        return f"{begun}, until it is resumed"
    return f"{begun}, until {to_datetime(pause.until):%Y-%m-%d %H:%M} UTC"


def _after_a_pause(event: events.PauseEnded, history: History) -> str:
    return "Resumed after a pause"


def _cycle_reset(event: events.CycleReset, history: History) -> str:
    return f"Cycle reset: {event.reason}"


def _ended(event: events.SubscriptionEnded, history: History) -> str:
    if event.starts_at is not None:
        return "Subscription called off before it began"
    why = {"unpaid": ": not paid", "ended": f": {event.why}"}.get(event.reason, "")
    return f"Subscription ended{why}"


def _repaired(event: events.ClockRepaired, history: History) -> str:
    return (
        f"Set aside: what fell due too soon after entry {event.back_to}, by a clock ahead of time"
    )


_TEXT: dict[type, Callable[[Any, History], str]] = {
    events.AccountOpened: _opened,
    events.MemberSet: _member_set,
    events.MemberRemoved: _member_removed,
    events.LimitsSet: _limits_set,
    events.Granted: _granted,
    events.GrantBegan: _began,
    events.Deducted: _deducted,
    events.Reversed: _reversed,
    events.Voided: _voided,
    events.ExpiryMoved: _expiry_moved,
    events.GrantExpired: _expired,
    events.Charged: _charged,
    events.Held: _held,
    events.Leased: _leased,
    events.Drawn: _drawn,
    events.HoldExtended: _extended,
    events.HoldIncreased: _increased,
    events.Settled: _settled,
    events.SettledLate: _settled_late,
    events.Refunded: _refunded,
    events.Released: _released,
    events.SubscriptionStarted: _subscribed,
    events.CycleStarted: _cycle_started,
    events.PlanChanged: _plan_changed,
    events.ChangeScheduled: _scheduled,
    events.ScheduleWithdrawn: _withdrawn,
    events.PaidThrough: _paid,
    events.PastDue: _past_due,
    events.RolledOver: _rolled_over,
    events.PauseSet: _paused,
    events.PauseEnded: _after_a_pause,
    events.CycleReset: _cycle_reset,
    events.SubscriptionEnded: _ended,
    events.ClockRepaired: _repaired,
}
