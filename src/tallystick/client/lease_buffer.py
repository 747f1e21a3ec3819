"""The buffer of a lease that renews itself: it answers spends at once, out of what is leased.

It does no I/O and knows no thread: its generators of steps (`lease_steps`) are run on threads or
on an event loop by `lease_runners`. `lease_states` has the theory of operation.
"""

import secrets

from msgspec import structs

from ..core.commands import Draw
from ..core.credits import Micros, show
from ..core.errors import InvalidRequest, Unreachable
from .flusher import Flusher
from .lease_set import FirstLease, LeaseSet
from .lease_settings import LeaseSettings
from .lease_spends import LeaseSpends, Spent
from .lease_states import Block, BlockState, BufferedSpend, Claim, HeldLease, LeaseEvent
from .lease_steps import RECHECK_SECONDS, Changes, LeaseSteps, Wait
from .lease_terms import LeaseTerms
from .renewal import RenewalTasks, RenewalThread

_OPEN = BlockState.OPEN  # to read an enum's member is slow on Python 3.11


class LeaseBuffer:
    """What one lease lets out, and what of it is not in the ledger yet.

    `flusher` writes it. `changes` says whether those that wait should look again.
    """

    def __init__(
        self, renewals: RenewalThread | RenewalTasks, first: FirstLease, settings: LeaseSettings
    ):
        self.changes = Changes()
        self._settings = settings
        self._block = Block()
        self._terms = LeaseTerms(first.answer.account, self.changes)
        self._spends = LeaseSpends()
        self._leases = LeaseSet(
            renewals, first, settings.low_water, margin_seconds=2 * settings.flush_seconds
        )
        self.flusher = Flusher(
            block=self._block,
            leases=self._leases,
            spends=self._spends,
            terms=self._terms,
            settings=settings,
            changes=self.changes,
        )

    @property
    def left(self) -> Micros:
        """What can be spent without leasing more."""
        return self._leases.left

    @property
    def spent(self) -> Micros:
        """What was spent: what is written at what it cost, the rest as expected."""
        return self._spends.spent

    @property
    def unwritten(self) -> tuple[Draw, ...]:
        """What was spent and is not in the ledger: what waits, and what was rejected."""
        return self._spends.draws

    # The block

    def enter(self) -> None:
        """Enter the block. Raises `InvalidRequest` if it was entered before."""
        self._block.enter()

    def open_steps(self) -> LeaseSteps[None]:
        """Learn what things cost, and what is left if the first lease may be an old one."""
        yield from self._terms.read_steps()
        yield from self._leases.open_steps()
        self._block.on(LeaseEvent.READY)

    def end(self) -> None:
        """Let nothing out any more. The flusher ends with its next step."""
        self._block.on(LeaseEvent.ENDED)
        self.changes.notify()

    # Spending

    def spend_steps(self, draw: Draw) -> LeaseSteps[Spent]:
        """Let out what a generation costs: at once, as long as enough is left.

        Raises what the draw would raise; `LeaseExhausted` if no more can be leased; `Unreachable`
        if more is needed and the engine cannot be asked; `SpendsNotWritten` if the buffer is full
        of spends that can never be written.
        """
        self._leases.check(draw)
        claim: Claim | None = None
        while True:
            self._check_open()
            priced, cost = yield from self._terms.cost_steps(draw)
            self._check_open()
            if draw.key is not None and (before := self._spends.answered(draw)) is not None:
                return before
            if len(self._spends) >= self._settings.max_unwritten:
                yield from self._room_steps()
            elif (payer := self._leases.payer(cost)) is None:
                claim = yield from self._refill_steps(cost, claim)
            else:
                return self._let_out(draw, priced.model, cost, payer)

    def _check_open(self) -> None:
        if self._block.state is not _OPEN:
            raise InvalidRequest(
                "spend from a lease inside its block: with credits.lease(...) as lease",
                where="lease",
            )

    def _room_steps(self) -> LeaseSteps[None]:
        """Wait until spends are written; raise an error if they cannot be."""
        error = self.flusher.backoff.error
        if len(self._spends.rejected) >= self._settings.max_unwritten:
            raise self._spends.not_written(error)
        if error is not None and not self._leases.is_alive():
            raise self._unreachable(error)
        self.changes.notify()
        yield Wait(RECHECK_SECONDS)

    def _refill_steps(self, cost: Micros, claim: Claim | None) -> LeaseSteps[Claim]:
        """Want a refill, and wait for it. Answers the claim by which a refusal is recognized."""
        self._leases.refill_for(cost, claim)
        backoff = self.flusher.backoff
        last_failure = backoff.last
        claim = self._leases.claim() if claim is None else claim
        self.changes.notify()
        yield Wait(RECHECK_SECONDS)
        if backoff.last is not None and backoff.last is not last_failure:
            raise self._unreachable(backoff.last.error)
        return claim

    def _let_out(self, draw: Draw, model: str, cost: Micros, payer: HeldLease) -> Spent:
        """Have a lease pay for a spend, and answer it."""
        key = draw.key or f"auto-{secrets.token_hex(12)}"
        written = structs.replace(draw, hold=payer.hold, key=key)
        self._leases.pay(payer, cost)
        self._leases.refill_ahead()
        if self.flusher.is_urgent or not self._spends.unwritten:
            self.changes.notify()
        self._spends.add(
            BufferedSpend(draw=written, key=key, cost=cost, at=self._leases.now(), lease=payer)
        )
        spent = Spent(
            account=draw.account,
            key=key,
            hold=payer.hold,
            model=model,
            credits=show(cost),
            left=show(self._leases.left),
        )
        if draw.key is not None:
            self._spends.remember(draw, spent, self._settings.max_unwritten)
        return spent

    def _unreachable(self, trouble: Exception) -> Exception:
        """Make the error that says why nothing more is leased while the engine cannot be asked."""
        error = Unreachable(
            f"the lease has {self._terms.wording.amount(self.left)} left and cannot be renewed "
            f"now: {trouble}"
        )
        error.__cause__ = trouble
        return error
