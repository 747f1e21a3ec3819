"""A backup in one SQLite file: how it is written while others write, and how it is read.

SQLite copies pages from one view of the database, its log included. The copy is a file that needs
no log and is read without changing anything: no lock, no other file beside it.
"""

import os
import threading
from collections.abc import Callable, Iterable
from contextlib import closing
from typing import NoReturn
from urllib.parse import quote

import apsw

from ...core.errors import InvalidRequest, ReadOnlyDatabase
from ..epoch_file import EpochFile, EpochHead, Position
from ..epochs import lost_words
from ..named_sql import migrations, queries
from ..records import EpochRow
from . import file
from .file import committed, translated
from .store import SqliteStore
from .transactions import Opened, admit

_PROGRESS_PAGES = 2_000
"""Pages that are copied before the progress is told: 8 MB."""

_SQL = queries("sqlite")
Told = Callable[[int, int], None]
"""Hears how many pages are copied, and of how many."""


def write(source: str, target: str, told: Told) -> None:
    """Copy the database `source` to the file `target`, which is not there yet. Others may write
    to `source` meanwhile; it is not changed, whatever its schema.

    Raises `StoreError` where one of the two cannot be used.
    """
    admit(source)
    alone = file.sqlite_version() < file.SAFE_TO_SHARE
    with translated(source, alone), closing(file.connect(source, alone)) as connection:
        _copy(connection, source, target, told)


def read(backup: str, target: str, told: Told) -> None:
    """Copy the backup to the file `target`, which is not there yet; the backup is not changed."""
    with translated(backup, alone=False), closing(_look_at(backup)) as connection:
        _copy(connection, backup, target, told)


def _copy(connection: apsw.Connection, source: str, target: str, told: Told) -> None:
    file.standing(connection, source)
    file.create(target)
    with translated(target, alone=False), closing(apsw.Connection(target)) as made:
        made.pragma("synchronous", "full")
        connection.execute("begin")
        with committed(connection):
            connection.pragma("user_version")  # the view begins with the first read
            copying = made.backup("main", connection, "main")
            try:
                while not copying.done:
                    copying.step(_PROGRESS_PAGES)
                    told(copying.page_count - copying.remaining, copying.page_count)
            finally:
                copying.close(force=True)
    fold_in(target)


def fold_in(path: str) -> None:
    """Make a database that nobody has open a file that needs no log."""
    with translated(path, alone=False), closing(apsw.Connection(path)) as made:
        made.pragma("journal_mode", "delete")


def _look_at(path: str) -> apsw.Connection:
    """A connection that takes the file as it is: nothing is locked, and nothing made beside it."""
    address = f"file:{quote(os.path.abspath(path))}?mode=ro&immutable=1"  # noqa: PTH100
    flags = apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI
    return apsw.Connection(address, flags=flags)


def check(path: str) -> None:
    """Raise `StoreError` for a file that is not a Tallystick database, and `InvalidRequest` for one
    whose log still has to be folded in."""
    log = f"{path}-wal"
    if os.path.exists(log) and os.path.getsize(log):  # noqa: PTH110, PTH202 - the path is text
        raise InvalidRequest(
            f"{path} is a database in use, and not a backup: what was written last is in {log}. "
            "Name a file that tallystick backup wrote",
            where="file",
        )
    with translated(path, alone=False), closing(_look_at(path)) as connection:
        if file.standing(connection, path) == 0:
            raise InvalidRequest(f"{path} is empty: it is not a backup", where="file")


def is_current(path: str) -> bool:
    """Whether a backup has the schema of this version."""
    with translated(path, alone=False), closing(_look_at(path)) as connection:
        return file.standing(connection, path) == migrations("sqlite")[-1][0]


class _Frozen(Opened):
    """A file that nobody writes to: there is nothing to lock, to look at or to keep."""

    def __init__(self, path: str):
        self.path = path
        self.memory = True  # every read is on the one connection
        self.alone = False
        self.lock = threading.RLock()
        self._closed = False
        self.translated = translated(path, alone=False)
        with self.translated:
            self.writer = _look_at(path)

    def transaction(self) -> NoReturn:
        raise ReadOnlyDatabase(f"{self.path} is a backup: it is only read")

    def look(self, now: bool = False) -> None:
        if self._closed:
            self._say_closed()

    def check_schema(self, connection: apsw.Connection) -> None:
        """It was looked at when it was opened."""

    def close(self, readers: Iterable[apsw.Connection]) -> None:
        self._closed = True
        self.writer.close(force=True)


class SqliteBackup(SqliteStore):
    """A backup of the schema of this version, opened to be read; whoever writes is refused."""

    def __init__(self, path: str):  # the parent would settle an epoch, and change the file
        self.path = path
        self._current = threading.local()
        self._idle_readers: list[apsw.Connection] = []
        self._opened = _Frozen(path)
        self._writer = self._opened.writer

    def unwatched(self) -> str | None:
        return None


def open_copy(path: str) -> SqliteStore:
    """Open a copy of a backup to go on with it: in the epoch of the backup, at the schema of this
    version."""
    with translated(path, alone=False), closing(apsw.Connection(path)) as connection:
        if file.standing(connection, path) >= file.EPOCHS_SINCE:
            current = _current(connection)
            _write_head(path, current)
    return SqliteStore(path)


def _current(connection: apsw.Connection) -> EpochRow:
    rows = [EpochRow(*row) for row in connection.execute(_SQL["epochs"])]
    return rows[-1] if rows else EpochRow(0, "", "", 0)


def _write_head(path: str, current: EpochRow) -> None:
    status = os.stat(path)  # noqa: PTH116 - the path is text here
    beside = EpochFile(path)
    if current.number and beside.open(status):
        beside.begin(EpochHead(current.number, status.st_ino, current.mark))
    beside.close()


def lost(path: str, place: str) -> str | None:
    """What was acknowledged at `place` in the epoch of a backup and is not in it, in words; None
    where nothing is known of that."""
    beside = EpochFile(place)
    try:
        beside.look()
    except OSError:
        return None
    with closing(beside), closing(_look_at(path)) as connection:
        if file.standing(connection, path) < file.EPOCHS_SINCE:
            return None
        found = Position(*next(iter(connection.execute(_SQL["position"]))))
        missing = beside.position(_current(connection).mark).lost(found)
    return lost_words(missing) if any(missing) else None


def platforms(path: str) -> list[str]:
    """The platforms of a database file, which is not changed; none where it is empty."""
    with translated(path, alone=False), closing(apsw.Connection(path)) as connection:
        if file.standing(connection, path) == 0:
            return []
        return [row[0] for row in connection.execute(_SQL["platforms"])]


def give_way(path: str) -> None:
    """Fold the log of a database into it, so that another one can take its place.

    Raises `InvalidRequest` where another process has it open.
    """
    try:
        with closing(file.connect(path, alone=True)) as connection:
            connection.execute("begin immediate")
            connection.execute("commit")
    except (apsw.BusyError, apsw.LockedError):
        raise InvalidRequest(
            f"{path} is open in another process: stop what uses it, and try again", where="db"
        ) from None
    except apsw.Error:
        pass  # a file that is damaged, or is none of SQLite's, has no log to fold
