"""Open a database by its URL: find out which backend it is, and check what is asked of it."""

import os
from collections.abc import Callable
from contextlib import closing
from os import PathLike
from typing import NamedTuple

from ..core.errors import InvalidRequest, StoreError, describe, installing
from .base import Store
from .named_sql import migrations
from .records import Spread

POSTGRES = ("postgresql://", "postgres://")


class Place(NamedTuple):
    """Where a database is: a file, memory (``:memory:``), or a server."""

    url: str
    server: bool

    @property
    def new(self) -> bool:
        """Whether it is certain that nothing is there yet."""
        return not self.server and (self.url == ":memory:" or not os.path.exists(self.url))  # noqa: PTH110 - the path is text here


def read_place(url: object) -> Place:
    """The place a path, ``sqlite:///path``, ``:memory:`` or ``postgresql://...`` names.

    Raises `InvalidRequest` for anything else.
    """
    text = os.fspath(url) if isinstance(url, (str, PathLike)) else None
    if not isinstance(text, str) or not text or "\x00" in text:
        raise InvalidRequest(f"not a database's name: {describe(url)}", where="db")
    if text.startswith(POSTGRES):
        return Place(text, server=True)
    if text.startswith("sqlite:///"):
        return Place(text.removeprefix("sqlite:///"), server=False)
    if "://" in text:
        raise InvalidRequest(
            f"databases of the kind {text.partition('://')[0]}: are not supported; use a file's "
            "path, or postgresql://user@host/database",
            where="db",
        )
    return Place(text, server=False)


def open_store(url: object) -> Store:
    """The store of a path, ``sqlite:///path``, ``:memory:`` or ``postgresql://...``."""
    place = read_place(url)
    if place.server:
        return _open_postgres(place.url)
    from .sqlite.store import SqliteStore

    return SqliteStore(place.url)


def _open_postgres(url: str) -> Store:
    _check_driver()
    from .postgres import PostgresStore
    from .postgres.address import read

    return PostgresStore(read(url))


def _check_driver() -> None:
    try:
        import psycopg  # noqa: F401 - whether it is there
    except ImportError:
        raise StoreError(f"PostgreSQL needs its driver: {installing('postgres')}") from None


class Standing(NamedTuple):
    """The schema of a database: the migration it stands at, 0 where there are no tables, and the
    names of those that are still to come."""

    schema: int
    missing: tuple[str, ...]


def standing(url: object) -> Standing:
    """How far a database's schema is. Nothing is made or changed; where there is no file, or
    nothing of ours in the database, it stands at 0.

    Raises `StoreError` where it cannot be reached, is somebody else's, or is newer than this.
    """
    place = read_place(url)
    if place.server:
        schema = _standing_postgres(place.url)
    else:
        schema = 0 if place.new else _standing_sqlite(place.url)
    known = migrations("postgres" if place.server else "sqlite")
    names = tuple(name.removesuffix(".sql") for number, name, _ in known if number > schema)
    return Standing(schema, names)


def _standing_sqlite(path: str) -> int:
    from .sqlite import file

    alone = file.sqlite_version() < file.SAFE_TO_SHARE
    with (
        file.translated(path, alone),
        closing(file.connect(path, alone)) as connection,
    ):
        return file.standing(connection, path)


def _standing_postgres(url: str) -> int:
    _check_driver()
    from .postgres import address, connections, failures, schema

    there = address.read(url)
    with failures.translated(there), closing(connections.connect(there)) as connection:
        return schema.standing(connection, there)


def distribute(url: str, shards: int | None, told: Callable[[str], None] | None = None) -> Spread:
    """Spread the tables of a database on a server over the machines of a Citus cluster."""
    _check_driver()
    from .postgres import address, sharding

    return sharding.distribute(address.read(url), shards or sharding.SHARDS, told)


def same(one: object, other: object) -> bool:
    """Whether two names are certainly of one database."""
    places = [read_place(each) for each in (one, other)]
    if all(each.server for each in places):
        return places[0].url == places[1].url
    if any(each.server or each.new for each in places):
        return False
    return os.path.samefile(places[0].url, places[1].url)  # noqa: PTH121 - the paths are text
