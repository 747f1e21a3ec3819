"""The schema of a PostgreSQL database held against the one that the migrations make.

What they make is found out by making it: as temporary tables, in a transaction that is rolled back.
So the server itself says how it names what is the same, whatever its version.
"""

import re

import psycopg

from ..named_sql import migrations
from ..schema import Objects, differences
from .session import SQL, Session

_OURS = "tallystick."
_SCHEMA = re.compile(r"\b(tallystick|pg_temp(_\d+)?)\.")
_SHARD = re.compile(r"_\d{6,}$")
"""What Citus puts behind the name of a table, and of what belongs to it, for each shard."""


def changed_schema(session: Session, spread: bool) -> list[str] | None:
    """What is not as the migrations make it; None where the user may make no temporary tables.
    Nothing is left of it. Of tables that are `spread` the shards are left out."""
    try:
        there = _objects(session, "our_schema")
        try:
            _make(session)
        except psycopg.errors.InsufficientPrivilege:
            return None
        expected = _objects(session, "temporary_schema")
    finally:
        session.roll_back()
    if spread:
        there = {place: said for place, said in there.items() if not _is_shard(place, expected)}
    return [*differences(there, expected)]


def _objects(session: Session, schema: str) -> Objects:
    """What a schema is made of; what says of which schema it is, is left out."""
    number = session.run(schema)[0][0]
    found = session.run("objects", {"schema": number})
    return {(kind, table, name): _SCHEMA.sub("", said) for kind, table, name, said in found}


def _make(session: Session) -> None:
    scripts = [script for _, _, script in migrations("postgres")]
    for script in (SQL["make_migrations"].decode(), *scripts):
        made = script.replace("if not exists ", "").replace(_OURS, "pg_temp.")
        session.connection.execute(made.encode(), prepare=False)


def _is_shard(place: tuple[str, str, str], expected: Objects) -> bool:
    table = place[1]
    whole = _SHARD.sub("", table)
    return whole != table and ("table", whole, whole) in expected
