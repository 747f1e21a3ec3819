"""The runners of a lease's steps: on threads that share a lock, or on one event loop.

A runner drives the generators of a lease buffer (`lease_steps`): it asks the engine for a `Call`,
waits for a `Wait`, and sends back what came of it. The spends run where they are called; the
flusher runs on a thread, or in a task, of its own from the start of the block to its end.
"""

import asyncio
import threading
from typing import Any, TypeVar

from ..service.transport import AsyncTransport, Call, Transport
from .lease_buffer import LeaseBuffer
from .lease_steps import LeaseSteps, Wait
from .renewal import Timing

T = TypeVar("T")


class ThreadRunner:
    """Runs the steps of one lease on threads. A generator runs under a lock, which is released
    while it waits or asks the engine."""

    def __init__(self, transport: Transport, timing: Timing, buffer: LeaseBuffer):
        self.buffer = buffer
        self._transport = transport
        self._timing = timing
        self._changed = threading.Condition()
        self._flusher: threading.Thread | None = None

    def start(self) -> None:
        """Learn what has to be known, and flush from now on."""
        self.run(self.buffer.open_steps())
        self._flusher = threading.Thread(target=self._flush, name="tallystick-lease", daemon=True)
        self._flusher.start()

    def _flush(self) -> None:
        try:
            self.run(self.buffer.flusher.write_steps())
        finally:
            self._end()  # whatever ends it: those that wait must not wait for ever

    def stop(self) -> None:
        """Let nothing out any more, and write what is not written. Raises `SpendsNotWritten`."""
        self._end()
        if self._flusher is not None:
            self._flusher.join()
        self.run(self.buffer.flusher.close_steps())

    def _end(self) -> None:
        with self._changed:
            self.buffer.end()
            self._notify()

    def run(self, steps: LeaseSteps[T]) -> T:
        """Run steps to their end, and return what they return. Raises what they raise."""
        answer: Any = None
        with self._changed:
            try:
                while True:
                    step = steps.send(answer)
                    self._notify()
                    answer = self._answer(step)
            except StopIteration as ended:
                return ended.value
            finally:
                steps.close()
                self._notify()

    def _answer(self, step: Call[Any] | Wait) -> Any:
        if isinstance(step, Wait):
            return self._timing.wait(self._changed, step.seconds)
        self._changed.release()
        try:
            return self._transport.do(step)
        except Exception as error:  # noqa: BLE001 - the steps decide what becomes of it
            return error
        finally:
            self._changed.acquire()

    def _notify(self) -> None:
        if self.buffer.changes.take():
            self._changed.notify_all()


class LoopRunner:
    """Runs the steps of one lease on an event loop, where a generator is alone until it waits."""

    def __init__(self, transport: AsyncTransport, timing: Timing, buffer: LeaseBuffer):
        self.buffer = buffer
        self._transport = transport
        self._timing = timing
        self._changed = asyncio.Event()
        self._flusher: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Learn what has to be known, and flush from now on."""
        await self.run(self.buffer.open_steps())
        self._flusher = asyncio.create_task(self._flush(), name="tallystick lease")

    async def _flush(self) -> None:
        try:
            await self.run(self.buffer.flusher.write_steps())
        finally:
            self._end()

    async def stop(self) -> None:
        """Let nothing out any more, and write what is not written. Raises `SpendsNotWritten`."""
        self._end()
        if self._flusher is not None:
            await asyncio.wait([self._flusher])
        await self.run(self.buffer.flusher.close_steps())

    def _end(self) -> None:
        self.buffer.end()
        self._notify()

    async def run(self, steps: LeaseSteps[T]) -> T:
        """Run steps to their end, and return what they return. Raises what they raise."""
        answer: Any = None
        try:
            while True:
                step = steps.send(answer)
                self._notify()
                answer = await self._answer(step)
        except StopIteration as ended:
            return ended.value
        finally:
            steps.close()
            self._notify()

    async def _answer(self, step: Call[Any] | Wait) -> Any:
        if isinstance(step, Wait):
            return await self._wait(step.seconds)
        try:
            return await self._transport.do(step)
        except Exception as error:  # noqa: BLE001 - the steps decide what becomes of it
            return error

    async def _wait(self, seconds: float) -> None:
        changed = asyncio.ensure_future(self._changed.wait())
        passed = asyncio.ensure_future(self._timing.sleep(seconds))
        try:
            await asyncio.wait((changed, passed), return_when=asyncio.FIRST_COMPLETED)
        finally:
            changed.cancel()
            passed.cancel()

    def _notify(self) -> None:
        if self.buffer.changes.take():
            self._changed.set()
            self._changed = asyncio.Event()
