"""Holds a second over HTTP, beside the same server answering a constant and the engine within."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from tallystick.core.commands import PlaceHold
from tallystick.wire import encoders

from . import transports
from .engine import ACCOUNTS, fresh
from .figures import Check, Findings, Tally, cut
from .http_load import Load, Target, share, written
from .http_server import CONSTANT, LOAD_CORE, SERVER_CORE, Child, pin, server, within
from .mix import Mix

CONNECTIONS = (64, 16, 1)
MANY = 64
BATCH = 500
SLICES = 4
"""Pieces that a measurement is made in, turn by turn with what it is compared with."""
OVER_CONSTANT, OVER_BATCH = 0.5, 0.7
_HTTP, _PAGE, _CONSTANT = "HTTP", "constant page", "constant endpoint"
_TASKS, _EXECUTE = "within, asyncio", "within, execute"
_PROCESSOR = "processor time each"


class Scale:
    """How much is measured."""

    def __init__(self, quick: bool):
        self.alone = 400 if quick else 1_600
        self.together = 1_600 if quick else 8_000
        self.batches = 1 if quick else 4
        self.seconds = 1 if quick else 5

    def holds(self, connections: int) -> int:
        return self.alone if connections == 1 else self.together


class Sides:
    """What is compared: processes on one core, each with its own copy of one database."""

    def __init__(self, base: Path, accounts: Sequence[str], opened: ExitStack):
        def child(work: Callable[..., None], *more: object) -> Child:
            made = Child(work, opened.enter_context(fresh(base)), accounts, *more)
            opened.callback(made.end)
            return made

        self.http = child(server, False)
        self.constant = child(server, True)
        self.within = child(within)


class Transport(NamedTuple):
    """A way that holds go: the process that does the work, and what has it do them; the latter
    says how many seconds that took."""

    side: Child
    go: Callable[[int, Sequence[PlaceHold]], float]


class Round:
    """One load, measured once through every transport."""

    def __init__(self, name: str, number: int, accounts: Sequence[str], sides: Sides, tally: Tally):
        self._name = name
        self._number = number
        self._accounts = list(accounts)
        self._tally = tally
        self._mix = Mix(transports.PLATFORM, number)
        self._made = 0
        self._target: Target = sides.http.said
        self._transports = {
            _HTTP: Transport(sides.http, _over_http(sides.http)),
            _PAGE: Transport(sides.http, _over_http(sides.http, CONSTANT)),
            _CONSTANT: Transport(sides.constant, _over_http(sides.constant)),
            _TASKS: Transport(
                sides.within, lambda size, holds: sides.within.ask(True, size, holds)
            ),
            _EXECUTE: Transport(
                sides.within, lambda size, holds: sides.within.ask(False, size, holds)
            ),
        }
        self._batch = {
            _HTTP: Transport(sides.http, _in_batches(sides.http)),
            _EXECUTE: self._transports[_EXECUTE],
        }

    def run(self, scale: Scale, tell: Callable[[str], None]) -> None:
        for connections in CONNECTIONS:
            tell(f"{self._name}: {connections} connections")
            self._compare(self._transports, connections, scale.holds(connections))
        tell(f"{self._name}: batches")
        self._compare(self._batch, BATCH, scale.batches * SLICES * BATCH)
        tell(f"{self._name}: half load")
        self._half(scale.seconds)

    def _compare(self, compared: dict[str, Transport], size: int, count: int) -> None:
        """Turn by turn, so that whatever else this machine does meets all of them."""
        took, spent = dict.fromkeys(compared, 0.0), dict.fromkeys(compared, 0.0)
        for _ in range(SLICES):
            for how, transport in compared.items():
                holds = self._holds(count // SLICES)
                before = transport.side.processor_seconds()
                took[how] += transport.go(size, holds)
                spent[how] += transport.side.processor_seconds() - before
        for how in compared:
            self._tally.add(called(self._name, how, size), count / took[how])
            if size in (MANY, BATCH):
                name = called(self._name, f"{how}, {_PROCESSOR}", size)
                self._tally.add(name, spent[how] / count * 1e6, "us")

    def _half(self, seconds: float) -> None:
        """Half of what the server just gave, asked for at instants that do not wait for it."""
        rate = self._tally.last(called(self._name, _HTTP, MANY)) / 2
        requests = [_hold(self._target, each) for each in self._holds(int(rate * seconds))]
        with closing(Load(self._target, MANY)) as load:
            waits = load.open(requests, rate, self._number)
        for percent in (50, 99):
            name = f"{self._name}: half load, p{percent}"
            self._tally.add(name, share(waits, percent) * 1_000, "ms")

    def _holds(self, count: int) -> list[PlaceHold]:
        """Holds under keys that nobody used before."""
        self._made += 1
        return self._mix.holds(self._accounts, count, f"run{self._number}-{self._made}")


def _over_http(side: Child, path: str | None = None) -> Callable[[int, Sequence[PlaceHold]], float]:
    """One request each, from so many connections; to another `path` if one is given."""

    def go(connections: int, holds: Sequence[PlaceHold]) -> float:
        requests = [_hold(side.said, each, path) for each in holds]
        with closing(Load(side.said, connections)) as load:
            return load.closed(requests)

    return go


def _in_batches(side: Child) -> Callable[[int, Sequence[PlaceHold]], float]:
    """So many to a request of the batch endpoint, one request after the other."""

    def go(size: int, holds: Sequence[PlaceHold]) -> float:
        sent = [encoders.encode_batch(each) for each in cut(holds, size)]
        requests = [written(side.said, each.path, each.body or b"", each.key) for each in sent]
        with closing(Load(side.said, 1)) as load:
            return load.closed(requests)

    return go


def _hold(target: Target, hold: PlaceHold, path: str | None = None) -> bytes:
    sent = encoders.encode_request(hold)
    return written(target, path or sent.path, sent.body or b"", sent.key)


def called(load: str, how: str, size: int) -> str:
    if size == BATCH:
        company = f"batches of {size}"
    elif how.startswith("within"):
        company = f"{size} at once" if size > 1 else "1 at a time"
    else:
        company = f"{size} connections" if size > 1 else "1 connection"
    return f"{load}: {company}, {how}"


def _checks(load: str, tally: Tally) -> list[Check]:
    """Over HTTP, beside what costs the same but the holds, and beside the holds alone."""
    found = []
    for size in CONNECTIONS:
        aim = OVER_CONSTANT if size == MANY else None
        found += [_over(load, size, other, aim, tally) for other in (_PAGE, _CONSTANT)]
        found += [_over(load, size, other, None, tally) for other in (_TASKS, _EXECUTE)]
    found += [_by_processor(load, MANY, other, tally) for other in (_PAGE, _CONSTANT)]
    found.append(_over(load, BATCH, _EXECUTE, OVER_BATCH, tally))
    return [*found, _by_processor(load, BATCH, _EXECUTE, tally)]


def _over(load: str, size: int, other: str, aim: float | None, tally: Tally) -> Check:
    ours = called(load, _HTTP, size)
    return tally.ratio(ours, called(load, other, size), f"{ours} / {other}", aim)


def _by_processor(load: str, size: int, other: str, tally: Tally) -> Check:
    """The same as seconds of a core each took: who else uses it matters less."""
    ours, theirs = (called(load, f"{how}, {_PROCESSOR}", size) for how in (_HTTP, other))
    said = f"{called(load, _HTTP, size)} / {other}, by processor time"
    return tally.ratio(theirs, ours, said)


def measure(runs: int, quick: bool, tell: Callable[[str], None], folder: Path | None) -> Findings:
    tally = Tally("holds/s")
    pinned = pin(LOAD_CORE)
    with TemporaryDirectory(prefix="tallystick-bench-", dir=folder) as temporary:
        base = Path(temporary) / "base.db"
        tell(f"opening {ACCOUNTS:,} accounts")
        names = transports.build(base, ACCOUNTS)
        loads = {f"{ACCOUNTS:,} accounts": names, "one hot account": names[:1]}
        for run in range(runs):
            for load, accounts in loads.items():
                tell(f"run {run + 1} of {runs}, {load}: starting")
                with ExitStack() as opened:
                    one = Round(load, run, accounts, Sides(base, accounts, opened), tally)
                    one.run(Scale(quick), lambda said, run=run: tell(f"run {run + 1}, {said}"))
    where = f"core {SERVER_CORE}, the load on core {LOAD_CORE}" if pinned else "no core of its own"
    notes = (
        f"the server, the constants and the engine within run on {where}",
        "constant page: a page of the same server that answers as many bytes to the same request",
        "constant endpoint: the endpoint itself, which answers its first reply again and again",
        "every hold has a key of its own and is answered when it is on disk",
        "half load: exponential gaps, half of the rate of 64 connections, from the planned instant",
    )
    checks = [check for load in loads for check in _checks(load, tally)]
    return Findings("Holds over HTTP", tally.figures(), tuple(checks), notes)
