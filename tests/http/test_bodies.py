"""Every body, spoiled in every way: a problem that says what and where, and nothing happened."""

import json
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest

from tallystick.catalogs import load_text
from tallystick.http.openapi import document
from tallystick.wire.endpoints import COMMANDS, ENDPOINTS, Endpoint
from tests.http.world import BY_NAME, World

DOCUMENT = document()
BODIES = [each.name for each in ENDPOINTS if each.body is not None]
WRONG: list[Any] = [
    *(None, True, False, 0, -1, 5, 1.5, 2**63, -(2**63), 10**300, "", " ", "\x00", "é" * 200),
    *("x" * 5_000, "../../etc", "\n\r: x", [], [None], [[]], {}, {"": ""}, {"a": {"b": []}}),
]
MAPS = ("settings", "quantities")
NUMBERS = ["1e999", "-1e999", "1e-999", "0.1e-6", "9" * 300, "-0.0000001", "1" * 401, "1.5e9999999"]
RAW: list[tuple[bytes, str]] = [
    *((each, "body") for each in (b"[]", b"null", b"5", b'"x"', b"true", b"[{}]")),
    *((each, "body") for each in (b"{", b'{"a":}', b"{'a': 1}", b'{"a": 1}}', b"a=1", b"<a/>")),
    *((each, "body") for each in (b"\xff\xfe", b'{"a": "\xff"}', b'{"a": "\xed\xa0\x80"}')),
    *((each, "body") for each in (b'\xef\xbb\xbf{"a": 1}', b'{"a": "\\ud800"}', b'{"\\udfff": 1}')),
    *((each, "body") for each in (b'{"a": NaN}', b'{"a": Infinity}', b'{"a": -Infinity}')),
    *((each, "body") for each in (b'{"a": 01}', b'{"a": 1.}', b'{"a": "\n"}', b'{"a": "\\x"}')),
    (b"[" * 100_000, "body"),
    (b'{"a":' * 20_000, "body"),
    (b'{"a":' + b"[" * 40 + b"]" * 40 + b"}", "body"),
    (b'{"a": ' + b"1" * 100_000 + b"}", "body"),
    (b'{"a": 1, "a": 1}', "a"),
    (b'{"a": [{"b": 1, "c": 2, "b": 1}]}', "b"),
    (b'{"nonsense": 1}', "nonsense"),
    (b'{"": 1}', ""),
    (b'{"\\u0000": 1}', "\x00"),
    (b'{"__class__": 1}', "__class__"),
    (b'{"' + b"x" * 100_000 + b'": 1}', "x" * 80),
]


def field_schema(endpoint: Endpoint, field: str) -> Any:
    """What the OpenAPI document promises of a field."""
    body = DOCUMENT["components"]["schemas"][endpoint.body.__name__]
    return {**body["properties"][field], "components": DOCUMENT["components"]}


def spoiled(endpoint: Endpoint) -> Iterator[tuple[str, Any]]:
    """Each field with each value that the document does not allow it."""
    for field in endpoint.body.__struct_fields__:
        allowed = jsonschema_rs.validator_for(field_schema(endpoint, field))
        yield from ((field, value) for value in WRONG if not allowed.is_valid(value))


def replaced(sound: dict[str, Any], field: str, value: Any) -> dict[str, Any]:
    """A sound body with another value; a settlement has credits or quantities, not both."""
    kept = {
        name: each for name, each in sound.items() if (name, field) != ("credits", "quantities")
    }
    return {**kept, field: value}


def places(field: str, value: Any) -> tuple[str, ...]:
    """Where a value may be told to be wrong: at its field, or at a name inside of it."""
    return (field, *value) if field in MAPS and isinstance(value, dict) else (field,)


def refused(world: World, name: str, body: bytes, **more: Any) -> dict[str, Any]:
    """The problem that a request meets, which changes nothing."""
    before = world.rows_written()
    reply = world.ask(name, body=body, **more)
    assert 400 <= reply.status < 500, (reply.status, body[:200])
    assert reply.header("content-type") == "application/problem+json"
    assert world.rows_written() == before, "refused, and yet something was written"
    assert len(reply.body) < 4_000 or name == "publish", "it repeats what it was sent only in part"
    return reply.json


@pytest.mark.parametrize("name", BODIES)
def test_a_value_of_the_wrong_kind_is_refused_by_its_field(world: World, name: str):
    if name == "batch":  # its commands are refused one by one
        assert refused(world, name, b'{"commands": {}}')["where"] == "commands"
        return
    for field, value in spoiled(BY_NAME[name]):
        body = replaced(world.sample(name).body, field, value)
        problem = refused(world, name, json.dumps(body).encode())
        assert problem["code"] in ("invalid_request", "unknown_model"), (field, value, problem)
        assert problem["where"].startswith(places(field, value)), (field, value, problem)


@pytest.mark.parametrize("name", BODIES)
def test_numbers_past_all_bounds_are_refused_by_their_field(world: World, name: str):
    for field in BY_NAME[name].body.__struct_fields__:
        for number in NUMBERS:
            body = json.dumps({**world.sample(name).body, field: "@"}).replace('"@"', number)
            problem = refused(world, name, body.encode())
            assert problem["where"].startswith((field, "body")), (field, number, problem)


@pytest.mark.parametrize("name", BODIES)
def test_what_is_no_proper_json_is_refused_with_its_place(world: World, name: str):
    for body, where in RAW:
        problem = refused(world, name, body)
        assert (problem["code"], problem["where"]) == ("invalid_request", where), body[:60]


