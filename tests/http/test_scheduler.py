"""The scheduler inside a server: what is due is done, counted and told, and it ends nobody."""

from __future__ import annotations

import io
import json
import re
import signal
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx2
import pytest

from tallystick import Tallystick
from tallystick.core.errors import DamagedDatabase, Unreachable
from tallystick.engine import Engine
from tallystick.http import logs, scheduler
from tallystick.http.metrics import Metrics
from tallystick.scheduler import Sweeper, Swept
from tallystick.service.startup import open_engine
from tallystick.store.databases import open_store
from tallystick.testing import TestClock
from tests.databases import fresh_database
from tests.http.program import Program
from tests.patience import PATIENCE_SECONDS, until
from tests.serving import Serving

LONG_AGO = "2025-01-31T10:00:00Z"
THREAD = "tallystick-scheduler"
PLANS = {
    "artlist": ("max-pro", 240_000),
    "imagineart": ("ultimate", 100_000),
    "videodraft": ("pro", 2_500),
}


def prepare(url: str, *platforms: str, accounts: int = 3) -> None:
    """Subscribers of long ago, of whom nobody has looked at one since."""
    for platform in platforms:
        with Tallystick.open(url, platform, clock=TestClock(LONG_AGO)) as credits:
            for number in range(accounts):
                credits.open_account(f"acct_{number}")
                credits.subscribe(f"acct_{number}", *PLANS[platform])


def last_lines(url: str, platform: str) -> list[int]:
    """The seq of the last line that is written of each account."""
    with closing(open_store(url)) as store, store.reading():
        return [store.entries(key)[-1].seq for key in store.accounts(platform)]


def seats(url: str) -> list[Any]:
    """The seats that somebody has."""
    with closing(open_store(url)) as store, store.reading():
        return [each for each in store.worker_slots() if each.until]


def engine_at(path: Path, now: str = "2025-04-30T12:00:00Z") -> Engine:
    return open_engine(str(path), "artlist", clock=TestClock(now))[0]


def counts(serving: Serving) -> dict[str, float]:
    """What /metrics says of the scheduler, by the end of its name."""
    text = httpx2.get(f"{serving.url}/metrics", timeout=PATIENCE_SECONDS).text
    found = re.findall(r"^tallystick_clockwork_(\w+) (\S+)$", text, re.MULTILINE)
    return {name: float(value) for name, value in found if not name.endswith("_created")}


def counts_once(serving: Serving, said: Callable[[dict[str, float]], bool]) -> dict[str, float]:
    """What it says when that is true."""

    def found() -> dict[str, float] | None:
        return last if said(last := counts(serving)) else None

    return until(found, lambda: f"never so: {counts(serving)}") or {}


def at_work() -> bool:
    return any(each.name == THREAD for each in threading.enumerate())


@pytest.fixture
def path(tmp_path: Path) -> Path:
    prepare(str(tmp_path / "credits.db"), "artlist", "imagineart")
    return tmp_path / "credits.db"


def test_what_is_due_is_done_on_every_platform_and_counted(path):
    before = [last_lines(str(path), platform) for platform in ("artlist", "imagineart")]
    with Serving(engine_at(path), scheduler=True) as serving:
        found = counts_once(serving, lambda said: said["sweeps_total"] >= 1)
    assert found["accounts_total"] == 6
    assert found["faults_total"] == 0
    assert found["lag_seconds"] > 60 * 86_400, "the first cycle ended two months ago"
    assert found["swept_timestamp_seconds"] == 1_746_014_400
    after = [last_lines(str(path), platform) for platform in ("artlist", "imagineart")]
    assert all(new > old for one, other in zip(after, before, strict=True)
               for new, old in zip(one, other, strict=True))  # fmt: skip
    assert seats(str(path)) == []
    assert not at_work()


def test_lag_is_none_when_nothing_is_due(path):
    with Serving(engine_at(path), scheduler=True) as serving:
        found = counts_once(serving, lambda said: said["sweeps_total"] >= 2)
    assert found["lag_seconds"] == 0


def test_a_server_in_a_process_of_yours_has_no_scheduler_unless_it_is_asked_for(path):
    before = last_lines(str(path), "artlist")
    with Serving(engine_at(path)) as serving:
        assert counts(serving)["sweeps_total"] == 0
        assert not at_work()
    assert last_lines(str(path), "artlist") == before


