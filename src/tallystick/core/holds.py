"""Holds: credits reserved while a generation runs (`docs/spec.md` 7)."""

from collections.abc import Iterable
from typing import Literal, TypeAlias

from msgspec import DecodeError, Struct, field, json
from msgspec.structs import replace

from . import events
from .caps import Count, Counts
from .credits import Micros
from .grants import Parts, split
from .instants import Instant
from .pricing import Priced

Status: TypeAlias = Literal["open", "settled", "released", "timed_out", "refunded"]


class Hold(Struct, frozen=True, omit_defaults=True):
    """A hold: credits reserved from `opened_at` until `expires_at`, or until it is closed.

    `id` is the seq of the journal entry that opened it. `parts` are what it reserves of each grant,
    and ``credits == sum of parts`` (micros). `priced` is the generation with its price; None for a
    lease, which is drawn from until it is released. `member` is the id of the member who spends and
    `labels` are the client's; `cap_period_start` is the start of the period in which the member's
    cap counts it, stored as ``period``. `status` says whether the hold is open, or how it was
    closed: by the entry `closed_seq`, at `closed_at`, and `settled` for so much (micros).

    What was given back of a charge stands in the same table, under the seq of the entry that
    charged, with the status ``refunded``: `refunded` is how much of it (micros), `priced` what is
    left of the generation (None: all of it), and `adjusted` how much an operator gave beside that
    as adjustments. It holds nothing.

    `counts` are what the hold counts against caps and fair use, in the order in which it did.
    """

    id: int
    parts: Parts
    credits: Micros
    opened_at: Instant
    expires_at: Instant
    priced: Priced | None
    member: str | None = None
    labels: dict[str, str] = {}
    status: Status = "open"
    closed_seq: int | None = None
    closed_at: Instant | None = None
    settled: Micros | None = None
    cap_period_start: Instant | None = field(default=None, name="period")
    refunded: Micros = 0
    counts: Counts = ()
    adjusted: Micros = 0

    @property
    def given_back(self) -> Micros:
        """What was given back of a charge, by refunds and by adjustments (micros)."""
        return self.refunded + self.adjusted


EVENTS = (
    events.Held,
    events.Leased,
    events.Drawn,
    events.HoldExtended,
    events.HoldIncreased,
    events.Settled,
    events.Released,
    events.Refunded,
)
"""The events that concern a hold, or what was given back of a charge, whichever they are."""
_CHANGES = (
    events.Drawn,
    events.HoldExtended,
    events.HoldIncreased,
    events.Settled,
    events.Released,
)
_GIVEN = (events.Granted, events.Reversed)
"""The events that concern a charge if they name its receipt."""


def concerned(event: events.Event) -> bool:
    """Whether an event concerns a hold, or what was given back of a charge."""
    return isinstance(event, EVENTS) or (isinstance(event, _GIVEN) and event.receipt is not None)


def named_by(event: events.Event) -> int | None:
    """The id of the hold an event changes, if it changes one that is there."""
    if isinstance(event, (events.Refunded, *_GIVEN)):
        return event.receipt
    return event.hold if isinstance(event, _CHANGES) else None


def evolve(hold: Hold | None, seq: int, at: Instant, event: events.Event) -> Hold:
    """The hold after an event that concerns it; `hold` is None before the entry that opens it.

    Raises `ValueError` for an event that names no hold, or one that was never opened.
    """
    if isinstance(event, (events.Held, events.Leased)):
        return Hold(
            id=seq,
            parts=event.parts,
            credits=event.credits,
            opened_at=at,
            expires_at=event.expires_at,
            priced=event.priced if isinstance(event, events.Held) else None,
            member=event.member,
            labels=event.labels,
            cap_period_start=event.cap_period_start,
            counts=event.counts,
        )
    if isinstance(event, events.Refunded):
        row = hold or _of_receipt(event.receipt, at, event.member)
        return replace(row, priced=event.priced, refunded=event.refunded)
    if isinstance(event, _GIVEN) and event.receipt is not None:
        row = hold or _of_receipt(event.receipt, at, None)
        more = event.credits if isinstance(event, events.Granted) else -event.credits
        return replace(row, adjusted=row.adjusted + more)
    if hold is None:
        raise ValueError(f"entry {seq} names a hold that was never opened")
    if isinstance(event, events.HoldExtended):
        return replace(hold, expires_at=event.expires_at)
    if isinstance(event, events.HoldIncreased):
        return replace(
            hold,
            parts=hold.parts + event.parts,
            credits=hold.credits + event.credits,
            priced=event.priced or hold.priced,
            counts=hold.counts + event.counts,
        )
    if isinstance(event, events.Drawn):
        return replace(hold, parts=split(hold.parts, event.credits)[1], credits=event.left)
    closed = replace(hold, closed_seq=seq, closed_at=at)
    if isinstance(event, events.Settled):
        return replace(closed, status="settled", settled=event.credits)
    if isinstance(event, events.Released):
        return replace(closed, status=event.how)
    raise ValueError(f"entry {seq} concerns no hold")


def _of_receipt(receipt: int, at: Instant, member: str | None) -> Hold:
    """The row of a charge of which nothing was given back yet."""
    return Hold(
        id=receipt,
        parts=(),
        credits=0,
        opened_at=at,
        expires_at=at,
        priced=None,
        member=member,
        status="refunded",
    )


_opened = json.Decoder(tuple[Hold, ...]).decode


def opened_again(event: events.ClockRepaired) -> tuple[Hold, ...]:
    """The holds that a repair opens again: they had timed out by a clock that was ahead.

    Raises `ValueError` for an event whose holds cannot be read.
    """
    try:
        return _opened(event.holds)
    except DecodeError as error:
        raise ValueError(f"the holds of a repair cannot be read: {error}") from None


def windows(hold: Hold) -> tuple[Instant | None, Counts]:
    """In which period a hold counts against a member's cap of a cycle, and all its other counts.
    A hold that was increased in another period counts in both: then all stands in the counts."""
    more = [each.amount for each in hold.counts if _of_cycle(each)]
    if not more or hold.cap_period_start is None:
        return hold.cap_period_start, hold.counts
    first = Count(
        of="member",
        every="cycle",
        since=hold.cap_period_start,
        amount=hold.credits - sum(more),
    )
    return None, (first, *hold.counts)


def _of_cycle(count: Count) -> bool:
    return count.of == "member" and count.every == "cycle" and count.tools is None


def replay(entries: Iterable[tuple[int, Instant, events.Event]]) -> dict[int, Hold]:
    """Every hold an account ever had, by id, from its entries in order."""
    found: dict[int, Hold] = {}
    for seq, at, event in entries:
        if concerned(event):
            hold = evolve(found.get(named_by(event) or 0), seq, at, event)
            found[hold.id] = hold
        elif isinstance(event, events.ClockRepaired):
            found |= {hold.id: hold for hold in opened_again(event)}
    return found
