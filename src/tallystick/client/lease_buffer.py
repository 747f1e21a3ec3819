"""The books of a lease that renews itself: what is left, what was spent, what is not written yet.

No I/O, no threads, no clock of its own: steps (`LeaseSteps`) yield the calls they want made and
the moments in which they wait, so that one text serves threads and event loops (`lease_runners`).
Whoever runs steps lets nobody else in between two yields.
"""

import logging
import secrets
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from msgspec import structs

from ..core.commands import Command, Draw, Release
from ..core.credits import Micros, parse, show, text
from ..core.errors import (
    AccessDenied,
    InvalidRequest,
    KeyConflict,
    SpendsNotWritten,
    StillRunning,
    StoreError,
    Unreachable,
    UnsafeDatabase,
)
from ..core.refusals import HoldClosed, HoldNotFound, LeaseExhausted
from ..doors.calls import Call
from ..engine import results
from .lease_set import BufferedSpend, HeldLease, LeaseSet, Spent
from .lease_settings import LeaseSettings
from .lease_terms import LOOK_AROUND, LeaseSteps, LeaseTerms, Wait

log = logging.getLogger("tallystick")

BATCH = 500
"""Spends that are written at once; so many are written before `flush_seconds` are over."""
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 5.0
"""Seconds until a write that failed is tried again: each pause is twice the one before."""
PATIENCE = 10.0
"""Seconds for which closing tries to write what is not written, after the try under way."""
_ANSWERED = 10_000
"""Written spends with a caller's key that are still known, should the key come again."""
_HOPELESS = (AccessDenied, UnsafeDatabase)


