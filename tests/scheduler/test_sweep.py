"""The scheduler: what is due happens by itself, once, and as it would have when somebody looked."""

import logging
from dataclasses import dataclass, field
from typing import Any

import pytest

from tallystick import Tallystick
from tallystick.core.errors import DamagedDatabase, Unreachable
from tallystick.scheduler import Sweeper, Swept, Watch
from tallystick.scheduler.sweep import ASIDE_SECONDS, FAULTS_MAX, LOOKUP_ACCOUNTS
from tallystick.store import BUCKETS, bucket_of
from tallystick.testing import TestClock
from tests.scheduler.people import CATALOG, PEOPLE, START, engine_of, journals, live


@dataclass
class Kept(Watch):
    """Keeps what it is told."""

    so_far: list[Swept] = field(default_factory=list)
    pages: list[Swept] = field(default_factory=list)
    faults: list[tuple[str | None, Exception]] = field(default_factory=list)

    def brought(self, page: Swept, so_far: Swept) -> None:
        self.pages.append(page)
        self.so_far.append(so_far)

    def failed(self, error: Exception, account: str | None = None) -> None:
        self.faults.append((account, error))


def test_what_is_due_is_written_without_anybody_looking(credits, clock):
    before = journals(credits)
    clock.advance("40d")
    assert journals(credits) == before, "nobody looked"
    swept = Sweeper(engine_of(credits)).sweep()
    assert swept.accounts >= len(PEOPLE)
    for entries in journals(credits).values():
        kinds = [type(event).__name__ for _, _, event in entries]
        assert kinds[-3:] == ["GrantExpired", "GrantExpired", "CycleStarted"]
        assert "Released" in kinds, "the hold timed out"


def test_an_eager_journal_and_a_lazy_one_are_the_same(credits, clock):
    """The same people, swept every day or only looked at after two months."""
    other = TestClock(START)
    with Tallystick.open(":memory:", catalog=CATALOG, clock=other) as lazy:
        for person in PEOPLE:
            live(lazy, person)
        for _ in range(60):
            clock.advance("1d")
            Sweeper(engine_of(credits)).sweep()
        other.advance("60d")
        for person in PEOPLE:
            lazy.charge(person, "Dot")
            credits.charge(person, "Dot")
        assert journals(credits) == journals(lazy)


def test_a_second_sweep_finds_nothing(credits, clock):
    clock.advance("40d")
    sweeper = Sweeper(engine_of(credits))
    sweeper.sweep()
    before = journals(credits)
    assert sweeper.sweep() == Swept()
    assert journals(credits) == before


def test_an_idle_account_is_never_touched(credits, clock):
    clock.advance("1y")
    Sweeper(engine_of(credits)).sweep()
    assert len(credits.entries("idle")) == 1


def test_a_hold_times_out_though_nothing_else_is_due(credits, clock):
    clock.advance("20m")
    assert Sweeper(engine_of(credits)).sweep().accounts == len(PEOPLE)
    assert {type(entries[-1][2]).__name__ for entries in journals(credits).values()} == {"Released"}


def test_how_far_it_has_come_and_how_late_it_is_are_told(credits, clock):
    clock.advance("20m")
    kept = Kept()
    swept = Sweeper(engine_of(credits), page=7).sweep(watch=kept)
    assert [each.accounts for each in kept.so_far] == [7, 14, 21, 28, 35, 40]
    assert [each.accounts for each in kept.pages] == [7, 7, 7, 7, 7, 5]
    assert swept == kept.so_far[-1] == Swept(40, 5 * 60), "a hold lives 15 minutes"


def test_how_late_it_is_counts_until_it_is_done(credits, clock, monkeypatch):
    """A page that took a minute makes those on it a minute later."""
    clock.advance("20m")
    engine = engine_of(credits)
    carry_out = engine.carry_out

    def slow(asked):
        clock.advance("1m")
        return carry_out(asked)

    monkeypatch.setattr(engine, "carry_out", slow)
    kept = Kept()
    Sweeper(engine, page=20).sweep(watch=kept)
    assert [each.lag_seconds for each in kept.pages] == [6 * 60, 7 * 60]


