"""The state machines of a lease that renews itself: all that changes their state is in this file.

Theory of operation
===================

A lease buffer answers spends at once, out of leases that the engine has granted, and a flusher
writes these spends to the ledger behind it, in batches. Five kinds of machines carry that. Their
transitions are in `TRANSITIONS`, one table for all. Other modules raise events, by `on` or by a
method that does what goes with the event; what follows is decided here, and no other module
assigns a `state`.

1. The block (`Block`, one): may anybody spend?

       NEW --ENTERED--> OPENING --READY--> OPEN --ENDED--> CLOSED

2. A lease (`HeldLease`, one for each hold): does it pay?

       PAYING --PASSED_OVER, DOUBTED, REPRICED, RECALLED--> DRAINING
       DRAINING --RELEASE_SENT--> RETURNING --RELEASED--> GONE
       any --LEASE_CLOSED, FORGOTTEN--> GONE

   A draining lease pays for nothing more. It is released when the last spend that it has paid
   for is written.

3. A spend (`BufferedSpend`, one for each that is not in the ledger): who pays for it?

       PAID --LEASE_CLOSED, REPRICED--> UNPAID --REASSIGNED--> PAID
       PAID --WRITTEN--> WRITTEN       PAID, UNPAID --REFUSED--> REJECTED

4. The refill (`Refill`, one): is a further lease wanted? A lease cannot grow, so the set gets
   another.

       IDLE --WANTED--> WANTED --SENT--> SENT --LEASED, REFUSED--> IDLE

5. The backoff (`Backoff`, one): did the last write reach the ledger?

       HEALTHY --FAILED--> FAILING --ANSWERED--> HEALTHY

Most of them are moved by the engine's answers: `lease_answers` says which event an answer is.
`UNKNOWN` moves nothing: the engine could not be asked, or its answer was lost, so the same command
goes out again under the same key.

Transitions that couple machines
--------------------------------

- A lease that turns out to be closed (LEASE_CLOSED) leaves the spends that it had paid for UNPAID,
  but for those that were sent: they may be in the ledger, and get answers of their own.
- A spend that costs more than its lease has left (REPRICED) is UNPAID, and its lease drains.
- A lease that pays drains those before it: they had too little (PASSED_OVER).
- A refill that is refused because the rest is in the leases themselves drains all of them
  (RECALLED), and is wanted again, to be sent when they are returned.
- A closed block without unwritten spends drains all leases (RECALLED) and drops the refill, unless
  it was sent: then a lease may come of it, which must be returned.
- A written spend that had another price than expected makes all prices stale, and so does one that
  is REPRICED or REJECTED (`lease_terms`).

Who waits
---------

- A spend waits for the answer about a price that another spend is asking for (`lease_terms`), for
  room in a full buffer, or for a refill. It stops waiting with an error when the refill is refused
  (its `Claim` has not seen that `Exhaustion`) or when a write fails (the backoff has another last
  `Failure` than before).
- The flusher waits until the oldest spend is `flush_seconds` old, a batch is full, somebody
  flushes, a lease is to be returned or a refill is wanted; after a failure, until it may try again.
- A flush waits until what was spent before it is written, or a write fails.
- Closing waits between two tries, and gives up after a while.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

from msgspec import structs

from ..core.commands import Draw, Lease
from ..core.credits import Micros
from ..core.errors import InvalidRequest
from .exchange import with_key
from .renewal import LeaseRenewal
from .state_machine import Machine, Table

FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.1, 5.0
"""The pauses before a failed write is tried again: each is twice the one before."""


class BlockState(StrEnum):
    """Where the block of a lease stands."""

    NEW = "new"  # nobody has entered it
    OPENING = "opening"  # it asks for what has to be known before the first spend
    OPEN = "open"  # spends are let out
    CLOSED = "closed"  # nothing is let out any more; what is not written is being written


class LeaseState(StrEnum):
    """What one lease of the set is good for."""

    PAYING = "paying"  # it pays for spends as far as it reaches
    DRAINING = "draining"  # it pays for nothing more; some of what it paid for is not written
    RETURNING = "returning"  # its release was sent, and is sent again until it is answered
    GONE = "gone"  # it is closed, or nobody tries to release it any more


class SpendState(StrEnum):
    """What became of a spend that was let out."""

    PAID = "paid"  # a lease pays for it, and a batch will write it
    UNPAID = "unpaid"  # its lease is closed or has not enough: another one has to pay
    WRITTEN = "written"  # it is in the ledger
    REJECTED = "rejected"  # it can never be written; its owner is told and not charged


class RefillState(StrEnum):
    """Whether a further lease is wanted."""

    IDLE = "idle"  # none is wanted
    WANTED = "wanted"  # a batch will ask for one
    SENT = "sent"  # the engine was asked, and is asked again until it answers


class BackoffState(StrEnum):
    """Whether the last batch reached the ledger."""

    HEALTHY = "healthy"  # every command of it was answered
    FAILING = "failing"  # some command of it was not: the next try comes after a pause


class LeaseEvent(StrEnum):
    """What happens to a lease. Some events move machines of two kinds."""

    ENTERED = "entered"  # the block is entered
    READY = "ready"  # prices, and what is left of the first lease, are known
    ENDED = "ended"  # the block has ended, or the flusher has
    PASSED_OVER = "passed over"  # a later lease paid for a spend: this one had too little left
    DOUBTED = "doubted"  # the lease may have timed out
    RECALLED = "recalled"  # everything that is leased goes back
    RELEASE_SENT = "release sent"  # a batch that releases the lease goes out
    RELEASED = "released"  # the release was answered: the lease is closed, whoever closed it
    LEASE_CLOSED = "lease closed"  # the engine says that the lease was closed before
    FORGOTTEN = "forgotten"  # nobody tries any more: what is leased comes back at its time-out
    WRITTEN = "written"  # the spend is in the ledger
    REPRICED = "repriced"  # the spend costs more by now than its lease has left
    REASSIGNED = "reassigned"  # another lease pays for the spend
    REFUSED = "refused"  # the engine refuses, and would refuse again
    UNKNOWN = "unknown"  # nobody knows whether the engine has done it
    WANTED = "wanted"  # little is left, or a spend needs more than any lease has
    SENT = "sent"  # a batch that asks for the further lease goes out
    LEASED = "leased"  # the engine has granted the further lease
    GIVEN_UP = "given up"  # nothing more will be spent
    FAILED = "failed"  # some command of a batch was not answered
    ANSWERED = "answered"  # every command of a batch was answered


def _to(state: StrEnum, *events: LeaseEvent) -> dict[LeaseEvent, StrEnum]:
    """All these events lead to one state."""
    return dict.fromkeys(events, state)


_TO_GONE = _to(LeaseState.GONE, LeaseEvent.LEASE_CLOSED, LeaseEvent.FORGOTTEN)
_AFTER_A_BATCH = {
    LeaseEvent.ANSWERED: BackoffState.HEALTHY,
    LeaseEvent.FAILED: BackoffState.FAILING,
}

TRANSITIONS: Mapping[type[StrEnum], Table] = {
    BlockState: {
        BlockState.NEW: {
            LeaseEvent.ENTERED: BlockState.OPENING,
            LeaseEvent.ENDED: BlockState.CLOSED,
        },
        BlockState.OPENING: {
            LeaseEvent.READY: BlockState.OPEN,
            LeaseEvent.ENDED: BlockState.CLOSED,
        },
        BlockState.OPEN: {LeaseEvent.ENDED: BlockState.CLOSED},
        # Another thread may have closed the lease while it was opening.
        BlockState.CLOSED: _to(BlockState.CLOSED, LeaseEvent.READY, LeaseEvent.ENDED),
    },
    LeaseState: {
        LeaseState.PAYING: _TO_GONE
        | _to(
            LeaseState.DRAINING,
            LeaseEvent.PASSED_OVER,
            LeaseEvent.DOUBTED,
            LeaseEvent.REPRICED,
            LeaseEvent.RECALLED,
        ),
        LeaseState.DRAINING: _TO_GONE
        | _to(LeaseState.DRAINING, LeaseEvent.PASSED_OVER, LeaseEvent.REPRICED, LeaseEvent.RECALLED)
        | _to(LeaseState.RETURNING, LeaseEvent.RELEASE_SENT),
        LeaseState.RETURNING: _TO_GONE
        | _to(
            LeaseState.RETURNING,
            LeaseEvent.PASSED_OVER,
            LeaseEvent.RECALLED,
            LeaseEvent.RELEASE_SENT,
        )
        | _to(LeaseState.GONE, LeaseEvent.RELEASED),
        # Two threads may close a lease at once; both release, and both are answered.
        LeaseState.GONE: _TO_GONE | _to(LeaseState.GONE, LeaseEvent.RELEASED),
    },
    SpendState: {
        SpendState.PAID: _to(SpendState.WRITTEN, LeaseEvent.WRITTEN)
        | _to(SpendState.UNPAID, LeaseEvent.LEASE_CLOSED, LeaseEvent.REPRICED)
        | _to(SpendState.REJECTED, LeaseEvent.REFUSED),
        SpendState.UNPAID: _to(SpendState.PAID, LeaseEvent.REASSIGNED)
        | _to(SpendState.WRITTEN, LeaseEvent.WRITTEN)
        | _to(SpendState.UNPAID, LeaseEvent.REPRICED)
        | _to(SpendState.REJECTED, LeaseEvent.REFUSED),
        SpendState.WRITTEN: {},
        SpendState.REJECTED: {},
    },
    RefillState: {
        RefillState.IDLE: _to(RefillState.WANTED, LeaseEvent.WANTED)
        | _to(RefillState.IDLE, LeaseEvent.GIVEN_UP, LeaseEvent.FORGOTTEN),
        RefillState.WANTED: _to(RefillState.WANTED, LeaseEvent.WANTED)
        | _to(RefillState.SENT, LeaseEvent.SENT)
        | _to(RefillState.IDLE, LeaseEvent.GIVEN_UP, LeaseEvent.FORGOTTEN),
        RefillState.SENT: _to(RefillState.SENT, LeaseEvent.SENT, LeaseEvent.GIVEN_UP)
        | _to(RefillState.IDLE, LeaseEvent.LEASED, LeaseEvent.REFUSED, LeaseEvent.FORGOTTEN),
    },
    BackoffState: {
        BackoffState.HEALTHY: _AFTER_A_BATCH,
        BackoffState.FAILING: _AFTER_A_BATCH,
    },
}
"""For each kind of machine: the states, the events that each expects, and what follows."""


class Block(Machine[BlockState]):
    """The machine of a lease's block, which is entered once."""

    __slots__ = ()
    table = TRANSITIONS[BlockState]

    def __init__(self) -> None:
        super().__init__(BlockState.NEW)

    @property
    def is_open(self) -> bool:
        return self.state is BlockState.OPEN

    def enter(self) -> None:
        """Enter the block. Raises `InvalidRequest` if it was entered before."""
        if self.state is not BlockState.NEW:
            raise InvalidRequest("a lease has one block; take another lease", where="lease")
        self.on(LeaseEvent.ENTERED)


