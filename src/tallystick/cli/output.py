"""What people see: pages of lines, fields, tables and commands to type next.

Pages are plain values; only here do they become text, with rich, which is loaded on first use.
"""

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import typer

if TYPE_CHECKING:
    from datetime import datetime

    from rich.console import Console, RenderableType

UNBOUND_COLUMNS = 10_000
"""The width of what is no terminal: nothing is wrapped in a file or a pipe."""

_WRAPPED_COLUMNS = 24
"""Cells longer than this may wrap."""

_GAP_COLUMNS = 3
"""Between two columns."""

_STYLES = {"title": "bold", "quiet": "dim", "bad": "bold red", "good": "green", "": ""}


class Paragraph(NamedTuple):
    """One paragraph; `style` is ``title``, ``quiet``, ``good`` or ``bad``."""

    text: str
    style: str = ""


class Verbatim(NamedTuple):
    """A text as it is, such as a file: nothing is wrapped or trimmed."""

    text: str


class FieldList(NamedTuple):
    """Names with their values; a value of None is left out."""

    rows: Sequence[tuple[str, str | None]]


class TextTable(NamedTuple):
    """Rows under columns; a column whose name begins with ``>`` holds numbers."""

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    title: str | None = None


class Next(NamedTuple):
    """Commands to type next: what for, and the words after ``tallystick``."""

    rows: Sequence[tuple[str, Sequence[str]]]


class Ways(NamedTuple):
    """Ways out: each in words, with the command that takes it where there is one."""

    rows: Sequence[tuple[str, Sequence[str] | None]]
    title: str | None = None


Drawn: TypeAlias = Paragraph | FieldList | TextTable | Next | Ways
Block: TypeAlias = Drawn | Verbatim
Page: TypeAlias = Iterator[Block]
Typed: TypeAlias = Callable[[Iterable[str]], str]
"""Makes the words of a command the whole line to type."""


def document(result: Any) -> None:
    """One JSON document on stdout."""
    from .. import results

    typer.echo(results.to_json(result))


def page(blocks: Iterable[Block], typed: Typed, *, error: bool = False) -> None:
    """Blocks on stdout, or on stderr when they tell of an error."""
    console = _console(error)
    before: Block | None = None
    for block in filter(_says_something, blocks):
        if before is not None and not (
            isinstance(block, Paragraph) and isinstance(before, Paragraph)
        ):
            typer.echo(err=error)
        if isinstance(block, Verbatim):
            typer.echo(block.text, nl=False, err=error)
        else:
            for part in _drawn(block, console, typed):
                _print(part, console)
        before = block


def _says_something(block: Block) -> bool:
    if isinstance(block, FieldList):
        return any(value is not None for _, value in block.rows)
    return isinstance(block, (Paragraph, Verbatim)) or bool(block.rows)


def _print(part: "RenderableType", console: "Console") -> None:
    """One part of a page; into a file without the spaces that fill up its lines."""
    if console.is_terminal:
        console.print(part)
        return
    with console.capture() as captured:
        console.print(part)
    for line in captured.get().splitlines():
        typer.echo(line.rstrip(), err=console.stderr)


def _console(error: bool) -> "Console":
    from rich.console import Console

    stream = sys.stderr if error else sys.stdout
    unbound = not stream.isatty() and "COLUMNS" not in os.environ
    return Console(
        stderr=error,
        markup=False,
        highlight=False,
        emoji=False,
        width=UNBOUND_COLUMNS if unbound else None,
    )


def _drawn(block: Drawn, console: "Console", typed: Typed) -> "Iterator[RenderableType]":
    from rich.text import Text

    if isinstance(block, Paragraph):
        yield Text(block.text, style=_STYLES[block.style])
    elif isinstance(block, FieldList):
        yield _pairs([(name, value) for name, value in block.rows if value is not None])
    elif isinstance(block, TextTable):
        yield from _table(block, console)
    elif isinstance(block, Next):
        yield _pairs([(why, typed(words)) for why, words in block.rows], style="cyan")
    else:
        if block.title:
            yield Text(block.title, style="bold")
        for way, words in block.rows:
            yield Text(f"- {way}")
            if words:
                yield Text(f"  {typed(words)}", style="cyan", overflow="fold")


