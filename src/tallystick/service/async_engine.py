"""An engine for event loops: commands collect while a batch is being made durable."""

import asyncio
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from time import monotonic
from typing import Any, Literal, TypeAlias, TypeVar

from ..core.commands import Command
from ..core.errors import StoreError
from ..core.queries import Change, Query, Verify
from ..engine import Engine, Outcome, check_one_account
from ..engine.queues import QUEUES_AT_ONCE_MAX
from . import handlers
from .write_queue import Asked, Outcomes, Piece, Queue, WaitingTask, runs

T = TypeVar("T")

READER_THREADS = 4
"""How many threads read by default."""
Lane: TypeAlias = Literal["reader", "page", "lookup", "readiness", "change", "long"]
LANES: Mapping[Lane, int] = {"page": 1, "lookup": 2, "readiness": 1, "change": 1, "long": 1}
"""What else has threads of its own, and how many: large pages, API keys, readiness, what changes a
whole platform, and reads that take long. A thread is there from its first work on."""


def lane_of(query: Query) -> Lane:
    """The lane in which a query is answered."""
    if isinstance(query, Change):
        return "change"
    return "long" if isinstance(query, Verify) else "reader"


Share: TypeAlias = "list[tuple[asyncio.Future[Outcomes], Outcomes | BaseException]]"
"""What the tasks of one event loop get of a batch."""


