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
from .lease_buffer import Purse
from .lease_runners import AsyncSpender, Spender
from .lease_set import First, Leased, Spent
from .lease_settings import PacedCall
from .lease_terms import Terms
from .pending_blocks import OnItsWay
from .renewal import AsyncKeeper, Keeper, may_be_old

if TYPE_CHECKING:
    from ..core.credits import Number


class _Books(results.Lease, frozen=True, kw_only=True, dict=True, gc=True):
    """What a lease with a block shows of its books."""

    @property
    def left(self) -> Credits:
        """What can be spent without leasing more."""
        return show(self._purse.left)

    @property
    def spent(self) -> Credits:
        """What was spent in the block: what is written at what it cost, the rest as reckoned."""
        return show(self._purse.spent)

    @property
    def unwritten(self) -> tuple[Draw, ...]:
        """The draws that stand for spends which are not in the ledger, or not yet."""
        return self._purse.unwritten

    @property
    def _purse(self) -> Purse:
        return self.__dict__["spender"].purse

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
        return self._spender.carry(self._purse.spending(draw))

    def flush(self) -> None:
        """Wait until all that was spent is written. Raises `SpendsNotWritten`."""
        self._spender.carry(self._purse.flushing())

    def close(self) -> None:
        """Write what is not written and give back the rest, as the end of the block does."""
        self._spender.stop()

    @property
    def _spender(self) -> Spender:
        return self.__dict__["spender"]

    def __enter__(self) -> Self:
        try:
            self._spender.start()
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
        return await self._spender.carry(self._purse.spending(draw))

    async def flush(self) -> None:
        """Wait until all that was spent is written. Raises `SpendsNotWritten`."""
        await self._spender.carry(self._purse.flushing())

    async def close(self) -> None:
        """Write what is not written and give back the rest, as the end of the block does."""
        await self._spender.stop()

    @property
    def _spender(self) -> AsyncSpender:
        return self.__dict__["spender"]

    async def __aenter__(self) -> Self:
        try:
            await self._spender.start()
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

    def __init__(self, door: AsyncDoor, keeper: AsyncKeeper, call: PacedCall[results.Lease]):
        self._door = door
        self._keeper = keeper
        self._call = call

    async def _make(self) -> AsyncOpenLease:
        asked_at = self._keeper.timing.now()
        answer = await self._door.do(self._call)
        purse = _purse(self._keeper, self._call, answer, asked_at)
        return _opened(AsyncOpenLease, answer, AsyncSpender(self._door, self._keeper.timing, purse))


def lease(door: Door, keeper: Keeper, call: PacedCall[results.Lease]) -> OpenLease:
    """Take a lease that can renew itself through `door`."""
    asked_at = keeper.timing.now()
    answer = door.do(call)
    purse = _purse(keeper, call, answer, asked_at)
    return _opened(OpenLease, answer, Spender(door, keeper.timing, purse))


def _purse(
    keeper: Keeper | AsyncKeeper,
    call: PacedCall[results.Lease],
    answer: results.Lease,
    asked_at: float,
) -> Purse:
    first = First(call.lease, answer, asked_at, may_be_old(call))
    leased = Leased(keeper, first, call.pace.low_water, margin=2 * call.pace.flush_seconds)
    return Purse(leased, call.pace, Terms(answer.account))


def _opened(kind: Any, answer: results.Lease, spender: Any) -> Any:
    opened = kind(**{name: getattr(answer, name) for name in answer.__struct_fields__})
    opened.__dict__.update(spender=spender)
    return opened
