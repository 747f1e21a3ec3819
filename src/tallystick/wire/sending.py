"""From a command or query to the request that asks a server for it: the client's half."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import quote, urlencode

from msgspec import Struct, structs

from ..core import commands, limits
from ..core.commands import Command
from ..core.errors import InvalidRequest, describe
from ..doors import queries
from . import texts
from .endpoints import BY_KIND, Batch, Endpoint

LONGEST_TEXT = 100_000
_SERIALS = {"hold": "h"}


class Sending(Struct, frozen=True):
    """A request as it goes out; `key` is its ``Idempotency-Key``."""

    endpoint: Endpoint
    path: str
    body: bytes | None
    key: str | None
    media_type: str = "application/json"


def sending(asked: "Command | queries.Query") -> Sending:
    """The request of a command or query; raises `InvalidRequest` for what no request can carry."""
    previewed = isinstance(asked, queries.Preview)
    wanted = asked.command if isinstance(asked, queries.Preview) else asked
    endpoint = BY_KIND[type(wanted)]
    values = _values(wanted)
    if previewed:
        values["preview"] = True
    key = values.pop("key", None)
    if key is not None:
        key = limits.name(key, "key", limits.MAX_KEY)
    path = _path(endpoint, values)
    if endpoint.catalog_body:
        source = str(values.pop("source")).encode("utf-8", "surrogatepass")
        return Sending(endpoint, path + _query(endpoint, values), source, key, "application/yaml")
    path += _query(endpoint, values)
    body = None if endpoint.body is None else encode(values)
    return Sending(endpoint, path, body, key)


def batch(asked: Iterable[Command]) -> Sending:
    """The request of many commands; each carries its own key."""
    items = [item(command) for command in asked]
    return Sending(BY_KIND[Batch], "/v1/batch", texts.encode({"commands": items}), None)


def item(command: Command) -> dict[str, Any]:
    """A command as one of a batch."""
    endpoint = BY_KIND[type(command)]
    values = _values(command)
    if isinstance(command, commands.OpenAccount):
        values["account"] = values.pop("id")
    return {"do": endpoint.kind.__struct_config__.tag, **plain(values)}


def _values(asked: Any) -> dict[str, Any]:
    """What was said, by the names of the request; what was left out stays out."""
    values = {
        each.name: getattr(asked, each.name)
        for each in structs.fields(asked)
        if getattr(asked, each.name) is not each.default
    }
    if "params" in values:
        values |= _split(type(asked), values.pop("params"))
    if isinstance(asked, commands.OpenAccount):
        values["id"] = values.pop("account")
    if isinstance(asked, queries.EstimateFor):
        values["lines"] = _lines(values["lines"])
    if isinstance(asked, queries.UsageOf):
        values["label"] = [f"{name}={text}" for name, text in values.pop("labels", {}).items()]
    if isinstance(asked, queries.MoveClock) and isinstance(asked.by, timedelta):
        values["by"] = f"{asked.by // timedelta(seconds=1)}s"
    if isinstance(asked, queries.Verify):
        values = {}
    return {name: value for name, value in values.items() if value is not None}


def _split(kind: type, params: Mapping[str, Any]) -> dict[str, Any]:
    """Words are settings, all else quantities; a settlement has only those."""
    if kind is commands.Settle:
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
            value = str(limits.whole(value, "entry", 1, 2**53))
        path = path.replace(f"{{{name}}}", quote(limits.name(value, name), safe=""))
    return path


def _query(endpoint: Endpoint, values: dict[str, Any]) -> str:
    """The query string of an endpoint's parameters, which are taken out of `values`."""
    if endpoint.parameters is None:
        return ""
    found: list[tuple[str, str]] = []
    for each in structs.fields(endpoint.parameters):
        value = values.pop(each.name, None)
        if value is None:
            continue
        several = value if isinstance(value, list) else [value]
        found += [(each.name, _word(one, each.name, each.type)) for one in several]
    return f"?{urlencode(found)}" if found else ""


def _word(value: Any, where: str, kind: Any) -> str:
    """A value in a query string, where only words are: so its kind is held here."""
    if kind is bool:
        return "true" if limits.flag(value, where) else "false"
    number = "int" in str(kind) and "str" not in str(kind)
    if isinstance(value, bool) or (isinstance(value, str) and number and where != "package"):
        raise InvalidRequest(f"{where} must be a number, not {describe(value)}", where=where)
    if not number and not isinstance(value, (str, datetime)):
        raise InvalidRequest(f"{where} must be text, not {describe(value)}", where=where)
    plainly = plain(value, where)
    return plainly.isoformat() if isinstance(plainly, datetime) else str(plainly)


def encode(values: dict[str, Any]) -> bytes:
    return texts.encode(plain(values))


def plain(value: Any, where: str = "") -> Any:
    """A value that JSON can carry as it is; raises `InvalidRequest` naming where for others."""
    if value is None or isinstance(value, (bool, datetime)):
        return value
    if isinstance(value, str):
        return _text(value, where)
    if isinstance(value, (int, float, Decimal)):
        return _number(value, where)
    if isinstance(value, Mapping):
        return {_text(name, where): plain(each, where or str(name)) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(each, where) for each in value]
    raise InvalidRequest(
        f"{where} must be text or a number, not {describe(value)}", where=where or "body"
    )


def _text(value: Any, where: str) -> str:
    if not isinstance(value, str):
        raise InvalidRequest(f"names are text, not {describe(value)}", where=where or "body")
    if len(value) > LONGEST_TEXT or (not value.isascii() and _broken(value)):
        raise InvalidRequest(
            f"{where or 'text'} cannot be sent: {describe(value[:100])} is too long, or no Unicode",
            where=where or "body",
        )
    return value


def _broken(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return True
    return False


def _number(value: "float | Decimal", where: str) -> Any:
    if isinstance(value, int):
        if value.bit_length() > 1_000:
            raise InvalidRequest(
                f"{where} must be a smaller number than {describe(value)}", where=where
            )
        return value
    if value != value or value in (float("inf"), float("-inf")):
        raise InvalidRequest(f"{where} must be a number, not {value}", where=where)
    return value
