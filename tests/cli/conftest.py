"""A shell for the tests: the command line in this process, in an empty folder."""

import json
import os
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tallystick.cli import main

START = "2026-01-31T10:00:00Z"


class Ran(NamedTuple):
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one JSON document on stdout; anything beside it, or on stderr, fails the test."""
        assert self.err == ""
        assert self.out.count("\n") == 1
        return json.loads(self.out)


Shell = Callable[[str], Ran]
Completed = Callable[[str], list[str]]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder, without settings from outside."""
    for name in list(os.environ):
        if name.startswith("TALLYSTICK") or name in ("COLUMNS", "NO_COLOR", "FORCE_COLOR"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def shell(folder: Path, capsys: pytest.CaptureFixture[str]) -> Shell:
    """Types one command, as in a shell, and says what came of it."""

    def typed(line: str) -> Ran:
        capsys.readouterr()
        code = main(shlex.split(line))
        out, err = capsys.readouterr()
        return Ran(code, out, err)

    return typed


@pytest.fixture
def artlist(shell: Shell) -> Shell:
    """A shell beside a test platform with one subscribed account: 40,000 credits."""
    assert shell(f"init artlist --test-clock {START}").code == 0
    assert shell("account open acct_1").code == 0
    assert shell('subscribe acct_1 "AI Suite Starter" --package 40000').code == 0
    return shell


@pytest.fixture
def completed(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Completed:
    """What bash is offered for the last word of a line."""

    def complete(line: str) -> list[str]:
        capsys.readouterr()
        with monkeypatch.context() as asked:
            asked.setenv("_TALLYSTICK_COMPLETE", "complete_bash")
            asked.setenv("COMP_WORDS", f"tallystick {line}")
            asked.setenv("COMP_CWORD", str(len(line.split(" "))))
            with pytest.raises(SystemExit):
                main([])
        out, err = capsys.readouterr()
        assert err == ""
        return out.split()

    return complete
