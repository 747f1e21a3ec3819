"""The ready-made keys: the same at every start, new where the old ones open nothing any more."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tallystick.core.errors import StoreError
from tallystick.demo.people import PLATFORMS
from tallystick.demo.ready_keys import SCOPES, ready_keys
from tallystick.engine import Engine, keys
from tallystick.service.startup import open_engine


@pytest.fixture
def engine(demo: Path) -> Iterator[Engine]:
    engine, _ = open_engine(demo, "artlist")
    yield engine
    engine.close()


def test_each_platform_has_one_that_opens_what_the_pages_need(engine: Engine, demo: Path):
    found = ready_keys(engine, demo)
    assert list(found) == list(PLATFORMS)
    for platform, key in found.items():
        view = keys.find(engine, key)
        assert (view.platform, view.name, view.scopes) == (platform, "demo", SCOPES)
    assert ready_keys(engine, demo) == found


def test_a_key_that_opens_nothing_any_more_is_made_anew(engine: Engine, demo: Path):
    first = ready_keys(engine, demo)
    keys.revoke(engine, "artlist", keys.find(engine, first["artlist"]).id)
    second = ready_keys(engine, demo)
    assert {each for each in PLATFORMS if first[each] != second[each]} == {"artlist"}
    assert keys.find(engine, second["artlist"])


FILES = [
    "",
    "artlist\n",
    "nonsense here and there\nartlist tk_x\n",
    "artlist tk_imagineart_0\n\x00\n",
    "imagineart {artlist}\n",
]


@pytest.mark.parametrize("kept", FILES)
def test_a_file_of_something_else_is_no_harm(engine: Engine, demo: Path, kept: str):
    first = ready_keys(engine, demo)
    demo.with_name("demo.db.keys").write_text(kept.format(**first))
    found = ready_keys(engine, demo)
    assert all(keys.find(engine, key).platform == platform for platform, key in found.items())


def test_keys_of_another_demo_are_not_taken_for_its_own(engine: Engine, demo: Path, built: Path):
    other = Path(shutil.copy(built, demo.with_name("other.db")))
    ready_keys(engine, demo)
    shutil.copy(demo.with_name("demo.db.keys"), demo.with_name("other.db.keys"))
    elsewhere, _ = open_engine(other, "artlist")
    found = ready_keys(elsewhere, other)
    assert keys.find(elsewhere, found["artlist"])
    elsewhere.close()


def test_where_they_cannot_be_kept_it_is_said(engine: Engine, demo: Path):
    demo.with_name("demo.db.keys").mkdir()
    with pytest.raises(StoreError, match=r"keys cannot be stored in .*demo\.db\.keys"):
        ready_keys(engine, demo)
