"""The PostgreSQL store: any number of processes over one database.

A batch takes two round trips. The first loads what it wants in one statement. The second is the
transaction that writes it, each account by compare-and-set (`decision`). No connection keeps
anything from one transaction to the next.
"""

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from typing import Any

import psycopg
from msgspec.structs import asdict

from ...core.catalog import Published
from ...core.errors import ReadOnlyDatabase
from ...core.instants import Instant
from ..named_reads import NamedReads
from ..records import (
    AnsweredRow,
    ApiKeyRow,
    EpochRow,
    KnownTime,
    Loaded,
    Move,
    PlatformRow,
    Wanted,
    WorkerSlot,
    keys_of,
)
from ..rows import (
    catalog_hash,
    withdrawal_hash,
    write_catalog,
)
from . import archive, epochs, evidence, refusals, schema, sharding
from .address import Address
from .connections import connect
from .decision import PARTS_MAX, PostgresDecision, load, not_known, take
from .failures import NO_ROOM, is_lost, translated
from .pages import PostgresPages
from .pool import Pool
from .session import READ, WRITE, Rows, Session

LOOKUP_CONNECTIONS = 2
"""Connections for what must be answered however many are reading."""
LOOK_SECONDS = 1.0
"""How often it is looked whether a newer version has migrated, or the server's history forked."""

_PAGE_ROWS = 1_000


