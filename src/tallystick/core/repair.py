"""Repair: what a clock that was ahead had fall due too soon is set aside (`docs/spec.md` 4.8).

Lines are never removed. A line of its own takes back what they moved, and the account goes on
from where it was before the first of them.
"""

from collections.abc import Iterator, Sequence

from msgspec import Raw, json

from .account import advance
from .checkpoint import Checkpoint, Play
from .events import (
    ClockRepaired,
    CycleStarted,
    GrantExpired,
    PlanChanged,
    Released,
    SubscriptionEnded,
)
from .instants import Instant
from .journal import JournalLine

_encode = json.Encoder().encode


def fell_due(start: Checkpoint, lines: Sequence[JournalLine]) -> bool:
    """Whether `lines`, which follow upon `start`, are what fell due by itself and nothing else:
    nobody asked for any of them."""
    until = lines[-1].at
    due = [hold for hold in start.holds if hold.expires_at <= until]
    expected = [(each.seq, each.at, each.event) for each in advance(start.account, until, due)[1]]
    return expected == [(each.seq, each.at, each.event) for each in lines]


def set_aside(start: Checkpoint, lines: Sequence[JournalLine]) -> ClockRepaired:
    """The event that sets `lines` aside, which follow upon `start`."""
    play = Play(start)
    taken_back: dict[str, int] = {}
    for line in lines:
        play.follow(line)
        play.follow_hold(line)
        for name, credits in line.postings:
            taken_back[name] = taken_back.get(name, 0) - credits
    return ClockRepaired(
        back_to=start.seq,
        account=Raw(_encode(start.account)),
        holds=Raw(_encode([hold for hold in start.holds if play.holds[hold.id] != hold])),
        closed=start.closed,
        reversed=tuple(sorted((name, credits) for name, credits in taken_back.items() if credits)),
    )


def wrongly_set_aside(lines: Sequence[JournalLine], at: Instant) -> Iterator[JournalLine]:
    """Those of `lines` that a repair at an instant may not set aside: they are older, or somebody
    asked for them."""
    for line in lines:
        event = line.event
        by_itself = (
            isinstance(event, (GrantExpired, CycleStarted, SubscriptionEnded))
            or (isinstance(event, Released) and event.how == "timed_out")
            or (isinstance(event, PlanChanged) and event.change in ("downgrade", "interval"))
        )
        if line.at <= at or line.idempotency_key is not None or not by_itself:
            yield line
