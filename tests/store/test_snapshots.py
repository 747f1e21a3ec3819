"""Snapshots: the past answers from them as it does from every entry, whoever wrote them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tallystick import Tallystick, commands
from tallystick.audit import copy
from tallystick.core import snapshots
from tallystick.core.instants import to_datetime
from tallystick.engine import balances
from tallystick.scheduler import Watch
from tallystick.scheduler import backfill as fills
from tallystick.scheduler.backfill import Backfill
from tallystick.store import BUCKETS
from tallystick.store.databases import open_store
from tallystick.testing import TestClock
from tests.databases import KINDS, fresh_database
from tests.store.archives import ACCOUNTS, LATER, archive, engine_of, old_and_new, store_of
from tests.store.behind import changed, read, set_back_to
from tests.store.shop import START, opened

EVERY = range(BUCKETS)


@pytest.fixture(autouse=True)
def every_three(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshots, "EVERY_ENTRIES", 3)


@pytest.fixture
def shop(url: str) -> Iterator[Tallystick]:
    """Accounts with every kind of entry from January and from May."""
    with old_and_new(url) as shop:
        yield shop


def seqs(shop: Tallystick, account: str) -> list[int]:
    store = store_of(shop)
    with store.reading():
        return store.snapshot_seqs(f"shop/{account}")


def instants(shop: Tallystick, account: str) -> list[Any]:
    """Each instant at which something happened, and those just before and after."""
    store = store_of(shop)
    with store.reading():
        at = {entry.at for entry in store.entries(f"shop/{account}")}
    return [to_datetime(each + by) for each in sorted(at) for by in (-1, 0, 1)]


def past(shop: Tallystick) -> list[Any]:
    return [
        shop.balance(account, as_of=as_of)
        for account in ACCOUNTS
        for as_of in instants(shop, account)
    ]


def forget(url: str) -> None:
    """What an older version leaves: no snapshots."""
    changed(url, "delete from snapshots where seq > ?", 0)


def test_every_so_many_lines_have_one_however_they_were_written(url: str):
    with opened(url) as shop:
        shop.open_account("ben")
        for _ in range(5):
            shop.grant("ben", 10)
        shop.execute([commands.Charge("ben", "Picture", {"images": 1})] * 10)
        assert seqs(shop, "ben") == [3, 6, 9, 12, 15]
        assert shop.verify()


def test_the_past_is_the_same_with_and_without_them(shop: Tallystick, url: str):
    with_them = past(shop)
    assert any(balance.available for balance in with_them)
    forget(url)
    assert past(shop) == with_them


def test_a_charge_between_two_writes_no_other_row(shop: Tallystick, url: str):
    while shop.balance("ben").seq % 3 != 0:
        shop.grant("ben", 1)
    before = read(url, "snapshots")
    for _ in range(2):
        shop.charge("ben", "Picture", images=1)
    assert read(url, "snapshots") == before
    shop.charge("ben", "Picture", images=1)
    assert len(read(url, "snapshots")) == len(before) + 1


def test_a_batch_writes_those_of_its_midst(shop: Tallystick):
    before = seqs(shop, "ben")
    shop.execute([commands.Charge("ben", "Picture", {"images": 1})] * 9)
    assert len(seqs(shop, "ben")) == len(before) + 3


# Those of an older version are made in the background


def fill(shop: Tallystick) -> int:
    """In how many steps all that is missing is made."""
    steps: list[float] = []
    backfill = Backfill(store_of(shop), steps.append)
    while not backfill.fill(set(EVERY), Watch(), seconds=-1):
        pass
    return len(steps)


def test_what_is_missing_is_made_once_and_is_what_would_have_been_written(
    shop: Tallystick, url: str
):
    shop.execute([commands.Charge("ben", "Picture", {"images": 1})] * 20)
    with_them = past(shop)
    forget(url)
    fill(shop)
    wanted = [seq for seq in range(1, shop.balance("ben").seq + 1) if seq % 3 == 0]
    assert seqs(shop, "ben") == wanted
    assert shop.verify()
    assert past(shop) == with_them
    made = read(url, "snapshots")
    fill(shop)
    assert read(url, "snapshots") == made


def test_a_step_reads_no_more_lines_than_it_may(
    shop: Tallystick, url: str, monkeypatch: pytest.MonkeyPatch
):
    forget(url)
    few = fill(shop)
    forget(url)
    monkeypatch.setattr(fills, "PLAYED_ENTRIES", 2)
    read_at_once: list[int] = []
    store, entries = store_of(shop), store_of(shop).entries

    def counted(*asked: Any) -> Any:
        read_at_once.append(len(found := entries(*asked)))
        return found

    monkeypatch.setattr(store, "entries", counted)
    assert fill(shop) > few + len(read_at_once) // 2
    assert max(read_at_once) == 2
    assert shop.verify()


def test_one_that_was_ended_goes_on_where_it_was(shop: Tallystick, url: str, monkeypatch: Any):
    monkeypatch.setattr(fills, "PLAYED_ENTRIES", 4)
    forget(url)
    backfill = Backfill(store_of(shop), lambda _: None)
    for _ in range(3):
        backfill.fill(set(EVERY), Watch(), seconds=-1)
    begun = read(url, "snapshots")
    assert begun
    fill(shop)
    assert all(each in read(url, "snapshots") for each in begun)
    assert shop.verify()


def test_an_account_whose_lines_are_damaged_stops_no_other(shop: Tallystick, url: str):
    forget(url)
    changed(url, "update journal set event = ? where account = ? and seq = ?", "{", "shop/ann", 2)
    failed: list[str | None] = []

    class Told(Watch):
        def failed(self, error: Exception, account: str | None = None) -> None:
            failed.append(account)

    backfill = Backfill(store_of(shop), lambda _: None)
    while not backfill.fill(set(EVERY), Told(), seconds=-1):
        pass
    assert failed == ["shop/ann"]
    assert seqs(shop, "ben")
    assert not seqs(shop, "ann")


def test_a_long_past_is_not_played_where_others_wait_for_it(shop: Tallystick, url: str):
    fill(shop)
    for most in (3, None):
        balances.balance(engine_of(shop), "shop", "ben", middle_of(shop), most)
    forget(url)
    with pytest.raises(balances.LongPast):
        balances.balance(engine_of(shop), "shop", "ben", middle_of(shop), 3)
    assert balances.balance(engine_of(shop), "shop", "ben", middle_of(shop)).seq


def middle_of(shop: Tallystick) -> int:
    store = store_of(shop)
    with store.reading():
        return store.entries("shop/ben")[-2].at - 1


# The archive, copies, the proof


def test_they_go_with_the_lines_that_are_archived(shop: Tallystick, url: str, tmp_path: Path):
    folder = tmp_path / "archive"
    kept = [balance for balance in past(shop) if balance.as_of >= datetime(2026, 3, 1, tzinfo=UTC)]
    archive(shop, folder)
    (checkpoint,) = [row for row in read(url, "checkpoints") if row["account"] == "shop/ben"]
    assert all(seq > checkpoint["seq"] for seq in seqs(shop, "ben"))
    assert kept
    assert kept == [shop.balance(balance.account, as_of=balance.as_of) for balance in kept]
    assert shop.verify(archive=folder)
    forget(url)
    fill(shop)
    assert shop.verify(archive=folder)


@pytest.mark.parametrize("other", KINDS)
def test_a_copy_has_them(shop: Tallystick, url: str, other: str):
    forget(url)
    fill(shop)
    with fresh_database(other) as copied, ExitStack() as stack:
        source, target = open_store(url), open_store(copied)
        stack.callback(source.close)
        stack.callback(target.close)
        assert copy.copy(source, target)
        for account in ACCOUNTS:
            key = f"shop/{account}"
            with source.reading(), target.reading():
                assert target.snapshots(key) == source.snapshots(key)


@pytest.mark.parametrize(
    ("statement", "values"),
    [
        ("update snapshots set document = replace(document, ?, ?) where account = ? and seq < 7",
         ('"seq":', '"seq":1', "shop/ben")),
        ("update snapshots set seq = seq + 1 where account = ? and seq = 3", ("shop/ben",)),
        ("update snapshots set seq = 99 where account = ? and seq = 3", ("shop/ben",)),
    ],
)  # fmt: skip
def test_one_that_was_changed_is_found(
    shop: Tallystick, url: str, statement: str, values: tuple[str, ...]
):
    forget(url)
    fill(shop)
    assert shop.verify()
    assert changed(url, statement, *values)
    report = shop.verify()
    assert not report
    assert {(each.account, each.what) for each in report.problems} == {("ben", "snapshot")}


def test_a_database_of_an_older_version_is_opened_filled_and_goes_on(url: str):
    clock = TestClock(START)
    with opened(url, clock) as shop:
        shop.open_account("ben")
        shop.execute([commands.GrantCredits("ben", 10)] * 9)
        before = shop.balance("ben", as_of=START)
    set_back_to(url, 2 if url.startswith("postgresql://") else 4)
    clock.advance_to(LATER)
    with opened(url, clock) as shop:
        assert seqs(shop, "ben") == []
        assert shop.balance("ben", as_of=START) == before
        shop.execute([commands.GrantCredits("ben", 10)] * 3)
        fill(shop)
        assert [seq // 3 for seq in seqs(shop, "ben")] == [1, 2, 3, 4]
        assert shop.balance("ben", as_of=START) == before
        assert shop.verify()
