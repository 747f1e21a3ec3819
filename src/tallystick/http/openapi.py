"""The OpenAPI 3.1 document, made from the endpoints' table: nothing in it is written twice."""

from collections.abc import Iterable
from importlib.metadata import version
from typing import Any

from msgspec import Struct, structs

from ..core import queries
from ..core.api_keys import SCOPES
from ..wire import parameter_docs, replies
from ..wire.endpoints import ENDPOINTS, CommandBatch, Endpoint, KeyOf
from ..wire.parameters import EPOCH_HEADER, MIN_SEQ, NOTICE_HEADER
from ..wire.problem_docs import PROBLEM_DOCS
from ..wire.problems import KINDS, MEDIA_TYPE, Problem, ProblemKind
from . import examples, links, operation_docs
from .examples import Exchange
from .schemas import answers, in_query, ref, schemas, without_default
from .variants import IN_PATH, KEY

_ALWAYS = ("invalid_request", "unauthorized", "forbidden", "request_too_slow", "address_too_long",
           "headers_too_large", "wrong_clock", "database_busy", "database_unusable",
           "too_many_connections", "stopping", "fault")  # fmt: skip
"""Codes that any request with an API key may be answered with."""
_JSON = "application/json"
_FILE = "application/octet-stream"
"""A catalog's file, whatever is in it: generators know no YAML, and would leave the body out."""


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
        "tags": [{"name": name, "description": operation_docs.GROUPS[name]} for name in _groups()],
        "security": [{"apiKey": []}],
        "paths": paths,
        "components": {
            "schemas": schemas(),
            "examples": _problem_examples(),
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
        "description": operation_docs.ABOUT,
        "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
    }


def _groups() -> list[str]:
    return [*dict.fromkeys(each.group for each in ENDPOINTS), "Health"]


def _operation(endpoint: Endpoint) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": endpoint.name,
        "tags": [endpoint.group],
        "summary": endpoint.summary,
        "description": operation_docs.OPERATIONS.get(endpoint.name, endpoint.summary),
        "security": [{"apiKey": [scope]} for scope in endpoint.scopes],
        "parameters": _parameters(endpoint),
        "responses": _responses(endpoint),
    }
    body = _request_body(endpoint)
    return operation | {"requestBody": body} if body else operation


# What it takes


def _parameters(endpoint: Endpoint) -> list[dict[str, Any]]:
    found = [
        _parameter(name, "path", parameter_docs.PARAMETERS[name], IN_PATH[name], required=True)
        for name in endpoint.in_path
    ]
    if endpoint.parameters is not None:
        found += _in_query(endpoint.parameters)
    if endpoint.may_wait:
        said = "Wait until the account has reached this seq, which an earlier reply gave."
        seq = {"type": "integer", "minimum": 0, "maximum": 2**53}
        found.append(_parameter(MIN_SEQ, "query", said, seq))
    if endpoint.writes:
        found.append(
            _parameter("Idempotency-Key", "header", "Makes the request safe to repeat.", KEY)
        )
        said = "Refuse the request unless the ledger is in this epoch, which an earlier reply gave."
        found.append(_parameter(EPOCH_HEADER, "header", said, {"type": "string"}))
    return [_with_example(each, examples.of(endpoint.name)) for each in found]


def _parameter(
    name: str, place: str, said: str | None, schema: Any, required: bool = False
) -> dict[str, Any]:
    found = {"name": name, "in": place, "required": required, "schema": schema}
    return found | {"description": said} if said else found


def _in_query(shape: type[Struct]) -> Iterable[dict[str, Any]]:
    for name, required, schema in in_query(shape):
        if name in parameter_docs.PARAMETERS:
            schema = {**schema, "description": parameter_docs.PARAMETERS[name]}
        schema = without_default(schema)
        said = schema.pop("description", None)
        yield _parameter(name, "query", said, schema, required)


def _with_example(parameter: dict[str, Any], recorded: Iterable[Exchange]) -> dict[str, Any]:
    """The value it had in an example, if any has it. None has a cursor that would be good."""
    for each in recorded:
        place = {"path": each.path, "query": each.query, "header": each.headers}[parameter["in"]]
        if parameter["name"] in place and parameter["name"] != "cursor":
            return parameter | {"example": place[parameter["name"]]}
    return parameter


def _request_body(endpoint: Endpoint) -> dict[str, Any] | None:
    found = [each for each in examples.of(endpoint.name) if each.body is not None]
    shown = _examples(found, lambda each: each.body)
    if endpoint.catalog_body:
        return {
            "required": True,
            "description": "A catalog, as JSON or as the bytes of its file (YAML or JSON). "
            "`application/yaml` and `text/plain` are read as well.",
            "content": {
                _JSON: {"schema": {"type": "object", "additionalProperties": True}},
                _FILE: {"schema": {"type": "string", "format": "binary"}, **shown},
            },
        }
    if endpoint.body is None:
        return None
    required = any(each.required for each in structs.fields(endpoint.body))
    return {"required": required, "content": {_JSON: {"schema": ref(endpoint.body), **shown}}}


