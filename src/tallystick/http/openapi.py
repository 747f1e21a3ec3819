"""The OpenAPI 3.1 document, made from the endpoints' table: nothing in it is written twice."""

from collections.abc import Iterable, Mapping
from importlib.metadata import version
from typing import Any, get_args

from msgspec import Struct, json, structs

from ..core import limits
from ..engine.keys import SCOPES
from ..wire import bodies, replies
from ..wire.endpoints import COMMANDS, ENDPOINTS, Batch, Endpoint
from ..wire.parameters import MIN_SEQ
from ..wire.problems import KINDS, MEDIA_TYPE, Kind, Problem, type_of
from . import examples

_REF = "#/components/schemas/{name}"
_ALWAYS = ("invalid_request", "unauthorized", "forbidden", "database_busy", "database_unusable",
           "stopping", "fault")  # fmt: skip
_JSON = "application/json"


def document() -> dict[str, Any]:
    """The whole document."""
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in ENDPOINTS:
        at = paths.setdefault(endpoint.path, {})
        at[endpoint.method.lower()] = _operation(endpoint)
    for path, operation in _open_operations().items():
        paths[path] = {"get": operation}
    return {
        "openapi": "3.1.0",
        "info": _info(),
        "servers": [{"url": "/"}],
        "tags": [{"name": name} for name in _groups()],
        "security": [{"apiKey": []}],
        "paths": paths,
        "components": {
            "schemas": _schemas(),
            "securitySchemes": {
                "apiKey": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "An API key of one platform: `tk_...`. Scopes: "
                    f"{', '.join(SCOPES)}.",
                }
            },
        },
    }


def _info() -> dict[str, Any]:
    return {
        "title": "Tallystick",
        "version": version("tallystick"),
        "summary": "Price, hold, settle, top up, upgrade and reset credits.",
        "description": (
            "Amounts are credits as numbers, instants RFC 3339 in UTC. A request that writes takes "
            "an `Idempotency-Key`: the same key and body give the first answer again, byte for "
            "byte, with `Idempotent-Replayed: true`. Errors are problems (RFC 9457)."
        ),
        "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
    }


def _groups() -> list[str]:
    return [*dict.fromkeys(each.group for each in ENDPOINTS), "Health"]


def _operation(endpoint: Endpoint) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": endpoint.name,
        "tags": [endpoint.group],
        "summary": endpoint.summary,
        "description": f"Needs the scope {' or '.join(f'`{each}`' for each in endpoint.scopes)}.",
        "parameters": _parameters(endpoint),
        "responses": _responses(endpoint),
    }
    body = _request_body(endpoint)
    return operation | {"requestBody": body} if body else operation


# What it takes


def _parameters(endpoint: Endpoint) -> list[dict[str, Any]]:
    found = [_in_path(name) for name in endpoint.in_path]
    if endpoint.parameters is not None:
        found += _in_query(endpoint.parameters)
    if endpoint.may_wait:
        found.append({
            "name": MIN_SEQ,
            "in": "query",
            "description": "Wait until the account has come to this seq, as a reply gave it.",
            "schema": {"type": "integer", "minimum": 0, "maximum": 2**53},
        })  # fmt: skip
    if endpoint.writes:
        found.append({
            "name": "Idempotency-Key",
            "in": "header",
            "description": "Makes the request safe to repeat.",
            "schema": {"type": "string", "minLength": 1, "maxLength": limits.MAX_KEY},
        })  # fmt: skip
    return found


_PATHS: Mapping[str, dict[str, Any]] = {
    "account": {"type": "string", "minLength": 1, "maxLength": limits.MAX_ID},
    "member": {"type": "string", "minLength": 1, "maxLength": limits.MAX_ID},
    "hold": {"type": "string", "pattern": "^h[1-9][0-9]{0,14}$"},
    "receipt": {"type": "string", "pattern": "^[rh][1-9][0-9]{0,14}$"},
    "entry": {"type": "integer", "minimum": 1, "maximum": 2**53},
}


def _in_path(name: str) -> dict[str, Any]:
    found = {"name": name, "in": "path", "required": True, "schema": _PATHS[name]}
    example = examples.PATHS.get(name)
    return found | {"example": example} if example is not None else found


