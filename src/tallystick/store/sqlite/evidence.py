"""What verifying asks of a SQLite file."""

from contextlib import AbstractContextManager
from functools import cache
from typing import Any

import apsw

from ..named_sql import migrations
from ..records import bucket_of
from ..schema import Objects, differences

MADE_BY_ANALYZE = ("sqlite_stat1", "sqlite_stat4")
"""Tables that SQLite keeps figures for its planner in; they are nobody's schema."""


class SqliteEvidence:
    """The part of the store that verifies. What is raised here is its other parts' to do."""

    def _run(self, name: str, *values: Any) -> apsw.Cursor:
        raise NotImplementedError

    def _execute(self, statement: str) -> apsw.Cursor:
        raise NotImplementedError

    def reading(self) -> AbstractContextManager[None]:
        raise NotImplementedError

    def opened(self, platform: str) -> int | None:
        row = next(self._run("opened", platform), None)
        return row[0] if row else None

    def changed_schema(self) -> list[str] | None:
        with self.reading():
            there = _objects(self._execute)
        return [*differences(there, expected())]

    def damage(self) -> list[str]:
        found = [row[0] for row in self._execute("pragma integrity_check")]
        return [] if found == ["ok"] else found


def _objects(execute: Any) -> Objects:
    """What a file is made of: by kind, table and name, as it was defined."""
    found = execute("select type, tbl_name, name, sql from sqlite_schema")
    return {
        (kind, table, name): " ".join((sql or "").split())
        for kind, table, name, sql in found
        if name not in MADE_BY_ANALYZE
    }


@cache
def expected() -> Objects:
    """What the migrations make."""
    connection = apsw.Connection(":memory:")
    connection.create_scalar_function("bucket_of", bucket_of, 1, deterministic=True)
    for _, _, script in migrations("sqlite"):
        connection.execute(script)
    return _objects(connection.execute)
