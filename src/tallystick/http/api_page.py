"""The API page's content: the OpenAPI document as what a page shows, from top to bottom."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

from ..core import durations
from ..wire.problem_docs import PROBLEM_DOCS
from . import examples
from .examples import Exchange

Schema: TypeAlias = Mapping[str, Any]

HOST = "http://127.0.0.1:8700"
"""Stands in examples; the page's script puts the server's own address in its place."""
COMMON = ("invalid_request", "unauthorized", "forbidden", "body_too_large",
          "unsupported_media_type", "wrong_clock", "database_busy", "database_unusable", "stopping",
          "fault", "not_found", "request_too_slow", "address_too_long", "headers_too_large",
          "too_many_connections")  # fmt: skip
"""Codes that are shown once for all requests."""
_LINE_CHARACTERS_MAX = 76


class FieldRow(NamedTuple):
    """A row of a table of fields; `inside` are those of an object it holds."""

    name: str
    type: str
    required: bool
    bounds: str
    description: str
    inside: "Sequence[FieldRow]" = ()
    place: str = ""
    example: Any = None


class ReplyTable(NamedTuple):
    """A good reply: its status, what it is called, its fields."""

    status: str
    description: str
    shape: str
    fields: Sequence[FieldRow]


class ProblemEntry(NamedTuple):
    """A problem code with its example."""

    code: str
    status: int
    title: str
    means: str
    remedy: str
    example: Any


class ShownExample(NamedTuple):
    """An example: the request as curl, the reply as JSON, a file that it sends."""

    title: str
    curl: str
    status: int
    headers: Mapping[str, str]
    reply: Any
    file: str | None


class Operation(NamedTuple):
    """A request with all there is to say about it."""

    id: str
    method: str
    path: str
    summary: str
    description: str
    scopes: Sequence[str]
    parameters: Sequence[FieldRow]
    media_type: str | None
    body: Sequence[FieldRow]
    body_example: str
    replies: Sequence[ReplyTable]
    examples: Sequence[ShownExample]
    errors: Sequence[ProblemEntry]
    common: Sequence[str]

    @property
    def words(self) -> str:
        """What the search looks through: each word after a space."""
        said = (self.id, self.method, self.path, self.summary, self.description)
        names = (each.name for each in (*self.parameters, *self.body))
        found = re.findall(r"[a-z0-9]+", " ".join((*said, *names, *self.scopes)).lower())
        return " " + " ".join(dict.fromkeys(found))


class OperationGroup(NamedTuple):
    """Requests under one heading."""

    name: str
    description: str
    operations: Sequence[Operation]


def groups(document: Schema) -> list[OperationGroup]:
    """The document's requests by their tags, in its order."""
    made = [
        (operation["tags"][0], _operation(document, method, path, operation))
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    return [
        OperationGroup(
            tag["name"], tag["description"], [each for name, each in made if name == tag["name"]]
        )
        for tag in document["tags"]
    ]


def errors(document: Schema, codes: Sequence[str]) -> list[ProblemEntry]:
    """Codes with what they mean and their examples."""
    found = document["components"]["examples"]
    return [_error(code, found[code]["value"]) for code in codes if code in found]


def _error(code: str, example: Schema) -> ProblemEntry:
    means, remedy, *_ = PROBLEM_DOCS[code]
    return ProblemEntry(
        code=code,
        status=example["status"],
        title=example["title"],
        means=means,
        remedy=remedy,
        example=example,
    )


def _operation(document: Schema, method: str, path: str, operation: Schema) -> Operation:
    content = operation.get("requestBody", {}).get("content", {})
    media_type = next((each for each in content if "examples" in content[each]), None)
    schema = content[media_type]["schema"] if media_type else {}
    codes = list(_codes(operation))
    recorded = examples.of(operation["operationId"])
    return Operation(
        id=operation["operationId"],
        method=method.upper(),
        path=path,
        summary=operation["summary"],
        description=operation["description"],
        scopes=[scope for each in operation["security"] for scope in each["apiKey"]],
        parameters=[_parameter(each) for each in operation["parameters"]],
        media_type=media_type,
        body=_fields(document, schema),
        body_example=next((_body(each) for each in recorded if each.body is not None), ""),
        replies=list(_replies(document, operation)),
        examples=[shown(each) for each in recorded],
        errors=errors(document, [code for code in codes if code not in COMMON]),
        common=[code for code in codes if code in COMMON],
    )


def _codes(operation: Schema) -> Iterator[str]:
    for response in operation["responses"].values():
        problem = response["content"].get("application/problem+json")
        if problem:
            yield from problem["schema"]["allOf"][1]["properties"]["code"]["enum"]


def _replies(document: Schema, operation: Schema) -> Iterator[ReplyTable]:
    for status, response in operation["responses"].items():
        schema = response["content"].get("application/json", {}).get("schema")
        for each in (schema or {}).get("anyOf", [schema]):
            if each:
                shape = _name(each)
                yield ReplyTable(status, response["description"], shape, _fields(document, each))


# Fields


def _parameter(parameter: Schema) -> FieldRow:
    schema = parameter["schema"]
    return FieldRow(
        name=parameter["name"],
        type=_type(schema),
        required=parameter["required"],
        bounds=_bounds(schema),
        description=parameter.get("description", ""),
        place=parameter["in"],
        example=parameter.get("example"),
    )


def _fields(document: Schema, schema: Schema, above: tuple[str, ...] = ()) -> list[FieldRow]:
    """The fields of an object; those of what it holds too, unless it holds its own kind."""
    name = _name(schema)
    if name in above:
        return []
    whole = document["components"]["schemas"][name] if name else schema
    if "oneOf" in whole:
        return _of_variants(document, whole, (*above, name))
    required = whole.get("required", ())
    return [
        FieldRow(
            name=each,
            type=_type(of if each in required else _given(of)),
            required=each in required,
            bounds=_bounds(of),
            description=of.get("description", ""),
            inside=_inside(document, of, (*above, name)),
        )
        for each, of in whole.get("properties", {}).items()
    ]


def _of_variants(document: Schema, whole: Schema, above: tuple[str, ...]) -> list[FieldRow]:
    """The fields of a shape that is one of several. A command of a batch has those of its own
    request, where they are explained: only what all of them share is said again."""
    variants = [_fields(document, each, above) for each in whole["oneOf"]]
    shared = set.intersection(*({each.name for each in fields} for fields in variants))
    found: dict[str, FieldRow] = {}
    for field in (each for fields in variants for each in fields):
        required = field.required and field.name in shared
        found.setdefault(field.name, field._replace(required=required))
    which = whole["discriminator"]["propertyName"]
    first = found.pop(which)._replace(type=" | ".join(whole["discriminator"]["mapping"]))
    is_sent = "additionalProperties" in document["components"]["schemas"][_name(whole["oneOf"][0])]
    return [first, *(each for each in found.values() if not is_sent or each.name in shared)]


def _inside(document: Schema, schema: Schema, above: tuple[str, ...]) -> list[FieldRow]:
    for each in (
        schema,
        schema.get("items", {}),
        *_choices(schema),
        *_choices(schema.get("items")),
    ):
        if _name(each) and _name(each) != "Problem":
            return _fields(document, each, above)
    return []


def _given(schema: Schema) -> Schema:
    """What may be left out is not said to be null as well."""
    rest = [each for each in _choices(schema) if each != {"type": "null"}]
    return {"anyOf": rest} if rest else schema


def _name(schema: Schema) -> str:
    return str(schema.get("$ref", "")).rpartition("/")[2]


def _choices(schema: Schema | None) -> list[Schema]:
    return list((schema or {}).get("anyOf", ()))


def _type(schema: Schema) -> str:
    """A type in words, as `array of PricedLine` or `string or null`."""
    choices = _choices(schema)
    if choices:
        return " or ".join(dict.fromkeys(_type(each) for each in choices))
    if _name(schema):
        return _name(schema)
    if "enum" in schema:
        return " | ".join(json.dumps(each) for each in schema["enum"])
    kind = schema.get("type", "anything")
    if isinstance(kind, list):
        return " or ".join(kind)
    if kind == "array":
        return f"array of {_type(schema.get('items', {}))}"
    if str(schema.get("pattern", "")).endswith(f"{durations.PATTERN}$"):
        return "duration"
    return {"date-time": "instant", "date": "date"}.get(schema.get("format", ""), kind)


_COUNTED = (("minLength", "maxLength", "characters"), ("minItems", "maxItems", "items"),
            ("minimum", "maximum", ""))  # fmt: skip


def _bounds(schema: Schema) -> str:
    """The bounds of a value in words, as `1 to 128 characters`."""
    found = [schema, *(each for each in _choices(schema) if each.get("type") != "null")]
    said = [
        _between(each.get(least), each.get(most), unit)
        for each in found
        for least, most, unit in _COUNTED
    ]
    return ", ".join(dict.fromkeys([each for each in said if each]))


def _between(least: int | None, most: int | None, unit: str) -> str:
    if least is not None and most is not None:
        words = f"{least:,} to {most:,}"
    elif least is not None:
        words = f"at least {least:,}"
    else:
        words = f"at most {most:,}" if most is not None else ""
    return f"{words} {unit}".strip() if words else ""


# Examples


def shown(exchange: Exchange) -> ShownExample:
    file = exchange.body if isinstance(exchange.body, str) else None
    return ShownExample(
        title=exchange.title,
        curl=curl(exchange),
        status=exchange.status,
        headers=exchange.reply_headers,
        reply=exchange.reply,
        file=file,
    )


def curl(exchange: Exchange) -> str:
    """The request as a command for a shell; a file that it sends is ``catalog.yaml``."""
    post = exchange.method == "POST"
    address = f"{HOST}{exchange.url}"
    method = "" if exchange.method in ("GET", "POST") else f"-X {exchange.method} "
    parts = [f"curl {method}{_quoted(address) if '?' in address else address}"]
    if exchange.operation not in ("healthz", "readyz"):
        parts.append('-H "Authorization: Bearer $TALLYSTICK_API_KEY"')
    parts += [f"-H '{name}: {text}'" for name, text in exchange.headers.items()]
    if isinstance(exchange.body, str):
        parts += ["-H 'Content-Type: application/yaml'", "--data-binary @catalog.yaml"]
    elif post:
        parts += [
            "-H 'Content-Type: application/json'",
            f"-d {_quoted(_indented(_body(exchange)))}",
        ]
    return " \\\n  ".join(parts)


def _indented(text: str) -> str:
    return text.replace("\n", "\n  ")


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def _body(exchange: Exchange) -> str:
    """A body on one line if it fits, indented if not."""
    if isinstance(exchange.body, str):
        return exchange.body
    body = {} if exchange.body is None else exchange.body
    narrow = json.dumps(body, ensure_ascii=False)
    return (
        narrow
        if len(narrow) <= _LINE_CHARACTERS_MAX
        else json.dumps(body, indent=2, ensure_ascii=False)
    )
