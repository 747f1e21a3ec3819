"""The renewal of holds: while its block runs, a hold is extended when half of its time is gone.

Theory of operation
===================

A `HoldRenewal` is the machine of one hold: it knows when the hold is due, and what the answer to an
extension means. All that changes its state is in it, and its transitions are in `TRANSITIONS`:

    AGE_UNKNOWN --AGED, EXTENDED--> RUNNING
    RUNNING <--EXTENDED, FAILED--> RETRYING
    RUNNING, RETRYING --REFUSED--> ENDED

- AGE_UNKNOWN: the hold was asked for under a caller's key, so the answer may be an old one, given
  again, and less time may be left than it says. The platform's clock is asked how old it is.
- RUNNING: the hold is extended when half of its time is gone.
- RETRYING: the last extension failed, and is tried again, eight times in the second half.
- ENDED: the engine refuses to extend the hold; most often somebody has closed it.

Failures never reach the block. The end of a renewal is logged; what it means for the work is said
by the verb that closes the hold.

Who waits: threads share one `RenewalThread`, which is there only while blocks run, and sends one
batch for all holds that are due. On an event loop `RenewalTasks` has a task for each block.
"""

import asyncio
import logging
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import StrEnum
from math import ceil
from typing import Any

from .. import results
from ..core import limits, queries
from ..core.commands import Command, Extend
from ..core.errors import AccessDenied, InvalidRequest, UnsafeDatabase
from ..core.refusals import Refused
from ..service.transport import AsyncTransport, Call, Transport
from .state_machine import Machine

log = logging.getLogger("tallystick")

_TRIES_PER_TTL = 16
"""A failed extension is tried again after this part of the time-to-live: eight times in its
second half."""
_CLOCK_SECONDS = 1.0
"""The platform's clock is asked about a hold that may be old after this time."""
_RECHECK_SECONDS = 5.0
"""The thread looks after this time whether any renewal is left."""
_FINAL = (Refused, InvalidRequest, AccessDenied, UnsafeDatabase)


class Timing:
    """The time that renewals and leases measure, in seconds. Tests have one that they move."""

    def now(self) -> float:
        """Answer seconds from any beginning; they never run backwards."""
        return time.monotonic()

    def wait(self, changed: threading.Condition, seconds: float) -> None:
        """Wait for `seconds`, or until `changed`, whose lock is held, is notified."""
        changed.wait(seconds)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class RenewalState(StrEnum):
    """Where the renewal of a hold stands: see the top of this file."""

    AGE_UNKNOWN = "age unknown"
    RUNNING = "running"
    RETRYING = "retrying"
    ENDED = "ended"


class RenewalEvent(StrEnum):
    """What happens to the renewal of a hold."""

    AGED = "aged"  # the platform's clock was asked how old the hold is
    EXTENDED = "extended"  # the hold was extended, by its renewal or by its block
    FAILED = "failed"  # the extension may or may not have been carried out
    REFUSED = "refused"  # no extension will ever be carried out


_ANSWERED = {
    RenewalEvent.AGED: RenewalState.RUNNING,
    RenewalEvent.EXTENDED: RenewalState.RUNNING,
    RenewalEvent.FAILED: RenewalState.RETRYING,
    RenewalEvent.REFUSED: RenewalState.ENDED,
}

TRANSITIONS: Mapping[RenewalState, Mapping[RenewalEvent, RenewalState]] = {
    RenewalState.AGE_UNKNOWN: {
        RenewalEvent.AGED: RenewalState.RUNNING,
        RenewalEvent.EXTENDED: RenewalState.RUNNING,
    },
    RenewalState.RUNNING: _ANSWERED,
    RenewalState.RETRYING: _ANSWERED,
    RenewalState.ENDED: _ANSWERED,  # its block may be entered again, or extend the hold itself
}


