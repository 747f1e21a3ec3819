"""Charges a second through every transport, beside pgbench and the engine's own statements."""

from collections.abc import Sequence
from typing import NamedTuple

from tallystick import commands

from ..figures import Check, Findings, Tally
from . import pgbench, tape, ways
from .bench import HOT, UNIFORM, Bench, keep
from .tape import Tape
from .ways import Way

BATCH = 500
ONE, MANY, TOGETHER = "1 in flight", "64 in flight, asyncio", f"execute, {BATCH} at once"
BARE, HAND = "floor: its statements singly", f"floor: its statements, {BATCH} at once"
WRITES = f"floor: its writes alone, {BATCH} at once"
PGBENCH = "floor: pgbench, best"
OVER_PGBENCH, OVER_ONE_ROW, OVER_HAND, OVER_BARE = 1.5, 10, 0.9, 0.7
STRETCH = 0.9
_CONTENDED = 16
"""Clients of pgbench at one row, for whom the row's lock is what they wait for."""

WAYS: dict[str, Way] = {
    "16 in flight, asyncio": ways.tasks(16),
    "16 in flight, threads": ways.threads(16),
    "64 in flight, threads": ways.threads(64),
    "execute, 64 at once": ways.batches_of(64),
}


def _clients(count: int) -> str:
    return f"floor: pgbench, {count} client{'s' if count > 1 else ''}"


class _Taped(NamedTuple):
    """A way into the engine, and what its statements are called when they are sent again."""

    name: str
    way: Way
    size: int
    floor: str
    writes: str | None = None


_TAPED = (
    _Taped(ONE, ways.one_at_a_time, 1, BARE),
    _Taped(TOGETHER, ways.batches_of(BATCH), BATCH, HAND, WRITES),
)


class Load:
    """Charges to some accounts, measured once through every transport and below them."""

    def __init__(self, bench: Bench, name: str, accounts: Sequence[str], run: int, tally: Tally):
        self._bench = bench
        self._name = name
        self._accounts = accounts
        self._run = run
        self._tally = tally
        self._charges = bench.charges(accounts, bench.scale.charges, f"run{run}", run)

    def go(self) -> None:
        """What is compared stands next to each other in time."""
        for taped in _TAPED:
            self._beside_its_statements(taped)
        self._through(MANY, ways.tasks(64), self._charges)
        self._pgbench()
        for name, way in WAYS.items():
            self._through(name, way, self._charges)

    def _through(self, name: str, way: Way, charges: Sequence[commands.Charge]) -> None:
        self._tell(name)
        with self._bench.server.copy(self._bench.base) as url:
            keep(self._tally, self._called(name), way(url, charges, ways.nothing))

    def _beside_its_statements(self, taped: _Taped) -> None:
        some = self._charges[: self._bench.scale.single] if taped.size == 1 else self._charges
        self._through(taped.name, taped.way, some)
        made = Tape()
        with self._bench.server.copy(self._bench.base) as url:
            written = _recorded(url, taped.way, some, made)
        floors = {taped.floor: made}
        if taped.writes:
            floors[taped.writes] = made.writes()
        for name, each in floors.items():
            self._tell(name)
            with self._bench.server.copy(self._bench.base) as url:
                played = tape.play(url, each, len(some), written, taped.size)
            keep(self._tally, self._called(name), played)

    def _pgbench(self) -> None:
        if pgbench.program() is None:
            return
        one, best = pgbench.example_of(self._bench, self._charges), 0.0
        for clients in pgbench.CLIENTS:
            self._tell(f"pgbench, {clients} clients")
            with self._bench.server.copy(self._bench.base) as url:
                seconds, accounts = self._bench.scale.pgbench_seconds, len(self._accounts)
                measured = pgbench.run(url, one, accounts, clients, seconds)
            keep(self._tally, self._called(_clients(clients)), measured)
            best = max(best, measured.rate)
        self._tally.add(self._called(PGBENCH), best)

    def _called(self, name: str) -> str:
        return f"{self._name}: {name}"

    def _tell(self, name: str) -> None:
        self._bench.tell(f"run {self._run + 1} of {self._bench.runs}, {self._name}: {name}")


def _recorded(url: str, way: Way, charges: Sequence[commands.Charge], made: Tape) -> tape.Written:
    """The way gone once more, with its statements on the tape; what the database then holds."""
    with made.recording():
        way(url, charges, made.begin)
        made.end()
    return tape.written(url)


def measure(bench: Bench) -> Findings:
    tally = Tally("charges/s")
    for run in range(bench.runs):
        for name, accounts in bench.loads().items():
            Load(bench, name, accounts, run, tally).go()
    notes = (
        f"{bench.scale.charges:,} charges a run, {bench.scale.single:,} one after another",
        "every charge has a key; every account has a subscription and a grant",
        "floor, its statements: what the engine sent, sent again by a bare loop of the driver",
        "floor, pgbench: the same rows from fixed texts; best of "
        + ", ".join(map(str, pgbench.CLIENTS))
        + " clients"
        + ("" if pgbench.program() else ": NOT MEASURED, there is no pgbench here"),
        "a wait of a batch is that of the whole batch",
    )
    return Findings("Engine on PostgreSQL", tally.figures(), tuple(_checks(tally)), notes)


def _checks(tally: Tally) -> list[Check]:
    checks = []
    for load in (UNIFORM, HOT):
        checks += [
            _ratio(tally, load, TOGETHER, HAND, OVER_HAND),
            _ratio(tally, load, MANY, HAND, STRETCH if load == UNIFORM else None),
            _ratio(tally, load, ONE, BARE, OVER_BARE),
            _ratio(tally, load, TOGETHER, WRITES, None),
        ]
    many = f"{HOT}: {MANY}"
    checks.append(tally.ratio(many, f"{UNIFORM}: {MANY}", f"{many} / uniform", 1))
    return [*_beside_pgbench(tally), *checks]


def _beside_pgbench(tally: Tally) -> list[Check]:
    if pgbench.program() is None:
        return []
    contended = _clients(_CONTENDED)
    return [
        _ratio(tally, UNIFORM, MANY, PGBENCH, OVER_PGBENCH),
        _ratio(tally, HOT, MANY, contended, OVER_ONE_ROW),
        _ratio(tally, HOT, MANY, PGBENCH, OVER_ONE_ROW),
    ]


def _ratio(tally: Tally, load: str, ours: str, floor: str, aim: float | None) -> Check:
    said = f"{load}: {ours} / {floor.removeprefix('floor: ')}"
    return tally.ratio(f"{load}: {ours}", f"{load}: {floor}", said, aim)
