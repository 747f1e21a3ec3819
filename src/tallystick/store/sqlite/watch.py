"""The files of an open SQLite database, watched: nobody but SQLite may touch them.

SQLite does not notice when a file that it has open is moved, removed, or written by something
else. It goes on, and what it writes then is lost, or is mixed with what was put in its place. So
the files are looked at around every transaction. What is found wrong stays wrong until the
database is opened again.

The database's own file is written by checkpoints alone, and each of them says so in the index of
the log (`-shm`) before it begins and after it has ended. A file that has another date or size
while no checkpoint has run was therefore written by something else, unless what is in it is the
same: then only its date was set.
"""

import os
import sys
import threading
import time
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import apsw

from ...core.errors import StoreError

FileId = tuple[int, int]
"""Device and inode."""
Stamp = tuple[int, int]
"""The date of the last write in nanoseconds, and the size in bytes."""
Checkpoints = tuple[bytes, int]
"""What changes with every checkpoint that writes to the database: the log, and how far it went."""

PAGE_BYTES = 4_096
SAMPLED_PAGES = 128
"""Pages of the database by which its content is told from another; a small file is read whole."""

_LOG_HEADER, _FRAME_HEADER = 32, 24
TOUCHED = (
    "a file of the database was moved, replaced or removed, or was written by something else; "
    "nothing is read or written until it is opened again"
)
"""What others are told of that."""

_INDEX_BYTES = 136

_indexes: dict[FileId, list[int]] = {}
"""For each `-shm` file: the descriptor it is read by, and how many use it. POSIX drops every lock
that a process has on a file when the process closes any descriptor of it, SQLite's locks too. So
such a descriptor is closed only when its file is gone."""
_lock = threading.Lock()


class LogProgress(NamedTuple):
    """How far the log has been folded into the database, as its index says: the salts that name
    this log, its frames, how many of them are in the database, how many a checkpoint has begun to
    put there, and the bytes of a page."""

    salts: bytes
    frames: int
    folded: int
    begun: int
    page: int

    @property
    def quiet(self) -> bool:
        """Whether no checkpoint is under way, and none was broken off."""
        return self.folded == self.begun

    def of_checkpoints(self) -> Checkpoints:
        return self.salts, self.begun


class Content(NamedTuple):
    """The database as checkpoints have left it: its date and size, and a hash over a sample."""

    stamp: Stamp
    checkpoints: Checkpoints
    sample: bytes


_SURE_SECONDS = 0.05
"""How long a folder's new date is not relied upon: it is only as fine as the system's clock ticks,
and a file may go in the same tick."""


class FileWatch:
    """The files of one database as they were opened. Safe to share between threads."""

    def __init__(self, path: str, alone: bool):
        self.path = os.path.abspath(path)  # noqa: PTH100 - the paths are text here
        self._real = os.path.realpath(path)  # SQLite names the log after the file behind a link
        self.log = f"{self._real}-wal"
        index = f"{self._real}-shm"
        names = [self.path, self.log] if alone else [self.path, self.log, index]
        self._files = [(name, file_id(name)) for name in names]
        self._index = None if alone else _take_index(index)
        self._folder = _open_folder(self.path, self._real)
        self._date = 0
        self._sure_at = 0.0
        self._content: Content | None = None
        self._seen: object = None
        """What the last look saw that was found right: the same again needs no second thought."""
        self.wrong: str | None = None
        """What was found wrong; nothing, as long as all is as it should be."""
        self.replaced = False
        """Whether what is wrong is that something else wrote to the database."""
        self.check()

    def check(self) -> None:
        """Raise `StoreError` when a file is not the one that was opened, or was written by
        something else; and from then on."""
        if self.wrong is None:
            self.wrong = self._look()
        if self.wrong is not None:
            raise StoreError(
                f"{self.wrong}. Nothing is read or written until the database is opened again; "
                "docs/operating/files.md says what to do first",
                public=TOUCHED,
            )

    def untouched(self) -> bool:
        """Whether nothing was moved, replaced or removed for certain since all was looked at, as
        the date of the folder tells, which any of that changes: one question instead of four. What
        is in the database is not looked at."""
        if self._folder is None:
            return False
        date = os.fstat(self._folder).st_mtime_ns
        if date != self._date:
            self._date, self._sure_at = date, time.monotonic() + _SURE_SECONDS
            return False
        if self._sure_at:
            if time.monotonic() >= self._sure_at:
                self._sure_at = 0.0
            return False  # and once more when the date can be relied upon
        return True

    def _look(self) -> str | None:
        """What is wrong, if anything is."""
        index = b"" if self._index is None else os.pread(self._index, _INDEX_BYTES, 0)
        stamp = None
        for name, file in self._files:
            try:
                status = os.stat(name)  # noqa: PTH116 - a path object costs more than the call
            except OSError:
                return _gone(name)
            if (status.st_dev, status.st_ino) != file:
                return _gone(name)
            stamp = stamp or (status.st_mtime_ns, status.st_size)
        if index and stamp is not None:
            seen = stamp, index[32:40], index[96:100], index[128:132]
            if seen != self._seen:
                return self._judge(stamp, _progress(index), seen)
        return None

    def _judge(self, stamp: Stamp, progress: LogProgress, seen: object) -> str | None:
        """What is wrong with the database's content. While a checkpoint is under way, or was
        broken off, that is not known; the next look is at it again."""
        if not progress.quiet:
            return None
        known, checkpoints = self._content, progress.of_checkpoints()
        if known is not None and known.stamp == stamp:
            found: Content | None = known._replace(checkpoints=checkpoints)  # the log began again
        else:
            found = self._read(stamp, checkpoints)
        if found is None:
            return None
        if known and known.checkpoints == checkpoints and known.sample != found.sample:
            self.replaced = True
            return (
                f"{self.path} was written by something other than SQLite while it was open, as "
                "when a backup is copied over it"
            )
        self._content, self._seen = found, seen
        return None

    def _read(self, stamp: Stamp, checkpoints: Checkpoints) -> Content | None:
        """The database's content, unless a checkpoint changes it meanwhile."""
        try:
            sample = _sample(self._real, stamp[1])
            status = os.stat(self.path)  # noqa: PTH116
        except (OSError, apsw.Error):
            return None  # the next look says what has become of it
        now = self.progress()
        same = (status.st_mtime_ns, status.st_size) == stamp
        if now is None or not now.quiet or now.of_checkpoints() != checkpoints or not same:
            return None
        return Content(stamp, checkpoints, sample)

    def progress(self) -> LogProgress | None:
        """How far the log is folded in; None where no index is shared."""
        if self._index is None:
            return None
        return _progress(os.pread(self._index, _INDEX_BYTES, 0))

    def log_id(self) -> FileId | None:
        """The log that was opened."""
        return self._files[1][1]

    def may_fold(self) -> bool:
        """Whether SQLite may fold its log into the database when it closes it. Not where another
        database would be written over. A log that was only removed is folded in: it still has
        all that was acknowledged, if nobody has written since."""
        if self.wrong is None:
            return True
        log = Path(self.log)
        if self.replaced or (log.exists() and log.stat().st_size):
            return False
        self._files = [each for each in self._files if each[0] != self.log]
        self.wrong = self._look()
        return self.wrong is None and self._content is not None

    def close(self) -> None:
        """Let go of the folder and the index; after the connections were closed."""
        if self._folder is not None:
            os.close(self._folder)
            self._folder = None
        if self._index is not None:
            _give_back_index(self._index)
            self._index = None


