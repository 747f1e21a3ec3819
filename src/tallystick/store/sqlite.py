"""The SQLite backend: one writer connection a process, readers beside it, every commit on disk.

Several processes may open one file: each batch is one ``BEGIN IMMEDIATE`` and every account is
written by compare-and-set. That is safe from SQLite 3.51.3 on (older ones have the WAL-reset
fault); an older one takes the file for itself alone, and a second process is refused.
"""

import os
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import apsw
from msgspec import DecodeError, json

from ..core.account import Account
from ..core.catalog import Catalog, Published
from ..core.errors import (
    DamagedDatabase,
    DatabaseBusy,
    NewerDatabase,
    NotADatabase,
    ReadOnlyDatabase,
    StoreError,
    UnsafeDatabase,
)
from ..core.holds import Hold
from ..core.instants import Instant
from ..core.journal import JournalLine, read_event, usage
from .base import Batch, Conflict, Loaded, PlatformRow, RefusedRow, StoredAccount, Wanted
from .queries import migrations, queries

APPLICATION_ID = 0x54414C59
"""Marks the file as Tallystick's: "TALY"."""

SAFE_TO_SHARE = (3, 51, 3)
BUSY_TIMEOUT_MS = 30_000
_CACHE_KIB = 65_536
_CHECKPOINT_PAGES = 10_000
_REMEMBERED = 50_000
_SQL = queries("sqlite")

_encode = json.Encoder().encode
_account = json.Decoder(Account).decode
_hold = json.Decoder(Hold).decode
_catalog = json.Decoder(Catalog).decode


