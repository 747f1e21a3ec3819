"""The API's examples are what a server answers today, and they keep to the document's shapes."""

import json
import shlex
from typing import Any

import jsonschema_rs
import pytest

from tallystick.http import examples
from tallystick.http.api_page import curl
from tallystick.http.examples import Exchange
from tallystick.http.openapi import document
from tallystick.wire.endpoints import ENDPOINTS
from tallystick.wire.problem_docs import PROBLEM_DOCS
from tallystick.wire.problems import KINDS
from tests.http.examples import walk
from tests.http.recording import METHODS, written

DOCUMENT = document()
SUCCESSES = [
    pytest.param(each, id=f"{name}-{each.title}")
    for name, found in examples.recorded().operations.items()
    for each in found
]
PROBLEMS = [
    pytest.param(code, each, id=code) for code, each in examples.recorded().problems.items()
]
BASE = {"type", "title", "status", "detail", "code", "ways_out"}


def test_every_example_is_what_a_server_answers_today():
    again = walk()
    stale = [name for name, each in again.operations.items() if each != examples.of(name)]
    stale += [
        code
        for code, each in again.problems.items()
        if each != examples.recorded().problems.get(code)
    ]
    assert not stale, "record them anew: python -m tests.http.examples"
    assert written(again) == examples.FILE.read_bytes()


def test_every_operation_is_shown():
    assert examples.recorded().operations.keys() == METHODS.keys()


def test_every_problem_code_is_shown_and_explained():
    assert examples.recorded().problems.keys() == KINDS.keys()
    assert PROBLEM_DOCS.keys() == KINDS.keys()


def keeps(schema: Any, value: Any) -> None:
    """Assert that a value is what a schema of the document says."""
    validator = jsonschema_rs.Draft202012Validator(
        {**schema, "components": DOCUMENT["components"]}, validate_formats=True
    )
    assert [str(each) for each in validator.iter_errors(value)] == []


def described(exchange: Exchange) -> Any:
    path = next(path for name, (method, path) in METHODS.items() if name == exchange.operation)
    return DOCUMENT["paths"][path][exchange.method.lower()]


@pytest.mark.parametrize("exchange", SUCCESSES)
def test_a_request_that_is_shown_keeps_to_its_shape(exchange: Exchange):
    operation = described(exchange)
    known = {each["name"]: each for each in operation["parameters"]}
    for name, value in {**exchange.path, **exchange.query, **exchange.headers}.items():
        assert name in known
        whole = known[name]["schema"].get("type") == "integer" and str(value).isdecimal()
        listed = known[name]["schema"].get("type") == "array"
        keeps(known[name]["schema"], int(value) if whole else [value] if listed else value)
    if exchange.body is not None:
        content = operation["requestBody"]["content"]
        kind = "application/octet-stream" if isinstance(exchange.body, str) else "application/json"
        keeps(content[kind]["schema"], exchange.body)


@pytest.mark.parametrize("exchange", SUCCESSES)
def test_a_reply_that_is_shown_keeps_to_its_shape(exchange: Exchange):
    response = described(exchange)["responses"][str(exchange.status)]
    keeps(response["content"]["application/json"]["schema"], exchange.reply)


@pytest.mark.parametrize(("code", "exchange"), PROBLEMS)
def test_a_problem_that_is_shown_is_documented_where_it_came_from(code: str, exchange: Exchange):
    keeps({"$ref": "#/components/schemas/Problem"}, exchange.reply)
    kind = KINDS[code]
    assert (exchange.reply["code"], exchange.status) == (code, kind.status)
    assert ("retry-after" in exchange.reply_headers) == kind.retry
    if exchange.operation is not None:
        problem = described(exchange)["responses"][str(kind.status)]["content"]
        keeps(problem["application/problem+json"]["schema"], exchange.reply)


@pytest.mark.parametrize(("code", "exchange"), PROBLEMS)
def test_a_problem_has_the_facts_that_its_page_names(code: str, exchange: Exchange):
    facts = exchange.reply.keys() - BASE
    said = PROBLEM_DOCS[code]
    assert set(said.facts) <= facts <= {*said.facts, *said.sometimes}


@pytest.mark.parametrize("exchange", SUCCESSES)
def test_the_curl_of_an_example_is_the_request_that_was_made(exchange: Exchange):
    program, address, *options = shlex.split(curl(exchange).replace("\\\n", " "))
    given = list(zip(options[::2], options[1::2], strict=True))
    assert (program, address) == ("curl", f"http://127.0.0.1:8700{exchange.url}")
    sent = [text for option, text in given if option in ("-d", "--data-binary")]
    assert len(sent) == (exchange.method == "POST")
    if isinstance(exchange.body, str):
        assert sent == ["@catalog.yaml"]
    elif sent:
        assert json.loads(sent[0]) == (exchange.body or {})
    headers = dict(text.split(": ", 1) for option, text in given if option == "-H")
    assert headers.get("Idempotency-Key") == exchange.headers.get("Idempotency-Key")
    assert ("Authorization" in headers) == (exchange.operation not in ("healthz", "readyz"))


def test_no_secret_is_shown():
    text = examples.FILE.read_text("utf-8")
    assert "tk_live_artlist" not in text
    assert all(len(word) < 100 for word in text.replace('"', " ").split() if word.startswith("q_"))


def test_every_endpoint_with_a_key_shows_that_the_same_key_gives_the_same_answer_once():
    replayed = [
        each
        for name in METHODS
        for each in examples.of(name)
        if "idempotent-replayed" in each.reply_headers
    ]
    first = next(each for each in examples.of("charge") if not each.reply_headers)
    assert [each.operation for each in replayed] == ["charge"]
    assert replayed[0].reply == first.reply
    assert len(ENDPOINTS) == len(METHODS) - 2
