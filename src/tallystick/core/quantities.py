"""Quantities: units by both their names, and how much of one a request says (`docs/spec.md` 2.14).

Units are the catalog's own, beside those that every catalog has. The characters and the bytes of a
text are counted here, so that the text itself need not go anywhere.
"""

from collections.abc import Sequence

from . import credits
from .catalog import COUNTED_UNITS, UNITS, Unit
from .credits import SCALE
from .errors import InvalidRequest, describe

MAX_QUANTITY = 1_000_000_000
MAX_TEXT = 1_000_000
"""Characters of one text; longer ones are cut into several generations by the product."""

_MAX_MICRO_QUANTITY = MAX_QUANTITY * SCALE
_FRACTIONAL_UNITS = frozenset({"second", "minute", "megapixel"})

BUILT_IN = tuple(
    Unit(unit, f"{unit}s", unit in _FRACTIONAL_UNITS, unit in COUNTED_UNITS) for unit in UNITS
)
"""The units that every catalog has."""


class Units:
    """The units of a catalog, by what one and several of them are called."""

    def __init__(self, own: Sequence[Unit] = ()):
        self.all = (*BUILT_IN, *own)
        self.by_one = {unit.one: unit for unit in self.all}
        self.by_many = {unit.many: unit for unit in self.all}

    def find(self, word: str) -> Unit | None:
        """The unit that goes by this name, in the singular or the plural."""
        return self.by_one.get(word) or self.by_many.get(word)


USUAL_UNITS = Units()
"""Those of a catalog without units of its own."""


def units_of(own: Sequence[Unit]) -> Units:
    """The units of a catalog that has these of its own."""
    return Units(own) if own else USUAL_UNITS


def quantity(value: object, name: str, unit: Unit | None = None, least: int = 1) -> int:
    """The micro-units of a quantity from outside: at least `least` (micro-units), whole where the
    unit is. `name` is what a request calls it; the `unit` is found by it where none is given.

    Raises `InvalidRequest` for anything else."""
    if type(value) is int and least <= value <= MAX_QUANTITY:
        return value * SCALE
    amount = credits.parse(value, name, minimum=-credits.MAX, maximum=credits.MAX)
    if not least <= amount <= _MAX_MICRO_QUANTITY:
        from_ = "more than 0" if least else "at least 0"
        raise InvalidRequest(
            f"{name} must be {from_} and at most {MAX_QUANTITY:,}, not {describe(value)}",
            where=name,
        )
    if amount % SCALE:
        known = USUAL_UNITS.by_many.get(name) if unit is None else unit
        if known is None or not known.fractions:
            raise InvalidRequest(
                f"{name} must be a whole number, not {describe(value)}", where=name
            )
    return amount


def characters(text: object) -> int:
    """How many characters a text has: Unicode code points, spaces and punctuation included. Raises
    `InvalidRequest` for anything but text, and for a text that is too long."""
    return len(_sound(text))


def text_quantities(text: object) -> dict[str, int]:
    """A text counted both ways: its characters, and its bytes as UTF-8. A model takes the one that
    it is priced by. Raises `InvalidRequest` as `characters` does."""
    sound = _sound(text)
    return {"characters": len(sound), "bytes": len(sound.encode("utf-8", "surrogatepass"))}


def _sound(text: object) -> str:
    if not isinstance(text, str):
        kind = type(text).__name__  # never what it is: a message may be logged
        raise InvalidRequest(f"text must be text, not a value of the type {kind}", where="text")
    if not 0 < len(text) <= MAX_TEXT:
        raise InvalidRequest(
            f"text must have 1 to {MAX_TEXT:,} characters, not {len(text):,}", where="text"
        )
    return text
