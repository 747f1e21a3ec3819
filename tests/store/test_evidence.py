"""What stands beside the journal is held to account too: the schema, counts, refusals, catalogs."""

from __future__ import annotations

from typing import Any

import pytest

from tallystick import InsufficientCredits, Tallystick, commands
from tallystick.audit import copy
from tallystick.store.databases import open_store
from tallystick.store.rows import encode
from tallystick.testing import TestClock
from tests.databases import by_driver, fresh_database
from tests.store.behind import changed, connected, read
from tests.store.shop import CATALOG, START, opened

only_files = pytest.mark.parametrize("kind", ["sqlite"])
only_servers = pytest.mark.parametrize("kind", ["postgres"])


@pytest.fixture
def path(url: str) -> str:
    """Three accounts; two are remembered refusals."""
    with opened(url) as shop:
        for account in ("ann", "ben", "eva"):
            shop.open_account(account)
            shop.grant(account, 5)
        for account in ("ann", "ben"):
            for number in range(3):
                refused(shop, account, f"k{number}")
        assert shop.verify()
    return url


def refused(shop: Tallystick, account: str, key: str | None, images: int = 5_000) -> str:
    """What somebody who has too few credits is told."""
    with pytest.raises(InsufficientCredits) as error:
        shop.charge(account, "Picture", images=images, key=key)
    return repr((error.value.message, error.value.facts, error.value.ways_out))


EMPTY = "there is nothing to verify"
LOST = "entries that had been acknowledged are missing"


def found(path: str) -> list[tuple[str, str]]:
    """What verify says: (account, message)."""
    with Tallystick.open(path, platform="shop", clock=TestClock(START)) as shop:
        report = shop.verify()
        assert report.ok == (not report.problems)
        worth = [note for note in report.notes if not note.startswith(EMPTY)]
        assert all(LOST in note for note in worth), "entries at the end of the journal"
        return [(each.account, each.message) for each in report.problems]


# The schema

NOT_OURS = "is not of Tallystick's schema: find out who added it, and drop it"
OTHERWISE = "is not defined as the migrations define it: restore a backup"
FEWER = (
    "drop index accounts_due; "
    "create index accounts_due on accounts (bucket, due_at, account) where due_at > 0"
)
FUNCTION = "create function pay() returns trigger language plpgsql as 'begin return null; end'"
SCHEMA: dict[str, tuple[str, str, str]] = {
    "a trigger": (
        "create trigger pay after insert on journal begin update accounts set head = head; end",
        f"{FUNCTION}; create trigger pay after insert on journal execute function pay()",
        f"the trigger pay of journal {NOT_OURS}",
    ),
    "an index that is gone": (
        "drop index journal_by_key",
        "drop index journal_by_key",
        "the index journal_by_key of journal is missing from the schema: restore a backup",
    ),
    "an index that finds less": (
        FEWER,
        FEWER,
        f"the index accounts_due of accounts {OTHERWISE}",
    ),
    "a unique index that is none any more": (
        "drop index journal_by_seq; create index journal_by_seq on journal (account, seq)",
        "drop index journal_by_seq; create index journal_by_seq on journal (account, seq)",
        f"the index journal_by_seq of journal {OTHERWISE}",
    ),
    "a table": ("create table notes (text text)",) * 2 + (f"the table notes {NOT_OURS}",),
    "a view": ("create view rich as select account from accounts",) * 2
    + (f"the view rich {NOT_OURS}",),
    "a column": (
        "alter table holds add column note text",
        "alter table holds add column note text",
        "holds",
    ),
    "a column of another name": (
        "alter table seats rename column until to till",
        "alter table seats rename column until to till",
        "seats",
    ),
}
ON_SERVERS: dict[str, tuple[str, str]] = {
    "a rule": (
        "create rule nothing as on insert to holds do instead nothing",
        f"the rule nothing of holds {NOT_OURS}",
    ),
    "a policy": (
        "create policy few on refusals for select using (false)",
        f"the policy few of refusals {NOT_OURS}",
    ),
    "a function": (FUNCTION, f"the function pay() {NOT_OURS}"),
    "a sequence": ("create sequence numbers", f"the sequence numbers {NOT_OURS}"),
    "a default": (
        "alter table holds alter column status set default 'open'",
        f"the column status of holds {OTHERWISE}",
    ),
    "null where it may not be": (
        "alter table journal alter column hash drop not null",
        f"the column hash of journal {OTHERWISE}",
    ),
    "a constraint": (
        "alter table journal add constraint small check (balance_after < 7) not valid",
        f"the constraint small of journal {NOT_OURS}",
    ),
    "a primary key that is gone": (
        "alter table holds drop constraint holds_pkey",
        "the constraint holds_pkey of holds is missing from the schema: restore a backup",
    ),
    "a table that forgets in a crash": (
        "alter table seats set unlogged",
        f"the table seats {OTHERWISE}",
    ),
    "a trigger that another schema has the function of": (
        "create schema elsewhere; "
        + FUNCTION.replace("pay()", "elsewhere.pay()")
        + "; create trigger pay before insert on holds execute function elsewhere.pay()",
        f"the trigger pay of holds {NOT_OURS}",
    ),
}


