"""Keeping holds open while the work runs: each is extended when half of its time is gone.

Threads share one renewal thread, which is there only while blocks run; on an event
loop each block has a task. Failures are tried again and never reach the block: what ends the
keeping (the hold is closed) is logged, and closing the hold says it where it matters.
"""

import asyncio
import logging
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from math import ceil
from typing import Any

from ..core import limits
from ..core.commands import Command, Extend
from ..core.errors import AccessDenied, InvalidRequest, UnsafeDatabase
from ..core.refusals import Refused
from ..doors import queries
from ..doors.calls import AsyncDoor, Call, Door
from ..engine import results

log = logging.getLogger("tallystick")

_ATTEMPTS = 16
"""A failed extension is tried again after this part of the time-to-live: eight times in its
second half."""
_SOON = 1.0
"""Seconds until the platform's clock is asked how old a hold is, when it may be an old one."""
_LOOK_AROUND = 5.0
"""Seconds after which the thread looks whether there is anything left to keep."""
_FINAL = (Refused, InvalidRequest, AccessDenied, UnsafeDatabase)


class Timing:
    """What time has passed, and how it is waited for. Tests have one that they move."""

    def now(self) -> float:
        """Seconds, from any beginning; they never run backwards."""
        return time.monotonic()

    def wait(self, changed: threading.Condition, seconds: float) -> None:
        """Wait so long, or until `changed` is notified; its lock is held."""
        changed.wait(seconds)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class HoldRenewal:
    """A hold that may be kept open: which, its time-to-live in seconds, and when to extend it.

    `again`: the hold was asked for under a caller's key, so the answer may be an old one given
    again, with less time left than it says; the platform's clock tells.
    """

    def __init__(self, hold: results.Hold | results.Lease, asked_at: float, again: bool):
        self.account = hold.account
        self.hold = hold.hold
        self.expires_at = hold.expires_at
        self.ttl = (hold.expires_at - hold.at).total_seconds()
        self.due = asked_at + (min(self.ttl / _ATTEMPTS, _SOON) if again else self.ttl / 2)
        self.unsure = again
        self.closing = False

    @contextmanager
    def being_closed(self) -> Iterator[None]:
        """Somebody is closing it right now: that an extension comes too late is no news."""
        self.closing = True
        try:
            yield
        finally:
            self.closing = False

    def extension(self) -> Extend:
        seconds = min(max(ceil(self.ttl), 1), limits.MAX_TTL_SECONDS)
        return Extend(self.account, self.hold, seconds)

    def extended(self, extension: results.Extension, asked_at: float) -> None:
        """From now on the hold lives as long as this extension said."""
        self.ttl = (extension.expires_at - extension.at).total_seconds()
        self.due = asked_at + self.ttl / 2
        self.unsure = False

    def aged(self, clock: Any, asked_at: float) -> None:
        """The platform's clock says how much time is left; if it does not, extend at once."""
        self.unsure = False
        self.due = asked_at
        if isinstance(clock, results.ClockView):
            left = (self.expires_at - clock.at).total_seconds()
            self.due += max(0.0, min(left, self.ttl) - self.ttl / 2)

    def heard(self, answer: Any, asked_at: float, now: float) -> bool:
        """Take in what an extension came to; whether to go on keeping the hold."""
        if isinstance(answer, results.Extension):
            self.extended(answer, asked_at)
            return True
        if isinstance(answer, _FINAL):
            if not self.closing:
                log.warning(
                    "hold %s of %s is not kept open any more: %s",
                    self.hold,
                    self.account,
                    answer,
                )
            return False
        log.warning(
            "hold %s of %s could not be extended and will be tried again: %s",
            self.hold,
            self.account,
            answer,
        )
        self.due = now + self.ttl / _ATTEMPTS
        return True


