"""The parts, in order, on one server."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from .. import transports
from ..figures import Findings
from . import charges, growth, overload, peers, processes, waits, weigh
from .bench import ACCOUNTS, QUICK, Bench, Scale
from .server import running

PARTS: dict[str, Callable[[Bench], Findings]] = {
    "charges": charges.measure,
    "processes": processes.measure,
    "waits": waits.measure,
    "overload": overload.measure,
    "bytes": weigh.measure,
    "peers": peers.measure,
    "growth": growth.measure,
}


class Asked(NamedTuple):
    """What is to be measured, and where."""

    parts: Sequence[str] = ()
    db: str | None = None
    lines: int | None = None
    peers: Path | None = None


def measure(
    runs: int, quick: bool, tell: Callable[[str], None], folder: Path | None, asked: Asked
) -> Iterator[Findings]:
    """Each part's findings as soon as they are there."""
    tell("starting PostgreSQL")
    with running(asked.db, folder) as server:
        settings = ", ".join(f"{name}={value}" for name, value in server.settings().items())
        tell(f"opening {ACCOUNTS:,} accounts")
        base = server.create()
        accounts = transports.build(server.at(base), ACCOUNTS)
        scale = QUICK if quick else Scale()
        if asked.lines:
            scale = scale._replace(lines=asked.lines)
        bench = Bench(server, base, accounts, scale, runs, tell, folder, asked.peers)
        for name in asked.parts or PARTS:
            found = PARTS[name](bench)
            yield Findings(
                found.title,
                found.figures,
                found.checks,
                (f"settings read back: {settings}", *found.notes),
            )
