"""What the README shows is what happens."""

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tallystick.cli import main
from tests.docs.pages import ROOT, sections
from tests.patience import PATIENCE_SECONDS

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


HTTP = README["Over HTTP"]
BEGIN = re.findall(r"^    tallystick (.+)$", HTTP, re.MULTILINE)
WALK, PYTHON = re.findall(
    r"^```(?:console|python no-run)\n(.*?)^```", HTTP, re.MULTILINE | re.DOTALL
)
STEPS = re.findall(r"^\$ (.+)\n((?:(?!\$ ).*\n)*)", WALK, re.MULTILINE)
ADDRESS = "http://127.0.0.1:8700"
MARK = "---- next ----"


@pytest.fixture
def server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[str]:
    """The address of a server, begun as the README says; its key is in the environment."""
    monkeypatch.chdir(tmp_path)
    *before, serve = BEGIN
    assert serve == "serve"
    for line in before:
        assert main(shlex.split(line)) == 0, line
    api_key = re.findall(r"tk_live_artlist_\w+", capsys.readouterr().out)[0]
    monkeypatch.setenv("TALLYSTICK_API_KEY", api_key)
    command = [sys.executable, "-m", "tallystick", "serve", "--port", "0", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())["url"]
        process.terminate()
        assert process.wait(PATIENCE_SECONDS) == 0


def walked(url: str) -> list[str]:
    """What each line of the walk prints, typed into one shell."""
    script = f"; echo '{MARK}'\n".join(command for command, _ in STEPS)
    done = subprocess.run(
        ["bash", "-euc", script.replace(ADDRESS, url)],
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE_SECONDS,
    )
    return done.stdout.split(f"{MARK}\n")


def like(shown: str) -> re.Pattern[str]:
    """What is shown, with anything where it has dots."""
    return re.compile(".*".join(re.escape(part) for part in shown.split("...")))


def test_the_walk_over_http_prints_what_it_says(server: str, capsys: pytest.CaptureFixture[str]):
    printed = walked(server)
    assert len(printed) == len(STEPS) == 11, "a function, and ten lines"
    for (command, shown), out in zip(STEPS, printed, strict=True):
        assert like(shown).fullmatch(out), f"{command}\n{out}"
    hold, again = printed[5], printed[9]
    same = hold.partition('"status"')[0]
    assert again.startswith(same), "the same key, the same bytes but for how the hold stands"
    names: dict[str, Any] = {}
    exec(PYTHON.replace(ADDRESS, server), names)
    names["credits"].close()
    assert capsys.readouterr().out == "37000\n"
