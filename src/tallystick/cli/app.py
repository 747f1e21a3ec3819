"""The command line put together: every group of commands, and how a run ends."""

import sys
from collections.abc import Sequence
from io import TextIOWrapper
from typing import Annotated

import typer

from .. import __version__
from . import (
    accounts,
    archive,
    backup,
    catalogs,
    charges,
    databases,
    errors,
    grants,
    keys,
    plans,
    platforms,
    pricing,
    server,
)
from .groups import Headed

app = typer.Typer(
    name="tallystick",
    cls=Headed,
    help="Price, hold, settle, top up, upgrade and reset credits.",
    epilog="Every command takes --help, and every command but demo takes --json, which prints "
    "one JSON document. "
    "Exit codes: 0 done, 1 refused, 2 wrong usage, 3 no database or server.",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
_GROUPS = (
    platforms,
    server,
    keys,
    databases,
    backup,
    archive,
    pricing,
    catalogs,
    accounts,
    plans,
    grants,
    charges,
)
for each in _GROUPS:
    app.add_typer(each.app)


def _say_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"tallystick {__version__}")
        raise typer.Exit


@app.callback()
def everything(
    version: Annotated[
        bool,
        typer.Option(
            "--version", is_eager=True, callback=_say_version, help="Show the version and exit."
        ),
    ] = False,
) -> None:
    """What stands before every command."""


def _refuse_invalid_text(words: Sequence[str]) -> None:
    """No answer could repeat such a word, and no ledger keep it."""
    for word in words:
        readable = word.encode("utf-8", "replace").decode("utf-8")
        if readable != word:
            raise typer.BadParameter(f"'{readable}' is not UTF-8 text")


def run(args: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code of the process."""
    words = sys.argv[1:] if args is None else list(args)
    for stream in (sys.stdout, sys.stderr):  # a name in another script must not end the program
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")
    try:
        _refuse_invalid_text(words)
        command = typer.main.get_command(app)
        return command.main(words, prog_name="tallystick", standalone_mode=False) or 0
    except Exception as error:  # noqa: BLE001 - nobody above could say it in words
        return errors.tell(error, None, as_json="--json" in words)
