"""Whoever changes what is stored is found out: verify says what is wrong, and where."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tallystick import Tallystick
from tallystick.core.errors import DamagedDatabase
from tallystick.testing import TestClock
from tests.databases import KINDS, fresh_database
from tests.store.behind import changed, columns, connected, read
from tests.store.shop import CATALOG, opened

only_files = pytest.mark.parametrize("kind", ["sqlite"])

PROVEN = ("journal", "accounts", "holds", "catalogs")
TEXTS = {
    "event": [("1000000", "2000000"), ('"kind"', '"kinds"'), ("{", " {"), ("{", "")],
    "postings": [("1000000", "2000000"), ("[]", "[[1,2]]"), ("[", "[ "), ("[", "")],
    "state": [('"seq":', '"seq":1'), ("{", "")],
    "document": [("1000000", "2000000"), ("{", "")],
}
"""What is changed in a document: an amount, a name, a space that means nothing, its beginning."""


COLUMNS = [
    (kind, table, column) for kind in KINDS for table in PROVEN for column in columns(kind, table)
]
"""Every column that verify answers for, as the schema has them."""


class Original:
    """A database that was written once, and is put back as it was after each change."""

    def __init__(self, url: str):
        self.url = url
        self._server = url.startswith("postgresql://")
        clock = TestClock("2026-01-10T10:00:00Z")
        with opened(url, clock) as shop:
            for account in ("ann", "ben"):
                live(shop, account)
            shop.publish(CATALOG.replace("credits: 1,", "credits: 2,"))
            assert shop.verify()
        self.rows = {table: read(url, table) for table in PROVEN}
        if self._server:
            self._run("create schema kept", "create table kept.{0} as table {0}")
        else:
            shutil.copy(url, f"{url}.kept")

    def again(self) -> str:
        if self._server:
            self._run("truncate accounts", "truncate {0}", "insert into {0} table kept.{0}")
        else:
            for rest in ("-wal", "-shm"):
                Path(f"{self.url}{rest}").unlink(missing_ok=True)
            shutil.copy(f"{self.url}.kept", self.url)
        return self.url

    def leave(self) -> None:
        if self._server:
            self._run("drop schema kept cascade")

    def _run(self, once: str, *for_each_table: str) -> None:
        with connected(self.url) as connection:
            connection.execute(once)
            for statement in for_each_table:
                for table in PROVEN:
                    connection.execute(statement.format(table))


@pytest.fixture(scope="module")
def originals() -> Iterator[dict[str, Original]]:
    """Two accounts with every kind of row: open and closed holds, a key, a quote, a member; in
    a database of each kind."""
    with ExitStack() as stack:
        urls = {kind: stack.enter_context(fresh_database(kind)) for kind in KINDS}
        found = {kind: Original(url) for kind, url in urls.items()}
        for original in found.values():
            stack.callback(original.leave)
        yield found


def live(shop: Tallystick, account: str) -> None:
    shop.open_account(account, members=["mia"])
    shop.subscribe(account, "basic")
    shop.top_up(account, 20, custom=True)
    quote = shop.quote("Picture", account=account, images=1)
    shop.charge(account, quote=quote.quote, member="mia", labels={"project": "x"}, key="k1")
    shop.hold(account, "Picture", images=1, key="k2").settle()
    shop.hold(account, "Picture", images=1).release()
    shop.hold(account, "Picture", images=1, ttl_seconds=86_400)
    shop.adjust(account, -1, "a mistake")


@pytest.fixture
def path(originals: dict[str, Original], kind: str) -> str:
    return originals[kind].again()


def found(path: str) -> list[tuple[str, int | None, str, str]]:
    """What verify says: (account, entry, what, message)."""
    with Tallystick.open(path, platform="shop") as shop:
        report = shop.verify()
        assert report.ok == (not report.problems)
        return [(each.account, each.seq, each.what, each.message) for each in report.problems]


def place(table: str, row: dict[str, Any]) -> str:
    """Where a row is: its key as a condition."""
    keys = {
        "journal": ("account", "seq"),
        "accounts": ("account",),
        "holds": ("account", "hold"),
        "catalogs": ("platform", "version"),
    }[table]
    return " and ".join(f"{key} = {row[key]!r}" for key in keys)


def others(column: str, value: Any) -> list[Any]:
    """Other values that a column could have."""
    if column in TEXTS:
        new = [value.replace(old, to, 1) for old, to in TEXTS[column]]
        return [each for each in new if each != value]
    if isinstance(value, bytes):
        return [bytes([value[0] ^ 1]) + value[1:], b""]
    if isinstance(value, int):
        far = 1_000 if column in ("seq", "hold", "version") else 1
        return [value + far, value - far]
    if isinstance(value, str):
        return [value + "x"]
    return [1] if column in ("credits", "quantity") else ["x"] if column != "request" else [b"x"]


@pytest.mark.parametrize(("kind", "table", "column"), COLUMNS)
def test_a_change_of_any_column_is_found(
    originals: dict[str, Original], kind: str, table: str, column: str
):
    tried = 0
    for row in originals[kind].rows[table]:
        if row.get("account") == "shop/ben":
            continue
        for value in others(column, row[column]):
            path = originals[kind].again()
            where = place(table, row)
            assert changed(path, f"update {table} set {column} = ? where {where}", value)
            tried += 1
            assert_found(path, table, column, row, value)
    assert tried


def assert_found(path: str, table: str, column: str, row: dict[str, Any], value: Any) -> None:
    problems = found(path)
    assert problems, f"{table}.{column} became {value!r} and verify said nothing"
    if table == "catalogs":
        return
    account = row["account"].removeprefix("shop/")
    about = [each for each in problems if each[0] == account]
    assert about, f"verify blames {problems}, not {account}"
    unreadable = any(what == "unreadable" for _, _, what, _ in about)
    if table == "journal" and column not in ("account", "seq") and not unreadable:
        assert about[0][1] == row["seq"], about
    if table == "holds" and column not in ("account", "hold") and not unreadable:
        assert about[0][1] == row["hold"]
        assert f"hold h{row['hold']}" in about[0][3]
    if column not in ("account", "platform"):
        assert {each[0] for each in problems} <= {account, ""}


# Rows that are missing, moved, or too many


@pytest.mark.parametrize("seq", [1, 5, 9])
def test_a_deleted_line_is_missed(path: str, seq: int):
    assert changed(path, "delete from journal where account = 'shop/ann' and seq = ?", seq)
    problems = found(path)
    assert (problems[0][0], problems[0][1]) == ("ann", seq + 1)
    assert f"entry {seq} is missing" in problems[0][3]


def test_the_deleted_last_line_is_missed(path: str):
    last = "(select max(seq) from journal where account = 'shop/ann')"
    assert changed(path, f"delete from journal where account = 'shop/ann' and seq = {last}")
    whats = {what for account, _, what, _ in found(path) if account == "ann"}
    assert {"state", "hash"} <= whats


def test_all_lines_of_an_account_deleted_are_missed(path: str):
    assert changed(path, "delete from journal where account = 'shop/ann'")
    assert {account for account, _, _, _ in found(path)} == {"ann"}


def test_swapped_lines_are_found(path: str):
    for old, new in ((5, -1), (6, 5), (-1, 6)):
        assert changed(
            path, "update journal set seq = ? where account = 'shop/ann' and seq = ?", new, old
        )
    problems = found(path)
    assert (problems[0][0], problems[0][1]) == ("ann", 5)


def test_a_line_moved_to_another_account_is_found_in_both(path: str):
    last = "(select max(seq) from journal where account = 'shop/ann')"
    assert changed(
        path,
        f"update journal set account = 'shop/ben', seq = {last} + 1, key = null "
        f"where account = 'shop/ann' and seq = {last}",
    )
    assert {account for account, _, _, _ in found(path)} == {"ann", "ben"}


def test_a_line_copied_to_the_end_is_found(path: str):
    names = "account, at, event, postings, balance_before, balance_after, request, hash"
    assert changed(
        path,
        f"insert into journal ({names}, seq) select {names}, (select max(seq) + 1 from journal "
        "where account = 'shop/ann') from journal where account = 'shop/ann' and seq = 4",
    )
    assert {account for account, _, _, _ in found(path)} == {"ann"}


def test_a_removed_account_row_is_missed(path: str):
    assert changed(path, "delete from accounts where account = 'shop/ann'")
    problems = [each for each in found(path) if each[0] == "ann"]
    assert "no account" in problems[0][3]


def test_an_invented_account_row_is_found(path: str, kind: str):
    assert changed(
        path,
        "insert into accounts (account, version, state, head{0}) select 'shop/zoe', version, "
        "replace(state, 'ann', 'zoe'), head{0} from accounts where account = 'shop/ann'".format(
            "" if kind == "sqlite" else ", stamp, bucket"
        ),
    )
    assert {account for account, _, _, _ in found(path)} == {"", "zoe"}


def test_removed_and_invented_holds_are_found(path: str):
    holds = "account, status, expires_at, document"
    assert changed(path, "delete from holds where account = 'shop/ann' and status = 'open'")
    assert changed(path, f"insert into holds ({holds}, hold) select {holds}, 77 from holds limit 1")
    assert changed(
        path,
        "insert into holds select 'shop/nobody', hold, status, expires_at, document from holds "
        "limit 1",
    )
    assert {account for account, _, _, _ in found(path)} == {"ann", "nobody"}


def test_a_removed_catalog_version_is_missed(path: str):
    assert changed(path, "delete from catalogs where version = 2")
    assert any("catalog version" in message for _, _, _, message in found(path))


# Text that is no text, and a thief who knows how


@pytest.mark.parametrize(
    ("table", "column"), [("journal", "event"), ("journal", "postings"), ("holds", "document")]
)
@only_files
def test_bytes_that_are_no_text_are_reported_not_raised(path: str, table: str, column: str):
    assert changed(
        path, f"update {table} set {column} = cast(x'ff00' as text) where account = 'shop/ann'"
    )
    assert {(account, what) for account, _, what, _ in found(path)} == {("ann", "unreadable")}


def test_what_cannot_be_read_is_an_error_of_ours_in_every_verb(path: str):
    assert changed(path, "update holds set document = 'x' where account = 'shop/ann'")
    assert changed(path, "update accounts set state = 'x' where account = 'shop/ben'")
    with Tallystick.open(path, platform="shop", clock=TestClock("2026-01-10T10:00:00Z")) as shop:
        with pytest.raises(DamagedDatabase, match="a hold of shop/ann cannot be read"):
            shop.holds("ann")
        with pytest.raises(DamagedDatabase, match="the state of shop/ben cannot be read"):
            shop.charge("ben", "Picture", images=1)
        assert shop.charge("ann", "Picture", images=1).credits == 2


def test_a_line_rewritten_with_a_hash_of_its_own_breaks_the_chain(path: str):
    """Who knows how entries are hashed can rewrite one, but then the next no longer follows."""
    forge(path, seq=5)
    problems = found(path)
    assert {each[:2] for each in problems} == {("ann", 6)}
    assert "hash" in {each[2] for each in problems}


def forge(path: str, seq: int) -> None:
    """Write entry `seq` of ann anew with another time, hashed as the engine does it."""
    from tallystick.core.account import DecidedEntry
    from tallystick.core.journal import write

    with Tallystick.open(path, platform="shop") as shop:
        store = shop._transport.engine.store
        with store.reading():
            entries = list(store.entries("shop/ann"))
    old = entries[seq - 1]
    entry = DecidedEntry(seq, old.at + 1, old.event, old.balance_before, old.balance_after)
    new = write("shop/ann", entry, entries[seq - 2].hash, old.idempotency_key, old.request_hash)
    assert changed(
        path,
        "update journal set at = ?, hash = ? where account = 'shop/ann' and seq = ?",
        new.at,
        new.hash,
        seq,
    )


def test_verify_reads_what_is_stored_and_not_what_the_writer_remembers(url: str):
    with opened(url) as shop:
        shop.open_account("ann")
        shop.grant("ann", 5)
        assert shop.verify()
        assert changed(url, "update accounts set head = ? where account = 'shop/ann'", b"x")
        assert [each.what for each in shop.verify().problems] == ["hash"]


def test_progress_is_told_and_every_problem_is_a_sentence(path: str):
    assert changed(path, "update journal set balance_after = 0 where seq = 5")
    told: list[Any] = []
    with Tallystick.open(path, platform="shop") as shop:
        report = shop.verify(progress=told.append)
    assert [(each.accounts, each.of_accounts) for each in told] == [(1, 2), (2, 2)]
    assert told[-1].lines == report.lines
    assert not report
    assert str(report.problems[0]).startswith("shop: account ann, entry 5: its balance after is 0")
