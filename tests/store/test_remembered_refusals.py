"""Refusals under fresh keys fill no disk: few are remembered of each account, and none for ever."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tallystick import AccountNotFound, NothingScheduled, Tallystick, commands
from tallystick.core.errors import StoreError
from tallystick.scheduler import Sweeper, Watch
from tallystick.store import refusals
from tallystick.testing import TestClock
from tests.databases import fresh_database
from tests.store.archives import archive
from tests.store.behind import changed, connected, read
from tests.store.decisions import intervene
from tests.store.shop import CATALOG, START, opened

MANY = 5_000


@pytest.fixture
def clock() -> TestClock:
    return TestClock(START)


@pytest.fixture
def shop(url: str, clock: TestClock) -> Iterator[Tallystick]:
    """An account without credits, and one with some."""
    with opened(url, clock) as shop:
        shop.open_account("ann")
        shop.open_account("ben")
        shop.grant("ben", 5)
        yield shop


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten refusals of an account are remembered, so that there are soon too many."""
    monkeypatch.setattr(refusals, "REFUSALS_MAX", 10)
    monkeypatch.setattr(refusals, "LEFT_REFUSALS", 8)


def told(shop: Tallystick, account: str, key: str, images: int = 5) -> str:
    """What a charge under a key is answered, whole."""
    charge = commands.Charge(account, "Picture", {"images": images}, key=key)
    return answers(shop, [charge])[0]


def answers(shop: Tallystick, asked: list[Any]) -> list[str]:
    return [
        repr((answer, getattr(answer, "facts", None), getattr(answer, "ways_out", None)))
        for answer in shop.execute(asked)
    ]


def keys(url: str, account: str = "shop/ann") -> set[str]:
    return {row["key"] for row in read(url, "refusals") if row["account"] == account}


def sweep(shop: Tallystick) -> Any:
    return Sweeper(shop._transport.engine, rest=lambda _: None).sweep()


# A client without credits