class RenewalThread:
    """Keeps the holds whose blocks run on threads, all of them from one daemon thread."""

    def __init__(self, door: Door, timing: Timing | None = None):
        self.timing = timing or Timing()
        self._door = door
        self._running: set[HoldRenewal] = set()
        self._changed = threading.Condition()
        self._wakes_at = 0.0
        self._thread: threading.Thread | None = None
        self._closed = False

    def start(self, renewal: HoldRenewal) -> None:
        """The hold's block begins."""
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
        """The hold's block is over, or the hold is closed."""
        with self._changed:
            self._running.discard(renewal)

    def extended(self, renewal: HoldRenewal, extension: results.Extension) -> None:
        """The block has extended its hold by itself."""
        with self._changed:
            renewal.extended(extension, self.timing.now())
            if renewal.due < self._wakes_at:
                self._changed.notify()

    def stop(self) -> None:
        """Keep nothing any more."""
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
            unsure = [each for each in due if each.unsure]
            if unsure:
                self._ask_clock(unsure)
            else:
                self._extend(due)

    def _next(self) -> list[HoldRenewal]:
        """Those whose time has come; none when there is nothing left to keep."""
        with self._changed:
            while self._running:
                now = self.timing.now()
                due = [each for each in self._running if each.due <= now]
                if due:
                    return due
                self._wakes_at = min(*(each.due for each in self._running), now + _LOOK_AROUND)
                self.timing.wait(self._changed, self._wakes_at - now)
            self._thread = None
            return []

    def _ask_clock(self, unsure: Sequence[HoldRenewal]) -> None:
        asked_at = self.timing.now()
        clock = self._answer(Call(queries.ClockOf()))
        with self._changed:
            for each in unsure:
                each.aged(clock, asked_at)

    def _extend(self, due: Sequence[HoldRenewal]) -> None:
        asked_at = self.timing.now()
        answers = self._answer(Call(tuple(each.extension() for each in due)))
        if isinstance(answers, Exception):
            answers = [answers] * len(due)
        with self._changed:
            now = self.timing.now()
            for each, answer in zip(due, answers, strict=True):
                if each in self._running and not each.heard(answer, asked_at, now):
                    self._running.discard(each)

    def _answer(self, call: Call[Any]) -> Any:
        try:
            return self._door.do(call)
        except Exception as error:  # noqa: BLE001 - nothing may end the keeping of the others
            return error


class RenewalTasks:
    """Keeps the holds whose blocks run on event loops, with a task for each."""

    def __init__(self, door: AsyncDoor, timing: Timing | None = None):
        self.timing = timing or Timing()
        self._door = door
        self._tasks: dict[HoldRenewal, asyncio.Task[None]] = {}

    def start(self, renewal: HoldRenewal) -> None:
        """The hold's block begins."""
        self._tasks[renewal] = asyncio.create_task(self._run(renewal), name=f"renew {renewal.hold}")

    def end(self, renewal: HoldRenewal) -> None:
        """The hold's block is over, or the hold is closed."""
        task = self._tasks.pop(renewal, None)
        if task is not None:
            _cancel(task)

    def extended(self, renewal: HoldRenewal, extension: results.Extension) -> None:
        """The block has extended its hold by itself."""
        renewal.extended(extension, self.timing.now())
        if renewal in self._tasks:
            self.end(renewal)
            self.start(renewal)

    def stop(self) -> None:
        """Keep nothing any more."""
        for renewal in list(self._tasks):
            self.end(renewal)

    async def _run(self, renewal: HoldRenewal) -> None:
        going_on = True
        while going_on:
            await self.timing.sleep(max(0.0, renewal.due - self.timing.now()))
            asked_at = self.timing.now()
            if renewal.unsure:
                renewal.aged(await self._answer(Call(queries.ClockOf())), asked_at)
            elif renewal.due <= asked_at:
                answer = await self._answer(Call(renewal.extension()))
                going_on = renewal.heard(answer, asked_at, self.timing.now())

    async def _answer(self, call: Call[Any]) -> Any:
        try:
            return await self._door.do(call)
        except Exception as error:  # noqa: BLE001 - a failure is tried again
            return error


def may_be_old(call: Call[Any]) -> bool:
    """Whether a hold's answer may be an earlier one, given again under its key."""
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
