"""The small file beside a SQLite database that outlives what happens to it: `credits.db-epoch`.

It says which epoch the database was in, which file that was (its inode), and how far it had come.
A database that is found behind this file, or elsewhere, is not the one that was last used: it was
restored, copied or moved, or has lost its log.

Each store that is open has a slot, written after every commit without waiting for the disk. What
is written is in the system's memory at once: it outlives every process, though not a power cut,
after which the file may be older than the database. That does no harm: it only knows less.

| bytes | what |
|---|---|
| 0 to 63 | the head: `TALYEPOC`, and the fields of `EpochHead` with a checksum |
| 64 to 4,095 | 63 slots: the epoch's mark, the fields of `Position`, a checksum |
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from itertools import count
from struct import Struct
from typing import NamedTuple
from zlib import crc32

_MAGIC = b"TALYEPOC"
_HEAD = Struct("<8sQQ16sQ")
_SLOT = Struct("<16sQQ")
_CHECK = Struct("<I")
_ROOM, _SLOTS = 64, 63
_opened = count()


class Position(NamedTuple):
    """How far a database has come: entries ever written to its journal, and other transactions."""

    entries: int
    writes: int

    def lost(self, found: "Position") -> "Position":
        """What is missing in a database that was found at another position."""
        return Position(max(0, self.entries - found.entries), max(0, self.writes - found.writes))


class EpochHead(NamedTuple):
    """Which epoch of which file; and the inode of a log that belongs to what the file was before
    something else was copied over it, or 0."""

    number: int
    inode: int
    mark: str
    refused: int = 0


class EpochFile:
    """The epoch file of one store. Without the right to write it, nothing is recorded and nothing
    is known."""

    def __init__(self, database: str):
        self.path = f"{os.path.realpath(database)}-epoch"
        self._slot = _ROOM * (1 + (os.getpid() + 7 * next(_opened)) % _SLOTS)
        self._file: int | None = None

    def open(self, like: os.stat_result) -> bool:
        """Open the file, or make it with the permissions of the database; whether that worked."""
        try:
            self._file = os.open(self.path, os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            self._make(like)
        except OSError:
            return False
        return self._file is not None

    def look(self) -> None:
        """Open the file for reading only. Raises `OSError` where that cannot be done."""
        self._file = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)

    def _make(self, like: os.stat_result) -> None:
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        try:
            self._file = os.open(self.path, flags, like.st_mode & 0o666)
            os.fchmod(self._file, like.st_mode & 0o666)
            if os.geteuid() == 0:  # as SQLite does it with the log
                os.fchown(self._file, like.st_uid, like.st_gid)
            os.pwrite(self._file, bytes(_ROOM * (1 + _SLOTS)), 0)  # room, while there is some
        except OSError:
            return

    def head(self) -> EpochHead | None:
        """What the head says; None if there is none, or it is torn."""
        if self._file is None:
            return None
        body = self._read(_HEAD, 0)
        if body is None:
            return None
        magic, number, inode, mark, refused = _HEAD.unpack(body)
        return EpochHead(number, inode, mark.decode("ascii"), refused) if magic == _MAGIC else None

    def position(self, mark: str) -> Position:
        """The furthest that any store has come in an epoch."""
        found = list(self._positions(mark))
        entries = max([each.entries for each in found], default=0)
        return Position(entries, max([each.writes for each in found], default=0))

    def _positions(self, mark: str) -> Iterator[Position]:
        for at in range(_ROOM, _ROOM * (1 + _SLOTS), _ROOM):
            body = self._read(_SLOT, at)
            if body is not None:
                named, entries, writes = _SLOT.unpack(body)
                if named == mark.encode():
                    yield Position(entries, writes)

    def _read(self, shape: Struct, at: int) -> bytes | None:
        """What stands at a place, if its checksum is right."""
        if self._file is None:
            return None
        read = os.pread(self._file, shape.size + _CHECK.size, at)
        body, check = read[: shape.size], read[shape.size :]
        return body if check == _CHECK.pack(crc32(body)) else None

    def begin(self, head: EpochHead) -> None:
        """Write the head, and wait until it is on the disk."""
        if self._file is None:
            return
        body = _HEAD.pack(_MAGIC, head.number, head.inode, head.mark.encode(), head.refused)
        with suppress(OSError):
            os.pwrite(self._file, body + _CHECK.pack(crc32(body)), 0)
            os.fsync(self._file)

    def note(self, mark: bytes, entries: int, writes: int) -> None:
        """Write the slot of this store: what has just become durable."""
        if self._file is not None:
            body = _SLOT.pack(mark, entries, writes)
            try:
                os.pwrite(self._file, body + _CHECK.pack(crc32(body)), self._slot)
            except OSError:  # without room on the disk it stays as it is, and only knows less
                return

    def close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None


def refused_log(database: str) -> bool:
    """Whether the log beside a database is that of what the database was before."""
    file = EpochFile(database)
    if not os.path.exists(file.path):  # noqa: PTH110 - the path is text here
        return False
    try:
        file.look()
        head = file.head()
        log = os.stat(f"{os.path.realpath(database)}-wal")  # noqa: PTH116
    except OSError:
        return False
    finally:
        file.close()
    return head is not None and head.refused == log.st_ino
