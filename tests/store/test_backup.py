"""Backups: taken while others write, whole or not there, and good on every kind of database."""

from __future__ import annotations

import contextlib
import fcntl
import os
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import apsw
import pytest

from tallystick import InvalidRequest, Tallystick
from tallystick.audit.backup import backup
from tallystick.audit.restoration import restore
from tallystick.core.errors import (
    DamagedDatabase,
    FullDatabase,
    NotADatabase,
    StoreError,
)
from tallystick.testing import TestClock
from tests.databases import KINDS, fresh_database
from tests.patience import until
from tests.store.behind import changed, set_back_to
from tests.store.disks import FailingDisk, in_use
from tests.store.shop import opened
from tests.store.test_copy import TABLES, WAYS, live, rows

BACKUPS = [pytest.param(4, id="4"), pytest.param(100, id="100", marks=pytest.mark.prove)]
WRITERS = 8
PIPE_BYTES = 4_096
CHUNK_BYTES = 128
PACE_SECONDS = 0.5


@pytest.fixture
def both(request: pytest.FixtureRequest) -> Iterator[tuple[str, str]]:
    with ExitStack() as stack:
        one, other = request.param
        yield stack.enter_context(fresh_database(one)), stack.enter_context(fresh_database(other))


@pytest.fixture
def file(tmp_path: Path) -> str:
    return str(tmp_path / "backup.db")


def account(url: str, images: int = 3) -> None:
    """An account that was charged a few times."""
    with opened(url) as shop:
        shop.open_account("ann")
        shop.grant("ann", 1_000)
        for _ in range(images):
            shop.charge("ann", "Picture", images=1)


def report(url: str, expect: Any = None) -> Any:
    with Tallystick.open(url, platform="shop", clock=TestClock("2026-01-10T10:00:00Z")) as shop:
        return shop.verify(every_platform=True, expect=expect)


