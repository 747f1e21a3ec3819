"""A client made by `openapi-typescript`: it compiles strictly, and a server answers its calls."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tallystick.http.openapi import document
from tests.http import node
from tests.http.world import World
from tests.serving import Serving

HERE = Path(__file__).parent / "typescript"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The client beside what it needs."""
    at = node.copied(HERE, tmp_path_factory.mktemp("typescript"))
    (at / "openapi.json").write_text(json.dumps(document()), "utf-8")
    node.node(at, "node_modules/openapi-typescript/bin/cli.js", "openapi.json", "-o", "api.ts")
    return at


@pytest.fixture
def served() -> Iterator[tuple[str, str]]:
    with World() as world, Serving(world.engine) as serving:
        yield serving.url, serving.key("small")


def test_strict_typescript_takes_every_request(folder: Path):
    node.node(folder, "node_modules/typescript/bin/tsc", "--project", "tsconfig.json")


def test_its_calls_are_answered(folder: Path, served: tuple[str, str]):
    url, api_key = served
    said = json.loads(node.node(folder, "client.ts", URL=url, API_KEY=api_key))
    assert said["promo"] is True
    assert said["outcome"] == "timeout"
    assert said["batch"] == [201, 201]
    assert said["code"] == "insufficient_credits"
    assert said["ways"]
    assert {"account_opened", "granted", "settled", "charged"} <= {*said["kinds"]}
    assert said["ok"] is True
