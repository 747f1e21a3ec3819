"""More than the server can do: twice and five times its capacity, come what may.

The mix is spending (charges and new holds) and what ends holds (settles and releases). The former
may be refused as `overloaded`, at once; the latter never. Arrivals are drawn beforehand and come
over so many connections that the server's own limit is what is met. An arrival that finds no
connection free is not sent; how many these were is said.
"""

import selectors
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import closing
from random import Random
from time import perf_counter
from typing import NamedTuple

from tallystick import Tallystick, commands

from ..figures import Check, Findings, Tally, cut
from ..http_load import Connection, Load, Target, instants, share
from ..mix import Mix
from ..transports import PLATFORM, checked
from . import served
from .bench import Bench

TIMES = (2, 5)
GOODPUT = 0.9
CONNECTIONS = 1_000
WAITING = (200, 500)
"""What `max_waiting` is set to. The default of 4,000 is more than so many connections can ask."""
_PEAK_CONNECTIONS = (64, 192)
_OVERLOADED = (b"429", b"503")
_PATIENCE = 30.0
_HOLD_SECONDS = 86_400
_BEGUN = 0.2
"""The part of the time after which answers are counted: what waits is there by then."""
_PEAK = "peak, within capacity"


class Ask(NamedTuple):
    """A request, and whether it ends a hold."""

    request: bytes
    ends: bool


class Told(NamedTuple):
    """What became of an arrival: its status, how long it took, and when it was answered."""

    ends: bool
    status: bytes
    wait: float
    at: float


