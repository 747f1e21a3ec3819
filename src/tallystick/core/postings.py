"""Postings: every event as double entry (`docs/concepts/ledger.md`).

An account's credits live in ledger accounts: a grant (``topup:7``), a hold (``held:9``), and the
ends ``issued``, ``spent``, ``expired`` and ``owed``. Credits that begin later wait in a ledger
account of their own (``later:7``). What is owed is the negative of ``owed``. The postings of an
entry sum to zero, always; verifying adds them up.
"""

from collections.abc import Callable
from typing import Any, TypeAlias

from . import events
from .credits import Micros
from .grants import Part, Parts, total

Postings: TypeAlias = tuple[tuple[str, Micros], ...]
"""Pairs of a ledger account and what it gains (micros); what it loses is negative."""

ISSUED, SPENT, EXPIRED, OWED = "issued", "spent", "expired", "owed"
_HELD, _LATER = "held:", "later:"
_RESERVED = (_HELD, _LATER)


def postings(seq: int, event: events.Event) -> Postings:
    """The postings of the entry `seq`; empty for an event that moves no credits."""
    write = _WRITE.get(type(event))
    if write is None:
        return ()
    return tuple([posting for posting in write(seq, event) if posting[1]])


def spendable(moved: Postings) -> Micros:
    """By how much an entry changes what is spendable: the sum over its grants."""
    return sum([amount for name, amount in moved if ":" in name and not name.startswith(_RESERVED)])


def _granted(seq: int, event: events.Granted) -> Postings:
    if event.effective_at is not None:
        return (ISSUED, -event.credits), (f"{_LATER}{seq}", event.credits)
    return (ISSUED, -event.credits), *_given(f"{event.source}:{seq}", event)


def _began(seq: int, event: events.GrantBegan) -> Postings:
    grant = f"{event.source}:{event.grant}"
    return (f"{_LATER}{event.grant}", -event.credits), *_given(grant, event)


def _given(grant: str, event: Any) -> Postings:
    """New credits: the part that pays what is owed, and the rest."""
    return (grant, event.credits - event.owed_paid), (OWED, event.owed_paid)


def _cycle_started(seq: int, event: events.CycleStarted) -> Postings:
    return (ISSUED, -event.credits), *_given(f"subscription:{seq}", event)


def _charged(seq: int, event: events.Charged | events.SettledLate) -> Postings:
    return *_from(event.parts), (SPENT, event.credits)


def _held(seq: int, event: events.Held | events.Leased) -> Postings:
    return *_from(event.parts), (f"{_HELD}{seq}", event.credits)


def _drawn(seq: int, event: events.Drawn) -> Postings:
    return (f"{_HELD}{event.hold}", -event.credits), (SPENT, event.credits)


def _settled(seq: int, event: events.Settled) -> Postings:
    return (
        (f"{_HELD}{event.hold}", -event.held),
        *_from(event.extra),
        *_to(event.returned),
        (EXPIRED, total(event.lapsed)),
        (SPENT, event.credits),
    )


def _increased(seq: int, event: events.HoldIncreased) -> Postings:
    return *_from(event.parts), (f"{_HELD}{event.hold}", event.credits)


def _refunded(seq: int, event: events.Refunded) -> Postings:
    expired = total(event.lapsed) - event.owed_paid
    return (
        (SPENT, -event.credits),
        *_to(event.returned),
        (EXPIRED, expired),
        (OWED, event.owed_paid),
    )


def _released(seq: int, event: events.Released) -> Postings:
    return (
        (f"{_HELD}{event.hold}", -event.credits),
        *_to(event.returned),
        (EXPIRED, total(event.lapsed)),
    )


def _grant_expired(seq: int, event: events.GrantExpired) -> Postings:
    return (f"{event.source}:{event.grant}", -event.credits), (EXPIRED, event.credits)


def _deducted(seq: int, event: events.Deducted) -> Postings:
    return *_from(event.parts), (ISSUED, event.credits)


def _reversed(seq: int, event: events.Reversed) -> Postings:
    grant = f"{event.source}:{event.entry}" if event.begun else f"{_LATER}{event.entry}"
    return (grant, -event.credits), (ISSUED, event.credits)


def _voided(seq: int, event: events.Voided) -> Postings:
    grant = f"{event.source}:{event.grant}" if event.begun else f"{_LATER}{event.grant}"
    return (grant, -event.credits), (OWED, -event.owed), (ISSUED, event.credits + event.owed)


def _plan_changed(seq: int, event: events.PlanChanged) -> Postings:
    moved = [
        posting
        for each in event.moved
        if each.source != each.source_before
        for posting in (
            (f"{each.source_before}:{each.grant}", -each.credits),
            (f"{each.source}:{each.grant}", each.credits),
        )
    ]
    return (
        *moved,
        *_from(event.withdrawn),
        (f"subscription:{seq}", event.granted - event.owed_paid),
        (OWED, event.owed_paid),
        (ISSUED, total(event.withdrawn) - event.granted),
    )


def _rolled_over(seq: int, event: events.RolledOver) -> Postings:
    return (
        (f"subscription:{event.grant}", -event.credits - event.lapsed),
        (f"rollover:{event.grant}", event.credits),
        (EXPIRED, event.lapsed),
    )


def _subscription_ended(seq: int, event: events.SubscriptionEnded) -> Postings:
    return *_from(event.withdrawn), (ISSUED, total(event.withdrawn))


def _clock_repaired(seq: int, event: events.ClockRepaired) -> Postings:
    return event.reversed


def _from(parts: Parts) -> list[tuple[str, Micros]]:
    return [(_ledger(part), -part.credits) for part in parts]


def _to(parts: Parts) -> list[tuple[str, Micros]]:
    return [(_ledger(part), part.credits) for part in parts]


def _ledger(part: Part) -> str:
    return f"{part.source}:{part.grant}"


_WRITE: dict[type, Callable[[int, Any], Postings]] = {
    events.Granted: _granted,
    events.GrantBegan: _began,
    events.CycleStarted: _cycle_started,
    events.Charged: _charged,
    events.Held: _held,
    events.Leased: _held,
    events.Drawn: _drawn,
    events.HoldIncreased: _increased,
    events.Settled: _settled,
    events.SettledLate: _charged,
    events.Refunded: _refunded,
    events.Released: _released,
    events.GrantExpired: _grant_expired,
    events.Deducted: _deducted,
    events.Reversed: _reversed,
    events.Voided: _voided,
    events.PlanChanged: _plan_changed,
    events.SubscriptionEnded: _subscription_ended,
    events.RolledOver: _rolled_over,
    events.ClockRepaired: _clock_repaired,
}