class PostgresStore(NamedReads, PostgresPages):
    """A Tallystick database on a PostgreSQL server."""

    own_clock = True

    def __init__(self, address: Address):
        with translated(address):
            connection = connect(address)
            try:
                schema.prepare(connection, address)
                self._layout = sharding.read(connection, address)
            except BaseException:
                connection.close()
                raise
        self.address = address = address._replace(spread=self._layout.spread)
        self.queues = len(self._layout.shards)
        self._look_at, self._renewals = 0.0, 0
        self._full = False
        self._untold: bool | None = None
        self._history: str | None = None
        # A pooler may lose count of answers when more is sent before one is read.
        self.parts = PARTS_MAX if self.queues == 1 and not address.pooled else 1
        self._current = threading.local()
        self._writer = Pool(address, min(self.queues, address.connections))
        self._pool = Pool(address, address.connections)
        self._lookups = Pool(address, LOOKUP_CONNECTIONS)
        self._changes = Pool(address, 1)  # one at a time, whoever makes them
        if self._layout.spread:
            connection.close()  # those that follow are set for it
        else:
            self._writer.put_back(connection)
        self._look(now=True)

    def __repr__(self) -> str:
        return f"PostgresStore({self.address.place})"

    # Transactions

    @contextmanager
    def deciding(self, alone: Sequence[str] = ()) -> Iterator[PostgresDecision]:
        """No transaction is open between the load and the first write, unless accounts are to be
        had `alone`: then their rows are taken first, and everybody else waits for them."""
        with self._session(self._writer, WRITE if alone else None) as session:
            if alone:
                take(session, alone)
            yield PostgresDecision(session, self._layout)
        self._full = False

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
    def _session(self, pool: Pool, begin: bytes | None, look: bool = True) -> Iterator[Session]:
        before = getattr(self._current, "session", None)
        if look and before is None:
            self._look()
        with translated(self.address), pool.lease() as lease:
            session = self._current.session = Session(lease, begin)
            try:
                yield session
                self._commit(session)
            except BaseException as error:
                self._full = self._full or getattr(error, "sqlstate", None) == NO_ROOM
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

    _rows = _run

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

    def add_platform(self, row: PlatformRow) -> None:
        self._run("add_platform", **asdict(row) | {"epoch": epochs.newest(self.epochs()).epoch})
        self._run("make_slot", place=self._layout.place(row.platform, 0), slot=0)

    def set_clock(self, platform: str, at: Instant | None) -> None:
        self._run("set_clock", platform=platform, at=at)

    def add_catalog(self, published: Published, source: str) -> None:
        platform, version = published.catalog.platform, published.version
        document = write_catalog(published)
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
        self._run("count_catalogs", platform=platform)

    def withdraw_catalog(self, platform: str, version: int, at: Instant) -> None:
        secret = self._run("platform", platform=platform)[0][1]
        signed = withdrawal_hash(secret, platform, version, at)
        self._run("withdraw_catalog", platform=platform, version=version, at=at, hash=signed)
        self._run("count_catalogs", platform=platform)

    # Schedule

    def take_worker_slot(self, slot: WorkerSlot) -> None:
        self._run("take_worker_slot", **asdict(slot))

    # Time

    def known_time(self) -> KnownTime:
        return KnownTime(self._run("known_time")[0][0])

    def note_time(self, known: KnownTime) -> None:
        """The server's clock is its own."""

    # Access

    def add_api_key(self, row: ApiKeyRow) -> None:
        self._run("add_api_key", **asdict(row))

    def revoke_api_key(self, id: str, at: Instant, by: str | None, api_key: str | None) -> None:
        self._run("revoke_api_key", id=id, at=at, by=by, api_key=api_key)

    def expire_api_key(self, id: str, at: Instant) -> None:
        self._run("expire_api_key", id=id, at=at)

    def use_api_keys(self, ids: Sequence[str], at: Instant) -> None:
        for id in sorted(ids):  # in one order, so that two servers never wait for each other
            self._run("use_api_key", id=id, at=at)

    def add_platform_request(self, platform: str, row: AnsweredRow) -> None:
        values = {**asdict(row), "answer": row.answer.decode()}
        self._run("add_platform_request", platform=platform, **values)

    # Archiving

    def remove(self, moves: Sequence[Move]) -> set[str]:
        with self._session(self._pool, WRITE) as session:
            return archive.remove(session, moves)

    def forget_refusals(self, account: str, before: Instant) -> bool:
        with self._session(self._pool, WRITE) as session:
            return refusals.forget(session, account, before)

    def vacuum(self) -> None:
        """Autovacuum does it: the room is for new entries then, and the files keep their size."""

    # Evidence

    def strays(self, platform: str) -> list[str]:
        self._take_time()
        return super().strays(platform)

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
        self._look(now=True)
        if self._full:
            with self.writing():  # whether there is room again, only a write tells
                self._run("enter_epoch", epoch=epochs.newest(self.epochs()).epoch)
            self._full = False

    def _look(self, now: bool = False) -> None:
        """Raise `NewerDatabase` when a newer version has migrated the database, and begin an epoch
        when the server's history has forked; once a second, when a connection was lost, or `now`.
        """
        at, renewals = time.monotonic(), self._pool.renewals + self._writer.renewals
        if not now and at < self._look_at and renewals == self._renewals:
            return
        self._look_at, self._renewals = at + LOOK_SECONDS, renewals
        with self._session(self._lookups, None, look=False) as session:
            if self._untold is None:
                self._untold = not epochs.tells_history(session)
            told = epochs.Told(session, self._untold)
        schema.check(told.migration, self.address)
        self._history = told.history
        if not told.is_settled:
            self._settle()

    def _settle(self) -> None:
        """A user who may only read leaves it to those who write."""
        with suppress(ReadOnlyDatabase), self._session(self._changes, WRITE, look=False) as session:
            session.run("one_at_a_time")
            epochs.settle(self._run, self._history)

    # Epochs

    def epochs(self) -> list[EpochRow]:
        return epochs.read(self._run("epochs")) or [epochs.FIRST]

    def begin_epoch(self, reason: str) -> EpochRow:
        with self.writing():
            return epochs.begin(self._run, reason, self._history)

    def adopt_epochs(self, rows: Sequence[EpochRow]) -> None:
        with self.writing():
            epochs.adopt(self._run, rows, self._history)

    def unwatched(self) -> str | None:
        return epochs.UNTOLD if self._untold else None

    def close(self) -> None:
        """Close every connection that is not in use; those close when they come back."""
        for pool in (self._writer, self._pool, self._lookups, self._changes):
            pool.close()
