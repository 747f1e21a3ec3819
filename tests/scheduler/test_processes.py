"""Workers in processes of their own on one database, one of them killed: all is done, once."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from threading import Timer

import pytest

from tallystick import Tallystick
from tallystick.scheduler import Sweeper, Swept
from tests.patience import PATIENCE_SECONDS, until
from tests.scheduler.people import CATALOG, PEOPLE, START, engine_of, journals, live

ROOT = Path(__file__).parents[2]

Process = subprocess.Popen[str]
Start = Callable[[str, str], Process]


@pytest.fixture
def started() -> Iterator[Start]:
    """Starts processes, of which none outlives its test, nor its patience."""
    with ExitStack() as running:

        def start(what: str, url: str) -> Process:
            process = subprocess.Popen(
                [sys.executable, "-m", "tests.scheduler.processes", what, url],
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            running.enter_context(process)
            late = Timer(PATIENCE_SECONDS, process.kill)
            late.start()
            running.callback(late.cancel)
            running.callback(process.kill)
            return process

        yield start


def said(process: Process) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def people(url: str) -> Tallystick:
    """The forty, on a test clock that the database keeps: every process reads the same."""
    credits = Tallystick.open(url, catalog=CATALOG, test_clock=START)
    for person in PEOPLE:
        live(credits, person)
    return credits


def looked_at(credits: Tallystick) -> dict[str, object]:
    """What everybody's journal is when only somebody's look brings it up to date."""
    with Tallystick.open(":memory:", catalog=CATALOG, test_clock=START) as lazy:
        for person in PEOPLE:
            live(lazy, person)
        lazy.advance_clock(to=credits.clock().at)
        for person in PEOPLE:
            lazy.adjust(person, 1, "a look")
        return {person: lines[:-1] for person, lines in journals(lazy).items()}


def done(credits: Tallystick) -> set[str]:
    """Whose journal has the new cycle."""
    return {
        person
        for person, lines in journals(credits).items()
        if type(lines[-1][2]).__name__ == "CycleStarted"
    }


def test_one_of_two_workers_is_killed_and_all_that_was_due_is_done_once(url: str, started: Start):
    with people(url) as credits:
        credits.advance_clock(by="40d")
        killed = started("stall", url)
        assert said(killed) == "stalled"
        if url.startswith("postgresql://"):  # on a file the stalled one has the writer's lock
            other = started("work", url)
            assert said(other) == "swept"
            assert done(credits), "the other's share does not wait for the stalled one"
        killed.send_signal(signal.SIGKILL)
        if not url.startswith("postgresql://"):
            other = started("work", url)
        until(lambda: len(done(credits)) == len(PEOPLE))
        other.communicate()
        assert (killed.wait(PATIENCE_SECONDS), other.wait(PATIENCE_SECONDS)) == (-signal.SIGKILL, 0)
        assert journals(credits) == looked_at(credits)
        assert Sweeper(engine_of(credits)).sweep() == Swept()
        assert credits.verify()


def test_two_workers_at_once_write_what_one_would_have(url: str, started: Start):
    with people(url) as credits:
        credits.advance_clock(by="40d")
        workers = [started("work", url) for _ in range(2)]
        for each in workers:
            assert said(each) == "swept"
        for each in workers:
            rest = each.communicate()[0]
            assert (each.returncode, rest.replace("swept\n", "")) == (0, "")
        Sweeper(engine_of(credits)).sweep()
        assert journals(credits) == looked_at(credits)
        assert credits.verify()
