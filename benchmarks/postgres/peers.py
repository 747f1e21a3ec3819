"""Others that keep credits, each in an environment of its own, on servers just as durable.

They do less than a charge does here (what each lacks stands in `benchmarks/peers`), and are given
what suits them: accounts by the ids they like, one process or two, whichever is faster.
"""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from threading import Timer
from typing import Any, NamedTuple

from ..figures import Check, Findings, Tally
from . import redis, ways
from .bench import HOT, UNIFORM, Bench, keep

IN_FLIGHT = (1, 16, 64)
OURS = "Tallystick"
_PATIENCE = 300.0
_DRIVER = Path(__file__).parents[1] / "peers/driver.py"


class Peer(NamedTuple):
    """A peer: its driver, what is installed for it, and what it does not do."""

    name: str
    driver: str
    requirements: tuple[str, ...]
    lacks: str
    on_redis: bool = False


PEERS = (
    Peer("hf-nostro", "hf_nostro", ("hf-nostro[postgres]==0.2.0",),
         "no prices, plans or holds; a debit is never refused for want of credits"),
    Peer("gringotts-api", "gringotts_api", ("gringotts-api==0.4.0", "psycopg[binary]"),
         "no prices by model, plans or holds; its key guards a whole HTTP request"),
    Peer("gringotts-api, no key", "gringotts_api_without_key",
         ("gringotts-api==0.4.0", "psycopg[binary]"), "the same without its idempotency"),
    Peer("escrowmint", "escrowmint_peer", ("escrowmint==0.5.0",),
         "no ledger: balances, reservations and keys of a day, on Redis", on_redis=True),
)  # fmt: skip


class Unavailable(Exception):
    """A peer that cannot be measured here, and why."""


