"""Leases as context managers: while the block runs, spends are answered at once and written behind.

A lease that is not entered is only a hold's id, for `draw` and `release`.
"""

from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from .. import results
from ..core.commands import Draw
from ..core.credits import Credits, show
from ..core.errors import InvalidRequest, TallystickError
from ..service.transport import AsyncTransport, Transport
from . import verbs
from .equality import EqualByFields
from .lease_buffer import LeaseBuffer
from .lease_runners import LoopRunner, ThreadRunner
from .lease_set import FirstLease
from .lease_settings import LeaseCall
from .lease_spends import Spent
from .pending_blocks import PendingBlock
from .renewal import RenewalTasks, RenewalThread, may_be_old

if TYPE_CHECKING:
    from ..core.credits import Number


class _LeaseView(EqualByFields, results.Lease, frozen=True, kw_only=True, dict=True, gc=True):
    """The part of an open lease that is the same on threads and on event loops."""

    @property
    def left(self) -> Credits:
        """What can be spent without leasing more."""
        return show(self._buffer.left)

    @property
    def spent(self) -> Credits:
        """What was spent in the block: what is written at what it cost, the rest as expected."""
        return show(self._buffer.spent)

    @property
    def unwritten(self) -> tuple[Draw, ...]:
        """The draws that would write the spends which are not in the ledger."""
        return self._buffer.unwritten

    @property
    def _buffer(self) -> LeaseBuffer:
        return self.__dict__["runner"].buffer

    def _draw(self, model: str, args: tuple[Any, ...], params: dict[str, Any]) -> Draw:
        """Make the command of a spend, which the buffer gives a lease to."""
        asked = verbs.draw(self.account, "", model, *args, **params).asked
        if not isinstance(asked, Draw):
            raise InvalidRequest("only a draw can spend from a lease", where="lease")
        return asked


class OpenLease(_LeaseView, frozen=True, kw_only=True, dict=True, gc=True):
    """A lease that renews itself while its block runs. Threads may share it."""

    def spend(
        self,
        model: str,
        outputs: int = 1,
        credits: "Number | None" = None,
        labels: Mapping[str, str] | None = None,
        key: str | None = None,
        **settings_and_quantities: Any,
    ) -> Spent:
        """Spend what a generation costs: answered at once, written a moment later.

        Raises what `draw` raises; `LeaseExhausted` if no more can be leased, `Unreachable` if more
        is needed and the engine cannot be asked, `KeyConflict` for a key of another spend.
        """
        draw = self._draw(model, (outputs, credits, labels, key), settings_and_quantities)
        return self._runner.run(self._buffer.spend_steps(draw))

    def flush(self) -> None:
        """Wait until all that was spent is written. Raises `SpendsNotWritten` if it is not."""
        self._runner.run(self._buffer.flusher.flush_steps())

    def close(self) -> None:
        """Write what is not written and give back the rest, as the end of the block does.

        Raises `SpendsNotWritten` if that does not succeed; closing again tries again.
        """
        self._runner.stop()

    @property
    def _runner(self) -> ThreadRunner:
        return self.__dict__["runner"]

    def __enter__(self) -> Self:
        self._buffer.enter()
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


class AsyncOpenLease(_LeaseView, frozen=True, kw_only=True, dict=True, gc=True):
    """A lease that renews itself while its block runs, for the tasks of one event loop."""

    async def spend(
        self,
        model: str,
        outputs: int = 1,
        credits: "Number | None" = None,
        labels: Mapping[str, str] | None = None,
        key: str | None = None,
        **settings_and_quantities: Any,
    ) -> Spent:
        """Spend what a generation costs: answered at once, written a moment later.

        Raises what `draw` raises; `LeaseExhausted` if no more can be leased, `Unreachable` if more
        is needed and the engine cannot be asked, `KeyConflict` for a key of another spend.
        """
        draw = self._draw(model, (outputs, credits, labels, key), settings_and_quantities)
        return await self._runner.run(self._buffer.spend_steps(draw))

    async def flush(self) -> None:
        """Wait until all that was spent is written. Raises `SpendsNotWritten` if it is not."""
        await self._runner.run(self._buffer.flusher.flush_steps())

    async def close(self) -> None:
        """Write what is not written and give back the rest, as the end of the block does.

        Raises `SpendsNotWritten` if that does not succeed; closing again tries again.
        """
        await self._runner.stop()

    @property
    def _runner(self) -> LoopRunner:
        return self.__dict__["runner"]

    async def __aenter__(self) -> Self:
        self._buffer.enter()
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


class PendingLease(PendingBlock[AsyncOpenLease]):
    """A lease that is asked for once it is awaited, or entered with ``async with``."""

    def __init__(
        self, transport: AsyncTransport, renewals: RenewalTasks, call: LeaseCall[results.Lease]
    ):
        self._transport = transport
        self._renewals = renewals
        self._call = call

    async def _make(self) -> AsyncOpenLease:
        asked_at = self._renewals.timing.now()
        answer = await self._transport.do(self._call)
        buffer = _buffer(self._renewals, self._call, answer, asked_at)
        return _opened(
            AsyncOpenLease, answer, LoopRunner(self._transport, self._renewals.timing, buffer)
        )


def lease(
    transport: Transport, renewals: RenewalThread, call: LeaseCall[results.Lease]
) -> OpenLease:
    """Ask for a lease that can renew itself. Raises what the transport raises."""
    asked_at = renewals.timing.now()
    answer = transport.do(call)
    buffer = _buffer(renewals, call, answer, asked_at)
    return _opened(OpenLease, answer, ThreadRunner(transport, renewals.timing, buffer))


def _buffer(
    renewals: RenewalThread | RenewalTasks,
    call: LeaseCall[results.Lease],
    answer: results.Lease,
    asked_at: float,
) -> LeaseBuffer:
    first = FirstLease(
        asked=call.lease, answer=answer, asked_at=asked_at, may_be_old=may_be_old(call)
    )
    return LeaseBuffer(renewals, first, call.settings)


def _opened(kind: Any, answer: results.Lease, runner: Any) -> Any:
    opened = kind(**{name: getattr(answer, name) for name in answer.__struct_fields__})
    opened.__dict__.update(runner=runner)
    return opened
