"""The flusher of a lease: it writes spends to the ledger, returns leases and asks for further ones.

Everything goes out in batches, each one request. An answer that is lost is asked for again under
the same keys, so nothing is drawn twice. `lease_states` says what each answer means.
"""

import logging
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from ..core.commands import Command, Draw, Lease, Release
from ..core.credits import parse
from ..core.errors import AccessDenied, UnsafeDatabase
from ..service.transport import Call
from .lease_answers import spend_event
from .lease_set import LeaseSet
from .lease_settings import LeaseSettings
from .lease_spends import LeaseSpends
from .lease_states import Backoff, Block, BufferedSpend, HeldLease, LeaseEvent
from .lease_steps import RECHECK_SECONDS, Changes, LeaseSteps, Wait
from .lease_terms import LeaseTerms

log = logging.getLogger("tallystick")

BATCH_SPENDS = 500
"""So many spends are written at once, and before `flush_seconds` are over if there are as many."""
CLOSE_SECONDS = 10.0
"""Closing tries for so long to write what is not written, beside the try that is under way."""
_HOPELESS = (AccessDenied, UnsafeDatabase)


class Flush(NamedTuple):
    """What one request asks for, in this order.

    `spends` are written by `draws`, `returns` are leases that are released, and `refill` asks for a
    further lease. `sent_at` is the time by the lease's timing.
    """

    spends: Sequence[BufferedSpend]
    draws: Sequence[Draw]
    returns: Sequence[HeldLease]
    refill: Lease | None
    sent_at: float

    def commands(self, account: str) -> tuple[Command, ...]:
        """Make the commands, none if there is nothing to ask."""
        releases = (Release(account, each.hold) for each in self.returns)
        asked: tuple[Command, ...] = (*self.draws, *releases)
        return asked if self.refill is None else (*asked, self.refill)


