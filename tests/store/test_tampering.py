"""Whoever changes what is stored is found out: verify says what is wrong, and where."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import apsw
import pytest

from tallystick import Tallystick
from tallystick.core.errors import DamagedDatabase
from tallystick.testing import TestClock
from tests.store.shop import CATALOG, opened

PROVEN = ("journal", "accounts", "holds", "catalogs")
TEXTS = {
    "event": [("1000000", "2000000"), ('"kind"', '"kinds"'), ("{", " {"), ("{", "")],
    "postings": [("1000000", "2000000"), ("[]", "[[1,2]]"), ("[", "[ "), ("[", "")],
    "state": [('"seq":', '"seq":1'), ("{", "")],
    "document": [("1000000", "2000000"), ("{", "")],
}
"""What is changed in a document: an amount, a name, a space that means nothing, its beginning."""


def columns() -> list[tuple[str, str]]:
    """Every column that verify answers for, as the schema has them."""
    with opened() as shop:
        writer = shop._door.engine.store._writer
        return [
            (table, row[1])
            for table in PROVEN
            for row in writer.execute(f"pragma table_info({table})")
        ]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two accounts with every kind of row: open and closed holds, a key, a quote, a member."""
    path = tmp_path_factory.mktemp("tampering") / "credits.db"
    clock = TestClock("2026-01-10T10:00:00Z")
    with opened(path, clock) as shop:
        for account in ("ann", "ben"):
            live(shop, account)
        shop.publish(CATALOG.replace("credits: 1,", "credits: 2,"))
        assert shop.verify()
    return path


def live(shop: Tallystick, account: str) -> None:
    shop.open_account(account, members=["mia"])
    shop.subscribe(account, "basic")
    shop.top_up(account, 20)
    quote = shop.quote("Picture", account=account, images=1)
    shop.charge(account, quote=quote.quote, member="mia", labels={"project": "x"}, key="k1")
    shop.hold(account, "Picture", images=1, key="k2").settle()
    shop.hold(account, "Picture", images=1).release()
    shop.hold(account, "Picture", images=1, ttl_seconds=86_400)
    shop.adjust(account, -1, "a mistake")


@pytest.fixture
def path(written: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(written, tmp_path / "credits.db"))


def changed(path: Path, statement: str, *values: Any) -> int:
    """Rows that a statement changed, in the file, behind the product's back."""
    database = apsw.Connection(str(path))
    database.execute(statement, values)
    count = database.changes()
    database.close()
    return count


def found(path: Path) -> list[tuple[str, int | None, str, str]]:
    """What verify says: (account, line, what, message)."""
    with Tallystick.open(path, platform="shop") as shop:
        report = shop.verify()
        assert report.ok == (not report.problems)
        return [(each.account, each.seq, each.what, each.message) for each in report.problems]


def row_ids(path: Path, table: str) -> list[dict[str, Any]]:
    """Where each row of a table is: the columns of its key, and the value of every column."""
    database = apsw.Connection(str(path))
    keys = {
        "journal": ("account", "seq"),
        "accounts": ("account",),
        "holds": ("account", "hold"),
        "catalogs": ("platform", "version"),
    }[table]
    rows = []
    for values in database.execute(f"select * from {table}"):
        names = [each[1] for each in database.execute(f"pragma table_info({table})")]
        row = dict(zip(names, values, strict=True))
        rows.append({"where": " and ".join(f"{key} = {row[key]!r}" for key in keys), **row})
    database.close()
    return rows


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


@pytest.mark.parametrize(("table", "column"), columns())
def test_a_change_of_any_column_is_found(written: Path, tmp_path: Path, table: str, column: str):
    tried = 0
    for row in row_ids(written, table):
        if row.get("account") == "shop/ben":
            continue
        for value in others(column, row[column]):
            path = Path(shutil.copy(written, tmp_path / "tampered.db"))
            assert changed(path, f"update {table} set {column} = ? where {row['where']}", value)
            tried += 1
            assert_found(path, table, column, row, value)
    assert tried


def assert_found(path: Path, table: str, column: str, row: dict[str, Any], value: Any) -> None:
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
def test_a_deleted_line_is_missed(path: Path, seq: int):
    assert changed(path, "delete from journal where account = 'shop/ann' and seq = ?", seq)
    problems = found(path)
    assert (problems[0][0], problems[0][1]) == ("ann", seq + 1)
    assert f"line {seq} is missing" in problems[0][3]


def test_the_deleted_last_line_is_missed(path: Path):
    last = "(select max(seq) from journal where account = 'shop/ann')"
    assert changed(path, f"delete from journal where account = 'shop/ann' and seq = {last}")
    whats = {what for account, _, what, _ in found(path) if account == "ann"}
    assert {"state", "hash"} <= whats


def test_all_lines_of_an_account_deleted_are_missed(path: Path):
    assert changed(path, "delete from journal where account = 'shop/ann'")
    assert {account for account, _, _, _ in found(path)} == {"ann"}


def test_swapped_lines_are_found(path: Path):
    for old, new in ((5, -1), (6, 5), (-1, 6)):
        assert changed(
            path, "update journal set seq = ? where account = 'shop/ann' and seq = ?", new, old
        )
    problems = found(path)
    assert (problems[0][0], problems[0][1]) == ("ann", 5)


