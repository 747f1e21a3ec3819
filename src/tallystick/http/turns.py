"""Who reads next: what one platform, one key and one account may keep busy among the readers.

A read that finds a reader free, and its platform, key and account within their shares, begins at
once. Others wait. When a reader falls free it goes to the platform that keeps the fewest busy, of
its keys to the one that does, and among equals to the one that was served longest ago; of one
key's reads to the oldest that may begin. So a client with a thousand reads takes its turns, and
one with a single read waits for about one other.
"""

import asyncio
from collections import Counter, deque
from collections.abc import Iterator
from typing import NamedTuple, Self

from ..wire.problems import HttpError
from .settings import ServerSettings


class Limits(NamedTuple):
    """How many reads may run at once: in all, of one platform, of one key, of one account. How
    many may `wait` for that: in all; one platform may have half of those places, one key a
    quarter."""

    readers: int
    platform: int
    key: int
    account: int
    wait: int

    @classmethod
    def of(cls, settings: ServerSettings) -> Self:
        return cls(
            settings.readers,
            settings.platform_readers,
            settings.key_readers,
            settings.account_readers,
            settings.max_waiting_reads,
        )


class Asker(NamedTuple):
    """Who asks, and about which account."""

    platform: str
    key: str
    account: str | None = None

    def names(self) -> tuple[tuple[str, ...], ...]:
        """What it is counted under: its platform, its key, its account."""
        key = ("key", self.platform, self.key)
        if self.account is None:
            return ("platform", self.platform), key
        return ("platform", self.platform), key, ("account", self.platform, self.account)


class _Waiting(NamedTuple):
    asker: Asker
    turn: "asyncio.Future[None]"


class Turns:
    """Lets reads begin in turn, on one event loop."""

    def __init__(self, limits: Limits):
        self._limits = limits
        self._most = {
            "platform": limits.platform,
            "key": limits.key,
            "account": limits.account,
        }
        self.running = 0
        self.waiting = 0
        self._busy: Counter[tuple[str, ...]] = Counter()
        self._waits: Counter[str] = Counter()
        self._queues: dict[tuple[str, str], deque[_Waiting]] = {}
        self._served: dict[tuple[str, str], int] = {}
        self._turns = 0

    async def begin(self, asker: Asker) -> None:
        """Wait until it is the asker's turn; whoever returns from here has to `end`. Raises
        `HttpError` when too many wait already."""
        if self._may_begin(asker):
            self._begin(asker)
            return
        self._check_room(asker)
        waiting = _Waiting(asker, asyncio.get_running_loop().create_future())
        self._enqueue(waiting)
        try:
            await waiting.turn
        except asyncio.CancelledError:
            if waiting.turn.done() and not waiting.turn.cancelled():
                self.end(asker)
            else:
                self._dequeue(waiting)
            raise

    def end(self, asker: Asker) -> None:
        """The read is over: its reader goes to whoever is next."""
        self.running -= 1
        for name in asker.names():
            self._busy[name] -= 1
            if not self._busy[name]:
                del self._busy[name]
        while self.waiting and (found := self._next()) is not None:
            self._dequeue(found)
            self._begin(found.asker)
            found.turn.set_result(None)

    def _may_begin(self, asker: Asker) -> bool:
        return self.running < self._limits.readers and all(
            self._busy[name] < self._most[name[0]] for name in asker.names()
        )

    def _begin(self, asker: Asker) -> None:
        self.running += 1
        for name in asker.names():
            self._busy[name] += 1
        if self.waiting:
            self._turns += 1
            self._served[asker.platform, asker.key] = self._turns

    # Waiting

    def _check_room(self, asker: Asker) -> None:
        most = self._limits.wait
        queue = self._queues.get((asker.platform, asker.key), ())
        for whose, waiting, places in (
            ("this key has", len(queue), most // 4),
            ("this platform has", self._waits[asker.platform], most // 2),
        ):
            if waiting >= max(places, 1):
                raise HttpError(
                    "too_many_reads",
                    f"{whose} {waiting:,} reads waiting; try again in a moment, with fewer at once",
                )
        if self.waiting >= most:
            said = f"{self.waiting:,} reads are waiting; try again in a moment"
            raise HttpError("overloaded", said)

    def _enqueue(self, waiting: _Waiting) -> None:
        name = waiting.asker.platform, waiting.asker.key
        self._queues.setdefault(name, deque()).append(waiting)
        self._waits[waiting.asker.platform] += 1
        self.waiting += 1

    def _dequeue(self, waiting: _Waiting) -> None:
        name = waiting.asker.platform, waiting.asker.key
        self._queues[name].remove(waiting)
        if not self._queues[name]:
            del self._queues[name]
        self._waits[waiting.asker.platform] -= 1
        self.waiting -= 1
        if not self.waiting:
            self._served.clear()

    def _next(self) -> _Waiting | None:
        """Whose turn it is."""
        if self.running >= self._limits.readers:
            return None
        return next(self._in_order(), None)

    def _in_order(self) -> Iterator[_Waiting]:
        """Of each key the oldest read that may begin; the keys by how much they have."""
        for name in sorted(self._queues, key=self._had):
            for waiting in self._queues[name]:
                if self._may_begin(waiting.asker):
                    yield waiting
                    break

    def _had(self, name: tuple[str, str]) -> tuple[int, int, int]:
        platform, key = name
        of_platform, of_key = self._busy["platform", platform], self._busy["key", platform, key]
        return of_platform, of_key, self._served.get(name, 0)
