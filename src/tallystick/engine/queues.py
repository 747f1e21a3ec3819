"""Queues: commands of accounts on different shards are committed in parallel, those of one queue
together.

The store says how many queues there are, and which one an account is in. A database on one machine
is one queue. One that is spread over machines has several, so that a batch is a transaction of one
machine (`docs/operating/scale.md`).
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from ..core.errors import StoreError
from .applier import Answered, Asked
from .group import GroupCommit

QUEUES_AT_ONCE_MAX = 8
"""How many queues the commands of one caller are written to at once, at most."""


class Queues:
    """One group commit for each queue."""

    def __init__(
        self,
        count: int,
        queue_of: Callable[[str], int],
        commit: Callable[[list[Asked]], Sequence[Answered]],
    ):
        self._queue_of = queue_of
        self._groups = [GroupCommit(commit) for _ in range(count)]
        self._pool = ThreadPoolExecutor(min(count, QUEUES_AT_ONCE_MAX), "tallystick-queue")

    def answers(self, asked: Sequence[Asked]) -> Sequence[Answered]:
        """What each of `asked` came to, in order, once it is durable. Those of a queue that could
        not be written are answered the `StoreError`; it is raised when nothing could be."""
        if len(self._groups) == 1:
            return self._groups[0].answers(asked)
        cut = self._cut(asked)
        if len(cut) == 1:
            return self._groups[next(iter(cut))].answers(asked)
        futures = {
            queue: self._pool.submit(self._groups[queue].answers, [asked[at] for at in places])
            for queue, places in cut.items()
        }
        answered: list[Answered] = [None] * len(asked)
        failed = [
            error
            for queue, future in futures.items()
            if (error := _gather(future, cut[queue], answered)) is not None
        ]
        if len(failed) == len(cut):
            raise failed[0]
        return answered

    def _cut(self, asked: Sequence[Asked]) -> Mapping[int, Sequence[int]]:
        """The places of the commands of each queue."""
        found = defaultdict[int, list[int]](list)
        for at, each in enumerate(asked):
            found[self._queue_of(each.key)].append(at)
        return found

    def close(self) -> None:
        self._pool.shutdown(wait=False)


def _gather(
    future: Future[Sequence[Answered]], places: Sequence[int], answered: list[Answered]
) -> StoreError | None:
    """Put what a queue came to in its places; the error that kept it from being written."""
    try:
        found = future.result()
    except StoreError as error:
        for at in places:
            answered[at] = error
        return error
    for at, each in zip(places, found, strict=True):
        answered[at] = each
    return None
