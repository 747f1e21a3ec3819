"""The files of an archive: journal entries in Parquet, each file named by the hash of its bytes.

A file has the columns of the journal's table, its entries in the order of account and seq. Nothing
in a folder says what is in which file: that is read from the files themselves, so that any set of
them, from one folder or put together from several, is an archive.
"""

import os
import stat
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from hashlib import sha256
from itertools import groupby
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from ..core.errors import InvalidRequest, StoreError, describe, installing
from ..core.journal import JournalEntry
from ..store.rows import entry_row, read_entry
from .proof import Columns
from .whole_files import lock

GROUP_ENTRIES = 2_000
"""Entries that are compressed together, and that are in memory at one time."""

_AT_ONCE = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
"""A pipe is opened without waiting for whoever may write to it."""
_PARTIAL = "journal.partial"
_KEPT_GROUPS = 64


class LineRange(NamedTuple):
    """Entries of one account that stand together: in which file and group, and where in it."""

    first: int
    last: int
    path: Path
    group: int
    offset: int

    @property
    def length(self) -> int:
        return self.last - self.first + 1


Row = tuple[str, JournalEntry, Columns]
"""An entry as a file has it: the account's key, the entry, and what stands beside it."""


def _arrow() -> tuple[Any, Any]:
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        raise StoreError(
            f"archives need the library that reads and writes Parquet: {installing('archive')}"
        ) from None
    return pyarrow, parquet


def _schema(arrow: Any) -> Any:
    text, number = arrow.string(), arrow.int64()
    return arrow.schema(
        [
            ("account", text),
            ("seq", number),
            ("at", arrow.timestamp("us", "UTC")),
            ("event", text),
            ("postings", text),
            ("balance_before", number),
            ("balance_after", number),
            ("key", text),
            ("request", arrow.binary()),
            ("quote", text),
            ("tool", text),
            ("model", text),
            ("member", text),
            ("credits", number),
            ("quantity", number),
            ("hash", arrow.binary()),
        ]
    )


def _entry(row: tuple[Any, ...]) -> Row:
    (
        key,
        seq,
        at,
        event,
        postings,
        before,
        after,
        request_key,
        request_hash,
        quote,
        *used,
        digest,
    ) = row
    entry = read_entry(
        (key, seq, at, event, postings, before, after, digest, request_key, request_hash)
    )
    return key, entry, (*used, quote)


class Writer:
    """One file in the making. Entries come in the order of account and seq."""

    def __init__(self, folder: Path):
        self._folder = folder
        self._path = folder / _PARTIAL
        self._arrow, parquet = _arrow()
        self._schema = _schema(self._arrow)
        self._rows: list[tuple[Any, ...]] = []
        self._file = parquet.ParquetWriter(
            self._path, self._schema, compression="zstd", store_schema=False
        )
        self.entries = 0

    def add(self, key: str, entries: Sequence[JournalEntry]) -> None:
        self._rows += [entry_row(key, entry) for entry in entries]
        self.entries += len(entries)
        while len(self._rows) >= GROUP_ENTRIES:
            self._write(self._rows[:GROUP_ENTRIES])
            del self._rows[:GROUP_ENTRIES]

    def _write(self, rows: list[tuple[Any, ...]]) -> None:
        columns = [
            self._arrow.array(values, type=field.type)
            for values, field in zip(zip(*rows, strict=True), self._schema, strict=True)
        ]
        self._file.write_table(self._arrow.table(columns, schema=self._schema))

    def finish(self) -> Path:
        """The file, complete, durable, and under its name."""
        if self._rows:
            self._write(self._rows)
        self._file.close()
        _make_durable(self._path)
        path = self._folder / f"journal-{digest_of(self._path)}.parquet"
        self._path.rename(path)
        _make_durable(self._folder)
        return path

    def abandon(self) -> None:
        with suppress(OSError):
            self._file.close()
        self._path.unlink(missing_ok=True)


def _make_durable(path: Path) -> None:
    """On the disk, and no longer in memory where the system can be told: what is read next comes
    from the disk."""
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
        if hasattr(os, "posix_fadvise"):
            os.posix_fadvise(number, 0, 0, os.POSIX_FADV_DONTNEED)
    finally:
        os.close(number)


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """A regular file to read from. Whatever else has its name (a pipe, a device, a folder) is
    refused and not waited for; raises `StoreError`."""
    try:
        number = os.open(path, os.O_RDONLY | _AT_ONCE)
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise StoreError(f"{path} cannot be read: {why}") from None
    if not stat.S_ISREG(os.fstat(number).st_mode):
        os.close(number)
        raise StoreError(f"{path} is not a regular file: remove it from the archive's folder")
    with os.fdopen(number, "rb") as file:
        yield file


