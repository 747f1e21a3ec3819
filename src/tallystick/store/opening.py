"""Opening a database by its URL: which backend it is, and what is asked of it."""

import os
from os import PathLike
from typing import NamedTuple

from ..core.errors import InvalidRequest, StoreError, describe
from .base import Store

POSTGRES = ("postgresql://", "postgres://")


class Place(NamedTuple):
    """Where a database is: a file, memory (``:memory:``), or a server."""

    url: str
    server: bool

    @property
    def new(self) -> bool:
        """Whether there is certainly nothing there yet."""
        return not self.server and (self.url == ":memory:" or not os.path.exists(self.url))  # noqa: PTH110 - the path is text here


def read_place(url: object) -> Place:
    """The place a path, ``sqlite:///path``, ``:memory:`` or ``postgresql://...`` names."""
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
    from .sqlite import SqliteStore

    return SqliteStore(place.url)


def _open_postgres(url: str) -> Store:
    try:
        import psycopg  # noqa: F401 - whether it is there
    except ImportError:
        raise StoreError(
            "PostgreSQL needs its driver: pip install 'tallystick[postgres]'"
        ) from None
    from .postgres import PostgresStore
    from .postgres.address import read

    return PostgresStore(read(url))
