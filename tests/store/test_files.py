"""A SQLite file's three files are touched: nothing is acknowledged that is not in them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import apsw
import pytest

from tallystick import Tallystick
from tallystick.core.errors import StoreError
from tallystick.store.sqlite import transactions
from tallystick.store.sqlite import watch as watches
from tests.store import workers
from tests.store.behind import connected, read
from tests.store.shop import opened

GONE = "moved, replaced or removed"
OVERWRITTEN = "written by something other than SQLite"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """An account with a hundred credits."""
    path = tmp_path / "credits.db"
    with opened(path) as shop:
        shop.open_account("acct_1")
        shop.grant("acct_1", 100)
    return path


@pytest.fixture
def looked_at_always(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is looked at once a second is looked at each time, so that no test waits."""
    monkeypatch.setattr(transactions, "LOOK_SECONDS", 0.0)


def beside(path: Path, ending: str) -> Path:
    return path.with_name(path.name + ending)


def charge(shop: Tallystick, key: str, images: int = 1) -> Any:
    return shop.charge("acct_1", "Picture", images=images, key=key)


def copied(path: Path, to: Path) -> Path:
    """A backup as it should be made: by SQLite, with what is in the log."""
    with connected(str(path)) as source:
        source.execute("vacuum into ?", (str(to),))
    return to


def keys(path: Path) -> set[str]:
    return {str(row["key"]) for row in read(str(path), "journal") if row["key"]}


def refused(shop: Tallystick, match: str) -> None:
    """Neither spending nor reading nor readiness goes on, and it stays so."""
    for ask in (
        lambda: charge(shop, "refused"),
        lambda: shop.balance("acct_1"),
        lambda: shop.execute([]) or shop.grant("acct_1", 1),
        shop._transport.engine.check,
    ):
        for _ in range(2):
            with pytest.raises(StoreError, match=match):
                ask()


# Touched while it is open


def away(path: Path, tmp_path: Path) -> None:
    path.rename(tmp_path / "elsewhere.db")


def removed(path: Path, tmp_path: Path) -> None:
    path.unlink()


def replaced(path: Path, tmp_path: Path) -> None:
    copied(path, tmp_path / "backup.db").rename(path)


def without_log(path: Path, tmp_path: Path) -> None:
    beside(path, "-wal").unlink()


def another_log(path: Path, tmp_path: Path) -> None:
    beside(path, "-wal").rename(tmp_path / "log")
    shutil.copy(tmp_path / "log", beside(path, "-wal"))


def without_index(path: Path, tmp_path: Path) -> None:
    beside(path, "-shm").unlink()


TOUCHED = [away, removed, replaced, without_log, another_log, without_index]


@pytest.mark.parametrize("touch", TOUCHED)
def test_nothing_is_acknowledged_once_a_file_was_touched(
    path: Path, tmp_path: Path, touch: Callable[[Path, Path], None]
):
    """Even in the very second: each commit is looked after before it is answered."""
    with opened(path) as shop:
        charge(shop, "before")
        touch(path, tmp_path)
        with pytest.raises(StoreError, match=GONE) as error:
            charge(shop, "after")
        assert "ask again, under the same keys" in str(error.value)
        refused(shop, GONE)


@pytest.mark.usefixtures("looked_at_always")
@pytest.mark.parametrize("touch", TOUCHED)
def test_reading_and_readiness_say_the_same(
    path: Path, tmp_path: Path, touch: Callable[[Path, Path], None]
):
    with opened(path) as shop:
        charge(shop, "before")
        assert shop.balance("acct_1").available == 99
        touch(path, tmp_path)
        with pytest.raises(StoreError, match=GONE):
            shop.balance("acct_1")
        refused(shop, GONE)


def test_a_file_that_came_back_is_used_again_only_when_it_is_opened_again(
    path: Path, tmp_path: Path
):
    shop = opened(path)
    charge(shop, "before")
    path.rename(tmp_path / "elsewhere.db")
    with pytest.raises(StoreError, match=GONE):
        charge(shop, "after")
    (tmp_path / "elsewhere.db").rename(path)
    refused(shop, GONE)
    shop.close()
    with opened(path) as shop:
        assert {"before"} <= keys(path)
        charge(shop, "after")
        assert shop.verify()


def test_what_was_acknowledged_before_the_log_was_removed_is_there_afterwards(path: Path):
    """The log is still open and whole: closing the database folds it in."""
    shop = opened(path)
    for number in range(5):
        charge(shop, f"k{number}")
    beside(path, "-wal").unlink()
    with pytest.raises(StoreError, match=GONE):
        charge(shop, "after")
    shop.close()
    with opened(path) as shop:
        assert {f"k{number}" for number in range(5)} <= keys(path)
        assert shop.verify()


