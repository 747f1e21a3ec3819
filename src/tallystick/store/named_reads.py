"""What both stores read in the same way: over one runner of named statements.

A backend gives `_rows`, which runs a statement of its `queries.sql` on the connection of the block
that is being worked in. Statements of one name take the same values on every backend.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

from msgspec.structs import asdict

from ..core.account import Account
from ..core.catalog import Published
from ..core.checkpoint import Checkpoint
from ..core.holds import Hold
from ..core.instants import Instant
from ..core.journal import JournalEntry
from .pages import FIRST, LAST, Sought
from .records import (
    AnsweredRow,
    ApiKeyRow,
    PlatformRow,
    RefusedRow,
    Repeated,
    WorkerSlot,
    keys_of,
)
from .refusals import tally_of
from .rows import (
    catalog_hash,
    read_account,
    read_catalog,
    read_checkpoint,
    read_entry,
    read_hold,
    read_refusal,
    read_tally,
    withdrawal_hash,
)


class NamedReads(ABC):
    """The reading methods of a store. Each raises `StoreError` when the database cannot be read,
    and `DamagedDatabase` when what is stored there cannot be decoded."""

    @abstractmethod
    def _rows(self, statement: str, /, **values: Any) -> Sequence[tuple[Any, ...]]:
        """The rows that a statement returns, by its name."""

    def _first(self, statement: str, /, **values: Any) -> Any:
        """The first row that a statement returns; None if there is none."""
        return next(iter(self._rows(statement, **values)), None)

    # Platforms and catalogs

    def platform(self, platform: str) -> PlatformRow | None:
        row = self._first("platform", platform=platform)
        return PlatformRow(*row) if row else None

    def platforms(self) -> list[str]:
        return [row[0] for row in self._rows("platforms")]

    def catalogs(self, platform: str, after: int = 0) -> list[Published]:
        return [
            read_catalog(platform, version, effective_at, document)
            for version, effective_at, document, _, _ in self._rows(
                "catalogs", platform=platform, after=after
            )
        ]

    def changed_catalogs(self, platform: str) -> list[int]:
        row = self.platform(platform)
        if row is None:
            return []
        return [
            version
            for version, at, document, source, digest in self._rows(
                "catalogs", platform=platform, after=0
            )
            if catalog_hash(row.secret, platform, version, at, document, source) != digest
        ] + [
            version
            for version, at, digest in self._rows("withdrawn_catalogs", platform=platform)
            if withdrawal_hash(row.secret, platform, version, at) != digest
        ]

    def withdrawn_catalogs(self, platform: str) -> dict[int, Instant]:
        rows = self._rows("withdrawn_catalogs", platform=platform)
        return {version: at for version, at, _ in rows}

    def catalog_source(self, platform: str, version: int) -> str:
        return self._first("catalog_source", platform=platform, version=version)[0]

    # Schedule

    def due(
        self,
        bucket: int,
        now: Instant,
        after: tuple[Instant, str],
        limit: int,
        platform: str | None = None,
    ) -> list[tuple[str, Instant]]:
        (since, account), (first, end) = after, keys_of(platform)
        return [
            (key, at)
            for key, at in self._rows(
                "due",
                bucket=bucket,
                now=now,
                since=since,
                after=account,
                first=first,
                end=end,
                limit=limit,
            )
        ]

    def timed_out(
        self, platform: str, now: Instant, after: str, limit: int
    ) -> list[tuple[str, Instant]]:
        first, end = keys_of(platform)
        rows = self._rows("timed_out", after=max(first, after), end=end, now=now, limit=limit)
        return [(key, at) for key, at in rows]

    def worker_slots(self) -> list[WorkerSlot]:
        return [WorkerSlot(*row) for row in self._rows("worker_slots")]

    # Access

    def api_key(self, id: str) -> ApiKeyRow | None:
        row = self._first("api_key", id=id)
        return ApiKeyRow(*row) if row else None

    def api_keys(self, platform: str) -> list[ApiKeyRow]:
        return [ApiKeyRow(*row) for row in self._rows("api_keys", platform=platform)]

    def platform_request(self, platform: str, key: str) -> AnsweredRow | None:
        row = self._first("platform_request", platform=platform, key=key)
        return AnsweredRow(row[0], row[1], row[2], row[3].encode()) if row else None

    def platform_requests(self, platform: str) -> list[AnsweredRow]:
        return [
            AnsweredRow(key, at, request, answer.encode())
            for key, at, request, answer in self._rows("platform_requests", platform=platform)
        ]

    # Accounts, a page at a time

    def entries(
        self, account: str, after: int = 0, limit: int | None = None, newest: bool = False
    ) -> Sequence[JournalEntry]:
        name = "newest_entries" if newest else "entries"
        rows = self._rows(name, account=account, after=after, limit=limit)
        return [read_entry(row) for row in rows]

    def charges(
        self, account: str, after: int, last: int, sought: Sought, limit: int
    ) -> list[JournalEntry]:
        bounds = {"account": account, "after": after, "last": last}
        return [
            read_entry(row)
            for row in self._rows("charges", **bounds, **asdict(sought), limit=limit)
        ]

    def holds(self, account: str, open_only: bool = True) -> list[Hold]:
        if open_only:
            return self.open_holds(account, (FIRST, FIRST), LAST, None)
        rows = self._rows("all_holds", account=account)
        return [read_hold(account, document) for _, document in rows]

    def open_holds(
        self, account: str, after: tuple[Instant, int], until: Instant, limit: int | None
    ) -> list[Hold]:
        rows = self._rows(
            "open_holds",
            account=account,
            expires_at=after[0],
            hold=after[1],
            until=until,
            limit=limit,
        )
        return [read_hold(account, document) for _, document in rows]

    def snapshot(self, account: str, last: int) -> Account | None:
        row = self._first("snapshot", account=account, last=last)
        return read_account(account, row[0]) if row else None

    def snapshots(self, account: str) -> dict[int, Account]:
        rows = self._rows("snapshots", account=account)
        return {seq: read_account(account, document) for seq, document in rows}

    def snapshot_seqs(self, account: str) -> list[int]:
        return [row[0] for row in self._rows("snapshot_seqs", account=account)]

    def versions(self, after: str, limit: int) -> list[tuple[str, int]]:
        return [(key, seq) for key, seq in self._rows("versions", after=after, limit=limit)]

    # Archiving

    def checkpoint(self, account: str) -> Checkpoint | None:
        row = self._first("checkpoint", account=account)
        return read_checkpoint(row) if row else None

    def last_before(self, account: str, at: Instant, stretch: tuple[int, int]) -> int:
        first, end = stretch
        row = self._first("last_before", account=account, first=first, end=end, at=at)
        return row[0] if row else 0

    def stale_refusals(self, platform: str, bucket: int, before: Instant, limit: int) -> list[str]:
        first, end = keys_of(platform)
        rows = self._rows(
            "stale_refusals", bucket=bucket, before=before, first=first, end=end, limit=limit
        )
        return [row[0] for row in rows]

    def refusals(
        self, platform: str, after: tuple[str, str] = ("", ""), limit: int | None = None
    ) -> list[tuple[str, RefusedRow]]:
        first, end = keys_of(platform)
        account, key = max(first, after[0]), after[1]
        rows = self._rows("refusals", account=account, key=key, end=end, limit=limit)
        return [read_refusal(row) for row in rows]

    # Evidence

    def heads(self, platform: str, after: str, limit: int) -> list[tuple[str, int, bytes]]:
        first, end = keys_of(platform)
        rows = self._rows("heads", after=max(first, after), end=end, limit=limit)
        return [(key, seq, head) for key, seq, head in rows]

    def strays(self, platform: str) -> list[str]:
        first, end = keys_of(platform)
        return [row[0] for row in self._rows("strays", first=first, end=end)]

    def repeated(self, account: str) -> Repeated:
        there = self._rows("refusals_of", account=account)
        usage = self._rows("usage_columns", account=account)
        holds = self._rows("hold_columns", account=account)
        return Repeated(
            columns=self._first("account_columns", account=account),
            usage={row[0]: row[1:] for row in usage},
            holds={row[0]: row[1:] for row in holds},
            tally=read_tally(self._first("refusal_tally", account=account)),
            refusals=tally_of(account, there),
        )
