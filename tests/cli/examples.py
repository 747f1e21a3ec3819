"""The examples of the command line's reference: found, run in their order, and written anew.

A block marked ``yaml`` whose first line names a file is that file; a block marked ``console`` is
commands after ``$`` with what they print. ``python -m tests.cli.examples`` writes the outputs of
today into the page, and every page at the widths of terminals into the files beside this one.
"""

import contextlib
import io
import os
import re
import shlex
import tempfile
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import NamedTuple
from unittest import mock

from tallystick.cli import main
from tallystick.core import instants

PAGE = Path(__file__).parents[2] / "docs/reference/cli.md"
WIDTH = "100"
WIDTHS = ("80", "110", "160")
"""Terminals in which every page is recorded as it looks: ``pages-80.txt`` and so on."""

_BLOCK = re.compile(r"^```(console|yaml)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_COMMAND = re.compile(r"^\$ tallystick (.*)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)
_CHANCE = re.compile(
    r"(q_(?=[\w-]{20})|tk_(?:live_|test_)?[a-z]+_(?=[\w-]{20})|\be\d+-(?=[0-9a-f]{8}\b))[\w-]+"
)
"""The token of a quote, an API key, and an epoch's mark: nothing else differs from run to run."""

_TODAY = instants.parse("2026-01-31T10:00:00Z", "today")
"""What the machine's clock says while the examples run: API keys are made in real time."""


class Example(NamedTuple):
    """A command with what the page says it prints."""

    typed: str
    printed: str


def examples(page: str) -> Iterator[Example]:
    """The commands of a page in order; files are written to the current folder on the way."""
    for kind, body in _BLOCK.findall(page):
        named = re.match(r"# (\S+\.yaml)\n", body)
        if kind == "yaml" and named:
            Path(named[1]).write_text(body, "utf-8")
        elif kind == "console":
            yield from (Example(*found) for found in _COMMAND.findall(body))


def printed(typed: str) -> str:
    """What a command prints, stdout and stderr as a terminal shows them."""
    out = io.TextIOWrapper(io.BytesIO(), "utf-8")
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        main(shlex.split(typed))
    out.seek(0)
    return _CHANCE.sub(r"\1...", out.read())


@contextlib.contextmanager
def empty_folder(width: str = WIDTH) -> Iterator[None]:
    """A folder of its own, as wide as the page, without settings from outside."""
    kept = {name: text for name, text in os.environ.items() if not name.startswith("TALLYSTICK")}
    before = dict(os.environ)
    os.environ.clear()
    os.environ.update(kept, COLUMNS=width, NO_COLOR="1", LOGNAME="ana")
    try:
        with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder), _no_chance():
            yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@contextlib.contextmanager
def _no_chance() -> Iterator[None]:
    """The same API keys, made at the same instant, on every run."""
    with (
        mock.patch("tallystick.engine.keys.secrets", Random(7)),
        mock.patch("tallystick.engine.clock.SystemClock.now", return_value=_TODAY),
    ):
        yield


def rewritten(page: str) -> str:
    """The page with the outputs of today."""
    with empty_folder():
        outputs = [
            f"$ tallystick {example.typed}\n{printed(example.typed)}" for example in examples(page)
        ]
    filled = iter(outputs)

    def block(found: re.Match[str]) -> str:
        if found[1] != "console":
            return found[0]
        parts = [next(filled) for _ in _COMMAND.findall(found[2])]
        return "```console\n" + "\n".join(parts) + "```"

    return _BLOCK.sub(block, page)


def recorded(width: str) -> Path:
    """The file of what every command prints in a terminal so wide."""
    return Path(__file__).with_name(f"pages-{width}.txt")


def pages(page: str, width: str) -> str:
    """What every example prints for people in a terminal so wide; a JSON document has no width."""
    with empty_folder(width):
        said = [(example.typed, printed(example.typed)) for example in examples(page)]
    return "\n".join(
        f"$ tallystick {typed}\n{text}" for typed, text in said if not text.startswith(("{", "["))
    )


if __name__ == "__main__":
    PAGE.write_text(rewritten(PAGE.read_text("utf-8")), "utf-8")
    for width in WIDTHS:
        recorded(width).write_text(pages(PAGE.read_text("utf-8"), width), "utf-8")
