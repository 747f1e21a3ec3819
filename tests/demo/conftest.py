"""The demo, built once; each test that changes it works on a copy."""

import shutil
from pathlib import Path

import pytest

from tallystick.demo.build import build


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo as `make demo` builds it. Not to be changed."""
    path = tmp_path_factory.mktemp("demo") / "demo.db"
    build(path)
    return path


@pytest.fixture
def demo(built: Path, tmp_path: Path) -> Path:
    """A copy of the demo, to be changed."""
    return Path(shutil.copy(built, tmp_path / "demo.db"))
