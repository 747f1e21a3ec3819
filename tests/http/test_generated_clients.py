"""Clients made by the commonest generators call every endpoint of a real server, without a warning.

What is called is made from the endpoints' table and its samples: a new verb joins by itself.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from tallystick.http.openapi import document
from tallystick.wire.endpoints import ENDPOINTS, Endpoint
from tests.http import node
from tests.http.test_documents import OPERATIONS
from tests.http.world import BY_NAME, World
from tests.serving import Serving

HERE = Path(__file__).parent
PYTHON = HERE / "generated_python"
MADE = "calls.json"
REFUSED = "a refusal"
RESERVED = {"delete", "export", "import", "void"}
"""Words of JavaScript, behind which the generator puts a line."""
NAMES = [each.name for each in ENDPOINTS]


class Call(NamedTuple):
    """A request by the names of the document: values in their types, the body as it is sent."""

    endpoint: Endpoint
    path: dict[str, Any]
    query: dict[str, Any]
    headers: dict[str, str]
    body: Any


def calls_of(world: World) -> list[Call]:
    return [_call(world, each) for each in ENDPOINTS]


def _call(world: World, endpoint: Endpoint) -> Call:
    sample = world.sample(endpoint.name)
    kinds = {each["name"]: each["schema"] for each in OPERATIONS[endpoint.name]["parameters"]}
    path = {name: _typed(value, kinds[name]) for name, value in sample.path.items()}
    query = {name: _typed(value, kinds[name]) for name, value in sample.query.items()}
    headers = {"Idempotency-Key": f"{endpoint.name}-1"} if endpoint.writes else {}
    return Call(endpoint, path, query, headers, sample.body)


def _typed(value: Any, schema: dict[str, Any]) -> Any:
    """A value as JSON has it, where an address has a word."""
    words = schema.get("type") in ("integer", "boolean") and isinstance(value, str)
    return json.loads(value) if words else value


class Client:
    """A generated client at work: it calls what it is told by name, one call after the other."""

    def __init__(self, argv: list[str], folder: Path, world: World, url: str, **more: str):
        self.world = world
        self.process = subprocess.Popen(
            argv,
            cwd=folder,
            env={**os.environ, "URL": url, "API_KEY": world.api_key, **more},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def call(self, name: str) -> dict[str, Any]:
        """What came of a call, on a world that is as it was in the beginning."""
        self.world.begin_again()
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{name}\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        return json.loads(line) if line else pytest.fail(self.process.communicate()[1])

    def close(self) -> None:
        _, complaints = self.process.communicate(timeout=60)
        assert complaints == ""
        assert self.process.returncode == 0


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[World, str]]:
    with World() as world, Serving(world.engine) as serving:
        yield world, serving.url


# TypeScript


@pytest.fixture(scope="module")
def typescript(tmp_path_factory: pytest.TempPathFactory, served: tuple[World, str]) -> Path:
    """Both clients and a call of everything, compiled."""
    folder = node.copied(HERE / "typescript", tmp_path_factory.mktemp("typescript"))
    (folder / "openapi.json").write_text(json.dumps(document()), "utf-8")
    node.node(folder, "node_modules/openapi-typescript/bin/cli.js", "openapi.json", "-o", "api.ts")
    node.node(folder, "node_modules/@hey-api/openapi-ts/bin/run.js",
              "-i", "openapi.json", "-o", "hey")  # fmt: skip
    calls = calls_of(served[0])
    (folder / "fetch_calls.ts").write_text(_module(FETCH, map(_with_fetch, calls)), "utf-8")
    (folder / "hey_calls.ts").write_text(_module(HEY, map(_with_hey, calls)), "utf-8")
    for each in ("fetch", "hey"):
        node.node(folder, "node_modules/typescript/bin/tsc", "--project", f"tsconfig.{each}.json")
    return folder


FETCH = """\
import createClient from "openapi-fetch";
import type { paths } from "./api.ts";
import { drive } from "./driver.ts";

const client = createClient<paths>({
  baseUrl: process.env["URL"] ?? "",
  headers: { Authorization: `Bearer ${process.env["API_KEY"]}` },
});
"""
HEY = """\
import { createClient, createConfig } from "./hey/client/index.js";
import * as sdk from "./hey/sdk.gen.js";
import { drive } from "./driver.ts";

