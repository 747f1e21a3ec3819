"""The OpenAPI document as strict generators take it: nothing that makes a client refuse what the
server takes, or take what it refuses."""

from __future__ import annotations

import typing
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from tallystick.core.events import Outcome
from tallystick.core.refusals import BY_CODE, WayOut
from tallystick.http.closed_sets import CLOSED_SETS
from tallystick.http.openapi import document
from tallystick.http.variants import WAYS
from tallystick.wire.endpoints import COMMANDS
from tallystick.wire.problems import KINDS
from tests.http.test_documents import OPERATIONS, every
from tests.http.world import World

DOCUMENT = document()
SHAPES = DOCUMENT["components"]["schemas"]
SENT = [name for name in SHAPES if name.endswith(("Body", "Command"))]


def schemas(value: Any) -> Iterator[dict[str, Any]]:
    """Every schema, however deep; examples are none."""
    if isinstance(value, dict):
        if "type" in value:
            yield value
        for name, each in value.items():
            if name not in ("example", "examples", "mapping"):
                yield from schemas(each)
    elif isinstance(value, list):
        for each in value:
            yield from schemas(each)


def test_every_map_names_the_type_of_its_values():
    """Without it a generator makes a map that can hold nothing."""
    maps = [
        each
        for each in schemas([SHAPES, DOCUMENT["paths"]])
        if "object" in each["type"] and "properties" not in each
    ]
    assert len(maps) > 18
    assert [each for each in maps if not each.get("additionalProperties")] == []


@pytest.mark.parametrize("name", SENT)
def test_what_may_be_left_out_has_no_default(name: str):
    """A generator takes a default for a promise that the field is there."""
    assert [each for each in schemas(SHAPES[name]) if "default" in each] == []


def test_a_parameter_that_may_be_left_out_has_no_default():
    given = [each for operation in OPERATIONS.values() for each in operation["parameters"]]
    assert [each["name"] for each in given if "default" in each["schema"]] == []
    (limit,) = (each for each in OPERATIONS["entries"]["parameters"] if each["name"] == "limit")
    assert limit["description"].endswith("`100` if left out.")


def test_what_is_left_out_is_said_in_words():
    interval = SHAPES["SubscribeBody"]["properties"]["interval"]
    assert interval["description"].endswith("`monthly` if left out.")
    assert "interval" not in SHAPES["SubscribeBody"]["required"]


def test_every_title_is_of_one_shape():
    titles = Counter(shape["title"] for shape in SHAPES.values())
    assert [title for title, times in titles.items() if times > 1] == []
    assert {name: shape["title"] for name, shape in SHAPES.items()} == {
        name: name for name in SHAPES
    }
    lower = Counter(title.lower() for title in titles)
    assert [title for title, times in lower.items() if times > 1] == []


def test_one_of_several_is_told_apart_by_a_field():
    chosen = {name: shape for name, shape in SHAPES.items() if "oneOf" in shape}
    assert chosen.keys() == {"BatchCommand", "Way"}
    for shape in chosen.values():
        field, mapping = shape["discriminator"]["propertyName"], shape["discriminator"]["mapping"]
        assert [each["$ref"] for each in shape["oneOf"]] == list(mapping.values())
        for value, ref in mapping.items():
            variant = SHAPES[ref.rpartition("/")[2]]
            assert variant["properties"][field]["enum"] == [value]
            assert field in variant["required"]
    assert list(SHAPES["BatchCommand"]["discriminator"]["mapping"]) == list(COMMANDS)


def test_ways_out_are_those_of_the_core():
    kinds = typing.get_args(WayOut.__annotations__["kind"])
    assert tuple(WAYS) == kinds
    named = {field for always, sometimes in WAYS.values() for field in (*always, *sometimes)}
    assert named == {*WayOut.__struct_fields__} - {"kind"}


def test_closed_sets_are_enumerations():
    for (shape, field), values in CLOSED_SETS.items():
        if shape != "Way":
            found = list(every(SHAPES[shape]["properties"][field], "enum"))
            assert found == [list(values)], (shape, field)
    assert CLOSED_SETS["Problem", "code"] == tuple(KINDS)
    assert CLOSED_SETS["Refusal", "code"] == tuple(BY_CODE)
    assert SHAPES["SettleBody"]["properties"]["outcome"]["enum"] == sorted(typing.get_args(Outcome))


def test_an_answer_of_a_batch_is_one_of_its_commands_answers():
    result = SHAPES["BatchAnswer"]["properties"]["result"]["anyOf"]
    names = [each["$ref"].rpartition("/")[2] for each in result if "$ref" in each]
    assert {"Charge", "Hold", "Grant", "Adjustment", "PlanChange", "AccountView"} <= {*names}
    assert result[-1] == {"type": "null"}


def test_a_catalog_is_json_before_it_is_a_file():
    """YAML is read too, but the commonest generators know none, and would leave the body out."""
    content = OPERATIONS["publish"]["requestBody"]["content"]
    assert list(content) == ["application/json", "application/octet-stream"]


def test_ways_out_keep_their_shapes(fresh: World):
    """What a server answers is what the shapes say; examples are held against them elsewhere."""
    asked = fresh.sample("charge")._replace(body={"model": "Dot", "outputs": 500})
    refused = fresh.ask("charge", asked).json
    assert refused["code"] in SHAPES["Problem"]["properties"]["code"]["enum"]
    for way in refused["ways_out"]:
        variant = SHAPES[SHAPES["Way"]["discriminator"]["mapping"][way["kind"]].rpartition("/")[2]]
        assert {*variant["required"]} <= way.keys() <= variant["properties"].keys()
