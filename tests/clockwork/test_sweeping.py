"""The clockwork: what is due happens by itself, once, and as it would have when somebody looked."""

from collections.abc import Iterator
from typing import Any

import pytest

from tallystick import Tallystick
from tallystick.clockwork import Clockwork, Swept, Worker
from tallystick.store import BUCKETS, bucket_of
from tallystick.testing import TestClock
from tests.scenarios.small import small

FREE = "free_credits: [{credits: 10, every: day}]\n"
PEOPLE = [f"person-{number}" for number in range(40)]


@pytest.fixture
def clock() -> TestClock:
    return TestClock("2026-01-31T10:00:00Z")


@pytest.fixture
def credits(clock: TestClock) -> Iterator[Tallystick]:
    """Forty subscribers who each spent and hold something, and one account without a plan."""
    opened = Tallystick.open(":memory:", catalog=small(FREE), clock=clock)
    for person in PEOPLE:
        live(opened, person)
    opened.open_account("idle")
    yield opened
    assert opened.verify()
    opened.close()


def live(credits: Tallystick, person: str) -> None:
    credits.open_account(person)
    credits.subscribe(person, "Basic")
    credits.grant(person, 20, expires_at="2026-02-10T00:00:00Z")
    credits.charge(person, "Dot")
    credits.hold(person, "Clip", seconds=2)


def engine_of(credits: Tallystick) -> Any:
    return credits._door.engine  # type: ignore[attr-defined]


def journals(credits: Tallystick) -> dict[str, list[tuple[Any, ...]]]:
    """The written lines, without what a read would add of what is due."""
    store = engine_of(credits).store
    with store.reading():
        return {
            person: [(each.seq, each.at, each.event) for each in store.lines(f"small/{person}")]
            for person in PEOPLE
        }


def test_what_is_due_is_written_without_anybody_looking(credits, clock):
    before = journals(credits)
    clock.advance("40d")
    assert journals(credits) == before, "nobody looked"
    swept = Clockwork(engine_of(credits)).sweep()
    assert swept.accounts >= len(PEOPLE)
    for lines in journals(credits).values():
        kinds = [type(event).__name__ for _, _, event in lines]
        assert kinds[-3:] == ["GrantExpired", "GrantExpired", "CycleStarted"]
        assert "Released" in kinds, "the hold timed out"


def test_an_eager_journal_and_a_lazy_one_are_the_same(credits, clock):
    """The same people, swept every day or only looked at after two months."""
    other = TestClock("2026-01-31T10:00:00Z")
    with Tallystick.open(":memory:", catalog=small(FREE), clock=other) as lazy:
        for person in PEOPLE:
            live(lazy, person)
        for _ in range(60):
            clock.advance("1d")
            Clockwork(engine_of(credits)).sweep()
        other.advance("60d")
        for person in PEOPLE:
            lazy.charge(person, "Dot")
            credits.charge(person, "Dot")
        assert journals(credits) == journals(lazy)


def test_a_second_sweep_finds_nothing(credits, clock):
    clock.advance("40d")
    clockwork = Clockwork(engine_of(credits))
    clockwork.sweep()
    before = journals(credits)
    assert clockwork.sweep() == Swept()
    assert journals(credits) == before


def test_an_idle_account_is_never_touched(credits, clock):
    clock.advance("1y")
    Clockwork(engine_of(credits)).sweep()
    assert len(credits.entries("idle")) == 1


def test_a_hold_times_out_though_nothing_else_is_due(credits, clock):
    clock.advance("20m")
    assert Clockwork(engine_of(credits)).sweep().accounts == len(PEOPLE)
    assert {type(lines[-1][2]).__name__ for lines in journals(credits).values()} == {"Released"}


def test_how_far_it_has_come_and_how_late_it_is_are_told(credits, clock):
    clock.advance("20m")
    seen: list[Swept] = []
    swept = Clockwork(engine_of(credits), page=7).sweep(progress=seen.append)
    assert [each.accounts for each in seen] == [7, 14, 21, 28, 35, 40]
    assert swept == seen[-1]
    assert swept.lag_seconds == 5 * 60, "a hold lives 15 minutes"