def digest_of(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal: what ``sha256sum`` says of it."""
    digest = sha256()
    with opened(path) as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


class Folder:
    """The files of an archive, and where in them the entries of each account stand."""

    def __init__(self, path: str | os.PathLike[str]):
        if not isinstance(path, (str, os.PathLike)) or not os.fspath(path):
            said = describe(path)
            raise InvalidRequest(f"a folder's path is needed, not {said}", where="archive")
        self.path = Path(path)
        self.unsound: list[str] = []
        """What is wrong with files that are not what was written; nothing is read from them."""
        self._pieces: dict[str, list[LineRange]] = {}
        self._groups: OrderedDict[tuple[Path, int], list[tuple[Any, ...]]] = OrderedDict()
        self.files = 0
        if not self.path.is_dir():
            raise InvalidRequest(f"there is no folder {self.path}", where="archive")
        for file in sorted(self.path.glob("journal-*.parquet")):
            try:
                if digest_of(file) != file.stem.removeprefix("journal-"):
                    raise _not_archived(file)
                self.add(file)
            except StoreError as error:
                self.unsound.append(str(error))

    def add(self, file: Path) -> list[str]:
        """Find out what is in a file; the accounts, in their order. Raises `StoreError` when it
        does not have entries one after the other, each once."""
        found = _pieces(file)
        self.files += 1
        for account, pieces in found.items():
            self._pieces.setdefault(account, []).extend(pieces)
            self._pieces[account].sort()
        return list(found)

    def accounts(self) -> list[str]:
        """The accounts it has entries of, in the order of their keys."""
        return sorted(self._pieces)

    def last(self, account: str) -> int:
        """The newest entry it has of an account; 0 where it has none."""
        return max((piece.last for piece in self._pieces.get(account, ())), default=0)

    def rows(self, account: str, after: int, last: int) -> Iterator[Row]:
        """The entries of an account with ``after < seq <= last``, in order, as far as they go
        without a gap; one that stands in several files comes once."""
        for piece in self._pieces.get(account, ()):
            if piece.last <= after:
                continue
            if piece.first > after + 1 or after >= last:
                return
            rows = self._group(piece.path, piece.group)
            start = piece.offset + after + 1 - piece.first
            for row in rows[start : piece.offset + min(piece.last, last) - piece.first + 1]:
                yield _entry(row)
            after = piece.last

    def entries(self, account: str, after: int, last: int) -> Iterator[JournalEntry]:
        """The same without the columns that repeat them."""
        return (entry for _, entry, _ in self.rows(account, after, last))

    def _group(self, path: Path, group: int) -> list[tuple[Any, ...]]:
        """The rows of a group; the ones read last are kept."""
        place = (path, group)
        if place not in self._groups:
            self._groups[place] = _read(path, group)
        self._groups.move_to_end(place)
        while len(self._groups) > _KEPT_GROUPS:
            self._groups.popitem(last=False)
        return self._groups[place]


def _not_archived(path: Path) -> StoreError:
    return StoreError(f"{path} is not what was archived: restore it from a backup")


def _pieces(file: Path) -> dict[str, list[LineRange]]:
    """Where in a file the entries of each account stand, by account."""
    found: dict[str, list[LineRange]] = {}
    for group, places in enumerate(_places(file)):
        offset = 0
        for account, run in groupby(places, key=lambda each: each[0]):
            seqs = [seq for _, seq in run]
            pieces = found.setdefault(account, [])
            first = pieces[-1].last + 1 if pieces else seqs[0]
            if seqs != list(range(first, first + len(seqs))):
                raise StoreError(
                    f"{file} has entries of {account} more than once, or leaves some out: restore "
                    "it from a backup"
                )
            pieces.append(
                LineRange(first=first, last=seqs[-1], path=file, group=group, offset=offset)
            )
            offset += len(seqs)
    return found


def _places(path: Path) -> Iterator[list[tuple[str, int]]]:
    """(account, seq) of every entry of a file, group after group."""
    with _parquet(path) as file:
        for group in range(file.num_row_groups):
            table = file.read_row_group(group, columns=["account", "seq"])
            accounts, seqs = (column.to_pylist() for column in table.columns)
            if not all(type(seq) is int for seq in seqs):
                raise _not_archived(path)
            yield list(zip(accounts, seqs, strict=True))


@contextmanager
def _parquet(path: Path) -> Iterator[Any]:
    """A file as Parquet; raises `StoreError` when it is not, or has other columns."""
    arrow, parquet = _arrow()
    try:
        with opened(path) as file, parquet.ParquetFile(file) as whole:
            if not set(_schema(arrow).names) <= set(whole.schema_arrow.names):
                raise _not_archived(path)
            yield whole
    except arrow.ArrowException:
        raise _not_archived(path) from None


def _read(path: Path, group: int) -> list[tuple[Any, ...]]:
    arrow, _ = _arrow()
    with _parquet(path) as file:
        table = file.read_row_group(group)
    columns = [
        (table[field.name].cast(arrow.int64()) if field.name == "at" else table[field.name])
        for field in _schema(arrow)
    ]
    return list(zip(*(column.to_pylist() for column in columns), strict=True))


@contextmanager
def taken(folder: Path) -> Iterator[None]:
    """A folder, made if it is not there, which nobody else archives to meanwhile. What a run
    that was ended in the midst had not finished is removed."""
    folder.mkdir(parents=True, exist_ok=True)
    number = os.open(folder, os.O_RDONLY)
    try:
        lock(
            number,
            f"{folder} is being archived to by another process, or cannot be locked; wait for it, "
            "or name another folder",
        )
        (folder / _PARTIAL).unlink(missing_ok=True)
        yield
    finally:
        os.close(number)
