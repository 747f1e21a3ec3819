"""The text that the terminal shows when the demo is served: addresses, keys, lines to paste."""

from collections.abc import Mapping
from pathlib import Path

from rich.console import Console
from rich.text import Text

from .build import DAYS
from .curls import Caller
from .people import PLATFORMS

ADDRESSES = {
    "start page": "/",
    "API page": "/docs",
    "OpenAPI": "/openapi.json",
    "health": "/healthz",
}
_BODY = {"model": "Veo 3.1", "settings": {"resolution": "1080p", "audio": "on"},
         "quantities": {"seconds": 8}}  # fmt: skip
_ACCOUNT = "pixelforge"


def contents() -> str:
    """What a database of the demo holds."""
    people = sum(map(len, PLATFORMS.values()))
    return f"three platforms, {people} accounts, {DAYS} days of usage"


def show(
    console: Console, path: Path, address: str, keys: Mapping[str, str], open_to_others: bool
) -> None:
    """Print where the demo is and how to send requests to it."""
    _line(console, f"{path}: {contents()}", "bold")
    _rows(console, {name: address + at for name, at in ADDRESSES.items()}, "cyan")
    _line(
        console, "\nDemo keys, with the scopes quote, spend, read and grant for this database only"
    )
    _rows(console, keys, "cyan")
    if open_to_others:
        said = "Others can reach this address: they see the same pages, including these keys."
        _line(console, f"\n{said}", "bold yellow")
    _line(console, "\nPaste into another terminal:")
    caller = Caller(address, keys["artlist"])
    lines = caller.export(), caller.quote(_BODY, on_one_line=True), caller.balance(_ACCOUNT)
    for line in lines:
        _line(console, f"  {line.command}", "cyan")
    _line(console, "\nCtrl-C stops it. With --walk you get a tour in the terminal instead.", "dim")
    console.file.flush()


def _rows(console: Console, rows: Mapping[str, str], style: str) -> None:
    for name, value in rows.items():
        _line(console, Text.assemble(f"  {name:<12}", (value, style)))


def _line(console: Console, said: str | Text, style: str = "") -> None:
    """Print a line without breaking it, because it is meant to be copied."""
    text = said if isinstance(said, Text) else Text(said, style=style)
    console.print(text, soft_wrap=True)
