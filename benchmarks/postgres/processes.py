"""Charges over HTTP from one server process and from several, on one database."""

from collections.abc import Sequence
from contextlib import closing

from ..figures import Findings, Tally
from ..http_load import Load, Target
from . import served
from .bench import HOT, UNIFORM, Bench, keep
from .ways import Measured

WORKERS = (1, 2, 4)
CONNECTIONS = (1, 16, 64)


def measure(bench: Bench) -> Findings:
    tally = Tally("charges/s")
    for run in range(bench.runs):
        for load, accounts in bench.loads().items():
            for workers in WORKERS:
                bench.tell(f"run {run + 1} of {bench.runs}, {load}: {workers} server processes")
                _serve(bench, f"{load}: {_said(workers)}", accounts, workers, run, tally)
    checks = [
        tally.ratio(_name(load, workers), _name(load, 1), f"{_name(load, workers)} / one")
        for load in (UNIFORM, HOT)
        for workers in WORKERS[1:]
    ]
    notes = (
        "`tallystick serve --workers N`, asked by plain sockets, requests made beforehand",
        "server, load and PostgreSQL share this machine's cores",
    )
    return Findings("Over HTTP, on PostgreSQL", tally.figures(), tuple(checks), notes)


def _said(workers: int) -> str:
    return f"{workers} processes" if workers > 1 else "1 process"


def _name(load: str, workers: int) -> str:
    return f"{load}: {_said(workers)}, {CONNECTIONS[-1]} connections"


def _serve(
    bench: Bench, name: str, accounts: Sequence[str], workers: int, run: int, tally: Tally
) -> None:
    with (
        bench.server.copy(bench.base) as url,
        served.serving(url, workers) as target,
    ):
        _warm(bench, target)
        for connections in CONNECTIONS:
            count = bench.scale.charges if connections > 1 else bench.scale.single
            charges = bench.charges(accounts, count, f"http{connections}", run)
            said = f"{connections} connections" if connections > 1 else "1 connection"
            keep(tally, f"{name}, {said}", _asked(target, connections, charges))


def _warm(bench: Bench, target: Target) -> None:
    """Every process has written once, and read what it keeps."""
    _asked(target, CONNECTIONS[-1], bench.charges(bench.accounts, 500, "warm", 0))


def _asked(target: Target, connections: int, charges: Sequence[served.Command]) -> Measured:
    waits: list[float] = []
    asked = served.requests(target, charges)
    with closing(Load(target, connections)) as load:
        seconds = load.closed(asked, waits)
    return Measured(len(charges) / seconds, sorted(waits))
