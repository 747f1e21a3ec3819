"""The SQLite backend's pages of refusals, and the snapshots that it writes."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Any

import apsw

from ...core.account import Account
from ..records import RefusedRow, keys_of
from ..rows import encode
from . import refusals


class SqlitePages(ABC):
    """Part of a store, whose connection it reads on."""

    @abstractmethod
    def _run(self, name: str, *values: Any) -> apsw.Cursor: ...

    @abstractmethod
    def _run_each(self, name: str, rows: Iterable[Sequence[Any]]) -> apsw.Cursor: ...

    @abstractmethod
    def writing(self) -> AbstractContextManager[None]: ...

    def refusals(
        self, platform: str, after: tuple[str, str] = ("", ""), limit: int | None = None
    ) -> list[tuple[str, RefusedRow]]:
        first, end = keys_of(platform)
        rows = self._run("refusals", max(first, after[0]), after[1], end, limit or -1)
        return [refusals.read(row) for row in rows]

    def add_snapshots(self, snapshots: Sequence[tuple[str, Account]]) -> None:
        with self.writing():
            self.put_snapshots(snapshots)

    def put_snapshots(self, snapshots: Sequence[tuple[str, Account]]) -> None:
        rows = [(key, account.seq, encode(account).decode()) for key, account in snapshots]
        self._run_each("put_snapshot", rows)