class SqliteStore:
    """A Tallystick database in one file, or in memory (``:memory:``)."""

    def __init__(self, path: str):
        self.path = path
        self._memory = path == ":memory:"
        self._alone = not self._memory and sqlite_version() < SAFE_TO_SHARE
        self._pid = os.getpid()
        self._lock = threading.RLock()
        self._current = threading.local()
        self._idle_readers: list[apsw.Connection] = []
        self._remembered: dict[str, StoredAccount] = {}
        self._data_version = -1
        with translated(path, self._alone):
            self._writer = self._connect()
            self._migrate()
            self._read_back()

    def _connect(self) -> apsw.Connection:
        connection = apsw.Connection(self.path)
        connection.set_busy_timeout(2_000 if self._alone else BUSY_TIMEOUT_MS)
        if self._alone:
            connection.pragma("locking_mode", "exclusive")
        connection.pragma("cache_size", -_CACHE_KIB)
        connection.pragma("wal_autocheckpoint", _CHECKPOINT_PAGES)
        connection.pragma("fullfsync", 1)
        connection.pragma("synchronous", "full")
        return connection

    def _migrate(self) -> None:
        writer = self._writer
        known = migrations("sqlite")
        found = self._recognise(known[-1][0])
        if not self._memory:
            writer.pragma("journal_mode", "wal")
        if found == known[-1][0] and not self._alone:
            return
        writer.execute("begin immediate")
        with committed(writer):
            found = writer.pragma("user_version")
            for number, _, script in known:
                if number > found:
                    writer.execute(script)
                    writer.pragma("user_version", number)
            writer.pragma("application_id", APPLICATION_ID)

    def _recognise(self, newest: int) -> int:
        """The migration a file stands at; refuses files of others and of newer versions."""
        writer = self._writer
        found = writer.pragma("user_version")
        if writer.pragma("application_id") != APPLICATION_ID:
            if writer.execute("select count(*) from sqlite_schema").get or found:
                raise NotADatabase(
                    f"{self.path} is a database of another program; name a new file, or the one "
                    "that Tallystick made"
                )
        elif found > newest:
            raise NewerDatabase(
                f"{self.path} was written by a newer Tallystick (schema {found}; this one knows "
                f"{newest}): install the newer version"
            )
        return found

    def _read_back(self) -> None:
        """Settings are read back: what SQLite did not take would break the promise to keep."""
        expected = {"synchronous": 2, "journal_mode": "memory" if self._memory else "wal"}
        for name, value in expected.items():
            if self._writer.pragma(name) != value:
                raise UnsafeDatabase(
                    f"SQLite did not keep {name}={value} for {self.path}; the folder may be on a "
                    "file system without shared memory (use a local disk)"
                )
        self._writer.execute("begin immediate")
        self._writer.execute("commit")

    @contextmanager
    def writing(self) -> Iterator[None]:
        with self._lock, translated(self.path, self._alone):
            self._check_process()
            self._writer.execute("begin immediate")
            try:
                with self._using(self._writer), committed(self._writer):
                    yield
            except BaseException:
                self._remembered.clear()
                raise

    @contextmanager
    def reading(self) -> Iterator[None]:
        if self._memory or self._alone:
            with self._lock, translated(self.path, self._alone):
                self._check_process()
                with self._using(self._writer):
                    yield
            return
        with translated(self.path, self._alone):
            self._check_process()
            reader = self._idle_readers.pop() if self._idle_readers else self._connect()
            try:
                reader.execute("begin")
                with self._using(reader), committed(reader):
                    yield
            finally:
                self._idle_readers.append(reader)

    @contextmanager
    def _using(self, connection: apsw.Connection) -> Iterator[None]:
        before = getattr(self._current, "connection", None)
        self._current.connection = connection
        try:
            yield
        finally:
            self._current.connection = before

    def _check_process(self) -> None:
        if os.getpid() != self._pid:
            raise UnsafeDatabase(
                f"{self.path} was opened before this process was forked; open it in each process"
            )

    def _run(self, name: str, *values: Any) -> apsw.Cursor:
        return self._current.connection.execute(_SQL[name], values)

    def _run_each(self, name: str, rows: Iterable[Sequence[Any]]) -> apsw.Cursor:
        return self._current.connection.executemany(_SQL[name], rows)

    # Platforms and catalogs

    def platform(self, platform: str) -> PlatformRow | None:
        row = next(self._run("platform", platform), None)
        return PlatformRow(*row) if row else None

    def platforms(self) -> list[str]:
        return [row[0] for row in self._run("platforms")]

    def add_platform(self, row: PlatformRow) -> None:
        self._run("add_platform", row.platform, row.secret, row.catalogs, row.clock_at)

    def set_clock(self, platform: str, at: Instant | None) -> None:
        self._run("set_clock", at, platform)

    def add_catalog(self, published: Published, source: str) -> None:
        catalog = published.catalog
        document = _encode(catalog).decode()
        self._run(
            "add_catalog",
            catalog.platform,
            published.version,
            published.effective_at,
            document,
            source,
        )
        self._run("set_catalogs", published.version, catalog.platform)

    def catalogs(self, platform: str) -> list[Published]:
        return [
            Published(version, effective_at, _catalog(document))
            for version, effective_at, document in self._run("catalogs", platform)
        ]

    def catalog_source(self, platform: str, version: int) -> str:
        return next(self._run("catalog_source", platform, version))[0]

    # Accounts

    def load(self, wanted: Wanted, nows: dict[str, Instant]) -> Loaded:
        accounts = self._load_accounts(wanted.accounts)
        answered: dict[tuple[str, str], JournalLine | RefusedRow] = {}
        if wanted.keys:
            for row in self._run_each("line_by_key", wanted.keys):
                answered[row[0], row[8]] = _line(row)
            for account, key, at, request, refusal in self._run_each("refusal", wanted.keys):
                answered[account, key] = RefusedRow(key, at, request, refusal.encode())
        holds: dict[tuple[str, int], Hold] = {}
        if wanted.holds:
            for account, document in self._run_each("hold", wanted.holds):
                hold = _hold(document)
                holds[account, hold.id] = hold
        quotes: dict[tuple[str, str], int] = {}
        if wanted.quotes:
            for account, quote, seq in self._run_each("seq_by_quote", wanted.quotes):
                quotes[account, quote] = seq
        lines: dict[tuple[str, int], JournalLine] = {}
        if wanted.lines:
            for row in self._run_each("line_by_seq", wanted.lines):
                lines[row[0], row[1]] = _line(row)
        return Loaded(accounts, answered, holds, quotes, lines, self._due(accounts, nows))

    def _load_accounts(self, keys: Sequence[str]) -> dict[str, StoredAccount]:
        """Accounts as stored. The writer remembers what it wrote for as long as SQLite says that
        no other connection has changed the file."""
        connection = self._current.connection
        if connection is not self._writer:
            return self._select_accounts(keys)
        version = connection.pragma("data_version")
        if version != self._data_version or len(self._remembered) > _REMEMBERED:
            self._remembered.clear()
            self._data_version = version
        remembered = self._remembered
        missing = [key for key in keys if key not in remembered]
        if missing:
            remembered.update(self._select_accounts(missing))
        return {key: remembered[key] for key in keys if key in remembered}

    def _select_accounts(self, keys: Sequence[str]) -> dict[str, StoredAccount]:
        rows = self._run_each("account", [(key,) for key in keys])
        return {key: StoredAccount(_read_account(key, state), head) for key, state, head in rows}

    def _due(
        self, accounts: dict[str, StoredAccount], nows: dict[str, Instant]
    ) -> dict[str, list[Hold]]:
        due: dict[str, list[Hold]] = {}
        asked = [
            (key, nows[key])
            for key, stored in accounts.items()
            if stored.account.open_holds and key in nows
        ]
        if asked:
            for account, document in self._run_each("due_holds", asked):
                due.setdefault(account, []).append(_hold(document))
        return due

    def write(self, batch: Batch) -> None:
        self._write_accounts(batch.accounts)
        self._run_each("append", [_row(account, line) for account, line in batch.lines])
        if batch.holds:
            self._run_each(
                "put_hold",
                [
                    (account, hold.id, hold.status, hold.expires_at, _encode(hold).decode())
                    for (account, _), hold in batch.holds.items()
                ],
            )
        if batch.refusals:
            self._run_each(
                "refuse",
                [
                    (account, row.key, row.at, row.request, row.refusal.decode())
                    for account, row in batch.refusals
                ],
            )

    def _write_accounts(self, accounts: dict[str, tuple[int, StoredAccount]]) -> None:
        """Compare-and-set: every account must still be at the version it was read at."""
        added, updated = [], []
        for key, (version, stored) in accounts.items():
            state = _encode(stored.account).decode()
            seq = stored.account.seq
            if version:
                updated.append((seq, state, stored.head, key, version))
            else:
                added.append((key, seq, state, stored.head))
            self._remembered[key] = stored
        before = self._writer.total_changes()
        if updated:
            self._run_each("update_account", updated)
        if added:
            self._run_each("insert_account", added)
        if self._writer.total_changes() - before != len(accounts):
            raise Conflict("an account was written by another process meanwhile")

    # Reads

    def accounts(self, platform: str) -> Iterator[str]:
        return (row[0] for row in self._run("accounts", *_keys_of(platform)))

    def strays(self, platform: str) -> list[str]:
        return [row[0] for row in self._run("strays", *_keys_of(platform))]

    def lines(
        self, account: str, after: int = 0, limit: int | None = None, newest: bool = False
    ) -> Sequence[JournalLine]:
        name = "newest_lines" if newest else "lines"
        return [_line(row) for row in self._run(name, account, after, limit or -1)]

    def holds(self, account: str, open_only: bool = True) -> list[Hold]:
        name = "open_holds" if open_only else "all_holds"
        return [_hold(document) for _, document in self._run(name, account)]

    def usage_columns(self, account: str) -> dict[int, tuple[Any, ...]]:
        return {row[0]: row[1:] for row in self._run("usage_columns", account)}

    def close(self) -> None:
        """Close every connection. The file is complete without its WAL afterwards."""
        with self._lock:
            for reader in self._idle_readers:
                reader.close()
            self._idle_readers.clear()
            self._writer.close()


