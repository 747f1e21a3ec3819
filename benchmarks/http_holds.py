"""Holds a second over HTTP, beside the same server answering a constant and the engine within."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from tempfile import TemporaryDirectory

from tallystick.core.commands import PlaceHold
from tallystick.wire import sending

from . import doors
from .engine import ACCOUNTS, fresh
from .figures import Check, Findings, Tally, cut
from .http_load import Load, Target, share, written
from .http_server import CONSTANT, LOAD_CORE, SERVER_CORE, Child, inside, pin, server
from .mix import Mix

CONNECTIONS = (1, 16, 64)
MANY = 64
BATCH = 500
OVER_CONSTANT, OVER_BATCH = 0.5, 0.7
_HTTP, _PAGE, _CONSTANT = "HTTP", "HTTP, constant page", "HTTP, constant endpoint"
_TASKS, _EXECUTE = "within, asyncio", "within, execute"
_PROCESSOR = "processor time each"


class Scale:
    """How much is measured."""

    def __init__(self, quick: bool):
        self.alone = 300 if quick else 1_500
        self.together = 1_000 if quick else 8_000
        self.batches = 2 if quick else 16
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
        self.within = child(inside)


class Round:
    """One load, measured once through every door."""

    def __init__(self, name: str, number: int, accounts: Sequence[str], sides: Sides, tally: Tally):
        self._name = name
        self._number = number
        self._accounts = list(accounts)
        self._sides = sides
        self._tally = tally
        self._mix = Mix(doors.PLATFORM, number)
        self._made = 0

    def run(self, scale: Scale, tell: Callable[[str], None]) -> None:
        """What is compared comes right after each other."""
        for connections in reversed(CONNECTIONS):
            tell(f"{self._name}: {connections} connections")
            count = scale.holds(connections)
            self._over_http(_HTTP, self._sides.http, connections, count)
            self._over_http(_PAGE, self._sides.http, connections, count)
            self._over_http(_CONSTANT, self._sides.constant, connections, count)
            self._within(_TASKS, connections, count)
            self._within(_EXECUTE, connections, count)
        tell(f"{self._name}: batches")
        self._batches(scale.batches)
        self._within(_EXECUTE, BATCH, scale.batches * BATCH)
        tell(f"{self._name}: half load")
        self._half(scale.seconds)

    def _over_http(self, how: str, side: Child, connections: int, count: int) -> None:
        path = CONSTANT if how == _PAGE else None
        requests = [_hold(side.said, each, path) for each in self._holds(count)]
        with closing(Load(side.said, connections)) as load:
            load.closed(requests[: count // 10])
            side.spent()
            self._add(how, connections, load.closed(requests[count // 10 :]), "holds/s")
        self._spent(how, connections, side.spent() / (count - count // 10))

    def _within(self, how: str, size: int, count: int) -> None:
        side = self._sides.within
        holds = self._holds(count)
        side.spent()
        self._add(how, size, side.ask(how == _TASKS, size, holds), "holds/s")
        self._spent(how, size, side.spent() / count)

    def _batches(self, count: int) -> None:
        side = self._sides.http
        requests = [_batch(side.said, each) for each in cut(self._holds(count * BATCH), BATCH)]
        side.spent()
        with closing(Load(side.said, 1)) as load:
            self._add(_HTTP, BATCH, load.closed(requests) * BATCH, "holds/s")
        self._spent(_HTTP, BATCH, side.spent() / (count * BATCH))

    def _half(self, seconds: float) -> None:
        """Half of what the server just gave, asked for at instants that do not wait for it."""
        target = self._sides.http.said
        rate = self._tally.last(called(self._name, _HTTP, MANY)) / 2
        requests = [_hold(target, each) for each in self._holds(int(rate * seconds))]
        with closing(Load(target, MANY)) as load:
            waits = load.open(requests, rate, self._number)
        for percent in (50, 99):
            self._tally.add(waited(self._name, percent), share(waits, percent) * 1_000, "ms")

    def _holds(self, count: int) -> list[PlaceHold]:
        """Holds under keys that nobody used before."""
        self._made += 1
        return self._mix.holds(self._accounts, count, f"run{self._number}-{self._made}")

    def _add(self, how: str, size: int, value: float, unit: str) -> None:
        self._tally.add(called(self._name, how, size), value, unit)

    def _spent(self, how: str, size: int, seconds: float) -> None:
        if size in (MANY, BATCH):
            self._add(f"{how}, {_PROCESSOR}", size, seconds * 1e6, "us")


def called(load: str, how: str, size: int) -> str:
    one = "1 connection" if size == 1 else f"{size} connections"
    if how.startswith("within"):
        one = "1 at a time" if size == 1 else f"{size} at once"
    return f"{load}: {f'batches of {size}' if size == BATCH else one}, {how}"


def waited(load: str, percent: int) -> str:
    return f"{load}: half load, p{percent}"


def _hold(target: Target, hold: PlaceHold, path: str | None = None) -> bytes:
    """The request for a hold; the same, sent to another `path`."""
    sent = sending.sending(hold)
    return written(target, path or sent.path, sent.body or b"", sent.key)


def _batch(target: Target, holds: Sequence[PlaceHold]) -> bytes:
    sent = sending.batch(holds)
    return written(target, sent.path, sent.body or b"", sent.key)


def _checks(load: str, tally: Tally) -> list[Check]:
    """Over HTTP, beside what costs the same but the holds, and beside the holds alone."""
    found = []
    for size in CONNECTIONS:
        aim = OVER_CONSTANT if size == MANY else None
        found += [_over(load, size, other, aim, tally) for other in (_PAGE, _CONSTANT)]
        found += [_over(load, size, other, None, tally) for other in (_TASKS, _EXECUTE)]
    return [*found, _over(load, BATCH, _EXECUTE, OVER_BATCH, tally)]


def _over(load: str, size: int, other: str, aim: float | None, tally: Tally) -> Check:
    ours = called(load, _HTTP, size)
    return tally.ratio(ours, called(load, other, size), f"{ours} / {other}", aim)


def measure(runs: int, quick: bool, tell: Callable[[str], None], folder: Path | None) -> Findings:
    tally = Tally("holds/s")
    pinned = pin(LOAD_CORE)
    with TemporaryDirectory(prefix="tallystick-bench-", dir=folder) as temporary:
        base = Path(temporary) / "base.db"
        tell(f"opening {ACCOUNTS:,} accounts")
        names = doors.build(base, ACCOUNTS)
        loads = {f"{ACCOUNTS:,} accounts": names, "one hot account": names[:1]}
        for run in range(runs):
            for load, accounts in loads.items():
                tell(f"run {run + 1} of {runs}, {load}: starting")
                with ExitStack() as opened:
                    one = Round(load, run, accounts, Sides(base, accounts, opened), tally)
                    one.run(Scale(quick), lambda said, run=run: tell(f"run {run + 1}, {said}"))
    where = f"core {SERVER_CORE}, the load on core {LOAD_CORE}" if pinned else "no core of its own"
    notes = (
        f"the server, the constant and the engine within run on {where}",
        "constant page: a handler of the framework that answers as many bytes to the same request",
        "constant endpoint: the endpoint itself, which answers its first reply again and again",
        "every hold carries a key of its own and is answered when it is on disk",
        "half load: exponential gaps, half of the rate of 64 connections, from the planned instant",
    )
    checks = [check for load in loads for check in _checks(load, tally)]
    return Findings("Holds over HTTP", tally.figures(), tuple(checks), notes)
