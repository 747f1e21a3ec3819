"""Many threads, one process: commands that wait together share one commit, and none is lost."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import apsw
import pytest

from tallystick import AsyncTallystick, InsufficientCredits, StoreError, Tallystick, commands
from tallystick.engine import group
from tallystick.testing import TestClock
from tests.databases import one_queue
from tests.patience import until
from tests.store.behind import read
from tests.store.decisions import intervene
from tests.store.shop import CATALOG, START, opened

THREADS = 64


@pytest.fixture
def shop(url: str) -> Iterator[Tallystick]:
    with opened(url) as shop:
        for number in range(THREADS):
            shop.open_account(f"acct_{number}")
            shop.grant(f"acct_{number}", 10)
        yield shop


class Watched:
    """A shop's store whose transactions are counted, and whose first one waits to be let go."""

    def __init__(self, shop: Tallystick, held_up: bool = False):
        self._lines = Counter[Any]()
        self.let_go = threading.Event()
        if not held_up:
            self.let_go.set()
        self.taken = 0
        for each in shop._transport.engine._queues._groups:
            each._take = partial(self.take, each._take)
        intervene(shop, load=self.load, write=self.write)

    @property
    def batches(self) -> list[int]:
        """How many lines each transaction wrote."""
        return [*self._lines.values()]

    def take(self, take: Any) -> Any:
        """What a batch is made of, counted."""
        group = take()
        self.taken += len(group)
        return group

    def load(self, load: Any, *asked: Any) -> Any:
        self.let_go.wait()
        self._lines[load.__self__] = 0
        return load(*asked)

    def write(self, write: Any, batch: Any) -> None:
        self._lines[write.__self__] += len(batch.entries)
        write(batch)


def at_once(do: Callable[[int], Any], threads: int = THREADS) -> list[Any]:
    """`do` with each number, in as many threads, started at the same moment."""
    ready = threading.Barrier(threads)

    def run(number: int) -> Any:
        ready.wait()
        return do(number)

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(run, range(threads)))


def queued(shop: Tallystick) -> int:
    """How many callers stand in the engine's queues."""
    groups: Any = shop._transport.engine._queues._groups
    return sum(len(each._queue) for each in groups)


def behind_one_slow_commit(shop: Tallystick) -> tuple[list[Any], list[int]]:
    """64 threads charge while the first commit is held up; their answers, and how many lines
    each commit had."""
    watched = Watched(shop, held_up=True)

    def charge(number: int) -> Any:
        return shop.charge(f"acct_{number}", "Picture", images=number % 5 + 1)

    with ThreadPoolExecutor(THREADS) as pool:
        charged = [pool.submit(charge, number) for number in range(THREADS)]
        until(lambda: watched.taken + queued(shop) == THREADS)
        watched.let_go.set()
        return [each.result() for each in charged], watched.batches


@one_queue
def test_commands_that_wait_for_the_writer_share_one_commit(shop: Tallystick):
    answers, batches = behind_one_slow_commit(shop)
    assert sum(batches) == THREADS
    assert len(batches) <= 4
    assert [each.credits for each in answers] == [number % 5 + 1 for number in range(THREADS)]
    assert [each.account for each in answers] == [f"acct_{number}" for number in range(THREADS)]
    assert shop.verify()


