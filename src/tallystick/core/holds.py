"""Holds: credits reserved while a generation runs (`spec.md` 7)."""

from typing import Literal, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from . import events
from .credits import Micros
from .grants import Parts
from .instants import Instant
from .pricing import Priced

Status: TypeAlias = Literal["open", "settled", "released", "timed_out"]


class Hold(Struct, frozen=True, omit_defaults=True):
    """A hold. `id` is the seq of the journal line that opened it, `closed_seq` of the one that
    closed it; `parts` are what it reserved, `credits` their sum."""

    id: int
    parts: Parts
    credits: Micros
    opened_at: Instant
    expires_at: Instant
    priced: Priced
    member: str | None = None
    labels: dict[str, str] = {}
    status: Status = "open"
    closed_seq: int | None = None
    closed_at: Instant | None = None
    settled: Micros | None = None
    period: Instant | None = None


def evolve(hold: Hold | None, seq: int, at: Instant, event: events.Event) -> Hold | None:
    """The hold after an event, or None for an event that concerns no hold."""
    if isinstance(event, events.Held):
        return Hold(
            seq,
            event.parts,
            event.credits,
            at,
            event.expires_at,
            event.priced,
            event.member,
            event.labels,
            period=event.period,
        )
    if hold is None:
        return None
    if isinstance(event, events.HoldExtended):
        return replace(hold, expires_at=event.expires_at)
    if isinstance(event, events.Settled):
        return replace(hold, status="settled", closed_seq=seq, closed_at=at, settled=event.credits)
    if isinstance(event, events.Released):
        return replace(hold, status=event.how, closed_seq=seq, closed_at=at)
    return None


def named_by(event: events.Event) -> int | None:
    """The id of the hold an event changes, if it changes one."""
    if isinstance(event, (events.Settled, events.Released, events.HoldExtended)):
        return event.hold
    return None