def test_a_sweep_of_some_buckets_leaves_the_others(credits, clock):
    clock.advance("40d")
    before = journals(credits)
    Sweeper(engine_of(credits)).sweep(range(BUCKETS // 2))
    after = journals(credits)
    moved = {person for person in PEOPLE if after[person] != before[person]}
    assert moved == {each for each in PEOPLE if bucket_of(f"small/{each}") < BUCKETS // 2}
    assert 0 < len(moved) < len(PEOPLE)


def test_it_stops_between_two_pages_when_it_is_told_to(credits, clock):
    clock.advance("20m")
    left = iter([True, True, False])
    assert Sweeper(engine_of(credits), page=5).sweep(going_on=lambda: next(left)).accounts == 10


def test_a_test_platform_is_due_by_its_own_clock(tmp_path):
    """Its clock stands in the past; the platform beside it is on real time."""
    real = TestClock("2026-02-01T00:00:00Z")
    path = tmp_path / "both.db"
    with (
        Tallystick.open(path, catalog=CATALOG, clock=real) as here,
        Tallystick.open(path, "videodraft", clock=real, test_clock="2026-01-01T10:00:00Z") as there,
    ):
        live(here, "ada")
        there.open_account("bob")
        there.subscribe("bob", "Studio")
        sweeper = Sweeper(engine_of(here))
        written = there.entries("bob")[-1].seq
        real.advance("40d")
        assert sweeper.sweep().accounts == 1
        with engine_of(there).store.reading():
            assert not engine_of(there).store.entries("videodraft/bob", written), "not on its clock"
        there.advance_clock(by="1mo")
        assert sweeper.sweep() == Swept(1), "in time, by its own clock"
        with engine_of(there).store.reading():
            assert engine_of(there).store.entries("videodraft/bob", written)


def break_down(engine: Any, monkeypatch: pytest.MonkeyPatch, broken: Any, error: Exception) -> None:
    """Whatever batch has one of these people in it fails as a whole."""
    carry_out = engine.carry_out

    def failing(asked):
        if any(command.account in broken for _, command in asked):
            raise error
        return carry_out(asked)

    monkeypatch.setattr(engine, "carry_out", failing)


@pytest.mark.parametrize("error", [DamagedDatabase("no state"), ZeroDivisionError()], ids=repr)
def test_an_account_that_cannot_be_brought_up_to_date_stands_in_nobodys_way(
    credits, clock, monkeypatch, error
):
    """The others on its page and behind it are done; it is told, and left alone for a while."""
    clock.advance("40d")
    engine = engine_of(credits)
    break_down(engine, monkeypatch, {"person-3"}, error)
    kept = Kept()
    sweeper = Sweeper(engine)
    swept = sweeper.sweep(watch=kept)
    assert (swept.accounts, swept.faults) == (len(PEOPLE) - 1, 1)
    assert kept.faults == [("small/person-3", error)]
    before = journals(credits)
    assert len(before["person-3"]) < len(before["person-4"])
    assert len({len(before[each]) for each in PEOPLE if each != "person-3"}) == 1
    assert sweeper.sweep(watch=kept) == Swept()
    assert len(kept.faults) == 1
    clock.advance(seconds=ASIDE_SECONDS)
    assert sweeper.sweep(watch=kept).faults == 1


def test_a_database_that_is_broken_altogether_is_not_tried_account_by_account(
    credits, clock, monkeypatch
):
    clock.advance("40d")
    engine = engine_of(credits)
    break_down(engine, monkeypatch, PEOPLE, DamagedDatabase("nothing can be read"))
    kept = Kept()
    with pytest.raises(DamagedDatabase, match="accounts could not be brought up to date"):
        Sweeper(engine, page=1).sweep(watch=kept)
    assert len(kept.faults) == FAULTS_MAX + 1


def test_a_database_that_cannot_be_reached_ends_the_sweep(credits, clock, monkeypatch):
    clock.advance("40d")
    engine = engine_of(credits)
    break_down(engine, monkeypatch, {"person-3"}, Unreachable("not there"))
    with pytest.raises(Unreachable):
        Sweeper(engine).sweep()


def test_what_goes_wrong_is_logged_where_nobody_else_watches(credits, clock, monkeypatch, caplog):
    clock.advance("40d")
    break_down(engine_of(credits), monkeypatch, {"person-3"}, ZeroDivisionError())
    Sweeper(engine_of(credits)).sweep()
    assert [each.getMessage() for each in caplog.records if each.levelno >= logging.WARNING] == [
        "the scheduler failed at small/person-3"
    ]


def test_more_than_are_looked_up_at_one_time_are_all_done():
    """In one bucket, so that it takes several looks; and as many holds."""
    clock = TestClock(START)
    names = [
        f"p{number}"
        for number in range(LOOKUP_ACCOUNTS * 100)
        if bucket_of(f"small/p{number}") == 5
    ]
    names = names[: LOOKUP_ACCOUNTS + 30]
    with Tallystick.open(":memory:", catalog=CATALOG, clock=clock) as credits:
        for name in names:
            credits.open_account(name)
            credits.grant(name, 20, expires_at="2026-02-10T00:00:00Z")
            credits.hold(name, "Clip", seconds=1)
        clock.advance("1h")
        sweeper = Sweeper(engine_of(credits))
        assert sweeper.sweep([5]).accounts == len(names) == LOOKUP_ACCOUNTS + 30
        clock.advance("40d")
        assert sweeper.sweep([5]).accounts == len(names)
        assert sweeper.sweep() == Swept()


def test_buckets_that_are_given_away_meanwhile_are_left_to_others(credits, clock):
    """From one page to the next: those of the page at hand are finished."""
    clock.advance("40d")
    mine = set(range(BUCKETS))
    before = journals(credits)

    def going_on() -> bool:
        going_on.pages += 1
        if going_on.pages == 2:
            mine.clear()
        return True

    going_on.pages = 0
    Sweeper(engine_of(credits), page=1).sweep(mine, going_on=going_on)
    after = journals(credits)
    moved = {person for person in PEOPLE if after[person] != before[person]}
    buckets = {bucket_of(f"small/{each}") for each in moved}
    assert 0 < len(moved) < len(PEOPLE)
    assert len(buckets) <= 2
