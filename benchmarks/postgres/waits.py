"""How long a charge waits at half load, beside the engine's own statements at half of theirs.

Arrivals are drawn beforehand, independent of each other, and come whatever happens; a wait counts
from the planned instant. The floor is a bare loop that sends the statements of one charge after
the other, over one connection.
"""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from time import perf_counter

from tallystick import AsyncTallystick, commands

from ..figures import Findings, Tally
from ..http_load import instants, share
from ..transports import PLATFORM, warming
from . import pgbench, tape, ways
from .bench import Bench
from .tape import Tape

OVER_FLOOR = 3.0
_OURS, _FLOOR = "engine", "floor: its statements singly"
_PGBENCH, _CLIENTS = "pgbench, 16 clients", 16
_SPIN = 0.000_2


def measure(bench: Bench) -> Findings:
    tally = Tally("ms")
    for run in range(bench.runs):
        for load, accounts in bench.loads().items():
            bench.tell(f"run {run + 1} of {bench.runs}, {load}: capacities")
            _Half(bench, load, accounts, run, tally).go()
    checks = [
        tally.ratio(
            f"{load}: {_OURS}, p99", f"{load}: {_FLOOR}, p99", f"{load}: p99 / floor's",
            at_most=OVER_FLOOR,
        )
        for load in bench.loads()
    ]  # fmt: skip
    notes = (
        f"{bench.scale.load_seconds} seconds a run, exponential gaps, from the planned instant",
        "half of what 64 in flight gave just before, and half of what the bare loop gave",
        "pgbench, at half of its own rate, stands beside for comparison; the aim is about the loop",
    )
    return Findings("Waits at half load", tally.figures(), tuple(checks), notes)


class _Half:
    def __init__(self, bench: Bench, load: str, accounts: Sequence[str], run: int, tally: Tally):
        self._bench = bench
        self._load = load
        self._accounts = accounts
        self._run = run
        self._tally = tally

    def go(self) -> None:
        copy, base = self._bench.server.copy, self._bench.base
        with copy(base) as url:
            rate = ways.tasks(64)(url, self._charges(self._bench.scale.charges), ways.nothing).rate
            asked = self._charges(int(rate / 2 * self._bench.scale.load_seconds), "half")
            self._bench.tell(f"run {self._run + 1}, {self._load}: {rate / 2:,.0f} a second")
            self._keep(
                _OURS, rate / 2, asyncio.run(_open(url, asked, self._due(len(asked), rate / 2)))
            )
        made, single = Tape(), self._charges(self._bench.scale.single)
        with copy(base) as url, made.recording():
            ways.one_at_a_time(url, single, made.begin)
            made.end()
            written = tape.written(url)
        with copy(base) as url:
            rate = tape.play(url, made, len(single), written, 1).rate
        with copy(base) as url:
            paced = partial(_pace, self._due(len(single), rate / 2))
            measured = tape.play(url, made, len(single), written, 1, paced)
            self._keep(_FLOOR, rate / 2, measured.waits)

        self._pgbench()

    def _pgbench(self) -> None:
        """The same of pgbench, at half of what it gave with as many clients."""
        if pgbench.program() is None:
            return
        copy, base, accounts = self._bench.server.copy, self._bench.base, len(self._accounts)
        one = pgbench.example_of(self._bench, self._charges(self._bench.scale.single))
        with copy(base) as url:
            seconds = self._bench.scale.pgbench_seconds
            rate = pgbench.run(url, one, accounts, _CLIENTS, seconds).rate
        with copy(base) as url:
            measured = pgbench.run(url, one, accounts, _CLIENTS, seconds, rate / 2)
            self._keep(_PGBENCH, rate / 2, measured.waits)

    def _due(self, count: int, rate: float) -> Callable[[], Iterator[float]]:
        return partial(instants, count, rate, self._run)

    def _charges(self, count: int, name: str = "full") -> list[commands.Charge]:
        return self._bench.charges(self._accounts, count, f"{name}{self._run}", self._run)

    def _keep(self, who: str, rate: float, waits: Sequence[float]) -> None:
        self._tally.add(f"{self._load}: {who}, load", rate, "charges/s")
        for percent in (50, 99):
            name = f"{self._load}: {who}, p{percent}"
            self._tally.add(name, share(waits, percent) * 1_000)


def _pace(due: Callable[[], Iterator[float]]) -> Iterator[float]:
    """Waits for each arrival, and says when it was due."""
    start = perf_counter()
    for at in due():
        _until(start + at)
        yield start + at


def _until(instant: float) -> None:
    """Asleep for the most of it, so that the moment is met."""
    left = instant - perf_counter()
    if left > _SPIN:
        time.sleep(left - _SPIN)
    while perf_counter() < instant:
        pass


async def _open(
    url: str, charges: Sequence[commands.Charge], due: Callable[[], Iterator[float]]
) -> list[float]:
    """The sorted waits of charges that begin when they are due, whatever the engine does. A thread
    keeps the time: an event loop's own clock is a millisecond coarse."""
    waits: list[float] = []
    loop, done = asyncio.get_running_loop(), asyncio.Event()
    under_way: set[asyncio.Task[None]] = set()
    async with AsyncTallystick.open(url, PLATFORM) as credits:
        for piece in warming(charges):
            await credits.execute(piece)

        async def charge(each: commands.Charge, since: float) -> None:
            await ways.charged(credits, each)
            waits.append(perf_counter() - since)
            if len(waits) == len(charges):
                done.set()

        def begin(each: commands.Charge, since: float) -> None:
            task = loop.create_task(charge(each, since))
            under_way.add(task)
            task.add_done_callback(lambda ended: _ended(under_way, ended, done))

        def arrive() -> None:
            start = perf_counter()
            for each, at in zip(charges, due(), strict=False):
                _sleep_until(start + at)
                loop.call_soon_threadsafe(begin, each, start + at)

        feeder = threading.Thread(target=arrive)
        feeder.start()
        await done.wait()
        feeder.join()
    if len(waits) < len(charges):
        raise RuntimeError("a charge failed at half load")
    return sorted(waits)


def _ended(
    under_way: set[asyncio.Task[None]], ended: asyncio.Task[None], done: asyncio.Event
) -> None:
    under_way.discard(ended)
    if ended.exception() is not None:
        done.set()


def _sleep_until(instant: float) -> None:
    """Without spinning: the engine needs this process's one lock."""
    left = instant - perf_counter()
    if left > 0:
        time.sleep(left)
