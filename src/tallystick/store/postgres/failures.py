"""PostgreSQL's errors in our words: what happened to which database, and what to do."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

from ...core.errors import (
    DamagedDatabase,
    DatabaseBusy,
    FullDatabase,
    ReadOnlyDatabase,
    StoreError,
    Unreachable,
)
from .address import Address

RETRY = ("40001", "40P01", "23505")
"""Serialization failure, deadlock, unique key: others were at the same rows; nothing is written."""

NO_ROOM = "53100"
"""The disk is full."""

_ENDED = ("08", "57P0")
"""States of a connection that fails, and of a server that ends it or shuts down."""

_BUSY = "is busy: others held what this needs for too long; try again"
_REFUSED = "does not let this user do that; see the roles in its documentation"
_MEANINGS: tuple[tuple[tuple[str, ...], type[StoreError], str], ...] = (
    (RETRY, DatabaseBusy, _BUSY),
    (("55P03", "57014"), DatabaseBusy, _BUSY),
    (("53300",), DatabaseBusy, "has no connection left; raise max_connections, or use a pooler"),
    (("25006", "25P02"), ReadOnlyDatabase, "cannot be written: it is a replica or read-only"),
    (("42501",), ReadOnlyDatabase, _REFUSED),
    (("XX001", "XX002"), DamagedDatabase, "is damaged; restore a backup"),
    (("42P01", "42703", "3F000"), DamagedDatabase, "has lost a table; restore a backup"),
    ((NO_ROOM,), FullDatabase, "has no room left on its disk; nothing was written"),
    (("3D000",), StoreError, "does not exist; create it first (createdb)"),
    (("28000", "28P01"), StoreError, "does not know this user and password"),
)


@contextmanager
def translated(address: Address) -> Iterator[None]:
    """Whatever the driver raises becomes a `StoreError`, without the driver's error behind it:
    that one may quote what it was told. Text that is not UTF-8 is `DamagedDatabase`."""
    try:
        yield
    except psycopg.Error as error:
        raise in_our_words(error, address) from None
    except UnicodeDecodeError:
        raise DamagedDatabase(f"{address.place} holds text that is not text") from None


def in_our_words(error: psycopg.Error, address: Address) -> StoreError:
    for states, meaning, words in _MEANINGS:
        if error.sqlstate in states:
            return meaning(f"{address.place} {words}")
    said = address.without_secrets(str(error)).strip() or type(error).__name__
    if isinstance(error, (psycopg.OperationalError, psycopg.InterfaceError)):
        return Unreachable(f"{address.place} cannot be reached: {said}")
    return StoreError(f"{address.place} could not be used: {said}")


def is_lost(connection: psycopg.Connection[Any], error: psycopg.Error) -> bool:
    """Whether the connection has ended, so that it is not known what the server did of late; if
    the driver has not noticed yet, it is closed here."""
    ended = isinstance(error, (psycopg.OperationalError, psycopg.InterfaceError)) and (
        error.sqlstate is None or error.sqlstate.startswith(_ENDED)
    )
    if ended:
        connection.close()
    return ended
