"""The benchmarks on PostgreSQL run, measure what they say, and notice when they would not."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import transports
from benchmarks.figures import Check, Figure
from benchmarks.postgres import (
    charges,
    growth,
    overload,
    peers,
    pgbench,
    processes,
    tape,
    waits,
    ways,
)
from benchmarks.postgres import weigh as weighing
from benchmarks.postgres.bench import HOT, UNIFORM, Bench, Scale
from benchmarks.postgres.server import Server, all_of
from benchmarks.postgres.tape import Tape
from tests import databases

TINY = Scale(
    single=10,
    charges=60,
    pgbench_seconds=1,
    load_seconds=1,
    lines=300,
    weighed=200,
    peer_seconds=1,
    peer_accounts=5,
)
ACCOUNTS = 20


@pytest.fixture(scope="module")
def bench():
    server = Server(databases.postgres().url("postgres"))
    base = server.create()
    accounts = transports.build(server.at(base), ACCOUNTS)
    yield Bench(server, base, accounts, TINY, 1, lambda said: None, None, None)
    server.close()


@pytest.fixture(autouse=True)
def few(monkeypatch):
    monkeypatch.setattr(pgbench, "CLIENTS", (charges._CONTENDED,))
    monkeypatch.setattr(processes, "WORKERS", (1, 2))
    monkeypatch.setattr(processes, "CONNECTIONS", (1, 4))
    monkeypatch.setattr(overload, "CONNECTIONS", 40)
    monkeypatch.setattr(overload, "WAITING", (4,))
    monkeypatch.setattr(overload, "_PEAK_CONNECTIONS", (4,))


def names(found):
    return {figure.name for figure in found.figures}


def recorded(bench, size=5, count=10):
    """A tape of some charges, and what the database held when they were made."""
    made, asked = Tape(), bench.charges(bench.accounts, count, "taped", 1)
    with bench.server.copy(bench.base) as url, made.recording():
        ways.batches_of(size)(url, asked, made.begin)
        made.end()
        return made, tape.written(url)


def test_every_transport_is_measured_beside_its_floors(bench):
    found = charges.measure(bench)
    measured = names(found)
    for load in (UNIFORM, HOT):
        for way in (charges.ONE, charges.MANY, charges.TOGETHER, *charges.WAYS):
            assert {f"{load}: {way}", f"{load}: {way}, p50", f"{load}: {way}, p99"} <= measured
        assert {f"{load}: {charges.BARE}", f"{load}: {charges.HAND}"} <= measured
        assert f"{load}: {charges.PGBENCH}" in measured
    assert all(run > 0 for figure in found.figures for run in figure.runs)
    aims = {check.figure.name: check.at_least for check in found.checks}
    assert aims[f"{UNIFORM}: {charges.MANY} / pgbench, best"] == 1.5
    assert aims[f"{HOT}: {charges.MANY} / pgbench, best"] == 10
    assert aims[f"{HOT}: {charges.TOGETHER} / its statements, 500 at once"] == 0.9
    assert aims[f"{UNIFORM}: {charges.ONE} / its statements singly"] == 0.7


def test_a_tape_writes_the_very_rows_that_the_engine_wrote(bench):
    made, written = recorded(bench)
    with bench.server.copy(bench.base) as url:
        measured = tape.play(url, made, 10, written, 5)
        assert tape.written(url) == written
    assert measured.rate > 0
    assert len(measured.waits) == 2


def test_a_tape_that_writes_less_is_no_floor(bench):
    made, written = recorded(bench)
    made.trips = made.trips[: len(made.trips) // 2]  # the first of two batches
    with bench.server.copy(bench.base) as url, pytest.raises(RuntimeError, match="other rows"):
        tape.play(url, made, 10, written, 5)


def test_writes_alone_leave_out_what_only_reads(bench):
    made, written = recorded(bench)
    assert 0 < len(made.writes().trips) < len(made.trips)
    with bench.server.copy(bench.base) as url:
        tape.play(url, made.writes(), 10, written, 5)


def test_pgbench_writes_a_line_and_the_account_for_each_transaction(bench):
    with bench.server.copy(bench.base) as url:
        ways.batches_of(5)(url, bench.charges(bench.accounts, 10, "one", 1), ways.nothing)
        one = pgbench.example(url)
        before = tape.written(url)
        assert pgbench.run(url, one, ACCOUNTS, clients=2, seconds=1).rate > 0
        after = tape.written(url)
        (per_account,) = all_of(
            url,
            "select count(*) from tallystick.accounts a where a.version <> (select max(j.seq) "
            "from tallystick.journal j where j.account = a.account)",
        )
    lines, versions = after[0] - before[0], after[3] - before[3]
    assert lines == versions > 0
    assert per_account == (0,)


def test_the_waits_at_half_load_stand_beside_those_of_the_floor(bench):
    found = waits.measure(bench)
    assert f"{UNIFORM}: engine, p99" in names(found)
    assert [check.at_most for check in found.checks] == [3.0, 3.0]


def test_growth_is_told_by_relation_and_in_all(bench):
    found = weighing.measure(bench)
    assert {
        "growth by a charge: journal",
        "growth by a charge: in all (pg_database_size)",
    } <= names(found)
    assert found.checks[0].at_most == 800


def test_the_past_lies_before_the_accounts_own_lines(bench):
    found = growth.measure(bench)
    assert "grown: execute, 500 at once" in names(found)
    with bench.server.copy(bench.base) as url:
        own = tape.written(url)[0]
        growth._fill(bench, url, TINY.lines)
        assert tape.written(url)[0] == own + TINY.lines
        indexes = all_of(url, growth._INDEXES.replace("%", "%%"))
    with bench.server.copy(bench.base) as url:
        assert all_of(url, growth._INDEXES.replace("%", "%%")) == indexes


def test_a_peer_that_cannot_be_driven_is_said_to_be_missing(bench):
    """It says why, and the others are measured."""
    absent = peers.Peer("absent", "no_such_driver", (), "")
    driver = peers.Driver(Path(sys.executable), absent, "postgresql://nowhere")
    driver.tell(do="make", accounts=1)
    with pytest.raises(peers.Unavailable, match="No module named 'no_such_driver'"):
        driver.hear()
    driver.end()
    assert peers._said(absent, {"absent": "why"}).endswith("NOT MEASURED: why")


@pytest.mark.parametrize(
    ("at_least", "at_most", "verdict"),
    [
        (2, None, "PASS"),
        (2.1, None, "MISS"),
        (None, 2, "PASS"),
        (None, 1.9, "MISS"),
        (None, None, ""),
    ],
)
def test_an_aim_is_met_from_its_side(at_least, at_most, verdict):
    figure = Figure("name", "times", (1, 2, 3))
    assert Check(figure, at_least, at_most).verdict == verdict


@pytest.mark.prove
def test_processes_and_overload_are_measured_over_http(bench):
    assert f"{HOT}: 2 processes, 4 connections, p99" in names(processes.measure(bench))
    found = overload.measure(bench)
    assert "W 4, 5 times the capacity: settles and releases refused" in names(found)


def test_a_peer_is_driven_through_its_driver(tmp_path):
    """The driver speaks a line each way, and spreads the charges over the accounts and tasks."""
    (tmp_path / "pretended.py").write_text(
        "import asyncio\n"
        "made = []\n"
        "class Peer:\n"
        "    def __init__(self, url): self.url = url\n"
        "    def make(self, accounts): self.accounts = accounts\n"
        "    async def charge(self, account, key):\n"
        "        await asyncio.sleep(0.001)\n"
        "        assert account < self.accounts and key not in made\n"
        "        made.append(key)\n"
    )
    asked = [
        {"do": "make", "accounts": 3},
        {"do": "charge", "accounts": 3, "seconds": 0.1, "in_flight": 4, "name": "one"},
        {"do": "charge", "accounts": 1, "seconds": 0.1, "in_flight": 1, "name": "two"},
    ]
    root = Path(__file__).parents[2]
    ran = subprocess.run(
        [sys.executable, root / "benchmarks/peers/driver.py", "pretended", "postgresql://nowhere"],
        input="".join(json.dumps(each) + "\n" for each in asked),
        env={"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    told = [json.loads(line) for line in ran.stdout.splitlines()]
    assert told[0] == {"made": 3}
    assert all(set(each) == {"rate", "p50", "p99"} and each["rate"] > 0 for each in told[1:])