class HoldRenewal(Machine[RenewalState]):
    """The machine of one hold that may be renewed.

    `account` and `hold` name it. `ttl_seconds` is its time-to-live, `due` the time by `Timing` when
    something is to be done, and `expires_at` the instant that the answer named. `is_closing` says
    that somebody is closing the hold right now, so that a refused extension says nothing new.
    """

    table = TRANSITIONS

    def __init__(self, hold: results.Hold | results.Lease, asked_at: float, may_be_old: bool):
        super().__init__(RenewalState.AGE_UNKNOWN if may_be_old else RenewalState.RUNNING)
        self.account = hold.account
        self.hold = hold.hold
        self.expires_at = hold.expires_at
        self.ttl_seconds = (hold.expires_at - hold.at).total_seconds()
        soon = min(self.ttl_seconds / _TRIES_PER_TTL, _CLOCK_SECONDS)
        self.due = asked_at + (soon if may_be_old else self.ttl_seconds / 2)
        self.is_closing = False

    @property
    def has_unknown_age(self) -> bool:
        return self.state is RenewalState.AGE_UNKNOWN

    @contextmanager
    def closing(self) -> Iterator[None]:
        """Expect, while the `with` block runs, that an extension may come too late."""
        self.is_closing = True
        try:
            yield
        finally:
            self.is_closing = False

    def extension(self) -> Extend:
        """Make the command that extends the hold to its own time-to-live, from now."""
        seconds = min(max(ceil(self.ttl_seconds), 1), limits.MAX_TTL_SECONDS)
        return Extend(self.account, self.hold, seconds)

    def extended(self, extension: results.Extension, asked_at: float) -> None:
        """Take in that the hold was extended, by a request of `asked_at`."""
        self.on(RenewalEvent.EXTENDED)
        self.ttl_seconds = (extension.expires_at - extension.at).total_seconds()
        self.due = asked_at + self.ttl_seconds / 2

    def aged(self, clock: Any, asked_at: float) -> None:
        """Take in the platform's clock, which says how much time is left; if it does not (`clock`
        is an error), the hold is due at once."""
        self.on(RenewalEvent.AGED)
        self.due = asked_at
        if isinstance(clock, results.ClockView):
            left = (self.expires_at - clock.at).total_seconds()
            self.due += max(0.0, min(left, self.ttl_seconds) - self.ttl_seconds / 2)

    def answered(self, answer: Any, asked_at: float, now: float) -> None:
        """Take in the answer to an extension, or the error that came instead."""
        if isinstance(answer, results.Extension):
            self.extended(answer, asked_at)
        elif isinstance(answer, _FINAL):
            self._refused(answer)
        else:
            self._failed(answer, now)

    def _refused(self, error: Exception) -> None:
        self.on(RenewalEvent.REFUSED)
        if not self.is_closing:
            log.warning(
                "hold %s of %s is not kept open any more: %s", self.hold, self.account, error
            )

    def _failed(self, error: Exception, now: float) -> None:
        self.on(RenewalEvent.FAILED)
        self.due = now + self.ttl_seconds / _TRIES_PER_TTL
        log.warning(
            "hold %s of %s could not be extended and will be tried again: %s",
            self.hold,
            self.account,
            error,
        )

    @property
    def has_ended(self) -> bool:
        return self.state is RenewalState.ENDED


class LeaseRenewal(HoldRenewal):
    """The renewal of a lease, which is sure to be open until `sure_until` by `Timing`: then its
    time-to-live is over but for a margin of `margin_seconds`, at most a quarter of it."""

    def __init__(
        self, lease: results.Lease, asked_at: float, may_be_old: bool, margin_seconds: float
    ):
        super().__init__(lease, asked_at, may_be_old)
        self._margin_seconds = min(margin_seconds, self.ttl_seconds / 4)
        self.sure_until = asked_at + self.ttl_seconds - self._margin_seconds

    def extended(self, extension: results.Extension, asked_at: float) -> None:
        super().extended(extension, asked_at)
        self.sure_until = asked_at + self.ttl_seconds - self._margin_seconds


