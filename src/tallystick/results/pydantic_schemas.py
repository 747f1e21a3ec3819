"""What pydantic is told about answers, so that they can be fields and responses of its models.

Pydantic asks each type for its schema, a dict. So nothing of it is imported here, and whoever does
not use it does not load it. Answers are read by msgspec; pydantic writes them and describes them.
"""

from collections.abc import Mapping
from decimal import Decimal
from types import UnionType
from typing import Any, TypeAlias, Union, get_args, get_origin

from msgspec import Struct, ValidationError, convert, structs

from ..core.plain_values import to_plain

Schema: TypeAlias = dict[str, Any]


def schema_of(kind: type[Struct], handler: Any) -> Schema:
    """Make the core schema of a type of answers; `handler` makes those of other types."""
    fields = {"type": "typed-dict", "fields": _fields(kind, handler)}
    return {
        "type": "function-wrap",
        "function": {"type": "no-info", "function": lambda value, _: _read(kind, value)},
        "schema": fields,
        "serialization": {
            "type": "function-wrap",
            "function": lambda value, write: write(_values(value)),
            "schema": fields,
        },
        "ref": f"{kind.__module__}.{kind.__qualname__}:{id(kind)}",
    }


def described(kind: type[Struct], schema: Schema, handler: Any) -> Schema:
    """Make the JSON schema of a type of answers: named, and explained by its docstring."""
    found = handler(schema)
    whole = handler.resolve_ref_schema(found)
    whole["title"] = kind.__name__
    whole["description"] = " ".join((kind.__doc__ or "").replace("``", "`").split())
    return found


class Amount:
    """Stands for an amount of credits in schemas: exact in Python, a number in JSON."""

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Schema:
        number = {"type": "function-plain", "function": to_plain, "when_used": "json"}
        return {"type": "any", "serialization": number}

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: Any, handler: Any) -> Schema:
        return {"type": "number"}


def _fields(kind: type[Struct], handler: Any) -> Schema:
    leaves_out = kind.__struct_config__.omit_defaults
    return {
        each.name: {
            "type": "typed-dict-field",
            "schema": _of(each.type, handler),
            "required": not leaves_out or each.required,
        }
        for each in structs.fields(kind)
    }


def _of(kind: Any, handler: Any) -> Schema:
    """The core schema of a field's type."""
    parts, whole = get_args(kind), get_origin(kind)
    if whole in (Union, UnionType):
        return _one_of(parts, handler)
    if whole is tuple:
        return {
            "type": "tuple",
            "items_schema": [_of(parts[0], handler)],
            "variadic_item_index": 0,
        }
    if whole is dict:
        keys, values = (_of(each, handler) for each in parts)
        return {"type": "dict", "keys_schema": keys, "values_schema": values}
    if isinstance(kind, type) and issubclass(kind, Struct) and not _asks(kind):
        return {name: part for name, part in schema_of(kind, handler).items() if name != "ref"}
    return handler.generate_schema(kind)


def _one_of(kinds: tuple[Any, ...], handler: Any) -> Schema:
    rest = [each for each in kinds if each is not type(None)]
    if Decimal in rest:
        rest = [Amount]
    found = [_of(each, handler) for each in rest]
    schema = found[0] if len(found) == 1 else {"type": "union", "choices": found}
    return {"type": "nullable", "schema": schema} if type(None) in kinds else schema


def _asks(kind: type) -> bool:
    return hasattr(kind, "__get_pydantic_core_schema__")


def _read(kind: type[Struct], value: Any) -> Any:
    """An answer as it is, or as it was written. Raises `ValueError` for anything else."""
    if isinstance(value, kind):
        return value
    if not isinstance(value, Mapping):
        raise ValueError(f"{kind.__name__} is required, not {type(value).__name__}")
    try:
        return convert(dict(value), kind)
    except ValidationError as error:
        raise ValueError(str(error)) from None


def _values(answer: Struct) -> dict[str, Any]:
    """The fields of an answer that its JSON has."""
    values = structs.asdict(answer)
    if not answer.__struct_config__.omit_defaults:
        return values
    return {name: values[name] for name in to_plain(answer)}
