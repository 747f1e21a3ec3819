"""Amounts: exact credits as whole millionths.

Inside Tallystick an amount is an ``int`` of micros (10^-6 credit), never a float. At the border
it is a plain number: ``12`` or ``Decimal("0.5")``. `parse` reads one, `show` writes one.
"""

import math
import re
from decimal import Decimal
from typing import Annotated, TypeAlias

from .errors import InvalidRequest, describe

Micros: TypeAlias = Annotated[int, "micros"]
"""An amount in millionths of a credit. The mark tells it from other numbers to code that reads
types."""

Number: TypeAlias = int | float | Decimal | str
"""What the border accepts for an amount or a quantity."""

Credits: TypeAlias = int | Decimal
"""What the border shows: whole credits as ``int``, others as an exact ``Decimal``."""

_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,4})?", re.ASCII)
"""A number as text. Digits of other scripts, blanks and separators are refused: what one reader
takes for a thousand is one to another."""

SCALE = 1_000_000
MAX_CREDITS = 9_007_199_254
"""The largest amount: its micros still fit the 53 bits that every JSON reader keeps exactly."""
MAX = MAX_CREDITS * SCALE


def parse(value: object, where: str, *, minimum: Micros = 0, maximum: Micros = MAX) -> Micros:
    """The exact micros of a number from outside.

    Raises `InvalidRequest` naming `where` for booleans, text that is not a number, NaN, infinities,
    more than six decimals, and anything outside ``minimum..maximum`` (both in micros).
    """
    if type(value) is int:
        amount = value * SCALE
    else:
        amount = _exact(value, where)
    if amount < minimum or amount > maximum:
        raise InvalidRequest(
            f"{where} must be between {show(minimum)} and {show(maximum)}, not {describe(value)}",
            where=where,
        )
    return amount


def _exact(value: object, where: str) -> Micros:
    """Digit by digit: nothing here may depend on the caller's decimal context."""
    sign, digits, exponent = _decimal(value, where).as_tuple()
    number, shift = int("".join(map(str, digits))), int(exponent) + 6
    if number and len(digits) + shift > 24:  # far past any bound: build no giant to compare
        raise InvalidRequest(
            f"{where} is too large: at most {MAX_CREDITS}, not {describe(value)}", where=where
        )
    if shift >= 0:
        number *= 10 ** min(shift, 24)
    else:
        number, rest = divmod(number, 10 ** min(-shift, 50))
        if rest:
            raise InvalidRequest(
                f"{where} has more than six decimals: {describe(value)}", where=where
            )
    return -number if sign else number


def _decimal(value: object, where: str) -> Decimal:
    if isinstance(value, float) and math.isfinite(value):
        return Decimal(repr(value))
    if isinstance(value, Decimal) and value.is_finite():
        return _short(value, where)
    if isinstance(value, str) and len(value) <= 40 and _NUMBER.fullmatch(value):
        return Decimal(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return _short(Decimal(value), where)
    said = f"{where} must be a number, not {describe(value)}"
    if isinstance(value, str) and any(map(str.isdigit, value[:40])):
        said += ": digits 0 to 9 without blanks or separators, such as 1000 or 0.5"
    raise InvalidRequest(said, where=where)


def _short(number: Decimal, where: str) -> Decimal:
    if len(number.as_tuple().digits) > 40:
        raise InvalidRequest(f"{where} has too many digits: at most 40", where=where)
    return number


def show(amount: Micros) -> Credits:
    """Micros as the border shows them: a whole number without a point, others exactly."""
    if not amount % SCALE:
        return amount // SCALE
    return Decimal(_written(amount))


def text(amount: Micros) -> str:
    """Micros for people: ``1,234`` or ``0.5``."""
    return _written(amount, ",")


def _written(amount: Micros, thousands: str = "") -> str:
    whole, rest = divmod(abs(amount), SCALE)
    sign = "-" if amount < 0 else ""
    decimals = f".{rest:06d}".rstrip("0") if rest else ""
    return f"{sign}{whole:{thousands}}{decimals}"