OPENS = """
import sys
from tallystick.core.errors import StoreError
from tests.store.shop import opened
try:
    with opened(sys.argv[1]) as shop:
        print(shop.charge("acct_1", "Picture", images=1, key=sys.argv[2]).receipt)
except StoreError as error:
    print(type(error).__name__, error)
"""


def by_another_process(program: str, *arguments: str) -> str:
    """What a Python program prints; nothing went wrong in it."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
        timeout=60,
    )
    assert not done.stderr, done.stderr
    return done.stdout


def test_two_processes_never_go_on_with_two_logs(path: Path):
    """One has the log that was removed, the other one would make a new one: it is told to wait,
    and what either has acknowledged is in the file in the end."""
    with opened(path) as first:
        charge(first, "mine")
        assert by_another_process(OPENS, str(path), "theirs").startswith("r")
        beside(path, "-wal").unlink()
        said = by_another_process(OPENS, str(path), "too late")
        assert "was removed or replaced while another process had the database open" in said
        with pytest.raises(StoreError, match=GONE):
            charge(first, "too late as well")
    with opened(path) as shop:
        assert {"mine", "theirs"} <= keys(path)
        assert shop.verify()


def test_a_process_that_has_lost_its_log_never_writes_over_another_ones_work(path: Path):
    """The log and its index are removed, another process goes on with new ones and ends; what
    the first one still has is not folded over that."""
    first = opened(path)
    charge(first, "mine")
    beside(path, "-wal").unlink()
    beside(path, "-shm").unlink()
    assert by_another_process(OPENS, str(path), "theirs").startswith("r")
    with pytest.raises(StoreError, match=GONE):
        charge(first, "later")
    first.close()
    with opened(path) as shop:
        assert keys(path) == {"theirs"}
        assert shop.verify()


def test_a_log_that_another_process_has_begun_is_never_removed(path: Path):
    """The log was empty when it was removed, so nothing tells the other process to wait; what it
    acknowledged stands in a new log, which the first one must not take for its own."""
    first = opened(path)
    charge(first, "mine")
    first._transport.engine.store._writer.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
    beside(path, "-wal").unlink()
    assert by_another_process(OPENS, str(path), "theirs").startswith("r")
    first.close()
    with opened(path) as shop:
        assert keys(path) == {"mine", "theirs"}
        assert shop.verify()


# A backup copied over an open file


@pytest.mark.usefixtures("looked_at_always")
def test_a_backup_copied_over_an_open_file_is_noticed_and_not_undone(path: Path, tmp_path: Path):
    backup = copied(path, tmp_path / "backup.db")
    shop = opened(path)
    for number in range(3):
        charge(shop, f"k{number}")
    path.write_bytes(backup.read_bytes())
    with pytest.raises(StoreError, match=OVERWRITTEN):
        charge(shop, "after")
    refused(shop, OVERWRITTEN)
    shop.close()
    assert path.read_bytes() == backup.read_bytes(), "the old log was folded into the backup"
    with pytest.raises(StoreError, match="belongs to what was there before"):
        opened(path)
    beside(path, "-wal").unlink()
    beside(path, "-shm").unlink()
    with opened(path) as shop:
        assert shop.balance("acct_1").available == 100
        assert shop.verify()


def test_a_backup_copied_over_an_idle_file_is_noticed_when_it_is_closed(path: Path, tmp_path: Path):
    backup = copied(path, tmp_path / "backup.db")
    shop = opened(path)
    charge(shop, "before")
    path.write_bytes(backup.read_bytes())
    shop.close()
    assert path.read_bytes() == backup.read_bytes()


def test_a_date_that_was_set_is_no_reason_to_stop(path: Path):
    with opened(path) as shop:
        charge(shop, "before")
        os.utime(path)
        path.chmod(0o640)
        charge(shop, "after")
        os.utime(path, (1, 1))
        charge(shop, "later")
        shop._transport.engine.check()


def test_checkpoints_of_others_are_no_reason_to_stop(path: Path):
    """However they come about: by themselves, cut short, in full, from another process."""
    program = """
