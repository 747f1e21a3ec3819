"""The PostgreSQL server that all is measured on: one of our own, or one that is named."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

DURABLE = ("fsync", "full_page_writes", "synchronous_commit")
_SHOWN = ("server_version", *DURABLE, "wal_sync_method", "shared_buffers", "max_wal_size",
          "checkpoint_timeout", "autovacuum")  # fmt: skip
_PREFIX = "tallystick_bench"


class Server:
    """A server, and the databases on it that are ours."""

    def __init__(self, url: str):
        self.url = url
        self._admin = psycopg.connect(url, autocommit=True)
        self._numbers = count(1)
        self._ours: list[str] = []

    def at(self, name: str) -> str:
        """The URL of a database."""
        return urlsplit(self.url)._replace(path=f"/{name}").geturl()

    def create(self, template: str = "template0") -> str:
        """The name of a new database, empty or a copy of another that nobody is connected to."""
        name = f"{_PREFIX}_{self._admin.info.backend_pid}_{next(self._numbers)}"
        self._do("create database {} encoding 'UTF8' template {}", name, template)
        self._ours.append(name)
        return name

    def drop(self, name: str) -> None:
        self._do("drop database {} with (force)", name)
        self._ours.remove(name)

    @contextmanager
    def copy(self, base: str) -> Iterator[str]:
        """The URL of a copy of a database, with all of it in memory; dropped afterwards."""
        name = self.create(base)
        try:
            yield self.at(name)
        finally:
            self.drop(name)

    def settings(self) -> dict[str, str]:
        """What the server is set to, read back from it; raises when it would lose answers."""
        found = {
            name: self._admin.execute(f"show {name}".encode()).fetchall()[0][0] for name in _SHOWN
        }
        if any(found[name] == "off" for name in DURABLE):
            raise RuntimeError(f"not durable: {found}")
        return found

    def checkpoint(self) -> None:
        self._admin.execute("checkpoint")

    def _do(self, statement: str, *names: str) -> None:
        self._admin.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))  # type: ignore[arg-type]

    def close(self) -> None:
        for name in [*self._ours]:
            self.drop(name)
        self._admin.close()


_SETTINGS = (
    "max_connections=300",
    "shared_buffers=1GB",
    "max_wal_size=8GB",
    "checkpoint_timeout=15min",
)
"""Buffers for all that is measured but the growth, and checkpoints at our own time."""


@contextmanager
def running(url: str | None, folder: Path | None) -> Iterator[Server]:
    """The server at `url`, or one of our own with its data below `folder`."""
    if url is not None:
        yield from _used(url)
        return
    place = tempfile.mkdtemp(prefix="tallystick-bench-pg-", dir=folder)
    keeper = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.postgres.keeper", place, *_SETTINGS],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        if keeper.stdout is None or keeper.stdout.readline() != b"ready\n":
            raise RuntimeError("PostgreSQL did not start; name a server with --db URL")
        yield from _used(f"postgresql://postgres@/postgres?host={place}")
    finally:
        keeper.communicate()


def _used(url: str) -> Iterator[Server]:
    server = Server(url)
    try:
        yield server
    finally:
        server.close()


def all_of(url: str, statement: str, **values: Any) -> list[tuple[Any, ...]]:
    """The rows of one statement, over a connection of its own."""
    with psycopg.connect(url, autocommit=True) as connection:
        return connection.execute(statement.encode(), values or None).fetchall()
