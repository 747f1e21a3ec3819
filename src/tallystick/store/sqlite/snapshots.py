"""The snapshots of accounts that the SQLite backend writes."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Any

import apsw

from ...core.account import Account
from ..rows import encode


class SqliteSnapshots(ABC):
    """Part of a store, on whose connection it writes."""

    @abstractmethod
    def _run(self, name: str, *values: Any) -> apsw.Cursor: ...

    @abstractmethod
    def _run_each(self, name: str, rows: Iterable[Sequence[Any]]) -> apsw.Cursor: ...

    @abstractmethod
    def writing(self) -> AbstractContextManager[None]: ...

    def add_snapshots(self, snapshots: Sequence[tuple[str, Account]]) -> None:
        with self.writing():
            self.put_snapshots(snapshots)

    def put_snapshots(self, snapshots: Sequence[tuple[str, Account]]) -> None:
        rows = [(key, account.seq, encode(account).decode()) for key, account in snapshots]
        self._run_each("put_snapshot", rows)
