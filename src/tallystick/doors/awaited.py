"""An engine for event loops: commands collect while a batch is being made durable."""

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple, TypeAlias, TypeVar

from ..core.commands import Command
from ..core.errors import StoreError
from ..engine import Engine, Outcome
from ..engine.group import MAX_BATCH
from . import reading
from .calls import Call, given
from .queries import Query

T = TypeVar("T")
Asked: TypeAlias = Sequence[tuple[str, Command]]
Outcomes: TypeAlias = list[Outcome]


class _Waiting(NamedTuple):
    """What one task waits for."""

    asked: Asked
    future: "asyncio.Future[Outcomes]"


class AsyncEngine:
    """An engine awaited from any number of event loops. One thread writes, a few read."""

    def __init__(self, engine: Engine, readers: int = 4):
        self.engine = engine
        self._writer = ThreadPoolExecutor(1, "tallystick-writer")
        self._readers = ThreadPoolExecutor(readers, "tallystick-reader")
        self._waiting: deque[_Waiting] = deque()
        self._writing = False
        self._closed = False
        self._lock = threading.Lock()

    def carry_out(self, asked: Asked) -> "asyncio.Future[Outcomes]":
        """Commands of any platforms, in order: what each came to, once it is durable."""
        future: asyncio.Future[Outcomes] = asyncio.get_running_loop().create_future()
        with self._lock:
            self._check_open()
            self._waiting.append(_Waiting(asked, future))
            if not self._writing:
                self._writing = True
                self._writer.submit(self._write)
        return future

    def ask(self, platform: str, query: Query) -> "asyncio.Future[Any]":
        """The answer to a query."""
        return self.read(lambda: reading.ask(self.engine, platform, query))

    def read(self, work: Callable[[], T]) -> "asyncio.Future[T]":
        """Work that reads the database, on a thread of its own."""
        loop = asyncio.get_running_loop()
        with self._lock:
            self._check_open()
            return loop.run_in_executor(self._readers, work)

    @property
    def waiting(self) -> int:
        """How many callers wait for a batch to begin."""
        return len(self._waiting)

    def _check_open(self) -> None:
        if self._closed:
            raise StoreError("this Tallystick is closed; open it again")

    def _write(self) -> None:
        """Batches, one after the other, until nothing waits. Runs on the writer thread."""
        while group := self._next_group():
            try:
                outcomes: Outcomes | BaseException = self.engine.carry_out(
                    [each for waiting in group for each in waiting.asked]
                )
            except BaseException as error:  # noqa: BLE001 - it must reach those who wait
                outcomes = error
            _hand_out(group, outcomes)

    def _next_group(self) -> list[_Waiting]:
        group: list[_Waiting] = []
        size = 0
        with self._lock:
            while self._waiting and size < MAX_BATCH:
                group.append(self._waiting.popleft())
                size += len(group[-1].asked)
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


class AsyncEmbeddedDoor:
    """The embedded door, awaited."""

    def __init__(self, engine: Engine, platform: str):
        self.engine = engine
        self.platform = platform
        self._awaited = AsyncEngine(engine)

    async def do(self, call: Call[Any]) -> Any:
        asked = call.asked
        if isinstance(asked, Command):
            return given((await self._awaited.carry_out([(self.platform, asked)]))[0].answer)
        if isinstance(asked, tuple):
            outcomes = await self._awaited.carry_out([(self.platform, each) for each in asked])
            return [outcome.answer for outcome in outcomes]
        return await self._awaited.ask(self.platform, asked)

    async def close(self) -> None:
        await self._awaited.close()


def _hand_out(group: list[_Waiting], outcomes: Outcomes | BaseException) -> None:
    """Give each task its own outcomes, on its own event loop."""
    shares: dict[asyncio.AbstractEventLoop, list[tuple[asyncio.Future[Outcomes], Any]]] = {}
    start = 0
    for each in group:
        end = start + len(each.asked)
        share = outcomes if isinstance(outcomes, BaseException) else outcomes[start:end]
        shares.setdefault(each.future.get_loop(), []).append((each.future, share))
        start = end
    for loop, share in shares.items():
        try:
            loop.call_soon_threadsafe(_resolve, share)
        except RuntimeError:  # that loop has ended: nobody waits there any more
            continue


def _resolve(share: "list[tuple[asyncio.Future[Outcomes], Any]]") -> None:
    """Runs on the tasks' loop. Who was cancelled hears nothing; what was written stays written."""
    for future, outcomes in share:
        if future.cancelled():
            continue
        if isinstance(outcomes, BaseException):
            future.set_exception(outcomes)
        else:
            future.set_result(outcomes)
