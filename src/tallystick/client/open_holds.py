"""Open holds as context managers: the end of a block settles its hold, an exception releases it.

While the block runs, the hold is renewed (`renewal`).
"""

from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from .. import results
from ..core.errors import TallystickError
from ..core.instants import from_datetime
from ..core.instants import words as when
from ..core.refusals import HoldClosed
from ..service.transport import AsyncTransport, Call, Transport
from . import verbs
from .equality import EqualByFields
from .pending_blocks import PendingBlock
from .renewal import HoldRenewal, RenewalTasks, RenewalThread, may_be_old

if TYPE_CHECKING:
    from ..core.credits import Number


class OpenHold(EqualByFields, results.Hold, frozen=True, kw_only=True, dict=True, gc=True):
    """A hold that can close itself, as a context manager or by its methods.

    An exception in the block releases it. A block that ends without closing it settles it for the
    price that was held; if that is a range, the block must call `settle` with the actual. While the
    block runs, the hold is extended to its own time-to-live again and again.
    """

    def settle(
        self,
        credits: "Number | None" = None,
        outcome: str = "succeeded",
        key: str | None = None,
        **quantities: Any,
    ) -> results.Settlement:
        """Close the hold with what the work cost. Raises what `Tallystick.settle` raises."""
        return self._close(
            verbs.settle(self.account, self.hold, credits, outcome, key, **quantities)
        )

    def release(self, key: str | None = None) -> results.Release:
        """Close the hold without a charge. Raises what `Tallystick.release` raises."""
        return self._close(verbs.release(self.account, self.hold, key))

    def extend(self, ttl_seconds: int, key: str | None = None) -> results.Extension:
        """Let the hold live `ttl_seconds` from now. Raises what `Tallystick.extend` raises."""
        extension = self._transport.do(verbs.extend(self.account, self.hold, ttl_seconds, key))
        self._renewals.extended(self._renewal, extension)
        return extension

    def increase(
        self, credits: "Number | None" = None, key: str | None = None, **quantities: Any
    ) -> results.Increase:
        """Let the hold reserve more. Raises what `Tallystick.increase` raises."""
        return self._transport.do(
            verbs.increase(self.account, self.hold, credits, key, **quantities)
        )

    @property
    def _transport(self) -> Transport:
        return self.__dict__["transport"]

    @property
    def _renewals(self) -> RenewalThread:
        return self.__dict__["renewals"]

    @property
    def _renewal(self) -> HoldRenewal:
        return self.__dict__["renewal"]

    def _close(self, call: Call[Any]) -> Any:
        with self._renewal.closing():
            closed = self._transport.do(call)
        self.__dict__["closed"] = True
        self._renewals.end(self._renewal)
        return closed

    def __enter__(self) -> Self:
        _check_open(self)
        if not self.__dict__.get("closed"):
            self._renewals.start(self._renewal)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            self._end(error)
        finally:
            self._renewals.end(self._renewal)

    def _end(self, error: BaseException | None) -> None:
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


class AsyncOpenHold(EqualByFields, results.Hold, frozen=True, kw_only=True, dict=True, gc=True):
    """A hold that can close itself, on an event loop: ``async with``, ``await hold.settle()``."""

    async def settle(
        self,
        credits: "Number | None" = None,
        outcome: str = "succeeded",
        key: str | None = None,
        **quantities: Any,
    ) -> results.Settlement:
        """Close the hold with what the work cost. Raises what `Tallystick.settle` raises."""
        return await self._close(
            verbs.settle(self.account, self.hold, credits, outcome, key, **quantities)
        )

    async def release(self, key: str | None = None) -> results.Release:
        """Close the hold without a charge. Raises what `Tallystick.release` raises."""
        return await self._close(verbs.release(self.account, self.hold, key))

    async def extend(self, ttl_seconds: int, key: str | None = None) -> results.Extension:
        """Let the hold live `ttl_seconds` from now. Raises what `Tallystick.extend` raises."""
        extension = await self._transport.do(
            verbs.extend(self.account, self.hold, ttl_seconds, key)
        )
        self._renewals.extended(self._renewal, extension)
        return extension

    async def increase(
        self, credits: "Number | None" = None, key: str | None = None, **quantities: Any
    ) -> results.Increase:
        """Let the hold reserve more. Raises what `Tallystick.increase` raises."""
        return await self._transport.do(
            verbs.increase(self.account, self.hold, credits, key, **quantities)
        )

    @property
    def _transport(self) -> AsyncTransport:
        return self.__dict__["transport"]

    @property
    def _renewals(self) -> RenewalTasks:
        return self.__dict__["renewals"]

    @property
    def _renewal(self) -> HoldRenewal:
        return self.__dict__["renewal"]

    async def _close(self, call: Call[Any]) -> Any:
        with self._renewal.closing():
            closed = await self._transport.do(call)
        self.__dict__["closed"] = True
        self._renewals.end(self._renewal)
        return closed

    async def __aenter__(self) -> Self:
        _check_open(self)
        if not self.__dict__.get("closed"):
            self._renewals.start(self._renewal)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            await self._end(error)
        finally:
            self._renewals.end(self._renewal)

    async def _end(self, error: BaseException | None) -> None:
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


class PendingHold(PendingBlock[AsyncOpenHold]):
    """A hold that is placed once it is awaited, or entered with ``async with``."""

    def __init__(self, transport: AsyncTransport, renewals: RenewalTasks, call: Call[results.Hold]):
        self._transport = transport
        self._renewals = renewals
        self._call = call

    async def _make(self) -> AsyncOpenHold:
        asked_at = self._renewals.timing.now()
        hold = await self._transport.do(self._call)
        renewal = HoldRenewal(hold, asked_at, may_be_old(self._call))
        return _opened(AsyncOpenHold, hold, self._transport, self._renewals, renewal)


def place(transport: Transport, renewals: RenewalThread, call: Call[results.Hold]) -> OpenHold:
    """Place a hold that can close itself. Raises what the transport raises."""
    asked_at = renewals.timing.now()
    hold = transport.do(call)
    return _opened(
        OpenHold, hold, transport, renewals, HoldRenewal(hold, asked_at, may_be_old(call))
    )


def _check_open(hold: results.Hold) -> None:
    """Raise `HoldClosed` for a hold that its key gave again when it was closed already, so that no
    work begins that nothing pays for."""
    if hold.closed_at is None:
        return
    how, at = hold.status.replace("_", " "), when(from_datetime(hold.closed_at))
    raise HoldClosed(
        f"hold {hold.hold} was {how} at {at}, and its key gives it again: give each attempt a key "
        "of its own",
        {"hold": hold.hold, "how": hold.status, "closed_at": hold.closed_at},
        (),
    )


def _opened(
    kind: Any, hold: results.Hold, transport: Any, renewals: Any, renewal: HoldRenewal
) -> Any:
    held = kind(**{name: getattr(hold, name) for name in hold.__struct_fields__})
    held.__dict__.update(transport=transport, renewals=renewals, renewal=renewal)
    return held
