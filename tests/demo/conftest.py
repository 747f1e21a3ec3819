"""The demo, built once; each test that changes it works on a copy."""

import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tallystick.demo.build import build
from tallystick.demo.ready_keys import ready_keys
from tallystick.demo.routes import routes
from tallystick.demo.site import Site
from tallystick.service.startup import open_engine
from tests.demo.browsing import Browser
from tests.serving import Serving


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


def _browser(path: Path) -> Iterator[Browser]:
    engine, _ = open_engine(path, "artlist")
    keys = ready_keys(engine, path)
    pages = routes(Site(engine, keys), "http://demo.example.com")
    with Serving(engine, more=pages) as serving, closing(Browser(serving.url, keys)) as browser:
        yield browser


@pytest.fixture(scope="session")
def looking(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Looks at the pages of a served demo, and changes nothing."""
    folder = tmp_path_factory.mktemp("looking")
    yield from _browser(Path(shutil.copy(built, folder / "demo.db")))


@pytest.fixture
def browser(demo: Path) -> Iterator[Browser]:
    """Looks at the pages of a demo of its own, and may change it."""
    yield from _browser(demo)