class LeaseBuffer:
    """What one lease may let out, and what of it is not in the ledger yet."""

    def __init__(self, leased: LeaseSet, settings: LeaseSettings, terms: LeaseTerms):
        self._leases = leased
        self._settings = settings
        self._terms = terms
        self._now = leased.now
        self._unwritten: dict[str, BufferedSpend] = {}
        self._lost: list[BufferedSpend] = []
        self._answered: dict[str, tuple[Draw, Spent]] = {}
        self._moving = False
        """Whether some spend needs another lease."""
        self._flushing = 0
        self._failures = 0
        self._trouble: Exception | None = None
        self._again_at = 0.0
        self._open = False
        self.spent: Micros = 0
        self.stirred = False
        """Whether something has changed that others may wait for."""

    @property
    def left(self) -> Micros:
        return self._leases.left

    @property
    def unwritten(self) -> tuple[Draw, ...]:
        """What was spent and is not in the ledger: what waits, and what was refused for good."""
        return tuple(each.draw for each in (*self._lost, *self._unwritten.values()))

    def stirs(self) -> bool:
        """Whether those who wait should look again; once."""
        stirred = self.stirred or self._terms.stirred
        self.stirred = self._terms.stirred = False
        return stirred

    # Opening and spending

    def opening(self) -> LeaseSteps[None]:
        """Learn what things cost, and what is left if the first lease may be an old one."""
        yield from self._terms.read()
        yield from self._leases.look()
        self._open = True

    def spending(self, draw: Draw) -> LeaseSteps[Spent]:
        """Let out what a generation costs: at once, as long as enough is left."""
        self._leases.check(draw)
        since: int | None = None
        while True:
            self._check_open()
            priced, cost = yield from self._terms.cost(draw)
            self._check_open()
            if draw.key is not None and (before := self._before(draw)) is not None:
                return before
            if len(self._unwritten) + len(self._lost) >= self._settings.max_unwritten:
                yield from self._room()
            elif (held := self._leases.payer(cost)) is None:
                since = yield from self._more(cost, since)
            else:
                return self._let_out(draw, priced.model, cost, held)

    def _check_open(self) -> None:
        if not self._open:
            raise InvalidRequest(
                "a lease is spent inside its block: with credits.lease(...) as lease",
                where="lease",
            )

    def _before(self, draw: Draw) -> Spent | None:
        """The answer this key had before. Raises `KeyConflict` if that was for something else."""
        found = self._answered.get(draw.key or "")
        if found is None:
            return None
        if found[0] != draw:
            raise KeyConflict(draw.account, draw.key or "")
        return found[1]

    def _room(self) -> LeaseSteps[None]:
        """Wait until spends were written; not for ever, if they cannot be."""
        if len(self._lost) >= self._settings.max_unwritten:
            raise self._not_written()
        if self._trouble is not None and not self._leases.alive():
            raise self._unreachable()
        self.stirred = True
        yield Wait(LOOK_AROUND)

    def _more(self, cost: Micros, since: int | None) -> LeaseSteps[int]:
        """Have more leased, and wait for it. Raises what refuses it; answers how many refusals
        there were when it was first asked for."""
        refused = self._leases.more(cost, since)
        if refused is not None:
            raise refused
        since = self._leases.refusals if since is None else since
        failures = self._leases.failures
        self.stirred = True
        yield Wait(LOOK_AROUND)
        if self._leases.failures != failures:
            raise self._unreachable()
        return since

    def _let_out(self, draw: Draw, model: str, cost: Micros, held: HeldLease) -> Spent:
        key = draw.key or f"auto-{secrets.token_hex(12)}"
        written = structs.replace(draw, hold=held.hold, key=key)
        self._leases.take(held, cost)
        self._leases.keep_ahead()
        self.spent += cost
        own = draw.key is not None
        self.stirred = self.stirred or self._urgent() or not self._unwritten
        self._unwritten[key] = BufferedSpend(written, cost, self._now(), held)
        spent = Spent(
            account=draw.account,
            key=key,
            hold=held.hold,
            model=model,
            credits=show(cost),
            left=show(self.left),
        )
        if own:
            self._remember(draw, spent)
        return spent

    def _remember(self, draw: Draw, spent: Spent) -> None:
        known = self._answered
        known[spent.key] = (draw, spent)
        if len(known) > self._settings.max_unwritten + _ANSWERED:
            del known[next(key for key in known if key not in self._unwritten)]

    # Writing

    def writing(self) -> LeaseSteps[None]:
        """What goes on behind the spends, until the lease is closed."""
        while self._open:
            seconds = self._due_in()
            if seconds > 0:
                yield Wait(min(seconds, LOOK_AROUND))
            else:
                yield from self._round()

    def _urgent(self) -> bool:
        """Whether something is to be written that does not wait for `flush_seconds`."""
        waiting = len(self._unwritten)
        return waiting >= BATCH or bool(self._flushing and waiting) or self._leases.urgent()

    def _due_in(self) -> float:
        now = self._now()
        if self._failures:
            return self._again_at - now
        if self._urgent():
            return 0
        oldest = next(iter(self._unwritten.values()), None)
        return LOOK_AROUND if oldest is None else oldest.at + self._settings.flush_seconds - now

    def _round(self) -> LeaseSteps[None]:
        """Write one batch: spends, what is given back, and a further lease if one is wanted."""
        lost = len(self._lost)
        self._house()
        housed = (each for each in self._unwritten.values() if each.held is not None)
        draws = list(islice(housed, BATCH))
        given_back, lease = self._leases.wishes()
        asked: list[Command] = [each.draw for each in draws]
        asked += [Release(self._leases.account, each.hold) for each in given_back]
        if lease is not None:
            asked.append(lease)
        if not asked:
            if lost == len(self._lost):
                yield Wait(LOOK_AROUND)
            return
        asked_at = self._now()
        answers = yield Call(tuple(asked))
        self.stirred = True
        if isinstance(answers, Exception):
            self._failed(answers)
            return
        self._hear(iter(answers), draws, given_back, asked_at, lease is not None)

    def _hear(
        self,
        answers: Iterator[Any],
        draws: Sequence[BufferedSpend],
        given_back: Sequence[HeldLease],
        asked_at: float,
        leased: bool,
    ) -> None:
        """Take in what a batch came to; the answers are in the order of what was asked."""
        trouble: Exception | None = None
        for each in draws:
            trouble = self._written(each, next(answers)) or trouble
        for held in given_back:
            trouble = self._leases.given_back(held, next(answers)) or trouble
        if leased:
            trouble = self._leases.heard(next(answers), asked_at) or trouble
        if trouble is not None:
            self._failed(trouble)
            return
        if self._failures:
            log.info("the lease of %s is written again", self._leases.account)
        self._failures, self._trouble = 0, None

    def _failed(self, error: Exception) -> None:
        """Nothing is known of what was asked: it is asked again, as it was."""
        if not self._failures:
            log.warning(
                "%d spends of the lease of %s are not written yet, and will be tried again: %s",
                len(self._unwritten),
                self._leases.account,
                error,
            )
        self._trouble = error
        self._leases.failed()
        pause = min(FIRST_PAUSE * 2 ** min(self._failures, 10), LONGEST_PAUSE)
        self._failures += 1
        self._again_at = self._now() + pause

    def _written(self, each: BufferedSpend, answer: Any) -> Exception | None:
        """Take in what a spend came to; the error, if it is to be asked again as it was."""
        if isinstance(answer, (StoreError, StillRunning)):
            return answer
        if isinstance(answer, results.Draw):
            self._done(each, parse(answer.credits, "credits"), answer.catalog.version)
        elif isinstance(answer, (HoldClosed, HoldNotFound)):
            self._reassign(each)
        elif isinstance(answer, LeaseExhausted):
            self._repriced(each, parse(answer.facts["credits"], "credits"))
        else:
            self._lose(each, answer)
        return None

    def _done(self, each: BufferedSpend, cost: Micros, version: int) -> None:
        """It is in the ledger. What it cost there is what it cost."""
        del self._unwritten[each.key]
        self._leases.settle(each, cost)
        self.spent += cost - each.cost
        if cost != each.cost or version != self._terms.version:
            self._terms.forget()

    def _reassign(self, each: BufferedSpend) -> None:
        """The lease it was let out of is closed: another one pays for it."""
        if each.held is not None:
            self._leases.gone(each.held)
        for other in self._unwritten.values():
            if other.held is each.held:
                other.held = None
        each.held = None
        self._moving = True

    def _repriced(self, each: BufferedSpend, cost: Micros) -> None:
        """The price has risen above what is left of its lease: another one pays for it."""
        self._terms.forget()
        if each.held is not None:
            self._leases.leave(each.held, each.cost)
        self.spent += cost - each.cost
        each.cost, each.held = cost, None
        self._moving = True

    def _lose(self, each: BufferedSpend, error: Exception) -> None:
        """It was let out and cannot be written: what it cost is not spent, and it is told."""
        log.warning("a spend of %s cannot be written: %s", self._leases.account, error)
        del self._unwritten[each.key]
        self._answered.pop(each.key, None)
        if each.held is not None:
            self._leases.leave(each.held, each.cost, retire=False)
        self.spent -= each.cost
        self._terms.forget()
        each.error = error
        each.draw = structs.replace(each.draw, key=each.key)
        self._lost.append(each)

    def _house(self) -> None:
        """Find another lease for spends whose own is closed; none to be had: they are lost."""
        if not self._moving:
            return
        moving = [each for each in self._unwritten.values() if each.held is None]
        self._moving = bool(moving)
        for each in moving:
            held = self._leases.payer(each.cost)
            if held is not None:
                self._leases.take(held, each.cost)
                each.move(held)
            elif (refused := self._leases.ask_for(each.cost, each.since)) is not None:
                self._lose(each, refused)
            elif each.since is None:
                each.since = self._leases.refusals

    # Flushing and closing

    def flushing(self) -> LeaseSteps[None]:
        """Until all that was spent so far is written. Raises `SpendsNotWritten`."""
        mine = set(self._unwritten)
        failures = self._leases.failures
        self._flushing += 1
        self.stirred = True
        try:
            while self._open and mine & self._unwritten.keys():
                if self._leases.failures != failures:
                    break
                yield Wait(LOOK_AROUND)
        finally:
            self._flushing -= 1
        if self._lost or mine & self._unwritten.keys():
            error = self._not_written()
            self._lost.clear()
            raise error

    def end(self) -> None:
        """Let nothing out any more; what goes on behind the spends ends with its next step."""
        self._open = False
        self.stirred = True

    def closing(self) -> LeaseSteps[None]:
        """Write what is not written, and give back the rest. Raises `SpendsNotWritten`; what it
        names stays here, and closing again tries again."""
        until = self._now() + PATIENCE
        self._again_at = self._now()
        while self._business():
            if self._failures and self._again_at > self._now():
                yield Wait(self._again_at - self._now())
                continue
            yield from self._round()
            if self._failures and (self._now() >= until or isinstance(self._trouble, _HOPELESS)):
                break
        if self._unwritten or self._lost:
            raise self._not_written()
        if self._leases.held:
            log.warning(
                "the rest of the lease of %s could not be given back and comes back when it "
                "times out: %s",
                self._leases.account,
                self._trouble,
            )
            self._leases.forget()

    def _business(self) -> bool:
        """Whether anything is left to write; when no spend is, all that is leased is given up."""
        if not self._unwritten:
            self._leases.give_up()
        return bool(self._unwritten) or self._leases.urgent() or bool(self._leases.held)

    def _not_written(self) -> SpendsNotWritten:
        errors = [each.error for each in self._lost if each.error is not None]
        reason = self._trouble if self._unwritten else None
        reason = reason or (errors[0] if errors else None)
        count = len(self._lost) + len(self._unwritten)
        error = SpendsNotWritten(
            f"{count} {'spend is' if count == 1 else 'spends are'} not in the ledger: "
            f"{reason or 'they are still on their way'}",
            self.unwritten,
        )
        error.__cause__ = reason
        return error

    def _unreachable(self) -> Exception:
        """Why nothing more is leased, if the engine cannot be asked."""
        error = Unreachable(
            f"the lease has {text(self.left)} credits left and cannot be renewed now: "
            f"{self._trouble}"
        )
        error.__cause__ = self._trouble
        return error
