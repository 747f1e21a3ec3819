"""The embedded door for event loops: commands collect while a batch is being made durable."""

import asyncio
import threading
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

from ..core.commands import Command
from ..core.errors import StoreError
from ..engine import Engine
from ..engine.group import MAX_BATCH
from . import reading
from .doors import given
from .verbs import Call


class _Asked(NamedTuple):
    """What one task waits for."""

    commands: Sequence[Command]
    future: "asyncio.Future[list[Any]]"


class AsyncEmbeddedDoor:
    """Calls awaited, from any number of event loops, and answered by an engine in this process."""

    def __init__(self, engine: Engine, platform: str):
        self.engine = engine
        self.platform = platform
        self._writer = ThreadPoolExecutor(1, "tallystick-writer")
        self._readers = ThreadPoolExecutor(4, "tallystick-reader")
        self._waiting: deque[_Asked] = deque()
        self._writing = False
        self._closed = False
        self._lock = threading.Lock()

    async def do(self, call: Call[Any]) -> Any:
        asked = call.asked
        loop = asyncio.get_running_loop()
        if isinstance(asked, Command):
            return given((await self._queue(loop, (asked,)))[0])
        if isinstance(asked, tuple):
            return await self._queue(loop, asked)
        with self._lock:
            self._check_open()
            answer = loop.run_in_executor(
                self._readers, reading.ask, self.engine, self.platform, asked
            )
        return await answer

    def _queue(
        self, loop: asyncio.AbstractEventLoop, asked: Sequence[Command]
    ) -> "asyncio.Future[list[Any]]":
        future: asyncio.Future[list[Any]] = loop.create_future()
        with self._lock:
            self._check_open()
            self._waiting.append(_Asked(asked, future))
            if not self._writing:
                self._writing = True
                self._writer.submit(self._write)
        return future

    def _check_open(self) -> None:
        if self._closed:
            raise StoreError("this Tallystick is closed; open it again")

    def _write(self) -> None:
        """Batches, one after the other, until nothing waits. Runs on the writer thread."""
        while group := self._next_group():
            try:
                answered: list[Any] | BaseException = self.engine.execute(
                    self.platform, [command for each in group for command in each.commands]
                )
            except BaseException as error:  # noqa: BLE001 - it must reach those who wait
                answered = error
            _hand_out(group, answered)

    def _next_group(self) -> list[_Asked]:
        group: list[_Asked] = []
        size = 0
        with self._lock:
            while self._waiting and size < MAX_BATCH:
                group.append(self._waiting.popleft())
                size += len(group[-1].commands)
            self._writing = bool(group)
        return group

    async def close(self) -> None:
        """Everything asked before is still answered; later calls say that it is closed."""
        with self._lock:
            self._closed = True
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(None, self._writer.shutdown)
        await loop.run_in_executor(None, self._readers.shutdown)
        self.engine.close()


def _hand_out(group: list[_Asked], answered: list[Any] | BaseException) -> None:
    """Give each task its own answers, on its own event loop."""
    shares: dict[asyncio.AbstractEventLoop, list[tuple[asyncio.Future[list[Any]], Any]]] = {}
    start = 0
    for each in group:
        end = start + len(each.commands)
        share = answered if isinstance(answered, BaseException) else answered[start:end]
        shares.setdefault(each.future.get_loop(), []).append((each.future, share))
        start = end
    for loop, share in shares.items():
        try:
            loop.call_soon_threadsafe(_resolve, share)
        except RuntimeError:  # that loop has ended: nobody waits there any more
            continue


def _resolve(share: "list[tuple[asyncio.Future[list[Any]], Any]]") -> None:
    """Runs on the tasks' loop. Who was cancelled hears nothing; what was written stays written."""
    for future, answer in share:
        if future.cancelled():
            continue
        if isinstance(answer, BaseException):
            future.set_exception(answer)
        else:
            future.set_result(answer)
