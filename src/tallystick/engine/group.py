"""Group commit: callers that arrive while a batch is being made durable form the next one.

The first caller to arrive leads: it commits its batch, then hands the lead to whoever waits
longest, who takes all that wait by then. There is no thread of its own and no timer: a lone
caller pays nothing for the company it might have had.
"""

import threading
from collections import deque
from collections.abc import Callable, Sequence

from ..core.errors import StoreError
from .applier import Answered, Asked

MAX_BATCH = 1_000
"""Commands after which a batch takes no further caller."""


class Waiting:
    """The commands of one caller, until the batch that answers them is durable."""

    __slots__ = ("answered", "asked", "done", "error", "leads", "turn")

    def __init__(self, asked: Sequence[Asked]):
        self.asked = asked
        self.answered: Sequence[Answered] = ()
        self.error: BaseException | None = None
        self.done = False
        self.leads = False
        self.turn = threading.Lock()
        self.turn.acquire()


class GroupCommit:
    """Gathers what threads ask at once and has it committed, one batch at a time."""

    def __init__(self, commit: Callable[[list[Asked]], Sequence[Answered]]):
        self._commit = commit
        self._mutex = threading.Lock()
        self._queue: deque[Waiting] = deque()
        self._led = False

    def answers(self, asked: Sequence[Asked]) -> Sequence[Answered]:
        """What `asked` came to, once it is durable; raises what kept it from being so."""
        waiting = Waiting(asked)
        with self._mutex:
            self._queue.append(waiting)
            waiting.leads, self._led = not self._led, True
        try:
            if not waiting.leads:
                waiting.turn.acquire()  # until a leader has answered, or it is our turn to lead
            if not waiting.done:
                self._lead(waiting)
        except BaseException:
            self._give_way(waiting)
            raise
        if waiting.error is not None:
            raise waiting.error
        return waiting.answered

    def _give_way(self, waiting: Waiting) -> None:
        """After an interruption: nobody may wait for a lead that is not taken."""
        with self._mutex:
            if waiting in self._queue:
                self._queue.remove(waiting)
            if waiting.leads:
                self._hand_on(waiting)

    def _lead(self, own: Waiting) -> None:
        """Commit one batch, `own` among it, and hand the lead on."""
        with self._mutex:
            group = self._take()
        try:
            self._answer(group)
        except Exception as error:  # noqa: BLE001 - each caller is told, in its own thread
            _fail(group, error)
        except BaseException:  # this thread is interrupted; the others only lose their batch
            _fail(group, StoreError("interrupted before it was durable; ask again, same key"))
            raise
        finally:
            for waiting in group:
                waiting.done = True
            with self._mutex:
                self._hand_on(own)
            for waiting in group:
                if waiting is not own:
                    waiting.turn.release()

    def _take(self) -> list[Waiting]:
        group: list[Waiting] = []
        size = 0
        while self._queue and size < MAX_BATCH:
            group.append(self._queue.popleft())
            size += len(group[-1].asked)
        return group

    def _answer(self, group: list[Waiting]) -> None:
        answered = self._commit([each for waiting in group for each in waiting.asked])
        start = 0
        for waiting in group:
            end = start + len(waiting.asked)
            waiting.answered = answered[start:end]
            start = end

    def _hand_on(self, own: Waiting) -> None:
        """Wake the next leader, if anybody waits. Called under the mutex."""
        own.leads = False
        self._led = bool(self._queue)
        if self._led:
            self._queue[0].leads = True
            self._queue[0].turn.release()


def _fail(group: list[Waiting], error: BaseException) -> None:
    for waiting in group:
        waiting.error = error