class Flusher:
    """Writes what a lease's buffer has let out, behind the spends.

    It shares its parts with the buffer: `block` says whether spends are still let out, `backoff`
    why the last batch failed.
    """

    def __init__(
        self,
        block: Block,
        leases: LeaseSet,
        spends: LeaseSpends,
        terms: LeaseTerms,
        settings: LeaseSettings,
        changes: Changes,
    ):
        self.backoff = Backoff()
        self._block = block
        self._leases = leases
        self._spends = spends
        self._terms = terms
        self._settings = settings
        self._changes = changes
        self._now = leases.now
        self._flushes = 0

    @property
    def is_urgent(self) -> bool:
        """Whether the next batch does not wait until the oldest spend is `flush_seconds` old."""
        unwritten = len(self._spends.unwritten)
        return (
            unwritten >= BATCH_SPENDS or bool(self._flushes and unwritten) or self._leases.is_urgent
        )

    def write_steps(self) -> LeaseSteps[None]:
        """Write batches, each when it is due, until the block is closed."""
        while self._block.is_open:
            seconds = self._due_in()
            if seconds > 0:
                yield Wait(min(seconds, RECHECK_SECONDS))
            else:
                yield from self._batch_steps()

    def _due_in(self) -> float:
        """Answer the seconds until the next batch goes out, as far as is known now."""
        now = self._now()
        if self.backoff.is_failing:
            return self.backoff.retry_at - now
        if self.is_urgent:
            return 0
        oldest = self._spends.oldest()
        if oldest is None:
            return RECHECK_SECONDS
        return oldest.at + self._settings.flush_seconds - now

    def _batch_steps(self) -> LeaseSteps[None]:
        """Send one batch, and take in what it came to. Wait if there is nothing to send."""
        some_rejected = self._reassign()
        spends = self._spends.next_paid(BATCH_SPENDS)
        batch = Flush(
            spends=spends,
            draws=self._spends.sent(spends),
            returns=self._leases.returns(),
            refill=self._leases.refill(),
            sent_at=self._now(),
        )
        commands = batch.commands(self._leases.account)
        if not commands:
            if not some_rejected:
                yield Wait(RECHECK_SECONDS)
            return
        answers = yield Call(commands)
        self._changes.notify()
        lost = isinstance(answers, Exception)
        error = answers if lost else self._take_in(batch, iter(answers))
        if error is None:
            self._answered()
        else:
            self._failed(error)

    # Spends that need another lease

    def _reassign(self) -> bool:
        """Have other leases pay for UNPAID spends, as far as there are any. Answers whether some
        spend is REJECTED, as no lease is to be had for it."""
        rejected = [each for each in self._spends.take_unpaid() if not self._reassign_one(each)]
        return bool(rejected)

    def _reassign_one(self, spend: BufferedSpend) -> bool:
        """Have another lease pay, or ask for one that can. Answers False if the spend is REJECTED
        since no more can be leased."""
        payer = self._leases.payer(spend.cost)
        if payer is not None:
            self._leases.pay(payer, spend.cost)
            spend.reassign(payer)
            return True
        refused = self._leases.ask_for(spend.cost, spend.claim)
        if refused is not None:
            self._reject(spend, refused)
            return False
        if spend.claim is None:
            spend.claim = self._leases.claim()
        return True

    # Answers

    def _take_in(self, batch: Flush, answers: Iterator[Any]) -> Exception | None:
        """Take in the answers to a batch, in the order of its commands. Returns the last error
        after which something must be asked again, None if nothing must."""
        error: Exception | None = None
        for spend, draw in zip(batch.spends, batch.draws, strict=True):
            answer = next(answers)
            if spend.draw is draw:  # else two threads close at once, and it was answered before
                error = self._spend_answered(spend, answer) or error
        for lease in batch.returns:
            error = self._leases.returned(lease, next(answers)) or error
        if batch.refill is not None:
            error = self._leases.refilled(next(answers), batch.sent_at) or error
        return error

    def _spend_answered(self, spend: BufferedSpend, answer: Any) -> Exception | None:
        """Take in the answer to a spend's draw. Returns the error if it must be asked again."""
        if spend.is_final:  # closed by two threads at once, it was written by both
            return None
        event = spend_event(answer)
        if event is LeaseEvent.WRITTEN:
            self._written(spend, answer)
        elif event is LeaseEvent.UNKNOWN:
            return answer
        elif event is LeaseEvent.LEASE_CLOSED:
            self._lease_closed(spend)
        elif event is LeaseEvent.REPRICED:
            self._terms.doubt()
            self._spends.repriced(spend, parse(answer.facts["credits"], "credits"))
        else:
            self._reject(spend, answer)
        return None

    def _written(self, spend: BufferedSpend, draw: Any) -> None:
        """A spend is in the ledger: what it cost there is what it cost."""
        expected, cost = spend.cost, parse(draw.credits, "credits")
        self._spends.written(spend, cost)
        if cost != expected or draw.catalog.version != self._terms.version:
            self._terms.doubt()

    def _lease_closed(self, spend: BufferedSpend) -> None:
        """The lease that paid for a spend is closed, so others of its spends have none either."""
        lease = spend.lease
        if lease is not None:  # else two threads close at once, and it was answered before
            self._leases.close(lease, LeaseEvent.LEASE_CLOSED)
            self._spends.lease_closed(spend, lease)

    def _reject(self, spend: BufferedSpend, error: Exception) -> None:
        log.warning("a spend of %s cannot be written: %s", self._leases.account, error)
        self._spends.reject(spend, error)
        self._terms.doubt()

    def _answered(self) -> None:
        if self.backoff.is_failing:
            log.info("the lease of %s is written again", self._leases.account)
        self.backoff.answered()

    def _failed(self, error: Exception) -> None:
        """Nothing is known of some of what was asked: it is asked again, as it was."""
        if not self.backoff.is_failing:
            log.warning(
                "%d spends of the lease of %s are not written yet, and will be tried again: %s",
                len(self._spends.unwritten),
                self._leases.account,
                error,
            )
        self.backoff.failed(error, self._now())

    # Flushing and closing

    def flush_steps(self) -> LeaseSteps[None]:
        """Wait until all that was spent so far is written. Raises `SpendsNotWritten` if a write
        fails in the meantime, or if some spend can never be written; that is told once."""
        mine = set(self._spends.unwritten)
        last_failure = self.backoff.last
        self._flushes += 1
        self._changes.notify()
        try:
            while self._block.is_open and mine & self._spends.unwritten.keys():
                if self.backoff.last is not last_failure:
                    break
                yield Wait(RECHECK_SECONDS)
        finally:
            self._flushes -= 1
        if self._spends.rejected or mine & self._spends.unwritten.keys():
            error = self._spends.not_written(self.backoff.error)
            self._spends.rejected.clear()
            raise error

    def close_steps(self) -> LeaseSteps[None]:
        """Write what is not written, and return what is leased. The block is closed by now.

        Raises `SpendsNotWritten` if that does not succeed in `CLOSE_SECONDS`; what the error names
        stays in the buffer, and closing again tries again.
        """
        until = self._now() + CLOSE_SECONDS
        self.backoff.retry_now(self._now())
        while self._is_unfinished():
            pause = self.backoff.retry_at - self._now()
            if self.backoff.is_failing and pause > 0:
                yield Wait(pause)
                continue
            yield from self._batch_steps()
            if self._is_hopeless(until):
                break
        if len(self._spends):
            raise self._spends.not_written(self.backoff.error)
        self._forget_leases()

    def _is_unfinished(self) -> bool:
        """Answer whether anything is left to ask. All leases are given up once all is written."""
        if not self._spends.unwritten:
            self._leases.give_up()
        return bool(self._spends.unwritten) or self._leases.is_urgent or not self._leases.is_empty

    def _is_hopeless(self, until: float) -> bool:
        """Answer whether closing has tried long enough, or another try cannot do better."""
        error = self.backoff.error
        return error is not None and (self._now() >= until or isinstance(error, _HOPELESS))

    def _forget_leases(self) -> None:
        if self._leases.is_empty:
            return
        log.warning(
            "the rest of the lease of %s could not be given back and comes back when it "
            "times out: %s",
            self._leases.account,
            self.backoff.error,
        )
        self._leases.forget()
