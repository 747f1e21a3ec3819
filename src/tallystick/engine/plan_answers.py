"""The answers of changes of a subscription, with one sentence that a creator understands."""

from collections.abc import Callable
from typing import Any

from .. import results
from ..core import events
from ..core.catalog import Wording
from ..core.credits import SCALE, Micros, show, text
from ..core.cycles import words as local_words
from ..core.grants import total
from ..core.history import History
from ..core.instants import Instant, to_datetime
from ..core.journal import JournalEntry
from ..core.subscription import Subscription
from . import views


def plan_change(
    account: str, entry: JournalEntry, event: Any, history: History
) -> results.PlanChange:
    """A subscription before and after what happened to it."""
    bought: Subscription | None = getattr(event, "subscription", None)
    before = getattr(event, "before", ())
    after = getattr(event, "after", None)
    renews_at = None if bought is None else _renews_at(bought, entry.at)
    return results.PlanChange(
        account=account,
        seq=entry.seq,
        at=to_datetime(entry.at),
        change=_change_word(event),
        explanation=_explain(event, entry.at, history),
        takes_effect_at=views.moment(_takes_effect_at(event, entry.at)),
        before=views.by_source(before),
        after=views.by_source(before if after is None else after),
        renews_at=views.moment(renews_at),
        rule=getattr(event, "rule", None),
        expires=show(total(getattr(event, "withdrawn", ()))),
        subscription=None
        if bought is None
        else views.subscription(bought, entry.at, renews_at, history),
    )


def _takes_effect_at(event: Any, at: Instant) -> Instant | None:
    """When a change takes effect; None while that depends on a payment."""
    scheduled = event.subscription.scheduled if isinstance(event, events.ChangeScheduled) else None
    if scheduled is None:
        return at
    return None if scheduled.awaits_payment else scheduled.at


def _renews_at(bought: Subscription, at: Instant) -> Instant | None:
    """The next renewal, once the cycle that is due at `at` has started; None where none does."""
    if bought.renews_at > at or bought.past_due_at is not None:
        return bought.next_cycle_at
    first = bought.index + 1
    if first < 0:  # the trial begins
        return bought.anchor
    if bought.renews_at != bought.boundary(first):  # an operator's reset
        return bought.boundary(first + 1)
    is_paid = bought.auto_renew or bought.paid_index > first
    return bought.boundary(first + 1) if is_paid else None


def _change_word(event: Any) -> str:
    if isinstance(event, (events.PlanChanged, events.ChangeScheduled)):
        return event.change
    return {
        events.SubscriptionStarted: "subscribe",
        events.ScheduleWithdrawn: "resume",
        events.PaidThrough: "pay",
        events.SubscriptionEnded: "end",
        events.PauseSet: "pause",
        events.PauseEnded: "resume",
        events.CycleReset: "reset",
    }[type(event)]


def _explain(event: Any, at: Instant, history: History) -> str:
    """One sentence a creator understands."""
    if isinstance(event, events.SubscriptionEnded):
        return _explain_end(event, history.at(at).catalog.wording)
    bought: Subscription = event.subscription
    words = views.terms_words(bought.terms, bought.version, history)
    wording = history.version(bought.version).catalog.wording
    return _EXPLAIN[type(event)](event, words, _Said(bought, at, wording), history)


class _Said:
    """What is said of a subscription: its instants, in words of its own zone."""

    def __init__(self, bought: Subscription, at: Instant, wording: Wording):
        self.bought = bought
        self.at = at
        self.wording = wording

    def when(self, instant: Instant) -> str:
        """An instant in words."""
        return local_words(instant, self.bought.zone)

    @property
    def renews(self) -> str:
        """When the next cycle begins, or the pause that comes in its place: ``It renews 2026-02-28
        10:00:00 UTC.``"""
        at = _renews_at(self.bought, self.at)
        if at is None:
            return "It is paused." if self.bought.is_paused else "It is past due."
        if self.bought.pause is not None and not self.bought.is_paused:
            return f"It is paused from {self.when(at)} on."
        return f"It renews {self.when(at)}."

    @property
    def paid(self) -> str:
        """Until when it is paid, where payments say so."""
        if self.bought.auto_renew:
            return ""
        return f" It is paid through {self.when(self.bought.paid_through)}."

    def owed(self, paid: Micros) -> str:
        """What the new credits pay first, where anything is owed."""
        pay = "pays" if paid == SCALE else "pay"
        return (
            f" Of the new {self.wording.credits}, {text(paid)} {pay} what is owed." if paid else ""
        )


def _explain_end(event: events.SubscriptionEnded, wording: Wording) -> str:
    if event.starts_at is not None:
        return "The subscription is called off before it has begun; it had given nothing."
    if event.reason != "ended":
        return "The subscription ended."
    gone = total(event.withdrawn)
    taken = f" {wording.amount(gone)} of its cycle {_are(gone)} taken back." if gone else ""
    return f"The subscription ended: {event.why}.{taken}"


def _explain_start(
    event: events.SubscriptionStarted, words: str, said: _Said, history: History
) -> str:
    anchor = said.bought.anchor
    begins = "Its trial ends" if said.bought.is_in_trial else "It starts"
    starts = "" if anchor <= said.at else f" {begins} {said.when(anchor)}."
    return f"{words}.{starts}{said.owed(event.pays_owed)} {said.renews}"


