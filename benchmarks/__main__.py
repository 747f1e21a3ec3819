"""`python -m benchmarks [pricing|core|engine|http|all] [--quick] [--runs N] [--json FILE]`."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from msgspec import json
from rich.console import Console

from . import core, engine, http_holds, pricing, report
from .figures import Findings
from .machine import in_words, machine

NAMES = ("pricing", "core", "engine", "http")


def main(arguments: list[str]) -> None:
    asked = _parser().parse_args(arguments)
    runs = asked.runs or (1 if asked.quick else 5)
    console = Console(width=None if sys.stdout.isatty() else 130)
    on = machine()
    console.print(in_words(on), highlight=False)
    found = []
    with Console(stderr=True).status("starting") as status:
        for name in NAMES if asked.which == "all" else (asked.which,):
            for each in _measure(name, runs, asked.quick, asked.dir, status.update):
                report.show(console, each)
                found.append(each)
    if asked.json:
        command = " ".join(("python -m benchmarks", *arguments))
        document = report.document(on, command, found)
        asked.json.write_bytes(json.format(json.encode(document), indent=2) + b"\n")


def _measure(
    name: str, runs: int, quick: bool, folder: Path | None, tell: Callable[[str], None]
) -> list[Findings]:
    if name == "engine":
        return engine.measure(runs, quick, tell, folder)
    if name == "http":
        return [http_holds.measure(runs, quick, tell, folder)]
    return [(pricing if name == "pricing" else core).measure(runs, quick, tell)]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "python -m benchmarks", description="Measure Tallystick, each figure beside its floor."
    )
    parser.add_argument("which", nargs="?", default="all", choices=(*NAMES, "all"))
    parser.add_argument("--quick", action="store_true", help="little of everything, to see it run")
    parser.add_argument("--runs", type=int, help="how often each is measured (5; 1 when quick)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything measured here")
    parser.add_argument(
        "--dir", type=Path, help="where databases are made: a local disk (the temporary folder)"
    )
    return parser


if __name__ == "__main__":  # not in the processes that it starts
    main(sys.argv[1:])
