"""The shapes of the OpenAPI document: msgspec's JSON Schema of every type, made fit to be read.

What msgspec cannot know is added here: what a field means, that an instant is a ``date-time``, that
an answer has all its fields, what stands where a type says only `Any`.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, TypeAlias, get_args

from msgspec import Struct, json, structs

from ..core import durations
from ..core.credits import MAX_CREDITS
from ..results import Result
from ..results.catalog_problems import CatalogProblem
from ..wire import bodies, field_docs, replies
from ..wire.endpoints import COMMANDS, ENDPOINTS
from ..wire.problems import Problem
from .closed_sets import closed
from .variants import REF, split

Schema: TypeAlias = dict[str, Any]


_INSTANT: Schema = {"type": "string", "format": "date-time"}
_SENT: tuple[Schema, ...] = (
    {"type": "string", "format": "date"},
    _INSTANT,
    {"type": "string", "pattern": f"^[+-]?{durations.PATTERN}$"},
)
"""An instant in a request: a date, an instant, or a duration from now. A date comes first, as many
a reader of instants takes one for its midnight, without a zone."""


def ref(kind: type) -> Schema:
    return {"$ref": REF.format(name=kind.__name__)}


def schemas() -> dict[str, Schema]:
    """Every shape that a request or a reply may have, by its name."""
    kinds = {kind.__name__: kind for kind in _reached(_roots())}
    found = _generated(kinds.values())
    made = {name: _shape(name, kinds[name], found[name]) for name in found}
    return dict(sorted((made | split(made)).items()))


def in_query(shape: type[Struct]) -> Iterator[tuple[str, bool, Schema]]:
    """Name, whether it is required, and schema of each parameter."""
    schema = _generated([shape])[shape.__name__]
    for each in structs.fields(shape):
        found = _property(schema["properties"][each.name], _leaves(each.type), sent=True)
        yield each.name, each.name in schema.get("required", ()), _without_null(found)


def _roots() -> Iterator[type]:
    yield from (Problem, CatalogProblem, replies.Health, replies.Readiness)
    for endpoint in ENDPOINTS:
        yield from filter(None, (endpoint.body, *answers(endpoint.answers)))


def answers(kind: Any) -> tuple[Any, ...]:
    """The types of an answer that is one or another; none where there is no answer."""
    return get_args(kind) or ((kind,) if kind else ())


def _reached(roots: Iterable[type]) -> list[type]:
    """The types that `roots` are made of, each once."""
    found: dict[type, None] = {}
    waiting = list(roots)
    while waiting:
        kind = waiting.pop()
        if kind not in found:
            found[kind] = None
            for each in structs.fields(kind):
                waiting += [leaf for leaf in _leaves(each.type) if _is_struct(leaf)]
    return list(found)


def _leaves(annotation: Any) -> tuple[Any, ...]:
    """The types an annotation is made of."""
    inside = getattr(annotation, "__args__", ())
    return tuple(leaf for each in inside for leaf in _leaves(each)) if inside else (annotation,)


def _is_struct(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Struct)


def _generated(kinds: Iterable[type]) -> dict[str, Schema]:
    """Make msgspec's schemas of some types, by name: no two types that meet here share one."""
    return json.schema_components(list(kinds), ref_template=REF)[1]


# One shape


def _shape(name: str, kind: type[Struct], schema: Schema) -> Schema:
    schema = {**schema, "title": name}
    if "description" in schema:
        schema["description"] = " ".join(schema["description"].replace("``", "`").split())
    types = {each.name: _leaves(each.type) for each in structs.fields(kind)}
    sent = issubclass(kind, bodies.Body)
    schema["properties"] = {
        each: _described(kind, each, _property(value, types[each], sent=sent))
        for each, value in schema.get("properties", {}).items()
    }
    return _answered(kind, schema) if issubclass(kind, Result) else schema


def _property(schema: Any, types: tuple[Any, ...], *, sent: bool) -> Schema:
    found = _hoisted(_numbers(schema))
    return _dated(found, sent) if datetime in types else found


def _described(kind: type[Struct], field: str, schema: Schema) -> Schema:
    is_sent = issubclass(kind, bodies.Body)
    if is_sent:
        schema = _bounded(schema)
    own, said = None, schema.get("description") or field_docs.FIELDS.get(field)
    for each in (base.__name__ for base in reversed(kind.__mro__)):
        schema = closed(each, field, _REFINED.get((each, field), schema))
        own = field_docs.OF_SHAPE.get((each, field), own)
    schema = {**schema, "description": own or said} if own or said else schema
    return without_default(schema) if is_sent else schema


def _bounded(schema: Schema) -> Schema:
    """An amount that is sent may not be larger than the largest there is."""
    if schema.get("type") == "number" and "minimum" not in schema:
        return {**schema, "maximum": MAX_CREDITS}
    if "anyOf" in schema:
        return {**schema, "anyOf": [_bounded(each) for each in schema["anyOf"]]}
    return schema


def without_default(schema: Schema) -> Schema:
    """A default is said in words: generators take one for a promise that the field is there."""
    default = schema.get("default")
    rest = {name: value for name, value in schema.items() if name != "default"}
    if default in (None, [], {}, 0):
        return rest
    word = "true" if default is True else default
    said = f"{rest.get('description', '')} `{word}` if left out."
    return {**rest, "description": said.lstrip()}


def _answered(kind: type[Struct], schema: Schema) -> Schema:
    """An answer has all its fields, null where there is nothing to say, unless it leaves them
    out; and none has a default, as nobody fills it in."""
    for each in schema["properties"].values():
        each.pop("default", None)
    left_out = kind.__struct_config__.omit_defaults
    required = schema.get("required", []) if left_out else list(schema["properties"])
    return {**schema, "required": required}


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


def _hoisted(schema: Schema) -> Schema:
    """A description inside a choice is one of the whole."""
    said = [each.pop("description") for each in schema.get("anyOf", ()) if "description" in each]
    return {**schema, "description": said[0]} if said and "description" not in schema else schema


def _dated(schema: Schema, sent: bool) -> Schema:
    """An instant; one that is sent may also be a date, or a duration from now."""
    choices = [each for each in schema.get("anyOf", ()) if each.get("type") != "string"]
    rest = {name: each for name, each in schema.items() if name not in ("type", "format", "anyOf")}
    written = list(_SENT) if sent else [_INSTANT]
    if len(written) + len(choices) == 1:
        return {**_INSTANT, **rest}
    return {"anyOf": [*written, *choices], **rest}


def _without_null(schema: Schema) -> Schema:
    """A parameter that is left out is not sent as null."""
    choices = [each for each in schema.pop("anyOf", []) if each != {"type": "null"}]
    if schema.get("default", 0) is None:
        del schema["default"]
    if len(choices) == 1:
        return {**choices[0], **schema}
    return {**schema, "anyOf": choices} if choices else schema


# What stands where a type says only `Any`


def _of_commands() -> list[type[Struct]]:
    """What the commands of a batch may answer, each type once."""
    found = [each for endpoint in COMMANDS.values() for each in answers(endpoint.answers)]
    return [*dict.fromkeys(found)]


_REFINED: Mapping[tuple[str, str], Schema] = {
    ("BatchAnswer", "problem"): {"anyOf": [ref(Problem), {"type": "null"}]},
    ("BatchAnswer", "result"): {"anyOf": [*map(ref, _of_commands()), {"type": "null"}]},
    ("Problem", "problems"): {"type": "array", "items": ref(CatalogProblem)},
}
