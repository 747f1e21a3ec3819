"""The schema of a PostgreSQL database: recognised, migrated, and left alone if it is newer."""

from typing import Any

from ...core.errors import DamagedDatabase, NewerDatabase, NotADatabase, ReadOnlyDatabase
from ..named_sql import migrations
from . import upgrades
from .address import Address
from .connections import Connection
from .session import SQL

_LOCK = 0x54414C59
"""Whoever migrates holds this lock: "TALY". Nothing else asks for it."""


def prepare(connection: Connection, address: Address) -> None:
    """Bring the schema up to date. Processes that start at once migrate one after the other.

    Raises `ReadOnlyDatabase` on a replica.
    """
    known = migrations("postgres")
    newest = known[-1][0]
    if _one(connection, b"select pg_is_in_recovery()"):
        # Nothing is ever decided on a replica: it may not know yet what was spent.
        raise ReadOnlyDatabase(f"{address.place} is a replica; name the primary")
    ours, _ = _tables(connection)
    if ours and _newest(connection) == newest:
        return
    with connection.transaction():
        connection.execute("set local statement_timeout = 0")
        connection.execute("set local lock_timeout = '120s'")
        connection.execute("select pg_advisory_xact_lock(%s)", (_LOCK,))
        found = _found(connection, address)
        connection.execute(SQL["make_schema"])
        connection.execute(SQL["make_migrations"])
        for number, _, script in known:
            if number > found:
                connection.execute(script.encode(), prepare=False)
                upgrades.migrated(connection, number)
                connection.execute(SQL["add_migration"], {"number": number})


def standing(connection: Connection, address: Address) -> int:
    """The migration a database stands at, 0 where it has no tables yet; nothing is changed."""
    return _found(connection, address)


def _found(connection: Connection, address: Address) -> int:
    """The migration a database stands at; refuses those of others and of newer versions."""
    ours, others = _tables(connection)
    if not ours:
        if others:
            raise NotADatabase(
                f"{address.place} has a schema 'tallystick' of another program; use another "
                "database"
            )
        return 0
    found = _newest(connection)
    check(found, address)
    if others and not found:
        raise DamagedDatabase(f"{address.place} has lost its schema's number; restore a backup")
    return found


def check(found: int, address: Address) -> None:
    """Raise `NewerDatabase` for the schema of a newer version."""
    newest = migrations("postgres")[-1][0]
    if found > newest:
        raise NewerDatabase(
            f"{address.place} was written by a newer Tallystick (schema {found}; this one knows "
            f"{newest}): install the newer version"
        )


def _tables(connection: Connection) -> tuple[int, int]:
    """Whether the schema has the table of migrations, and how many others it has."""
    ours, others = connection.execute(SQL["tables"]).fetchall()[0]
    return ours, others


def _newest(connection: Connection) -> int:
    return int(_one(connection, SQL["newest_migration"]))


def _one(connection: Connection, statement: bytes) -> Any:
    row = connection.execute(statement).fetchone()
    return row[0] if row else None