class HeldLease(Machine[LeaseState]):
    """The machine of one lease: `hold` is its id, and `renewal` extends it.

    `left` is what it can still let out, in micros, if all that it has paid for is written at the
    price that was expected. `unwritten` counts the spends of it that are not in the ledger.
    """

    __slots__ = ("hold", "left", "renewal", "unwritten")
    table = TRANSITIONS[LeaseState]

    def __init__(self, hold: str, left: Micros, renewal: LeaseRenewal):
        super().__init__(LeaseState.PAYING)
        self.hold = hold
        self.left = left
        self.renewal = renewal
        self.unwritten = 0

    @property
    def is_drained(self) -> bool:
        """Whether all that it has paid for is written, and it pays for nothing more."""
        return not self.unwritten and self.state in (LeaseState.DRAINING, LeaseState.RETURNING)

    def take(self, cost: Micros) -> None:
        """Pay for a spend."""
        self.left -= cost
        self.unwritten += 1

    def settle(self, expected: Micros, cost: Micros) -> None:
        """Take in that a spend which was expected to cost `expected` costs `cost`; 0 if this lease
        does not pay for it after all."""
        self.left += expected - cost
        self.unwritten -= 1

    def release_sent(self) -> None:
        self.renewal.is_closing = True
        self.on(LeaseEvent.RELEASE_SENT)


