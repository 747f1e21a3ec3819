"""Problems of a catalog file, each at its place, and the error that carries them all."""

from collections.abc import Sequence
from typing import Literal, TypeAlias

from msgspec import Struct

from ..core.errors import InvalidCatalog

MAX_BYTES = 2_000_000
"""The largest catalog that is read."""

SHOWN, KEPT = 20, 1_000
"""Problems that the message of an error names, and that the error carries: a file can have
hundreds of thousands, and a server would answer with more than it was sent."""

Code: TypeAlias = Literal[
    # The file and its YAML.
    "no_file",
    "not_yaml",
    "too_large",
    "too_deep",
    "alias",
    "tag",
    # The fields.
    "missing_field",
    "unknown_field",
    "duplicate_field",
    "conflicting_fields",
    "empty_field",
    "wrong_type",
    "wrong_value",
    "unknown_unit",
    "duplicate_value",
    "too_long",
    "too_many",
    # Names.
    "duplicate_tool",
    "duplicate_model",
    "duplicate_rate",
    "duplicate_plan",
    "duplicate_package",
    "duplicate_bundle",
    "duplicate_upgrade",
    "missing_tool",
    "missing_plan",
    # Settings and rates.
    "reserved_setting",
    "unknown_setting",
    "unknown_value",
    "empty_when",
    "overlap",
    "hole",
    "too_many_combinations",
    "unreachable_range",
    "empty_table",
    "duplicate_table_row",
    "plan_price_unit",
    # Plans, upgrades and policy.
    "locked_pro_model",
    "unlimited_not_unlocked",
    "price_without_interval",
    "leftover_without_restart",
    "burn_order",
    "unknown_time_zone",
]
"""The kinds of problems; docs/reference/catalog-format.md has an example of each."""


class Place(Struct, frozen=True, order=True, gc=False):
    """A place in a file; lines and columns count from 1."""

    line: int
    column: int


class Problem(Struct, frozen=True, omit_defaults=True):
    """One thing that keeps a catalog from being published.

    `also` is the line of the other row where two rows are at odds.
    """

    file: str
    line: int
    column: int
    code: Code
    message: str
    also: int | None = None

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.message}"


def invalid(file: str, problems: Sequence[Problem]) -> InvalidCatalog:
    """The error for a file with these problems, in the order of their places."""
    ordered = sorted(problems, key=lambda each: (each.line, each.column))
    count = "1 problem" if len(ordered) == 1 else f"{len(ordered):,} problems"
    lines = [f"{file} has {count}:", *(f"  {each}" for each in ordered[:SHOWN])]
    if len(ordered) > SHOWN:
        lines.append(f"  ... and {len(ordered) - SHOWN:,} more")
    return InvalidCatalog("\n".join(lines), ordered[:KEPT])


def place_at(text: str, offset: int) -> Place:
    """Line and column of a character."""
    return Place(text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset))
