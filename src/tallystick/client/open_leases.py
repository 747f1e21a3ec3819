"""Leases as context managers: while the block runs, spends are answered here and written behind.

A lease that is not entered is what the verb always answered: `draw` and `release` go by its id.
"""

from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from ..core.commands import Draw
from ..core.credits import Credits, show
from ..core.errors import InvalidRequest, TallystickError
from ..doors.calls import AsyncDoor, Door
from ..engine import results
from . import verbs
from .lease_buffer import LeaseBuffer
from .lease_runners import LoopRunner, ThreadRunner
from .lease_set import First, LeaseSet, Spent
from .lease_settings import LeaseCall
from .lease_terms import LeaseTerms
from .pending_blocks import OnItsWay
from .renewal import RenewalTasks, RenewalThread, may_be_old

if TYPE_CHECKING:
    from ..core.credits import Number


class _Books(results.Lease, frozen=True, kw_only=True, dict=True, gc=True):
    """What a lease with a block shows of its books."""

    @property
    def left(self) -> Credits:
        """What can be spent without leasing more."""
        return show(self._buffer.left)

    @property
    def spent(self) -> Credits:
        """What was spent in the block: what is written at what it cost, the rest as reckoned."""
        return show(self._buffer.spent)

    @property
    def unwritten(self) -> tuple[Draw, ...]:
        """The draws that stand for spends which are not in the ledger, or not yet."""
        return self._buffer.unwritten

    @property
    def _buffer(self) -> LeaseBuffer:
        return self.__dict__["runner"].buffer

    def _draw(self, model: str, args: tuple[Any, ...], params: dict[str, Any]) -> Draw:
        asked = verbs.draw(self.account, "", model, *args, **params).asked
        if not isinstance(asked, Draw):
            raise InvalidRequest("only a draw spends of a lease", where="lease")
        return asked


class OpenLease(_Books, frozen=True, kw_only=True, dict=True, gc=True):
    """A lease that renews itself while its block runs. Safe to share between threads."""

    def spend(
        self,
        model: str,
        outputs: int = 1,
        credits: "Number | None" = None,
        labels: Mapping[str, str] | None = None,
        key: str | None = None,
        **settings_and_quantities: Any,
    ) -> Spent:
        """Let out what a generation costs: answered here, written a moment later."""
        draw = self._draw(model, (outputs, credits, labels, key), settings_and_quantities)
        return self._runner.run(self._buffer.spending(draw))

    def flush(self) -> None:
        """Wait until all that was spent is written. Raises `SpendsNotWritten`."""
        self._runner.run(self._buffer.flushing())

    def close(self) -> None:
        """Write what is not written and give back the rest, as the end of the block does."""
        self._runner.stop()

    @property
    def _runner(self) -> ThreadRunner:
        return self.__dict__["runner"]

    def __enter__(self) -> Self:
        try:
            self._runner.start()
        except BaseException as error:
            self._end(error)
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end(error)

    def _end(self, error: BaseException | None) -> None:
        try:
            self.close()
        except TallystickError as failed:
            if error is None:
                raise
            error.add_note(f"lease {self.hold} could not be closed: {failed}")


class AsyncOpenLease(_Books, frozen=True, kw_only=True, dict=True, gc=True):
    """The same, awaited, for the tasks of one event loop."""

    async def spend(
        self,
        model: str,
        outputs: int = 1,
        credits: "Number | None" = None,
        labels: Mapping[str, str] | None = None,
        key: str | None = None,
        **settings_and_quantities: Any,
    ) -> Spent:
        """Let out what a generation costs: answered here, written a moment later."""
        draw = self._draw(model, (outputs, credits, labels, key), settings_and_quantities)
        return await self._runner.run(self._buffer.spending(draw))

    async def flush(self) -> None:
        """Wait until all that was spent is written. Raises `SpendsNotWritten`."""
        await self._runner.run(self._buffer.flushing())

    async def close(self) -> None:
        """Write what is not written and give back the rest, as the end of the block does."""
        await self._runner.stop()

    @property
    def _runner(self) -> LoopRunner:
        return self.__dict__["runner"]

    async def __aenter__(self) -> Self:
        try:
            await self._runner.start()
        except BaseException as error:
            await self._end(error)
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._end(error)

    async def _end(self, error: BaseException | None) -> None:
        try:
            await self.close()
        except TallystickError as failed:
            if error is None:
                raise
            error.add_note(f"lease {self.hold} could not be closed: {failed}")


class Leasing(OnItsWay[AsyncOpenLease]):
    """A lease on its way: ``await`` it, or enter it with ``async with``."""

    def __init__(self, door: AsyncDoor, renewals: RenewalTasks, call: LeaseCall[results.Lease]):
        self._door = door
        self._renewals = renewals
        self._call = call

    async def _make(self) -> AsyncOpenLease:
        asked_at = self._renewals.timing.now()
        answer = await self._door.do(self._call)
        buffer = _buffer(self._renewals, self._call, answer, asked_at)
        return _opened(
            AsyncOpenLease, answer, LoopRunner(self._door, self._renewals.timing, buffer)
        )


def lease(door: Door, renewals: RenewalThread, call: LeaseCall[results.Lease]) -> OpenLease:
    """Take a lease that can renew itself through `door`."""
    asked_at = renewals.timing.now()
    answer = door.do(call)
    buffer = _buffer(renewals, call, answer, asked_at)
    return _opened(OpenLease, answer, ThreadRunner(door, renewals.timing, buffer))


def _buffer(
    renewals: RenewalThread | RenewalTasks,
    call: LeaseCall[results.Lease],
    answer: results.Lease,
    asked_at: float,
) -> LeaseBuffer:
    first = First(call.lease, answer, asked_at, may_be_old(call))
    leased = LeaseSet(
        renewals, first, call.settings.low_water, margin=2 * call.settings.flush_seconds
    )
    return LeaseBuffer(leased, call.settings, LeaseTerms(answer.account))


def _opened(kind: Any, answer: results.Lease, runner: Any) -> Any:
    opened = kind(**{name: getattr(answer, name) for name in answer.__struct_fields__})
    opened.__dict__.update(runner=runner)
    return opened