import sys, apsw
database = apsw.Connection(sys.argv[1])
print(database.wal_checkpoint(mode=int(sys.argv[2])))
"""
    with opened(path) as shop:
        for number, mode in enumerate(
            (apsw.SQLITE_CHECKPOINT_PASSIVE, apsw.SQLITE_CHECKPOINT_FULL,
             apsw.SQLITE_CHECKPOINT_RESTART, apsw.SQLITE_CHECKPOINT_TRUNCATE) * 2
        ):  # fmt: skip
            charge(shop, f"k{number}")
            by_another_process(program, str(path), str(mode))
            shop._transport.engine.check()
        shop._transport.engine.store.vacuum()
        charge(shop, "last")
        assert shop.verify()


def test_a_checkpoint_that_was_broken_off_is_no_reason_to_stop(path: Path, tmp_path: Path):
    """A process is killed between two pages: the index says that it had begun."""
    with opened(path) as shop:
        charge(shop, "before")
        store = shop._transport.engine.store
        watch = store._opened._watch
        index = beside(path, "-shm")
        with index.open("r+b", buffering=0) as file:
            file.seek(128)
            begun = int.from_bytes(file.read(4), sys.byteorder)
            file.seek(128)
            file.write((begun + 1).to_bytes(4, sys.byteorder))
        os.utime(path, (2, 2))
        watch.check()
        assert not watch.progress().quiet


@pytest.fixture
def folded_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TALLYSTICK_TEST_CHECKPOINT_PAGES", "20")


ROUNDS = [pytest.param(40, id="40"), pytest.param(1_500, id="1500", marks=pytest.mark.prove)]


@pytest.mark.parametrize("times", ROUNDS)
def test_eight_processes_that_write_and_fold_are_never_stopped(path: Path, times: int):
    """Each commit looks at the files; every process folds the log in, each few of its commits."""
    started = [
        subprocess.Popen(
            [sys.executable, "-c", FOLDS, str(path), str(times), str(number)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )
        for number in range(workers.PROCESSES)
    ]
    said = [process.communicate(timeout=600)[0] for process in started]
    assert [each for each in said if each != f"{times}\n"] == []
    with opened(path) as shop:
        assert len(keys(path)) == times * workers.PROCESSES
        assert shop.verify()


FOLDS = """
import sys
from tallystick.store.sqlite import file, transactions
file._CHECKPOINT_PAGES = 7
transactions.LOOK_SECONDS = 0.0
from tests.store.shop import opened
path, times, number = sys.argv[1], int(sys.argv[2]), sys.argv[3]
with opened(path) as shop:
    shop.grant("acct_1", times)
    for each in range(times):
        shop.charge("acct_1", "Picture", images=1, key=f"p{number}-{each}")
        shop.balance("acct_1")
        shop._transport.engine.check()
    epoch = shop._transport.engine.store._epochs.current.epoch
    assert epoch == "e1", epoch
print(times)
"""


# Permissions


def test_new_files_are_for_their_owner_only(tmp_path: Path):
    old = os.umask(0o022)
    try:
        path = tmp_path / "credits.db"
        with opened(path) as shop:
            shop.open_account("acct_1")
            modes = {name.name: name.stat().st_mode & 0o777 for name in tmp_path.iterdir()}
        assert modes == {
            "credits.db": 0o600,
            "credits.db-wal": 0o600,
            "credits.db-shm": 0o600,
            "credits.db-epoch": 0o600,
        }
    finally:
        os.umask(old)


def test_a_file_that_was_there_keeps_its_permissions(path: Path):
    path.chmod(0o640)
    beside(path, "-epoch").unlink()
    with opened(path) as shop:
        charge(shop, "k1")
        for name in ("", "-wal", "-shm", "-epoch"):
            assert beside(path, name).stat().st_mode & 0o777 == 0o640, name


def test_a_relative_name_stays_good_when_the_process_goes_elsewhere(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    with opened("credits.db") as shop:
        monkeypatch.chdir("/")
        charge(shop, "k1")
        shop._transport.engine.check()


def test_a_link_to_the_file_is_as_good_as_its_name(path: Path, tmp_path: Path):
    (tmp_path / "link").mkdir()
    link = tmp_path / "link" / "other.db"
    link.symlink_to(path)
    with opened(link) as shop:
        charge(shop, "k1")
        beside(path, "-wal").unlink()
        with pytest.raises(StoreError, match=GONE):
            charge(shop, "k2")


def test_a_database_in_memory_has_no_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    with opened() as shop:
        shop.open_account("acct_1")
        shop._transport.engine.check()
    assert not list(tmp_path.iterdir())


def test_opening_and_closing_leaves_no_descriptor_open(path: Path):
    for _ in range(3):
        opened(path).close()
    before = len(watches._indexes)
    for _ in range(20):
        with opened(path) as shop:
            charge(shop, "k1")
    assert len(watches._indexes) <= before