def _in_query(shape: type[Struct]) -> list[dict[str, Any]]:
    schema = json.schema_components([shape], ref_template=_REF)[1][shape.__name__]
    properties = _numbers(schema["properties"])
    found = []
    for each in structs.fields(shape):
        of_field = _without_null(dict(properties[each.name]))
        said = of_field.pop("description", None)
        one = {
            "name": each.name,
            "in": "query",
            "required": each.name in schema.get("required", ()),
            "schema": of_field,
        }
        found.append(one | {"description": said} if said else one)
    return found


def _request_body(endpoint: Endpoint) -> dict[str, Any] | None:
    if endpoint.catalog_body:
        text = {"schema": {"type": "string"}, "example": examples.CATALOG}
        return {
            "required": True,
            "description": "A catalog's file.",
            "content": {"application/yaml": text, _JSON: {"schema": {"type": "object"}}},
        }
    if endpoint.body is None:
        return None
    content: dict[str, Any] = {"schema": {"$ref": _REF.format(name=endpoint.body.__name__)}}
    given = examples.REQUESTS.get(endpoint.name)
    if given:
        content["examples"] = {
            name: {"summary": name.replace("_", " "), "value": value}
            for name, value in given.items()
        }
    required = any(_required(endpoint.body))
    return {"required": required, "content": {_JSON: content}}


def _required(shape: type[Struct]) -> Iterable[bool]:
    return (each.required for each in structs.fields(shape))


# What it answers


def _responses(endpoint: Endpoint) -> dict[str, Any]:
    success = {
        "description": endpoint.summary,
        "headers": _headers(endpoint),
        "content": {_JSON: {"schema": _answer_schema(endpoint)}},
    }
    example = examples.ANSWERS.get(endpoint.name)
    if example is not None:
        success["content"][_JSON]["example"] = example
    found: dict[str, Any] = {str(endpoint.status): success}
    if endpoint.catalog_body:
        found["200"] = {**success, "description": "What publishing it would change (`dry_run`)"}
    for status, kinds in _by_status(codes(endpoint)).items():
        found[str(status)] = _problem_response(kinds)
    return dict(sorted(found.items()))


def codes(endpoint: Endpoint) -> list[str]:
    """Every code of a problem that this endpoint can answer."""
    found = [*_ALWAYS, *(each.code for each in endpoint.refusals)]
    if endpoint.method == "POST":
        found += ["body_too_large", "unsupported_media_type"]
    if endpoint.writes and endpoint.kind is not Batch:
        found += ["key_conflict", "request_in_flight"]
    if endpoint.name in ("hold", "charge", "batch"):
        found.append("overloaded")
    if endpoint.may_wait:
        found.append("seq_not_reached")
    if endpoint.name in ("quote", "hold", "charge", "estimate", "usage"):
        found.append("unknown_model")
    if endpoint.catalog_body:
        found.append("invalid_catalog")
    if endpoint.method == "GET" and endpoint.in_path:
        found.append("not_found")
    return found


def _by_status(found: Iterable[str]) -> dict[int, list[Kind]]:
    kinds = [KINDS[code] for code in dict.fromkeys(found)]
    return {
        status: [kind for kind in kinds if kind.status == status]
        for status in sorted({kind.status for kind in kinds})
    }


def _problem_response(kinds: list[Kind]) -> dict[str, Any]:
    return {
        "description": "; ".join(kind.title for kind in kinds),
        "content": {
            MEDIA_TYPE: {
                "schema": {
                    "allOf": [
                        {"$ref": _REF.format(name="Problem")},
                        {"properties": {"code": {"enum": [kind.code for kind in kinds]}}},
                    ]
                },
                "examples": {kind.code: {"value": _problem_example(kind)} for kind in kinds},
            }
        },
    }


def _problem_example(kind: Kind) -> dict[str, Any]:
    known = examples.PROBLEMS.get(kind.code)
    if known is not None:
        return known
    return {
        "type": type_of(kind.code),
        "title": kind.title,
        "status": kind.status,
        "detail": f"{kind.title}.",
        "code": kind.code,
    }


