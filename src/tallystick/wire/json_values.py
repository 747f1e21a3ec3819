"""JSON values: values as JSON carries them; one that it cannot carry is an `InvalidRequest`.

The server must receive what was given. JSON has neither NaN nor bytes, and a `Decimal` that is
whole would arrive as a whole number where only whole numbers are taken.
"""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from ..core.errors import InvalidRequest, describe
from . import json_text

TEXT_CHARACTERS_MAX = 100_000
_NUMBER_BITS_MAX = 1_000
_PARAMS = ("settings", "quantities")


def encode_fields(values: Mapping[str, Any]) -> bytes:
    """The fields of a request as a JSON object."""
    return json_text.encode(json_fields(values))


def json_fields(values: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a request as JSON can carry them; raises `InvalidRequest` that names one."""
    return {name: json_value(value, name) for name, value in values.items()}


def json_value(value: Any, where: str) -> Any:
    """A value as JSON can carry it. Raises `InvalidRequest` if it is neither text nor number."""
    if value is None or isinstance(value, (bool, datetime)):
        return value
    if isinstance(value, str):
        return _text(value, where)
    if isinstance(value, (int, float, Decimal)):
        return _number(value, where)
    if isinstance(value, Mapping):
        return {
            _name(name, where): json_value(each, _inside(where, name))
            for name, each in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [json_value(each, where) for each in value]
    raise InvalidRequest(f"{where} must be text or a number, not {describe(value)}", where=where)


def _inside(where: str, name: str) -> str:
    """What the core calls the place of a value that stands under a name."""
    if where in ("labels", "members"):
        return f"{where}.{name}"
    return name if where in _PARAMS or name in _PARAMS else where


def _name(value: Any, where: str) -> str:
    at = describe(value)[:80] if where in _PARAMS else where
    if not isinstance(value, str):
        raise InvalidRequest(f"names must be text, not {describe(value)}", where=at)
    return _text(value, value[:80] if where in _PARAMS else where)


def _text(value: str, where: str) -> str:
    if len(value) > TEXT_CHARACTERS_MAX:
        raise InvalidRequest(
            f"{where} is too long: at most {TEXT_CHARACTERS_MAX:,} characters, not {len(value):,}",
            where=where,
        )
    if not value.isascii() and _is_broken(value):
        raise InvalidRequest(f"{where} is not valid Unicode: {ascii(value)[:60]}", where=where)
    return value


def _is_broken(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return True
    return False


def _number(value: float | Decimal, where: str) -> Any:
    if isinstance(value, int):
        sound = value.bit_length() <= _NUMBER_BITS_MAX
    else:
        sound = Decimal(value).is_finite()
    if not sound:
        raise InvalidRequest(f"{where} must be a number, not {describe(value)}", where=where)
    if isinstance(value, Decimal) and (written := str(value)).lstrip("-").isdecimal():
        return Decimal(f"{written}.0")
    return value
