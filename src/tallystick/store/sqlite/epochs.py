"""Epochs of a SQLite file: settled when it is opened, and how far it has come after each commit."""

import os
from typing import Any

import apsw

from ..epoch_file import EpochFile, EpochHead, Position
from ..epochs import name_of, new_mark, why_new
from ..named_sql import queries
from ..records import EpochRow

_SQL = queries("sqlite")


class Epochs:
    """The epoch a file is in, and the file beside it that says so. Every method but `note` runs
    inside a transaction of the connection."""

    def __init__(self, connection: apsw.Connection, path: str):
        self._connection = connection
        self._file = None if path == ":memory:" else EpochFile(path)
        self._path = path
        self._mark = b""
        self._base = 0
        self._durable = self._coming = 0, 0
        """How far the file has come, as this process knows, and once the transaction at hand is
        committed: the numbers of a `Position`."""
        self.current = EpochRow(0, "", "", 0)

    def settle(self, fresh: bool) -> None:
        """Find out which epoch this file is in, or begin a new one. `fresh` is a file that had
        none before: a new one, or one of an older version."""
        current = self._newest()
        head, status = None, None
        if self._file is not None:
            status = os.stat(self._path)  # noqa: PTH116 - the path is text here
            usable = self._file.open(status)
            head = self._file.head()
            fresh = fresh or not usable  # nothing can be known then, and nothing is made of it
        reason = "" if current is None and head is None else None
        if reason is None:
            inode = 0 if status is None else status.st_ino
            reason = why_new(current, head, inode, self._lost(current), fresh)
        if reason is not None:
            current = self._begin(reason, head.number if head else 0)
        self._follow(current)
        if self._file is not None and status is not None:
            wanted = EpochHead(self.current.number, status.st_ino, self.current.mark)
            if head != wanted:
                self._file.begin(wanted)

    def _lost(self, current: EpochRow | None) -> Position:
        """What the file beside knows of in this epoch, and the database does not have."""
        if self._file is None or current is None:
            return Position(0, 0)
        return self._file.position(current.mark).lost(self.position())

    def _newest(self) -> EpochRow | None:
        rows = self.all()
        return rows[-1] if rows else None

    def all(self) -> list[EpochRow]:
        return [EpochRow(*row) for row in self._run("epochs")]

    def _begin(self, reason: str, least: int) -> EpochRow:
        current = self._newest()
        number = max(current.number if current else 0, least) + 1
        mark = new_mark()
        self.add(
            EpochRow(
                number=number, epoch=name_of(number, mark), mark=mark, began_at=0, reason=reason
            )
        )
        return self.all()[-1]

    def add(self, row: EpochRow) -> None:
        values = row.number, row.epoch, row.mark, row.began_at or None, row.reason
        self._run("add_epoch", *values)
        self._run("enter_epoch", row.epoch)

    def begin(self, reason: str) -> EpochRow:
        """A new epoch, by hand; said to the file beside with `tell`."""
        self._follow(self._begin(reason, 0))
        return self.current

    def tell(self) -> None:
        """Say to the file beside which epoch is in force; after it was committed."""
        if self._file is not None:
            status = os.stat(self._path)  # noqa: PTH116 - the path is text here
            self._file.begin(EpochHead(self.current.number, status.st_ino, self.current.mark))

    def follow(self, epoch: str) -> None:
        """See to it that the epoch in force is this one: another process may have begun it."""
        if epoch != self.current.epoch:
            self._follow(self._newest())

    def renew(self) -> None:
        """The same, where no platform's row says which epoch it is."""
        self._follow(self._newest())

    def _follow(self, current: EpochRow | None) -> None:
        if current is not None:
            self.current = current
            self._mark = current.mark.encode()
            self._durable = self._coming = self.position()
            self._base = self._durable[0] - next(self._run("journal_end"))[0]

    def position(self) -> Position:
        return Position(*next(self._run("position")))

    def start(self) -> None:
        """A transaction begins; what the last one came to is forgotten if it was rolled back."""
        self._coming = self._durable

    def appended(self, rowid: int) -> None:
        """The rowid of the journal's newest entry."""
        self._coming = self._base + rowid, self._coming[1]

    def count_write(self) -> None:
        """Count a transaction that writes no entry."""
        self._coming = self._coming[0], next(self._run("count_write"))[0]

    def keep(self, before: Position) -> None:
        """After the journal's last entries were removed, or all were numbered again: that must not
        be taken for a loss."""
        missing = before.entries - self.position().entries
        if missing > 0:
            self._run("move_base", missing)
            self._base += missing

    def note(self) -> None:
        """Say to the file beside what has just become durable."""
        self._durable = self._coming
        if self._file is not None:
            self._file.note(self._mark, *self._durable)

    def refuse(self, log: int) -> None:
        """Say to the file beside that a log belongs to what the database was before."""
        if self._file is not None:
            head = self._file.head()
            if head is not None:
                self._file.begin(head._replace(refused=log))

    @property
    def unwatched(self) -> str | None:
        """Why a restore could go unnoticed."""
        if self._file is None or self._file.head() is not None:
            return None
        return "no file could be written beside the database: a restore goes unnoticed"

    def close(self) -> None:
        if self._file is not None:
            self._file.close()

    def _run(self, name: str, *values: Any) -> apsw.Cursor:
        return self._connection.execute(_SQL[name], values)
