"""The SQL in its files: every statement is whole, used, and finds one account by its key."""

import ast
from pathlib import Path

import apsw
import pytest

from tallystick.store.queries import migrations, queries

STORE = Path(__file__).parents[2] / "src/tallystick/store"
BACKENDS = sorted(folder.name for folder in (STORE / "sql").iterdir() if folder.is_dir())
SHARED = ("platforms", "catalogs")
"""Small tables that every shard has whole; all others are found by account."""

STATEMENTS = sorted(queries("sqlite").items())


def words_of(backend: str) -> set[str]:
    tree = ast.parse((STORE / f"{backend}.py").read_text("utf-8"))
    return {str(node.value) for node in ast.walk(tree) if isinstance(node, ast.Constant)}


@pytest.fixture(scope="module")
def database() -> apsw.Connection:
    connection = apsw.Connection(":memory:")
    for _, _, script in migrations("sqlite"):
        connection.execute(script)
    return connection


@pytest.mark.parametrize("backend", BACKENDS)
def test_every_name_stands_once_and_is_used(backend):
    text = (STORE / "sql" / backend / "queries.sql").read_text("utf-8")
    names = [line.removeprefix("-- name: ") for line in text.splitlines() if "-- name:" in line]
    assert sorted(names) == sorted(queries(backend))
    assert set(names) <= words_of(backend)


@pytest.mark.parametrize("backend", BACKENDS)
def test_migrations_are_numbered_without_a_gap(backend):
    assert [number for number, _, _ in migrations(backend)] == list(
        range(1, len(migrations(backend)) + 1)
    )


@pytest.mark.parametrize(("name", "statement"), STATEMENTS, ids=[name for name, _ in STATEMENTS])
def test_a_statement_reads_rows_by_their_key(database, name, statement):
    marks = (None,) * statement.count("?")
    plan = [row[3] for row in database.execute(f"explain query plan {statement}", marks)]
    scans = [step for step in plan if step.startswith("SCAN")]
    assert all(step.split()[1] in SHARED for step in scans), plan


@pytest.mark.parametrize("table", ["accounts", "catalogs", "holds", "journal", "refusals"])
def test_every_key_begins_with_the_account(database, table):
    first = "platform" if table in SHARED else "account"
    indexes = [row[1] for row in database.execute(f"pragma index_list({table})")]
    assert indexes
    for index in indexes:
        assert next(row[2] for row in database.execute(f"pragma index_info({index})")) == first


def test_a_database_has_no_sequence_and_no_trigger(database):
    kinds = dict(database.execute("select type, count(*) from sqlite_schema group by type"))
    assert set(kinds) == {"index", "table"}
    assert not database.execute("select 1 from sqlite_schema where sql like '%autoincrement%'").get
