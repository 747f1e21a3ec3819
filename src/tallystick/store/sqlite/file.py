"""A SQLite file: opened with settings that are read back, migrated, and never shared unsafely."""

import os
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress

import apsw

from ...core.errors import (
    DamagedDatabase,
    DatabaseBusy,
    FullDatabase,
    NewerDatabase,
    NotADatabase,
    ReadOnlyDatabase,
    StoreError,
    UnsafeDatabase,
)
from ..named_sql import migrations
from ..records import bucket_of
from .upgrades import migrated, real_schema
from .watch import check_log

APPLICATION_ID = 0x54414C59
"""Marks the file as Tallystick's: "TALY"."""

SAFE_TO_SHARE = (3, 51, 3)
"""Older versions of SQLite have the WAL-reset fault: two writing processes can damage a file."""

EPOCHS_SINCE = 7
"""The migration that brought epochs."""

BUSY_TIMEOUT_MS = 30_000
_BUSY_TIMEOUT_ALONE_MS = 2_000
_CACHE_KIB = 65_536
_CHECKPOINT_PAGES = 10_000

_open_files: dict[tuple[int, int], list[int]] = {}
"""The process ids that opened each file (device, inode), inherited by forks: see `register`."""
_registry = threading.Lock()


def sqlite_version() -> tuple[int, ...]:
    return tuple(int(part) for part in apsw.sqlite_lib_version().split("."))


def create(path: str) -> None:
    """Make the file that is not there yet, for its owner only: SQLite gives its log the same
    permissions. Under the lock, as closing a file that another thread has opened by then would
    drop that one's locks. What keeps it from being made, SQLite says when it opens it."""
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    with _registry, suppress(OSError):
        os.close(os.open(path, flags, 0o600))


def connect(path: str, alone: bool) -> apsw.Connection:
    """A connection with durable settings; `alone` locks the file for this process."""
    connection = apsw.Connection(path)
    connection.set_busy_timeout(_BUSY_TIMEOUT_ALONE_MS if alone else BUSY_TIMEOUT_MS)
    if alone:
        connection.pragma("locking_mode", "exclusive")
    connection.pragma("cache_size", -_CACHE_KIB)
    connection.pragma("wal_autocheckpoint", _CHECKPOINT_PAGES)
    connection.pragma("fullfsync", 1)
    connection.pragma("synchronous", "full")
    return connection


def prepare(
    connection: apsw.Connection, path: str, alone: bool, settle: Callable[[bool], None]
) -> None:
    """Recognise the file, bring its schema up to date, and read the settings back. `settle` is
    told, in the same transaction, whether the file is new to epochs."""
    known = migrations("sqlite")
    newest = known[-1][0]
    found = _recognise(connection, path, newest)
    if path != ":memory:":
        _use_wal(connection)
    connection.execute("begin immediate")
    with committed(connection):
        if found < newest or alone:
            found = connection.pragma("user_version")
            _migrate(connection, path, found)
        if path != ":memory:":
            check_log(path)
        settle(found < EPOCHS_SINCE)
    _read_back(connection, path)


def _migrate(connection: apsw.Connection, path: str, found: int) -> None:
    known = migrations("sqlite")
    if 0 < found < known[-1][0]:
        _check_number(connection, path, found)
    connection.create_scalar_function("bucket_of", bucket_of, 1, deterministic=True)
    for number, _, script in known:
        if number > found:
            connection.execute(script)
            migrated(connection, number)
            connection.pragma("user_version", number)
    connection.pragma("application_id", APPLICATION_ID)


def check_schema(connection: apsw.Connection, path: str) -> None:
    """Raise `NewerDatabase` when a newer version has migrated the file meanwhile."""
    found, newest = connection.pragma("user_version"), migrations("sqlite")[-1][0]
    if found > newest:
        raise _newer(path, found, newest)


def _newer(path: str, found: int, newest: int) -> NewerDatabase:
    return NewerDatabase(
        f"{path} was written by a newer Tallystick (schema {found}; this one knows {newest}): "
        "install the newer version"
    )


def _check_number(connection: apsw.Connection, path: str, found: int) -> None:
    """Raise `DamagedDatabase` when the file has the tables of a later schema than it says."""
    real = real_schema(connection)
    if real > found:
        raise DamagedDatabase(
            f"{path} says that it is at schema {found}, but it has the tables of schema {real}: "
            f"its number was set back. If only that was changed, set it again with "
            f'sqlite3 {path} "pragma user_version = {real}"; if not, restore a backup'
        )


def standing(connection: apsw.Connection, path: str) -> int:
    """The migration a file stands at, 0 where it has no tables yet; nothing is changed."""
    return _recognise(connection, path, migrations("sqlite")[-1][0])


def _use_wal(connection: apsw.Connection) -> None:
    """Switch to WAL. SQLite does not wait here while another process makes the same switch."""
    until = time.monotonic() + BUSY_TIMEOUT_MS / 1_000
    while True:
        try:
            connection.pragma("journal_mode", "wal")
            return
        except apsw.BusyError:
            if time.monotonic() > until or connection.pragma("locking_mode") == "exclusive":
                raise
            time.sleep(0.01)


