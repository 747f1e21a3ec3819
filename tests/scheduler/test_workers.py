"""Workers: they share the buckets, take over from the dead, and nothing ends them but `stop`."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from tallystick import Tallystick
from tallystick.core.errors import Unreachable
from tallystick.scheduler import Sweeper, Swept, Watch, Worker
from tallystick.scheduler import worker as workers
from tallystick.store import BUCKETS
from tests.patience import PATIENCE_SECONDS
from tests.scheduler.people import PEOPLE, engine_of, journals


class Waited(Watch):
    """Lets a test wait until so many accounts were brought up to date, or faults were told."""

    def __init__(self, accounts: int = 0, faults: int = 0):
        self._left = [accounts, faults]
        self.done = threading.Event()
        self.failed_with: list[Exception] = []
        self.swept_with: list[Swept] = []

    def _count(self, which: int, number: int) -> None:
        self._left[which] -= number
        if max(self._left) <= 0:
            self.done.set()

    def brought(self, page: Swept, so_far: Swept) -> None:
        self._count(0, page.accounts)

    def swept(self, swept: Swept, at: int) -> None:
        self.swept_with.append(swept)

    def failed(self, error: Exception, account: str | None = None) -> None:
        self.failed_with.append(error)
        self._count(1, 1)


def at_work(credits: Tallystick) -> list[str]:
    store = engine_of(credits).store
    now = engine_of(credits).clock.now()
    with store.reading():
        return [each.worker for each in store.worker_slots() if each.until > now]


def test_one_worker_sees_to_everything(credits, clock):
    clock.advance("40d")
    worker = Worker(engine_of(credits), name="one")
    assert worker.work_once().accounts >= len(PEOPLE)
    assert at_work(credits) == ["one"]
    worker.stop()
    assert at_work(credits) == []


def test_workers_share_the_buckets_and_a_dead_ones_fall_free(credits, clock):
    clock.advance("20m")
    one, two, three = (Worker(engine_of(credits), name=name) for name in ("one", "two", "three"))
    assert one._claim_buckets() == set(range(BUCKETS))
    assert two._claim_buckets() == set(range(1, BUCKETS, 2))
    assert one._claim_buckets() == set(range(0, BUCKETS, 2))
    clock.advance("10s")
    two._claim_buckets()
    clock.advance("10s")  # nothing was heard of one for 20 seconds
    assert two._claim_buckets() == set(range(BUCKETS))
    assert three._claim_buckets() | two._claim_buckets() == set(range(BUCKETS))
    assert at_work(credits) == ["three", "two"]


def test_work_of_two_at_once_is_done_once(credits, clock):
    clock.advance("40d")
    sweeper = Sweeper(engine_of(credits))
    keys = [f"small/{person}" for person in PEOPLE]
    sweeper._bring_up_to_date(keys, Watch())
    once = journals(credits)
    sweeper._bring_up_to_date(keys, Watch())
    assert journals(credits) == once


def test_a_seat_is_written_only_when_it_is_to_be_renewed(credits, clock, monkeypatch):
    """An idle database is read, and hardly ever written to."""
    store = engine_of(credits).store
    taken: list[Any] = []
    take_worker_slot = store.take_worker_slot
    monkeypatch.setattr(
        store, "take_worker_slot", lambda slot: (taken.append(slot), take_worker_slot(slot))
    )
    worker = Worker(engine_of(credits))
    for _ in range(16):
        worker.work_once()
        clock.advance("1s")
    assert len(taken) == 3
    assert [each.slot for each in taken] == [0, 0, 0]
    worker.stop()


def test_a_worker_who_comes_during_a_long_sweep_is_given_its_share(credits, clock, monkeypatch):
    """The sweep goes on for a minute: the other one's accounts are left to it."""
    clock.advance("40d")
    engine = engine_of(credits)
    one, two = (Worker(engine, name=name) for name in ("one", "two"))
    one._sweeper = Sweeper(engine, page=1, rest=lambda _: None)
    carry_out = engine.carry_out

    def slow(asked):
        clock.advance("4s")
        if not at_work(credits).count("two"):
            two._claim_buckets()
        return carry_out(asked)

    monkeypatch.setattr(engine, "carry_out", slow)
    monkeypatch.setattr(two, "_going_on", lambda: True)
    first = one.work_once().accounts
    assert 0 < first < len(PEOPLE)
    monkeypatch.undo()
    two._claim_buckets()
    assert two.work_once().accounts > 0
    one.work_once()
    assert Sweeper(engine).sweep() == Swept()


def test_a_worker_works_on_its_own_thread_until_it_is_stopped(credits, clock):
    clock.advance("40d")
    waited = Waited(accounts=len(PEOPLE))
    worker = Worker(engine_of(credits), every_seconds=0.01, watch=waited)
    worker.start()
    assert waited.done.wait(PATIENCE_SECONDS)
    worker.stop()
    worker.stop()
    assert at_work(credits) == []
    assert waited.failed_with == []


@pytest.mark.parametrize("error", [Unreachable("away"), ZeroDivisionError()], ids=repr)
def test_nothing_that_goes_wrong_ends_a_worker(credits, clock, monkeypatch, error):
    """The database is away twice, then back; or there is a fault of ours."""
    clock.advance("40d")
    engine = engine_of(credits)
    sweep, wrong = Sweeper.sweep, [error, error]

    def failing(*args: Any) -> Swept:
        if wrong:
            raise wrong.pop()
        return sweep(*args)

    monkeypatch.setattr(Sweeper, "sweep", failing)
    waited = Waited(accounts=len(PEOPLE), faults=2)
    worker = Worker(engine, every_seconds=0.001, watch=waited)
    worker.start()
    assert waited.done.wait(PATIENCE_SECONDS)
    worker.stop()
    assert waited.failed_with == [error, error]


def test_a_worker_that_fails_tries_again_later_each_time(credits, monkeypatch):
    def failing(*_: Any) -> Swept:
        raise Unreachable("away")

    monkeypatch.setattr(Sweeper, "sweep", failing)
    waited = Waited(faults=8)
    worker = Worker(engine_of(credits), every_seconds=1.0, watch=waited)
    pauses: list[float] = []

    def wait(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 8:
            worker.end()

    monkeypatch.setattr(worker._stopped, "wait", wait)
    worker.run()
    worker.stop()
    assert pauses == [2, 4, 8, 16, *[workers.LONGEST_PAUSE_SECONDS] * 4]


def test_a_worker_told_to_end_finishes_its_page_and_no_more(credits, clock):
    clock.advance("20m")
    told: list[Worker] = []

    class Ending(Waited):
        def brought(self, page: Swept, so_far: Swept) -> None:
            super().brought(page, so_far)
            told[0].end()

    ending = Ending(accounts=len(PEOPLE))
    worker = Worker(engine_of(credits), watch=ending)
    told.append(worker)
    worker._sweeper = Sweeper(engine_of(credits), page=10)
    assert worker.work_once().accounts == 10
    assert ending.swept_with == [], "it was not through"
    worker.stop()