def _pairs(rows: Sequence[tuple[str, str]], style: str = "") -> "RenderableType":
    """Two columns, the first one quiet."""
    from rich.table import Table as Grid

    grid = Grid.grid(padding=(0, 3, 0, 0))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(style=style, overflow="fold")
    for row in rows:
        grid.add_row(*row)
    return grid


def _table(table: TextTable, console: "Console") -> "Iterator[RenderableType]":
    """The table, or where the terminal is too narrow for it, each row as fields of its own."""
    from rich.text import Text

    if table.title:
        yield Text(table.title, style="bold")
    columns = _used_columns(table)
    if _least_width(table, columns) <= console.width:
        yield _grid(table, columns)
        return
    for number, row in enumerate(table.rows):
        if number:
            yield Text("")
        yield _pairs([(table.columns[each].lstrip(">"), row[each]) for each in columns])


def _used_columns(table: TextTable) -> list[int]:
    """The columns in which any row says something."""
    return [each for each in range(len(table.columns)) if any(row[each] for row in table.rows)]


def _widest(table: TextTable, column: int) -> int:
    cells = [table.columns[column].lstrip(">"), *(row[column] for row in table.rows)]
    return max(map(len, cells))


def _least_width(table: TextTable, columns: Sequence[int]) -> int:
    """How narrow the table can get: long cells wrap, numbers and short ones stay whole."""
    return (
        sum(min(_widest(table, each), _WRAPPED_COLUMNS) + _GAP_COLUMNS for each in columns)
        - _GAP_COLUMNS
    )


def _grid(table: TextTable, columns: Sequence[int]) -> "RenderableType":
    from rich import box
    from rich.table import Table as Grid

    grid = Grid(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, header_style="bold")
    for each in columns:
        name = table.columns[each]
        number = name.startswith(">")
        grid.add_column(
            name.lstrip(">"),
            justify="right" if number else "left",
            no_wrap=number or _widest(table, each) <= _WRAPPED_COLUMNS,
            overflow="fold",
        )
    for row in table.rows:
        grid.add_row(*[row[each] for each in columns])
    return grid


@contextmanager
def progress(what: str) -> Iterator[Callable[[int, int | None], None]]:
    """A bar on stderr while long work goes on: call it with (done, of), or with None where it is
    not known of how many. Silent when piped."""
    if not sys.stderr.isatty():
        yield lambda done, of: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
    from rich.progress import TimeRemainingColumn as TimeLeft

    columns = TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeLeft()
    with Progress(*columns, console=_console(error=True), transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, of: bar.update(task, completed=done, total=of)


# Words for values


def amount(value: Any) -> str:
    """``1,234`` or ``0.5``."""
    return f"{value:,}" if isinstance(value, int) else f"{value:,f}"


def counted(count: Any, one: str, many: str | None = None) -> str:
    """``1 account``, ``1,234 accounts``."""
    return f"{amount(count)} {one if count == 1 else many or one + 's'}"


def credit(value: Any) -> str:
    """``1 credit``, ``4,000 credits``."""
    return counted(value, "credit")


def change(value: Any) -> str:
    """An amount with its sign; nothing for zero."""
    return f"{'+' if value > 0 else ''}{amount(value)}" if value else ""


def moment(at: "datetime | None") -> str:
    """``2026-01-31 10:00:00``, in UTC; nothing for None."""
    return "" if at is None else f"{at:%Y-%m-%d %H:%M:%S}"


def instant(at: "datetime | None") -> str | None:
    """``2026-01-31 10:00:00 UTC``, or None."""
    return None if at is None else f"{moment(at)} UTC"
