"""The package installs on every Python that it names, and its wheel says what it is."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from email.parser import HeaderParser
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
NAMED = re.findall(r"Python :: (3\.\d+)", "\n".join(PROJECT["classifiers"]))
TRIED = """
from tallystick import InsufficientCredits, Tallystick
credits = Tallystick.open(":memory:", platform="artlist")
credits.open_account("acct_1")
credits.subscribe("acct_1", "AI Suite Starter", 40_000)
with credits.hold("acct_1", "Veo 3.1", seconds=8, resolution="1080p", audio="on") as hold:
    assert hold.settle(seconds=6).credits == 3_000
assert credits.balance("acct_1").available == 37_000
assert credits.verify()
"""


def interpreter(version: str) -> str | None:
    """A Python of this version on this machine, if there is one that runs."""
    folders = sorted(
        (Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions").glob(
            f"{version}.*"
        )
    )
    found = [str(each / "bin" / "python") for each in folders]
    for each in (shutil.which(f"python{version}"), *found):
        if (
            each
            and subprocess.run([each, "-c", ""], capture_output=True, check=False).returncode == 0
        ):
            return each
    return None


def run(*words: object, **more: str) -> str:
    ran = subprocess.run(
        [str(word) for word in words],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **more},
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this folder, built as pip builds it, with the builder that is pinned here."""
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation",
        "--wheel-dir", folder, ROOT)  # fmt: skip
    (built,) = folder.glob("tallystick-*.whl")
    return built


@pytest.mark.parametrize("version", NAMED)
def test_it_installs_and_works_on_every_python_that_it_names(
    wheel: Path, tmp_path: Path, version: str
):
    python = interpreter(version)
    if python is None:
        pytest.skip(f"there is no Python {version} on this machine")
    place = tmp_path / "venv"
    run(python, "-m", "venv", "--without-pip", place)
    inside = place / "bin" / "python"
    run(
        sys.executable, "-m", "pip", "--python", inside, "install", "--quiet", "--no-compile", wheel
    )
    run(inside, "-c", TRIED, PYTHONPATH="")
    assert run(place / "bin" / "tallystick", "--version").startswith("tallystick ")


def test_the_wheel_says_what_it_is(wheel: Path):
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [each for each in archive.namelist() if each.endswith(".dist-info/METADATA")]
        said = HeaderParser().parsestr(archive.read(name).decode())
        names = archive.namelist()
    assert said["Name"] == "tallystick"
    assert said["Summary"] == PROJECT["description"]
    assert said["Requires-Python"] == ">=3.11"
    assert said["License-Expression"] == "Apache-2.0"
    assert said.get_all("License-File") == ["LICENSE"]
    assert said["Description-Content-Type"] == "text/markdown"
    assert said["Keywords"]
    assert set(said.get_all("Provides-Extra") or ()) == set(PROJECT["optional-dependencies"])
    assert set(PROJECT["classifiers"]) == set(said.get_all("Classifier") or ())
    assert "tallystick/py.typed" in names
    folders = {each.partition("/")[0] for each in names}
    assert all(each == "tallystick" or each.endswith(".dist-info") for each in folders)


def test_the_wheel_has_every_file_of_the_package(wheel: Path):
    with zipfile.ZipFile(wheel) as archive:
        packed = {each for each in archive.namelist() if each.startswith("tallystick/")}
    here = {
        path.relative_to(ROOT / "src").as_posix()
        for path in (ROOT / "src/tallystick").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".pyc"
    }
    assert packed == here
