"""Price kinds: every way in which a rate can state a price, the units it counts, and the rounding.

They are parts of a `Catalog` (`docs/spec.md` 2). Amounts are micros, quantities are micro-units.
"""

from typing import Literal, TypeAlias

from msgspec import Struct

from .credits import SCALE, Micros

UNITS = (
    "second",
    "minute",
    "character",
    "image",
    "track",
    "scene",
    "consultation",
    "generation",
    "word",
    "page",
    "frame",
    "megapixel",
    "token",
    "byte",
)
"""Units that every catalog has; a request names the quantity in the plural (``seconds=8``)."""

COUNTED_UNITS = frozenset({"image", "track", "scene", "consultation", "generation"})
"""Units of which a request has one unless it says otherwise."""


class Unit(Struct, frozen=True, omit_defaults=True, gc=False):
    """A unit of the catalog's own, which is called `one` and `many`, as in ``mesh`` and ``meshes``.

    `fractions` says whether parts of one count, `counted` whether a request has one of it unless
    it says otherwise.
    """

    one: str
    many: str
    fractions: bool = False
    counted: bool = False


class Rounding(Struct, frozen=True, gc=False):
    """How the total of one generation is rounded, once (`docs/spec.md` 2.3): to a multiple of
    `step` (micros), in the direction that `mode` says."""

    step: Micros = SCALE
    mode: Literal["up", "down", "half_up"] = "up"


class Flat(Struct, frozen=True, tag="flat", gc=False):
    """One price a generation, `credits` (micros), whatever its size; ``Flat(0)`` is free."""

    credits: Micros


class PerUnit(Struct, frozen=True, tag="per_unit", omit_defaults=True, gc=False):
    """`credits` (micros) for every `per` units (micro-units) of the quantity `unit`, in proportion;
    but `at_least` and `at_most` so much (micros; None: no limit).

    Where there is a `step` (micro-units), units are counted in whole steps, a begun one in full.
    `many` is the plural of a unit of the catalog's own that has another one than with an s.
    """

    credits: Micros
    unit: str
    per: int = SCALE
    at_least: Micros | None = None
    at_most: Micros | None = None
    step: int | None = None
    many: str | None = None


class Table(Struct, frozen=True, tag="table", omit_defaults=True, gc=False):
    """A price for each listed quantity of a `unit` and no other: ``((5 s, 300), (8 s, 400))``.
    `rows` are pairs of micro-units and micros."""

    unit: str
    rows: tuple[tuple[int, Micros], ...]
    many: str | None = None
    """The plural of a unit of the catalog's own, as in `PerUnit`."""


class Range(Struct, frozen=True, tag="range", omit_defaults=True, gc=False):
    """Between `minimum` and `maximum` (micros), the actual known only afterwards; for each `unit`
    where one is named (None: for the generation)."""

    minimum: Micros
    maximum: Micros
    unit: str | None = None
    many: str | None = None
    """The plural of a unit of the catalog's own, as in `PerUnit`."""


class Tier(Struct, frozen=True, omit_defaults=True, gc=False):
    """`credits` for every `per` units (micro-units), for quantities of at most `up_to`
    (micro-units; of any size if that is None)."""

    credits: Micros
    per: int = SCALE
    up_to: int | None = None


class Term(Struct, frozen=True, omit_defaults=True, gc=False):
    """A part of a price that is a sum.

    `credits` for every `per` units (micro-units), counted in whole steps where there is a `step`;
    without a `unit` the `credits` are a fixed part. With `tiers` these are the rates instead: if
    `graduated`, each of them is for the units within it; else one is for all units, by the sum of
    the quantities `by` (plural names; of the unit itself where there are none). `many` is the
    plural as in `PerUnit`.
    """

    credits: Micros = 0
    unit: str | None = None
    per: int = SCALE
    step: int | None = None
    tiers: tuple[Tier, ...] = ()
    graduated: bool = False
    by: tuple[str, ...] = ()
    many: str | None = None


class Sum(Struct, frozen=True, tag="sum", omit_defaults=True, gc=False):
    """The sum of its `terms`, each over a quantity of its own; but `at_least` and `at_most` so much
    for one output (micros; None: no limit)."""

    terms: tuple[Term, ...]
    at_least: Micros | None = None
    at_most: Micros | None = None


Price: TypeAlias = Flat | PerUnit | Table | Range | Sum


class Cost(Struct, frozen=True, omit_defaults=True, gc=False):
    """What one generation costs the operator: `amount` of a `currency` for every `per` units
    (micro-units), or for the generation if there is no `unit`; `source` says where that is from."""

    amount: str
    currency: str
    unit: str | None = None
    per: int = SCALE
    source: str | None = None
    many: str | None = None
    """The plural of a unit of the catalog's own, as in `PerUnit`."""
