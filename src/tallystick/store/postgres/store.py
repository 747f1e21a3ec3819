"""The PostgreSQL store: any number of processes over one database.

A batch takes two round trips. The first loads what it wants in one statement. The second is the
transaction that writes it, each account by compare-and-set (`deciding`). No connection keeps
anything from one transaction to the next.
"""

import threading
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import psycopg
from msgspec.structs import asdict

from ...core.account import Account
from ...core.catalog import Published
from ...core.checkpoint import Checkpoint
from ...core.holds import Hold
from ...core.instants import Instant
from ...core.journal import JournalLine
from ..base import (
    AnsweredRow,
    ApiKeyRow,
    KnownTime,
    Loaded,
    Move,
    PlatformRow,
    RefusedRow,
    Repeated,
    Seat,
    Wanted,
    keys_of,
)
from ..pages import FIRST, LAST, Sought
from ..rows import (
    catalog_hash,
    encode,
    read_account,
    read_catalog,
    read_checkpoint,
    read_hold,
    read_line,
)
from . import archiving, evidence, layout, refusals, schema
from .address import Address
from .connecting import connect
from .deciding import PARTS, Decision, load, not_known, take
from .failures import is_lost, translated
from .pool import Pool
from .session import READ, WRITE, Rows, Session
from .writing import snapshot_columns

LOOKUPS = 2
"""Connections for what must be answered however many are reading."""
_PAGE = 1_000


