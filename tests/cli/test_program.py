"""The real program, as its own process: what it prints where, how it ends, what it loads."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import tallystick

Program = Callable[..., "subprocess.CompletedProcess[str]"]


SOURCE = Path(tallystick.__file__).parents[1]


def environment() -> dict[str, str]:
    """That of a shell in which nothing is set for us but where this package is."""
    kept = {name: text for name, text in os.environ.items() if not name.startswith("TALLYSTICK")}
    return kept | {"PYTHONPATH": str(SOURCE)}


def run_python(folder: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, *words],
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


@pytest.fixture
def program(tmp_path: Path) -> Program:
    return lambda *words: run_python(tmp_path, "-m", "tallystick", *words)


def test_a_price_needs_nothing_but_the_program(program, tmp_path):
    words = ["Veo 3.1", "resolution=1080p", "audio=on", "seconds=8"]
    ran = program("quote", "artlist", *words, "--json")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert json.loads(ran.stdout)["credits"] == 4000
    assert list(tmp_path.iterdir()) == []


def test_an_account_from_opening_to_proof(program):
    steps = [
        ("init", "videodraft", "--test-clock", "2026-01-31T10:00:00Z"),
        ("account", "open", "acct_1"),
        ("charge", "acct_1", "Kling", "--key", "one"),
        ("charge", "acct_1", "Kling", "--key", "one"),
        ("clock", "advance", "videodraft", "1mo"),
    ]
    for step in steps:
        ran = program(*step, "--json")
        assert (ran.returncode, ran.stderr) == (0, ""), step
    assert json.loads(program("account", "balance", "acct_1", "--json").stdout)["available"] == 200
    assert "1 account of 1 platform" in program("verify").stdout
    refused = program("charge", "acct_1", "Google Veo3")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "Ways out" in refused.stderr


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["quote", "artlist", "no such model"], 2),
        (["quote", "artlist", "--no-such-option"], 2),
        (["no-such-command"], 2),
        (["account", "balance", "acct_1"], 3),
    ],
)
def test_errors_go_to_stderr_and_with_json_to_stdout(program, words, code):
    ran = program(*words)
    assert (ran.returncode, ran.stdout) == (code, "")
    assert "Error: " in ran.stderr
    assert "Traceback" not in ran.stderr
    ran = program(*words, "--json")
    assert (ran.returncode, ran.stderr) == (code, "")
    assert set(json.loads(ran.stdout)) >= {"code", "message", "where", "allowed"}


def test_a_reader_who_has_seen_enough_is_no_error(tmp_path):
    with subprocess.Popen(
        [sys.executable, "-m", "tallystick", "catalog", "show", "artlist", "--source"],
        cwd=tmp_path,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.close()
        assert running.stderr.read() == b""


LOADED = """
import sys
from tallystick.cli import main
code = main(sys.argv[1:])
print(code, *sorted(name for name in sys.modules if "." not in name), file=sys.stderr)
"""
HEAVY = {"apsw", "asyncio", "hypothesis", "msgspec", "pydantic", "rich", "sqlite3", "yaml"}
HEAVY |= {"httpx2", "litestar", "psycopg", "structlog", "tomllib", "uvicorn"}
SERVERS = {"httpx2", "litestar", "psycopg", "structlog", "uvicorn"}


def loaded(folder: Path, *words: str) -> set[str]:
    """The modules that a command loads."""
    ran = run_python(folder, "-c", LOADED, *words)
    code, *modules = ran.stderr.split()
    assert code == "0"
    return set(modules)


@pytest.mark.parametrize(
    "words",
    [
        ["--help"],
        ["--version"],
        ["account", "--help"],
        ["quote", "--help"],
        ["serve", "--help"],
        ["keys", "--help"],
    ],
    ids=" ".join,
)
def test_help_loads_nothing_heavy(tmp_path, words):
    assert loaded(tmp_path, *words) & HEAVY == set()


def test_json_needs_neither_rich_nor_pydantic_nor_a_servers_parts(tmp_path):
    words = ["quote", "artlist", "sora-2", "seconds=8", "--json"]
    assert loaded(tmp_path, *words) & {"pydantic", "rich", *SERVERS} == set()


def test_a_command_in_a_database_loads_nothing_of_a_server(tmp_path):
    for words in (["init", "artlist"], ["account", "open", "acct_1"], ["config"]):
        assert loaded(tmp_path, *words) & SERVERS == set(), words