def test_a_line_moved_to_another_account_is_found_in_both(path: Path):
    last = "(select max(seq) from journal where account = 'shop/ann')"
    assert changed(
        path,
        f"update journal set account = 'shop/ben', seq = {last} + 1, key = null "
        f"where account = 'shop/ann' and seq = {last}",
    )
    assert {account for account, _, _, _ in found(path)} == {"ann", "ben"}


def test_a_line_copied_to_the_end_is_found(path: Path):
    names = "account, at, event, postings, balance_before, balance_after, request, hash"
    assert changed(
        path,
        f"insert into journal ({names}, seq) select {names}, (select max(seq) + 1 from journal "
        "where account = 'shop/ann') from journal where account = 'shop/ann' and seq = 4",
    )
    assert {account for account, _, _, _ in found(path)} == {"ann"}


def test_a_removed_account_row_is_missed(path: Path):
    assert changed(path, "delete from accounts where account = 'shop/ann'")
    problems = [each for each in found(path) if each[0] == "ann"]
    assert "no account" in problems[0][3]


def test_an_invented_account_row_is_found(path: Path):
    assert changed(
        path,
        "insert into accounts select 'shop/zoe', version, replace(state, 'ann', 'zoe'), head "
        "from accounts where account = 'shop/ann'",
    )
    assert {account for account, _, _, _ in found(path)} == {"zoe"}


def test_removed_and_invented_holds_are_found(path: Path):
    holds = "account, status, expires_at, document"
    assert changed(path, "delete from holds where account = 'shop/ann' and status = 'open'")
    assert changed(path, f"insert into holds ({holds}, hold) select {holds}, 77 from holds limit 1")
    assert changed(
        path,
        "insert into holds select 'shop/nobody', hold, status, expires_at, document from holds "
        "limit 1",
    )
    assert {account for account, _, _, _ in found(path)} == {"ann", "nobody"}


def test_a_removed_catalog_version_is_missed(path: Path):
    assert changed(path, "delete from catalogs where version = 2")
    assert any("catalog version" in message for _, _, _, message in found(path))


# Text that is no text, and a thief who knows how


@pytest.mark.parametrize(
    ("table", "column"), [("journal", "event"), ("journal", "postings"), ("holds", "document")]
)
def test_bytes_that_are_no_text_are_reported_not_raised(path: Path, table: str, column: str):
    assert changed(
        path, f"update {table} set {column} = cast(x'ff00' as text) where account = 'shop/ann'"
    )
    assert {(account, what) for account, _, what, _ in found(path)} == {("ann", "unreadable")}


def test_what_cannot_be_read_is_an_error_of_ours_in_every_verb(path: Path):
    assert changed(path, "update holds set document = 'x' where account = 'shop/ann'")
    assert changed(path, "update accounts set state = 'x' where account = 'shop/ben'")
    with Tallystick.open(path, platform="shop", clock=TestClock("2026-01-10T10:00:00Z")) as shop:
        with pytest.raises(DamagedDatabase, match="a hold of shop/ann cannot be read"):
            shop.holds("ann")
        with pytest.raises(DamagedDatabase, match="the state of shop/ben cannot be read"):
            shop.charge("ben", "Picture", images=1)
        assert shop.charge("ann", "Picture", images=1).credits == 2


def test_a_line_rewritten_with_a_hash_of_its_own_breaks_the_chain(path: Path):
    """Who knows how lines are hashed can rewrite one, but then the next no longer follows."""
    forge(path, seq=5)
    problems = found(path)
    assert {each[:2] for each in problems} == {("ann", 6)}
    assert "hash" in {each[2] for each in problems}


def forge(path: Path, seq: int) -> None:
    """Write line `seq` of ann anew with another time, hashed as the engine does it."""
    from tallystick.core.account import Line
    from tallystick.core.journal import write

    with Tallystick.open(path, platform="shop") as shop:
        store = shop._door.engine.store
        with store.reading():
            lines = list(store.lines("shop/ann"))
    old = lines[seq - 1]
    line = Line(seq, old.at + 1, old.event, old.balance_before, old.balance_after)
    new = write("shop/ann", line, lines[seq - 2].hash, old.key, old.request)
    assert changed(
        path,
        "update journal set at = ?, hash = ? where account = 'shop/ann' and seq = ?",
        new.at,
        new.hash,
        seq,
    )


def test_verify_reads_what_is_stored_and_not_what_the_writer_remembers():
    with opened() as shop:
        shop.open_account("ann")
        shop.grant("ann", 5)
        assert shop.verify()
        writer = shop._door.engine.store._writer
        writer.execute("update accounts set head = x'00' where account = 'shop/ann'")
        assert [each.what for each in shop.verify().problems] == ["hash"]


def test_progress_is_told_and_every_problem_is_a_sentence(path: Path):
    assert changed(path, "update journal set balance_after = 0 where seq = 5")
    told: list[Any] = []
    with Tallystick.open(path, platform="shop") as shop:
        report = shop.verify(progress=told.append)
    assert [(each.accounts, each.of_accounts) for each in told] == [(1, 2), (2, 2)]
    assert told[-1].lines == report.lines
    assert not report
    assert str(report.problems[0]).startswith("shop: account ann, line 5: its balance after is 0")