def left(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


@pytest.mark.parametrize("both", WAYS, indirect=True, ids=" to ".join)
def test_a_backup_restores_everything_on_either_kind(both: tuple[str, str], file: str):
    live(both[0])
    made = backup(both[0], file)
    assert made
    assert (made.platforms, made.accounts) == (2, 4)
    assert stat.S_IMODE(Path(file).stat().st_mode) == 0o600
    assert left(Path(file).parent) == ["backup.db", "backup.db.head"]
    restored = restore(file, both[1])
    assert restored
    assert (restored.head, restored.entries) == (made.head, made.entries)
    for table in TABLES:
        expected = [[each for each in row if each[0] != "epoch"] for row in rows(both[0], table)]
        found = [[each for each in row if each[0] != "epoch"] for row in rows(both[1], table)]
        assert found == expected, table
    found = report(both[1], file + ".head")
    assert found
    assert found.head == made.head
    assert restored.epoch.startswith("e2-")
    assert any("restored from the backup backup.db of 20" in note for note in found.notes)
    assert left(Path(file).parent) == ["backup.db", "backup.db.head"]


@pytest.mark.parametrize("kind", KINDS)
def test_keys_answer_again_after_a_restore_of_the_same_kind(kind: str, file: str):
    with fresh_database(kind) as one, fresh_database(kind) as other:
        live(one)
        backup(one, file)
        restore(file, other)
        with opened(other) as shop:
            again = shop.charge("ann", "Picture", images=1, key="k", labels={"project": "x"})
        with opened(one) as shop:
            assert (
                again.receipt
                == shop.charge("ann", "Picture", images=1, key="k", labels={"project": "x"}).receipt
            )


@pytest.mark.parametrize("backups", BACKUPS)
def test_a_backup_that_is_taken_while_others_write_has_all_that_was_answered_before(
    url: str, tmp_path: Path, backups: int
):
    with opened(url) as shop:
        shop.open_account("acct_1")
        shop.grant("acct_1", 10_000_000)
    writers = [Writer(url, number) for number in range(WRITERS)]
    copies: list[str] = []
    entries = 0
    try:
        for number in range(backups):
            until(partial(is_past, url, entries))
            answered = {key: receipt for each in writers for key, receipt in each.read(3)}
            file = str(tmp_path / f"{number}.db")
            made = backup(url, file)
            assert made
            entries = made.entries
            if copies:
                assert_older(copies[-1], f"{file}.head")
            copies.append(str(tmp_path / f"{number}-restored.db"))
            assert restore(file, copies[-1]).head == made.head
            assert answered.items() <= receipts(copies[-1]).items()
    finally:
        for each in writers:
            each.end()
    whole = list(receipts(url).items())
    for copy in copies:
        kept = list(receipts(copy).items())
        assert kept == whole[: len(kept)], "a copy is what was written first"
    assert report(url, f"{file}.head")
    assert_older(copies[-1], file_of(url, tmp_path / "last.db"))


def is_past(url: str, entries: int) -> bool:
    with opened(url) as shop:
        return shop.balance("acct_1").seq > entries


def assert_older(copy: str, head_file: str) -> None:
    """A copy is not what the head of a later backup expects, and is told to be older."""
    older = report(copy, head_file)
    assert not older
    assert "this ledger is older than expected" in older.problems[0].message


class Writer:
    """A process that charges, and says under which key once it was answered. It goes on for as
    long as somebody reads that: a thread does, at a pace, so that the database does not outgrow a
    hundred proofs of it."""

    def __init__(self, url: str, number: int):
        self.running = subprocess.Popen(
            [sys.executable, "-m", "tests.store.workers", url, str(number * 1_000_000)],
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )
        assert self.running.stdout is not None
        with contextlib.suppress(AttributeError, OSError):
            fcntl.fcntl(self.running.stdout, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
        self._answered: list[tuple[str, str]] = []
        self._seen = 0
        self._pace_seconds = PACE_SECONDS
        self._reading = threading.Thread(target=self._listen, daemon=True)
        self._reading.start()

    def _listen(self) -> None:
        pipe, left = self.running.stdout, b""
        while pipe is not None and (chunk := os.read(pipe.fileno(), CHUNK_BYTES)):
            *lines, left = (left + chunk).split(b"\n")
            for line in lines:
                key, receipt = line.decode().split()
                self._answered.append((key, receipt))
            time.sleep(self._pace_seconds)

    def read(self, lines: int) -> list[tuple[str, str]]:
        """All that was answered so far, once so many are more than the last time."""
        until(lambda: len(self._answered) >= self._seen + lines)
        self._seen = len(self._answered)
        return self._answered[: self._seen]

    def end(self) -> None:
        self.running.kill()
        self._pace_seconds = 0.0
        self._reading.join()
        self.running.communicate()


def receipts(url: str) -> dict[str, str]:
    with opened(url) as shop:
        found: dict[str, str] = {}
        after = 0
        while page := shop.entries("acct_1", after=after, limit=1_000):
            found |= {each.key: each.receipt for each in page if each.key and each.receipt}
            after = page[-1].seq
    return found


def file_of(url: str, file: Path) -> str:
    return backup(url, str(file)).head_file


KILLED = """
import os, signal, sys
from tallystick.audit.backup import backup
def told(what, done, of):
    if what == sys.argv[3]:
        os.kill(os.getpid(), signal.SIGKILL)
backup(sys.argv[1], sys.argv[2], told=told)
"""


@pytest.mark.parametrize("step", ["Copying", "Verifying"])
def test_a_backup_that_is_killed_leaves_nothing_that_looks_whole(url: str, file: str, step: str):
    account(url)
    copying = "Copying entries" if url.startswith("postgresql") else "Copying pages"
    argv = [url, file, copying if step == "Copying" else step]
    killed = subprocess.run([sys.executable, "-c", KILLED, *argv], check=False)
    assert killed.returncode == -9
    assert left(Path(file).parent) == [".backup.db.unfinished"]
    assert backup(url, file)
    assert left(Path(file).parent) == ["backup.db", "backup.db.head"]


def test_two_backups_to_one_file_do_not_mix(url: str, file: str):
    account(url)

    def meanwhile(*_: object) -> None:
        with pytest.raises(StoreError, match=r"another process is writing .*backup\.db"):
            backup(url, file)

    assert backup(url, file, told=meanwhile)


def test_a_file_that_is_there_is_overwritten_on_word_only(url: str, file: str):
    account(url)
    first = backup(url, file)
    with pytest.raises(InvalidRequest, match=r"is there already: .*--overwrite") as error:
        backup(url, file)
    assert error.value.where == "file"
    with opened(url) as shop:
        shop.charge("ann", "Picture", images=1)
    second = backup(url, file, overwrite=True)
    assert second.entries == first.entries + 1
    assert report(url, second.head_file)


def test_a_file_that_appears_meanwhile_is_not_overwritten(url: str, file: str):
    account(url)
    with pytest.raises(InvalidRequest, match="is there already"):
        backup(url, file, told=lambda *_: Path(file).write_text("mine"))
    assert Path(file).read_text() == "mine"


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("nowhere/backup.db", "there is no folder"),
        (".", "is not a file"),
        (":memory:", "a backup is a file"),
        ("postgresql://there/backup", "a backup is a file"),
    ],
)
def test_a_place_for_no_file_is_refused(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str, said: str
):
    account(url)
    monkeypatch.chdir(tmp_path)
    with pytest.raises((InvalidRequest, StoreError), match=said):
        backup(url, file)
    assert left(tmp_path) == []


def test_a_database_that_does_not_prove_itself_is_not_backed_up(tmp_path: Path, file: str):
    url = str(tmp_path / "credits.db")
    account(url)
    changed(url, "update journal set balance_after = 7 where seq = 2")
    made = backup(url, file)
    assert not made
    assert {each.account for each in made.problems} == {"ann"}
    assert "backup.db" not in left(tmp_path)


def test_a_disk_without_room_leaves_no_backup(url: str, file: str):
    account(url)
    disk = FailingDisk("write", 1, apsw.FullError)
    with in_use(disk):
        disk.armed = True
        with pytest.raises(FullDatabase):
            backup(url, file)
        disk.armed = False
    assert left(Path(file).parent) == []


