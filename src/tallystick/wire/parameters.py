"""Parameters: the names in paths, and query strings, decoded as the types of an endpoint."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any, get_args, get_origin
from urllib.parse import parse_qsl, unquote

from msgspec import Struct, structs

from ..core.errors import InvalidRequest, describe, unknown
from .endpoints import Endpoint

MIN_SEQ = "min_seq"
EPOCH_HEADER = "Tallystick-Epoch"
"""The header in which a client names the epoch of the ledger that it knows."""
NOTICE_HEADER = "Tallystick-Notice"
"""The header that says what may happen to a request that was sent without an idempotency key."""
_PARAMETERS_MAX = 1_000
_WHOLE = re.compile(r"-?[0-9]{1,18}", re.ASCII)


def decode_path(given: Mapping[str, str]) -> dict[str, str]:
    """Decode the names in a path from its segments as they were sent.

    Raises `InvalidRequest` for a segment that is not UTF-8.
    """
    return {name: _unquoted(segment, name) for name, segment in given.items()}


def _unquoted(segment: str, where: str) -> str:
    try:
        return unquote(segment, errors="strict")
    except UnicodeDecodeError:
        raise InvalidRequest(f"{where} in the address is not UTF-8", where=where) from None


def decode_parameters(endpoint: Endpoint, query: bytes) -> dict[str, Any]:
    """Decode the parameters of a request by name.

    Raises `InvalidRequest` for one that is unknown, missing, given twice or of the wrong type.
    """
    kinds = parameter_types(endpoint)
    found: dict[str, Any] = {}
    for name, word in _pairs(query):
        if name not in kinds:
            raise _unknown(name, kinds)
        kind = kinds[name]
        if kind is list:
            found.setdefault(name, []).append(word)
        elif name in found:
            raise InvalidRequest(f"the parameter '{name}' is given twice", where=name)
        else:
            found[name] = _read(name, word, kind)
    _check_required(endpoint, found)
    return found


def _pairs(query: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(
            query.decode(), keep_blank_values=True, errors="strict", max_num_fields=_PARAMETERS_MAX
        )
    except UnicodeDecodeError:
        raise InvalidRequest("the query string is not UTF-8", where="query") from None
    except ValueError:
        raise InvalidRequest(
            f"the query string has more than {_PARAMETERS_MAX:,} parameters", where="query"
        ) from None


def _unknown(name: str, kinds: Mapping[str, type]) -> InvalidRequest:
    if not kinds:
        said = f"this address does not take parameters, but was given {describe(name)}"
        return InvalidRequest(said, where=name[:80])
    error = unknown("parameter", name, kinds)
    error.where = name[:80]
    return error


def _check_required(endpoint: Endpoint, found: dict[str, Any]) -> None:
    for name in _required(endpoint.parameters) if endpoint.parameters else ():
        if name not in found:
            raise InvalidRequest(f"the parameter '{name}' is missing", where=name)


@cache
def _required(shape: type[Struct]) -> tuple[str, ...]:
    return tuple(each.name for each in structs.fields(shape) if each.required)


def parameter_types(endpoint: Endpoint) -> dict[str, type]:
    """The parameters of an endpoint: each is ``int``, ``bool``, ``list`` or ``str``."""
    kinds = _kinds(endpoint.parameters) if endpoint.parameters else {}
    return kinds | {MIN_SEQ: int} if endpoint.may_wait else kinds


@cache
def _kinds(shape: type[Struct]) -> dict[str, type]:
    return {each.name: _kind(each.type) for each in structs.fields(shape)}


def _kind(annotation: Any) -> type:
    if get_origin(annotation) is Annotated:
        return _kind(get_args(annotation)[0])
    for kind in (bool, list, str, int):
        if annotation is kind or get_origin(annotation) is kind:
            return kind
    kinds = {_kind(each) for each in get_args(annotation) if each is not type(None)}
    return next((kind for kind in (list, bool, int) if kinds == {kind}), str)


def _read(name: str, word: str, kind: type) -> Any:
    if kind is bool:
        if word not in ("true", "false"):
            raise InvalidRequest(f"{name} must be true or false, not {describe(word)}", where=name)
        return word == "true"
    if kind is int:
        if not _WHOLE.fullmatch(word):
            raise InvalidRequest(f"{name} must be a whole number, not {describe(word)}", where=name)
        return int(word)
    return word
