"""Who runs the steps of a lease: threads that share a lock, or tasks of one event loop."""

import asyncio
import threading
from typing import Any, TypeVar

from ..doors.calls import AsyncDoor, Call, Door
from .lease_buffer import LeaseBuffer
from .lease_terms import LeaseSteps, Wait
from .renewal import Timing

T = TypeVar("T")


class ThreadRunner:
    """One lease's steps on threads. They run under a lock, which is let go while they wait."""

    def __init__(self, door: Door, timing: Timing, buffer: LeaseBuffer):
        self.buffer = buffer
        self._door = door
        self._timing = timing
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Learn what is to be known, and write from now on."""
        self.run(self.buffer.opening())
        self._thread = threading.Thread(target=self._write, name="tallystick-lease", daemon=True)
        self._thread.start()

    def _write(self) -> None:
        try:
            self.run(self.buffer.writing())
        finally:
            self._end()  # whatever ends it: who waits must not wait for ever

    def stop(self) -> None:
        """Let nothing out any more, and write what is not written."""
        self._end()
        if self._thread is not None:
            self._thread.join()
        self.run(self.buffer.closing())

    def _end(self) -> None:
        with self._changed:
            self.buffer.end()
            self._notify()

    def run(self, steps: LeaseSteps[T]) -> T:
        """The end of steps, whoever else has theirs meanwhile."""
        answer: Any = None
        with self._changed:
            try:
                while True:
                    step = steps.send(answer)
                    self._notify()
                    answer = self._done(step)
            except StopIteration as ended:
                return ended.value
            finally:
                steps.close()
                self._notify()

    def _done(self, step: Call[Any] | Wait) -> Any:
        if isinstance(step, Wait):
            return self._timing.wait(self._changed, step.seconds)
        self._changed.release()
        try:
            return self._door.do(step)
        except Exception as error:  # noqa: BLE001 - the steps decides what becomes of it
            return error
        finally:
            self._changed.acquire()

    def _notify(self) -> None:
        if self.buffer.stirs():
            self._changed.notify_all()


class LoopRunner:
    """One lease's steps on an event loop, which lets nobody in between two waits."""

    def __init__(self, door: AsyncDoor, timing: Timing, buffer: LeaseBuffer):
        self.buffer = buffer
        self._door = door
        self._timing = timing
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Learn what is to be known, and write from now on."""
        await self.run(self.buffer.opening())
        self._task = asyncio.create_task(self._write(), name="tallystick lease")

    async def _write(self) -> None:
        try:
            await self.run(self.buffer.writing())
        finally:
            self._end()

    async def stop(self) -> None:
        """Let nothing out any more, and write what is not written."""
        self._end()
        if self._task is not None:
            await asyncio.wait([self._task])
        await self.run(self.buffer.closing())

    def _end(self) -> None:
        self.buffer.end()
        self._notify()

    async def run(self, steps: LeaseSteps[T]) -> T:
        """The end of steps, whoever else has theirs meanwhile."""
        answer: Any = None
        try:
            while True:
                step = steps.send(answer)
                self._notify()
                answer = await self._done(step)
        except StopIteration as ended:
            return ended.value
        finally:
            steps.close()
            self._notify()

    async def _done(self, step: Call[Any] | Wait) -> Any:
        if isinstance(step, Wait):
            return await self._idle(step.seconds)
        try:
            return await self._door.do(step)
        except Exception as error:  # noqa: BLE001 - the steps decides what becomes of it
            return error

    async def _idle(self, seconds: float) -> None:
        changed = asyncio.ensure_future(self._changed.wait())
        passed = asyncio.ensure_future(self._timing.sleep(seconds))
        try:
            await asyncio.wait((changed, passed), return_when=asyncio.FIRST_COMPLETED)
        finally:
            changed.cancel()
            passed.cancel()

    def _notify(self) -> None:
        if self.buffer.stirs():
            self._changed.set()
            self._changed = asyncio.Event()
