"""Doors: how a call reaches a platform. Here the embedded ones, in this process."""

import asyncio
import threading
from collections.abc import Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol, TypeVar

from ..core.commands import Command
from ..engine import Engine
from . import reading
from .verbs import Call

R = TypeVar("R")


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
        self._waiting: list[tuple[Sequence[Command], asyncio.Future[list[Any]]]] = []
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
            with self._lock:
                group, self._waiting = self._waiting, []
                if not group:
                    self._writing = False
                    return
            answered = self._answers([asked for asked, _ in group])
            loop.call_soon_threadsafe(_hand_out, [future for _, future in group], answered)

    def _answers(self, group: Sequence[Sequence[Command]]) -> Sequence[list[Any] | BaseException]:
        try:
            return self.engine.execute_all([(self.platform, asked) for asked in group])
        except BaseException as error:  # noqa: BLE001 - it must reach those who wait
            return [error] * len(group)

    async def close(self) -> None:
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(None, self._writer.shutdown)
        self._readers.shutdown()
        self.engine.close()


def _hand_out(
    futures: "Sequence[asyncio.Future[list[Any]]]",
    answered: Sequence[list[Any] | BaseException],
) -> None:
    for future, answer in zip(futures, answered, strict=True):
        if future.cancelled():  # nobody waits any more; what was written stays written
            continue
        if isinstance(answer, BaseException):
            future.set_exception(answer)
        else:
            future.set_result(answer)


def given(answer: Any) -> Any:
    """An answer, raised if it is an error."""
    if isinstance(answer, Exception):
        raise answer
    return answer