class Stream:
    """Requests that nobody has made before: half charges, a quarter new holds, an eighth settles
    and an eighth releases of holds that are open."""

    def __init__(self, bench: Bench, url: str, seed: int):
        self._bench = bench
        self._url = url
        self._mix = Mix(PLATFORM, seed)
        self._seed = seed
        self._made = 0

    def take(self, target: Target, count: int) -> list[Ask]:
        self._made += 1
        name = f"over{self._seed}-{self._made}"
        accounts = [*self._bench.accounts]
        ends = self._ends(accounts, count // 4, name)
        holds = self._mix.holds(accounts, count // 4, f"{name}-h")
        charges = self._mix.charges(accounts, count - len(ends) - len(holds), f"{name}-c")
        spending = [Ask(each, False) for each in served.requests(target, [*charges, *holds])]
        ending = [Ask(each, True) for each in served.requests(target, ends)]
        mixed = [*spending, *ending]
        Random(self._seed).shuffle(mixed)
        return mixed

    def _ends(self, accounts: list[str], count: int, name: str) -> list[commands.Command]:
        """Settles and releases in turn, of holds opened just now."""
        opened = [
            commands.PlaceHold(each.account, each.model, each.params, each.outputs,
                               key=each.key, ttl_seconds=_HOLD_SECONDS)
            for each in self._mix.holds(accounts, count, f"{name}-o")
        ]  # fmt: skip
        with Tallystick.open(self._url, PLATFORM) as credits:
            held = [each for piece in cut(opened, 500) for each in credits.execute(piece)]
        checked(held)
        return [
            (commands.Settle if at % 2 else commands.Release)(
                asked.account, hold=each.hold, key=f"{name}-e{at}"
            )
            for at, (asked, each) in enumerate(zip(opened, held, strict=True))
        ]


def measure(bench: Bench) -> Findings:
    tally = Tally("answers/s")
    for run in range(bench.runs):
        for waiting in WAITING:
            with bench.server.copy(bench.base) as url:
                _run(bench, url, run, waiting, tally)
    checks: list[Check] = []
    for waiting in WAITING:
        for times in TIMES:
            name, peak = _called(waiting, times), _peak_called(waiting)
            checks += [
                tally.ratio(f"{name}: answered", peak, f"{name}: answered / peak", GOODPUT),
                Check(tally.figure(f"{name}: settles and releases refused"), at_most=0),
            ]
    notes = (
        "half charges, a quarter holds, the rest settles and releases of open holds; one process",
        f"{CONNECTIONS:,} connections, {bench.scale.load_seconds} s each; W: --max-waiting",
        f"peak: the best of {' and '.join(map(str, _PEAK_CONNECTIONS))} connections that wait",
        "not sent: arrivals that found none of the connections free",
    )
    return Findings("Overload", tally.figures(), tuple(checks), notes)


def _called(waiting: int, times: int) -> str:
    return f"W {waiting}, {times} times the capacity"


def _peak_called(waiting: int) -> str:
    return f"W {waiting}, {_PEAK}"


def _run(bench: Bench, url: str, run: int, waiting: int, tally: Tally) -> None:
    stream, seconds = Stream(bench, url, run), bench.scale.load_seconds
    with served.serving(url, 1, "--max-waiting", str(waiting)) as target:
        bench.tell(f"run {run + 1} of {bench.runs}: capacity")
        rates = [_peak(bench, stream, target, each) for each in _PEAK_CONNECTIONS]
        tally.add(_peak_called(waiting), peak := max(rates))
        for times in TIMES:
            name, rate = _called(waiting, times), peak * times
            bench.tell(f"run {run + 1} of {bench.runs}, {name}: {rate:,.0f}/s")
            asked = stream.take(target, int(rate * seconds))
            with closing(Storm(target, CONNECTIONS)) as storm:
                told = storm.blow(asked, rate, run)
            _keep(tally, name, told, storm.unsent, seconds)


def _peak(bench: Bench, stream: Stream, target: Target, connections: int) -> float:
    asked = [each.request for each in stream.take(target, bench.scale.charges)]
    with closing(Load(target, connections)) as load:
        return len(asked) / load.closed(asked)


def _keep(tally: Tally, name: str, told: Sequence[Told], unsent: int, seconds: float) -> None:
    good = [each for each in told if each.status[:1] == b"2"]
    refused = sorted(each.wait for each in told if each.status in _OVERLOADED)
    steady = sum(_BEGUN * seconds <= each.at <= seconds for each in good)
    tally.add(f"{name}: answered", steady / (seconds * (1 - _BEGUN)))
    tally.add(f"{name}: refused", len(refused) / seconds)
    tally.add(f"{name}: not sent", unsent / seconds, "arrivals/s")
    waits = sorted(each.wait for each in good)
    ending = sorted(each.wait for each in good if each.ends)
    for said, which in (
        ("an answer", waits),
        ("an ending's answer", ending),
        ("a refusal", refused),
    ):
        for percent in (50, 99) if which else ():
            tally.add(f"{name}: {said}, p{percent}", share(which, percent) * 1_000, "ms")
    never = sum(each.ends and each.status in _OVERLOADED for each in told)
    tally.add(f"{name}: settles and releases refused", never, "refusals")


class Storm:
    """So many connections that send whatever is due, and take any answer."""

    def __init__(self, target: Target, connections: int):
        self._selector = selectors.DefaultSelector()
        self._idle = deque(Connection(target) for _ in range(connections))
        self._all = [*self._idle]
        for each in self._all:
            self._selector.register(each.socket, selectors.EVENT_READ, each)
        self.unsent = 0

    def blow(self, asked: Sequence[Ask], rate: float, seed: int) -> list[Told]:
        """Arrivals, `rate` a second, and then whatever is still to be answered."""
        due, told = deque(zip(instants(len(asked), rate, seed), asked, strict=True)), list[Told]()
        under_way: dict[Connection, Ask] = {}
        start = perf_counter()
        while due or under_way:
            self._send(due, under_way, start)
            for each in self._answered(_left(due, start)):
                now = perf_counter()
                ask = under_way.pop(each)
                told.append(Told(ask.ends, each.status, now - each.since, now - start))
                self._idle.append(each)
        _check(told)
        return told

    def _send(
        self, due: deque[tuple[float, Ask]], under_way: dict[Connection, Ask], start: float
    ) -> None:
        now = perf_counter() - start
        while due and due[0][0] <= now:
            at, ask = due.popleft()
            if not self._idle:
                self.unsent += 1
                continue
            each = self._idle.popleft()
            under_way[each] = ask
            each.send(ask.request, start + at)

    def _answered(self, seconds: float) -> Iterator[Connection]:
        for key, _ in self._selector.select(seconds):
            if key.data.answered(whatever=True):
                yield key.data

    def close(self) -> None:
        self._selector.close()
        for each in self._all:
            each.socket.close()


def _left(due: deque[tuple[float, Ask]], start: float) -> float:
    """The seconds until the next arrival: to spin would take a core from the server."""
    return max(0.0, due[0][0] - (perf_counter() - start)) if due else _PATIENCE


def _check(told: Sequence[Told]) -> None:
    """An answer is a success, or says that too much waits; anything else is a fault of this
    benchmark."""
    others = {each.status for each in told} - {b"200", b"201", *_OVERLOADED}
    if others:
        raise RuntimeError(f"answered with {others}")