def test_a_batch_of_waiting_callers_has_a_limit(shop: Tallystick, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(group, "MAX_BATCH", 10)
    _, batches = behind_one_slow_commit(shop)
    assert sum(batches) == THREADS
    assert max(batches) == 10
    assert shop.verify()


def test_64_threads_on_64_accounts(shop: Tallystick):
    at_once(lambda number: [shop.charge(f"acct_{number}", "Picture", images=1) for _ in range(8)])
    assert {shop.balance(f"acct_{number}").available for number in range(THREADS)} == {2}
    assert shop.verify()


def test_64_threads_overspend_one_account_by_nothing(shop: Tallystick):
    shop.grant("acct_0", 90)

    def charge(_: int) -> int:
        done = 0
        for _ in range(4):
            try:
                shop.charge("acct_0", "Picture", images=1)
            except InsufficientCredits:
                continue
            done += 1
        return done

    assert sum(at_once(charge)) == 100
    assert shop.balance("acct_0").available == 0
    assert shop.verify()


def test_64_threads_with_one_key_charge_once(shop: Tallystick):
    answers = at_once(
        lambda _: shop.charge("acct_0", "Picture", images=3, key="generate-7").to_json()
    )
    assert len(set(answers)) == 1
    assert shop.balance("acct_0").available == 7


def test_readers_beside_writers_see_whole_commits_only(shop: Tallystick):
    """Every balance that is read is one that the ledger had: never half of a batch."""
    charges = [commands.Charge("acct_0", "Picture", {"images": 1})] * 2
    seen: list[int] = []

    def act(number: int) -> None:
        if number < 4:
            shop.execute(charges)
            return
        for _ in range(10):
            balance = shop.balance("acct_0")
            entries = shop.entries("acct_0", limit=1_000)
            assert balance.available == sum(source.available for source in balance.sources)
            assert entries[-1].seq == len(entries)
            seen.append(int(balance.available))

    at_once(act, 16)
    assert all(each % 2 == 0 for each in seen)
    assert shop.balance("acct_0").available == 2


def test_64_threads_that_read_at_once_each_have_a_connection(shop: Tallystick):
    """Connections are shared out one by one, however many ask for the only idle one."""
    for _ in range(3):
        balances = at_once(lambda number: shop.balance(f"acct_{number}").available)
        assert balances == [10] * THREADS


def test_a_batch_that_could_not_be_written_tells_everybody_and_the_next_one_works(
    shop: Tallystick, url: str
):
    def broken(write: Any, batch: Any) -> None:
        raise StoreError("the disk is gone")

    def charge(_: int) -> str:
        with pytest.raises(StoreError) as error:
            shop.charge("acct_0", "Picture", images=1)
        return str(error.value)

    mend = intervene(shop, write=broken)
    assert set(at_once(charge)) == {"the disk is gone"}
    mend()
    assert len(read(url, "journal")) == 2 * THREADS
    assert shop.charge("acct_0", "Picture", images=1).balance_before == 10
    assert shop.verify()


def test_an_interrupted_thread_leaves_nothing_half_done(shop: Tallystick):
    def interrupted(write: Any, batch: Any) -> None:
        raise KeyboardInterrupt

    mend = intervene(shop, write=interrupted)
    with pytest.raises(KeyboardInterrupt):
        shop.charge("acct_0", "Picture", images=1)
    mend()
    assert shop.charge("acct_0", "Picture", images=1).balance_before == 10
    assert shop.verify()


def test_500_tasks_that_await_share_commits(url: str):
    async def main() -> int:
        async with AsyncTallystick.open(url, catalog=CATALOG, clock=TestClock(START)) as shop:
            await shop.open_account("acct_1")
            await shop.grant("acct_1", 300)
            watched = Watched(shop)  # type: ignore[arg-type]
            done = await asyncio.gather(
                *(shop.charge("acct_1", "Picture", images=1) for _ in range(500)),
                return_exceptions=True,
            )
            assert (await shop.balance("acct_1")).available == 0
            assert await shop.verify()
            assert sum(isinstance(each, InsufficientCredits) for each in done) == 200
            return len(watched.batches)

    assert asyncio.run(main()) < 250


class Snatched(list[Any]):
    """Idle readers of which another thread takes the last just before one is taken."""

    def pop(self) -> Any:
        while self:
            super().pop().close()
        return super().pop()


@pytest.mark.parametrize("kind", ["sqlite"])
def test_a_reader_that_another_thread_takes_first_is_missed_by_nobody(shop: Tallystick, url: str):
    store: Any = shop._transport.engine.store
    shop.balance("acct_0")
    assert store._idle_readers
    store._idle_readers = Snatched(store._idle_readers)
    assert shop.balance("acct_0").available == 10


@pytest.mark.parametrize("kind", ["sqlite"])
def test_a_reader_that_comes_back_while_the_store_closes_is_closed(url: str):
    shop = opened(url)
    store: Any = shop._transport.engine.store
    with store.reading():
        reader = store._current.connection
        shop.close()
    with pytest.raises(apsw.ConnectionClosedError):
        reader.execute("select 1")
    assert not store._idle_readers
