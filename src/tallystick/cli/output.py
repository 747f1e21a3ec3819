"""What people see: pages of lines, fields, tables and commands to type next.

Pages are plain values; only here do they become text, with rich, which is loaded on first use.
"""

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import typer

from .vocabulary import word

if TYPE_CHECKING:
    from datetime import datetime

    from rich.console import Console, RenderableType

    from .layout import Column

UNBOUND_COLUMNS = 10_000
"""The width where there is no terminal: nothing is wrapped in a file or a pipe."""

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
    """Rows under columns; a column whose name begins with ``>`` holds numbers. Where there is no
    room for all, those named in `drop` (without ``>``) are left out first, then from the right."""

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    title: str | None = None
    drop: Sequence[str] = ()


class Next(NamedTuple):
    """Commands to type next: what each is for, and its words after ``tallystick``."""

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
Zone: TypeAlias = Callable[[], str]
"""Says in which time zone a page shows its instants; asked by the first of them."""


def document(result: Any) -> None:
    """One JSON document on stdout."""
    from .. import results

    typer.echo(results.to_json(result))


def page(
    blocks: Iterable[Block], typed: Typed, *, error: bool = False, zone: Zone | None = None
) -> None:
    """Print blocks on stdout, or on stderr when they report an error. All instants of a page are in
    the one `zone`, in UTC if none is given."""
    shown = _ZONE.set(cache(zone or _utc))
    try:
        _draw(blocks, typed, error)
    finally:
        _ZONE.reset(shown)


def _utc() -> str:
    return "UTC"


_ZONE: ContextVar[Zone] = ContextVar("zone of the page", default=_utc)


def _draw(blocks: Iterable[Block], typed: Typed, error: bool) -> None:
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
        yield _listed([(way, typed(words) if words else None) for way, words in block.rows])


def _pairs(rows: Sequence[tuple[str, str]], style: str = "") -> "RenderableType":
    """Two columns, the first one quiet."""
    from rich.table import Table as Grid

    grid = Grid.grid(padding=(0, 3, 0, 0))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(style=style, overflow="fold")
    for row in rows:
        grid.add_row(*row)
    return grid


def _listed(rows: Sequence[tuple[str, str | None]]) -> "RenderableType":
    """Items behind a dash, each with its command below it."""
    from rich.table import Table as Grid
    from rich.text import Text

    grid = Grid.grid(padding=(0, 1, 0, 0))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for way, command in rows:
        grid.add_row("-", way)
        if command:
            grid.add_row("", Text(command, style="cyan"))
    return grid


def _table(table: TextTable, console: "Console") -> "Iterator[RenderableType]":
    """The table, as much of it as the terminal has room for, and the names of the rest."""
    from rich.text import Text

    from . import layout

    if table.title:
        yield Text(table.title, style="bold")
    fitted = layout.fit(table.columns, table.rows, console.width, table.drop)
    yield _grid(fitted.columns)
    if fitted.left_out:
        names = ", ".join(name for name in fitted.left_out if name)
        yield Text(f"Not shown at this width: {names}.", style="dim")


def _grid(columns: "Sequence[Column]") -> "RenderableType":
    from rich import box
    from rich.table import Table as Grid

    grid = Grid(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, header_style="bold")
    for each in columns:
        grid.add_column(
            each.name,
            justify="right" if each.is_number else "left",
            no_wrap=not each.wraps,
            width=each.width,
            overflow="fold",
        )
    for row in zip(*(each.cells for each in columns), strict=True):
        grid.add_row(*row)
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
    """``1 credit``, ``4,000 credits``, in the platform's own word."""
    return counted(value, word("credit"), word("credits"))


def change(value: Any) -> str:
    """An amount with its sign; nothing for zero."""
    return f"{'+' if value > 0 else ''}{amount(value)}" if value else ""


def zone() -> str:
    """The time zone in which the page at hand shows its instants."""
    return _ZONE.get()()


def moment(at: "datetime | None") -> str:
    """``2026-01-31 10:00:00``, in the zone of the page; nothing for None."""
    if at is None:
        return ""
    from ..core.cycles import zone as zone_of

    return f"{at.astimezone(zone_of(zone())):%Y-%m-%d %H:%M:%S}"


def instant(at: "datetime | None") -> str | None:
    """``2026-01-31 10:00:00 UTC``, or None."""
    return None if at is None else f"{moment(at)} {zone()}"


def dated(name: str) -> str:
    """The name of a column of moments: ``at (UTC)``."""
    return f"{name} ({zone()})"
