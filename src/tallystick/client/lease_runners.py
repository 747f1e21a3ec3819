"""Who carries the talks of a lease: threads that share a lock, or tasks of one event loop."""

import asyncio
import threading
from typing import Any, TypeVar

from ..doors.calls import AsyncDoor, Call, Door
from .lease_buffer import Purse
from .lease_terms import Idle, Talk
from .renewal import Timing

T = TypeVar("T")


class Spender:
    """One lease's talks on threads. Talks run under a lock, which is let go while they wait."""

    def __init__(self, door: Door, timing: Timing, purse: Purse):
        self.purse = purse
        self._door = door
        self._timing = timing
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Learn what is to be known, and write from now on."""
        self.carry(self.purse.opening())
        self._thread = threading.Thread(target=self._write, name="tallystick-lease", daemon=True)
        self._thread.start()

    def _write(self) -> None:
        try:
            self.carry(self.purse.writing())
        finally:
            self._end()  # whatever ends it: who waits must not wait for ever

    def stop(self) -> None:
        """Let nothing out any more, and write what is not written."""
        self._end()
        if self._thread is not None:
            self._thread.join()
        self.carry(self.purse.closing())

    def _end(self) -> None:
        with self._changed:
            self.purse.end()
            self._stir()

    def carry(self, talk: Talk[T]) -> T:
        """The end of a talk, whoever else has theirs meanwhile."""
        answer: Any = None
        with self._changed:
            try:
                while True:
                    step = talk.send(answer)
                    self._stir()
                    answer = self._done(step)
            except StopIteration as ended:
                return ended.value
            finally:
                talk.close()
                self._stir()

    def _done(self, step: Call[Any] | Idle) -> Any:
        if isinstance(step, Idle):
            return self._timing.wait(self._changed, step.seconds)
        self._changed.release()
        try:
            return self._door.do(step)
        except Exception as error:  # noqa: BLE001 - the talk decides what becomes of it
            return error
        finally:
            self._changed.acquire()

    def _stir(self) -> None:
        if self.purse.stirs():
            self._changed.notify_all()


class AsyncSpender:
    """One lease's talks on an event loop, which lets nobody in between two waits."""

    def __init__(self, door: AsyncDoor, timing: Timing, purse: Purse):
        self.purse = purse
        self._door = door
        self._timing = timing
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Learn what is to be known, and write from now on."""
        await self.carry(self.purse.opening())
        self._task = asyncio.create_task(self._write(), name="tallystick lease")

    async def _write(self) -> None:
        try:
            await self.carry(self.purse.writing())
        finally:
            self._end()

    async def stop(self) -> None:
        """Let nothing out any more, and write what is not written."""
        self._end()
        if self._task is not None:
            await asyncio.wait([self._task])
        await self.carry(self.purse.closing())

    def _end(self) -> None:
        self.purse.end()
        self._stir()

    async def carry(self, talk: Talk[T]) -> T:
        """The end of a talk, whoever else has theirs meanwhile."""
        answer: Any = None
        try:
            while True:
                step = talk.send(answer)
                self._stir()
                answer = await self._done(step)
        except StopIteration as ended:
            return ended.value
        finally:
            talk.close()
            self._stir()

    async def _done(self, step: Call[Any] | Idle) -> Any:
        if isinstance(step, Idle):
            return await self._idle(step.seconds)
        try:
            return await self._door.do(step)
        except Exception as error:  # noqa: BLE001 - the talk decides what becomes of it
            return error

    async def _idle(self, seconds: float) -> None:
        changed = asyncio.ensure_future(self._changed.wait())
        passed = asyncio.ensure_future(self._timing.sleep(seconds))
        try:
            await asyncio.wait((changed, passed), return_when=asyncio.FIRST_COMPLETED)
        finally:
            changed.cancel()
            passed.cancel()

    def _stir(self) -> None:
        if self.purse.stirs():
            self._changed.set()
            self._changed = asyncio.Event()