@pytest.mark.parametrize("what", SCHEMA)
def test_what_is_changed_in_the_schema_is_told(bare_url: str, kind: str, what: str):
    opened(bare_url).close()
    in_sqlite, in_postgres, said = SCHEMA[what]
    with connected(bare_url) as connection:
        connection.execute(in_sqlite if kind == "sqlite" else in_postgres)
    messages = [message for _, message in found(bare_url)]
    assert messages
    assert any(said in message for message in messages), messages


@only_servers
@pytest.mark.parametrize("what", ON_SERVERS)
def test_what_a_server_can_have_in_its_schema_is_told(bare_url: str, what: str):
    statement, said = ON_SERVERS[what]
    opened(bare_url).close()
    with connected(bare_url) as connection:
        connection.execute(statement)
    assert ("", said) in found(bare_url)


@only_servers
def test_what_others_have_in_the_database_is_their_business(bare_url: str):
    opened(bare_url).close()
    with connected(bare_url) as connection:
        connection.execute(
            "create schema theirs; create table theirs.journal (account text); "
            "create table public.accounts (account text); "
            "alter table journal set (autovacuum_vacuum_scale_factor = 0.01); "
            "analyze; comment on table journal is 'ours'; grant select on journal to public"
        )
    assert found(bare_url) == []
    assert found(f"{by_driver(bare_url)}&shards=4") == []


@only_servers
def test_the_shards_of_a_table_that_is_spread_are_no_tables_of_somebody_else(bare_url: str):
    from tallystick.store.postgres import evidence
    from tallystick.store.postgres.session import WRITE, Session

    opened(bare_url).close()
    with connected(bare_url) as connection:
        connection.execute("create table journal_102008 (like journal including all)")
        connection.execute("create table notes_102008 (text text)")
    store: Any = open_store(bare_url)
    with store._pool.lease() as lease:
        said = evidence.changed_schema(Session(lease, WRITE), spread=True)
    store.close()
    assert said == [
        f"the column text of notes_102008 {NOT_OURS}",
        f"the table notes_102008 {NOT_OURS}",
    ]
    assert len(found(bare_url)) > 2


@only_servers
def test_who_may_make_no_temporary_tables_is_told_that_the_schema_was_not_seen(bare_url: str):
    opened(bare_url).close()
    name = bare_url.partition("?")[0].rpartition("/")[2]
    role = f"reader_{name}"
    changed(bare_url, f"revoke temporary on database {name} from public")
    changed(bare_url, f"create role {role} login")
    changed(bare_url, f"grant usage on schema tallystick to {role}")
    changed(bare_url, f"grant select, update on all tables in schema tallystick to {role}")
    try:
        with Tallystick.open(bare_url.replace("postgres@", f"{role}@"), platform="shop") as shop:
            report = shop.verify()
            assert report.ok
            assert "grant temporary on the database" in report.notes[0]
    finally:
        changed(bare_url, f"drop owned by {role}")
        changed(bare_url, f"drop role {role}")


@only_servers
def test_looking_at_the_schema_leaves_nothing_behind(path: str):
    assert found(path) == []
    with connected(path) as connection:
        left = connection.execute("select count(*) from pg_class where relpersistence = 't'")
        assert left.fetchone() == (0,)


# Columns that repeat


@pytest.mark.parametrize("due_at", ["null", "7", "9999999999999999"])
def test_an_account_that_is_not_found_when_it_is_due_is_told(path: str, due_at: str):
    with opened(path) as shop:
        shop.grant("eva", 5, expires_at="2026-02-01T00:00:00Z")
        assert shop.verify()
    assert changed(path, f"update accounts set due_at = {due_at} where account = 'shop/eva'")
    assert found(path) == [("eva", "it is not stored as due when the journal says that it is")]


def test_an_account_in_the_wrong_bucket_is_told(path: str):
    assert changed(path, "update accounts set bucket = bucket + 1 where account = 'shop/eva'")
    ((account, message),) = found(path)
    assert account == "eva"
    assert "its stored bucket is" in message


# The number of accounts

OF_AN_ACCOUNT = ("accounts", "journal", "holds", "checkpoints", "refusals", "refusal_tallies")


def removed(path: str, account: str) -> None:
    """An account with all its rows."""
    for table in OF_AN_ACCOUNT:
        changed(path, f"delete from {table} where account = ?", account)


@pytest.mark.parametrize("account", ["shop/ann", "shop/ben", "shop/eva"])
def test_an_account_that_is_removed_with_all_its_rows_is_missed(path: str, account: str):
    removed(path, account)
    said = "3 accounts were opened, but 2 are there: accounts were removed, or added by hand"
    assert found(path) == [("", said)]


def test_the_last_account_is_missed_as_the_first(path: str):
    for account in ("shop/ann", "shop/ben", "shop/eva"):
        removed(path, account)
    assert [message for _, message in found(path)] == [
        "3 accounts were opened, but 0 are there: accounts were removed, or added by hand"
    ]