def file_id(name: str) -> FileId | None:
    """The file that a path leads to now."""
    try:
        status = os.stat(name)  # noqa: PTH116 - the path is text here
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _open_folder(path: str, real: str) -> int | None:
    """The folder of the files; None where a link leads to another one, or it cannot be read."""
    folder = os.path.split(path)[0]
    if folder != os.path.split(real)[0]:
        return None
    try:
        return os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError:
        return None


def check_log(path: str) -> None:
    """Raise `StoreError` when the log is not the one that its index tells of: somebody has the
    database open whose log was removed. Asked inside a transaction."""
    real = os.path.realpath(path)
    index = _take_index(f"{real}-shm")
    if index is None:
        return
    try:
        progress = _progress(os.pread(index, _INDEX_BYTES, 0))
        size = os.path.getsize(f"{real}-wal")  # noqa: PTH202 - the path is text here
    except OSError:
        return
    finally:
        _give_back_index(index)
    if progress.frames and size < _LOG_HEADER + progress.frames * (_FRAME_HEADER + progress.page):
        raise StoreError(
            f"{path}-wal was removed or replaced while another process had the database open. "
            "Stop that process first: when it ends it folds in what it has acknowledged"
        )


def _gone(name: str) -> str:
    return f"{name} is not the file that was opened: it was moved, replaced or removed"


def _progress(index: bytes) -> LogProgress:
    """The header of the index, as SQLite documents it ("WAL-mode File Format", sections 2.1 and
    2.3): these fields stay where they are."""
    page, frames, folded, begun = (
        int.from_bytes(index[at : at + size], sys.byteorder)
        for at, size in ((14, 2), (16, 4), (96, 4), (128, 4))
    )
    return LogProgress(
        salts=index[32:40],
        frames=frames,
        folded=folded,
        begun=begun,
        page=65_536 if page == 1 else page,
    )


def _sample(path: str, size: int) -> bytes:
    """A hash over pages from all parts of the file. It is read through SQLite's own file system,
    which does not lose a lock when it closes the file."""
    pages = max(1, -(-size // PAGE_BYTES))
    flags = apsw.SQLITE_OPEN_MAIN_DB | apsw.SQLITE_OPEN_READONLY
    file = apsw.VFSFile("unix", path, [flags, 0])
    try:
        count = min(pages, SAMPLED_PAGES)
        taken = sha256(size.to_bytes(8))
        for number in range(count):
            page = number if count == pages else number * pages // count
            taken.update(file.xRead(min(PAGE_BYTES, size - page * PAGE_BYTES), page * PAGE_BYTES))
        return taken.digest()
    finally:
        file.xClose()


def _take_index(name: str) -> int | None:
    with _lock:
        for known, (descriptor, uses) in list(_indexes.items()):
            if not uses and not os.fstat(descriptor).st_nlink:
                os.close(descriptor)
                del _indexes[known]
        file = file_id(name)
        if file is None:
            return None
        if file not in _indexes:
            _indexes[file] = [os.open(name, os.O_RDONLY | os.O_CLOEXEC), 0]
        _indexes[file][1] += 1
        return _indexes[file][0]


def _give_back_index(descriptor: int) -> None:
    with _lock:
        for known in _indexes.values():
            if known[0] == descriptor:
                known[1] -= 1
