"""Whoever changes an archive, or what is left of a journal that was archived, is found out."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from pyarrow import parquet

from tallystick import InvalidRequest, StoreError, Tallystick
from tallystick.audit import archive_files
from tallystick.core.instants import from_datetime
from tallystick.store import rows
from tallystick.testing import TestClock
from tests.databases import KINDS, fresh_database
from tests.store.archives import LATER, archive, archived_rows, files, old_and_new, store_of
from tests.store.behind import changed, columns, connected, read
from tests.store.shop import START, opened

TABLES = ("journal", "accounts", "holds", "checkpoints")
COLUMNS = [(kind, column) for kind in KINDS for column in columns(kind, "checkpoints")]


class Original:
    """A database whose old lines are archived, in two files; each test has a copy of the
    folder, and the rows as they were."""

    def __init__(self, url: str, folder: Path):
        self.url, self.folder = url, folder
        with old_and_new(url) as shop:
            archive(shop, folder, "2026-01-10T10:00:01Z")
            archive(shop, folder)
            assert shop.verify(archive=folder)
        self.rows = {table: read(url, table) for table in TABLES}
        self._ours = "tallystick" if url.startswith("postgresql://") else "main"
        with self._beside() as connection:
            for table in TABLES:
                rows = f"select * from {self._ours}.{table}"
                connection.execute(f"create table kept.{table} as {rows}")

    @contextmanager
    def _beside(self) -> Iterator[Any]:
        """A connection on which what is kept has a schema, or a file, of its own."""
        with connected(self.url) as connection:
            if self._ours == "main":
                connection.execute("attach ? as kept", (f"{self.url}.kept",))
            else:
                connection.execute("create schema if not exists kept")
            yield connection

    def again(self) -> str:
        with self._beside() as connection:
            for table in TABLES:
                connection.execute(f"delete from {self._ours}.{table}")
                rows = f"select * from kept.{table}"
                connection.execute(f"insert into {self._ours}.{table} {rows}")
        return self.url

    def leave(self) -> None:
        if self._ours != "main":
            changed(self.url, "drop schema kept cascade")


@pytest.fixture(scope="module")
def originals(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Original]]:
    with ExitStack() as stack:
        found = {}
        for kind in KINDS:
            url = stack.enter_context(fresh_database(kind))
            found[kind] = Original(url, tmp_path_factory.mktemp(kind) / "archive")
            stack.callback(found[kind].leave)
        yield found


@pytest.fixture
def path(originals: dict[str, Original], kind: str) -> str:
    return originals[kind].again()


@pytest.fixture
def folder(originals: dict[str, Original], kind: str, tmp_path: Path) -> Path:
    return Path(shutil.copytree(originals[kind].folder, tmp_path / "archive"))


def found(path: str, folder: Path | None) -> list[tuple[str, int | None, str]]:
    """What verify says: (account, line, message)."""
    with Tallystick.open(path, platform="shop", clock=TestClock(LATER)) as shop:
        report = shop.verify(archive=folder)
        assert report.ok == (not report.problems)
        return [(each.account, each.seq, each.message) for each in report.problems]


# The files. What proves them is the same on every kind of database.

only_files = pytest.mark.parametrize("kind", ["sqlite"])


@only_files
def test_a_bit_changed_anywhere_in_a_file_is_found(path: str, folder: Path):
    for file in files(folder):
        whole = file.read_bytes()
        for at in range(0, len(whole), max(1, len(whole) // 40)):
            file.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
            assert any(str(file) in message for _, _, message in found(path, folder)), at
        file.write_bytes(whole)
    assert found(path, folder) == []


@only_files
def test_a_missing_file_is_found_with_the_lines_it_had(path: str, folder: Path):
    for file in files(folder):
        away = file.rename(folder / "elsewhere")
        rows = parquet.read_table(away).to_pylist()
        said = found(path, folder)
        for account in {row["account"] for row in rows}:
            seqs = [row["seq"] for row in rows if row["account"] == account]
            about = next(each for each in said if f"shop/{each[0]}" == account)
            assert about[1] == min(seqs)
            assert "in no sound file of the archive" in about[2]
        away.rename(file)


@only_files
def test_an_empty_folder_is_no_archive_and_none_is_an_error(path: str, tmp_path: Path):
    (tmp_path / "empty").mkdir()
    assert {account for account, _, _ in found(path, tmp_path / "empty")} == {
        "ann", "ben", "zoë/😀",
    }  # fmt: skip
    with pytest.raises(InvalidRequest, match="there is no folder") as refused:
        found(path, tmp_path / "nowhere")
    assert refused.value.where == "archive"


CHANGES: dict[str, Any] = {
    "seq": lambda value: value + 1,
    "at": lambda value: value.replace(year=2025),
    "event": lambda value: value.replace("{", '{"x":1,', 1),
    "postings": lambda value: value + " ",
    "balance_before": lambda value: value + 1,
    "balance_after": lambda value: value + 1,
    "key": lambda value: "other",
    "request": lambda value: b"other",
    "tool": lambda value: "other",
    "model": lambda value: "other",
    "member": lambda value: "other",
    "credits": lambda value: 7,
    "quantity": lambda value: 7,
    "quote": lambda value: "other",
    "hash": lambda value: b"other",
}


@only_files
@pytest.mark.parametrize("column", CHANGES)
def test_a_line_written_anew_under_a_good_name_breaks_the_chain(
    path: str, folder: Path, column: str
):
    """Who knows how files are named can write another one, but not one that proves itself."""
    file = max(files(folder), key=lambda each: each.stat().st_size)
    table = parquet.read_table(file)
    rows = table.to_pylist()
    rows[4][column] = CHANGES[column](rows[4][column])
    forged = folder / "forged"
    parquet.write_table(type(table).from_pylist(rows, schema=table.schema), forged)
    file.unlink()
    forged.rename(folder / f"journal-{archive_files.digest_of(forged)}.parquet")
    blamed = {account for account, _, _ in found(path, folder)}
    # A file whose lines do not follow one another is not read at all: it proves nobody's lines.
    assert blamed == ({"", "ann", "ben", "zoë/😀"} if column == "seq" else {"ann"})


def under_a_good_name(folder: Path, rows: list[Any], like: Path, group: int | None = None) -> Path:
    """A file of these rows in the place of another one, named by the hash of its bytes."""
    table = parquet.read_table(like)
    forged = folder / "forged"
    whole = type(table).from_pylist(rows, schema=table.schema)
    parquet.write_table(whole, forged, row_group_size=group)
    like.unlink()
    return forged.rename(folder / f"journal-{archive_files.digest_of(forged)}.parquet")


REPEATED: dict[str, Any] = {
    "each line 100 times": lambda rows: [row for row in rows for _ in range(100)],
    "all lines 100 times": lambda rows: rows * 100,
    "the first line twice": lambda rows: [rows[0], *rows],
    "the last line twice": lambda rows: [*rows, rows[-1]],
    "a line in the midst again": lambda rows: [*rows, rows[3]],
}


@only_files
@pytest.mark.parametrize("group", [1, None])
@pytest.mark.parametrize("how", REPEATED)
def test_a_file_whose_lines_repeat_is_no_archive(
    path: str, folder: Path, how: str, group: int | None
):
    """Whoever names files as we do can write one whose lines prove themselves and are too many."""
    file = max(files(folder), key=lambda each: each.stat().st_size)
    rows = parquet.read_table(file).to_pylist()
    forged = under_a_good_name(folder, REPEATED[how](rows), file, group or len(rows))
    said = [message for _, _, message in found(path, folder)]
    assert any(str(forged) in message and "more than once" in message for message in said)
    with (
        Tallystick.open(path, platform="shop", clock=TestClock(LATER)) as shop,
        pytest.raises(StoreError, match="more than once"),
    ):
        archive(shop, folder)


@only_files
def test_a_line_in_two_files_is_one_line(path: str, folder: Path):
    """Archives of one database may be put together, also where they have lines in common."""
    one, other = (parquet.read_table(file).to_pylist() for file in files(folder))
    like = max(files(folder), key=lambda each: each.stat().st_size)
    again = like.read_bytes()
    both = sorted(one + other, key=lambda row: (row["account"], row["seq"]))
    under_a_good_name(folder, both, like)
    like.write_bytes(again)
    assert len(files(folder)) == 3
    assert found(path, folder) == []


@only_files
def test_what_is_no_file_is_not_waited_for(path: str, folder: Path):
    """A pipe nobody writes to, a device that never ends, a folder: each is told by its name."""
    names = [folder / f"journal-{number:064x}.parquet" for number in range(4)]
    os.mkfifo(names[0])
    names[1].symlink_to("/dev/zero")
    names[2].mkdir()
    names[3].symlink_to(folder / "nowhere")
    said = " ".join(message for _, _, message in found(path, folder))
    for name in names[:3]:
        assert f"{name} is not a regular file" in said
    assert f"{names[3]} cannot be read: No such file" in said


@only_files
def test_a_file_that_has_no_lines_under_a_good_name_is_told(path: str, folder: Path):
    text = folder / "forged"
    text.write_text("no Parquet")
    text = text.rename(folder / f"journal-{archive_files.digest_of(text)}.parquet")
    said = " ".join(message for _, _, message in found(path, folder))
    assert f"{text} is not what was archived" in said


# The database


@pytest.mark.parametrize("seen", [True, False])
def test_a_line_removed_without_the_archive_is_found(path: str, folder: Path, seen: bool):
    first = "(select min(seq) from journal where account = 'shop/ben')"
    assert changed(path, f"delete from journal where account = 'shop/ben' and seq = {first}")
    said = found(path, folder if seen else None)
    assert said[0][0] == "ben"
    assert "is missing" in said[0][2]


@pytest.mark.parametrize("seen", [True, False])
def test_every_line_removed_without_the_archive_is_found(path: str, folder: Path, seen: bool):
    assert changed(path, "delete from journal where account = 'shop/ben'")
    assert {account for account, _, _ in found(path, folder if seen else None)} == {"ben"}


@pytest.mark.parametrize("seen", [True, False])
def test_a_removed_checkpoint_is_found(path: str, folder: Path, seen: bool):
    assert changed(path, "delete from checkpoints where account = 'shop/ben'")
    said = found(path, folder if seen else None)
    assert {account for account, _, _ in said} == {"ben"}
    assert "entry 1 is missing" in said[0][2]


@pytest.mark.parametrize("seen", [True, False])
@pytest.mark.parametrize(("kind", "column"), COLUMNS)
def test_a_change_of_any_column_of_a_checkpoint_is_found(
    originals: dict[str, Original], path: str, folder: Path, kind: str, column: str, seen: bool
):
    where = "account = 'shop/ben'"
    row = next(each for each in originals[kind].rows["checkpoints"] if "ben" in each["account"])
    for value in others(row[column]):
        originals[kind].again()
        assert changed(path, f"update checkpoints set {column} = ? where {where}", value)
        assert {"ben"} <= {account for account, _, _ in found(path, folder if seen else None)}


def others(value: Any) -> list[Any]:
    if isinstance(value, int):
        return [value - 1, value + 1]
    if isinstance(value, bytes):
        return [b"", bytes([value[0] ^ 1]) + value[1:]]
    if value.startswith("{"):
        return [value.replace("{", "{ ", 1), value.replace('"seq":', '"seq":1', 1), "{"]
    return ["shop/nobody"]


def test_a_checkpoint_forged_with_all_that_follows_from_it_is_found_by_the_archive(
    path: str, folder: Path
):
    """Who knows how checkpoints are hashed can change one and the account alike; what the
    archived entries come to stays what it is."""
    with opened(path) as shop, store_of(shop).reading():
        checkpoint = store_of(shop).checkpoint("shop/ann")
    forged = replace(checkpoint, account=replace(checkpoint.account, name="Anne"))
    _, _, document, digest = rows.checkpoint_row("shop/ann", forged)
    state = rows.encode(forged.account).decode()
    where = "where account = 'shop/ann'"
    assert changed(path, f"update checkpoints set document = ?, hash = ? {where}", document, digest)
    assert changed(path, f"update accounts set state = ? {where}", state)
    assert found(path, None) == []
    said = "its checkpoint is not what the archived entries give"
    assert found(path, folder) == [("ann", checkpoint.seq, said)]


CHANGED_HOLDS = (
    "delete from holds",
    "update holds set document = replace(document, '\"settled\":2', '\"settled\":3')",
    "update holds set expires_at = expires_at + 1",
    "update holds set hold = hold + 70",
)


@pytest.mark.parametrize("seen", [True, False])
@pytest.mark.parametrize("change", CHANGED_HOLDS)
def test_a_hold_that_was_closed_long_ago_is_still_proven(
    path: str, folder: Path, change: str, seen: bool
):
    """Its lines are archived; its row answers a late settlement for ever."""
    assert changed(path, f"{change} where account = 'shop/ann' and status = 'settled'")
    said = found(path, folder if seen else None)
    assert {account for account, _, _ in said} == {"ann"}
    assert "hold" in said[0][2]


def test_archived_lines_that_are_put_back_are_found(
    originals: dict[str, Original], path: str, folder: Path
):
    row = next(row for row in originals_rows(folder) if row["account"] == "shop/ann")
    names = ", ".join(row)
    places = ", ".join("?" * len(row))
    assert changed(path, f"insert into journal ({names}) values ({places})", *row.values())
    for archived in (folder, None):
        assert [each for each in found(path, archived) if "in the journal all the same" in each[2]]


def originals_rows(folder: Path) -> list[dict[str, Any]]:
    return [{**row, "at": from_datetime(row["at"])} for row in archived_rows(folder)]


def test_an_account_that_is_lost_with_all_its_rows_is_missed_by_its_archive(
    path: str, folder: Path
):
    for table in TABLES:
        assert changed(path, f"delete from {table} where account = 'shop/ben'")
    said = "3 accounts were opened, but 2 are there: accounts were removed, or added by hand"
    assert found(path, None) == [("", None, said)]
    assert [account for account, _, _ in found(path, folder)] == ["", "ben"]


def test_rows_of_an_account_without_its_own_are_found_by_their_checkpoint(path: str):
    for table in ("journal", "accounts", "holds"):
        changed(path, f"delete from {table} where account = 'shop/ben'")
    assert [account for account, _, _ in found(path, None)] == ["", "ben"]


def test_a_database_that_has_forgotten_what_its_archive_has_is_found(url: str, tmp_path: Path):
    """Restored from a backup that is older than the archive."""
    with old_and_new(url) as shop:
        kept = read(url, "journal"), read(url, "accounts")
        archive(shop, tmp_path / "archive")
        last = max(row["seq"] for row in kept[0] if row["account"] == "shop/ann")
    assert changed(url, "update accounts set version = ? where account = 'shop/ann'", last - 1)
    state = next(row["state"] for row in kept[1] if row["account"] == "shop/ann")
    younger = state.replace(f'"seq":{last}', f'"seq":{last - 1}', 1)
    assert changed(url, "update accounts set state = ? where account = 'shop/ann'", younger)
    said = found(url, tmp_path / "archive")
    assert any(f"the archive has entries up to {last}" in message for _, _, message in said)


def test_what_was_written_and_not_removed_yet_is_no_problem(url: str, tmp_path: Path):
    """A run that was ended between the two: every line is in the database all the same."""
    with opened(url, TestClock(START)) as shop:
        shop.open_account("ann")
        shop.grant("ann", 5)
    with opened(url, TestClock(LATER)) as shop:
        store = shop._transport.engine.store
        (tmp_path / "archive").mkdir()
        writer = archive_files.Writer(tmp_path / "archive")
        with store.reading():
            writer.add("shop/ann", list(store.entries("shop/ann")))
        writer.finish()
        report = shop.verify(archive=tmp_path / "archive")
        assert report
        assert (report.lines, report.unseen) == (2, 0)