def _examples(found: Iterable[Exchange], value: Any) -> dict[str, Any]:
    named = {_slug(each.title): {"summary": each.title, "value": value(each)} for each in found}
    return {"examples": named} if named else {}


def _slug(title: str) -> str:
    words = "".join(each if each.isalnum() else " " for each in title.lower())
    return "_".join(words.split())


# What it answers


def _responses(endpoint: Endpoint) -> dict[str, Any]:
    found = {str(endpoint.status): _success(endpoint, endpoint.status, endpoint.summary)}
    if endpoint.catalog_body:
        found["200"] = _success(endpoint, 200, "What publishing it would change (`dry_run`)")
    for status, kinds in _by_status(codes(endpoint)).items():
        found[str(status)] = _problem_response(kinds)
    return dict(sorted(found.items()))


def _success(endpoint: Endpoint, status: int, said: str) -> dict[str, Any]:
    refs = [ref(kind) for kind in answers(endpoint.answers)]
    schema = refs[0] if len(refs) == 1 else {"anyOf": refs}
    shown = [each for each in examples.of(endpoint.name) if each.status == status]
    return {
        "description": said,
        "headers": _headers(endpoint),
        "content": {_JSON: {"schema": schema, **_examples(shown, lambda each: each.reply)}},
        "links": links.of(endpoint.name) if status == endpoint.status else {},
    }


def codes(endpoint: Endpoint) -> list[str]:
    """Every code of a problem that this endpoint can answer."""
    found = [*_ALWAYS, *(each.code for each in endpoint.refusals)]
    if endpoint.method == "POST":
        found += ["body_too_large", "unsupported_media_type"]
    if endpoint.writes and endpoint.kind is not CommandBatch:
        found += ["key_conflict", "request_in_flight"]
    if endpoint.writes:
        found.append("epoch_changed")
    if endpoint.takes_credits or endpoint.kind is CommandBatch:
        found += ["too_many_commands", "overloaded"]
    if not endpoint.writes and endpoint.kind is not KeyOf:
        found += ["too_many_reads", "overloaded"]
    if endpoint.may_wait:
        found.append("seq_not_reached")
    if endpoint.name in ("quote", "hold", "charge", "draw", "estimate", "usage"):
        found.append("unknown_model")
    if endpoint.catalog_body or endpoint.kind is queries.Rollback:
        found.append("invalid_catalog")
    if endpoint.method == "GET" and endpoint.in_path:
        found.append("not_found")
    return found


def _by_status(found: Iterable[str]) -> dict[int, list[ProblemKind]]:
    kinds = [KINDS[code] for code in dict.fromkeys(found)]
    return {
        status: [kind for kind in kinds if kind.status == status]
        for status in sorted({kind.status for kind in kinds})
    }


def _problem_response(kinds: list[ProblemKind]) -> dict[str, Any]:
    named = {"properties": {"code": {"enum": [kind.code for kind in kinds]}}}
    return {
        "description": "; ".join(kind.title for kind in kinds),
        "content": {
            MEDIA_TYPE: {
                "schema": {"allOf": [ref(Problem), named]},
                "examples": {
                    kind.code: {"$ref": f"#/components/examples/{kind.code}"}
                    for kind in kinds
                    if kind.code in examples.recorded().problems
                },
            }
        },
    }


def _problem_examples() -> dict[str, Any]:
    """Each code as it was really answered once, wherever that was."""
    return {
        code: {
            "summary": each.title,
            "description": PROBLEM_DOCS[code].means,
            "value": each.reply,
        }
        for code, each in examples.recorded().problems.items()
    }


def _headers(endpoint: Endpoint) -> dict[str, Any]:
    found: dict[str, Any] = {
        "X-Request-Id": {"description": "Identifies this request in the logs.",
                         "schema": {"type": "string"}}
    }  # fmt: skip
    if endpoint.writes:
        found["Idempotent-Replayed"] = {
            "description": "`true` when this is the first answer under the key, given again.",
            "schema": {"type": "string", "enum": ["true"]},
        }
        found[NOTICE_HEADER] = {
            "description": "What may happen if a request is sent again that had no idempotency "
            "key; with a key, that it keeps this refusal and what to do. Else it is left out.",
            "schema": {"type": "string"},
        }
    return found


def _open_operations() -> dict[str, dict[str, Any]]:
    """The addresses that need no key."""
    health, ready = replies.Health, replies.Readiness
    return {
        "/healthz": _open("healthz", "The process is running", {200: health}),
        "/readyz": _open("readyz", "Whether the server is ready", {200: ready, 503: ready}),
    }


def _open(name: str, summary: str, kinds: dict[int, type]) -> dict[str, Any]:
    return {
        "operationId": name,
        "tags": ["Health"],
        "summary": summary,
        "description": operation_docs.OPERATIONS[name],
        "security": [],
        "parameters": [],
        "responses": {
            str(status): {
                "description": summary if status == 200 else "What is not ready",
                "content": {
                    _JSON: {
                        "schema": ref(kind),
                        **_examples(
                            [each for each in examples.of(name) if each.status == status],
                            lambda each: each.reply,
                        ),
                    }
                },
            }
            for status, kind in kinds.items()
        },
    }
