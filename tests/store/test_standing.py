"""What is said of a database before it is opened: how far its schema is. Nothing is changed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tallystick.core.errors import NewerDatabase, NotADatabase, StoreError
from tallystick.service import maintenance
from tallystick.store.databases import same, standing
from tallystick.store.named_sql import migrations
from tests.databases import fresh_database
from tests.store.behind import changed, connected
from tests.store.shop import opened


def newest(kind: str) -> tuple[int, list[str]]:
    known = migrations(kind)
    return known[-1][0], [name.removesuffix(".sql") for _, name, _ in known]


def tables(url: str) -> int:
    """How many tables there are, of whoever."""
    kind = "pg_tables" if url.startswith("postgresql://") else "sqlite_schema"
    with connected(url) as connection:
        return next(iter(connection.execute(f"select count(*) from {kind}")))[0]


def set_back(url: str, kind: str) -> None:
    """As an older version would have left it, for whoever only looks at the number."""
    if kind == "sqlite":
        with connected(url) as connection:
            connection.execute(f"pragma user_version = {newest(kind)[0] - 1}")
    else:
        changed(url, "delete from migrations where number = ?", newest(kind)[0])


def test_nothing_is_made_where_nothing_is(kind: str, bare_url: str):
    last, names = newest(kind)
    before = None if kind == "sqlite" else tables(bare_url)
    assert standing(bare_url) == (0, tuple(names))
    assert maintenance.migrate(bare_url, check=True) == (0, last, tuple(names))
    if kind == "sqlite":
        assert not Path(bare_url).exists()
    else:
        assert tables(bare_url) == before


def test_a_database_of_this_version_has_nothing_to_come(kind: str, url: str):
    opened(url).close()
    last, _ = newest(kind)
    assert standing(url) == (last, ())
    assert maintenance.migrate(url) == (last, last, ())


def test_an_older_one_says_what_is_to_come_and_stays_as_it_is(kind: str, bare_url: str):
    opened(bare_url).close()
    set_back(bare_url, kind)
    last, names = newest(kind)
    for _ in range(2):
        assert maintenance.migrate(bare_url, check=True) == (last - 1, last, (names[-1],))


def test_migrating_a_place_for_a_database_makes_its_tables(kind: str, bare_url: str):
    last, names = newest(kind)
    assert maintenance.migrate(bare_url) == (0, last, tuple(names))
    assert maintenance.migrate(bare_url) == (last, last, ())
    with opened(bare_url) as shop:
        shop.open_account("acct_1")
        assert shop.verify()


def test_an_older_file_is_brought_to_what_a_new_one_is(tmp_path: Path):
    """Made by the first migration alone, as the first version did, then migrated."""
    import apsw

    path = str(tmp_path / "old.db")
    number, _, script = migrations("sqlite")[0]
    with apsw.Connection(path) as connection:
        connection.execute(script)
        connection.pragma("user_version", number)
        connection.pragma("application_id", 0x54414C59)
    last, names = newest("sqlite")
    assert maintenance.migrate(path) == (number, last, tuple(names[1:]))
    with opened(path) as shop:
        shop.open_account("acct_1")
        assert shop.verify()


def test_a_newer_one_is_left_alone(kind: str, bare_url: str):
    opened(bare_url).close()
    if kind == "sqlite":
        with connected(bare_url) as connection:
            connection.execute("pragma user_version = 99")
    else:
        changed(bare_url, "insert into migrations (number) values (99)")
    for look in (standing, maintenance.migrate):
        with pytest.raises(NewerDatabase, match="schema 99"):
            look(bare_url)


def test_a_database_of_another_program_is_left_alone(kind: str, bare_url: str):
    with connected(bare_url) as connection:
        if kind == "postgres":
            connection.execute("create schema tallystick")
        connection.execute("create table theirs (a integer)")
    for look in (standing, maintenance.migrate):
        with pytest.raises(NotADatabase):
            look(bare_url)


def test_a_server_that_is_not_there_is_unreachable(tmp_path: Path, monkeypatch: Any):
    monkeypatch.setattr("tallystick.store.postgres.connections.RECONNECT_SECONDS", 0.0)
    with pytest.raises(StoreError, match="cannot be reached"):
        standing(f"postgresql://nobody@/credits?host={tmp_path}")


def test_two_names_of_one_file_are_the_same(tmp_path: Path):
    path = tmp_path / "credits.db"
    opened(path).close()
    (tmp_path / "link.db").symlink_to(path)
    (tmp_path / "hard.db").hardlink_to(path)
    for other in (path, tmp_path / "." / "credits.db", tmp_path / "link.db", tmp_path / "hard.db"):
        assert same(str(path), str(other))
    assert same(f"sqlite:///{path}", str(path))
    assert not same(str(path), str(tmp_path / "other.db"))
    with fresh_database("postgres") as url:
        assert same(url, url)
        assert not same(url, str(path))