class RenewalThread:
    """Renews the holds whose blocks run on threads, all of them from one daemon thread."""

    def __init__(self, transport: Transport, timing: Timing | None = None):
        self.timing = timing or Timing()
        self._transport = transport
        self._running: set[HoldRenewal] = set()
        self._changed = threading.Condition()
        self._wakes_at = 0.0
        self._thread: threading.Thread | None = None
        self._closed = False

    def start(self, renewal: HoldRenewal) -> None:
        """Renew a hold from now on: its block begins. Nothing happens once this is stopped."""
        with self._changed:
            if self._closed:
                return
            self._running.add(renewal)
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(
                    target=self._run, name="tallystick-renewal", daemon=True
                )
                self._thread.start()
            elif renewal.due < self._wakes_at:
                self._changed.notify()

    def end(self, renewal: HoldRenewal) -> None:
        """Renew a hold no longer: its block is over, or it is closed."""
        with self._changed:
            self._running.discard(renewal)

    def extended(self, renewal: HoldRenewal, extension: results.Extension) -> None:
        """Take in that a block has extended its hold by itself."""
        with self._changed:
            renewal.extended(extension, self.timing.now())
            if renewal.due < self._wakes_at:
                self._changed.notify()

    def stop(self) -> None:
        """Renew nothing any more."""
        with self._changed:
            self._closed = True
            self._running.clear()
            self._changed.notify()

    def join(self, seconds: float) -> None:
        """Wait for the thread to end; it may have a request under way."""
        thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(seconds)

    def _run(self) -> None:
        while due := self._next():
            of_unknown_age = [each for each in due if each.has_unknown_age]
            if of_unknown_age:
                self._ask_clock(of_unknown_age)
            else:
                self._extend(due)

    def _next(self) -> list[HoldRenewal]:
        """Wait for renewals that are due, and answer them; none when none is left to run."""
        with self._changed:
            while self._running:
                now = self.timing.now()
                due = [each for each in self._running if each.due <= now]
                if due:
                    return due
                self._wakes_at = min(*(each.due for each in self._running), now + _RECHECK_SECONDS)
                self.timing.wait(self._changed, self._wakes_at - now)
            self._thread = None
            return []

    def _ask_clock(self, of_unknown_age: Sequence[HoldRenewal]) -> None:
        asked_at = self.timing.now()
        clock = self._answer(Call(queries.ClockOf()))
        with self._changed:
            for each in of_unknown_age:
                each.aged(clock, asked_at)

    def _extend(self, due: Sequence[HoldRenewal]) -> None:
        asked_at = self.timing.now()
        answers = self._answer(Call(tuple(each.extension() for each in due)))
        if isinstance(answers, Exception):
            answers = [answers] * len(due)
        with self._changed:
            now = self.timing.now()
            for each, answer in zip(due, answers, strict=True):
                if each in self._running:
                    each.answered(answer, asked_at, now)
                    if each.has_ended:
                        self._running.discard(each)

    def _answer(self, call: Call[Any]) -> Any:
        try:
            return self._transport.do(call)
        except Exception as error:  # noqa: BLE001 - nothing may end the renewal of other holds
            return error


class RenewalTasks:
    """Renews the holds whose blocks run on event loops, with a task for each."""

    def __init__(self, transport: AsyncTransport, timing: Timing | None = None):
        self.timing = timing or Timing()
        self._transport = transport
        self._tasks: dict[HoldRenewal, asyncio.Task[None]] = {}

    def start(self, renewal: HoldRenewal) -> None:
        """Renew a hold from now on: its block begins."""
        self._tasks[renewal] = asyncio.create_task(self._run(renewal), name=f"renew {renewal.hold}")

    def end(self, renewal: HoldRenewal) -> None:
        """Renew a hold no longer: its block is over, or it is closed."""
        task = self._tasks.pop(renewal, None)
        if task is not None:
            _cancel(task)

    def extended(self, renewal: HoldRenewal, extension: results.Extension) -> None:
        """Take in that a block has extended its hold by itself."""
        renewal.extended(extension, self.timing.now())
        if renewal in self._tasks:
            self.end(renewal)
            self.start(renewal)

    def stop(self) -> None:
        """Renew nothing any more."""
        for renewal in list(self._tasks):
            self.end(renewal)

    async def _run(self, renewal: HoldRenewal) -> None:
        ended = False
        while not ended:
            await self.timing.sleep(max(0.0, renewal.due - self.timing.now()))
            asked_at = self.timing.now()
            if renewal.has_unknown_age:
                renewal.aged(await self._answer(Call(queries.ClockOf())), asked_at)
            elif renewal.due <= asked_at:
                answer = await self._answer(Call(renewal.extension()))
                renewal.answered(answer, asked_at, self.timing.now())
                ended = renewal.has_ended

    async def _answer(self, call: Call[Any]) -> Any:
        try:
            return await self._transport.do(call)
        except Exception as error:  # noqa: BLE001 - a failure is tried again
            return error


def may_be_old(call: Call[Any]) -> bool:
    """Answer whether a call's answer may be an earlier one, given again under the caller's key."""
    asked = call.asked
    return isinstance(asked, Command) and getattr(asked, "key", None) is not None


def _cancel(task: "asyncio.Task[None]") -> None:
    """Cancel a task, from its own event loop or another."""
    loop = task.get_loop()
    try:
        if asyncio.get_running_loop() is loop:
            task.cancel()
            return
    except RuntimeError:  # called outside of any loop
        pass
    if not loop.is_closed():
        loop.call_soon_threadsafe(task.cancel)
