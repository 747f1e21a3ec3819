"""Epochs: a file that was restored, copied, or has lost its log is another ledger, and says so."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import apsw
import pytest

from tallystick import InsufficientCredits, QuoteExpired, Tallystick
from tallystick.core.errors import StoreError
from tallystick.service import maintenance
from tallystick.store import EpochRow
from tallystick.store.epoch_file import EpochFile
from tests.store.behind import changed, set_back_to
from tests.store.disks import FailingDisk, in_use
from tests.store.shop import opened
from tests.store.test_files import beside, charge, copied, keys


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """An account with a hundred credits, five of them spent."""
    path = tmp_path / "credits.db"
    with opened(path) as shop:
        shop.open_account("acct_1")
        shop.grant("acct_1", 100)
        for number in range(5):
            charge(shop, f"k{number}")
    return path


def epochs(shop: Tallystick) -> list[EpochRow]:
    store: Any = shop._transport.engine.store
    with store.reading():
        return store.epochs()


def epoch(path: Path) -> EpochRow:
    """The epoch that a file is in, once it is opened."""
    with opened(path) as shop:
        return epochs(shop)[-1]


# It goes on


def test_a_new_database_is_in_its_first_epoch_and_stays_in_it(path: Path):
    first = epoch(path)
    assert (first.number, first.epoch, first.reason) == (1, "e1", "")
    for number in range(3):
        with opened(path) as shop:
            charge(shop, f"again{number}")
            assert epochs(shop) == [first]


def test_a_database_of_an_older_version_gets_its_first_epoch(path: Path):
    set_back_to(str(path), 6)
    assert epoch(path).epoch == "e1"
    assert epoch(path).epoch == "e1"


CHARGES = """
for number in range({}):
    shop.charge("acct_1", "Picture", images=1, key=f"{{os.getpid()}}-{{number}}")
"""
OTHERS = """
from tallystick import InsufficientCredits
try:
    shop.charge("acct_1", "Picture", images=1_000, key="refused")
except InsufficientCredits:
    shop.publish(CATALOG.replace("name: Shop", "name: Shop 2"))
