"""Opening a database: settings that are read back, migrations, and everything that is none."""

import os
import random
import shutil
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any

import apsw
import pytest

from tallystick import InvalidRequest, Tallystick
from tallystick.core.errors import (
    DamagedDatabase,
    NewerDatabase,
    NotADatabase,
    ReadOnlyDatabase,
    StoreError,
    UnsafeDatabase,
)
from tallystick.store import bucket_of
from tallystick.store.named_sql import migrations
from tallystick.store.sqlite import file
from tests.store.shop import opened

PAGE = 4_096


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file with forty accounts."""
    path = tmp_path / "credits.db"
    with opened(path) as shop:
        for number in range(40):
            shop.open_account(f"acct_{number}")
            shop.grant(f"acct_{number}", 5)
    return path


# Settings and schema


def test_every_commit_is_on_disk_before_it_is_answered(tmp_path: Path):
    with opened(tmp_path / "credits.db") as shop:
        writer = shop._transport.engine.store._writer
        assert writer.pragma("synchronous") == 2
        assert writer.pragma("journal_mode") == "wal"
        assert writer.pragma("fullfsync") == 1


@pytest.mark.parametrize("setting", ["synchronous", "journal_mode"])
def test_a_setting_that_did_not_hold_refuses_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, setting: str
):
    class Stubborn(apsw.Connection):
        """SQLite where a setting does not take, as on some network drives."""

        def pragma(self, name: str, *value: Any) -> Any:
            return super().pragma(name) if name == setting else super().pragma(name, *value)

        def __init__(self, path: str):
            super().__init__(path)
            self.execute("pragma synchronous = normal")

    monkeypatch.setattr(file.apsw, "Connection", Stubborn)
    with pytest.raises(UnsafeDatabase, match=f"did not keep {setting}="):
        opened(tmp_path / "credits.db")


def test_tables_are_strict_and_every_key_begins_with_the_account(path: Path):
    database = apsw.Connection(str(path))
    kinds = {
        row[0]: row[1]
        for row in database.execute(
            "select name, strict from pragma_table_list where schema='main'"
        )
    }
    ours = {"platforms", "catalogs", "accounts", "journal", "holds", "refusals"}
    assert ours <= kinds.keys()
    assert all(kinds[table] for table in ours)
    for table in ("accounts", "journal", "holds", "refusals"):
        for index in database.execute("select name from pragma_index_list(?)", (table,)):
            columns = list(database.execute("select name from pragma_index_info(?)", index))
            first = ("bucket",) if index == ("accounts_due",) else ("account",)
            assert columns[0] == first, (table, index)
    assert not list(database.execute("select * from sqlite_schema where type = 'trigger'"))


def test_migrations_run_once(path: Path):
    newest = migrations("sqlite")[-1][0]
    assert [number for number, _, _ in migrations("sqlite")] == list(range(1, newest + 1))
    before = schema(path)
    for _ in range(2):
        opened(path).close()
    assert schema(path) == before
    assert before[0] == newest


def schema(path: Path) -> tuple[int, int, int, list[tuple[object, ...]]]:
    database = apsw.Connection(str(path))
    found = list(database.execute("select type, name, sql from sqlite_schema order by name"))
    version, mark = database.pragma("user_version"), database.pragma("application_id")
    return version, mark, database.pragma("schema_version"), found


def test_a_reopened_file_has_everything(path: Path):
    with opened(path) as shop:
        assert len(shop.accounts()) == 40
        assert shop.balance("acct_7").available == 5
        assert shop.verify()


# Files that are no database of ours


@pytest.mark.parametrize(
    "content", ["hi", "hello world\n" * 2_000, "SQLite format 3\x00" + "x" * 500]
)
def test_another_kind_of_file_is_not_touched(tmp_path: Path, content: str):
    path = tmp_path / "notes.txt"
    path.write_text(content)
    with pytest.raises((NotADatabase, DamagedDatabase), match=r"notes\.txt"):
        opened(path)
    assert path.read_text() == content


@pytest.mark.parametrize("made_by", ["create table songs (title)", "pragma user_version = 3"])
def test_another_programs_database_is_not_touched(tmp_path: Path, made_by: str):
    path = tmp_path / "songs.db"
    database = apsw.Connection(str(path))
    database.execute(made_by)
    database.close()
    before = path.read_bytes()
    with pytest.raises(NotADatabase, match="another program"):
        opened(path)
    assert path.read_bytes() == before


def test_an_empty_file_becomes_a_database(tmp_path: Path):
    path = tmp_path / "empty.db"
    path.touch()
    with opened(path) as shop:
        shop.open_account("acct_1")
        assert shop.verify()


def test_a_folder_and_a_missing_folder_say_so(tmp_path: Path):
    for place in (tmp_path, tmp_path / "missing" / "credits.db"):
        with pytest.raises(StoreError, match="check that its folder exists"):
            opened(place)


def test_a_newer_schema_is_left_alone(path: Path):
    database = apsw.Connection(str(path))
    database.pragma("user_version", 99)
    database.close()
    before = path.read_bytes()
    with pytest.raises(NewerDatabase, match="schema 99"):
        opened(path)
    assert path.read_bytes() == before


def said_by_a_process(program: str, path: Path) -> str:
    """What a Python program prints that is given a file."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run(
        [sys.executable, "-c", program, str(path)],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )
    assert not done.stderr
    return done.stdout


