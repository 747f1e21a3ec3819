"""Open holds as context managers: an exception releases, the end of the block settles."""

from collections.abc import Generator
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from ..core.errors import TallystickError
from ..core.refusals import HoldClosed
from ..doors.calls import AsyncDoor, Call, Door
from ..engine import results
from . import verbs

if TYPE_CHECKING:
    from ..core.credits import Number


class OpenHold(results.Hold, frozen=True, kw_only=True, dict=True, gc=True):
    """A hold that can close itself.

    As a context manager: an exception inside releases it; a block that ends without closing it
    settles for the price that was held (a range needs `settle` with the actual).
    """

    def settle(
        self,
        credits: "Number | None" = None,
        outcome: str = "succeeded",
        key: str | None = None,
        **quantities: Any,
    ) -> results.Settlement:
        """Close it with what the work cost: see `Tallystick.settle`."""
        return self._close(
            verbs.settle(self.account, self.hold, credits, outcome, key, **quantities)
        )

    def release(self, key: str | None = None) -> results.Release:
        """Close it without a charge."""
        return self._close(verbs.release(self.account, self.hold, key))

    def extend(self, ttl_seconds: int, key: str | None = None) -> results.Extension:
        """Let it live `ttl_seconds` from now."""
        return self._door.do(verbs.extend(self.account, self.hold, ttl_seconds, key))

    @property
    def _door(self) -> Door:
        return self.__dict__["door"]

    def _close(self, call: Call[Any]) -> Any:
        closed = self._door.do(call)
        self.__dict__["closed"] = True
        return closed

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.__dict__.get("closed"):
            return
        if error is None:
            self.settle()
            return
        try:
            self.release()
        except HoldClosed:  # it timed out, or somebody else closed it
            pass
        except TallystickError as failed:
            error.add_note(f"hold {self.hold} could not be released: {failed}")


class AsyncOpenHold(results.Hold, frozen=True, kw_only=True, dict=True, gc=True):
    """The same, awaited: ``async with``, ``await hold.settle()``."""

    async def settle(
        self,
        credits: "Number | None" = None,
        outcome: str = "succeeded",
        key: str | None = None,
        **quantities: Any,
    ) -> results.Settlement:
        """Close it with what the work cost: see `Tallystick.settle`."""
        return await self._close(
            verbs.settle(self.account, self.hold, credits, outcome, key, **quantities)
        )

    async def release(self, key: str | None = None) -> results.Release:
        """Close it without a charge."""
        return await self._close(verbs.release(self.account, self.hold, key))

    async def extend(self, ttl_seconds: int, key: str | None = None) -> results.Extension:
        """Let it live `ttl_seconds` from now."""
        return await self._door.do(verbs.extend(self.account, self.hold, ttl_seconds, key))

    @property
    def _door(self) -> AsyncDoor:
        return self.__dict__["door"]

    async def _close(self, call: Call[Any]) -> Any:
        closed = await self._door.do(call)
        self.__dict__["closed"] = True
        return closed

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.__dict__.get("closed"):
            return
        if error is None:
            await self.settle()
            return
        try:
            await self.release()
        except HoldClosed:  # it timed out, or somebody else closed it
            pass
        except TallystickError as failed:
            error.add_note(f"hold {self.hold} could not be released: {failed}")


class Placing:
    """A hold on its way: ``await`` it, or enter it with ``async with``."""

    def __init__(self, door: AsyncDoor, call: Call[results.Hold]):
        self._door = door
        self._call = call
        self._open: AsyncOpenHold | None = None

    async def _place(self) -> AsyncOpenHold:
        return opened(AsyncOpenHold, await self._door.do(self._call), self._door)

    def __await__(self) -> Generator[Any, None, AsyncOpenHold]:
        return self._place().__await__()

    async def __aenter__(self) -> AsyncOpenHold:
        self._open = await self._place()
        return self._open

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._open is not None:
            await self._open.__aexit__(kind, error, trace)


def opened(kind: Any, hold: results.Hold, door: Any) -> Any:
    """A hold's answer as one that can close itself through `door`."""
    held = kind(**{name: getattr(hold, name) for name in hold.__struct_fields__})
    held.__dict__["door"] = door
    return held
