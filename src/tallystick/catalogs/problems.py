"""Problems of a catalog file, each at its place, and the error that carries them all."""

from collections.abc import Sequence

from msgspec import Struct

from ..core.errors import InvalidCatalog
from ..results.catalog_problems import CatalogProblem

MAX_BYTES = 2_000_000
"""The largest catalog that is read."""

PROBLEMS_SHOWN_MAX, PROBLEMS_KEPT_MAX = 20, 1_000
"""Problems that the message of an error names, and that the error carries: a file can have
hundreds of thousands, and a server would answer with more than it was sent."""


class FilePlace(Struct, frozen=True, order=True, gc=False):
    """A place in a file; lines and columns count from 1."""

    line: int
    column: int


def invalid(file: str, problems: Sequence[CatalogProblem]) -> InvalidCatalog:
    """The error for a file with these problems, in the order of their places."""
    ordered = sorted(problems, key=lambda each: (each.line, each.column))
    count = "1 problem" if len(ordered) == 1 else f"{len(ordered):,} problems"
    lines = [f"{file} has {count}:", *(f"  {each}" for each in ordered[:PROBLEMS_SHOWN_MAX])]
    if len(ordered) > PROBLEMS_SHOWN_MAX:
        lines.append(f"  ... and {len(ordered) - PROBLEMS_SHOWN_MAX:,} more")
    return InvalidCatalog("\n".join(lines), ordered[:PROBLEMS_KEPT_MAX])


def place_at(text: str, offset: int) -> FilePlace:
    """Line and column of a character."""
    return FilePlace(text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset))
