"""The pace of a sweep: short pages, and half of the time for others."""

import pytest

from tallystick.scheduler import Sweeper
from tallystick.scheduler.pace import PAGE_ACCOUNTS_MAX, PAGE_ACCOUNTS_MIN, PAGE_SECONDS, Pace
from tests.scheduler.people import PEOPLE, engine_of


class Time:
    """A clock that passes when somebody works or rests."""

    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        return self.at

    def passes(self, seconds: float) -> None:
        self.at += seconds


def pages(account_seconds: float, count: int, commit_seconds: float = 0.0) -> list[int]:
    """How long pages become when an account takes so long, and a commit besides."""
    time = Time()
    pace = Pace(clock=time)
    found = []
    for _ in range(count):
        found.append(pace.page)
        pace.begin()
        time.passes(commit_seconds + pace.page * account_seconds)
        pace.end(pace.page)
    return found


def test_pages_take_as_long_as_is_meant_on_any_machine():
    for account_seconds in (0.000_1, 0.000_2, 0.000_35):
        took = pages(account_seconds, 20)[-1] * account_seconds
        assert took == pytest.approx(PAGE_SECONDS, rel=0.05)
    assert pages(0.000_001, 20)[-1] == PAGE_ACCOUNTS_MAX
    assert pages(0.1, 20)[-1] == PAGE_ACCOUNTS_MIN
    assert PAGE_ACCOUNTS_MIN < pages(0.000_1, 20, commit_seconds=0.01)[-1] < PAGE_ACCOUNTS_MAX


def test_a_short_last_page_is_measured_by_what_was_on_it():
    time = Time()
    pace = Pace(clock=time)
    pace.begin()
    time.passes(PAGE_SECONDS / 10)
    pace.end(1)
    assert pace.page == PAGE_ACCOUNTS_MIN, (
        "ten would have fitted, though the page was done in no time"
    )


def test_a_pause_is_as_long_as_its_page_and_never_a_whole_second():
    time = Time()
    pace = Pace(clock=time)
    assert pace.pause() == 0
    pace.begin()
    time.passes(0.03)
    pace.end(50)
    assert pace.pause() == pytest.approx(0.03)
    time.passes(0.02)
    assert pace.pause() == pytest.approx(0.01), "looking for the next page is a pause as well"
    time.passes(0.02)
    assert pace.pause() == 0
    pace.begin()
    time.passes(9)
    pace.end(50)
    assert pace.pause() == 1


def test_half_of_the_time_of_a_sweep_is_for_others(credits, clock, monkeypatch):
    clock.advance("20m")
    engine, time = engine_of(credits), Time()
    carry_out = engine.carry_out
    rests: list[float] = []

    def slow(asked):
        time.passes(len(asked) * 0.004)
        return carry_out(asked)

    def rest(seconds: float) -> None:
        rests.append(seconds)
        time.passes(seconds)

    monkeypatch.setattr(engine, "carry_out", slow)
    sweeper = Sweeper(engine, rest=rest)
    sweeper._pace = Pace(10, time)
    assert sweeper.sweep().accounts == len(PEOPLE)
    assert rests == pytest.approx([0, 0.04, 0.04, 0.04])
