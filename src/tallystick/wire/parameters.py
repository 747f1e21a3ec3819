"""Query strings: words, read as the kinds that an endpoint's parameters have."""

import re
from collections.abc import Iterable
from typing import Any, get_args

from msgspec import structs

from ..core.errors import InvalidRequest, describe, unknown
from .endpoints import Endpoint

MIN_SEQ = "min_seq"
_WHOLE = re.compile(r"-?[0-9]{1,18}", re.ASCII)


def read_parameters(endpoint: Endpoint, given: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """The parameters of a request by name; raises `InvalidRequest` for unknown and twofold ones."""
    kinds = kinds_of(endpoint)
    found: dict[str, Any] = {}
    for name, word in given:
        if name not in kinds:
            raise (
                unknown("parameter", name, kinds)
                if kinds
                else InvalidRequest(
                    f"this address takes no parameters, and here is {describe(name)}",
                    where=name[:80],
                )
            )
        kind = kinds[name]
        if kind is list:
            found.setdefault(name, []).append(word)
        elif name in found:
            raise InvalidRequest(f"the parameter '{name}' is given twice", where=name)
        else:
            found[name] = _read(name, word, kind)
    return found


def kinds_of(endpoint: Endpoint) -> dict[str, type]:
    """The parameters of an endpoint: each is ``int``, ``bool``, ``list`` or ``str``."""
    shape = endpoint.parameters
    kinds = {each.name: _kind(each.type) for each in structs.fields(shape)} if shape else {}
    return kinds | {MIN_SEQ: int} if endpoint.may_wait else kinds


def _kind(annotation: Any) -> type:
    for kind in (bool, list, str, int):
        if annotation is kind or getattr(annotation, "__origin__", None) is kind:
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
