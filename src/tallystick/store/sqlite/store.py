"""The SQLite backend: one writer connection a process, readers beside it, every commit on disk.

Several processes may open one file: each batch is one ``BEGIN IMMEDIATE`` and every account is
written by compare-and-set. That is safe from SQLite 3.51.3 on (older ones have the WAL-reset
fault); an older one takes the file for itself alone, and a second process is refused.
"""

import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import apsw
from msgspec.structs import astuple

from ...core.account import next_due
from ...core.catalog import Published
from ...core.holds import Hold
from ...core.instants import Instant
from ...core.journal import JournalEntry
from ..base import Conflict
from ..named_reads import NamedReads
from ..named_sql import queries
from ..records import (
    AnsweredRow,
    ApiKeyRow,
    Batch,
    EpochRow,
    KnownTime,
    Loaded,
    Move,
    PlatformRow,
    RefusedRow,
    StoredAccount,
    Wanted,
    WorkerSlot,
    bucket_of,
    keys_of,
    split_key,
)
from ..rows import (
    catalog_hash,
    checkpoint_row,
    encode,
    entry_row,
    read_account,
    read_entry,
    read_hold,
    read_refusal,
    withdrawal_hash,
    write_catalog,
)
from . import refusals
from .decision import Deciding, SqliteDecision
from .evidence import SqliteEvidence
from .file import committed, connect
from .snapshots import SqliteSnapshots
from .transactions import Opened

_SQL = queries("sqlite")


