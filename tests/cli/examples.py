"""The examples of the command line's reference: found, run in their order, and written anew.

A block marked ``yaml`` whose first line names a file is that file; a block marked ``console`` is
commands after ``$`` with what they print. ``python -m tests.cli.examples`` writes the outputs of
today into the page.
"""

import contextlib
import io
import os
import re
import shlex
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tallystick.cli import main

PAGE = Path(__file__).parents[2] / "docs/reference/cli.md"
WIDTH = "100"

_BLOCK = re.compile(r"^```(console|yaml)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_COMMAND = re.compile(r"^\$ tallystick (.*)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)
_CHANCE = re.compile(r"q_[\w-]{20,}")
"""A quote's token: the one thing that differs from run to run."""


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
    return _CHANCE.sub("q_...", out.read())


@contextlib.contextmanager
def empty_folder() -> Iterator[None]:
    """A folder of its own, as wide as the page, without settings from outside."""
    kept = {name: text for name, text in os.environ.items() if not name.startswith("TALLYSTICK")}
    before = dict(os.environ)
    os.environ.clear()
    os.environ.update(kept, COLUMNS=WIDTH, NO_COLOR="1")
    try:
        with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
            yield
    finally:
        os.environ.clear()
        os.environ.update(before)


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


if __name__ == "__main__":
    PAGE.write_text(rewritten(PAGE.read_text("utf-8")), "utf-8")