class AsyncEngine:
    """An engine awaited from any number of event loops. One thread writes, or a few where the
    database has several queues; a few read, and what must not wait for them has its own (`LANES`).

    A batch begins when the loop has gone through all that had arrived, not with the first command:
    so those that arrive together are written together, and a lone one still waits for nobody.
    """

    def __init__(self, engine: Engine, readers: int = READER_THREADS):
        self.engine = engine
        self._queues = [Queue() for _ in range(engine.store.queues)]
        writers = min(len(self._queues), QUEUES_AT_ONCE_MAX)
        self._writers = ThreadPoolExecutor(writers, "tallystick-writer")
        self._threads = {
            lane: ThreadPoolExecutor(most, f"tallystick-{lane}")
            for lane, most in {**LANES, "reader": readers}.items()
        }
        self._closed = False
        self._lock = threading.Lock()
        self._asked = threading.Condition(self._lock)
        """Told when there is more to write."""

    def carry_out(self, asked: Asked, whose: Hashable = None) -> "asyncio.Future[Outcomes]":
        """Commands of any platforms, in order: what each came to, once it is durable. Those of
        one asker wait for each other, and take turns with what others ask. Many that are written
        in slices may be so in part: the rest is answered the `StoreError`."""
        if len(self._queues) == 1:
            return self._put(0, asked, whose)
        cut = self._cut(asked)
        if len(cut) > 1:
            return asyncio.ensure_future(self._together(asked, cut, whose))
        return self._put(next(iter(cut)), asked, whose)

    def carry_out_whole(
        self, platform: str, asked: Sequence[Command], whose: Hashable = None
    ) -> "asyncio.Future[Outcomes]":
        """Commands of one account, all of them or none: see `Engine.carry_out_whole`. They wait
        and take turns as others do. Raises `InvalidRequest` for several accounts."""
        check_one_account(asked)
        number = self.engine.queue_of(platform, asked[0]) if asked else 0
        return self._put(number, [(platform, each) for each in asked], whose, whole=True)

    def _put(
        self, number: int, asked: Asked, whose: Hashable, whole: bool = False
    ) -> "asyncio.Future[Outcomes]":
        """Commands of one queue."""
        queue = self._queues[number]
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Outcomes] = loop.create_future()
        with self._lock:
            self._check_open()
            queue.put(WaitingTask(asked, future, whole), whose)
            if queue.resting:
                self._asked.notify_all()
            if not queue.writing:  # else its writer looks after what came meanwhile
                self._hand_over_soon(loop, queue)
        return future

    def _cut(self, asked: Asked) -> Mapping[int, Sequence[int]]:
        """The places of the commands of each queue."""
        found = defaultdict[int, list[int]](list)
        for at, (platform, command) in enumerate(asked):
            found[self.engine.queue_of(platform, command)].append(at)
        return found or {0: ()}

    async def _together(
        self, asked: Asked, cut: Mapping[int, Sequence[int]], whose: Hashable
    ) -> Outcomes:
        """Commands of several queues. Those of a queue that could not be written are answered
        the `StoreError`; it is raised when nothing could be."""
        futures = [
            self._put(queue, [asked[at] for at in places], whose) for queue, places in cut.items()
        ]
        found = await asyncio.gather(*futures, return_exceptions=True)
        outcomes = [Outcome(None)] * len(asked)
        for places, share in zip(cut.values(), found, strict=True):
            if isinstance(share, BaseException):
                if not isinstance(share, StoreError) or all(
                    isinstance(each, StoreError) for each in found
                ):
                    raise share
                share = [Outcome(share)] * len(places)
            for at, outcome in zip(places, share, strict=True):
                outcomes[at] = outcome
        return outcomes

    def ask(self, platform: str, query: Query) -> "asyncio.Future[Any]":
        """The answer to a query."""
        return self.run(lane_of(query), lambda: handlers.ask(self.engine, platform, query))

    def run(self, lane: Lane, work: Callable[[], T]) -> "asyncio.Future[T]":
        """Work on a thread of a lane: no lane ever waits for another one."""
        loop = asyncio.get_running_loop()
        with self._lock:
            self._check_open()
            return loop.run_in_executor(self._threads[lane], work)

    @property
    def waiting(self) -> int:
        """How many commands wait for a batch to begin."""
        return sum([queue.commands for queue in self._queues])

    def waiting_of(self, whose: Hashable) -> int:
        """How many commands of one asker wait."""
        return sum([queue.waiting_of(whose) for queue in self._queues])

    def waiting_within(self, most: int) -> int:
        """How many wait, when of each asker so many count at most."""
        found = Counter[Hashable]()
        with self._lock:
            for queue in self._queues:
                found.update(queue.waiting_of_each())
        return sum(min(each, most) for each in found.values())

    def _check_open(self) -> None:
        if self._closed:
            raise StoreError("this Tallystick is closed; open it again")

    def _hand_over_soon(self, loop: asyncio.AbstractEventLoop, queue: Queue) -> None:
        """Behind all that this loop has to do now; once is enough for all that comes until then."""
        if loop not in queue.handing_over:
            queue.handing_over.add(loop)
            loop.call_soon(self._hand_over, loop, queue)

    def _hand_over(self, loop: asyncio.AbstractEventLoop, queue: Queue) -> None:
        """Have a writer write what waits; runs on a loop. A writer at work does it afterwards,
        through every loop that somebody waits on."""
        queue.handing_over.discard(loop)
        if queue.writing or not queue:
            return
        with self._lock:
            if not queue.writing and not self._closed:
                queue.writing = True
                self._writers.submit(self._write, queue)

    def _write(self, queue: Queue) -> None:
        """One batch. Runs on a writer thread."""
        with self._lock:
            while pause := queue.pause(monotonic()):
                queue.resting = True
                self._asked.wait(pause)
            queue.resting = False
            begun = monotonic()
            group = queue.next_group(begun)
        try:
            outcomes: Outcomes | BaseException = self._carried_out(group)
        except BaseException as error:  # noqa: BLE001 - it must reach those who wait
            outcomes = error
        with self._lock:
            queue.writing = False
            queue.rest(now := monotonic(), now - begun)
            if isinstance(outcomes, BaseException):
                queue.give_up(group)
            shares: dict[asyncio.AbstractEventLoop, Share] = {
                each.future.get_loop(): [] for each in queue
            }
        for future, share in _shares(group, outcomes):
            shares.setdefault(future.get_loop(), []).append((future, share))
        for loop, share in shares.items():
            try:
                loop.call_soon_threadsafe(self._resolve, loop, queue, share)
            except RuntimeError:  # that loop has ended: nobody waits there any more
                continue

    def _carried_out(self, group: Sequence[Piece]) -> Outcomes:
        """What a batch comes to, in one transaction but for what is all or nothing, which has its
        own. Where one of several could not be written its commands are answered the `StoreError`;
        it is raised when nothing could be."""
        found: list[Outcomes | StoreError] = []
        sizes: list[int] = []
        for whole, asked in runs(group):
            sizes.append(len(asked))
            try:
                found.append(self._carry_out_run(whole, asked))
            except StoreError as error:
                found.append(error)
        errors = [each for each in found if isinstance(each, StoreError)]
        if errors and len(errors) == len(found):
            raise errors[0]
        outcomes: Outcomes = []
        for each, size in zip(found, sizes, strict=True):
            outcomes += [Outcome(each)] * size if isinstance(each, StoreError) else each
        return outcomes

    def _carry_out_run(self, whole: bool, asked: Asked) -> Outcomes:
        if not whole or not asked:
            return self.engine.carry_out(asked)
        return self.engine.carry_out_whole(asked[0][0], [command for _, command in asked])

    def _write_rest(self, queue: Queue) -> None:
        while queue:
            self._write(queue)

    def _resolve(self, loop: asyncio.AbstractEventLoop, queue: Queue, share: Share) -> None:
        """Runs on the tasks' loop. Who was cancelled hears nothing; what was written stays written.
        The next batch begins behind the tasks that this wakes: they may have more to ask."""
        for future, outcomes in share:
            if future.cancelled():
                continue
            if isinstance(outcomes, BaseException):
                future.set_exception(outcomes)
            else:
                future.set_result(outcomes)
        self._hand_over_soon(loop, queue)

    async def close(self) -> None:
        """Everything asked before is still answered; later calls say that it is closed."""
        with self._lock:
            if not self._closed:
                self._closed = True
                for queue in self._queues:
                    self._writers.submit(self._write_rest, queue)
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(None, self._writers.shutdown)
        for threads in self._threads.values():
            await loop.run_in_executor(None, threads.shutdown)
        self.engine.close()


def _shares(group: list[Piece], outcomes: Outcomes | BaseException) -> Share:
    """What each task comes to of which nothing is left to be written."""
    if isinstance(outcomes, BaseException):
        tasks = dict.fromkeys([piece.waiting for piece in group])
        return [(each.future, each.told(outcomes)) for each in tasks]
    shares: Share = []
    start = 0
    for waiting, asked in group:
        end = start + len(asked)
        waiting.outcomes += outcomes[start:end]
        if len(waiting.outcomes) == len(waiting.asked):
            shares.append((waiting.future, waiting.outcomes))
        start = end
    return shares