class PostgresStore:
    """A Tallystick database on a PostgreSQL server."""

    own_clock = True

    def __init__(self, address: Address):
        with translated(address):
            connection = connect(address)
            try:
                schema.prepare(connection, address)
                self._layout = layout.read(connection, address)
            except BaseException:
                connection.close()
                raise
        self.address = address = address._replace(spread=self._layout.spread)
        self.queues = len(self._layout.shards)
        # A pooler may lose count of answers when more is sent before one is read.
        self.parts = PARTS if self.queues == 1 and not address.pooled else 1
        self._current = threading.local()
        self._writer = Pool(address, min(self.queues, address.connections))
        self._pool = Pool(address, address.connections)
        self._lookups = Pool(address, LOOKUPS)
        self._changes = Pool(address, 1)  # one at a time, whoever makes them
        if self._layout.spread:
            connection.close()  # those that follow are set for it
        else:
            self._writer.put_back(connection)

    def __repr__(self) -> str:
        return f"PostgresStore({self.address.place})"

    # Transactions

    @contextmanager
    def deciding(self, alone: Sequence[str] = ()) -> Iterator[Decision]:
        """No transaction is open between the load and the first write, unless accounts are to be
        had `alone`: then their rows are taken first, and everybody else waits for them."""
        with self._session(self._writer, WRITE if alone else None) as session:
            if alone:
                take(session, alone)
            yield Decision(session, self._layout)

    @contextmanager
    def reading(self) -> Iterator[None]:
        with self._view(self._pool):
            yield

    @contextmanager
    def looking_up(self) -> Iterator[None]:
        with self._view(self._lookups):
            yield

    def _view(self, pool: Pool) -> AbstractContextManager[object]:
        """A view; within a block it is the block's own."""
        within = getattr(self._current, "session", None) is not None
        return nullcontext() if within else self._session(pool, READ)

    @contextmanager
    def writing(self) -> Iterator[None]:
        with self._session(self._changes, WRITE) as session:
            session.run("one_at_a_time")
            yield

    @contextmanager
    def _session(self, pool: Pool, begin: bytes | None) -> Iterator[Session]:
        before = getattr(self._current, "session", None)
        with translated(self.address), pool.lease() as lease:
            session = self._current.session = Session(lease, begin)
            try:
                yield session
                self._commit(session)
            except BaseException:
                session.roll_back()
                raise
            finally:
                self._current.session = before

    def _commit(self, session: Session) -> None:
        try:
            session.commit()
        except psycopg.Error as error:
            if is_lost(session.connection, error):
                raise not_known(self.address) from None
            raise

    def _run(self, statement: str, /, **values: Any) -> Rows:
        return self._current.session.run(statement, values)

    def _row(self, statement: str, /, **values: Any) -> tuple[Any, ...] | None:
        return next(iter(self._run(statement, **values)), None)

    # Batches

    def queue_of(self, account: str) -> int:
        return self._layout.shards.of(account)

    def load(self, wanted: Wanted, now: Instant | None = None) -> Loaded:
        session = getattr(self._current, "session", None)
        if session is None:
            with self._session(self._pool, None) as alone:
                return load(alone, self._layout, wanted, now)
        return load(session, self._layout, wanted, now)

    # Platforms and catalogs

    def platform(self, platform: str) -> PlatformRow | None:
        row = self._row("platform", platform=platform)
        return PlatformRow(*row) if row else None

    def platforms(self) -> list[str]:
        return [row[0] for row in self._run("platforms")]

    def add_platform(self, row: PlatformRow) -> None:
        self._run("add_platform", **asdict(row))
        self._run("make_slot", place=self._layout.place(row.platform, 0), slot=0)

    def set_clock(self, platform: str, at: Instant | None) -> None:
        self._run("set_clock", platform=platform, at=at)

    def add_catalog(self, published: Published, source: str) -> None:
        platform, version = published.catalog.platform, published.version
        document = encode(published.catalog).decode()
        secret = self._run("platform", platform=platform)[0][1]
        self._run(
            "add_catalog",
            platform=platform,
            version=version,
            effective_at=published.effective_at,
            document=document,
            source=source,
            hash=catalog_hash(secret, platform, version, published.effective_at, document, source),
        )
        self._run("set_catalogs", platform=platform, version=version)

    def catalogs(self, platform: str, after: int = 0) -> list[Published]:
        rows = self._run("catalogs", platform=platform, after=after)
        return [
            Published(version, effective_at, read_catalog(platform, document))
            for version, effective_at, document, _, _ in rows
        ]

    def changed_catalogs(self, platform: str) -> list[int]:
        row = self.platform(platform)
        if row is None:
            return []
        return [
            version
            for version, at, document, source, digest in self._run(
                "catalogs", platform=platform, after=0
            )
            if catalog_hash(row.secret, platform, version, at, document, source) != digest
        ]

    def catalog_source(self, platform: str, version: int) -> str:
        return self._run("catalog_source", platform=platform, version=version)[0][0]

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
        return self._run(
            "due",
            bucket=bucket,
            now=now,
            since=since,
            after=account,
            first=first,
            end=end,
            limit=limit,
        )

    def timed_out(
        self, platform: str, now: Instant, after: str, limit: int
    ) -> list[tuple[str, Instant]]:
        first, end = keys_of(platform)
        return self._run("timed_out", after=max(first, after), end=end, now=now, limit=limit)

    def seats(self) -> list[Seat]:
        return [Seat(*row) for row in self._run("seats")]

    def take_seat(self, seat: Seat) -> None:
        self._run("take_seat", **asdict(seat))

    # Time

    def known_time(self) -> KnownTime:
        return KnownTime(self._run("known_time")[0][0])

    def note_time(self, known: KnownTime) -> None:
        """The server's clock is its own."""

    # Access

    def api_key(self, id: str) -> ApiKeyRow | None:
        row = self._row("api_key", id=id)
        return ApiKeyRow(*row) if row else None

    def api_keys(self, platform: str) -> list[ApiKeyRow]:
        return [ApiKeyRow(*row) for row in self._run("api_keys", platform=platform)]

    def add_api_key(self, row: ApiKeyRow) -> None:
        self._run("add_api_key", **asdict(row))

    def revoke_api_key(self, id: str, at: Instant) -> None:
        self._run("revoke_api_key", id=id, at=at)

    def platform_request(self, platform: str, key: str) -> AnsweredRow | None:
        row = self._row("platform_request", platform=platform, key=key)
        return AnsweredRow(row[0], row[1], row[2], row[3].encode()) if row else None

    def platform_requests(self, platform: str) -> list[AnsweredRow]:
        return [
            AnsweredRow(key, at, request, answer.encode())
            for key, at, request, answer in self._run("platform_requests", platform=platform)
        ]

    def add_platform_request(self, platform: str, row: AnsweredRow) -> None:
        values = {**asdict(row), "answer": row.answer.decode()}
        self._run("add_platform_request", platform=platform, **values)

    # Reading

    def accounts(self, platform: str, after: str = "", limit: int | None = None) -> Iterator[str]:
        first, end = keys_of(platform)
        after = max(first, after)
        while page := self._run("accounts", after=after, end=end, limit=limit or _PAGE):
            yield from [row[0] for row in page]
            if limit is not None:
                return
            after = page[-1][0]

    def lines(
        self, account: str, after: int = 0, limit: int | None = None, newest: bool = False
    ) -> Sequence[JournalLine]:
        name = "newest_lines" if newest else "lines"
        return [
            read_line(row) for row in self._run(name, account=account, after=after, limit=limit)
        ]

    def charges(
        self, account: str, after: int, last: int, sought: Sought, limit: int
    ) -> list[JournalLine]:
        columns = asdict(sought)
        rows = self._run("charges", account=account, after=after, last=last, limit=limit, **columns)
        return [read_line(row) for row in rows]

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

    # Archiving

    def checkpoint(self, account: str) -> Checkpoint | None:
        row = self._row("checkpoint", account=account)
        return read_checkpoint(row) if row else None  # type: ignore[arg-type]

    def last_before(self, account: str, at: Instant) -> int:
        row = self._row("last_before", account=account, at=at)
        return row[0] if row else 0

    def remove(self, moves: Sequence[Move]) -> set[str]:
        with self._session(self._pool, WRITE) as session:
            return archiving.remove(session, moves)

    def stale_refusals(self, platform: str, bucket: int, before: Instant, limit: int) -> list[str]:
        (first, end), values = keys_of(platform), {"bucket": bucket, "before": before}
        found = self._run("stale_refusals", first=first, end=end, limit=limit, **values)
        return [row[0] for row in found]

    def forget_refusals(self, account: str, before: Instant) -> bool:
        with self._session(self._pool, WRITE) as session:
            return refusals.forget(session, account, before)

    def vacuum(self) -> None:
        """Autovacuum does it: the room is for new lines then, and the files keep their size."""

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

    # Evidence

    def strays(self, platform: str) -> list[str]:
        self._take_time()
        first, end = keys_of(platform)
        return [row[0] for row in self._run("strays", first=first, end=end)]

    def repeated(self, account: str) -> Repeated:
        tally, there = refusals.tallies(self._current.session, account)
        return Repeated(
            self._row("account_columns", account=account),  # type: ignore[arg-type]
            {row[0]: row[1:] for row in self._run("usage_columns", account=account)},
            {row[0]: row[1:] for row in self._run("hold_columns", account=account)},
            tally,
            there,
        )

    def opened(self, platform: str) -> int | None:
        first, end = keys_of(platform)
        return self._run("opened", first=first, end=end)[0][0]

    def changed_schema(self) -> list[str] | None:
        with self._session(self._pool, WRITE) as session:
            self._take_time()
            return evidence.changed_schema(session, self._layout.spread)

    def damage(self) -> list[str]:
        """The server finds damage when it reads; what it has found so far."""
        found = [f"the index {row[0]} is not whole" for row in self._run("broken_indexes")]
        failures = self._row("checksum_failures")
        if failures and failures[0]:
            found.append(f"{failures[0]} pages did not match their checksum")
        return found

    def _take_time(self) -> None:
        """For the transaction at hand: reading everything may take longer than a batch may."""
        self._current.session.execute(b"set local statement_timeout = 0")

    def check(self) -> None:
        """Any query finds out."""

    def close(self) -> None:
        """Close every connection that is not in use; those close when they come back."""
        for pool in (self._writer, self._pool, self._lookups, self._changes):
            pool.close()