@pytest.mark.parametrize("error", [Unreachable("away"), ZeroDivisionError()], ids=repr)
def test_a_scheduler_that_fails_ends_no_server(path, monkeypatch, error):
    def failing(*_: Any) -> Swept:
        raise error

    monkeypatch.setattr(Sweeper, "sweep", failing)
    told = io.StringIO()
    with logs.configured("info", "json", told), Serving(engine_at(path), scheduler=True) as serving:
        counts_once(serving, lambda said: said["faults_total"] >= 1)
        key = serving.key("artlist")
        reply = httpx2.get(
            f"{serving.url}/v1/accounts/acct_0/balance", headers={"authorization": f"Bearer {key}"}
        )
        assert reply.status_code == 200
    events = [json.loads(line)["event"] for line in told.getvalue().splitlines()]
    assert ("sweep failed" if isinstance(error, ZeroDivisionError) else
            "the scheduler waits for the database") in events  # fmt: skip
    assert not at_work()


def test_an_account_that_cannot_be_brought_up_to_date_is_told_and_the_rest_done(path, monkeypatch):
    engine = engine_at(path)
    carry_out = engine.carry_out

    def failing(asked):
        if any(each == ("artlist", "acct_1") for each in ((p, c.account) for p, c in asked)):
            raise DamagedDatabase("no state")
        return carry_out(asked)

    monkeypatch.setattr(engine, "carry_out", failing)
    told = io.StringIO()
    with logs.configured("info", "json", told), Serving(engine, scheduler=True) as serving:
        found = counts_once(serving, lambda said: said["sweeps_total"] >= 1)
    assert (found["accounts_total"], found["faults_total"]) == (5, 1)
    lines = [json.loads(line) for line in told.getvalue().splitlines()]
    (fault,) = [line for line in lines if line["event"] == "account not swept"]
    assert (fault["platform"], fault["account"], fault["level"]) == ("artlist", "acct_1", "error")
    (swept,) = [line for line in lines if line["event"] == "swept"]
    assert swept["accounts"] == 5


def test_a_long_sweep_says_now_and_then_how_far_it_is(monkeypatch):
    told = io.StringIO()
    now = iter(range(0, 1_000, 4))
    monkeypatch.setattr(scheduler, "time", SimpleNamespace(monotonic=lambda: next(now)))
    with logs.configured("info", "json", told):
        watched = scheduler.Watched(Metrics().scheduler)
        for number in range(1, 8):
            watched.brought(Swept(100, number), Swept(100 * number, number))
    found = [json.loads(line) for line in told.getvalue().splitlines()]
    assert [(line["event"], line["accounts"]) for line in found] == [
        ("sweeping", 300),
        ("sweeping", 600),
    ]


# The program


def test_the_program_does_it_unless_it_is_switched_off(tmp_path):
    db = str(tmp_path / "credits.db")
    prepare(db, "artlist", "videodraft")
    before = last_lines(db, "artlist")
    with Program(db, "--clockwork", "off") as program:
        assert httpx2.get(f"{program.url}/readyz", timeout=PATIENCE_SECONDS).status_code == 200
        assert program.end() == 0
        assert program.log("swept") == []
    assert last_lines(db, "artlist") == before
    with Program(db) as program:
        (line,) = program.wait_for("swept")
        assert program.end() == 0
    assert line["accounts"] == 6
    assert min(last_lines(db, "artlist")) > max(before)
    assert seats(db) == []
    assert {each.name for each in tmp_path.iterdir()} == {"credits.db", "credits.db-epoch"}


def test_a_program_that_is_given_no_time_ends_all_the_same(tmp_path):
    """Told twice by the keyboard: the second time it does not even wait for who asks."""
    db = str(tmp_path / "credits.db")
    prepare(db, "artlist")
    with Program(db, "--drain-seconds", "300") as program:
        program.wait_for("swept")
        program.tell(signal.SIGINT)
        program.wait_for("stopping")
        assert program.end(signal.SIGINT) == 130
    with Tallystick.open(db) as credits:
        assert credits.verify()


def test_every_worker_of_a_server_has_a_seat(tmp_path):
    """On one PostgreSQL database; one is killed, and a new one takes its place."""
    with fresh_database("postgres") as url:
        prepare(url, "artlist", accounts=20)
        with Program(url, "--workers", "2") as program:
            until(lambda: len({each.worker for each in seats(url)}) == 2)
            program.wait_for("swept")
            assert program.end() == 0
        done = sum(line["accounts"] for line in program.log("swept"))
        assert done >= 20
        assert seats(url) == []