def test_a_sweep_of_some_buckets_leaves_the_others(credits, clock):
    clock.advance("40d")
    before = journals(credits)
    Clockwork(engine_of(credits)).sweep(range(BUCKETS // 2))
    after = journals(credits)
    moved = {person for person in PEOPLE if after[person] != before[person]}
    assert moved == {each for each in PEOPLE if bucket_of(f"small/{each}") < BUCKETS // 2}
    assert 0 < len(moved) < len(PEOPLE)


def test_it_stops_between_two_pages_when_it_is_told_to(credits, clock):
    clock.advance("20m")
    left = iter([True, True, False])
    assert Clockwork(engine_of(credits), page=5).sweep(going_on=lambda: next(left)).accounts == 10


def test_a_test_platform_is_due_by_its_own_clock(tmp_path):
    """Its clock stands in the past; the platform beside it is on real time."""
    real = TestClock("2026-02-01T00:00:00Z")
    path = tmp_path / "both.db"
    with (
        Tallystick.open(path, catalog=small(FREE), clock=real) as here,
        Tallystick.open(path, "videodraft", clock=real, test_clock="2026-01-01T10:00:00Z") as there,
    ):
        live(here, "ada")
        there.open_account("bob")
        there.subscribe("bob", "Studio")
        clockwork = Clockwork(engine_of(here))
        written = there.entries("bob")[-1].seq
        real.advance("40d")
        assert clockwork.sweep().accounts >= 1
        with engine_of(there).store.reading():
            assert not engine_of(there).store.lines("videodraft/bob", written), "not on its clock"
        there.advance_clock(by="1mo")
        assert clockwork.sweep().accounts == 1
        with engine_of(there).store.reading():
            assert engine_of(there).store.lines("videodraft/bob", written)


def test_an_account_that_cannot_be_brought_up_to_date_stands_in_nobodys_way(
    credits, clock, monkeypatch
):
    """Its advance goes wrong each time; the others on its page and behind it are done."""
    clock.advance("40d")
    engine = engine_of(credits)
    carry_out = engine.carry_out

    def failing(asked):
        return carry_out([each for each in asked if each[1].account != "person-3"])

    monkeypatch.setattr(engine, "carry_out", failing)
    Clockwork(engine, page=3).sweep()
    before = journals(credits)
    assert len(before["person-3"]) < len(before["person-4"])
    assert len({len(before[each]) for each in PEOPLE if each != "person-3"}) == 1


# Workers


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
    assert one._sit_down() == set(range(BUCKETS))
    assert two._sit_down() == set(range(1, BUCKETS, 2))
    assert one._sit_down() == set(range(0, BUCKETS, 2))
    clock.advance("10s")
    two._sit_down()
    clock.advance("10s")  # nothing was heard of one for 20 seconds
    assert two._sit_down() == set(range(BUCKETS))
    assert three._sit_down() | two._sit_down() == set(range(BUCKETS))
    assert at_work(credits) == ["three", "two"]


def test_work_of_two_at_once_is_done_once(credits, clock):
    clock.advance("40d")
    engine = engine_of(credits)
    keys = [f"small/{person}" for person in PEOPLE]
    clockwork = Clockwork(engine)
    clockwork._bring_up_to_date(keys)
    once = journals(credits)
    clockwork._bring_up_to_date(keys)
    assert journals(credits) == once


def test_a_worker_works_on_its_own_thread_until_it_is_stopped(credits, clock):
    from threading import Event

    clock.advance("40d")
    done = Event()
    worker = Worker(
        engine_of(credits),
        every_seconds=0.01,
        told=lambda swept: done.set() if swept.accounts >= len(PEOPLE) else None,
    )
    worker.start()
    assert done.wait(30)
    worker.stop()


def at_work(credits: Tallystick) -> list[str]:
    store = engine_of(credits).store
    now = engine_of(credits).clock.now()
    with store.reading():
        return [each.worker for each in store.seats() if each.until > now]
