"""Decoders: from what a request carries to its command or query, by the row of its endpoint.

Names are checked here, values by the core. `encoders` is the way back.
"""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

from msgspec import NODEFAULT, Struct, structs

from ..core import commands, limits, queries
from ..core.commands import Command
from ..core.errors import InvalidRequest, describe, unknown
from ..core.quantities import text_quantities
from . import bodies, cursors
from .endpoints import COMMANDS, CommandBatch, Endpoint

MAX_COMMANDS = 1_000
"""The most commands of one batch."""


def decode_request(
    endpoint: Endpoint, values: Mapping[str, Any], key: str | None = None
) -> Command | queries.Query:
    """Decode the command or query of a request from all that it carries by name.

    Raises `InvalidRequest` for values that cannot be combined.
    """
    given = dict(values)
    preview = limits.flag(given.pop("preview", False), "preview")
    if "settings" in body_fields(endpoint) or "quantities" in body_fields(endpoint):
        given["params"] = _params(given)
    rewrite = _REWRITES.get(endpoint.kind)
    if rewrite is not None:
        rewrite(given)
    if key is not None and "key" in endpoint.kind.__struct_fields__:
        given["key"] = key
    wanted = endpoint.kind(**given)
    return queries.Preview(command=wanted) if preview else wanted


def decode_body(endpoint: Endpoint, body: Any) -> dict[str, Any]:
    """Decode a body into its fields by name. Raises `InvalidRequest` for one that is not an object,
    and for unknown and missing fields."""
    shape = endpoint.body
    if shape is None:
        return {}
    if not isinstance(body, dict):
        raise InvalidRequest(f"the body must be an object, not {_kind(body)}", where="body")
    _check_names(body, shape)
    if "id" in body:  # called `account` everywhere else, and so by who checks it later
        limits.name(body["id"], "id")
    return body


def decode_command(item: Any, index: int) -> tuple[Endpoint, Command]:
    """One command of a batch. Raises `InvalidRequest` for anything else, a preview included."""
    where = f"commands[{index}]"
    if not isinstance(item, dict):
        raise InvalidRequest(f"{where} must be an object, not {_kind(item)}", where=where)
    given = dict(item)
    word = given.pop("do", None)
    endpoint = COMMANDS.get(word) if isinstance(word, str) else None
    if endpoint is None or endpoint.body is None:
        raise _at("do", unknown("command", word, list(COMMANDS)))
    key = given.pop("key", None)
    values = _values(endpoint, given)
    command = decode_request(endpoint, values, key)
    if not isinstance(command, Command):
        raise InvalidRequest("a batch cannot preview a command", where="preview")
    return endpoint, command


def _values(endpoint: Endpoint, given: dict[str, Any]) -> dict[str, Any]:
    """The fields of a command of a batch: those of its body, and what its path would name.
    Each command names its `account`, the one that opens it too."""
    opens = endpoint.kind is commands.OpenAccount
    outside = {name: given.pop(name, None) for name in endpoint.in_path or ("account",)}
    if opens:
        if "id" in given:
            raise _at("id", unknown("field", "id", ["account", *_names(endpoint.body).known]))
        outside = {"id": outside["account"]}
    fields = {**outside, **given} if opens else given
    _check_names(fields, endpoint.body)
    return {**outside, **given}


class _Names(NamedTuple):
    """The fields of a shape, and those that may not be missing."""

    known: tuple[str, ...]
    required: tuple[str, ...]


@cache
def _names(shape: type[Struct] | None) -> _Names:
    fields = structs.fields(shape) if shape is not None else ()
    required = [
        each.name
        for each in fields
        if each.default is NODEFAULT and each.default_factory is NODEFAULT
    ]
    return _Names(tuple(each.name for each in fields), tuple(required))


def _check_names(given: Mapping[str, Any], shape: type[Struct] | None) -> None:
    names = _names(shape)
    for name in given:
        if name not in names.known:
            raise _at(name[:80], unknown("field", name, names.known))
    for name in names.required:
        if name not in given:
            raise InvalidRequest(f"the field '{name}' is missing", where=name)


def _at(where: str, error: InvalidRequest) -> InvalidRequest:
    """The error, said of the place in the request."""
    error.where = where
    return error


def body_fields(endpoint: Endpoint) -> tuple[str, ...]:
    return endpoint.body.__struct_fields__ if endpoint.body is not None else ()


def _params(given: dict[str, Any]) -> dict[str, Any]:
    """Settings, quantities and a counted text, as the one mapping that prices are made of."""
    settings = _mapping(given.pop("settings", {}), "settings")
    quantities = _mapping(given.pop("quantities", {}), "quantities")
    text = given.pop("text", None)
    for name in settings:
        if name in quantities:
            raise InvalidRequest(f"'{name}' is given in settings and in quantities", where=name)
    params = {**settings, **quantities}
    if text is not None:
        for counted in ("characters", "bytes"):
            if counted in params:
                raise InvalidRequest(f"give text or {counted}, not both", where="text")
        params |= text_quantities(text)
    return params


