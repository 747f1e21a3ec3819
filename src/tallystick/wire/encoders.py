"""From a command or query to the request that asks a server for it: the client's half."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any
from urllib.parse import quote, urlencode

from msgspec import Struct, structs

from ..core import commands, durations, limits, queries
from ..core.commands import Command
from ..core.errors import InvalidRequest, describe
from . import json_text
from .endpoints import BY_KIND, CommandBatch, Endpoint
from .json_values import encode_fields, json_fields, json_value

VALUE_CHARACTERS_MAX = 1_000
"""Characters of a value in an address."""
_SERIALS = {"hold": "h"}


class EncodedRequest(Struct, frozen=True):
    """A request as it goes out; `key` is its ``Idempotency-Key``."""

    endpoint: Endpoint
    path: str
    body: bytes | None
    key: str | None
    media_type: str = "application/json"


def encode_request(request: "Command | queries.Query") -> EncodedRequest:
    """The request of a command or query; raises `InvalidRequest` for what no request can carry."""
    previewed = isinstance(request, queries.Preview)
    wanted = request.command if isinstance(request, queries.Preview) else request
    endpoint = BY_KIND[type(wanted)]
    values = _values(wanted)
    if previewed:
        values["preview"] = True
    key = _key(values, previewed)
    path = _path(endpoint, values)
    if endpoint.catalog_body:
        source = str(values.pop("source")).encode("utf-8", "surrogatepass")
        values["name"] = str(values.get("name", "catalog.yaml"))[-VALUE_CHARACTERS_MAX:]
        return EncodedRequest(
            endpoint=endpoint,
            path=path + _query(endpoint, values),
            body=source,
            key=key,
            media_type="application/yaml",
        )
    path += _query(endpoint, values)
    body = None if endpoint.body is None else encode_fields(values)
    return EncodedRequest(endpoint, path, body, key)


def _key(values: dict[str, Any], previewed: bool) -> str | None:
    """The key that goes into a header, so ASCII. Nothing is remembered of a preview."""
    key = values.pop("key", None)
    if key is None:
        return None
    key = limits.name(key, "key", limits.KEY_CHARACTERS_MAX)
    if not key.isascii() and not previewed:
        raise InvalidRequest(
            f"over HTTP the key of this request must be ASCII, not {describe(key)}", where="key"
        )
    return None if previewed else key


def encode_batch(given: Iterable[Command], whole: bool = False) -> EncodedRequest:
    """The request of many commands; each carries its own key. All of a `whole` are written, or
    none."""
    body: dict[str, Any] = {"commands": [encode_batch_item(command) for command in given]}
    if whole:
        body["all_or_nothing"] = True
    return EncodedRequest(BY_KIND[CommandBatch], "/v1/batch", json_text.encode(body), None)


def encode_batch_item(command: Command) -> dict[str, Any]:
    """A command as one of a batch."""
    endpoint = BY_KIND[type(command)]
    values = _values(command)
    if isinstance(command, commands.OpenAccount):
        values["account"] = values.pop("id")
    return {"do": endpoint.kind.__struct_config__.tag, **json_fields(values)}


def _values(request: Any) -> dict[str, Any]:
    """What was said, by the names of the request; what was left out stays out."""
    values = {
        each.name: getattr(request, each.name)
        for each in _fields(type(request))
        if getattr(request, each.name) is not each.default
    }
    if "params" in values:
        values |= _split(type(request), values.pop("params"))
    if isinstance(request, commands.OpenAccount):
        values["id"] = values.pop("account")
        _check_members(request.members)
    if isinstance(request, queries.EstimateFor):
        values["lines"] = _lines(values["lines"])
    if isinstance(request, queries.UsageOf):
        values["label"] = [f"{name}={text}" for name, text in values.pop("labels", {}).items()]
    for name in _instants(type(request)) & values.keys():
        values[name] = _instant(values[name])
    if isinstance(request, queries.Verify):
        values = {name: text for name, text in values.items() if name == "expect"}
    return values


@cache
def _fields(kind: type[Struct]) -> tuple[structs.FieldInfo, ...]:
    """A kind's fields. To look them up takes longer than all the rest of a request."""
    return structs.fields(kind)


