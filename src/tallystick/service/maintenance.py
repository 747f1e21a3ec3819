"""What is done to a whole database: brought to the newest schema, and copied to another place."""

from collections.abc import Callable
from contextlib import ExitStack, closing
from typing import NamedTuple

from ..audit import copy as copies
from ..audit.copy import Copied, Copying
from ..core import limits
from ..core.errors import InvalidRequest, StoreError
from ..store import EpochRow, remarks
from ..store.databases import distribute, open_store, read_place, same, standing
from ..store.records import Spread

SHARDS_MAX = 1_000


class Migrated(NamedTuple):
    """The schema a database stood at before, 0 where it had no tables; the one that it stands at
    now or would, had it not only been looked at; and the migrations from one to the other."""

    before: int
    after: int
    migrations: tuple[str, ...]


def migrate(url: str, check: bool = False) -> Migrated:
    """Bring a database's schema up to date, or with `check` only say what that would be."""
    found = standing(url)
    if not check:
        open_store(url).close()
    return Migrated(found.schema, found.schema + len(found.missing), found.missing)


def spread(url: str, shards: int | None, told: Callable[[str], None] | None = None) -> Spread:
    """Spread a database's tables over the machines of a Citus cluster, those that are not yet.
    `told` hears each table's name as it begins.

    Raises `InvalidRequest` where `url` names no server or `shards` is out of bounds, `StoreError`
    when the server has no Citus.
    """
    if not read_place(url).server:
        raise InvalidRequest(
            "Citus spreads a database on a server: name it with --db postgresql://...",
            where="citus",
        )
    number = None if shards is None else limits.whole(shards, "shards", 1, SHARDS_MAX)
    return distribute(url, number, told)


class LedgerEpochs(NamedTuple):
    """The epochs of a database, the one in force last, and notes about them."""

    epochs: tuple[EpochRow, ...]
    notes: tuple[str, ...]


def epochs(url: str, begin: str | None = None) -> LedgerEpochs:
    """The epochs of a database; with `begin` after a new one was begun, for that reason."""
    with closing(open_store(url)) as store:
        if begin is not None:
            store.begin_epoch(limits.name(begin, "begin", limits.REASON_CHARACTERS_MAX))
        with store.reading():
            rows = store.epochs()
        return LedgerEpochs(tuple(rows), remarks(rows, store.unwatched()))


class NothingThere(StoreError):
    """There is no database to copy."""


def copy(source: str, target: str, progress: Callable[[Copying], None] | None = None) -> Copied:
    """Copy a database that is there into another one, which is made where it is not there.

    Raises `InvalidRequest` for two names of one database, and when the target has one of the
    platforms; `NothingThere` when there is no source, which is not made; `StoreError` when one of
    the two cannot be used, or is written to meanwhile.
    """
    for name, url in (("from", source), ("to", target)):
        if read_place(url).url == ":memory:":
            raise InvalidRequest(
                f"a database in memory is gone when this ends: name a file {name}", where=name
            )
    if same(source, target):
        raise InvalidRequest("both names are of the same database: name another one", where="to")
    if not standing(source).schema:
        raise NothingThere("there is no database to copy")
    with ExitStack() as opened:
        ours = opened.enter_context(closing(open_store(source)))
        copied = opened.enter_context(closing(open_store(target)))
        try:
            return copies.copy(ours, copied, progress)
        except StoreError as error:
            raise type(error)(
                f"{error}; what the target has of it by now is not whole: empty it before another "
                "try"
            ) from None