def test_the_log_of_a_database_in_use_is_in_its_backup(tmp_path: Path, file: str):
    url = str(tmp_path / "credits.db")
    with opened(url) as shop:
        shop.open_account("ann")
        assert Path(f"{url}-wal").stat().st_size
        assert backup(url, file).accounts == 1


def test_a_backup_changes_nothing_beside_it_and_may_be_older_than_this_version(
    tmp_path: Path, file: str
):
    url = str(tmp_path / "credits.db")
    account(url)
    set_back_to(url, 4)
    before = Path(url).read_bytes()
    made = backup(url, file)
    assert made
    assert Path(url).read_bytes() == before
    kept = Path(file).read_bytes()
    restored = restore(file, str(tmp_path / "restored.db"))
    assert restored.head == made.head
    assert Path(file).read_bytes() == kept
    with fresh_database("postgres") as server:
        assert restore(file, server).head == made.head


def test_an_older_schema_on_a_server_is_not_migrated_by_the_way(file: str):
    with fresh_database("postgres", bare=True) as url:
        account(url)
        set_back_to(url, 2)
        with pytest.raises(StoreError, match=r"stands at schema 2.*migrate it first"):
            backup(url, file)


# Restoring


def test_a_database_that_is_there_is_replaced_on_word_only_and_kept(tmp_path: Path, file: str):
    url = str(tmp_path / "credits.db")
    account(url)
    backup(url, file)
    with opened(url) as shop:
        shop.charge("ann", "Picture", images=1)
    with pytest.raises(InvalidRequest, match=r"has shop already: .*--replace") as error:
        restore(file, url)
    assert error.value.where == "db"
    restored = restore(file, url, replace=True)
    assert "1 entry that had been acknowledged since are missing" in restored.reason
    assert restored.before is not None
    assert report(url).entries == 5
    assert report(restored.before).entries == 6


def test_a_database_in_use_is_not_replaced(tmp_path: Path, file: str):
    url = str(tmp_path / "credits.db")
    account(url)
    backup(url, file)
    with opened(url) as shop:
        with pytest.raises(InvalidRequest, match="is open in another process"):
            restore(file, url, replace=True)
        shop.charge("ann", "Picture", images=1)


def test_a_server_with_platforms_is_left_alone(file: str):
    with fresh_database("postgres") as url:
        account(url)
        backup(url, file)
        with pytest.raises(InvalidRequest, match="has shop already"):
            restore(file, url)
        with pytest.raises(InvalidRequest, match="make an empty one"):
            restore(file, url, replace=True)


def test_what_is_no_backup_is_refused(tmp_path: Path, file: str):
    url, target = str(tmp_path / "credits.db"), str(tmp_path / "target.db")
    with pytest.raises(InvalidRequest, match="there is no file"):
        restore(file, target)
    Path(file).write_text("Not a database, but long enough for SQLite to read it as one." * 20)
    with pytest.raises(NotADatabase):
        restore(file, target)
    Path(file).write_bytes(b"")
    with pytest.raises(InvalidRequest, match="is empty"):
        restore(file, target)
    with opened(url) as shop:
        shop.open_account("ann")
        with pytest.raises(InvalidRequest, match=r"is a database in use.*-wal"):
            restore(url, target)
    with pytest.raises(InvalidRequest, match="same file"):
        restore(url, url)
    assert not Path(target).exists()


def test_a_backup_of_another_program_is_refused(tmp_path: Path, file: str):
    other = apsw.Connection(file)
    other.execute("create table theirs (x)")
    other.close()
    with pytest.raises(NotADatabase, match="another program"):
        restore(file, str(tmp_path / "target.db"))


def test_a_backup_that_was_changed_is_not_restored(tmp_path: Path, file: str):
    url, target = str(tmp_path / "credits.db"), str(tmp_path / "target.db")
    account(url)
    backup(url, file)
    changed(file, "update journal set balance_after = 7 where seq = 2")
    restored = restore(file, target)
    assert not restored
    assert restored.problems[0].seq == 2
    assert not Path(target).exists()
    half = Path(file).read_bytes()[: Path(file).stat().st_size // 2]
    Path(file).write_bytes(half)
    with pytest.raises((DamagedDatabase, InvalidRequest)):
        restore(file, target)
    assert not Path(target).exists()


def test_a_backup_beside_the_head_of_another_is_not_restored(tmp_path: Path, file: str):
    url, target = str(tmp_path / "credits.db"), str(tmp_path / "target.db")
    account(url)
    old = backup(url, file)
    with opened(url) as shop:
        shop.charge("ann", "Picture", images=1)
    new = backup(url, str(tmp_path / "new.db"))
    Path(new.head_file).replace(old.head_file)
    with pytest.raises(InvalidRequest, match=r"is not the backup that backup\.db\.head is about"):
        restore(file, target)
    assert not Path(target).exists()
