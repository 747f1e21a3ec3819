"""The PostgreSQL backend's pages of accounts, and the snapshots that it writes."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any

from ...core.account import Account
from ..records import keys_of
from .pool import Pool
from .session import WRITE, Rows, Session
from .writes import snapshot_columns

_PAGE_ROWS = 1_000


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
        while page := self._run("accounts", after=after, end=end, limit=limit or _PAGE_ROWS):
            yield from [row[0] for row in page]
            if limit is not None:
                return
            after = page[-1][0]

    # Snapshots

    def add_snapshots(self, snapshots: Sequence[tuple[str, Account]]) -> None:
        with self._session(self._pool, WRITE) as session:
            session.run("add_snapshots", snapshot_columns(snapshots))