class SqliteStore(NamedReads, SqliteSnapshots, SqliteEvidence):
    """A Tallystick database in one file, or in memory (``:memory:``)."""

    queues = 1
    parts = 1
    own_clock = False

    def __init__(self, path: str):
        self.path = path
        self._current = threading.local()
        self._idle_readers: list[apsw.Connection] = []
        self._opened = Opened(path)
        self._writer = self._opened.writer
        self._epochs = self._opened.epochs

    def queue_of(self, account: str) -> int:
        return 0  # one connection writes

    @contextmanager
    def writing(self) -> Iterator[None]:
        with self._opened.transaction(), self._using(self._writer):
            self._epochs.renew()
            before = self._writer.total_changes()
            yield
            if self._writer.total_changes() != before:
                self._epochs.count_write()

    def deciding(self, alone: Sequence[str] = ()) -> AbstractContextManager[SqliteDecision]:
        """One transaction: nobody else writes at all between the load and the write."""
        return Deciding(self, self._opened.transaction(), self._using(self._writer))

    @contextmanager
    def reading(self) -> Iterator[None]:
        if getattr(self._current, "connection", None) is not None:
            yield  # within a block: the same view
            return
        opened = self._opened
        if opened.memory or opened.alone:
            with opened.lock, self._opened.translated:
                opened.look()
                with self._using(self._writer):
                    yield
            return
        with self._opened.translated:
            opened.look()
            reader = self._idle_reader() or connect(self.path, opened.alone)
            try:
                reader.execute("begin")
                with self._using(reader), committed(reader):
                    opened.check_schema(reader)
                    yield
            finally:
                self._idle_readers.append(reader)
                if self._opened.closed:  # asked afterwards: `close` may have been here in between
                    self._close_readers()

    def _idle_reader(self) -> apsw.Connection | None:
        """Whether there is one is found out by taking it: another thread may be faster."""
        try:
            return self._idle_readers.pop()
        except IndexError:
            return None

    def _close_readers(self) -> None:
        while (reader := self._idle_reader()) is not None:
            reader.close(force=True)

    looking_up = reading  # each block has a connection of its own

    def _using(self, connection: apsw.Connection) -> AbstractContextManager[None]:
        return _Using(self._current, connection)

    def _run(self, name: str, *values: Any) -> apsw.Cursor:
        return self._current.connection.execute(_SQL[name], values)

    def _rows(self, statement: str, /, **values: Any) -> list[tuple[Any, ...]]:
        return self._current.connection.execute(_SQL[statement], values).fetchall()

    def _execute(self, statement: str) -> apsw.Cursor:
        return self._current.connection.execute(statement)

    def _run_each(self, name: str, rows: Iterable[Sequence[Any]]) -> apsw.Cursor:
        return self._current.connection.executemany(_SQL[name], rows)

    # Platforms and catalogs

    def add_platform(self, row: PlatformRow) -> None:
        self._run("add_platform", row.platform, row.secret, row.catalogs, row.clock_at)
        self._run("count_opened", row.platform, 0)

    def set_clock(self, platform: str, at: Instant | None) -> None:
        self._run("set_clock", at, platform)

    def add_catalog(self, published: Published, source: str) -> None:
        platform, version = published.catalog.platform, published.version
        document = write_catalog(published)
        row = (platform, version, published.effective_at, document, source)
        _, secret, *_ = next(self._run("platform", platform))
        self._run("add_catalog", *row, catalog_hash(secret, *row))
        self._run("count_catalogs", platform)

    def withdraw_catalog(self, platform: str, version: int, at: Instant) -> None:
        _, secret, *_ = next(self._run("platform", platform))
        row = (platform, version, at)
        self._run("withdraw_catalog", *row, withdrawal_hash(secret, *row))
        self._run("count_catalogs", platform)

    # Schedule

    def take_worker_slot(self, slot: WorkerSlot) -> None:
        self._run("take_worker_slot", *astuple(slot))

    def known_time(self) -> KnownTime:
        at, since, until, accepted = next(self._run("known_time"))
        return KnownTime(at, since, until, bool(accepted))

    def note_time(self, known: KnownTime) -> None:
        self._run("note_time", *astuple(known))

    # Access

    def add_api_key(self, row: ApiKeyRow) -> None:
        self._run("add_api_key", *astuple(row))

    def revoke_api_key(self, id: str, at: Instant, by: str | None, api_key: str | None) -> None:
        self._run("revoke_api_key", at, by, api_key, id)

    def expire_api_key(self, id: str, at: Instant) -> None:
        self._run("expire_api_key", at, id)

    def use_api_keys(self, ids: Sequence[str], at: Instant) -> None:
        self._run_each("use_api_key", [(at, id) for id in ids])

    def add_platform_request(self, platform: str, row: AnsweredRow) -> None:
        answer = row.answer.decode()
        self._run("add_platform_request", platform, row.key, row.at, row.request_hash, answer)

    # Accounts

    def load(self, wanted: Wanted, now: Instant | None = None) -> Loaded:
        rows = [row for name in wanted.platforms for row in self._run("load_platform", name)]
        platforms = {row[0]: PlatformRow(*row[:5]) for row in rows}
        newest = {row[0]: row[5] for row in rows if row[5] is not None}
        accounts = self._accounts(wanted.accounts)
        stamps = {key: stored.account.seq for key, stored in accounts.items()}
        due = {} if now is None else self._due(accounts, platforms, now)
        answered: dict[tuple[str, str], JournalEntry | RefusedRow] = {}
        if wanted.keys:
            for row in self._run_each("entry_by_key", wanted.keys):
                answered[row[0], row[8]] = read_entry(row)
            for row in self._run_each("refusal", wanted.keys):
                account, refused = read_refusal(row)
                answered.setdefault((account, refused.key), refused)  # or it was cured since
        holds: dict[tuple[str, int], Hold] = {}
        if wanted.holds:
            for account, document in self._run_each("hold", wanted.holds):
                hold = read_hold(account, document)
                holds[account, hold.id] = hold
        quotes: dict[tuple[str, str], int] = {}
        if wanted.quotes:
            for account, quote, seq in self._run_each("seq_by_quote", wanted.quotes):
                quotes[account, quote] = seq
        entries: dict[tuple[str, int], JournalEntry] = {}
        if wanted.entries:
            for row in self._run_each("entry_by_seq", wanted.entries):
                entries[row[0], row[1]] = read_entry(row)
        loaded = Loaded(
            platforms=platforms,
            accounts=accounts,
            stamps=stamps,
            answered=answered,
            holds=holds,
            quotes=quotes,
            entries=entries,
            due=due,
            database_at=newest,
        )
        for account, grant in wanted.grants:
            rows = self._run("entries_of_grant", account, grant, f':{grant}"')
            loaded.of_grants[account, grant] = [read_entry(row) for row in rows]
        return loaded

    def load_to_decide(self, wanted: Wanted, now: Instant | None = None) -> Loaded:
        """The same in a transaction that writes, which goes on in the epoch that is in force."""
        loaded = self.load(wanted, now)
        for row in loaded.platforms.values():
            self._epochs.follow(row.epoch)
        return loaded

    def _accounts(self, keys: Sequence[str]) -> dict[str, StoredAccount]:
        rows = self._run_each("account", [(key,) for key in keys])
        return {key: StoredAccount(read_account(key, state), head) for key, state, head in rows}

    def _due(
        self, accounts: dict[str, StoredAccount], platforms: dict[str, PlatformRow], now: Instant
    ) -> dict[str, list[Hold]]:
        due: dict[str, list[Hold]] = {}
        clocks = {name: row.clock_at for name, row in platforms.items()}
        asked = []
        for key, stored in accounts.items():
            if stored.account.open_holds:
                clock_at = clocks.get(split_key(key)[0])
                asked.append((key, now if clock_at is None else clock_at))
        if asked:
            for account, document in self._run_each("due_holds", asked):
                due.setdefault(account, []).append(read_hold(account, document))
        return due

    def put(self, batch: Batch) -> None:
        """Write a batch whose accounts are what was read: nobody else writes in this transaction.
        Raises `Conflict`, and so ends the transaction, where one of them is not."""
        if not self._write_accounts(batch):
            raise Conflict(f"{self.path} has other accounts than it had in the same transaction")
        for platform, added in batch.opened().items():
            self._run("count_opened", platform, len(added))
        if batch.entries:
            self._run_each(
                "append", [entry_row(account, entry) for account, entry in batch.entries]
            )
            self._epochs.appended(self._writer.last_insert_rowid())
        elif batch.refusals:
            self._epochs.count_write()
        if batch.holds:
            self._run_each(
                "put_hold",
                [
                    (account, hold.id, hold.status, hold.expires_at, encode(hold).decode())
                    for (account, _), hold in batch.holds.items()
                ],
            )
        if batch.refusals:
            refusals.remember(self._run, batch.refusals)
        if batch.snapshots:
            self.put_snapshots(batch.snapshots)

    def _write_accounts(self, batch: Batch) -> bool:
        """Compare-and-set; False when an account is no longer at the version that was read."""
        added, updated = [], []
        for key, stored in batch.accounts.items():
            state = encode(stored.account).decode()
            seq, due_at = stored.account.seq, next_due(stored.account)
            if key in batch.stamps:
                updated.append((seq, state, stored.head, due_at, key, batch.stamps[key]))
            else:
                added.append((key, seq, state, stored.head, due_at, bucket_of(key)))
        before = self._writer.total_changes()
        if updated:
            self._run_each("update_account", updated)
        if added:
            self._run_each("insert_account", added)
        return self._writer.total_changes() - before == len(batch.accounts)

    def conflicted(self, batch: Batch) -> frozenset[str]:
        """The accounts of a batch that are not what was read before this transaction began."""
        found = self._accounts(list(batch.accounts))
        stamps = {key: stored.account.seq for key, stored in found.items()}
        return frozenset(key for key in batch.accounts if stamps.get(key) != batch.stamps.get(key))

    # Reads; the others are in `named_reads`

    def accounts(self, platform: str, after: str = "", limit: int | None = None) -> Iterator[str]:
        first, end = keys_of(platform)
        return (row[0] for row in self._run("accounts", max(first, after), end, limit or -1))

    # Archiving

    def remove(self, moves: Sequence[Move]) -> set[str]:
        done = set()
        with self.writing():
            before = self._epochs.position()
            for move in moves:
                found = next(self._run("checkpoint", move.account), None)
                if move.before == (found[1] if found else 0):
                    self._run("put_checkpoint", *checkpoint_row(move.account, move.checkpoint))
                    self._run("remove_entries", move.account, move.checkpoint.seq)
                    self._run("remove_snapshots", move.account, move.checkpoint.seq)
                    done.add(move.account)
            self._epochs.keep(before)
        return done

    def forget_refusals(self, account: str, before: Instant) -> bool:
        with self.writing():
            return refusals.forget(self._run, account, before)

    def vacuum(self) -> None:
        """Write the file again, without its free pages. Nobody else can write while that lasts."""
        with self._opened.lock, self._opened.translated:
            self._opened.look(now=True)
            before = self._epochs.position()
            self._writer.execute("vacuum")
            self._epochs.keep(before)
            self._writer.execute("pragma wal_checkpoint(truncate)").fetchall()

    def check(self) -> None:
        self._opened.look(now=True)
        with self.reading():
            pass  # the schema's number is looked at
        if self._opened.short_of_room:
            with self.writing():  # whether there is room again, only a write tells
                self._epochs.count_write()

    # Epochs

    def epochs(self) -> list[EpochRow]:
        return [EpochRow(*row) for row in self._run("epochs")]

    def begin_epoch(self, reason: str) -> EpochRow:
        with self.writing():
            begun = self._epochs.begin(reason)
        self._epochs.tell()
        return begun

    def adopt_epochs(self, rows: Sequence[EpochRow]) -> None:
        with self.writing():
            for row in rows:
                if row.number > self._epochs.current.number:
                    self._epochs.add(row)
            self._epochs.renew()
        self._epochs.tell()

    def unwatched(self) -> str | None:
        return self._epochs.unwatched

    def close(self) -> None:
        """Close every connection. What somebody has read only half of, because of an error, is no
        reason to keep it open."""
        readers, self._idle_readers = self._idle_readers, []
        self._opened.close(readers)


class _Using:
    """This thread's statements go to a connection, within the block."""

    __slots__ = ("_before", "_connection", "_current")

    def __init__(self, current: threading.local, connection: apsw.Connection):
        self._current = current
        self._connection = connection

    def __enter__(self) -> None:
        self._before = getattr(self._current, "connection", None)
        self._current.connection = self._connection

    def __exit__(self, *_: object) -> None:
        self._current.connection = self._before