@cache
def _instants(kind: type[Struct]) -> frozenset[str]:
    """The fields of a kind that take an instant or a duration."""
    taken = {each.name for each in _fields(kind) if "timedelta" in str(each.type)}
    return frozenset(taken | {"by"} if kind is queries.MoveClock else taken)


def _instant(value: Any) -> Any:
    """An instant as text. Any other value stays as it is, for the server to refuse."""
    if isinstance(value, timedelta):
        return durations.text(value)
    is_day = isinstance(value, date) and not isinstance(value, datetime)
    return value.isoformat() if is_day else value


def _check_members(members: object) -> None:
    """A command names members with their caps, though a request may also list them."""
    if not isinstance(members, Mapping):
        raise InvalidRequest(
            f"members must be names with caps, not {describe(members)}", where="members"
        )


def _split(kind: type, params: Any) -> dict[str, Any]:
    """Words are settings, all else quantities; a settlement has only those."""
    settles = kind in (commands.Settle, commands.Refund, commands.Increase)
    if not isinstance(params, Mapping):
        said = "quantities" if settles else "settings and quantities"
        raise InvalidRequest(
            f"{said} must be names with values, not {describe(params)}", where="params"
        )
    if settles:
        return {"quantities": params} if params else {}
    settings = {name: value for name, value in params.items() if isinstance(value, (str, bool))}
    quantities = {name: value for name, value in params.items() if name not in settings}
    found = {"settings": settings, "quantities": quantities}
    return {name: value for name, value in found.items() if value}


def _lines(lines: Any) -> Any:
    if not isinstance(lines, (list, tuple)):
        return lines
    return [_line(each) for each in lines]


def _line(line: Any) -> Any:
    if isinstance(line, (list, tuple)) and 2 <= len(line) <= 3 and _named(line[2:]):
        params = dict(line[2]) if line[2:] else {}
        return {"count": line[0], "model": line[1], **_split(queries.QuoteFor, params)}
    return line


def _named(rest: Any) -> bool:
    return all(isinstance(each, Mapping) for each in rest)


def _path(endpoint: Endpoint, values: dict[str, Any]) -> str:
    path = endpoint.path
    for name in endpoint.in_path:
        value = values.pop(name, None)
        if name in _SERIALS:
            limits.serial(value, _SERIALS[name], name)
        elif name == "entry":
            value = str(limits.entry_number(value, "entry"))
        elif name == "grant":
            value = f"g{limits.grant_number(value, 'grant')}"
        elif name == "version":
            value = str(limits.whole(value, "version", 1, 2**31))
        path = path.replace(f"{{{name}}}", _segment(limits.name(value, name)))
    return path


def _segment(value: str) -> str:
    """A name as one segment of a path; ``.`` and ``..`` would be taken for steps."""
    return quote(value, safe="") if value.strip(".") else value.replace(".", "%2E")


def _query(endpoint: Endpoint, values: dict[str, Any]) -> str:
    """The query string of an endpoint's parameters, which are taken out of `values`."""
    if endpoint.parameters is None:
        return ""
    found: list[tuple[str, str]] = []
    for each in _fields(endpoint.parameters):
        if each.name not in values:
            continue
        value = values.pop(each.name)
        several = value if each.name == "label" else [value]
        found += [(each.name, _word(one, each.name, each.type)) for one in several]
    return f"?{urlencode(found)}" if found else ""


def _word(value: Any, where: str, kind: Any) -> str:
    """A value in a query string, where only words are: so its kind is held here."""
    if kind is bool:
        return "true" if limits.flag(value, where) else "false"
    number = "int" in str(kind) and "str" not in str(kind)
    text = isinstance(value, str) and where != "package"
    if number and (
        text or not isinstance(value, (int, float, Decimal, str)) or isinstance(value, bool)
    ):
        raise InvalidRequest(f"{where} must be a number, not {describe(value)}", where=where)
    if not number and not isinstance(value, (str, datetime)):
        raise InvalidRequest(f"{where} must be text, not {describe(value)}", where=where)
    sound = json_value(value, where)
    word = sound.isoformat() if isinstance(sound, datetime) else str(sound)
    if len(word) > VALUE_CHARACTERS_MAX:
        raise InvalidRequest(
            f"{where} is too long: at most {VALUE_CHARACTERS_MAX:,} characters, not {len(word):,}",
            where=where,
        )
    return word