@pytest.mark.parametrize("name", BODIES)
def test_a_missing_field_is_named(world: World, name: str):
    sample = world.sample(name).body
    required = DOCUMENT["components"]["schemas"][BY_NAME[name].body.__name__].get("required", ())
    for field in required:
        left = {key: value for key, value in sample.items() if key != field}
        assert refused(world, name, json.dumps(left).encode())["where"] == field
    if required:
        assert refused(world, name, b" ")["where"] == required[0]


@pytest.mark.parametrize("name", [*BODIES, "publish"])
def test_a_body_of_another_kind_is_not_read(world: World, name: str):
    kinds = ["text/html", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x",
             "application/jsonp", "json", "application/json, text/html", "x" * 5_000]  # fmt: skip
    if name != "publish":
        kinds += ["application/yaml", "text/plain"]
    for kind in kinds:
        before = world.rows_written()
        headers = [*world.headers(BY_NAME["key"]), ("content-type", kind)]
        endpoint, sample = BY_NAME[name], world.sample(name)
        reply = world.caller.ask("POST", endpoint.path.format(**sample.path), b"{}", headers)
        assert (reply.status, reply.code) == (415, "unsupported_media_type")
        assert "application/json" in reply.json["detail"]
        assert world.rows_written() == before


# Catalogs

CATALOGS = [
    *("", "\n", "just text\n", "- 1\n", "platform: [broken\n", "a: &a [*a, *a]\n", "a: !!x y\n"),
    *("!!python/object/apply:os.system [ls]\n", "\t\n", "a: 1\na: 1\n", "platform: small\n"),
    *("[", "a: [1", "a: {b: 1", "- [\n", "'", '"', "a: |", "&a", "*a", "---", "%YAML 9", "? "),
    *("[" * 5_000, "{a: " * 3_000, "- " * 3_000, '"\\ud800": 1\n', "\x00", "? " * 2_000),
    "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\n" * 50,
]


@pytest.mark.parametrize("dry_run", ["true", "false"])
def test_a_catalog_that_is_none_is_refused(world: World, dry_run: str):
    sample = world.sample("publish")._replace(query={"dry_run": dry_run})
    for source in CATALOGS:
        problem = refused(world, "publish", source.encode("utf-8") or b" ", sample=sample)
        assert problem["code"] in ("invalid_catalog", "invalid_request"), source[:40]
    for body in (b"\xff\xfe\x00", b"name: \xc3\x28\n"):
        assert refused(world, "publish", body, sample=sample)["where"] == "body"


def test_a_name_with_half_a_character_is_not_published(world: World):
    halved = world.sample("publish").body.replace("name: Small", 'name: "Sm\\ud800all"')
    assert refused(world, "publish", halved.encode())["code"] == "invalid_catalog"


def test_a_catalog_of_many_mistakes_is_answered_with_a_thousand(world: World):
    problem = refused(world, "publish", b"x: y\n" * 30_000)
    assert "has 30,001 problems" in problem["detail"]
    assert len(problem["problems"]) == 1_000


def test_nobody_waits_while_a_catalog_is_read(fresh: World, monkeypatch: pytest.MonkeyPatch):
    """Who publishes takes the database only once the file is read."""

    def slowly(*args: Any) -> Any:
        fresh.open("small").grant("ada", 1)
        return load_text(*args)

    monkeypatch.setattr("tallystick.catalogs.load_text", slowly)
    assert fresh.ask("publish").status == 201


# Commands of a batch, each refused by itself


def answers(world: World, items: list[Any]) -> list[dict[str, Any]]:
    reply = world.ask("batch", body=json.dumps({"commands": items}).encode())
    assert reply.status == 200
    return reply.json["answers"]


@pytest.mark.parametrize("word", COMMANDS)
def test_a_command_of_a_batch_is_refused_by_its_field(world: World, word: str):
    endpoint = COMMANDS[word]
    sample = world.sample(endpoint.name)
    sound = {"do": word, **sample.path, **sample.body}
    if word == "open_account":
        sound["account"] = sound.pop("id")
    items, fields = [], []
    for field, value in [*spoiled(endpoint), ("key", ""), ("key", 5), ("nonsense", 1)]:
        if field != "id":
            items.append(replaced(sound, field, value))
            fields.append(places(field, value))
    before = world.rows_written()
    for answer, field, item in zip(answers(world, items), fields, items, strict=True):
        assert answer["status"] == 400, (answer, item)
        assert answer["result"] is None
        assert answer["problem"]["where"].startswith(field), (answer, item)
    assert world.rows_written() == before


def test_what_is_no_command_says_which_one_it_was(world: World):
    items = [None, 5, "top_up", [], {}, {"do": "jump", "account": "ada"}, {"do": ["hold"]},
             {"do": "top_up", "credits": 50}, {"do": "cancel", "account": "ada", "preview": True},
             {"do": "open_account", "account": "x", "id": "y"}, {"do": "publish", "account": "ada"},
             {"do": "release", "account": "ada"}]  # fmt: skip
    found = answers(world, items)
    assert [each["status"] for each in found] == [400] * len(items)
    assert [each["problem"]["where"] for each in found] == [
        "commands[0]", "commands[1]", "commands[2]", "commands[3]", "do", "do", "do",
        "account", "preview", "id", "do", "hold",
    ]  # fmt: skip


def test_a_batch_takes_at_most_a_thousand_commands(world: World):
    command = {"do": "top_up", "account": "nobody", "credits": 50}
    body = json.dumps({"commands": [command] * 1_001}).encode()
    assert refused(world, "batch", body)["where"] == "commands"
    assert answers(world, []) == []