def _headers(endpoint: Endpoint) -> dict[str, Any]:
    found: dict[str, Any] = {
        "X-Request-Id": {"description": "Names this request in the logs.",
                         "schema": {"type": "string"}}
    }  # fmt: skip
    if endpoint.writes:
        found["Idempotent-Replayed"] = {
            "description": "`true` when the key had this answer before.",
            "schema": {"type": "string", "enum": ["true"]},
        }
    return found


def _answer_schema(endpoint: Endpoint) -> dict[str, Any]:
    kinds = get_args(endpoint.answers) or (endpoint.answers,)
    refs = [{"$ref": _REF.format(name=kind.__name__)} for kind in kinds]
    return refs[0] if len(refs) == 1 else {"anyOf": refs}


# Shapes


def _schemas() -> dict[str, Any]:
    kinds: dict[str, type] = {"Problem": Problem}
    for endpoint in ENDPOINTS:
        for kind in (endpoint.body, *(get_args(endpoint.answers) or (endpoint.answers,))):
            if kind is not None:
                kinds[kind.__name__] = kind
    kinds |= {kind.__name__: kind for kind in (replies.Health, replies.Readiness)}
    found = json.schema_components(kinds.values(), ref_template=_REF)[1]
    schemas = {name: _numbers(schema) for name, schema in found.items()}
    schemas["BatchCommand"] = _batch_command(schemas)
    return dict(sorted(schemas.items()))


def _batch_command(schemas: dict[str, Any]) -> dict[str, Any]:
    """A command of a batch: one shape for each `do`."""
    variants = []
    for word, endpoint in COMMANDS.items():
        own = schemas[endpoint.body.__name__] if endpoint.body else {}
        named = endpoint.in_path or ()
        properties: dict[str, Any] = {"do": {"const": word}}
        properties |= {name: dict(_PATHS[name]) for name in named}
        properties |= own.get("properties", {})
        properties["key"] = {"type": "string", "minLength": 1, "maxLength": limits.MAX_KEY}
        variants.append({
            "type": "object",
            "title": word,
            "properties": properties,
            "required": ["do", *named, *own.get("required", [])],
            "additionalProperties": False,
        })  # fmt: skip
    return {
        "title": "BatchCommand",
        "description": bodies.BatchCommand.__doc__,
        "oneOf": variants,
    }


def _numbers(schema: Any) -> Any:
    """Decimals are numbers here, and an amount is simply a number."""
    if isinstance(schema, list):
        return [_numbers(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("format") == "decimal":
        return {"type": "number"}
    found = {name: _numbers(value) for name, value in schema.items()}
    choices = found.get("anyOf")
    if isinstance(choices, list) and {"type": "number"} in choices:
        rest = [each for each in choices if each.get("type") not in ("integer", "number")]
        merged = [{"type": "number"}, *rest]
        del found["anyOf"]
        return {**found, **(merged[0] if len(merged) == 1 else {"anyOf": merged})}
    return found


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """A parameter that is left out is not sent as null."""
    choices = [each for each in schema.pop("anyOf", []) if each != {"type": "null"}]
    schema.pop("default", None) if schema.get("default", 0) is None else None
    if len(choices) == 1:
        return {**choices[0], **schema}
    return {**schema, "anyOf": choices} if choices else schema


def _open_operations() -> dict[str, dict[str, Any]]:
    """The addresses that need no key."""
    return {
        "/healthz": _open("healthz", "The process is up", {"200": "Health"}),
        "/readyz": _open(
            "readyz", "Requests are answered", {"200": "Readiness", "503": "Readiness"}
        ),
    }


def _open(name: str, summary: str, answers: dict[str, str]) -> dict[str, Any]:
    return {
        "operationId": name,
        "tags": ["Health"],
        "summary": summary,
        "security": [],
        "responses": {
            status: {
                "description": summary if status == "200" else "What is not ready",
                "content": {_JSON: {"schema": {"$ref": _REF.format(name=kind)}}},
            }
            for status, kind in answers.items()
        },
    }
