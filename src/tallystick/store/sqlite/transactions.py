"""A SQLite database that is open: its transactions, and what is looked at around each of them.

What makes the database unready refuses reads and writes too: its files were touched, or a newer
version has migrated it. Every commit is followed by a look at the files before anything is
answered; whatever else costs time is looked at once a second.
"""

import os
import threading
import time
from collections.abc import Iterable
from contextlib import AbstractContextManager, suppress
from types import TracebackType

import apsw

from ...core.errors import StoreError, UnsafeDatabase
from ..epoch_file import refused_log
from . import file
from .epochs import Epochs
from .file import connect, translated
from .watch import FileWatch

LOOK_SECONDS = 1.0
"""How often reads check the files, and all transactions the schema's number."""


class Opened:
    """The connection that writes, the epoch, and the watch over the files."""

    def __init__(self, path: str):
        self.path = path
        self.memory = path == ":memory:"
        self.alone = not self.memory and (file.sqlite_version() < file.SAFE_TO_SHARE)
        self.lock = threading.RLock()
        self._pid = os.getpid()
        self._closed = False
        self._file: tuple[int, int] | None = None
        self._watch: FileWatch | None = None
        self._look_at = 0.0
        self._schema_due = False
        self._full = False
        self.translated = translated(path, self.alone)
        with self.translated:
            if not self.memory:
                admit(path)
                file.create(path)
            self.writer = connect(path, self.alone)
            self.epochs = Epochs(self.writer, path)
            try:
                self._prepare()
            except BaseException:
                self.close(())
                raise

    def _prepare(self) -> None:
        self._file = file.register(self.path)
        file.prepare(self.writer, self.path, self.alone, self.epochs.settle)
        if self.memory:
            return
        self._watch = FileWatch(self.path, self.alone)
        progress = self._watch.progress()
        if progress is not None and not progress.quiet:  # a process ended in the midst of one
            with suppress(apsw.BusyError):  # or another one is in the midst of it
                self.writer.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)
            self._watch.check()

    def transaction(self) -> AbstractContextManager[None]:
        """One durable transaction that writes; nobody else writes meanwhile."""
        return _Transaction(self)

    def begin(self) -> None:
        """Begin a transaction that writes; under the lock."""
        self.look()
        self.writer.execute("begin immediate")
        try:
            self.check_schema(self.writer)
            self.epochs.start()
        except BaseException as error:
            self.roll_back(error)
            raise

    def commit(self) -> None:
        """Commit, and check the files before anything of it is answered."""
        try:
            self.writer.execute("commit")
        except BaseException as error:
            self.roll_back(error)
            raise
        self._full = False
        self._acknowledge()

    def roll_back(self, error: BaseException | None) -> None:
        """End the transaction because of an error; nothing of it is written."""
        if isinstance(error, apsw.FullError):
            self._full = True  # until something could be written again
        if self.writer.in_transaction:
            self.writer.execute("rollback")

    def _acknowledge(self) -> None:
        """Nothing is answered unless it went into the files that were opened."""
        try:
            if self._watch is not None and not self._watch.untouched():
                self._check_files()
        except StoreError as error:
            raise StoreError(
                f"{error}. What was being written may be lost: ask again, under the same keys, "
                "when the database is open again",
                public=error.public,
            ) from None
        self.epochs.note()

    def look(self, now: bool = False) -> None:
        """Raise `StoreError` where nothing can be read or written any more. The files are looked
        at once a second, or `now`."""
        if self._closed or os.getpid() != self._pid:
            self._say_closed()
        if self._watch is not None and (now or time.monotonic() >= self._look_at):
            self._check_files()
            self._look_at = time.monotonic() + LOOK_SECONDS
            self._schema_due = True

    def check_schema(self, connection: apsw.Connection) -> None:
        """Raise `NewerDatabase` when a newer version has migrated the file; once after each look,
        inside a transaction."""
        if self._schema_due:
            file.check_schema(connection, self.path)
            self._schema_due = False

    def _check_files(self) -> None:
        if self._watch is None:
            return
        try:
            self._watch.check()
        except StoreError:
            log = self._watch.log_id()
            self._look_at = 0.0  # whoever looks from now on is told the same
            if self._watch.replaced and log is not None:
                self.epochs.refuse(log[1])
            raise

    def _say_closed(self) -> None:
        if self._closed:
            raise StoreError(f"{self.path} is closed; open it again")
        raise UnsafeDatabase(
            f"{self.path} was opened before this process was forked; close it before forking, and "
            "open it in each process"
        )

    @property
    def closed(self) -> bool:
        return self._closed

    @property
    def short_of_room(self) -> bool:
        """Whether the last write found the disk full, or the disk says that it is."""
        if self.memory:
            return False
        folder = os.path.dirname(os.path.abspath(self.path))  # noqa: PTH100, PTH120
        return self._full or not os.statvfs(folder).f_bavail

    def close(self, readers: Iterable[apsw.Connection]) -> None:
        """Close every connection. The file is complete without its log afterwards, unless that
        log must not be folded into what lies there now."""
        with self.lock, self.translated:
            self._closed = True
            try:
                connections = [*readers, self.writer]
                if not self._may_fold():
                    for each in connections:
                        each.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
                for each in connections:
                    each.close(force=True)
            finally:
                self._let_go()

    def _may_fold(self) -> bool:
        if self._watch is None or os.getpid() != self._pid:
            return True
        with suppress(StoreError):
            self._check_files()
        return self._watch.may_fold()

    def _let_go(self) -> None:
        self.epochs.close()
        if self._watch is not None:
            self._watch.close()
            self._watch = None
        file.unregister(self._file)
        self._file = None


class _Transaction:
    """See `Opened.transaction`. A class: generators cost more around each batch."""

    __slots__ = ("_opened",)

    def __init__(self, opened: Opened):
        self._opened = opened

    def __enter__(self) -> None:
        opened = self._opened
        opened.lock.acquire()
        try:
            with opened.translated:
                opened.begin()
        except BaseException:
            opened.lock.release()
            raise

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        opened = self._opened
        try:
            if error is None:
                with opened.translated:
                    opened.commit()
            else:
                opened.roll_back(error)
                opened.translated.__exit__(kind, error, trace)
        finally:
            opened.lock.release()


def admit(path: str) -> None:
    """Raise `StoreError` where SQLite would fold a log into another database than its own."""
    if refused_log(path):
        raise StoreError(
            f"{path} was replaced while it was open, and {path}-wal belongs to what was there "
            f"before: SQLite would mix the two. To go on with what is there now, stop whatever "
            f"has it open and move {path}-wal and {path}-shm away; docs/operating/files.md says "
            "more"
        )
