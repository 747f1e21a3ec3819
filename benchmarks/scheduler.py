"""A million accounts due in one second: how fast they are done, and what others notice of it."""

import shutil
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any, NamedTuple

from tallystick import Tallystick, commands
from tallystick.core.instants import Instant, parse
from tallystick.engine import Engine
from tallystick.scheduler import Sweeper, Swept
from tallystick.service.startup import open_engine
from tallystick.testing import TestClock

from .core import account_name, opening
from .figures import Check, Findings, Tally, cut
from .http_load import share
from .http_server import Child
from .mix import Mix
from .postgres.server import running
from .transports import PLATFORM, checked

ACCOUNTS, QUICK = 1_000_000, 50_000
BOUGHT, DUE = "2026-01-15T10:00:00Z", "2026-02-15T10:00:00Z"
RATE = 50
"""Charges a second that the client makes, whatever else goes on."""
_AT_ONCE = 16
"""Charges that may be under way."""
_QUIET_SECONDS = 10
_SPENDERS = 1_000
MOST_P99_MS, MOST_WAIT_MS = 100.0, 1_000.0
_FLOOR, _ALONE = "floor: 500 at once, no pause", "the sweep alone"
_BESIDE = {"in its process": False, "in another process": True}


class Asked(NamedTuple):
    """What is to be measured, and where."""

    accounts: int | None = None
    on: str = "sqlite"
    db: str | None = None


class Later:
    """A real clock that stands elsewhere: `offset` microseconds from this machine's."""

    def __init__(self, offset: int):
        self.offset = offset

    def now(self) -> Instant:
        return time.time_ns() // 1_000 + self.offset


def due_now() -> int:
    """The offset with which everybody falls due at this moment."""
    return parse(DUE, "due") - time.time_ns() // 1_000


def build(url: str, accounts: int, tell: Callable[[str], None]) -> None:
    """A database of accounts that were opened and subscribed at the same instant."""
    names = [account_name(number) for number in range(accounts)]
    with Tallystick.open(url, PLATFORM, clock=TestClock(BOUGHT)) as credits:
        for number, piece in enumerate(cut(names, 250)):
            tell(f"opening {accounts:,} accounts: {number * 250:,}")
            checked(credits.execute([each for name in piece for each in opening(PLATFORM, name)]))


def opened(url: str, offset: int) -> Engine:
    return open_engine(url, PLATFORM, clock=Later(offset))[0]


# Who charges meanwhile


class Client:
    """Charges at a steady rate, whether or not those before are answered; a wait counts from the
    planned instant."""

    def __init__(self, engine: Engine, accounts: Sequence[str], seed: int):
        self._engine = engine
        self._charges = Mix(PLATFORM, seed).charges([*accounts], 100_000, f"client{seed}")
        self._stopped = threading.Event()
        self._under_way = ThreadPoolExecutor(_AT_ONCE)
        self._waits: list[Future[float]] = []
        self._thread = threading.Thread(target=self._work)
        self._thread.start()

    def _work(self) -> None:
        start = perf_counter()
        for number, charge in enumerate(self._charges):
            planned = start + number / RATE
            if self._stopped.wait(max(planned - perf_counter(), 0)):
                return
            self._waits.append(self._under_way.submit(self._charge, charge, planned))

    def _charge(self, charge: commands.Charge, planned: float) -> float:
        checked(self._engine.execute(PLATFORM, [charge]))
        return perf_counter() - planned

    def stop(self) -> list[float]:
        """How long each took, sorted."""
        self._stopped.set()
        self._thread.join()
        self._under_way.shutdown()
        return sorted(each.result() for each in self._waits)


def client(pipe: Any, url: str, offset: int, accounts: Sequence[str]) -> None:
    """A process that charges from one message on the pipe to the next."""
    with closing(opened(url, offset)) as engine:
        pipe.send(None)
        while True:
            (seed,) = pipe.recv()
            charging = Client(engine, accounts, seed)
            pipe.send(None)
            pipe.recv()
            pipe.send(charging.stop())


