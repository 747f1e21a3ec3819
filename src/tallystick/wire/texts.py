"""JSON as it is read here: exact numbers, no key twice, no NaN, nothing nested without end."""

import json
import re
from decimal import Decimal
from typing import Any

from msgspec import json as fast

from ..core.errors import InvalidRequest, describe

MAX_DEPTH = 32
_encoder = fast.Encoder(decimal_format="number")
_DIGITS = 400


def encode(value: Any) -> bytes:
    """Any answer as JSON: decimals as numbers, instants as RFC 3339 text."""
    return _encoder.encode(value)


def decode(body: bytes) -> Any:
    """The value of a JSON text; raises `InvalidRequest` that says what is wrong and where."""
    try:
        text = body.decode("utf-8")
        if not text.isascii() and "\ufeff" in text[:1]:
            raise InvalidRequest("the body begins with a byte order mark", where="body")
        _check_depth(text)
        return _decoder.decode(text)
    except UnicodeDecodeError as error:
        raise InvalidRequest(
            f"the body is not UTF-8 (byte {error.start:,})", where="body"
        ) from None
    except json.JSONDecodeError as error:
        raise InvalidRequest(
            f"the body is not JSON: {error.msg} (line {error.lineno}, column {error.colno})",
            where="body",
        ) from None
    except RecursionError:
        raise _too_deep() from None


def _check_depth(text: str) -> None:
    """Only texts with many brackets can be nested deeply; those are looked at."""
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return
    depth = 0
    for mark in _MARKS.finditer(text):
        if mark[0] in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise _too_deep()
        elif mark[0] in "]}":
            depth -= 1


def _too_deep() -> InvalidRequest:
    return InvalidRequest(f"the body is nested more than {MAX_DEPTH} deep", where="body")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise InvalidRequest(f"the field {describe(twice)} stands twice", where=twice[:80])
    return found


def _number(text: str) -> Decimal:
    if len(text) > _DIGITS:
        raise InvalidRequest(f"a number of more than {_DIGITS} characters", where="body")
    return Decimal(text)


def _whole(text: str) -> int:
    if len(text) > _DIGITS:
        raise InvalidRequest(f"a number of more than {_DIGITS} characters", where="body")
    return int(text)


def _constant(text: str) -> None:
    raise InvalidRequest(f"{text} is no JSON number", where="body")


_MARKS = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}]')
_decoder = json.JSONDecoder(
    object_pairs_hook=_object,
    parse_float=_number,
    parse_int=_whole,
    parse_constant=_constant,
)
