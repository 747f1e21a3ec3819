"""Databases of earlier versions: brought to what a new one is, and nothing false becomes true."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import apsw
import pytest

from tallystick import InsufficientCredits, Tallystick
from tallystick.store import refusals
from tallystick.store.named_sql import migrations
from tallystick.store.records import bucket_of
from tallystick.store.rows import encode
from tallystick.store.sqlite import evidence
from tests.databases import fresh_database
from tests.store.behind import changed, connected, in_its_words, read
from tests.store.shop import opened

BEFORE = {"sqlite": 4, "postgres": 2}
"""The last migration of the version that kept refusals for ever."""
TABLES = (
    "platforms", "catalogs", "api_keys", "platform_requests", "accounts", "journal", "holds",
    "refusals",
)  # fmt: skip


def told(shop: Tallystick, account: str, key: str) -> str:
    with pytest.raises(InsufficientCredits) as error:
        shop.charge(account, "Picture", images=5_000, key=key)
    return repr((error.value.message, error.value.facts, error.value.ways_out))


def as_before(url: str, table: str) -> list[dict[str, Any]]:
    """A table's rows as the version before wrote them."""
    rows = read(url, table)
    for row in rows:
        if table == "refusals":
            row["refusal"] = refusals.unpack(row["refusal"]).decode()
        if table == "catalogs":
            names = ("platform", "version", "effective_at", "document", "source")
            said = [row[name] for name in names]
            row["hash"] = sha256(encode(said)).digest()
        if table == "accounts" and url.startswith("postgresql://"):
            row["stamp"] = 7
    return rows


@contextmanager
def old_database(kind: str, tables: dict[str, list[dict[str, Any]]]) -> Iterator[str]:
    """A database at the migrations of the version before, with these rows."""
    with fresh_database(kind, bare=True) as url:
        make_old(url, kind, BEFORE[kind])
        with connected(url) as connection:
            for table, rows in tables.items():
                there = had(connection, table)
                for row in rows:
                    row = {name: value for name, value in row.items() if name in there}
                    places = ", ".join("?" * len(row))
                    insert = f"insert into {table} ({', '.join(row)}) values ({places})"
                    connection.execute(in_its_words(url, insert), tuple(row.values()))
        yield url


def had(connection: Any, table: str) -> set[str]:
    """The columns of a table of the version before."""
    if isinstance(connection, apsw.Connection):
        return {row[1] for row in connection.execute(f"pragma table_info({table})")}
    return {column.name for column in connection.execute(f"select * from {table}").description}


def make_old(url: str, kind: str, last: int) -> None:
    with connected(url) as connection:
        if kind == "sqlite":
            connection.create_scalar_function("bucket_of", bucket_of, 1)
        else:
            connection.execute("create schema tallystick")
            connection.execute("create table migrations (number bigint not null primary key)")
        for number, _, script in migrations(kind):
            if number <= last:
                connection.execute(script)
                if kind == "postgres":
                    connection.execute(f"insert into migrations (number) values ({number})")
        if kind == "sqlite":
            connection.pragma("user_version", last)
            connection.pragma("application_id", 0x54414C59)


@pytest.fixture
def before(kind: str, url: str) -> Any:
    """What a database of the version before had in it: two accounts that were refused things, and
    an account that was refused something and never opened; and what the two were told."""
    with opened(url) as shop:
        said = {}
        for account in ("ann", "ben"):
            shop.open_account(account)
            shop.grant(account, 5)
            for number in range(3):
                said[account, f"k{number}"] = told(shop, account, f"k{number}")
        shop.hold("ann", "Picture", images=1)
    tables = {table: as_before(url, table) for table in TABLES}
    stray = {**tables["refusals"][0], "account": "shop/nobody"}
    tables["refusals"].append(stray)
    if kind == "postgres":
        nobody = {"version": 0, "state": "", "head": bytes(32), "due_at": None}
        account = {**tables["accounts"][0], **nobody, "account": "shop/nobody"}
        tables["accounts"].append(account)
    return tables, said


def test_an_old_database_is_counted_signed_and_goes_on(kind: str, before: Any):
    tables, said = before
    with old_database(kind, tables) as url, opened(url) as shop:
        report = shop.verify()
        assert (report.problems, report.accounts) == ((), 2)
        for (account, key), first in said.items():
            assert told(shop, account, key) == first
        told(shop, "ann", "new")
        shop.open_account("nobody")
        shop.grant("nobody", 1)
        assert shop.charge("nobody", "Picture", images=1, key="k0").credits == 1
        assert shop.verify()
        assert len(read(url, "refusals")) == 7
        packed = [row["refusal"][:1] for row in read(url, "refusals")]
        assert sorted(set(packed)) == [b"\x01", b"{"]


def test_what_was_tampered_with_in_an_old_database_is_not_made_true(kind: str, before: Any):
    tables, _ = before
    tables["catalogs"][0]["document"] = tables["catalogs"][0]["document"].replace("Shop", "Shed")
    with old_database(kind, tables) as url, opened(url) as shop:
        assert [each.message for each in shop.verify().problems] == [
            "catalog version 1 is not what was published"
        ]


def test_a_hash_of_the_version_before_is_no_longer_good(kind: str, before: Any):
    tables, _ = before
    with old_database(kind, tables) as url, opened(url) as shop:
        assert shop.verify()
        assert changed(url, "update catalogs set hash = ?", tables["catalogs"][0]["hash"])
        assert [each.message for each in shop.verify().problems] == [
            "catalog version 1 is not what was published"
        ]


def test_accounts_removed_after_the_upgrade_are_missed(kind: str, before: Any):
    tables, _ = before
    with old_database(kind, tables) as url:
        opened(url).close()
        for table in ("accounts", "journal", "holds", "refusals", "refusal_tallies"):
            changed(url, f"delete from {table} where account = 'shop/ben'")
        with opened(url) as shop:
            (problem,) = shop.verify().problems
        assert problem.message.startswith("2 accounts were opened, but 1 are there")


@pytest.mark.parametrize("last", [number for number, _, _ in migrations("sqlite")])
@pytest.mark.parametrize("kind", ["sqlite"])
def test_a_file_comes_to_one_schema_from_every_migration(kind: str, tmp_path: Path, last: int):
    path = str(tmp_path / "old.db")
    make_old(path, kind, last)
    with opened(path) as shop:
        shop.open_account("ann")
        assert shop.verify()
        with shop._transport.engine.store.reading():
            there = evidence._objects(apsw.Connection(path).execute)
    assert there == evidence.expected()


@pytest.mark.parametrize("last", [number for number, _, _ in migrations("postgres")])
@pytest.mark.parametrize("kind", ["postgres"])
def test_a_server_comes_to_one_schema_from_every_migration(kind: str, bare_url: str, last: int):
    make_old(bare_url, kind, last)
    with opened(bare_url) as shop:
        shop.open_account("ann")
        assert shop.verify()