def _recognise(connection: apsw.Connection, path: str, newest: int) -> int:
    """The migration a file stands at; refuses files of others and of newer versions."""
    connection.execute("begin")  # one view: another process may be making this very file
    with committed(connection):
        found = connection.pragma("user_version")
        tables = connection.execute("select count(*) from sqlite_schema").get
        application = connection.pragma("application_id")
    if application != APPLICATION_ID:
        if tables or found:
            raise NotADatabase(
                f"{path} is a database of another program; name a new file, or the one that "
                "Tallystick made"
            )
    elif found > newest:
        raise _newer(path, found, newest)
    elif not found and tables:
        _check_number(connection, path, found)
        raise DamagedDatabase(f"{path} has lost its schema's number; restore a backup")
    return found


def _read_back(connection: apsw.Connection, path: str) -> None:
    """What SQLite did not take would break the promise to keep every answer."""
    expected = {"synchronous": 2, "journal_mode": "memory" if path == ":memory:" else "wal"}
    for name, value in expected.items():
        if connection.pragma(name) != value:
            raise UnsafeDatabase(
                f"SQLite did not keep {name}={value} for {path}; the folder may be on a file "
                "system without shared memory (use a local disk)"
            )


def register(path: str) -> tuple[int, int] | None:
    """Note that this process has a file open; returns what `unregister` takes.

    SQLite's lock bookkeeping is inherited by a fork, which then believes it holds locks that it
    does not: a file that was open at the fork must not be opened in the child, or the parent's
    close deletes a log the child still writes to.

    That raises `UnsafeDatabase`.
    """
    if path == ":memory:":
        return None
    status = os.stat(path)  # noqa: PTH116 - the path is text here
    file = (status.st_dev, status.st_ino)
    with _registry:
        holders = _open_files.setdefault(file, [])
        if any(holder != os.getpid() for holder in holders):
            raise UnsafeDatabase(
                f"{path} was open when this process was forked; close it before forking, or open "
                "it only in the processes that use it"
            )
        holders.append(os.getpid())
    return file


def unregister(file: tuple[int, int] | None) -> None:
    with _registry:
        if file in _open_files and os.getpid() in _open_files[file]:
            _open_files[file].remove(os.getpid())


class _Committed:
    """See `committed`. A class: a generator would cost three times as much around each commit."""

    __slots__ = ("_connection",)

    def __init__(self, connection: apsw.Connection):
        self._connection = connection

    def __enter__(self) -> None:
        return

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None:
                self._connection.execute("commit")
        finally:
            if self._connection.in_transaction:
                self._connection.execute("rollback")


def committed(connection: apsw.Connection) -> AbstractContextManager[None]:
    """Commit when the block ends, roll back when it raises."""
    return _Committed(connection)


class _Translated:
    """See `translated`."""

    __slots__ = ("_alone", "_path")

    def __init__(self, path: str, alone: bool):
        self._path = path
        self._alone = alone

    def __enter__(self) -> None:
        return

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        if isinstance(error, apsw.Error):
            raise _in_our_words(error, self._path, self._alone) from None
        if isinstance(error, UnicodeDecodeError):
            raise DamagedDatabase(
                f"{self._path} holds text that is not text; restore a backup"
            ) from None


def translated(path: str, alone: bool) -> AbstractContextManager[None]:
    """SQLite's errors in our words: what happened to which file, and what to do."""
    return _Translated(path, alone)


def _in_our_words(error: apsw.Error, path: str, alone: bool) -> StoreError:
    for kinds, meaning, words in _MEANINGS:
        if isinstance(error, kinds):
            return meaning(f"{path} {words}")
    if isinstance(error, (apsw.BusyError, apsw.LockedError)) and alone:
        version = apsw.sqlite_lib_version()
        return UnsafeDatabase(
            f"another process has {path} open, and SQLite {version} cannot share a file safely; "
            "install apsw 3.51.3 or newer, or close the other process"
        )
    if isinstance(error, (apsw.BusyError, apsw.LockedError)):
        seconds = BUSY_TIMEOUT_MS // 1_000
        return DatabaseBusy(f"other processes held {path} for over {seconds} seconds; try again")
    return StoreError(f"{path} could not be used: {error}")


_MEANINGS: tuple[tuple[tuple[type[apsw.Error], ...], type[StoreError], str], ...] = (
    ((apsw.NotADBError,), NotADatabase, "is not a database; name another file"),
    (
        (apsw.ReadOnlyError,),
        ReadOnlyDatabase,
        "cannot be written; check the permissions of the file and of its folder",
    ),
    (
        (apsw.CantOpenError,),
        StoreError,
        "cannot be opened; check that its folder exists and that it is a file",
    ),
    ((apsw.CorruptError,), DamagedDatabase, "is damaged; restore a backup"),
    ((apsw.FullError,), FullDatabase, "has no room left on its disk; nothing was written"),
    ((apsw.ConnectionClosedError,), StoreError, "is closed; open it again"),
)