def test_a_count_that_is_removed_is_missed(path: str):
    changed(path, "delete from openings")
    assert found(path) == [("", "the count of the accounts that were opened is gone")]


def test_accounts_are_counted_by_whoever_opens_them(url: str):
    """Two engines on one database, batches of many accounts, and some opened by both at once."""
    names = [f"acct_{number}" for number in range(150)]
    with opened(url) as one, opened(url) as other:
        one.execute([commands.OpenAccount(name) for name in names[:120]])
        other.execute([commands.OpenAccount(name) for name in names[60:]])
        one.open_account("alone")
        assert one.verify()
    with Tallystick.open(
        url, catalog=CATALOG.replace("platform: shop", "platform: other"), clock=TestClock(START)
    ) as second:
        second.open_account("ann")
        assert second.verify(every_platform=True)
    assert sum(row["accounts"] for row in read(url, "openings")) == 152
    removed(url, "shop/acct_77")
    assert [message.partition(":")[0] for _, message in found(url)] == [
        "151 accounts were opened, but 150 are there"
    ]


def test_accounts_that_are_copied_are_counted(path: str):
    for kind in ("sqlite", "postgres"):
        with fresh_database(kind) as target:
            source, to = open_store(path), open_store(target)
            assert copy.copy(source, to)
            for store in (source, to):
                store.close()
            assert sum(row["accounts"] for row in read(target, "openings")) == 3
            removed(target, "shop/ben")
            assert len(found(target)) == 1


# Refusals

COPIED = "insert into refusals (account, key, at, request, refusal)"
ONE = "where account = 'shop/ann' and key = 'k1'"
TAMPERED: dict[str, tuple[str, str]] = {
    "changed": (
        f"update refusals set at = at + 1 {ONE}",
        "a remembered refusal is not the one that was given",
    ),
    "under another key": (
        f"update refusals set key = 'mine' {ONE}",
        "a remembered refusal is not the one that was given",
    ),
    "for another request": (
        f"update refusals set request = refusal {ONE}",
        "a remembered refusal is not the one that was given",
    ),
    "another text": (
        f"update refusals set refusal = request {ONE}",
        "a remembered refusal is not the one that was given",
    ),
    "removed": (
        f"delete from refusals {ONE}",
        "2 refusals are remembered, but 3 were counted: some were removed, or added by hand",
    ),
    "added": (
        f"{COPIED} select account, 'more', at, request, refusal from refusals {ONE}",
        "4 refusals are remembered, but 3 were counted: some were removed, or added by hand",
    ),
    "one for another": (
        f"update refusals set refusal = (select max(refusal) from refusals), at = 7 {ONE}",
        "a remembered refusal is not the one that was given",
    ),
    "without a tally": (
        "delete from refusal_tallies where account = 'shop/ann'",
        "3 refusals are remembered, but 0 were counted: some were removed, or added by hand",
    ),
    "never to be forgotten": (
        "update refusal_tallies set oldest_at = 9999999999999999 where account = 'shop/ann'",
        "its oldest refusal is not remembered since when it was counted",
    ),
}


@pytest.mark.parametrize("how", TAMPERED)
def test_a_refusal_that_is_tampered_with_is_found(path: str, how: str):
    statement, said = TAMPERED[how]
    assert changed(path, statement)
    assert found(path) == [("ann", said)]


def test_refusals_moved_to_another_account_are_found_in_both(path: str):
    assert changed(path, "update refusals set account = 'shop/eva' where account = 'shop/ben'")
    assert {account for account, _ in found(path)} == {"ben", "eva"}


def test_a_refusal_of_an_account_that_is_not_there_is_found(path: str):
    assert changed(
        path,
        f"{COPIED} select 'shop/nobody', key, at, request, refusal from refusals {ONE}",
    )
    assert ("nobody", "there are rows of it, but no account") in found(path)


def test_a_refusal_that_cannot_be_read_is_an_error_of_ours(path: str):
    from tallystick.core.errors import DamagedDatabase

    assert changed(path, "update refusals set refusal = request where account = 'shop/ann'")
    with (
        opened(path) as shop,
        pytest.raises(DamagedDatabase, match="a refusal that was remembered cannot be read"),
    ):
        shop.charge("ann", "Picture", images=5_000, key="k1")


# Catalogs


def test_a_catalog_that_is_changed_with_the_hash_that_anybody_can_make_is_found(path: str):
    """Whoever can write a row and does not know the platform's secret cannot sign it."""
    from hashlib import sha256

    (row,) = read(path, "catalogs")
    said = row["document"].replace('"Shop"', '"Shed"')
    parts = (row["platform"], row["version"], row["effective_at"], said, row["source"])
    forged = sha256(encode(parts)).digest()
    assert changed(path, "update catalogs set document = ?, hash = ?", said, forged)
    assert found(path) == [("", "catalog version 1 is not what was published")]