def _mapping(value: Any, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise InvalidRequest(f"{where} must be an object, not {_kind(value)}", where=where)
    return value


# Where the fields of a request and those of its command differ


def _open_account(given: dict[str, Any]) -> None:
    given["account"] = given.pop("id")
    members = given.pop("members", {})
    if isinstance(members, list) and all(isinstance(name, str) for name in members):
        members = dict.fromkeys(members)
    if not isinstance(members, dict):
        raise InvalidRequest(
            f"members must be a list of names, or names with caps, not {describe(members)}",
            where="members",
        )
    given["members"] = members


def _reverse(given: dict[str, Any]) -> None:
    """An entry is named by its number or by its grant: both are one command, with one hash."""
    given["entry"] = limits.entry_number(given["entry"], "entry")


def _version(given: dict[str, Any]) -> None:
    segment = given["version"]
    if isinstance(segment, str) and re.fullmatch(r"[0-9]{1,16}", segment, re.ASCII):
        given["version"] = int(segment)


def _estimate(given: dict[str, Any]) -> None:
    lines = given["lines"]
    if isinstance(lines, list):
        given["lines"] = [_line(each, index) for index, each in enumerate(lines)]


def _line(line: Any, index: int) -> Any:
    if isinstance(line, list):
        raise InvalidRequest(f"lines[{index}] must be a text or an object, not a list",
                             where=f"lines[{index}]")  # fmt: skip
    if not isinstance(line, dict):
        return line
    try:
        _check_names(line, bodies.EstimateLineBody)
        params = _params({**line, "text": None})
        tool = {} if line.get("tool") is None else {"tool": line["tool"]}
        return (line["count"], line["model"], {**params, **tool})
    except InvalidRequest as error:
        raise _at(f"lines[{index}].{error.where}", error) from None


def _usage(given: dict[str, Any]) -> None:
    cursor = given.pop("cursor", None)
    if cursor is not None:
        given["after"] = cursors.decode("usage", cursor, int)
    labels: dict[str, str] = {}
    for each in given.pop("label", ()):
        name, equals, text = each.partition("=")
        if not equals:
            raise InvalidRequest(
                f"a label is given as name=text, not {describe(each)}", where="label"
            )
        if name in labels:
            raise InvalidRequest(f"the label {describe(name)} is given twice", where="label")
        labels[name] = text
    given["labels"] = labels


def _accounts(given: dict[str, Any]) -> None:
    cursor = given.pop("cursor", None)
    if cursor is not None:
        given["after"] = cursors.decode("accounts", cursor, str)


def _holds(given: dict[str, Any]) -> None:
    cursor = given.pop("cursor", None)
    if cursor is not None:
        expires_at, _, hold = str(cursors.decode("holds", cursor, str)).partition(" ")
        given["after"] = int(expires_at), int(hold)


def _entries(given: dict[str, Any]) -> None:
    cursor = given.pop("cursor", None)
    if cursor is not None:
        kind = "newest entries" if given.get("newest") else "entries"
        given["after"] = cursors.decode(kind, cursor, int)


def _verify(given: dict[str, Any]) -> None:
    """A path names a head file where the verb is called; whoever asks a server gives the head."""
    if given.get("expect") is not None:
        limits.head(given["expect"], "expect")


_REWRITES = {
    commands.OpenAccount: _open_account,
    commands.Reverse: _reverse,
    queries.Withdraw: _version,
    queries.Rollback: _version,
    queries.EstimateFor: _estimate,
    queries.HoldsOf: _holds,
    queries.UsageOf: _usage,
    queries.Accounts: _accounts,
    queries.EntriesOf: _entries,
    queries.Verify: _verify,
}


def decode_batch(body: dict[str, Any]) -> CommandBatch:
    """The commands of a batch. Raises `InvalidRequest` if they are not a list, or too many."""
    found = body["commands"]
    if not isinstance(found, list) or len(found) > MAX_COMMANDS:
        raise InvalidRequest(
            f"commands must be a list of at most {MAX_COMMANDS:,} commands", where="commands"
        )
    whole = body.get("all_or_nothing", False)
    if type(whole) is not bool:
        raise InvalidRequest(
            f"all_or_nothing must be true or false, not {_kind(whole)}", where="all_or_nothing"
        )
    return CommandBatch(commands=found, all_or_nothing=whole)


def _kind(value: Any) -> str:
    names = {dict: "an object", list: "a list", str: "a text", bool: "true or false"}
    return "null" if value is None else names.get(type(value), "a number")
