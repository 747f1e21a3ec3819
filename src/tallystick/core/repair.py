"""Repair: what a clock that was ahead had fall due too soon is set aside (`docs/spec.md` 4.8).

Entries are never removed. An entry of its own takes back what they moved, and the account goes on
from where it was before the first of them.
"""

from collections.abc import Iterator, Sequence

from msgspec import Raw, json

from .account import advance
from .checkpoint import Checkpoint, Play
from .events import (
    ClockRepaired,
    CycleStarted,
    GrantBegan,
    GrantExpired,
    PastDue,
    PauseEnded,
    PauseSet,
    PlanChanged,
    Released,
    RolledOver,
    SubscriptionEnded,
)
from .instants import Instant
from .journal import JournalEntry

_encode = json.Encoder().encode


def fell_due(start: Checkpoint, entries: Sequence[JournalEntry]) -> bool:
    """Whether `entries`, which follow `start`, are nothing but what fell due by itself: nobody
    asked for any of them."""
    until = entries[-1].at
    due = [hold for hold in start.holds if hold.expires_at <= until]
    expected = [(each.seq, each.at, each.event) for each in advance(start.account, until, due)[1]]
    return expected == [(each.seq, each.at, each.event) for each in entries]


def set_aside(start: Checkpoint, entries: Sequence[JournalEntry]) -> ClockRepaired:
    """The event that sets `entries` aside, which follow `start`."""
    play = Play(start)
    taken_back: dict[str, int] = {}
    for entry in entries:
        play.follow(entry)
        play.follow_hold(entry)
        for name, credits in entry.postings:
            taken_back[name] = taken_back.get(name, 0) - credits
    return ClockRepaired(
        back_to=start.seq,
        account=Raw(_encode(start.account)),
        holds=Raw(_encode([hold for hold in start.holds if play.holds[hold.id] != hold])),
        closed=start.closed,
        reversed=tuple(sorted((name, credits) for name, credits in taken_back.items() if credits)),
    )


def wrongly_set_aside(entries: Sequence[JournalEntry], at: Instant) -> Iterator[JournalEntry]:
    """Those of `entries` that a repair at an instant may not set aside: they are older, or somebody
    asked for them."""
    for entry in entries:
        event = entry.event
        by_itself = (
            isinstance(
                event,
                (
                    GrantExpired,
                    RolledOver,
                    CycleStarted,
                    PastDue,
                    SubscriptionEnded,
                    GrantBegan,
                    PauseSet,
                    PauseEnded,
                ),
            )
            or (isinstance(event, Released) and event.how == "timed_out")
            or (isinstance(event, PlanChanged) and event.rule is event.cycle is None)
        )
        if entry.at <= at or entry.idempotency_key is not None or not by_itself:
            yield entry
