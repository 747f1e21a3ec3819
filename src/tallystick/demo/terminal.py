"""The terminal that the demo speaks to, and a bar while long work goes on."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

WIDTH_OF_A_PIPE = 110


def terminal(stderr: bool = False) -> Console:
    """What is said to people: on stdout, or beside it on stderr."""
    console = Console(stderr=stderr, markup=False, highlight=False, emoji=False)
    if not console.is_terminal:
        console.width = WIDTH_OF_A_PIPE
    return console


@contextmanager
def progress(console: Console, what: str) -> Iterator[Any]:
    """A bar while long work goes on, on a terminal: call it with (done, of)."""
    columns = TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, of: bar.update(task, completed=done, total=of)
