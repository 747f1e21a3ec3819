"""The PostgreSQL backend's pages of accounts, entries, charges, holds and refusals, and its
snapshots."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any

from msgspec.structs import asdict

from ...core.account import Account
from ...core.holds import Hold
from ...core.instants import Instant
from ...core.journal import JournalEntry
from ..pages import FIRST, LAST, Sought
from ..records import RefusedRow, keys_of
from ..rows import read_account, read_entry, read_hold
from . import refusals
from .pool import Pool
from .session import WRITE, Rows, Session
from .writes import snapshot_columns

_PAGE = 1_000


class PostgresPages(ABC):
    """Part of a store, whose connection it reads on."""

    _pool: Pool

    @abstractmethod
    def _run(self, statement: str, /, **values: Any) -> Rows: ...

    @abstractmethod
    def _row(self, statement: str, /, **values: Any) -> tuple[Any, ...] | None: ...

    @abstractmethod
    def _session(
        self, pool: Pool, begin: bytes | None, look: bool = True
    ) -> AbstractContextManager[Session]: ...

    # Reading

    def accounts(self, platform: str, after: str = "", limit: int | None = None) -> Iterator[str]:
        first, end = keys_of(platform)
        after = max(first, after)
        while page := self._run("accounts", after=after, end=end, limit=limit or _PAGE):
            yield from [row[0] for row in page]
            if limit is not None:
                return
            after = page[-1][0]

    def entries(
        self, account: str, after: int = 0, limit: int | None = None, newest: bool = False
    ) -> Sequence[JournalEntry]:
        name = "newest_entries" if newest else "entries"
        return [
            read_entry(row) for row in self._run(name, account=account, after=after, limit=limit)
        ]

    def charges(
        self, account: str, after: int, last: int, sought: Sought, limit: int
    ) -> list[JournalEntry]:
        columns = asdict(sought)
        rows = self._run("charges", account=account, after=after, last=last, limit=limit, **columns)
        return [read_entry(row) for row in rows]

    def holds(self, account: str, open_only: bool = True) -> list[Hold]:
        if open_only:
            return self.open_holds(account, (FIRST, FIRST), LAST, None)
        rows = self._run("all_holds", account=account)
        return [read_hold(account, document) for _, document in rows]

    def open_holds(
        self, account: str, after: tuple[Instant, int], until: Instant, limit: int | None
    ) -> list[Hold]:
        expires_at, hold = after
        rows = self._run(
            "open_holds",
            account=account,
            expires_at=expires_at,
            hold=hold,
            until=until,
            limit=limit,
        )
        return [read_hold(account, document) for _, document in rows]

    def refusals(
        self, platform: str, after: tuple[str, str] = ("", ""), limit: int | None = None
    ) -> list[tuple[str, RefusedRow]]:
        first, end = keys_of(platform)
        account, key = max(first, after[0]), after[1]
        return refusals.read(self._run("refusals", account=account, key=key, end=end, limit=limit))

    # Snapshots

    def snapshot(self, account: str, last: int) -> Account | None:
        row = self._row("snapshot", account=account, last=last)
        return read_account(account, row[0]) if row else None

    def snapshots(self, account: str) -> dict[int, Account]:
        rows = self._run("snapshots", account=account)
        return {seq: read_account(account, document) for seq, document in rows}

    def snapshot_seqs(self, account: str) -> list[int]:
        return [row[0] for row in self._run("snapshot_seqs", account=account)]

    def add_snapshots(self, snapshots: Sequence[tuple[str, Account]]) -> None:
        with self._session(self._pool, WRITE) as session:
            session.run("add_snapshots", snapshot_columns(snapshots))

    def versions(self, after: str, limit: int) -> list[tuple[str, int]]:
        return self._run("versions", after=after, limit=limit)