READ_ONLY = """
import os, sys
from tests.store.shop import opened
from tallystick.core.errors import StoreError
opened()
if os.geteuid() == 0:
    os.seteuid(65534)
try:
    opened(sys.argv[1]).open_account("acct_x")
except StoreError as error:
    print(type(error).__name__, error)
"""


@pytest.mark.parametrize("what", ["file", "folder"])
def test_what_cannot_be_written_is_said_to_be_read_only(what: str):
    """In a process of its own that may not write: root may write anything."""
    folder = Path(tempfile.mkdtemp(prefix="tallystick-", dir="/tmp"))
    try:
        opened(folder / "credits.db").close()
        folder.chmod(0o555 if what == "folder" else 0o777)
        (folder / "credits.db").chmod(0o444)
        said = said_by_a_process(READ_ONLY, folder / "credits.db")
        assert said.startswith(ReadOnlyDatabase.__name__)
        assert "cannot be written" in said
        with opened(folder / "credits.db") as shop:
            assert shop.accounts() == []
    finally:
        folder.chmod(0o755)
        shutil.rmtree(folder)


# Damage


@pytest.mark.parametrize("kept", [50, 100, 512, PAGE, PAGE + 1, 2 * PAGE, 5 * PAGE])
def test_a_truncated_file_is_damaged(path: Path, kept: int):
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(DamagedDatabase, match="restore a backup"):
        opened(path)


def test_noise_anywhere_in_the_file_never_passes_for_a_good_answer(path: Path):
    """Each page in turn is overwritten with noise: opening or verifying says so."""
    good = path.read_bytes()
    noise = random.Random(1)
    unnoticed = []
    for page in range(len(good) // PAGE):
        start = page * PAGE
        path.write_bytes(good[:start] + noise.randbytes(PAGE) + good[start + PAGE :])
        try:
            with opened(path) as shop:
                if shop.verify():
                    unnoticed.append(page)
        except StoreError:
            continue
    assert not unnoticed


def test_a_broken_header_is_an_error_of_ours(path: Path):
    broken = bytearray(path.read_bytes())
    broken[30:200] = b"x" * 170
    path.write_bytes(broken)
    with pytest.raises(StoreError):
        opened(path)


@pytest.mark.parametrize("number", range(migrations("sqlite")[-1][0]))
def test_a_schema_version_that_was_set_back_is_told_with_a_way_back(path: Path, number: int):
    newest = migrations("sqlite")[-1][0]
    database = apsw.Connection(str(path))
    database.pragma("user_version", number)
    database.close()
    before = path.read_bytes()
    with pytest.raises(DamagedDatabase, match="its number was set back") as error:
        opened(path)
    assert f"at schema {number}, but it has the tables of schema {newest}" in str(error.value)
    assert path.read_bytes() == before
    database = apsw.Connection(str(path))
    database.execute(str(error.value).partition('"')[2].partition('"')[0])
    database.close()
    with opened(path) as shop:
        assert shop.verify()


def test_an_older_schema_is_not_taken_for_one_that_was_set_back(tmp_path: Path):
    for number, _, script in migrations("sqlite")[:-1]:
        path = tmp_path / f"{number}.db"
        with closing(apsw.Connection(str(path))) as database:
            database.create_scalar_function("bucket_of", bucket_of, 1)
            for each, _, earlier in migrations("sqlite"):
                if each < number:
                    database.execute(earlier)
            database.execute(script)
            database.pragma("user_version", number)
            database.pragma("application_id", file.APPLICATION_ID)
        with opened(path) as shop:
            assert shop.verify()


# An SQLite that cannot share a file safely


def test_an_old_sqlite_takes_the_file_alone(path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(file, "sqlite_version", lambda: (3, 51, 2))
    monkeypatch.setattr(file, "_BUSY_TIMEOUT_ALONE_MS", 50)
    with opened(path) as shop:
        shop.charge("acct_1", "Picture", images=2)
        assert shop.balance("acct_1").available == 3
        with pytest.raises(UnsafeDatabase, match="another process has"):
            opened(path)
        shop.charge("acct_1", "Picture", images=1)
        assert shop.verify()
    with opened(path) as shop:
        assert shop.balance("acct_1").available == 2


OLD = """
import sys
from tallystick.store import bucket_of
from tallystick.store.sqlite import file
file.sqlite_version = lambda: (3, 40, 1)
from tallystick.core.errors import UnsafeDatabase
from tests.store.shop import opened
try:
    opened(sys.argv[1])
except UnsafeDatabase as error:
    print(error)
"""


def test_an_old_sqlite_refuses_a_second_process(path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(file, "sqlite_version", lambda: (3, 40, 1))
    with opened(path) as shop:
        shop.charge("acct_1", "Picture", images=1)
        assert "install apsw 3.51.3 or newer" in said_by_a_process(OLD, path)


def test_a_closed_database_says_so(path: Path):
    shop = opened(path)
    shop.close()
    for ask in (lambda: shop.balance("acct_1"), lambda: shop.grant("acct_1", 1)):
        with pytest.raises(StoreError):
            ask()
    shop.close()


def test_what_is_stored_in_memory_is_gone_when_it_is_closed():
    with opened() as shop:
        shop.open_account("acct_1")
    with opened() as shop:
        assert shop.accounts() == []


def test_a_name_that_is_no_file_name_is_refused():
    for name in ("", "a\x00b", b"credits.db", "mysql://localhost/credits"):
        with pytest.raises(InvalidRequest):
            Tallystick.open(name, platform="artlist")
