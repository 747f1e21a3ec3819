"""Doors: how a call reaches a platform. Here the embedded ones, in this process."""

import asyncio
import threading
from collections import deque
from collections.abc import Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol, TypeVar

from ..core.commands import Command
from ..engine import Engine
from ..engine.group import MAX_BATCH
from . import reading
from .verbs import Call

R = TypeVar("R")

_Group = Sequence[tuple[Sequence[Command], "asyncio.Future[list[Any]]"]]


class Door(Protocol):
    """Carries out calls, one answer each."""

    def do(self, call: Call[R]) -> R: ...

    def close(self) -> None: ...


class AsyncDoor(Protocol):
    """The same, awaited."""

    def do(self, call: Call[R]) -> Coroutine[Any, Any, R]: ...

    async def close(self) -> None: ...


class EmbeddedDoor:
    """Calls answered by an engine in this process. Threads that write at once share a commit."""

    def __init__(self, engine: Engine, platform: str):
        self.engine = engine
        self.platform = platform

    def do(self, call: Call[Any]) -> Any:
        asked = call.asked
        if isinstance(asked, Command):
            return given(self.engine.execute(self.platform, (asked,))[0])
        if isinstance(asked, tuple):
            return self.engine.execute(self.platform, asked)
        return reading.ask(self.engine, self.platform, asked)

    def close(self) -> None:
        self.engine.close()


class AsyncEmbeddedDoor:
    """Calls awaited on an event loop. Commands collect while a batch is being made durable."""

    def __init__(self, engine: Engine, platform: str):
        self.engine = engine
        self.platform = platform
        self._writer = ThreadPoolExecutor(1, "tallystick-writer")
        self._readers = ThreadPoolExecutor(4, "tallystick-reader")
        self._waiting: deque[tuple[Sequence[Command], asyncio.Future[list[Any]]]] = deque()
        self._writing = False
        self._lock = threading.Lock()

    async def do(self, call: Call[Any]) -> Any:
        asked = call.asked
        loop = asyncio.get_running_loop()
        if isinstance(asked, Command):
            return given((await self._queue(loop, (asked,)))[0])
        if isinstance(asked, tuple):
            return await self._queue(loop, asked)
        return await loop.run_in_executor(
            self._readers, reading.ask, self.engine, self.platform, asked
        )

    def _queue(
        self, loop: asyncio.AbstractEventLoop, asked: Sequence[Command]
    ) -> "asyncio.Future[list[Any]]":
        future: asyncio.Future[list[Any]] = loop.create_future()
        with self._lock:
            self._waiting.append((asked, future))
            if not self._writing:
                self._writing = True
                self._writer.submit(self._write, loop)
        return future

    def _write(self, loop: asyncio.AbstractEventLoop) -> None:
        """Batches, one after the other, until nothing waits. Runs on the writer thread."""
        while True:
            group = self._next_group()
            if not group:
                return
            try:
                answered = self.engine.execute(
                    self.platform, [command for asked, _ in group for command in asked]
                )
            except BaseException as error:  # noqa: BLE001 - it must reach those who wait
                loop.call_soon_threadsafe(_give_up, group, error)
            else:
                loop.call_soon_threadsafe(_hand_out, group, answered)

    def _next_group(self) -> _Group:
        group: list[tuple[Sequence[Command], asyncio.Future[list[Any]]]] = []
        size = 0
        with self._lock:
            while self._waiting and size < MAX_BATCH:
                group.append(self._waiting.popleft())
                size += len(group[-1][0])
            self._writing = bool(group)
        return group

    async def close(self) -> None:
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(None, self._writer.shutdown)
        self._readers.shutdown()
        self.engine.close()


def _hand_out(group: _Group, answered: list[Any]) -> None:
    """Each its own answers. Who was cancelled hears nothing; what was written stays written."""
    start = 0
    for asked, future in group:
        end = start + len(asked)
        if not future.cancelled():
            future.set_result(answered[start:end])
        start = end


def _give_up(group: _Group, error: BaseException) -> None:
    for _, future in group:
        if not future.cancelled():
            future.set_exception(error)


def given(answer: Any) -> Any:
    """An answer, raised if it is an error."""
    if isinstance(answer, Exception):
        raise answer
    return answer
