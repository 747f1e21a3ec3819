"""A batch that is being decided on a SQLite file: within one transaction of the writer."""

from collections.abc import Iterator, Sequence
from typing import Protocol

from ...core.instants import Instant
from ..records import Batch, Loaded, Unwritten, Wanted


class Writing(Protocol):
    """What a decision needs of its store, in the transaction of the block."""

    def load_to_decide(self, wanted: Wanted, now: Instant | None = None) -> Loaded: ...

    def put(self, batch: Batch) -> frozenset[str]: ...


class SqliteDecision:
    """A batch, within the transaction of the block."""

    def __init__(self, store: Writing):
        self._store = store
        self._overtaken: frozenset[str] = frozenset()

    def load(self, wanted: Wanted, now: Instant | None = None) -> Loaded:
        return self._store.load_to_decide(wanted, now)

    def load_ahead(self, wanted: Sequence[Wanted], now: Instant | None = None) -> Iterator[Loaded]:
        return (self.load(each, now) for each in wanted)

    def write(self, batch: Batch) -> None:
        self._overtaken |= self._store.put(batch)

    def written(self) -> Unwritten:
        return Unwritten(self._overtaken)
