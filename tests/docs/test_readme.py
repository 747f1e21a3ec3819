"""What the README shows is what happens."""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from tallystick.cli import main
from tests.docs.pages import ROOT, sections

README = sections((ROOT / "README.md").read_text("utf-8"), 2)
SHELL = re.findall(r"^    tallystick (.+)$", README["From the shell"], re.MULTILINE)


def test_the_python_example_prints_what_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.chdir(tmp_path)
    text = README["From Python"]
    code, printed = re.findall(r"```python\n(.*?)```\n\n    (.*?)\n", text, re.DOTALL)[0]
    names: dict[str, Any] = {}
    exec(code, names)
    names["credits"].close()
    assert capsys.readouterr().out.strip() == printed


def test_the_commands_work_in_an_empty_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.chdir(tmp_path)
    assert len(SHELL) > 5
    for line in SHELL:
        assert main(shlex.split(line)) == 0, line
        assert capsys.readouterr().out
