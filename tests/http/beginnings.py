"""A database put back to how it was, in milliseconds, whatever kind it is."""

from __future__ import annotations

from typing import Any

import apsw
import psycopg

from tallystick.store.sqlite.store import SqliteStore
from tests.databases import by_driver, tables

KEPT = "beginning"


class InSqlite:
    """A copy in memory."""

    def __init__(self, store: Any):
        self._store = store
        self._kept = apsw.Connection(":memory:")
        _copy(store._writer, self._kept)

    def again(self) -> None:
        _copy(self._kept, self._store._writer)

    def writes(self) -> int:
        return self._store._writer.total_changes()

    def close(self) -> None:
        self._kept.close()


class InPostgres:
    """A copy of every table in a schema beside it."""

    def __init__(self, url: str):
        self._connection = psycopg.connect(by_driver(url), autocommit=True)
        self._tables = [each.as_string() for each in tables(self._connection)]
        self._do(f"drop schema if exists {KEPT} cascade; create schema {KEPT}")
        for each in self._tables:
            self._do(f"create table {KEPT}.{each} as table tallystick.{each}")

    def again(self) -> None:
        with self._connection.transaction():
            for each in self._tables:
                self._do(f"delete from tallystick.{each}")
                self._do(f"insert into tallystick.{each} table {KEPT}.{each}")

    def writes(self) -> int:
        """Another number for another content."""
        whole = [
            self._connection.execute(
                f"select coalesce(sum(hashtextextended(t::text, 0)), 0) from tallystick.{each} t"  # type: ignore[arg-type]
            ).fetchall()
            for each in self._tables
        ]
        return hash(str(whole))

    def _do(self, statement: str) -> None:
        self._connection.execute(statement)  # type: ignore[arg-type]

    def close(self) -> None:
        self._do(f"drop schema {KEPT} cascade")
        self._connection.close()


def beginning(store: Any, url: str) -> InSqlite | InPostgres:
    """How a database is now."""
    return InSqlite(store) if isinstance(store, SqliteStore) else InPostgres(url)


def _copy(source: apsw.Connection, target: apsw.Connection) -> None:
    with target.backup("main", source, "main") as backup:
        backup.step()
