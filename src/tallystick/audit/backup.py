"""A backup of a whole database in one file, taken while others write, and proven.

The file is a SQLite database, whatever kind it is a backup of. From a file SQLite copies the
pages of one view; from a server every line is read in one transaction and played into the file.
Then the file is verified, and only then does it take its name.
"""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from ..core import instants
from ..core.errors import InvalidRequest, StoreError
from ..engine.clock import SystemClock
from ..results.backup import BackedUp
from ..results.verification import Finding
from ..store import Store
from ..store.databases import open_store, read_place, same, standing
from ..store.sqlite import backup as pages
from ..store.sqlite.backup import SqliteBackup
from .copy import play
from .heads import SUFFIX, AccountHead, Head, account_heads, head_of, write_file
from .verification import verify
from .whole_files import move, unfinished

Told = Callable[[str, int, int | None], None]
"""Is told what is being done, how much of it is done, and of how much."""


class Contents(NamedTuple):
    """What a ledger has: its platforms, the last entry of each account, the epoch in force."""

    platforms: list[str]
    accounts: list[AccountHead]
    epoch: str

    @property
    def head(self) -> Head:
        return head_of(self.accounts)


def backup(db: str, file: str, overwrite: bool = False, told: Told | None = None) -> BackedUp:
    """Write a backup of the database `db` to `file`, and its head beside it. The database is not
    changed, and others may write to it meanwhile.

    Raises `InvalidRequest` where `file` cannot be a file, or one is there that is not to be
    overwritten; `StoreError` where one of the two cannot be used.
    """
    told = told or _nobody
    place = file_place(file)
    _check_ways(db, place, overwrite)
    at = SystemClock().now()
    with unfinished(place) as folder:
        made = folder / "backup"
        write(db, made, told)
        with opened(made) as store:
            found, problems = contents(store), verified(store, told)
        if not problems:
            _put_in_place(made, place, overwrite, found, at)
    return BackedUp(
        db=db,
        file=str(place),
        head_file=str(place) + SUFFIX,
        platforms=len(found.platforms),
        accounts=found.head.accounts,
        entries=found.head.entries,
        head=str(found.head),
        epoch=found.epoch,
        taken_at=instants.to_datetime(at),
        problems=problems,
    )


def _nobody(*_: object) -> None:
    """Hears nothing."""


def file_place(file: str) -> Path:
    """The place of a backup, which is a file's. Raises `InvalidRequest` if `file` names no file."""
    place = read_place(file)
    if place.server or place.url == ":memory:":
        raise InvalidRequest("a backup is a file: name one", where="file")
    path = Path(place.url)
    if path.exists() and not path.is_file():
        raise InvalidRequest(f"{path} is not a file: name one", where="file")
    return path


def _check_ways(db: str, place: Path, overwrite: bool) -> None:
    if read_place(db).url == ":memory:":
        raise InvalidRequest("a database in memory has no backup: name a file", where="db")
    if same(db, str(place)):
        raise InvalidRequest("both names are of the same database: name another", where="file")
    if place.exists() and not overwrite:
        raise _taken(place)
    found = standing(db)
    if not found.schema:
        raise InvalidRequest("there is nothing in this database to back up", where="db")
    if found.missing and read_place(db).server:
        raise StoreError(
            f"this database stands at schema {found.schema}, and this version backs up schema "
            f"{found.schema + len(found.missing)}: back it up with the version that made it or "
            "with pg_dump, or migrate it first"
        )


def _taken(place: Path) -> InvalidRequest:
    return InvalidRequest(
        f"{place} is there already: name another file, or say --overwrite",
        where="file",
    )


def write(db: str, made: Path, told: Told) -> None:
    """Write what a database has, as it is at one moment, to a file that is not there yet."""
    place = read_place(db)
    if not place.server:
        pages.write(place.url, str(made), lambda done, of: told("Copying pages", done, of))
        return
    with (
        closing(open_store(db)) as source,
        closing(open_store(str(made))) as target,
        source.reading(),
    ):
        play(source, target, lambda so_far: told("Copying entries", so_far.entries, None))
    for beside in ("-epoch", "-wal", "-shm"):
        made.with_name(made.name + beside).unlink(missing_ok=True)
    pages.fold_in(str(made))


@contextmanager
def opened(path: Path) -> Iterator[Store]:
    """A backup to read from; one of an older schema by way of a copy that is migrated."""
    if pages.is_current(str(path)):
        with closing(SqliteBackup(str(path))) as store:
            yield store
        return
    with TemporaryDirectory(prefix="tallystick-") as folder:
        copy = str(Path(folder) / "migrated")
        pages.read(str(path), copy, _nobody)
        with closing(pages.open_copy(copy)) as store:
            yield store


def contents(store: Store) -> Contents:
    """What a ledger has at this moment."""
    with store.reading():
        names = store.platforms()
        accounts = [each for name in names for each in account_heads(store, name)]
        return Contents(names, accounts, store.epochs()[-1].epoch)


def verified(store: Store, told: Told) -> tuple[Finding, ...]:
    """What is wrong with a ledger."""
    with store.reading():
        names = store.platforms()
    if not names:
        return ()
    return verify(
        store, names, lambda so_far: told("Verifying", so_far.accounts, so_far.of_accounts)
    ).problems


def _put_in_place(
    made: Path, place: Path, overwrite: bool, found: Contents, at: instants.Instant
) -> None:
    """The backup takes its name, then its head. An older head goes first: it would be another
    backup's."""
    head_file = made.with_name("head")
    facts = {
        "head": str(found.head),
        "platforms": found.platforms,
        "epoch": found.epoch,
        "taken_at": instants.text(at),
    }
    write_file(head_file, facts, found.accounts)
    beside = place.with_name(place.name + SUFFIX)
    if overwrite:
        beside.unlink(missing_ok=True)
    made.chmod(0o600)
    head_file.chmod(0o600)
    if not move(made, place, overwrite):
        raise _taken(place)
    move(head_file, beside, over=True)