"""
KILLED = """
import os, signal, sys
from tests.store.shop import CATALOG, opened
shop = opened(sys.argv[1])
{}
print("acknowledged", flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def killed_after(path: Path, charges: int, doing: str = CHARGES) -> None:
    """A process that is killed, with all that it did in the log."""
    done = subprocess.run(
        [sys.executable, "-c", KILLED.format(doing.format(charges)), str(path)],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        check=False,
        timeout=60,
    )
    assert done.stdout == "acknowledged\n", done.stderr
    assert beside(path, "-wal").stat().st_size


def test_a_killed_process_begins_no_epoch(path: Path):
    first = epoch(path)
    for _ in range(3):
        killed_after(path, 7)
        assert epoch(path) == first


def test_what_could_not_be_written_is_never_missed_later(path: Path):
    """A charge fails with its disk, and a refusal is remembered after it."""
    disk = FailingDisk("write", 1, apsw.FullError)
    with in_use(disk), opened(path) as shop:
        charge(shop, "before")
        disk.armed = True
        with pytest.raises(StoreError):
            charge(shop, "failed")
        disk.armed = False
        with pytest.raises(InsufficientCredits):
            charge(shop, "refused", images=1_000)
    assert epoch(path).epoch == "e1"


def test_a_file_beside_that_is_behind_begins_no_epoch(path: Path):
    """As after a power cut: it knows less than the database, and that does no harm."""
    old = beside(path, "-epoch").read_bytes()
    killed_after(path, 3)
    beside(path, "-epoch").write_bytes(old)
    assert epoch(path).epoch == "e1"


def test_a_slot_that_is_torn_is_not_believed(path: Path):
    file = beside(path, "-epoch")
    for damaged in (range(64, 4_096, 64), range(72, 4_096, 64)):
        content = bytearray(file.read_bytes())
        for at in damaged:
            content[at : at + 4] = b"torn"
        file.write_bytes(content)
        assert epoch(path).epoch == "e1"


def test_moving_the_database_with_the_file_beside_begins_no_epoch(path: Path, tmp_path: Path):
    (tmp_path / "elsewhere").mkdir()
    for ending in ("", "-epoch"):
        beside(path, ending).rename(tmp_path / "elsewhere" / f"ledger.db{ending}")
    assert epoch(tmp_path / "elsewhere" / "ledger.db").epoch == "e1"


def test_vacuum_and_archived_lines_begin_no_epoch(path: Path):
    """Not even when the newest lines of all go, and their places in the table are used again."""
    with opened(path) as shop:
        store = shop._transport.engine.store
        store.vacuum()
        before = store._epochs.position()
        with store.writing():
            store._run("remove_entries", "shop/acct_1", 7)
            store._epochs.keep(before)
        assert store._epochs.position().entries == before.entries
        charge(shop, "again")
        assert store._epochs.position().entries == before.entries + 1
    assert epoch(path).epoch == "e1"


# Another one begins


def test_an_older_copy_that_is_put_back_begins_one_and_says_what_is_lost(
    path: Path, tmp_path: Path
):
    backup = copied(path, tmp_path / "backup.db")
    with opened(path) as shop:
        for number in range(12):
            charge(shop, f"later{number}")
    backup.rename(path)
    with opened(path) as shop:
        first, second = epochs(shop)
        assert second.number == 2
        assert second.epoch.startswith("e2-")
        assert second.reason.startswith("12 entries that had been acknowledged are missing")
        assert second.began_at > first.began_at
        charge(shop, "new")
    assert epoch(path) == second


def test_an_older_copy_written_into_the_very_file_begins_one(path: Path, tmp_path: Path):
    backup = copied(path, tmp_path / "backup.db")
    with opened(path) as shop:
        charge(shop, "later")
    path.write_bytes(backup.read_bytes())
    assert epoch(path).reason.startswith("1 entry that had been acknowledged is missing")


def test_each_restore_of_the_same_copy_is_an_epoch_of_its_own(path: Path, tmp_path: Path):
    backup = copied(path, tmp_path / "backup.db")
    names = []
    for number in range(3):
        with opened(path) as shop:
            charge(shop, f"later{number}")
        shutil.copy(backup, path)
        names.append(epoch(path).epoch)
    assert len(set(names)) == 3
    assert [name.partition("-")[0] for name in names] == ["e2", "e3", "e4"]


def test_a_copy_elsewhere_is_in_an_epoch_of_its_own(path: Path, tmp_path: Path):
    (tmp_path / "copy").mkdir()
    there = copied(path, tmp_path / "copy" / "credits.db")
    assert "copied or moved here" in epoch(there).reason
    assert epoch(path).epoch == "e1"


def test_a_copy_of_all_files_is_in_an_epoch_of_its_own(path: Path, tmp_path: Path):
    shutil.copytree(path.parent, tmp_path / "copy")
    assert epoch(tmp_path / "copy" / "credits.db").number == 2


def test_a_log_removed_after_a_kill_begins_one_and_says_what_is_lost(path: Path):
    killed_after(path, 9)
    beside(path, "-wal").unlink()
    with opened(path) as shop:
        assert epochs(shop)[-1].reason.startswith("9 entries that had been acknowledged are")
        assert keys(path) == {f"k{number}" for number in range(5)}
        assert shop.verify()


def test_a_log_and_its_index_removed_after_a_kill_begin_one(path: Path):
    killed_after(path, 2)
    beside(path, "-wal").unlink()
    beside(path, "-shm").unlink()
    assert epoch(path).reason.startswith("2 entries")


def test_what_is_no_entry_is_counted_too(path: Path):
    """A key that was revoked, a catalog, a refusal that was remembered."""
    killed_after(path, 0, OTHERS)
    beside(path, "-wal").unlink()
    assert epoch(path).reason.startswith("2 other writes that had been acknowledged are missing")


def test_a_new_file_in_the_place_of_another_one_is_not_taken_for_it(path: Path):
    path.unlink()
    found = epoch(path)
    assert found.number == 2
    assert "in the place of another one" in found.reason


def test_another_database_in_the_place_of_this_one_is_not_taken_for_it(path: Path, tmp_path: Path):
    (tmp_path / "other").mkdir()
    other = tmp_path / "other" / "credits.db"
    with opened(other) as shop:
        shop.open_account("acct_1")
        for number in range(50):
            shop.grant("acct_1", 1, key=f"g{number}")
    path.write_bytes(other.read_bytes())
    assert "in the place of another one" in epoch(path).reason


def test_a_process_that_runs_goes_on_in_the_epoch_that_another_one_began(path: Path):
    with opened(path) as shop:
        charge(shop, "before")
        store: Any = shop._transport.engine.store
        with opened(path) as other:
            begun = other._transport.engine.store.begin_epoch("restored by hand")
        charge(shop, "after")
        assert store._epochs.current == begun
        assert epochs(shop)[-1] == begun
    assert epoch(path) == begun


# Without the file beside


def test_a_folder_where_none_can_be_made_goes_without(path: Path, monkeypatch: pytest.MonkeyPatch):
    """It works; restores go unnoticed, which the store says."""
    beside(path, "-epoch").unlink()
    monkeypatch.setattr(EpochFile, "open", lambda file, like: False)
    for number in range(2):
        with opened(path) as shop:
            charge(shop, f"without{number}")
            assert epochs(shop)[-1].epoch == "e1"
            said = shop._transport.engine.store.unwatched()
            assert said is not None
            assert "a restore goes unnoticed" in said
    assert not beside(path, "-epoch").exists()


def test_a_disk_that_cannot_take_the_slot_stops_nobody(path: Path, monkeypatch: pytest.MonkeyPatch):
    def full(*_: Any) -> int:
        raise OSError(28, "No space left on device")

    with opened(path) as shop:
        monkeypatch.setattr("tallystick.store.epoch_file.os.pwrite", full)
        assert charge(shop, "all the same")


# What answers say of it, on every kind of database


@pytest.fixture
def shop_url(kind: str, bare_url: str) -> str:
    with opened(bare_url) as shop:
        shop.open_account("acct_1")
        shop.grant("acct_1", 100)
    return bare_url


def restored(url: str) -> str:
    """The name of the epoch that begins, as if an older copy had been put in place."""
    with opened(url) as shop:
        return shop._transport.engine.store.begin_epoch("restored").epoch


def test_answers_receipts_and_quotes_say_in_which_epoch_they_were_given(shop_url: str):
    for name in ("e1", None):
        name = name or restored(shop_url)
        with opened(shop_url) as shop:
            quote = shop.quote("Picture", account="acct_1", images=2)
            spent = shop.charge("acct_1", quote=quote.quote)
            hold = shop.hold("acct_1", "Picture", images=1)
            answers = [
                quote,
                spent,
                shop.receipt("acct_1", spent.receipt),
                hold,
                hold.settle(images=1),
                shop.grant("acct_1", 1),
                shop.account("acct_1"),
            ]
            assert [each.epoch for each in answers] == [name] * len(answers)
            assert shop.verify()


def test_a_key_gives_the_same_answer_byte_for_byte_within_an_epoch(shop_url: str):
    with opened(shop_url) as shop:
        first = charge(shop, "job-7").to_json()
        assert charge(shop, "job-7").to_json() == first
    with opened(shop_url) as shop:
        assert charge(shop, "job-7").to_json() == first
    after = restored(shop_url)
    with opened(shop_url) as shop:
        again = charge(shop, "job-7")
        assert again.to_json() == first.replace(b'"epoch":"e1"', b'"epoch":"%b"' % after.encode())


def test_a_quote_ends_with_its_epoch(shop_url: str):
    """Whether it was spent before the restore, nobody knows any more."""
    with opened(shop_url) as shop:
        quotes = [shop.quote("Picture", account="acct_1", images=2).quote for _ in range(2)]
        shop.charge("acct_1", quote=quotes[0])
    restored(shop_url)
    with opened(shop_url) as shop:
        for quote in quotes:
            for spend in (shop.charge, shop.hold):
                with pytest.raises(QuoteExpired, match="before the ledger was restored"):
                    spend("acct_1", quote=quote)
        again = shop.quote("Picture", account="acct_1", images=2).quote
        assert shop.charge("acct_1", quote=again).credits == 2


def test_a_spend_under_a_key_is_told_its_answer_even_with_an_older_quote(shop_url: str):
    with opened(shop_url) as shop:
        quote = shop.quote("Picture", account="acct_1", images=2).quote
        first = shop.charge("acct_1", quote=quote, key="job-8")
    restored(shop_url)
    with opened(shop_url) as shop:
        assert shop.charge("acct_1", quote=quote, key="job-8").receipt == first.receipt


def test_a_process_that_runs_learns_of_a_new_epoch_with_its_next_batch(shop_url: str):
    with opened(shop_url) as shop:
        quote = shop.quote("Picture", account="acct_1", images=2).quote
        after = restored(shop_url)
        with pytest.raises(QuoteExpired):
            shop.charge("acct_1", quote=quote)
        assert charge(shop, "next").epoch == after


def test_the_story_of_a_used_quote_and_a_restore(path: Path, tmp_path: Path):
    """An older copy comes back: the quote that was spent since is not spent again, and what has
    the receipt's number now is told from what had it then."""
    backup = copied(path, tmp_path / "backup.db")
    with opened(path) as shop:
        quote = shop.quote("Picture", account="acct_1", images=2).quote
        lost = shop.charge("acct_1", quote=quote, key="job-9")
    shutil.copy(backup, path)
    with opened(path) as shop:
        with pytest.raises(QuoteExpired):
            shop.charge("acct_1", quote=quote, key="job-10")
        new = charge(shop, "job-9")
        assert new.receipt == lost.receipt
        assert (new.receipt, new.epoch) != (lost.receipt, lost.epoch)


def test_a_copy_by_tallystick_goes_on_in_the_epoch_of_its_source(path: Path, bare_url: str):
    after = restored(str(path))
    with opened(path) as shop:
        quote = shop.quote("Picture", account="acct_1", images=2).quote
    assert maintenance.copy(str(path), bare_url)
    with opened(bare_url) as shop:
        spent = shop.charge("acct_1", quote=quote)
        assert (spent.credits, spent.epoch) == (2, after)
    with opened(bare_url) as shop:
        assert epochs(shop)[-1].epoch == after


# A server whose history forks


def history_set(url: str, history: str | None) -> None:
    """As it was before the server was restored, or a standby took over."""
    changed(url, "update epochs set history = ?", history)


@pytest.mark.parametrize("kind", ["postgres"], indirect=True)
def test_a_server_on_another_timeline_is_in_another_epoch(shop_url: str, monkeypatch: Any):
    monkeypatch.setattr("tallystick.store.postgres.store.LOOK_SECONDS", 0.0)
    with opened(shop_url) as shop:
        assert charge(shop, "before").epoch == "e1"
        assert epochs(shop)[-1].reason == ""
        history_set(shop_url, "7000000000000000000/00000001")
        after = charge(shop, "after").epoch
        assert after.startswith("e2-")
        assert "history forked" in epochs(shop)[-1].reason
        assert charge(shop, "later").epoch == after
    with opened(shop_url) as shop:
        assert charge(shop, "again").epoch == after


@pytest.mark.parametrize("kind", ["postgres"], indirect=True)
def test_a_server_that_did_not_tell_its_timeline_before_begins_none(shop_url: str):
    history_set(shop_url, None)
    for _ in range(2):
        with opened(shop_url) as shop:
            assert charge(shop, "k").epoch == "e1"
            assert shop._transport.engine.store.unwatched() is None