_PAID = SpendState.PAID  # to read an enum's member is slow on Python 3.11


class BufferedSpend(Machine[SpendState]):
    """The machine of one spend that was let out, `at` seconds by the lease's timing.

    `key` is what it was let out under. `draw` is the command that writes it: its key is another
    one after a refusal, which uses a key up. `cost` is what it is expected to cost, in micros;
    `lease` is the one that pays, None while it is UNPAID. `claim` is its place among those that
    wait for a refill. `error` says why it is REJECTED. A draw that `was_sent` may be in the ledger.
    """

    __slots__ = ("at", "claim", "cost", "draw", "error", "key", "lease", "was_sent")
    table = TRANSITIONS[SpendState]

    def __init__(self, draw: Draw, key: str, cost: Micros, at: float, lease: HeldLease):
        self.state = _PAID
        self.draw = draw
        self.key = key
        self.cost = cost
        self.at = at
        self.lease: HeldLease | None = lease
        self.claim: Claim | None = None
        self.error: Exception | None = None
        self.was_sent = False

    @property
    def is_final(self) -> bool:
        """Whether nothing more can become of it."""
        return not self.table[self.state]

    def written(self, cost: Micros) -> None:
        """It is in the ledger, where it costs `cost`."""
        self.on(LeaseEvent.WRITTEN)
        if self.lease is not None:
            self.lease.settle(self.cost, cost)

    def repriced(self, cost: Micros) -> None:
        """It costs `cost` by now, more than its lease has left."""
        self.on(LeaseEvent.REPRICED)
        if self.lease is not None:
            self.lease.settle(self.cost, 0)
            self.lease.on(LeaseEvent.REPRICED)
        self.cost, self.lease = cost, None

    def lease_closed(self) -> None:
        """The lease that paid for it is closed."""
        self.on(LeaseEvent.LEASE_CLOSED)
        self.lease = None

    def reassign(self, lease: HeldLease) -> None:
        """Have another lease pay for it, under a new key."""
        self.on(LeaseEvent.REASSIGNED)
        self.lease = lease
        self.draw = with_key(structs.replace(self.draw, hold=lease.hold, key=None))
        self.was_sent = False

    def reject(self, error: Exception) -> None:
        """It can never be written: `error` says why."""
        self.on(LeaseEvent.REFUSED)
        if self.lease is not None:
            self.lease.settle(self.cost, 0)
        self.error = error
        self.draw = structs.replace(self.draw, key=self.key)