def sqlite_version() -> tuple[int, ...]:
    return tuple(int(part) for part in apsw.sqlite_lib_version().split("."))


@contextmanager
def committed(connection: apsw.Connection) -> Iterator[None]:
    """Commit when the block ends, roll back when it raises."""
    try:
        yield
        connection.execute("commit")
    except BaseException:
        if connection.in_transaction:
            connection.execute("rollback")
        raise


@contextmanager
def translated(path: str, alone: bool) -> Iterator[None]:
    """SQLite's errors in our words: what happened to which file, and what to do."""
    try:
        yield
    except apsw.NotADBError:
        raise NotADatabase(f"{path} is not a database; name another file") from None
    except apsw.ReadOnlyError:
        raise ReadOnlyDatabase(
            f"{path} cannot be written; check the permissions of the file and of its folder"
        ) from None
    except (apsw.BusyError, apsw.LockedError):
        if alone:
            version = apsw.sqlite_lib_version()
            raise UnsafeDatabase(
                f"another process has {path} open, and SQLite {version} cannot share a file "
                "safely; install apsw 3.51.3 or newer, or close the other process"
            ) from None
        raise DatabaseBusy(
            f"other processes held {path} for over {BUSY_TIMEOUT_MS // 1000} seconds; try again"
        ) from None
    except apsw.CantOpenError:
        raise StoreError(
            f"{path} cannot be opened; check that its folder exists and that it is a file"
        ) from None
    except apsw.CorruptError as error:
        raise DamagedDatabase(f"{path} is damaged: {error}; restore a backup") from None
    except apsw.FullError:
        raise StoreError(f"no room left on the disk of {path}; nothing was written") from None
    except apsw.IOError as error:
        raise StoreError(f"{path} could not be read or written: {error}") from None


def _keys_of(platform: str) -> tuple[str, str]:
    """The range of a platform's account keys: "0" is the character after "/"."""
    return f"{platform}/", f"{platform}0"


def _read_account(key: str, state: str) -> Account:
    try:
        return _account(state)
    except DecodeError as error:
        raise DamagedDatabase(f"the state of {key} cannot be read: {error}") from None


def _line(row: tuple[Any, ...]) -> JournalLine:
    account, seq, at, event, postings, before, after, digest, key, request = row
    try:
        happened = read_event(event)
    except DecodeError as error:
        raise DamagedDatabase(f"line {seq} of {account} cannot be read: {error}") from None
    return JournalLine(
        seq,
        at,
        happened,
        event.encode(),
        postings.encode(),
        before,
        after,
        digest,
        key,
        request,
    )


def _row(account: str, line: JournalLine) -> tuple[Any, ...]:
    used = usage(line.event)
    return (
        account,
        line.seq,
        line.at,
        line.event_json.decode(),
        line.postings_json.decode(),
        line.balance_before,
        line.balance_after,
        line.key,
        line.request,
        line.quote,
        used and used.tool,
        used and used.model,
        used and used.member,
        used and used.credits,
        used and used.quantity,
        line.hash,
    )