def _explain_resumed(
    event: events.ScheduleWithdrawn, words: str, said: _Said, history: History
) -> str:
    return f"{words} goes on; nothing is scheduled any more. {said.renews}"


def _explain_pause(event: events.PauseSet, words: str, said: _Said, history: History) -> str:
    pause = said.bought.pause
    if pause is None:  # a bug: the event says how it is paused
        return words
    begins = "from now on" if pause.begun else f"from {said.when(pause.starts_at)}"
    until = "it is resumed" if pause.until is None else said.when(pause.until)
    locked = "stay unlocked" if pause.unlocks else "are locked"
    return (
        f"{words}: paused {begins}, until {until}. In the pause no cycle starts, no payment is "
        f"due, and its tools {locked}; {said.wording.top_ups} stay."
    )


def _explain_end_of_pause(
    event: events.PauseEnded, words: str, said: _Said, history: History
) -> str:
    return f"{words} goes on from now. {said.renews}{said.paid}"


def _explain_reset(event: events.CycleReset, words: str, said: _Said, history: History) -> str:
    gone = sum(each.credits for each in event.moved)
    named = f" {said.wording.amount(gone)} of the old one {_are(gone)} gone." if gone else ""
    return f"{words}: a new cycle starts now.{named} {said.renews}"


def _explain_payment(event: events.PaidThrough, words: str, said: _Said, history: History) -> str:
    bought = said.bought
    paid = f"{words}: paid through {said.when(bought.paid_through)}."
    if bought.paid_through <= said.at:
        return f"{paid} That time is over: the running cycle is not paid."
    again = " It goes on from now." if event.after is not None and event.revived else ""
    end = bought.scheduled
    if end is not None and end.terms is None:
        return f"{paid}{again} It is cancelled and ends {said.when(end.at)}."
    return paid + again


def _explain_scheduled(
    event: events.ChangeScheduled, words: str, said: _Said, history: History
) -> str:
    scheduled = said.bought.scheduled
    if scheduled is None:  # a bug: the event says what is scheduled
        return f"{words}. {said.renews}"
    until = said.when(scheduled.at)
    if scheduled.terms is None:
        top_ups = said.wording.top_ups
        return f"{words} ends {until}; until then nothing changes, and {top_ups} stay after it."
    then = views.terms_words(scheduled.terms, scheduled.version, history)
    if scheduled.awaits_payment:
        return (
            f"{then}, once it is paid; until then nothing changes. It is withdrawn if it is not "
            f"paid by {until}."
        )
    return f"{then}, from {until}, when the paid time is over; until then nothing changes."


def _explain_changed(event: events.PlanChanged, words: str, said: _Said, history: History) -> str:
    withdrawn = " What was scheduled before is withdrawn." if event.unscheduled else ""
    lost = ""
    if event.paid_before is not None:
        before = said.when(event.paid_before)
        lost = f" It was paid through {before}; the time after the new end is not kept."
    paid = said.owed(event.pays_owed) + said.paid
    return _what_changes(event, words, said) + paid + lost + withdrawn


def _what_changes(event: events.PlanChanged, words: str, said: _Said) -> str:
    trial = said.when(said.bought.anchor)
    if said.bought.is_in_trial and said.bought.index >= -1:
        return f"{words}: what it unlocks changes now. The trial goes on until {trial}."
    if said.bought.anchor > said.at:
        return f"{words}, from {said.when(said.bought.anchor)}, when it starts."
    renews = said.renews
    if event.rule == "add_full_keep_leftover":
        left = sum(each.credits for each in event.moved)
        until = said.when(said.bought.boundary(1))
        named = f"{said.wording.amount(left)} left {_are(left)}"
        carried = f" The {named} carried over until {until}."
        full = f"{words}, in full and at once; the cycle restarts now."
        return f"{full}{carried if left else ''} {renews}"
    if event.rule == "deduct_used" and event.cycle:
        return (
            f"{words}, at once: {_deducted(event, event.cycle.used, said)} deducted from the "
            f"{text(event.cycle.allotment)}. {renews}"
        )
    if event.change == "switch":
        return f"{words}: what the plan unlocks changes now, the balance and the cycle stay."
    return f"{words}, from now on. {renews}"


def _deducted(event: events.PlanChanged, used: Micros, said: _Said) -> str:
    if event.deducted is None or event.deducted == used:
        return f"the {said.wording.amount(used)} used in this cycle {_are(used)}"
    gone = event.deducted
    return f"the {said.wording.amount(gone)} of this cycle used, held or taken back {_are(gone)}"


def _are(amount: Micros) -> str:
    return "is" if amount == SCALE else "are"


_EXPLAIN: dict[type, Callable[[Any, str, _Said, History], str]] = {
    events.SubscriptionStarted: _explain_start,
    events.PlanChanged: _explain_changed,
    events.ChangeScheduled: _explain_scheduled,
    events.ScheduleWithdrawn: _explain_resumed,
    events.PaidThrough: _explain_payment,
    events.PauseSet: _explain_pause,
    events.PauseEnded: _explain_end_of_pause,
    events.CycleReset: _explain_reset,
}