class Refill(Machine[RefillState]):
    """The machine of the further lease that may be wanted.

    `command` asks for it, of `amount` micros, under a key made before it is first sent. Somebody
    waits for `needed` of these micros; 0 if it is only leased ahead. With `returns_first` it is
    sent when all that is leased was returned.
    """

    __slots__ = ("amount", "command", "needed", "returns_first")
    table = TRANSITIONS[RefillState]

    def __init__(self) -> None:
        super().__init__(RefillState.IDLE)
        self.command: Lease | None = None
        self.amount = self.needed = 0
        self.returns_first = False

    def want(self, command: Lease, amount: Micros, needed: Micros, returns_first: bool) -> None:
        self.on(LeaseEvent.WANTED)
        self.command = command
        self.amount = amount
        self.needed = needed
        self.returns_first = returns_first

    def send(self) -> Lease | None:
        """Answer the command that goes out with the next batch."""
        self.on(LeaseEvent.SENT)
        return self.command


class Exhaustion(NamedTuple):
    """A refill was refused with `error`, `at` seconds, when `there` micros could be leased."""

    error: Exception
    at: float
    there: Micros


class Claim(NamedTuple):
    """A spend waits for a refill since `known` was the last refusal of one, if there was any. A
    later refusal is one that the spend has met itself."""

    known: Exhaustion | None


class Failure(NamedTuple):
    """A batch failed with `error`. Those that wait tell failures apart by identity."""

    error: Exception


class Backoff(Machine[BackoffState]):
    """The machine of failed writes. `last` is the last failure there was, if any. The next try is
    at `retry_at` by the lease's timing, and `pause_seconds` follow the next failure."""

    __slots__ = ("last", "pause_seconds", "retry_at")
    table = TRANSITIONS[BackoffState]

    def __init__(self) -> None:
        super().__init__(BackoffState.HEALTHY)
        self.last: Failure | None = None
        self.pause_seconds = FIRST_PAUSE_SECONDS
        self.retry_at = 0.0

    @property
    def is_failing(self) -> bool:
        return self.state is BackoffState.FAILING

    @property
    def error(self) -> Exception | None:
        """Why the last batch failed; None if it did not."""
        return self.last.error if self.last is not None and self.is_failing else None

    def failed(self, error: Exception, now: float) -> None:
        """A batch failed at `now`. Each pause is twice the one before."""
        self.on(LeaseEvent.FAILED)
        self.last = Failure(error)
        self.retry_at = now + self.pause_seconds
        self.pause_seconds = min(2 * self.pause_seconds, LONGEST_PAUSE_SECONDS)

    def retry_now(self, now: float) -> None:
        """Make no pause before the next try."""
        self.retry_at = now

    def answered(self) -> None:
        """A batch was answered."""
        self.on(LeaseEvent.ANSWERED)
        self.pause_seconds = FIRST_PAUSE_SECONDS
