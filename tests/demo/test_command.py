"""`tallystick demo` as a program: it serves, says where, and ends cleanly when it is told to."""

import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import httpx2
import pytest
from rich.console import Console

from tallystick import Tallystick
from tallystick.cli import main as tallystick
from tallystick.demo import welcome
from tallystick.demo.people import PLATFORMS
from tests.patience import PATIENCE_SECONDS

LAST = "Ctrl-C stops it."


class Told(NamedTuple):
    """A running demo and what it has said."""

    process: "subprocess.Popen[str]"
    said: str

    def row(self, name: str) -> str:
        """What stands beside a name."""
        found = re.search(rf"^  {name} +(\S+)$", self.said, re.MULTILINE)
        assert found is not None, self.said
        return found[1]

    def keys(self) -> list[str]:
        return [self.row(platform) for platform in PLATFORMS]

    def ended(self, how: signal.Signals) -> tuple[int, str]:
        """Told to stop: the exit code, and what else it said."""
        self.process.send_signal(how)
        said, _ = self.process.communicate(timeout=PATIENCE_SECONDS)
        return self.process.returncode, said


def started(db: Path) -> "subprocess.Popen[str]":
    words = [sys.executable, "-m", "tallystick", "demo", "--db", str(db), "--port", "0"]
    return subprocess.Popen(
        words,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )


@contextmanager
def running(db: Path) -> Iterator[Told]:
    """The demo as a process of its own, once it has said all."""
    with started(db) as process:
        assert process.stdout is not None
        said = []
        try:
            for line in process.stdout:
                said.append(line)
                if LAST in line:
                    break
            yield Told(process, "".join(said))
        finally:
            process.kill()


def test_it_says_where_it_is_and_is_there(demo: Path):
    with running(demo) as told:
        for name, path in welcome.ADDRESSES.items():
            reply = httpx2.get(told.row(name), timeout=PATIENCE_SECONDS)
            assert reply.status_code == 200, name
            assert str(reply.url).endswith(path)
        for platform, key in zip(PLATFORMS, told.keys(), strict=True):
            with Tallystick.connect(told.row("start page"), key) as credits:
                assert credits.platform == platform
                assert credits.balance(PLATFORMS[platform][0].account).seq
        assert told.keys()[0] in httpx2.get(told.row("start page"), timeout=PATIENCE_SECONDS).text
        code, said = told.ended(signal.SIGTERM)
    assert code == 0
    assert said == f"Stopped. {demo} has everything; run the same command to continue.\n"


@pytest.mark.skipif(
    not (shutil.which("curl") and shutil.which("bash")), reason="no curl here to paste into"
)
def test_its_lines_work_when_pasted_and_ctrl_c_ends_it(demo: Path):
    with running(demo) as told:
        pasted = told.said.partition("Paste into another terminal:")[2].splitlines()
        lines = [line for line in pasted if line.startswith("  ")]
        assert len(lines) == 3
        done = subprocess.run(["bash", "-ec", "\necho\n".join(lines)], capture_output=True,
                              text=True, check=False)  # fmt: skip
        assert (done.returncode, done.stderr) == (0, "")
        assert '"credits":4000' in done.stdout
        assert '"account":"pixelforge"' in done.stdout
        code, said = told.ended(signal.SIGINT)
    assert code == 0
    assert "Stopped." in said
    assert "Traceback" not in said


def test_a_second_start_has_the_same_keys_and_nobody_else_can_read_them(demo: Path):
    with running(demo) as told:
        keys = told.keys()
        told.ended(signal.SIGTERM)
    place = demo.with_name("demo.db.keys")
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    place.chmod(0o644)
    with running(demo) as told:
        assert told.keys() == keys
        told.ended(signal.SIGINT)
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    assert sorted(each.name for each in demo.parent.iterdir()) == [
        "demo.db",
        "demo.db-epoch",
        "demo.db.keys",
    ]


def test_a_build_that_is_told_to_stop_leaves_nothing(tmp_path: Path):
    with started(tmp_path / "demo.db") as process:
        while not list(tmp_path.glob("*/demo.db")):
            assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        said, _ = process.communicate(timeout=PATIENCE_SECONDS)
    assert (process.returncode, said.strip().splitlines()[-1]) == (
        130, "Stopped. The unfinished database was removed.")  # fmt: skip
    assert list(tmp_path.iterdir()) == []


def test_a_port_that_is_taken_is_said_before_anything_is_built(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        path = tmp_path / "demo.db"
        assert tallystick(["demo", "--db", str(path), "--port", str(port)]) == 3
    said = capsys.readouterr().err
    assert f"port {port} of 127.0.0.1 is taken" in said
    assert f"--port {port + 1}" in " ".join(said.split())
    assert not path.exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--port", "eighty"], "port must be a whole number"),
        (["--port", "70000"], "port must be a whole number"),
        (["--seed", "lucky"], "seed must be a whole number"),
    ],
)
def test_what_cannot_be_meant_is_wrong_usage(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], said: str
):
    assert tallystick(["demo", "--db", str(tmp_path / "demo.db"), *words]) == 2
    assert said in " ".join(capsys.readouterr().err.split())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("host", ["no such host", "192.0.2.1", "a" * 300])
def test_an_address_of_another_machine_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], host: str
):
    words = ["demo", "--db", str(tmp_path / "demo.db"), "--host", host]
    assert tallystick(words) == 3
    assert "choose an address of this machine with --host" in " ".join(
        capsys.readouterr().err.split()
    )


@pytest.mark.parametrize("open_to_others", [False, True])
def test_it_warns_where_others_can_see_the_keys(
    capsys: pytest.CaptureFixture[str], open_to_others: bool
):
    keys = {platform: f"tk_{platform}_k" for platform in PLATFORMS}
    welcome.show(Console(width=200), Path("d.db"), "http://127.0.0.1:1", keys, open_to_others)
    assert ("Others can reach this address" in capsys.readouterr().out) == open_to_others


def test_make_demo_is_this_command():
    root = Path(__file__).parents[2]
    alone = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    shown = subprocess.run(["make", "-n", "demo", "ARGS=--walk"], cwd=root, capture_output=True,
                           text=True, check=True, env=alone).stdout  # fmt: skip
    assert shown.splitlines()[-1] == ".venv/bin/tallystick demo --walk"