class Driver:
    """A process in a peer's environment."""

    def __init__(self, python: Path, peer: Peer, url: str):
        self._errors = TemporaryFile("w+")  # noqa: SIM115 - it is closed with the process
        self._process = subprocess.Popen(
            [python, _DRIVER, peer.driver, url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
        )

    def tell(self, **asked: object) -> None:
        if self._process.stdin is not None:
            self._process.stdin.write(json.dumps(asked) + "\n")
            self._process.stdin.flush()

    def hear(self) -> dict[str, Any]:
        watch = Timer(_PATIENCE, self._process.kill)
        watch.start()
        line = self._process.stdout.readline() if self._process.stdout is not None else ""
        watch.cancel()
        if not line:
            raise Unavailable(self._last_words() or f"no answer within {_PATIENCE:.0f} seconds")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _last_words(self) -> str:
        self._process.wait()
        self._errors.seek(0)
        return self._errors.read().strip().rpartition("\n")[2]

    def end(self) -> None:
        with suppress(OSError, ValueError):
            self._process.communicate()
        self._errors.close()


def measure(bench: Bench) -> Findings:
    tally, missing = Tally("charges/s"), dict[str, str]()
    with ExitStack() as kept:
        ready = _ready(bench, kept, missing)
        for run in range(bench.runs):
            _ours(bench, run, tally)
            for peer, drivers in [*ready.items()]:
                try:
                    _measure(bench, peer, drivers, run, tally)
                except Unavailable as error:
                    missing[peer.name] = str(error)
                    del ready[peer]
    checks = [_beside(tally, load, peer) for load in (UNIFORM, HOT) for peer in ready]
    notes = (
        f"{bench.scale.peer_accounts:,} accounts of each peer, {bench.scale.peer_seconds} s each",
        "a peer goes from one process, and with 64 in flight from two as well: the better counts",
        *[_said(peer, missing) for peer in PEERS],
    )
    return Findings("Peers", tally.figures(), tuple(checks), notes)


def _said(peer: Peer, missing: dict[str, str]) -> str:
    said = f"NOT MEASURED: {missing[peer.name]}" if peer.name in missing else peer.lacks
    return f"{peer.name} ({' '.join(peer.requirements)}): {said}"


def _ready(bench: Bench, kept: ExitStack, missing: dict[str, str]) -> dict[Peer, list[Driver]]:
    """Every peer that can be had, with its accounts made, until `kept` ends."""
    place = bench.peers or Path(
        kept.enter_context(TemporaryDirectory(prefix="tallystick-bench-peers-", dir=bench.folder))
    )
    found = {}
    for peer in PEERS:
        bench.tell(f"{peer.name}: an environment and accounts")
        try:
            found[peer] = _opened(bench, peer, place, kept)
        except Unavailable as error:
            missing[peer.name] = str(error)
    return found


def _opened(bench: Bench, peer: Peer, place: Path, kept: ExitStack) -> list[Driver]:
    """Two processes of a peer, over one database."""
    python = _environment(place, peer)
    url = kept.enter_context(_database(bench, peer))
    drivers = []
    for _ in range(2):
        drivers.append(Driver(python, peer, url))
        kept.callback(drivers[-1].end)
        drivers[-1].tell(do="make", accounts=bench.scale.peer_accounts)
        drivers[-1].hear()
    return drivers


def _called(load: str, name: str, in_flight: int) -> str:
    return f"{load}: {name}, {in_flight} in flight"


def _beside(tally: Tally, load: str, peer: Peer) -> Check:
    ours, theirs = (_called(load, name, IN_FLIGHT[-1]) for name in (OURS, peer.name))
    return tally.ratio(ours, theirs, f"{ours} / {peer.name}")


def _ours(bench: Bench, run: int, tally: Tally) -> None:
    for load, accounts in bench.loads().items():
        for in_flight in IN_FLIGHT:
            bench.tell(f"run {run + 1} of {bench.runs}, {load}: {OURS}, {in_flight} in flight")
            count = bench.scale.single if in_flight == 1 else bench.scale.charges
            charges = bench.charges(accounts, count, f"peers{run}", run)
            way = ways.tasks(in_flight) if in_flight > 1 else ways.one_at_a_time
            with bench.server.copy(bench.base) as url:
                keep(tally, _called(load, OURS, in_flight), way(url, charges, ways.nothing))


def _measure(bench: Bench, peer: Peer, drivers: Sequence[Driver], run: int, tally: Tally) -> None:
    for load in (UNIFORM, HOT):
        accounts = 1 if load == HOT else bench.scale.peer_accounts
        for in_flight in IN_FLIGHT:
            name = _called(load, peer.name, in_flight)
            bench.tell(f"run {run + 1} of {bench.runs}, {name}")
            asked = _Asked(accounts, in_flight, bench.scale.peer_seconds, f"{run}-{load[:3]}")
            _keep(tally, name, _best(drivers, asked))


class _Asked(NamedTuple):
    accounts: int
    in_flight: int
    seconds: int
    name: str


def _best(drivers: Sequence[Driver], asked: _Asked) -> dict[str, float]:
    """From one process; with many in flight from all as well, whichever is faster."""
    sides = [drivers[:1]] if asked.in_flight < IN_FLIGHT[-1] else [drivers[:1], drivers]
    return max((_charge(each, asked) for each in sides), key=lambda found: found["rate"])


def _charge(drivers: Sequence[Driver], asked: _Asked) -> dict[str, float]:
    """A share of those in flight from each process, at once."""
    for at, each in enumerate(drivers):
        name = f"{asked.name}-{asked.in_flight}-{len(drivers)}-{at}"
        each.tell(do="charge", accounts=asked.accounts, seconds=asked.seconds, name=name,
                  in_flight=asked.in_flight // len(drivers))  # fmt: skip
    told = [each.hear() for each in drivers]
    waits = {name: max(each[name] for each in told) for name in ("p50", "p99")}
    return {"rate": sum(each["rate"] for each in told), **waits}


def _keep(tally: Tally, name: str, found: dict[str, float]) -> None:
    tally.add(name, found["rate"])
    for percent in ("p50", "p99"):
        tally.add(f"{name}, {percent}", found[percent] * 1_000, "ms")


@contextmanager
def _database(bench: Bench, peer: Peer) -> Iterator[str]:
    if not peer.on_redis:
        name = bench.server.create()
        try:
            yield bench.server.at(name)
        finally:
            bench.server.drop(name)
    elif redis.program() is None:
        raise Unavailable("there is no redis-server here (a system's package has it)")
    else:
        with redis.running(bench.folder) as url:
            yield url


def _environment(place: Path, peer: Peer) -> Path:
    """The Python of a peer's environment, which is made when it is not there."""
    folder = place / peer.requirements[0].replace("[", "-").replace("]", "")
    python = folder / "bin/python"
    if not (folder / "ready").exists():
        asked = [[sys.executable, "-m", "venv", folder],
                 [python, "-m", "pip", "install", "-q", *peer.requirements]]  # fmt: skip
        for each in asked:
            made = subprocess.run(each, check=False, capture_output=True, text=True)
            if made.returncode:
                raise Unavailable(f"it could not be installed: {made.stderr.strip()[-300:]}")
        (folder / "ready").touch()
    return python
