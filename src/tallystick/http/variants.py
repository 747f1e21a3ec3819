"""Shapes that are one of several, told apart by one field: commands of a batch, ways out.

Each variant is a shape of its own under a name of its own: generated clients make a type of each.
"""

from collections.abc import Mapping
from typing import Any, TypeAlias

from ..core import limits
from ..wire import bodies, field_docs, parameter_docs
from ..wire.endpoints import COMMANDS

Schema: TypeAlias = dict[str, Any]

REF = "#/components/schemas/{name}"
IN_PATH: Mapping[str, Schema] = {
    "account": {"type": "string", "minLength": 1, "maxLength": limits.ID_CHARACTERS_MAX},
    "member": {"type": "string", "minLength": 1, "maxLength": limits.ID_CHARACTERS_MAX},
    "hold": {"type": "string", "pattern": "^h[1-9][0-9]{0,14}$"},
    "receipt": {"type": "string", "pattern": "^[rh][1-9][0-9]{0,14}$"},
    "entry": {
        "anyOf": [
            {"type": "integer", "minimum": 1, "maximum": 2**53},
            {"type": "string", "pattern": "^g?[1-9][0-9]{0,14}$"},
        ]
    },
    "grant": {"type": "string", "pattern": "^g?[1-9][0-9]{0,14}$"},
    "version": {"type": "integer", "minimum": 1, "maximum": 2**31},
    "id": {"type": "string", "minLength": 1, "maxLength": limits.ID_CHARACTERS_MAX},
}
KEY: Schema = {"type": "string", "minLength": 1, "maxLength": limits.KEY_CHARACTERS_MAX}

WAYS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "wait": (("at", "available"), ()),
    "top_up": (("credits",), ("price", "bundles")),
    "upgrade": (("available", "credits", "plan", "interval"), ("price",)),
    "cheaper": (("credits", "model"), ("settings", "tool")),
    "less": (("credits",), ("outputs", "quantities")),
}
"""By kind, the fields that a way out has, and those that it may have."""


def split(made: Mapping[str, Schema]) -> dict[str, Schema]:
    """The shapes that are one of several, and their variants, from the shapes as types say them."""
    return {**_batch_command(made), **_way(made["Way"])}


def titled(name: str) -> str:
    """``TopUp`` of ``top_up``."""
    return "".join(word.capitalize() for word in name.split("_"))


def _one_of(title: str, said: str, field: str, names: Mapping[str, str]) -> Schema:
    refs = {value: REF.format(name=name) for value, name in names.items()}
    return {
        "title": title,
        "description": said,
        "oneOf": [{"$ref": each} for each in refs.values()],
        "discriminator": {"propertyName": field, "mapping": refs},
    }


# Ways out


def _way(whole: Schema) -> dict[str, Schema]:
    names = {kind: f"{titled(kind)}Way" for kind in WAYS}
    found = {names[kind]: _way_of(kind, names[kind], whole) for kind in WAYS}
    return {"Way": _one_of("Way", whole["description"], "kind", names), **found}


def _way_of(kind: str, title: str, whole: Schema) -> Schema:
    always, sometimes = WAYS[kind]
    fields = whole["properties"]
    return {
        "type": "object",
        "title": title,
        "description": f"A way out: {field_docs.WAYS[kind]}.",
        "properties": {
            "kind": {"type": "string", "enum": [kind], "description": "Which way out this is."},
            **{name: _there(fields[name]) for name in (*always, *sometimes)},
        },
        "required": ["kind", *always],
    }


def _there(schema: Schema) -> Schema:
    """A field that is left out where there is nothing to say is never null."""
    choices = [each for each in schema.get("anyOf", ()) if each != {"type": "null"}]
    if not choices:
        return schema
    rest = {name: value for name, value in schema.items() if name != "anyOf"}
    return {**choices[0], **rest} if len(choices) == 1 else {**rest, "anyOf": choices}


# Commands of a batch


def _batch_command(made: Mapping[str, Schema]) -> dict[str, Schema]:
    """A command of a batch: one shape for each `do`."""
    names = {word: f"{titled(word)}Command" for word in COMMANDS}
    said = " ".join((bodies.BatchCommand.__doc__ or "").split())
    found = {names[word]: _command(word, names[word], made) for word in COMMANDS}
    return {"BatchCommand": _one_of("BatchCommand", said, "do", names), **found}


def _command(word: str, title: str, made: Mapping[str, Schema]) -> Schema:
    endpoint = COMMANDS[word]
    own = made[endpoint.body.__name__] if endpoint.body else {}
    named = endpoint.in_path
    properties: Schema = {
        "do": {"type": "string", "enum": [word], "description": field_docs.FIELDS["do"]}
    }
    properties |= {
        name: {**IN_PATH[name], "description": parameter_docs.PARAMETERS[name]} for name in named
    }
    properties |= own.get("properties", {})
    properties["key"] = {**KEY, "description": "Its idempotency key."}
    return {
        "type": "object",
        "title": title,
        "description": f"{endpoint.summary}, as one command of a batch.",
        "properties": properties,
        "required": ["do", *named, *own.get("required", [])],
        "additionalProperties": False,
    }