def test_a_client_without_credits_fills_no_disk(shop: Tallystick, url: str):
    """5,000 charges under fresh keys: at most 1,000 are remembered, and all of the last 900."""
    first: dict[str, str] = {}
    sizes = []
    for batch in range(0, MANY, 100):
        names = [f"{number:036}" for number in range(batch, batch + 100)]
        asked = [commands.Charge("ann", "Picture", {"images": 5}, key=name) for name in names]
        first.update(zip(names, answers(shop, asked), strict=True))
        assert len(read(url, "refusals")) <= refusals.REFUSALS_MAX
        sizes.append(size(url))
    assert sizes[-1] <= 1.1 * max(sizes[: len(sizes) // 2]), "it no longer grows"
    rows = read(url, "refusals")
    assert len(rows) >= refusals.LEFT_REFUSALS
    assert max(len(row["refusal"]) for row in rows) < 120
    newest = [*first][-refusals.LEFT_REFUSALS :]
    assert {row["key"] for row in rows} >= set(newest)
    again = [commands.Charge("ann", "Picture", {"images": 5}, key=name) for name in newest]
    assert answers(shop, again) == [first[name] for name in newest]
    assert {row["key"] for row in read(url, "refusals")} == {row["key"] for row in rows}
    assert shop.verify()


def size(url: str) -> int:
    """The room that refusals take, in bytes; on a server of what is not to be reused."""
    if not url.startswith("postgresql://"):
        with connected(url) as connection:
            pages, free, page = (
                next(connection.execute(f"pragma {name}"))[0]
                for name in ("page_count", "freelist_count", "page_size")
            )
        return (pages - free) * page
    return sum(len(str(row)) for row in read(url, "refusals"))


def test_the_oldest_refusals_of_an_account_go_and_no_other_ones(
    shop: Tallystick, url: str, few: None
):
    told(shop, "ben", "bens", 50)
    for number in range(10):
        told(shop, "ann", f"k{number}")
        shop._transport.engine.clock.advance("1s")
    assert keys(url) == {f"k{number}" for number in range(10)}
    told(shop, "ann", "k10")
    assert keys(url) == {f"k{number}" for number in range(3, 11)}
    assert keys(url, "shop/ben") == {"bens"}
    assert shop.verify()


def test_a_key_that_is_forgotten_is_decided_afresh(shop: Tallystick, url: str, few: None):
    shop.subscribe("ann", "basic")
    for number in range(12):
        with pytest.raises(NothingScheduled):
            shop.resume("ann", key=f"k{number}")
        shop._transport.engine.clock.advance("1s")
    shop.cancel("ann")
    with pytest.raises(NothingScheduled):
        shop.resume("ann", key="k11")
    assert shop.resume("ann", key="k0").change == "resume"
    assert shop.verify()


def test_a_key_that_was_refused_curably_is_decided_again_and_once(shop: Tallystick, url: str):
    refused = told(shop, "ann", "k")
    assert told(shop, "ann", "k") == refused
    shop.grant("ann", 100)
    charged = shop.charge("ann", "Picture", images=5, key="k")
    assert shop.charge("ann", "Picture", images=5, key="k") == charged
    assert shop.balance("ann").available == 95
    assert keys(url) == {"k"}, "it is forgotten with the others"
    assert shop.verify()


def test_one_batch_of_many_refusals_is_bounded_too(shop: Tallystick, url: str, few: None):
    asked = [
        commands.Charge(account, "Picture", {"images": 50}, key=f"k{number:02}")
        for number in range(25)
        for account in ("ann", "ben")
    ]
    shop.execute(asked)
    for account in ("shop/ann", "shop/ben"):
        assert len(keys(url, account)) == 8
    assert shop.verify()


def test_a_step_at_a_time_many_old_ones_go(
    shop: Tallystick, url: str, clock: TestClock, monkeypatch: pytest.MonkeyPatch
):
    """Those that were remembered before there was a bound."""
    shop.execute(
        [commands.Charge("ann", "Picture", {"images": 5}, key=f"k{each}") for each in range(50)]
    )
    monkeypatch.setattr(refusals, "REFUSALS_MAX", 10)
    monkeypatch.setattr(refusals, "LEFT_REFUSALS", 8)
    for module in ("sqlite.refusals", "postgres.refusals"):
        monkeypatch.setattr(f"tallystick.store.{module}.STEP_REFUSALS", 20)
    monkeypatch.setattr(refusals, "STEP_REFUSALS", 20)
    counts = []
    for number in range(4):
        told(shop, "ann", f"new{number}")
        counts.append(len(keys(url)))
    assert counts == [31, 12, 8, 9]
    assert shop.verify()


def test_an_account_that_is_not_there_leaves_nothing(shop: Tallystick, url: str):
    """Whoever invents names of accounts fills no disk either."""
    asked = [commands.Charge(f"n{each}", "Picture", {"images": 1}, key="k") for each in range(50)]
    assert {type(answer) for answer in shop.execute(asked)} == {AccountNotFound}
    for table in ("refusals", "refusal_tallies"):
        assert read(url, table) == []
    assert len(read(url, "accounts")) == 2
    shop.open_account("n7")
    shop.grant("n7", 1)
    assert shop.execute(asked[7:8])[0].credits == 1
    assert shop.verify()


# 30 days


def forgotten_by_a_sweep(shop: Tallystick, _: Path) -> None:
    sweep(shop)


def forgotten_by_archiving(shop: Tallystick, folder: Path) -> None:
    archive(shop, folder, "60d")


def forgotten_by_the_next_refusal(shop: Tallystick, _: Path) -> None:
    for account in ("ann", "ben"):
        told(shop, account, f"later than {shop._transport.engine.clock.now()}", 50)


@pytest.mark.parametrize(
    "forget", [forgotten_by_a_sweep, forgotten_by_archiving, forgotten_by_the_next_refusal]
)
def test_after_30_days_a_refusal_is_gone(
    shop: Tallystick, url: str, clock: TestClock, tmp_path: Path, forget: Any
):
    told(shop, "ann", "old")
    told(shop, "ben", "old", 50)
    clock.advance("10d")
    young = told(shop, "ann", "young")
    clock.advance("19d 23h")
    forget(shop, tmp_path / "one")
    assert {"old", "young"} <= keys(url)
    clock.advance("2h")
    forget(shop, tmp_path / "other")
    assert {key for key in keys(url) if "later" not in key} == {"young"}
    assert "old" not in keys(url, "shop/ben")
    assert told(shop, "ann", "young") == young
    clock.advance("365d")
    forget(shop, tmp_path / "third")
    assert not keys(url) or keys(url) == {f"later than {clock.now()}"}
    assert shop.verify()


def test_a_platform_forgets_by_its_own_clock(url: str):
    with Tallystick.open(url, catalog=CATALOG, test_clock=START) as shop:
        shop.open_account("ann")
        told(shop, "ann", "old")
        shop.advance_clock(by="29d")
        sweep(shop)
        assert keys(url) == {"old"}
        shop.advance_clock(by="2d")
        sweep(shop)
        assert keys(url) == set()
        assert shop.verify()


def test_old_refusals_are_looked_for_once_an_hour(shop: Tallystick, clock: TestClock):
    looked: list[int] = []
    store: Any = shop._transport.engine.store
    stale = store.stale_refusals

    def counted(*asked: Any) -> Any:
        looked.append(asked[1])
        return stale(*asked)

    store.stale_refusals = counted
    worker = Sweeper(shop._transport.engine, rest=lambda _: None)
    for minutes, times in ((0, 1), (20, 1), (39, 1), (2, 2), (61, 3)):
        clock.advance(minutes=minutes, seconds=1)
        worker.sweep(buckets=range(8))
        assert looked == [*range(8)] * times


@pytest.mark.parametrize("kind", ["postgres"])
def test_who_may_not_delete_is_told_and_answers_all_the_same(
    url: str, clock: TestClock, few: None, caplog: pytest.LogCaptureFixture
):
    """A user that was given rights for a version which removed nothing."""
    with opened(url, clock) as shop:
        shop.open_account("ann")
    role = f"clerk_{url.partition('?')[0].rpartition('/')[2]}"
    changed(url, f"create role {role} login")
    changed(url, f"grant usage on schema tallystick to {role}")
    changed(url, f"grant select, insert, update on all tables in schema tallystick to {role}")
    told_of: list[Exception] = []

    class Listening(Watch):
        def failed(self, error: Exception, account: str | None = None) -> None:
            told_of.append(error)

    try:
        with opened(url.replace("postgres@", f"{role}@"), clock) as shop:
            for number in range(12):
                assert "InsufficientCredits" in told(shop, "ann", f"k{number:02}")
            assert len(keys(url)) == 12
            assert "could not be forgotten" in caplog.text
            clock.advance("31d")
            Sweeper(shop._transport.engine, rest=lambda _: None).sweep(watch=Listening())
            assert isinstance(told_of[0], StoreError)
            assert shop.verify()
    finally:
        changed(url, f"drop owned by {role}")
        changed(url, f"drop role {role}")


# Others at the same account


def test_two_engines_at_one_account_keep_its_tally_true(shop: Tallystick, url: str, few: None):
    def refuse(one: Tallystick, number: int) -> None:
        for each in range(30):
            told(one, "ann" if each % 3 else "ben", f"k{number}-{each}", 50)

    with opened(url) as other, ThreadPoolExecutor(4) as threads:
        shops = (shop, other, shop, other)
        for done in [threads.submit(refuse, each, at) for at, each in enumerate(shops)]:
            done.result()
    for account in ("shop/ann", "shop/ben"):
        assert 8 <= len(keys(url, account)) <= 10
    assert shop.verify()


def test_a_refusal_that_lost_its_race_is_counted_once(shop: Tallystick, url: str):
    """Another process writes the account between the decision and its writing."""
    with opened(url) as other:
        times = 2

        def write(step: Any, batch: Any) -> None:
            nonlocal times
            if times and url.startswith("postgresql://"):
                times -= 1
                told(other, "ann", f"other{times}")
                other.grant("ben", 1)
            step(batch)

        undo = intervene(shop, write=write)
        told(shop, "ann", "mine")
        undo()
    assert "mine" in keys(url)
    (tally,) = (row for row in read(url, "refusal_tallies") if row["account"] == "shop/ann")
    assert tally["refusals"] == len(keys(url))
    assert shop.verify()


def test_a_charge_that_is_not_refused_reads_and_writes_no_refusals(
    shop: Tallystick, kind: str, monkeypatch: pytest.MonkeyPatch
):
    said: list[str] = []
    if kind == "sqlite":
        store: Any = shop._transport.engine.store
        store._writer.set_exec_trace(lambda _, text, __: said.append(text) or True)
    else:
        from tallystick.store.postgres.pipeline import Connection

        send = Connection.send

        def sent(connection: Any, statements: Any) -> None:
            said.extend(text.decode() for text, _ in statements)
            send(connection, statements)

        monkeypatch.setattr(Connection, "send", sent)
    shop.charge("ben", "Picture", images=1, key="k")
    assert said
    assert not [each for each in said if "refusal_tallies" in each or "openings" in each]
    assert not [each for each in said if "into refusals" in each]


# At random


Step = st.one_of(
    st.tuples(st.just("refuse"), st.integers(0, 30), st.integers(1, 4)),
    st.tuples(st.just("wait"), st.integers(1, 20), st.just(0)),
    st.tuples(st.just("sweep"), st.just(0), st.just(0)),
)


@pytest.mark.parametrize("kind", ["sqlite"])
@settings(max_examples=25, deadline=None)
@given(steps=st.lists(Step, max_size=40))
def test_whatever_happens_the_newest_are_remembered(kind: str, steps: list[tuple[str, int, int]]):
    """Any sequence of refusals, days and sweeps: first answers stay while they are remembered,
    nothing is older than it may be once it was looked at, and the tally is true."""
    with pytest.MonkeyPatch.context() as patch, fresh_database(kind) as url:
        patch.setattr(refusals, "REFUSALS_MAX", 6)
        patch.setattr(refusals, "LEFT_REFUSALS", 4)
        clock = TestClock(START)
        with opened(url, clock) as shop:
            shop.open_account("ann")
            first: dict[str, str] = {}
            for what, number, count in steps:
                if what == "wait":
                    clock.advance(f"{number}d")
                elif what == "sweep":
                    sweep(shop)
                for each in range(count):
                    key = f"k{number + each}"
                    remembered = key in keys(url)
                    answer = told(shop, "ann", key, 5 + number + each)
                    assert not remembered or answer == first[key]
                    first[key] = answer
                    assert key in keys(url)
                    assert len(keys(url)) <= 6
            assert shop.verify()
