"""A database from a backup: an empty one is filled, or on word one that is there is put aside.

The backup is copied, brought to the schema of this version, begins a new epoch and is verified;
only then does it take the place of the database, in one step. On a server it is played into an
empty database, line by line.
"""

import os
from contextlib import closing, suppress
from pathlib import Path

from ..core.errors import InvalidRequest, StoreError
from ..core.instants import parse, text, words
from ..engine.clock import SystemClock
from ..results.backup import Restored
from ..results.verification import Finding
from ..store import Store
from ..store.databases import open_store, read_place, same, standing
from ..store.sqlite import backup as pages
from .backup import Contents, Told, contents, file_place, opened, verified
from .copy import play
from .heads import SUFFIX, read_facts
from .whole_files import move, unfinished


def restore(file: str, db: str, replace: bool = False, told: Told | None = None) -> Restored:
    """Restore the database `db` from the backup `file`, which is not changed.

    Raises `InvalidRequest` where `file` is not a backup, or differs from the head file beside it;
    where `db` is in use, or has platforms and is not to be replaced; `StoreError` where one of the
    two cannot be used.
    """
    told = told or (lambda *_: None)
    backup = _backup(file)
    if read_place(db).url == ":memory:":
        raise InvalidRequest("a database in memory is gone when this ends", where="db")
    if same(db, str(backup)):
        raise InvalidRequest("both names are of the same file: name another", where="db")
    restoring = _restore_server if read_place(db).server else _restore_file
    return restoring(backup, db, replace, told)


def _backup(file: str) -> Path:
    path = file_place(file)
    if not path.exists():
        raise InvalidRequest(f"there is no file {path}", where="file")
    pages.check(str(path))
    return path


def _source(backup: Path) -> str:
    """What the epoch's reason calls the backup: when it was taken, if the head file says so."""
    beside = backup.with_name(backup.name + SUFFIX)
    if not beside.exists():
        return f"restored from the backup {backup.name}"
    taken_at = parse(read_facts(beside).get("taken_at"), "file")
    return f"restored from the backup {backup.name} of {words(taken_at)}"


def _check_head(backup: Path, found: Contents) -> None:
    """A backup and the head file beside it belong together."""
    beside = backup.with_name(backup.name + SUFFIX)
    if beside.exists() and (said := read_facts(beside).get("head")) != str(found.head):
        raise InvalidRequest(
            f"{backup} is not the backup that {beside.name} is about: its head is {found.head}, "
            f"and {said} was expected. Take the right file, or move {beside.name} away",
            where="file",
        )


def _restored(
    backup: Path,
    db: str,
    found: Contents,
    reason: str,
    problems: tuple[Finding, ...],
    before: Path | None = None,
) -> Restored:
    return Restored(
        file=str(backup),
        db=db,
        platforms=len(found.platforms),
        accounts=found.head.accounts,
        entries=found.head.entries,
        head=str(found.head),
        epoch=found.epoch,
        reason=reason,
        before=None if before is None else str(before),
        problems=problems,
    )


# Into a file


def _restore_file(backup: Path, db: str, replace: bool, told: Told) -> Restored:
    place = Path(read_place(db).url).resolve()
    _check_free(place, replace)
    reason = _source(backup)
    if missing := pages.lost(str(backup), str(place)):
        reason += f": {missing} that had been acknowledged since are missing"
    with unfinished(place) as folder:
        made = folder / "restored"
        pages.read(str(backup), str(made), lambda done, of: told("Copying pages", done, of))
        with closing(pages.open_copy(str(made))) as store:
            _check_head(backup, contents(store))
            problems = verified(store, told)
            store.begin_epoch(reason)
            found = contents(store)
        before = None if problems else _put_in_place(made, place)
    return _restored(backup, db, found, reason, problems, before)


def _check_free(place: Path, replace: bool) -> None:
    if not place.exists():
        return
    if not place.is_file():
        raise InvalidRequest(f"{place} is not a file: name one", where="db")
    if not replace and (names := pages.platforms(str(place))):
        raise InvalidRequest(
            f"{place} has {', '.join(names)} already: restore to a new file, or say --replace: "
            "what is there is kept under another name then",
            where="db",
        )
    pages.give_way(str(place))
    if Path(f"{place}-wal").exists():
        raise StoreError(
            f"{place}-wal is there still, and would be mixed into what is restored: move it away, "
            f"and {place}-shm, or restore to a new file"
        )


def _put_in_place(made: Path, place: Path) -> Path | None:
    """The restored file takes its place, and the file that says its epoch; what was there before
    is kept under another name."""
    aside = None
    if place.exists() and place.stat().st_size:
        stamp = text(SystemClock().now())[:19].replace("-", "").replace(":", "")
        aside = place.with_name(f"{place.name}.replaced-{stamp}")
        with suppress(FileExistsError):
            os.link(place, aside)
    move(made, place, over=True)
    with suppress(FileNotFoundError):  # where the store could not write one
        move(made.with_name(f"{made.name}-epoch"), Path(f"{place}-epoch"), over=True)
    return aside


# Into a server


def _restore_server(backup: Path, db: str, replace: bool, told: Told) -> Restored:
    if replace:
        raise InvalidRequest(
            "a database on a server is not replaced: make an empty one, and restore into that",
            where="replace",
        )
    reason = _source(backup)
    with opened(backup) as source:
        found = contents(source)
        _check_head(backup, found)
        _check_empty(db)
        with closing(open_store(db)) as target:
            _play(source, target, told)
            problems = verified(target, told)
            begun = target.begin_epoch(reason)
    return _restored(backup, db, found._replace(epoch=begun.epoch), reason, problems)


def _check_empty(db: str) -> None:
    if not standing(db).schema:
        return
    with closing(open_store(db)) as target, target.reading():
        names = target.platforms()
    if names:
        raise InvalidRequest(
            f"this database has {', '.join(names)} already: restore into an empty one", where="db"
        )


def _play(source: Store, target: Store, told: Told) -> None:
    try:
        play(source, target, lambda so_far: told("Copying entries", so_far.entries, None))
    except StoreError as error:
        raise type(error)(
            f"{error}; what the database has by now is not whole: empty it before another try"
        ) from None
