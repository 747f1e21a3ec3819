"""A database looked at and changed behind the product's back, whatever kind it is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import apsw
import psycopg

from tallystick.store.named_sql import migrations
from tallystick.store.postgres.session import SQL
from tests.databases import by_driver

Row = dict[str, Any]

MEANS_NOTHING = ("stamp",)
"""A column that is another one each time, and that nothing is decided by."""

FOR_FINDING = ("bucket", "due_at")
"""Columns by which the scheduler finds an account: they bring freshness, never a decision."""


@contextmanager
def connected(url: str) -> Iterator[Any]:
    """A plain connection, on which our tables need no schema before them."""
    if not url.startswith("postgresql://"):
        with closing(apsw.Connection(url)) as connection:
            yield connection
        return
    options = "-c search_path=tallystick -c statement_timeout=30s"
    with psycopg.connect(by_driver(url), autocommit=True, options=options) as connection:
        yield connection


def in_its_words(url: str, statement: str) -> str:
    """Question marks are what SQLite calls a value's place."""
    return statement.replace("?", "%s") if url.startswith("postgresql://") else statement


def changed(url: str, statement: str, *values: Any) -> int:
    """How many rows a statement changed."""
    with connected(url) as connection:
        done = connection.execute(in_its_words(url, statement), values)
        return connection.changes() if isinstance(connection, apsw.Connection) else done.rowcount


def read(url: str, table: str) -> list[Row]:
    """A table's rows, in no order: the value of every column that means something."""
    with connected(url) as connection:
        cursor = connection.execute(f"select * from {table}")
        if isinstance(connection, apsw.Connection):
            found = list(cursor)
            names = [each[1] for each in connection.execute(f"pragma table_info({table})")]
        else:
            names = [each.name for each in cursor.description]
            found = cursor.fetchall()
    return [
        {name: value for name, value in zip(names, row, strict=True) if name not in MEANS_NOTHING}
        for row in found
    ]


def columns(kind: str, table: str) -> list[str]:
    """The columns of a table that are proven, from the migrations alone."""
    from tallystick.store.named_sql import migrations

    schema = "".join(script for _, _, script in migrations(kind))
    prefix = "tallystick." if kind == "postgres" else ""
    body = schema.partition(f"create table {prefix}{table} (\n")[2].partition("\n)")[0]
    names = [line.split()[0] for line in body.splitlines() if line.strip()]
    left_out = ("primary", "--", *MEANS_NOTHING, *FOR_FINDING)
    return [each for each in names if each not in left_out]


def set_back_to(url: str, schema: int) -> None:
    """Make a database anew as the migrations up to `schema` made it, with the rows that there are
    columns for. Refusals are stored in another form since, and left out."""
    if url.startswith("postgresql://"):
        _set_server_back_to(url, schema)
    else:
        _set_file_back_to(url, schema)


def _set_server_back_to(url: str, schema: int) -> None:
    with psycopg.connect(by_driver(url), autocommit=True) as connection:
        connection.execute("alter schema tallystick rename to newer")
        connection.execute(SQL["make_schema"])
        connection.execute(SQL["make_migrations"])
        for number, _, script in migrations("postgres"):
            if number <= schema:
                connection.execute(script)
        tables = connection.execute(
            "select tablename from pg_catalog.pg_tables where schemaname = 'tallystick'"
        )
        for (table,) in tables.fetchall():
            made = connection.execute(f"select * from tallystick.{table}").description or ()
            columns = ", ".join(each.name for each in made)
            if table != "refusals":
                rows = f"select {columns} from newer.{table}"
                connection.execute(f"insert into tallystick.{table} ({columns}) {rows}")
        connection.execute("delete from tallystick.migrations where number > %s", (schema,))
        connection.execute("drop schema newer cascade")


def _set_file_back_to(path: str, schema: int) -> None:
    older = f"{path}.older"
    with closing(apsw.Connection(older)) as made:
        made.create_scalar_function("bucket_of", lambda key: 0, 1)
        for number, _, script in migrations("sqlite"):
            if number <= schema:
                made.execute(script)
        made.execute("attach ? as newer", (path,))
        tables = made.execute("select name from sqlite_schema where type = 'table'").fetchall()
        for (table,) in tables:
            _copy_rows(made, table)
        made.pragma("application_id", 0x54414C59)
        made.pragma("user_version", schema)
    for end in ("-wal", "-shm", "-epoch"):
        Path(f"{path}{end}").unlink(missing_ok=True)
    Path(older).replace(path)


def _copy_rows(made: apsw.Connection, table: str) -> None:
    columns = ", ".join(row[1] for row in made.execute(f"pragma main.table_info({table})"))
    if table != "refusals":
        made.execute(
            f"insert or replace into main.{table} ({columns}) select {columns} from newer.{table}"
        )