const client = createClient(
  createConfig({ baseUrl: process.env["URL"] ?? "", auth: () => process.env["API_KEY"] }),
);
"""


def _module(head: str, calls: Any) -> str:
    return "\n".join([head, "await drive({", *calls, "});", ""])


def _body(call: Call) -> dict[str, Any]:
    if call.endpoint.catalog_body:
        return {"body": yaml.safe_load(call.body)}
    return {} if call.body is None else {"body": call.body}


def _with_fetch(call: Call) -> str:
    parameters = {"path": call.path, "query": call.query, "header": call.headers}
    given = {"params": {name: each for name, each in parameters.items() if each}, **_body(call)}
    asked = f'client.{call.endpoint.method}("{call.endpoint.path}", {json.dumps(given)})'
    return f"  {call.endpoint.name}: () => {asked},"


def _with_hey(call: Call) -> str:
    parameters = {"path": call.path, "query": call.query, "headers": call.headers}
    given = {**{name: each for name, each in parameters.items() if each}, **_body(call)}
    first, *rest = call.endpoint.name.split("_")
    named = first + "".join(word.capitalize() for word in rest)
    named += "_" * (named in RESERVED)
    asked = f"sdk.{named}({{ client, ...{json.dumps(given)} }})"
    return f"  {call.endpoint.name}: () => {asked},"


@pytest.fixture(scope="module", params=["fetch_calls", "hey_calls"])
def in_typescript(
    request: pytest.FixtureRequest, typescript: Path, served: tuple[World, str]
) -> Iterator[Client]:
    argv = [str(node.NODE / "node"), f"made/{request.param}.js"]
    client = Client(argv, typescript, *served)
    yield client
    client.close()


@pytest.mark.parametrize("name", NAMES)
def test_strict_typescript_calls_every_endpoint(in_typescript: Client, name: str):
    said = in_typescript.call(name)
    assert (said["status"], said["problem"]) == (BY_NAME[name].status, None)
    assert said["answer"]


# Python


def _install(lock: Path, at: Path) -> None:
    pip = [sys.executable, "-m", "pip", "install", "-qq", "--no-compile", "--require-hashes",
           "--disable-pip-version-check", "--target", str(at), "-r", str(lock)]  # fmt: skip
    subprocess.run(pip, check=True, timeout=600)


@pytest.fixture(scope="module")
def in_python(
    tmp_path_factory: pytest.TempPathFactory, served: tuple[World, str]
) -> Iterator[Client]:
    """The client that `openapi-python-client` makes, with what it needs, installed once."""
    lock = PYTHON / "requirements.txt"
    needs = node.needs(lock, lambda at: _install(lock, at))
    folder = tmp_path_factory.mktemp("python-client")
    (folder / "openapi.json").write_text(json.dumps(document()), "utf-8")
    (folder / MADE).write_text(json.dumps(_for_python(served[0])), "utf-8")
    path = os.pathsep.join([str(needs / "bin"), os.environ["PATH"]])
    node.said([sys.executable, "-m", "openapi_python_client", "generate", "--path",
               "openapi.json", "--output-path", "made"], folder,
              PATH=path, PYTHONPATH=str(needs))  # fmt: skip
    paths = os.pathsep.join([str(needs), str(folder / "made")])
    argv = [sys.executable, "-W", "error", str(PYTHON / "driver.py")]
    client = Client(argv, folder, *served, CALLS=MADE, PYTHONPATH=paths)
    yield client
    client.close()


def _for_python(world: World) -> dict[str, Any]:
    refused = {"account": "ada"}, {"model": "Dot", "outputs": 500}
    made = {
        each.endpoint.name: {
            "name": each.endpoint.name,
            "arguments": {
                **each.path,
                **each.query,
                **{name.lower().replace("-", "_"): text for name, text in each.headers.items()},
            },
            "body": each.body,
        }
        for each in calls_of(world)
    }
    return made | {REFUSED: {"name": "charge", "arguments": refused[0], "body": refused[1]}}


@pytest.mark.parametrize("name", NAMES)
def test_a_generated_python_client_reads_every_answer(in_python: Client, name: str):
    said = in_python.call(name)
    success = OPERATIONS[name]["responses"][str(said["status"])]["content"]["application/json"]
    schema = success["schema"]
    kinds = [each["$ref"].rpartition("/")[2] for each in schema.get("anyOf", [schema])]
    assert said["status"] == BY_NAME[name].status
    assert said["kind"] in kinds
    assert _in_zulu(said["read"]) == said["sent"]


def test_a_generated_python_client_reads_a_refusal(in_python: Client):
    said = in_python.call(REFUSED)
    assert (said["status"], said["sent"]["code"]) == (402, "insufficient_credits")
    assert said["sent"]["ways_out"]
    assert _in_zulu(said["read"]) == said["sent"]


def _in_zulu(value: Any) -> Any:
    """What was read, with its instants as the server writes them."""
    if isinstance(value, dict):
        return {name: _in_zulu(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_in_zulu(each) for each in value]
    return value.replace("+00:00", "Z") if isinstance(value, str) else value


# The locks


def test_no_lock_names_a_registry():
    packages = json.loads((HERE / "typescript/package-lock.json").read_text("utf-8"))["packages"]
    assert [each for each in packages.values() if "resolved" in each] == []
    assert "://" not in (PYTHON / "requirements.txt").read_text("utf-8")
