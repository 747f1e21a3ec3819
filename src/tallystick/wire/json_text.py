"""JSON text: exact numbers, no name twice, no NaN, bounded depth and size."""

import json
import re
from decimal import Decimal, InvalidOperation
from typing import Any

from msgspec import json as fast

from ..core.errors import InvalidRequest, describe

MAX_DEPTH = 32
MAX_VALUES = 50_000
"""The most values in one body; a batch of 1,000 commands has at most half as many. More would be
read too slowly for an event loop on which other requests wait."""
MAX_FIELDS = 1_000
"""The most fields of one object: ten times as many as any request has."""
_encoder = fast.Encoder(decimal_format="number")
_NUMBER_CHARACTERS_MAX = 400


def encode(value: Any) -> bytes:
    """Any answer as JSON: decimals as numbers, instants as RFC 3339 text."""
    return _encoder.encode(value)


def decode(body: bytes) -> Any:
    """The value of a JSON text. Raises `InvalidRequest` that says what is wrong and where."""
    if len(body) > MAX_VALUES:
        _check_count(body)
    if len(body) > LONG_BYTES:
        try:
            found = _quick.decode(body)
        except (ValueError, ArithmeticError, RecursionError, InvalidRequest):
            return _decode(body)  # the careful reader knows what is wrong, and says it
        _check_width(found)
        if _lossless(found, len(_MEMBER.findall(body))):
            return found
    return _decode(body)


def _check_width(found: Any) -> None:
    """Refuse an object that is wider than any that is asked for, before more is done for it."""
    inside = found.items() if type(found) is dict else ()
    for where, each in (("body", found), *inside):
        if type(each) is dict and len(each) > MAX_FIELDS:
            said = (
                f"an object may have at most {MAX_FIELDS:,} fields, and this one has {len(each):,}"
            )
            raise InvalidRequest(said, where=where)


def _lossless(found: Any, most: int) -> bool:
    """Whether a text was certainly read as the careful reader would: a text with at most so many
    members gave so many, hence no name stood twice; no depth and no number is near its bound."""
    members = 0
    level = [found]
    for _ in range(MAX_DEPTH):
        below: list[Any] = []
        for each in level:
            kind = type(each)
            if kind is dict:
                members += len(each)
                below += each.values()
            elif kind is list:
                below += each
            elif kind is int and each.bit_length() > _NUMBER_BITS_MAX:
                return False
        if not below:
            return members == most
        level = below
    return False


def _decode(body: bytes) -> Any:
    try:
        text = body.decode("utf-8")
        if not text.isascii() and "\ufeff" in text[:1]:
            raise InvalidRequest("the body begins with a byte order mark", where="body")
        found = _decoder.decode(text)
        if text.count("[") + text.count("{") > MAX_DEPTH:
            _check_depth(found)
        if "\\u" in text:
            _check_unicode(found)
        return found
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


def _check_count(body: bytes) -> None:
    """Count the commas before anything is decoded, those in texts only if there are very many."""
    if body.count(b",") >= MAX_VALUES and _TEXT.sub(b"", body).count(b",") >= MAX_VALUES:
        raise InvalidRequest(f"the body has more than {MAX_VALUES:,} values", where="body")


def _check_unicode(found: Any) -> None:
    """Escapes can spell halves of characters, which no answer could repeat."""
    try:
        json.dumps(found, ensure_ascii=False, default=str).encode()
    except UnicodeEncodeError:
        raise InvalidRequest("the body has a lone surrogate (an escape for half a character)",
                             where="body") from None  # fmt: skip


def _check_depth(found: Any) -> None:
    """Depth is counted on the value, which the decoder read in one pass: brackets inside strings
    are none there, and a text that is cut short never gets here."""
    level = [found] if type(found) in _NESTED else []
    for _ in range(MAX_DEPTH):
        level = [
            inner
            for each in level
            for inner in (each.values() if type(each) is dict else each)
            if type(inner) in _NESTED
        ]
        if not level:
            return
    raise _too_deep()


def _too_deep() -> InvalidRequest:
    return InvalidRequest(f"the body is nested more than {MAX_DEPTH} levels deep", where="body")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        twice = _first_twice(pairs)
        raise InvalidRequest(f"the field {describe(twice)} is given twice", where=twice[:80])
    return found


def _first_twice(pairs: list[tuple[str, Any]]) -> str:
    """The name that is the first to stand a second time."""
    seen: set[str] = set()
    for name, _ in pairs:
        if name in seen:
            return name
        seen.add(name)
    raise LookupError("no name stands twice")


def _number(text: str) -> Decimal:
    if len(text) > _NUMBER_CHARACTERS_MAX:
        raise InvalidRequest(
            f"a number has more than {_NUMBER_CHARACTERS_MAX} characters", where="body"
        )
    try:
        return Decimal(text)
    except InvalidOperation:
        raise InvalidRequest("the exponent of a number is too large", where="body") from None


def _whole(text: str) -> int:
    if len(text) > _NUMBER_CHARACTERS_MAX:
        raise InvalidRequest(
            f"a number has more than {_NUMBER_CHARACTERS_MAX} characters", where="body"
        )
    return int(text)


def _constant(text: str) -> None:
    raise InvalidRequest(f"{text} is not a JSON number", where="body")


_NESTED = frozenset({list, dict})
_MEMBER = re.compile(rb'"[ \t\n\r]*:')
_TEXT = re.compile(rb'"(?:[^"\\]++|\\.)*+(?:"|\Z)', re.DOTALL)
"""A JSON string, or all that follows a quote that nothing ends."""
_NUMBER_BITS_MAX = 1_000
LONG_BYTES = 2_000
"""From this many bytes on, the quick reader and its check take less time than the careful one."""
_quick = fast.Decoder(float_hook=_number)
_decoder = json.JSONDecoder(
    object_pairs_hook=_object,
    parse_float=_number,
    parse_int=_whole,
    parse_constant=_constant,
)
