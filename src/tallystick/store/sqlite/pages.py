"""The SQLite backend's pages of entries, charges, holds and refusals, and its snapshots."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Any

import apsw
from msgspec.structs import astuple

from ...core.account import Account
from ...core.holds import Hold
from ...core.instants import Instant
from ...core.journal import JournalEntry
from ..pages import FIRST, LAST, Sought
from ..records import RefusedRow, keys_of
from ..rows import encode, read_account, read_entry, read_hold
from . import refusals


class SqlitePages(ABC):
    """Part of a store, whose connection it reads on."""

    @abstractmethod
    def _run(self, name: str, *values: Any) -> apsw.Cursor: ...

    @abstractmethod
    def _run_each(self, name: str, rows: Iterable[Sequence[Any]]) -> apsw.Cursor: ...

    @abstractmethod
    def writing(self) -> AbstractContextManager[None]: ...

    def entries(
        self, account: str, after: int = 0, limit: int | None = None, newest: bool = False
    ) -> Sequence[JournalEntry]:
        name = "newest_entries" if newest else "entries"
        return [read_entry(row) for row in self._run(name, account, after, limit or -1)]

    def refusals(
        self, platform: str, after: tuple[str, str] = ("", ""), limit: int | None = None
    ) -> list[tuple[str, RefusedRow]]:
        first, end = keys_of(platform)
        rows = self._run("refusals", max(first, after[0]), after[1], end, limit or -1)
        return [refusals.read(row) for row in rows]

    def charges(
        self, account: str, after: int, last: int, sought: Sought, limit: int
    ) -> list[JournalEntry]:
        rows = self._run("charges", account, after, last, *astuple(sought), limit)
        return [read_entry(row) for row in rows]

    def holds(self, account: str, open_only: bool = True) -> list[Hold]:
        if open_only:
            return self.open_holds(account, (FIRST, FIRST), LAST, -1)
        return [read_hold(account, document) for _, document in self._run("all_holds", account)]

    def open_holds(
        self, account: str, after: tuple[Instant, int], until: Instant, limit: int
    ) -> list[Hold]:
        rows = self._run("open_holds", account, *after, until, limit)
        return [read_hold(account, document) for _, document in rows]

    def snapshot(self, account: str, last: int) -> Account | None:
        row = next(self._run("snapshot", account, last), None)
        return read_account(account, row[0]) if row else None

    def snapshots(self, account: str) -> dict[int, Account]:
        rows = self._run("snapshots", account)
        return {seq: read_account(account, document) for seq, document in rows}

    def snapshot_seqs(self, account: str) -> list[int]:
        return [row[0] for row in self._run("snapshot_seqs", account)]

    def add_snapshots(self, snapshots: Sequence[tuple[str, Account]]) -> None:
        with self.writing():
            self.put_snapshots(snapshots)

    def put_snapshots(self, snapshots: Sequence[tuple[str, Account]]) -> None:
        rows = [(key, account.seq, encode(account).decode()) for key, account in snapshots]
        self._run_each("put_snapshot", rows)

    def versions(self, after: str, limit: int) -> list[tuple[str, int]]:
        return list(self._run("versions", after, limit))
