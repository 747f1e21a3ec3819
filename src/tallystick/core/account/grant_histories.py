"""The history of a grant: what an entry gave, and how much of it was spent (`docs/spec.md` 3.9)."""

from collections.abc import Iterable

from .. import events
from ..credits import Micros
from ..grants import Part
from .state import Account

SPENDING = (events.Charged, events.Held, events.Leased, events.Drawn)
"""The events that take credits of a grant only to spend or to hold them."""


def given(event: events.Event | None) -> Micros:
    """The credits of the grant that an event gave; 0 for one that gave none."""
    if isinstance(event, (events.Granted, events.CycleStarted)):
        return event.credits
    return event.granted if isinstance(event, events.PlanChanged) else 0


def spent(account: Account, grant_id: int, event: events.Event | None,
          of_grant: Iterable[tuple[int, events.Event]]) -> Micros:  # fmt: skip
    """What was spent of a grant and is not owed yet. `event` gave it; `of_grant` are the entries
    that took credits of it otherwise. What a repair has set aside did not happen."""
    grant = account.grant(grant_id)
    whole = grant.amount if grant else given(event)
    there = grant.remaining + grant.held if grant else 0
    happened = [each for seq, each in of_grant if not _set_aside(account, seq)]
    return max(0, whole - there - sum([_taken(each, grant_id) for each in happened]))


def _set_aside(account: Account, seq: int) -> bool:
    return any(each.back_to < seq < each.seq for each in account.repairs)


def _taken(event: events.Event, grant_id: int) -> Micros:
    """What an event took of a grant, but for what it spent."""
    if isinstance(event, events.GrantExpired):
        return event.credits if event.grant == grant_id else 0
    if isinstance(event, events.RolledOver):
        return event.lapsed if event.grant == grant_id else 0
    if isinstance(event, events.Reversed):
        return event.credits if event.entry == grant_id else 0
    if isinstance(event, events.Voided):
        return event.credits + event.owed if event.grant == grant_id else 0
    if isinstance(event, events.Deducted):
        return 0 if event.used else _of(event.parts, grant_id)
    gone = (*getattr(event, "withdrawn", ()), *getattr(event, "lapsed", ()))
    return _of(gone, grant_id)


def _of(parts: Iterable[Part], grant_id: int) -> Micros:
    return sum([part.credits for part in parts if part.grant == grant_id])
