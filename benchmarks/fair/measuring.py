"""The fair client's waits alone, and beside each attack; and the memory that the server had."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple, Protocol

from ..beside.measuring import Files
from ..figures import Check, Findings, Tally
from ..postgres.server import running
from . import attackers, stage
from .attackers import FLOODS, Attacker
from .attacks import ATTACKS, Sender
from .client import RATE, Fair, Waits, readiness, work
from .stage import FAIR, LONG, Past, Server, Stage

MOST_TIMES = 3.0
"""The fair client's p99 under attack, over its p99 alone."""
MOST_MIB = 256.0
"""The most memory that a server process may ever have, whatever it is asked."""
NOBODY, HONEST = "nobody", "an honest client"
NAMES = (NOBODY, HONEST, *ATTACKS, *FLOODS)
READY_RATE = 5.0


class Scale(NamedTuple):
    """How much is measured."""

    seconds: float = 8.0
    past: Past = Past()


QUICK = Scale(2.0, Past(20_000, 1_000))


class Asked(NamedTuple):
    """What is to be measured, and where."""

    attacks: Sequence[str] = ()
    on: str = "sqlite"
    db: str | None = None


class Databases(Protocol):
    """Where databases are made: by name, and copied for each attack."""

    def create(self) -> str: ...

    def at(self, name: str) -> str: ...

    def copy(self, base: str) -> AbstractContextManager[Any]: ...


class Round(NamedTuple):
    """One attack on a server of its own."""

    name: str
    server: Server
    stage: Stage
    scale: Scale

    def run(self, tally: Tally) -> None:
        alone, _ = self._fair("alone").run(self.scale.seconds)
        before = self.server.peak_mib()
        fair = self._fair("beside")
        attacker = attacker_of(self.name, self.server, self.stage, self.scale.seconds + 1)
        if attacker is not None:
            attacker.begin()
        try:
            beside, ready = fair.run(self.scale.seconds)
            sent = attacker.sent if attacker is not None else 0
        finally:
            if attacker is not None:
                attacker.end()
        self._keep(tally, alone, beside, ready)
        tally.add(f"{self.name}: memory before", before, "MiB")
        tally.add(f"{self.name}: memory at most", self.server.peak_mib(), "MiB")
        tally.add(f"{self.name}: of the attacker answered", sent / self.scale.seconds, "a second")

    def _fair(self, name: str) -> Fair:
        target = self.server.target
        return Fair(target, [(work(target, FAIR, name), RATE), (readiness(target), READY_RATE)])

    def _keep(self, tally: Tally, alone: Waits, beside: Waits, ready: Waits) -> None:
        for name, waits in (("alone", alone), ("beside it", beside), ("/readyz", ready)):
            tally.add(f"{self.name}: p99 {name}", waits.percent(99) * 1_000, "ms")
        tally.add(f"{self.name}: refused to the fair one", beside.refused, "requests")


def attacker_of(name: str, server: Server, stage: Stage, seconds: float) -> Attacker | None:
    """An attacker that waits for the word to begin, and ends by itself after so long."""
    target = server.target
    if name == NOBODY:
        return None
    if name in FLOODS:
        return Attacker(attackers.flood, target, FLOODS[name], seconds)
    if name == HONEST:
        asked = work(target, LONG, "honest")
        some = [next(asked) for _ in range(int(RATE * seconds))]
        return Attacker(attackers.ask, target, some, 8, RATE, seconds)
    attack = ATTACKS[name]
    requests = attack.requests(Sender(target, stage, attack.scope))
    return Attacker(attackers.ask, target, requests, attack.connections, attack.rate, seconds)


def measure(
    runs: int, quick: bool, tell: Callable[[str], None], folder: Path | None, asked: Asked
) -> Findings:
    scale = QUICK if quick else Scale()
    tally = Tally("ms")
    names = asked.attacks or NAMES
    with ExitStack() as opened:
        temporary = opened.enter_context(TemporaryDirectory(prefix="tallystick-", dir=folder))
        made: Databases = Files(Path(temporary))
        if asked.on == "postgres":
            tell("starting PostgreSQL")
            made = opened.enter_context(running(asked.db, folder))
        base = made.create()
        built = stage.build(made.at(base), scale.past, tell)
        for run in range(runs):
            for name in names:
                tell(f"run {run + 1} of {runs}: {name}")
                with made.copy(base) as url, stage.serving(str(url), built) as server:
                    Round(name, server, built, scale).run(tally)
    found = tuple(check for name in names for check in _checks(name, tally))
    title = f"A fair client beside a hostile one, on {asked.on}"
    return Findings(title, tally.figures(), found, _notes(scale))


def _notes(scale: Scale) -> tuple[str, ...]:
    past = scale.past
    return (
        f"fair: {RATE:.0f} charges, balances, holds a second, and {READY_RATE:.0f} of /readyz",
        "hostile: another key and account of the same platform, from another address",
        "both share the cores of this machine with the server",
        f"{scale.seconds:.0f} s alone, then {scale.seconds:.0f} s beside the attack",
        "a wait counts from the planned instant; without an answer, or refused, it is 10 s",
        f"one account has {past.entries:,} entries, another one {past.holds:,} open holds",
        "memory: the most that the server's process ever had",
    )


def _checks(name: str, tally: Tally) -> list[Check]:
    ratio = tally.ratio(
        f"{name}: p99 beside it", f"{name}: p99 alone", f"{name}: p99 beside it / alone",
        at_most=MOST_TIMES,
    )  # fmt: skip
    return [ratio, Check(tally.figure(f"{name}: memory at most"), at_most=MOST_MIB)]
