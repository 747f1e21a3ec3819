"""Archiving: old lines go to files that prove themselves, and everything else stays as it was."""

from __future__ import annotations

import sys
import threading
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from tallystick import InvalidRequest, Tallystick
from tallystick.audit import archive as archiver
from tallystick.audit import archive_files
from tallystick.core.errors import StoreError
from tallystick.core.instants import from_datetime, parse
from tallystick.store import Move
from tallystick.testing import TestClock
from tests.databases import fresh_database
from tests.store import archives
from tests.store.archives import (
    ACCOUNTS,
    BEFORE,
    LATER,
    archive,
    archived,
    files,
    old_and_new,
    store_of,
)
from tests.store.behind import changed, read
from tests.store.shop import START, opened


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "archive"


@pytest.fixture
def shop(url: str):
    with old_and_new(url) as shop:
        yield shop


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files, groups and transactions of a few lines, so that there are many of each."""
    for module, name, value in (
        (archiver, "FILE_ENTRIES", 12),
        (archiver, "PAGE_ROWS", 3),
        (archiver, "REMOVED_ENTRIES", 2),
        (archive_files, "GROUP_ENTRIES", 5),
    ):
        monkeypatch.setattr(module, name, value)


def lines(url: str) -> dict[tuple[str, int], dict[str, Any]]:
    return {(row["account"], row["seq"]): row for row in read(url, "journal")}


def test_old_lines_are_in_the_files_and_no_longer_in_the_database(
    shop: Tallystick, url: str, folder: Path
):
    before = lines(url)
    done = archive(shop, folder)
    left = lines(url)
    old = {place for place, row in before.items() if row["at"] < parse(f"{BEFORE}T00:00:00Z", "")}
    assert left == {place: row for place, row in before.items() if place not in old}
    assert archived(folder) == sorted(old)
    assert (done.lines, done.accounts, done.dry_run) == (len(old), 3, False)
    assert list(done.files) == [file.name for file in files(folder)]
    for row in archives.archived_rows(folder):
        row["at"] = from_datetime(row["at"])
        assert row == before[row["account"], row["seq"]]


@pytest.mark.usefixtures("small")
def test_many_files_and_many_transactions_say_the_same(shop: Tallystick, url: str, folder: Path):
    before = lines(url)
    archive(shop, folder)
    assert len(files(folder)) > 2
    assert sorted([*archived(folder), *lines(url)]) == sorted(before)
    assert shop.verify(archive=folder)


def test_verify_proves_the_rest_and_says_what_it_did_not_see(shop: Tallystick, folder: Path):
    every = shop.verify().lines
    done = archive(shop, folder)
    rest, whole = shop.verify(), shop.verify(archive=folder)
    assert rest
    assert (rest.lines, rest.unseen) == (every - done.lines, done.lines)
    assert whole
    assert (whole.lines, whole.unseen) == (every, 0)


def test_archiving_twice_moves_nothing_twice(shop: Tallystick, url: str, folder: Path):
    first = archive(shop, folder)
    again = archive(shop, folder)
    assert (again.lines, again.files) == (0, ())
    assert files(folder) == [folder / name for name in first.files]
    with opened(url, TestClock("2026-12-01T10:00:00Z")) as later:
        later.charge("ben", "Picture", images=1)
        more = archive(later, folder, "180d")
        assert more.lines > 0
        assert later.verify(archive=folder)
    assert len(set(archived(folder))) == len(archived(folder)) == first.lines + more.lines


def test_a_dry_run_says_how_much_and_changes_nothing(shop: Tallystick, url: str, folder: Path):
    before = lines(url)
    would = archive(shop, folder, dry_run=True)
    assert not folder.exists()
    assert lines(url) == before
    done = archive(shop, folder)
    assert would.dry_run
    assert (would.platforms, would.lines) == (done.platforms, done.lines)


def test_progress_is_told_account_by_account(shop: Tallystick, folder: Path):
    told: list[Any] = []
    archive(shop, folder, progress=told.append)
    assert [(each.accounts, each.of_accounts) for each in told] == [(1, 3), (2, 3), (3, 3)]


# What may not be archived


@pytest.mark.parametrize("before", ["2026-04-02", "29d", "2026-04-01T10:00:01Z", "1w", "1s"])
def test_the_lines_of_the_last_30_days_stay(shop: Tallystick, folder: Path, before: str):
    with pytest.raises(InvalidRequest, match="the last 30 days stay") as refused:
        archive(shop, folder, before)
    assert refused.value.where == "before"
    assert not folder.exists()


@pytest.mark.parametrize("before", ["2026-04-01T10:00:00Z", "30d", "1mo"])
def test_lines_of_30_days_ago_may_go(shop: Tallystick, folder: Path, before: str):
    assert archive(shop, folder, before).lines


@pytest.mark.parametrize("before", ["", "soon", "2026-13-01", "--40d", "90", "900y", 7, None])
def test_what_is_no_date_and_no_age_is_refused(shop: Tallystick, folder: Path, before: Any):
    with pytest.raises(InvalidRequest) as refused:
        archive(shop, folder, before)
    assert refused.value.where == "before"


def test_a_platform_is_as_old_as_its_own_clock_says(url: str, folder: Path):
    with opened(url, TestClock(START)) as shop:
        shop.open_account("ann")
        shop.grant("ann", 1)
        assert archive(shop, folder, "30d").lines == 0
        assert not shop.clock().test
    with Tallystick.open(
        url, platform="imagineart", test_clock=START, clock=TestClock(START)
    ) as test:
        test.open_account("ann")
        test.advance_clock(by="60d")
        assert archive(test, folder, "30d").lines == 1
        assert test.verify(every_platform=True, archive=folder)


def test_a_key_is_remembered_for_30_days_and_its_effects_for_ever(url: str, folder: Path):
    clock = TestClock(START)
    with opened(url, clock) as shop:
        shop.open_account("ann")
        first = shop.grant("ann", 5, key="once")
        clock.advance("29d 23h 59m".replace(" ", ""))
        archive(shop, folder, "30d")
        assert shop.grant("ann", 5, key="once") == first
        clock.advance("2m")
        archive(shop, folder, "30d")
        assert shop.balance("ann").available == 5
        assert shop.grant("ann", 5, key="once").seq == first.seq + 1
        assert shop.verify(archive=folder)


# Where something is wrong nothing is removed


def test_a_journal_that_does_not_prove_itself_is_not_archived(
    shop: Tallystick, url: str, folder: Path
):
    assert changed(
        url, "update journal set balance_after = 7 where account = 'shop/ben' and seq = 3"
    )
    before = lines(url)
    with pytest.raises(StoreError, match=r"account ben, entry 3: .*run verify"):
        archive(shop, folder)
    assert lines(url) == before
    assert files(folder) == []


def test_a_file_that_was_not_written_well_is_not_relied_on(
    shop: Tallystick, url: str, folder: Path, monkeypatch: pytest.MonkeyPatch
):
    """A disk that gives back something else than what was written."""
    honest = archive_files.entry_row
    monkeypatch.setattr(
        archive_files,
        "entry_row",
        lambda key, line: (*honest(key, line)[:5], 7, *honest(key, line)[6:]),
    )
    before = lines(url)
    with pytest.raises(StoreError, match="its balance before is 7"):
        archive(shop, folder)
    assert lines(url) == before
    assert files(folder) == []


def test_the_files_of_another_database_are_not_taken_for_ones_own(
    shop: Tallystick, url: str, folder: Path, kind: str
):
    """The lines stay that the files only seem to have."""
    with fresh_database(kind) as other, old_and_new(other) as theirs:
        theirs.grant("ann", 1)
        archive(theirs, folder)
    with opened(url, TestClock(LATER)) as shop:
        before = lines(url)
        changed(url, "update journal set key = 'kx' where key = 'k1'")
        with pytest.raises(StoreError, match="run verify"):
            archive(shop, folder)
        assert lines(url).keys() == before.keys()


def test_a_damaged_archive_is_not_added_to(shop: Tallystick, url: str, folder: Path):
    archive(shop, folder, "2026-02-01")
    (file,) = files(folder)
    file.write_bytes(file.read_bytes()[:-1] + b"x")
    before = lines(url)
    with pytest.raises(StoreError, match="is not what was archived: restore it"):
        archive(shop, folder)
    assert lines(url) == before


def test_a_folder_that_cannot_be_written_to_is_an_error_of_ours(shop: Tallystick, tmp_path: Path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreError, match="cannot be archived to"):
        archive(shop, tmp_path / "file")
    with pytest.raises(StoreError, match="cannot be archived to"):
        archive(shop, tmp_path / "file" / "below")


def test_without_the_library_it_says_what_to_install(
    shop: Tallystick, folder: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(StoreError, match=r"tallystick\[archive\]"):
        archive(shop, folder)


# Beside others


def test_two_do_not_archive_to_one_folder_at_once(shop: Tallystick, folder: Path):
    with archive_files.taken(folder), pytest.raises(StoreError, match="by another process"):
        archive(shop, folder)
    assert archive(shop, folder).lines


@pytest.mark.usefixtures("small")
def test_of_two_runs_at_once_each_line_is_removed_by_one(
    shop: Tallystick, url: str, tmp_path: Path
):
    """Their files together are the archive; what both have is there once for whoever reads."""
    before = lines(url)
    done = together(url, lambda at, shop: archive(shop, tmp_path / str(at)).lines)
    both = tmp_path / "both"
    both.mkdir()
    for file in [*files(tmp_path / "0"), *files(tmp_path / "1")]:
        file.rename(both / file.name)
    assert sum(done) == len(before) - len(lines(url))
    assert {*archived(both), *lines(url)} == set(before)
    assert shop.verify(archive=both)


def together(url: str, work: Any) -> list[Any]:
    """Two threads, each with a connection of its own, that begin at the same moment."""
    said: list[Any] = [None, None]
    gate = threading.Barrier(2)

    def run(at: int) -> None:
        with opened(url, TestClock(LATER)) as shop:
            gate.wait(60)
            said[at] = work(at, shop)

    threads = [threading.Thread(target=run, args=(at,)) for at in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    return said


def test_a_checkpoint_that_somebody_else_moved_is_left_alone_with_its_lines(
    shop: Tallystick, url: str, folder: Path
):
    """Who proved lines from one checkpoint on does not move another one."""
    archive(shop, folder, "2026-01-10T10:00:01Z")
    store = store_of(shop)
    with store.reading():
        ann, ben, zoe = (store.checkpoint(f"shop/{account}") for account in ACCOUNTS)
    before = lines(url)
    last = max(seq for account, seq in before if account == "shop/ben") - 1
    ahead = replace(ben, account=replace(ben.account, seq=last))
    for wrong in (0, ben.seq - 1, last):
        assert store.remove([Move("shop/ben", wrong, ahead)]) == set()
    assert lines(url) == before
    less = replace(zoe, account=replace(zoe.account, seq=zoe.seq + 1))
    moves = [
        Move("shop/zoë/😀", zoe.seq, less),
        Move("shop/ben", ben.seq, ahead),
        Move("shop/ann", 0, ann),
    ]
    assert store.remove(moves) == {"shop/ben", "shop/zoë/😀"}
    gone = {("shop/ben", seq) for seq in range(ben.seq + 1, last + 1)}
    assert before.keys() - lines(url).keys() == gone | {("shop/zoë/😀", zoe.seq + 1)}
    with store.reading():
        assert store.checkpoint("shop/ben") == ahead
        assert store.checkpoint("shop/ann") == ann
        assert store.checkpoint("shop/nobody") is None


@pytest.mark.usefixtures("small")
def test_spends_go_on_while_lines_are_archived(shop: Tallystick, url: str, folder: Path):
    """Four threads charge, hold and settle on the very accounts, until the archive is done and
    each has done something beside it."""
    begun, over = threading.Event(), threading.Event()
    spent = [0] * 4
    for account in ACCOUNTS:
        shop.grant(account, 1_000_000)
    before = {account: shop.balance(account).available for account in ACCOUNTS}

    def spend(number: int) -> None:
        account = ACCOUNTS[number % 3]
        while not over.is_set() or not spent[number]:
            shop.charge(account, "Picture", images=1)
            shop.hold(account, "Picture", images=1).release()
            spent[number] += 1
            begun.set()

    threads = [threading.Thread(target=spend, args=(number,)) for number in range(4)]
    with ExitStack() as stack:
        other = stack.enter_context(opened(url, TestClock(LATER)))
        for each in threads:
            each.start()
        begun.wait(60)
        done = archive(other, folder)
        over.set()
        for each in threads:
            each.join()
    assert done.accounts == 3
    for at, account in enumerate(ACCOUNTS):
        mine = sum(count for number, count in enumerate(spent) if number % 3 == at)
        assert shop.balance(account).available == before[account] - mine
    assert shop.verify(archive=folder)


# The room it gives back


def test_a_file_is_smaller_once_it_is_vacuumed(tmp_path: Path):
    path, clock = tmp_path / "credits.db", TestClock(START)
    with opened(path, clock) as shop:
        shop.open_account("ann")
        shop.grant("ann", 5_000)
        for _ in range(600):
            shop.charge("ann", "Picture", images=1)
    whole = path.stat().st_size
    clock.advance("90d")
    with opened(path, clock) as shop:
        archive(shop, tmp_path / "archive", "30d")
        store_of(shop).vacuum()
        assert path.stat().st_size < whole / 2
        assert shop.charge("ann", "Picture", images=1).seq == 603
        assert shop.verify(archive=tmp_path / "archive")


@pytest.mark.parametrize("kind", ["postgres"])
def test_on_a_server_vacuuming_is_the_servers(shop: Tallystick, folder: Path):
    archive(shop, folder)
    store_of(shop).vacuum()
    assert shop.verify(archive=folder)
