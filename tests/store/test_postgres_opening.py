"""Opening a PostgreSQL database: what is read back, what is refused, and what is never said."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from psycopg import sql

from tallystick import InvalidRequest, Tallystick
from tallystick.core.errors import (
    DamagedDatabase,
    NewerDatabase,
    NotADatabase,
    ReadOnlyDatabase,
    StoreError,
    Unreachable,
    UnsafeDatabase,
)
from tallystick.store.databases import open_store
from tallystick.store.named_sql import migrations
from tallystick.store.postgres import address, connections
from tests.databases import SERVER, by_driver, postgres
from tests.patience import until
from tests.store.behind import changed, connected
from tests.store.shop import opened

pytestmark = pytest.mark.parametrize("kind", ["postgres"])


def with_(url: str, **parameters: Any) -> str:
    more = "&".join(f"{name}={value}" for name, value in parameters.items())
    return f"{url}{'&' if '?' in url else '?'}{more}"


def named(url: str) -> sql.Identifier:
    return sql.Identifier(address.read(url).driver["dbname"])


@contextmanager
def set_to(url: str, setting: str, value: str, where: str) -> Iterator[None]:
    """A setting of the whole server, or of one database, changed for a while."""
    whole = where == "server"
    if whole and SERVER and os.environ.get("PYTEST_XDIST_WORKER"):
        pytest.skip("other tests use the named server at the same time: run this one alone")
    alter = sql.SQL("alter system" if whole else "alter database {}").format(named(url))
    setting_to = sql.SQL(" set {} = {}").format(sql.Identifier(setting), sql.Literal(value))
    with psycopg.connect(by_driver(url), autocommit=True) as connection:
        connection.execute(alter + setting_to)
        connection.execute("select pg_reload_conf()")
        try:
            until_it_is(url, setting, value)
            yield
        finally:
            connection.execute(alter + sql.SQL(" reset {}").format(sql.Identifier(setting)))
            connection.execute("select pg_reload_conf()")
            until_it_is(url, setting, "on")


def until_it_is(url: str, setting: str, value: str) -> None:
    def shown() -> object:
        with psycopg.connect(by_driver(url)) as connection:
            return connection.execute(f"show {setting}").fetchone()

    until(lambda: shown() == (value,), lambda: f"{setting} did not become {value}")


@pytest.mark.parametrize(
    ("setting", "where"),
    [("fsync", "server"), ("full_page_writes", "server"), ("synchronous_commit", "database")],
)
def test_a_server_that_would_lose_answers_is_refused_unless_told(
    url: str, setting: str, where: str
):
    with set_to(url, setting, "off", where):
        with pytest.raises(UnsafeDatabase, match=f"{setting}=off"):
            opened(url)
        with opened(with_(url, unsafe=1)) as shop:
            assert shop.open_account("acct_1").seq == 1
    with opened(url) as shop:
        assert shop.accounts() == ["acct_1"]


def test_an_old_server_is_refused(url: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(connections, "OLDEST_VERSION", 99)
    with pytest.raises(StoreError, match="PostgreSQL 99 or newer is needed"):
        opened(url)


def test_a_server_in_another_encoding_is_refused(url: str):
    server = postgres()
    name = "tallystick_latin"
    server._admin.execute(f"create database {name} encoding 'LATIN1' locale 'C' template template0")
    try:
        with pytest.raises(StoreError, match="encoded in LATIN1"):
            opened(server.url(name))
    finally:
        server.drop(name)


def test_connections_have_time_outs_and_a_name(url: str):
    with opened(url) as shop, shop._transport.engine.store.reading():
        session = shop._transport.engine.store._current.session
        found = {
            name: session.execute(f"show {name}".encode())[0][0]
            for name in ("application_name", *connections.SETTINGS)
        }
    assert found == {"application_name": "tallystick", **connections.SETTINGS} | {
        "idle_in_transaction_session_timeout": "1min"
    }


def test_what_the_url_says_of_them_goes_before(url: str):
    url = with_(url, application_name="shop", options="-c%20statement_timeout%3D7s")
    with opened(url) as shop, shop._transport.engine.store.reading():
        session = shop._transport.engine.store._current.session
        assert session.execute(b"show application_name") == [("shop",)]
        assert session.execute(b"show statement_timeout") == [("7s",)]


# What a database says of itself


def test_migrations_run_once(bare_url: str):
    opened(bare_url).close()
    newest = migrations("postgres")[-1][0]
    assert [number for number, _, _ in migrations("postgres")] == list(range(1, newest + 1))
    assert changed(bare_url, "delete from migrations where number = ?", newest) == 1
    with pytest.raises((DamagedDatabase, StoreError)):
        opened(bare_url)


def test_a_newer_schema_is_left_alone(bare_url: str):
    opened(bare_url).close()
    changed(bare_url, "insert into migrations (number) values (99)")
    with pytest.raises(NewerDatabase, match="schema 99"):
        opened(bare_url)


def test_a_schema_of_another_program_is_not_touched(bare_url: str):
    with connected(bare_url) as connection:
        connection.execute("create schema tallystick")
        connection.execute("create table tallystick.songs (title text)")
    with pytest.raises(NotADatabase, match="another program"):
        opened(bare_url)
    with connected(bare_url) as connection:
        tables = connection.execute(
            "select tablename from pg_tables where schemaname = 'tallystick'"
        )
        assert tables.fetchall() == [("songs",)]


def test_other_schemas_of_a_database_are_nobodys_business(bare_url: str):
    with connected(bare_url) as connection:
        connection.execute("create table public.accounts (id int)")
        connection.execute("insert into public.accounts values (7)")
    with opened(bare_url) as shop:
        shop.open_account("acct_1")
        assert shop.verify()
    with connected(bare_url) as connection:
        assert connection.execute("select * from public.accounts").fetchall() == [(7,)]


def test_a_lost_table_and_a_broken_index_are_told(bare_url: str):
    with opened(bare_url) as shop:
        shop.open_account("acct_1")
        changed(bare_url, "update pg_index set indisvalid = false "
                "where indexrelid = 'tallystick.journal_by_key'::regclass")  # fmt: skip
        assert "journal_by_key" in str(shop.verify().problems[0])
        changed(bare_url, "drop table journal")
        with pytest.raises(DamagedDatabase, match="lost a table"):
            shop.entries("acct_1")


# Users, and who may do what


@pytest.fixture
def role(url: str) -> Iterator[str]:
    """A user of its own, with the tables there already."""
    opened(url).close()
    name = "tallystick_clerk"
    with connected(url) as connection:
        connection.execute(f"drop role if exists {name}")
        connection.execute(f"create role {name} login password 'pass%word'")
        connection.execute(f"grant usage on schema tallystick to {name}")
        yield name
        connection.execute(f"drop owned by {name}")
        connection.execute(f"drop role {name}")


def as_(role: str, url: str) -> str:
    return url.replace("postgresql://postgres", f"postgresql://{role}:pass%25word", 1)


def test_a_user_needs_no_more_than_to_read_and_write_rows(url: str, role: str):
    changed(url, f"grant select, insert, update on all tables in schema tallystick to {role}")
    with opened(as_(role, url)) as shop:
        shop.open_account("acct_1")
        shop.grant("acct_1", 10)
        shop.hold("acct_1", "Picture", images=2).settle(images=1)
        assert shop.verify()
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            changed(as_(role, url), "delete from journal")


def test_a_user_who_may_only_read_is_told_so(url: str, role: str):
    with opened(url) as shop:
        shop.open_account("acct_1")
    changed(url, f"grant select on all tables in schema tallystick to {role}")
    with Tallystick.open(as_(role, url), platform="shop") as shop:
        assert shop.accounts() == ["acct_1"]
        with pytest.raises(ReadOnlyDatabase):
            shop.open_account("acct_2")


# Addresses and secrets

SECRET = "s3cr%2Ft"
PLAIN = "s3cr/t"


@pytest.mark.parametrize(
    "broken",
    [
        "postgresql://user:{0}@localhost:1/x",
        "postgresql://user:{0}@localhost:notaport/x",
        "postgresql://user:{0}@localhost/x?connections=many",
        "postgresql://user:{0}@localhost/x?unsafe=yes",
        "postgresql://user:{0}@localhost/x?color=red",
        "postgresql://localhost:1/x?user=u&password={0}",
        "postgres://user:{0}@no.such.host.example.com:5432/x?connect_timeout=1",
    ],
)
def test_a_password_is_in_no_error_and_no_log(
    kind: str, broken: str, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.DEBUG)
    with pytest.raises((StoreError, InvalidRequest)) as error:
        open_store(broken.format(SECRET))
    for text in (str(error.value), repr(error.value), caplog.text, str(error.value.__cause__)):
        assert SECRET not in text
        assert PLAIN not in text


def test_a_store_shows_its_place_without_the_password(url: str):
    store = open_store(url.replace("postgres@", f"postgres:{SECRET}@", 1))
    shown = f"{store!r} {store.address!r} {store.address.place}"  # type: ignore[attr-defined]
    store.close()
    assert "postgresql://postgres@" in shown
    assert SECRET not in shown
    assert PLAIN not in shown


def test_a_server_that_is_not_there_is_said_to_be_unreachable(kind: str):
    with pytest.raises(Unreachable, match="cannot be reached"):
        open_store("postgresql://localhost:1/x")


def test_a_missing_database_is_named(url: str):
    with pytest.raises(StoreError, match="no_such_database"):
        open_store(postgres().url("no_such_database"))


def test_without_its_driver_it_says_how_to_install_it(url: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(StoreError, match=r"pip install 'tallystick\[postgres\]'"):
        open_store(url)


def test_a_closed_database_says_so(url: str):
    shop = opened(url)
    shop.close()
    for ask in (lambda: shop.balance("acct_1"), lambda: shop.grant("acct_1", 1)):
        with pytest.raises(StoreError, match="is closed"):
            ask()
    shop.close()
