"""Spreading the tables over machines with Citus.

The tables of accounts are cut by the account's key, all at the same keys, so that the rows of an
account are together; the small tables are copied to every machine. Statements stay the same.
"""

from collections.abc import Callable
from contextlib import closing

import psycopg

from ...core.errors import StoreError
from ..opening import Spread
from . import layout, schema
from .address import Address
from .connecting import Connection, connect
from .failures import translated

SHARDS = 32
"""Into how many shards the accounts are cut, unless said otherwise: Citus's own default."""

FIRST = "accounts"
WITH_IT = (
    "journal",
    "holds",
    "refusals",
    "checkpoints",
    "snapshots",
    "refusal_tallies",
    "openings",
)
EVERYWHERE = (
    "platforms",
    "catalogs",
    "api_keys",
    "platform_requests",
    "seats",
    "epochs",
    "migrations",
)


def distribute(
    address: Address, shards: int = SHARDS, told: Callable[[str], None] | None = None
) -> Spread:
    """Spread the tables of a database, those that are not yet; their rows move along.

    `told` hears each table's name as it begins. One transaction: nothing is done by half. Raises
    `StoreError` when the server has no Citus. The database's schema has to be up to date.
    """
    with translated(address), closing(connect(address)) as connection:
        schema.prepare(connection, address)
        _check(connection, address)
        moved = []
        with connection.transaction():
            connection.execute("set local statement_timeout = 0")
            _run(connection, "make_extension")
            done = _spread(connection)
            for table, statement in _steps():
                if table not in done:
                    if told is not None:
                        told(table)
                    _move(connection, table, statement, shards)
                    moved.append(table)
        return Spread(len(layout.read(connection, address).shards), tuple(moved))


def _check(connection: Connection, address: Address) -> None:
    if not connection.execute(layout.CITUS["can_be_there"]).fetchall()[0][0]:
        raise StoreError(
            f"{address.place} has no Citus: install the extension on the server, add "
            "shared_preload_libraries = 'citus' to its settings, and start it again"
        )


def _spread(connection: Connection) -> set[str]:
    return {str(row[0]).removeprefix("tallystick.") for row in _run(connection, "spread")}


def _steps() -> list[tuple[str, str]]:
    """Each table with the statement that moves it, in order."""
    return [
        *((table, "replicate") for table in EVERYWHERE),
        (FIRST, "distribute"),
        *((table, "colocate") for table in WITH_IT),
    ]


def _move(connection: Connection, table: str, statement: str, shards: int) -> None:
    values: dict[str, object] = {"relation": f"tallystick.{table}"}
    if statement == "distribute":
        values["shards"] = shards
    _run(connection, statement, values)
    _run(connection, "drop_local_rows", values)


def _run(
    connection: Connection, statement: str, values: dict[str, object] | None = None
) -> "psycopg.Cursor[tuple[object, ...]]":
    return connection.execute(layout.CITUS[statement], values, prepare=False)