class Run:
    """One run on one kind of database; `copy` gives a fresh one each time."""

    def __init__(self, copy: Any, accounts: int, number: int, tally: Tally, tell: Any):
        self._copy = copy
        self._accounts = accounts
        self._spenders = [account_name(each) for each in range(0, accounts, accounts // _SPENDERS)]
        self._number = number
        self._tally = tally
        self._tell = tell

    def go(self) -> None:
        with self._copy() as url, closing(opened(url, due_now())) as engine:
            self._tell(_FLOOR)
            self._tally.add(_FLOOR, self._accounts / _flat_out(engine, self._accounts))
            if Sweeper(engine).sweep() != Swept():
                raise RuntimeError("the floor has not done everything")
        with self._copy() as url, closing(opened(url, due_now())) as engine:
            self._tell(_ALONE)
            self._sweep(engine, _ALONE)
        for where, elsewhere in _BESIDE.items():
            with self._copy() as url:
                self._tell(f"a client {where}")
                self._beside(url, where, elsewhere)

    def _beside(self, url: str, where: str, elsewhere: bool) -> None:
        """The same client without a sweep, when nobody is due but by its own charge; and with."""
        offset = due_now()
        with closing(opened(url, offset)) as engine:
            other = Child(client, url, offset, self._spenders) if elsewhere else None
            try:
                for seed, swept in ((2 * self._number, False), (2 * self._number + 1, True)):
                    charging = None if other else Client(engine, self._spenders, seed)
                    if other:
                        other.ask(seed)
                    if swept:
                        self._sweep(engine, f"the sweep, a client {where}")
                    else:
                        time.sleep(_QUIET_SECONDS)
                    waits = charging.stop() if charging else other.ask() if other else []
                    self._keep(_waited(where, swept), waits)
            finally:
                if other:
                    other.end()

    def _sweep(self, engine: Engine, name: str) -> None:
        start = perf_counter()
        swept = Sweeper(engine).sweep()
        self._tally.add(name, swept.accounts / (perf_counter() - start))
        if swept.faults or Sweeper(engine).sweep() != Swept():
            raise RuntimeError("the sweep has not done everything")

    def _keep(self, name: str, waits: Sequence[float]) -> None:
        for said, wait in (
            ("p50", share(waits, 50)), ("p99", share(waits, 99)), ("longest", waits[-1]),
        ):  # fmt: skip
            self._tally.add(f"{name}, {said}", wait * 1_000, "ms")


def _waited(where: str, swept: bool) -> str:
    return f"a client {where} waits, {'beside the sweep' if swept else 'no sweep'}"


def _flat_out(engine: Engine, accounts: int) -> float:
    """The seconds of the same without a thought for others."""
    names = [account_name(number) for number in range(accounts)]
    start = perf_counter()
    for piece in cut(names, 500):
        engine.execute(PLATFORM, [commands.Advance(name) for name in piece])
    return perf_counter() - start


# Where


@contextmanager
def _on_sqlite(
    folder: Path | None, accounts: int, tell: Callable[[str], None]
) -> Iterator[Callable[[], Any]]:
    with TemporaryDirectory(prefix="tallystick-bench-", dir=folder) as temporary:
        base = Path(temporary) / "base.db"
        build(str(base), accounts, tell)

        @contextmanager
        def copy() -> Iterator[str]:
            path = Path(temporary) / "copy.db"
            shutil.copyfile(base, path)
            try:
                yield str(path)
            finally:
                for each in Path(temporary).glob("copy.db*"):
                    each.unlink()

        yield copy


@contextmanager
def _on_postgres(
    db: str | None, folder: Path | None, accounts: int, tell: Callable[[str], None]
) -> Iterator[Callable[[], Any]]:
    tell("starting PostgreSQL")
    with running(db, folder) as server:
        base = server.create()
        build(server.at(base), accounts, tell)
        yield lambda: server.copy(base)


def measure(
    runs: int, quick: bool, tell: Callable[[str], None], folder: Path | None, asked: Asked
) -> Findings:
    tally = Tally("accounts/s")
    accounts = asked.accounts or (QUICK if quick else ACCOUNTS)
    place = (
        _on_sqlite(folder, accounts, tell)
        if asked.on == "sqlite"
        else _on_postgres(asked.db, folder, accounts, tell)
    )
    with place as copy:
        for number in range(runs):
            said = f"run {number + 1} of {runs}"
            Run(copy, accounts, number, tally, lambda what, said=said: tell(f"{said}: {what}")).go()
    checks = [tally.ratio(_ALONE, _FLOOR, "the sweep / floor")]
    for where in _BESIDE:
        for said, most in (("p99", MOST_P99_MS), ("longest", MOST_WAIT_MS)):
            checks.append(Check(tally.figure(f"{_waited(where, True)}, {said}"), at_most=most))
    notes = (
        f"{accounts:,} accounts whose cycles end in the same second; on {asked.on}",
        f"the client makes {RATE} charges a second to {_SPENDERS:,} of them, at fixed times",
        "a wait counts from the planned instant",
        "half of a sweep's time is a pause for others, between two pages of some 20 ms",
    )
    return Findings("Scheduler", tally.figures(), tuple(checks), notes)
