"""Tables in a terminal's width: a row stays a row.

A table that is too wide gives way in this order. Instants lose their seconds. Texts wrap, the
longest first. Columns are left out: those that the table names, then from the right, never the
first; and the page says which. Numbers stay whole.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

GAP_COLUMNS = 3
"""Between two columns."""

_TEXT_COLUMNS = 16
"""Texts wrap down to this; what is shorter stays on one line."""

_WORD_COLUMNS = 24
"""A longer word may be broken, so that one of them does not cost other columns."""

_SECONDS = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}):[0-9]{2}")


class Column(NamedTuple):
    """A column as it is shown. `wraps` says that its cells are longer than `width`."""

    name: str
    cells: tuple[str, ...]
    is_number: bool
    width: int
    wraps: bool = False


class Fitted(NamedTuple):
    """The columns that fit, and the names of those that were left out."""

    columns: list[Column]
    left_out: list[str]


def fit(
    columns: Sequence[str], rows: Sequence[Sequence[str]], width: int, drop: Sequence[str] = ()
) -> Fitted:
    """Fit rows under `columns` into `width`. A name that begins with ``>`` is of numbers; `drop`
    are names of columns without that mark, the first to go first. Columns without any text are no
    columns."""
    shown = [
        _column(name, [row[at] for row in rows])
        for at, name in enumerate(columns)
        if any(row[at] for row in rows)
    ]
    left_out: list[str] = []
    going = _going([column.name for column in shown], drop)
    while True:
        fitted = _squeezed(shown, width)
        goes = next(going, None) if fitted is None else None
        if fitted is not None or goes is None:
            return Fitted(fitted or _least(shown, width), left_out)
        left_out.append(goes)
        shown = [column for column in shown if column.name != goes]


def _going(names: Sequence[str], drop: Sequence[str]) -> Iterator[str]:
    """The columns that may be left out, in the order in which they go."""
    first = names[:1]
    named = [name for name in drop if name in names and name not in first]
    yield from named
    yield from (name for name in reversed(names[1:]) if name not in named)


def _column(name: str, cells: Sequence[str]) -> Column:
    title = name.lstrip(">")
    return Column(title, tuple(cells), name.startswith(">"), max(map(len, (title, *cells))))


def _squeezed(columns: Sequence[Column], width: int) -> list[Column] | None:
    """The columns in `width`, all of them, or None where they have no room."""
    if _total(columns) <= width:
        return list(columns)
    shorter = [_without_seconds(column) for column in columns]
    if _total(shorter) <= width:
        return shorter
    least = [_narrowest(column) for column in shorter]
    spare = width - sum(least) - GAP_COLUMNS * (len(columns) - 1)
    return None if spare < 0 else [*_widened(shorter, least, spare)]


def _total(columns: Sequence[Column]) -> int:
    return sum(column.width for column in columns) + GAP_COLUMNS * (len(columns) - 1)


def _without_seconds(column: Column) -> Column:
    if column.is_number:
        return column
    cells = [_SECONDS.sub(r"\1", cell) for cell in column.cells]
    return _column(column.name, cells)


def _narrowest(column: Column) -> int:
    """How narrow a column may get: numbers and instants stay whole, and so do words."""
    is_whole = column.is_number or any(_is_instant(cell) for cell in column.cells)
    if is_whole or column.width <= _TEXT_COLUMNS:
        return column.width
    words = [len(word) for text in (column.name, *column.cells) for word in text.split()]
    return max(_TEXT_COLUMNS, min(max(words), _WORD_COLUMNS))


def _is_instant(cell: str) -> bool:
    return re.match(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", cell) is not None


def _widened(columns: Sequence[Column], least: Sequence[int], spare: int) -> "Iterator[Column]":
    """Each at its least width, and the `spare` shared so that the longest texts wrap."""
    widths = list(least)
    while spare > 0:
        wanting = [at for at, column in enumerate(columns) if widths[at] < column.width]
        narrowest = min(widths[at] for at in wanting)
        for at in wanting:
            if widths[at] == narrowest and spare > 0:
                widths[at] += 1
                spare -= 1
    for column, width in zip(columns, widths, strict=True):
        yield column._replace(width=width, wraps=width < column.width)


def _least(columns: Sequence[Column], width: int) -> list[Column]:
    """What is shown of a table where nothing more may go: its first column, folded."""
    (column,) = columns
    return [column._replace(width=width, wraps=True)]
