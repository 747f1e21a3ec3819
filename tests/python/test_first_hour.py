"""The first hour, as its guide tells it: a fresh environment with the wheel, a catalog, and an
application embedded, behind a server, and on PostgreSQL, each time with every outcome."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.databases import fresh_database
from tests.docs.pages import ROOT, page, sections
from tests.docs.test_readme import MARK, like
from tests.patience import PATIENCE_SECONDS, until

GUIDE = page("guides/first-hour.md")
PARTS = sections(GUIDE, 2)
CATALOG, APP, WALK = (
    re.search(rf"^```{kind}\n(.*?)^```", GUIDE, re.MULTILINE | re.DOTALL)[1]  # type: ignore[index]
    for kind in ("yaml", "python no-run", "console")
)
STEPS = re.findall(r"^\$ (.+)\n((?:(?!\$ ).*\n)*)", WALK, re.MULTILINE)
LINES_MAX = 90
OUTCOMES = {"succeeded", "provider_error", "timeout", "moderated", "partial"}


def commands(part: str) -> list[list[str]]:
    """The lines for a shell of a section, each as its words."""
    found = re.findall(r"^```sh\n(.*?)^```", PARTS[part], re.MULTILINE | re.DOTALL)
    return [line.split() for block in found for line in block.splitlines()]


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the catalog, the application, and an environment that has the wheel."""
    folder = tmp_path_factory.mktemp("studio")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    subprocess.run([*pip, "wheel", "-qq", "--no-deps", "--no-build-isolation", "-w", folder, ROOT],
                   check=True)  # fmt: skip
    (wheel,) = folder.glob("*.whl")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / ".venv"], check=True)
    pins = re.findall(r"^[a-z0-9-]+==\S+", (ROOT / "requirements/dev.txt").read_text("utf-8"),
                      re.MULTILINE)  # fmt: skip
    (folder / "pins.txt").write_text("\n".join(pins), "utf-8")
    install = [*pip, "--python", folder / ".venv/bin/python", "install", "-qq", "--no-compile",
               "-c", folder / "pins.txt", f"{wheel}[client,server,postgres]",
               "fastapi"]  # fmt: skip
    subprocess.run(install, check=True, timeout=600)
    (folder / "studio.yaml").write_text(CATALOG, "utf-8")
    (folder / "app.py").write_text(APP, "utf-8")
    return folder


def environment(**more: str) -> dict[str, str]:
    kept = {name: text for name, text in os.environ.items() if not name.startswith("TALLYSTICK")}
    return kept | {"PYTHONWARNINGS": "error"} | more


@contextmanager
def running(folder: Path, *command: str, **more: str) -> Iterator[str]:
    """A program of the studio that answers on a free port: its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    argv = [str(folder / ".venv/bin" / command[0]), *command[1:], "--port", str(port)]
    with subprocess.Popen(argv, cwd=folder, env=environment(**more), stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True) as process:  # fmt: skip
        try:
            _wait(port, process)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            said, _ = process.communicate(timeout=PATIENCE_SECONDS)
    assert "Traceback" not in said, said


def _wait(port: int, process: subprocess.Popen[str]) -> None:
    def answers() -> bool:
        assert process.poll() is None, "it did not start"
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    until(answers)


def walked(url: str) -> list[str]:
    """What each line of the walk prints, typed into one shell."""
    script = f"; echo '{MARK}'\n".join(command for command, _ in STEPS)
    done = subprocess.run(
        ["bash", "-euc", script.replace("http://127.0.0.1:8000", url)],
        env=environment(), capture_output=True, text=True, check=True, timeout=PATIENCE_SECONDS,
    )  # fmt: skip
    return done.stdout.split(f"{MARK}\n")


def check_walk(folder: Path, **more: str) -> None:
    (uvicorn,) = commands("The application")
    assert uvicorn == [".venv/bin/uvicorn", "app:app", "--port", "8000"]
    with running(folder, "uvicorn", "app:app", **more) as url:
        printed = walked(url)
    assert len(printed) == len(STEPS)
    for (command, shown), out in zip(STEPS, printed, strict=True):
        assert like(shown).fullmatch(out), f"{command}\n{out}"
    assert set(re.findall(r'"outcome":"(\w+)"', "".join(printed))) == OUTCOMES


def served(folder: Path, db: str) -> Callable[[], Iterator[str]]:
    """The commands of the guide for a server on a database."""
    init, create, serve, *_ = commands("A server")

    def told(words: list[str]) -> str:
        argv = [str(folder / words[0]), *words[1:-1], db]
        return subprocess.run(argv, cwd=folder, env=environment(), check=True, text=True,
                              capture_output=True).stdout  # fmt: skip

    @contextmanager
    def begun() -> Iterator[dict[str, str]]:
        told(init)
        api_key = re.findall(r"tk_live_studio_\w+", told(create))[0]
        assert serve[1:] == ["serve", "--db", "server.db"]
        with running(folder, "tallystick", "serve", "--db", db) as url:
            yield {"TALLYSTICK_URL": url, "TALLYSTICK_API_KEY": api_key}
        assert json.loads(told([*create[:1], "verify", "--json", "--db", db]))["ok"] is True

    return begun


def test_the_application_is_short():
    assert APP.count("\n") < LINES_MAX
    assert {name for name in OUTCOMES if f'"{name}"' in APP} == OUTCOMES - {"succeeded"}


def test_the_catalog_lints_clean(studio: Path):
    argv = [studio / ".venv/bin/tallystick", "catalog", "lint", "studio.yaml"]
    subprocess.run(argv, cwd=studio, env=environment(), check=True, capture_output=True)


def test_embedded(studio: Path):
    check_walk(studio)
    assert (studio / "studio.db").exists()


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_on_a_server(studio: Path, kind: str):
    with ExitStack() as open_:
        db = "server.db" if kind == "sqlite" else open_.enter_context(fresh_database(kind, True))
        check_walk(studio, **open_.enter_context(served(studio, db)()))
