"""`python -m benchmarks [pricing|core|engine|http|scheduler|postgres|all] [--quick] [--runs N]`; or
`beside` another checkout; or `fair`, beside a hostile client."""

import argparse
import signal
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from msgspec import json
from rich.console import Console

from . import core, engine, http_holds, pricing, report, scheduler
from .beside import measuring as beside
from .fair import measuring as fair
from .figures import Findings
from .machine import in_words, machine
from .postgres import measuring

NAMES = ("pricing", "core", "engine", "http", "scheduler", "postgres")
APART = ("beside", "fair")
"""What `all` leaves out: it needs more than this checkout, or a machine to itself."""


def main(arguments: list[str]) -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that every server is stopped
    asked = _parser().parse_args(arguments)
    runs = asked.runs or (1 if asked.quick else 5)
    console = Console(width=None if sys.stdout.isatty() else 130)
    on = machine()
    console.print(in_words(on), highlight=False)
    found = []
    with Console(stderr=True).status("starting") as status:
        for name in NAMES if asked.which == "all" else (asked.which,):
            for each in _measure(name, runs, asked, status.update):
                report.show(console, each)
                found.append(each)
    if asked.json:
        command = " ".join(("python -m benchmarks", *arguments))
        document = report.document(on, command, found)
        asked.json.write_bytes(json.format(json.encode(document), indent=2) + b"\n")


def _measure(
    name: str, runs: int, asked: argparse.Namespace, tell: Callable[[str], None]
) -> Iterable[Findings]:
    quick, folder = asked.quick, asked.dir
    if name == "beside":
        if asked.other is None:
            sys.exit("beside needs --other: the folder of the checkout to compare this one with")
        return beside.measure(runs, quick, tell, folder, asked.other, asked.db)
    if name == "postgres":
        chosen = measuring.Asked(asked.part or (), asked.db, asked.lines, asked.peers)
        return measuring.measure(runs, quick, tell, folder, chosen)
    if name == "fair":
        met = fair.Asked(asked.attack or (), asked.on, asked.db)
        return [fair.measure(runs, quick, tell, folder, met)]
    if name == "scheduler":
        due = scheduler.Asked(asked.accounts, asked.on, asked.db)
        return [scheduler.measure(runs, quick, tell, folder, due)]
    if name == "engine":
        return engine.measure(runs, quick, tell, folder)
    if name == "http":
        return [http_holds.measure(runs, quick, tell, folder)]
    return [(pricing if name == "pricing" else core).measure(runs, quick, tell)]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "python -m benchmarks", description="Measure Tallystick, each figure beside its floor."
    )
    parser.add_argument("which", nargs="?", default="all", choices=(*NAMES, *APART, "all"))
    parser.add_argument("--quick", action="store_true", help="little of everything, to see it run")
    parser.add_argument("--runs", type=int, help="how often each is measured (5; 1 when quick)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything measured here")
    parser.add_argument(
        "--dir", type=Path, help="where databases are made: a local disk (the temporary folder)"
    )
    only = parser.add_argument_group("postgres")
    only.add_argument(
        "--part", action="append", choices=measuring.PARTS, help="one part of it; repeatable"
    )
    only.add_argument("--db", metavar="URL", help="a server to use, instead of one of its own")
    only.add_argument("--lines", type=int, help="journal lines there are beforehand (10,000,000)")
    only.add_argument(
        "--peers", type=Path, metavar="DIR", help="where the peers' environments are kept"
    )
    clock = parser.add_argument_group("scheduler and fair")
    clock.add_argument("--on", choices=("sqlite", "postgres"), default="sqlite")
    clock.add_argument("--accounts", type=int, help="how many are due (1,000,000; 50,000 quick)")
    clock.add_argument(
        "--attack", action="append", choices=fair.NAMES, metavar="NAME",
        help="one attack of fair; repeatable (each of: " + "; ".join(fair.NAMES) + ")",
    )  # fmt: skip
    compared = parser.add_argument_group("beside")
    compared.add_argument("--other", type=Path, metavar="DIR", help="the checkout to compare with")
    return parser


if __name__ == "__main__":  # not in the processes that it starts
    main(sys.argv[1:])
