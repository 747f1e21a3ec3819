"""A batch that is being decided on a SQLite file: within one transaction of the writer."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Protocol

from ...core.instants import Instant
from ..records import Batch, Loaded, Unwritten, Wanted


class Writing(Protocol):
    """What a decision needs of its store, in the transaction of the block."""

    def load_to_decide(self, wanted: Wanted, now: Instant | None = None) -> Loaded: ...

    def conflicted(self, batch: Batch) -> frozenset[str]: ...

    def put(self, batch: Batch) -> None: ...


class SqliteDecision:
    """A batch, within the transaction of the block."""

    def __init__(self, store: Writing):
        self._store = store
        self._conflicted: frozenset[str] = frozenset()
        self._stamps: list[dict[str, int]] = []
        """The stamps that were read in this transaction: what was decided on them still holds."""

    def load(self, wanted: Wanted, now: Instant | None = None) -> Loaded:
        loaded = self._store.load_to_decide(wanted, now)
        self._stamps.append(loaded.stamps)
        return loaded

    def load_ahead(self, wanted: Sequence[Wanted], now: Instant | None = None) -> Iterator[Loaded]:
        return (self.load(each, now) for each in wanted)

    def write(self, batch: Batch) -> None:
        if not any(batch.stamps is each for each in self._stamps):
            conflicted = self._store.conflicted(batch)
            if conflicted:
                self._conflicted |= conflicted
                batch = batch.only(batch.names() - conflicted)
        self._store.put(batch)

    def written(self) -> Unwritten:
        return Unwritten(self._conflicted)


class Deciding:
    """The block of a batch: a transaction, and a thread that works in it.

    It is a class because a generator would cost more around each batch.
    """

    __slots__ = ("_store", "_transaction", "_using")

    def __init__(
        self,
        store: Writing,
        transaction: AbstractContextManager[None],
        using: AbstractContextManager[None],
    ):
        self._store = store
        self._transaction = transaction
        self._using = using

    def __enter__(self) -> SqliteDecision:
        self._transaction.__enter__()
        self._using.__enter__()
        return SqliteDecision(self._store)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._using.__exit__(kind, error, trace)
        self._transaction.__exit__(kind, error, trace)
