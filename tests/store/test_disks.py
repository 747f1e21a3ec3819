"""Disks that fail and lose power: what was answered stays, and nothing is answered falsely."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

import apsw
import pytest

from tallystick import Tallystick
from tallystick.core.errors import StoreError
from tests.databases import fresh_database
from tests.store.behind import connected
from tests.store.disks import FailingDisk, ForgetfulDisk, in_use
from tests.store.shop import opened

KINDS = [("write", apsw.IOError), ("write", apsw.FullError), ("sync", apsw.IOError)]
FIRST = [*range(1, 9), *(pytest.param(after, marks=pytest.mark.prove) for after in range(9, 40))]


def new(path: Path) -> Path:
    with opened(path) as shop:
        shop.open_account("acct_1")
        shop.grant("acct_1", 100)
    return path


def charge(shop: Tallystick, key: str) -> bytes | None:
    """The answer to a keyed charge; None when there was an error instead."""
    try:
        return shop.charge("acct_1", "Picture", images=1, key=key).to_json()
    except StoreError:
        return None


@pytest.mark.parametrize("after", FIRST)
@pytest.mark.parametrize(("what", "error"), KINDS, ids=["write", "full", "sync"])
def test_a_disk_that_fails_loses_nothing_and_answers_nothing_falsely(
    tmp_path: Path, what: str, error: type[apsw.Error], after: int
):
    """The disk fails in the midst of keyed charges and recovers; then every key is asked again."""
    path = new(tmp_path / "credits.db")
    disk = FailingDisk(what, after, error)
    with in_use(disk), opened(path) as shop:
        answers = {"before": charge(shop, "before")}
        disk.armed = True
        for number in range(after + 3):
            answers[f"k{number}"] = charge(shop, f"k{number}")
        assert None in answers.values(), "the disk never failed"
        check_reading(shop, answers)
        disk.armed = False
        ask_again(shop, answers)
    with opened(path) as shop:
        ask_again(shop, answers)


@pytest.mark.parametrize("after", FIRST)
@pytest.mark.parametrize(("what", "error"), KINDS, ids=["write", "full", "sync"])
def test_a_process_that_ends_after_its_disk_failed_leaves_what_it_answered(
    tmp_path: Path, what: str, error: type[apsw.Error], after: int
):
    path = new(tmp_path / "credits.db")
    disk = FailingDisk(what, after, error)
    with in_use(disk):
        shop = opened(path)
        disk.armed = True
        answers = {f"k{number}": charge(shop, f"k{number}") for number in range(after + 3)}
        with suppress(StoreError):
            shop.close()
    with opened(path) as shop:
        ask_again(shop, answers)


def check_reading(shop: Tallystick, answers: dict[str, bytes | None]) -> None:
    """While the disk still fails, reading goes on and shows what was answered, no more."""
    charged = sum(answer is not None for answer in answers.values())
    assert shop.balance("acct_1").available == 100 - charged


def ask_again(shop: Tallystick, answers: dict[str, bytes | None]) -> None:
    """Every key again: the same answer where there was one, and one charge for each."""
    assert shop.verify()
    for key, answer in answers.items():
        again = charge(shop, key)
        assert again is not None
        if answer is not None:
            assert again == answer
        answers[key] = again
    assert shop.verify()
    assert shop.balance("acct_1").available == 100 - len(answers)
    assert [entry.key for entry in shop.entries("acct_1") if entry.key] == sorted(
        answers, key=lambda key: shop_order(answers[key])
    )


def shop_order(answer: bytes | None) -> int:
    return int((answer or b"").split(b'"seq":')[1].split(b",")[0])


def test_a_disk_without_room_is_told_until_something_can_be_written_again(tmp_path: Path):
    """The keys of readiness: what it refuses, spending refuses, and the other way round."""
    disk = FailingDisk("write", 1, apsw.FullError)
    with in_use(disk), opened(new(tmp_path / "credits.db")) as shop:
        check = shop._transport.engine.check
        check()
        disk.armed = True
        with pytest.raises(StoreError, match="no room left on its disk"):
            shop.charge("acct_1", "Picture", images=1)
        for _ in range(2):
            with pytest.raises(StoreError, match="no room left on its disk"):
                check()
        assert shop.balance("acct_1").available == 100
        disk.armed = False
        check()
        assert shop.charge("acct_1", "Picture", images=1)
        counted = disk.counted
        check()
        assert disk.counted == counted, "a disk with room is not written to for a question"


def test_a_disk_that_says_it_is_full_is_asked_by_writing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Before any write has failed here: another process, or another program, has filled it."""
    disk = FailingDisk("write", 1, apsw.FullError)
    with in_use(disk), opened(new(tmp_path / "credits.db")) as shop:
        real = os.statvfs(tmp_path)
        full = os.statvfs_result([*real[:4], 0, *real[5:10]])
        monkeypatch.setattr(os, "statvfs", lambda _: full)
        shop._transport.engine.check()
        disk.armed = True
        with pytest.raises(StoreError, match="no room left on its disk"):
            shop._transport.engine.check()
        disk.armed = False


FULL = """
create function full_disk() returns trigger language plpgsql as $$
begin raise exception 'No space left on device' using errcode = '53100'; end $$;
create trigger full_disk before update on accounts for each row execute function full_disk();
create trigger full_disk before update on platforms for each row execute function full_disk();
"""


def test_a_server_without_room_is_told_until_something_can_be_written_again():
    with fresh_database("postgres", bare=True) as url, opened(url) as shop:
        shop.open_account("acct_1")
        shop.grant("acct_1", 100)
        check = shop._transport.engine.check
        check()
        with connected(url) as connection:
            connection.execute(FULL)
            check()
            with pytest.raises(StoreError, match="no room left on its disk"):
                shop.charge("acct_1", "Picture", images=1)
            for _ in range(2):
                with pytest.raises(StoreError, match="no room left on its disk"):
                    check()
            connection.execute("drop function full_disk cascade")
        check()
        assert shop.charge("acct_1", "Picture", images=1)


SURVIVORS = {
    "nothing more": lambda _: False,
    "every second write": lambda at: at % 2 == 0,
    "all but the first": lambda at: at > 0,
    "everything": lambda _: True,
}


@pytest.mark.parametrize("checkpointed", [False, True], ids=["in the log", "folded in"])
@pytest.mark.parametrize("survivors", SURVIVORS)
def test_what_was_answered_survives_a_power_cut(tmp_path: Path, survivors: str, checkpointed: bool):
    """After each answer the power goes out; of what was not synced yet, this and that survives."""
    disk = ForgetfulDisk()
    with in_use(disk):
        shop = opened(new(tmp_path / "credits.db"))
        for number in range(1, 8):
            shop.charge("acct_1", "Picture", images=1, key=f"k{number}")
            if checkpointed and number % 3 == 0:
                shop._transport.engine.store._writer.wal_checkpoint(
                    mode=apsw.SQLITE_CHECKPOINT_FULL
                )
            folder = tmp_path / f"found{number}"
            folder.mkdir()
            found = disk.after_a_power_cut(folder, SURVIVORS[survivors])
            check_found(found, number)
        shop.close()


def check_found(path: Path, charged: int) -> None:
    # The files that are looked into lie on a disk that works.
    database = apsw.Connection(str(path), vfs="unix")
    database.pragma("journal_mode", "wal")
    keys = {row[0] for row in database.execute("select key from journal where key is not null")}
    database.close()
    assert {f"k{number}" for number in range(1, charged + 1)} <= keys
    with opened(path) as shop:
        assert shop.verify()
        assert shop.balance("acct_1").available == 100 - len(keys)
