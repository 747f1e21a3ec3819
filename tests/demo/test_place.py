"""Where the demo is built: nothing else is overwritten, nothing half done is left."""

import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

import apsw
import pytest

from tallystick import Tallystick
from tallystick.cli import main as tallystick
from tallystick.demo import place
from tallystick.demo.build import build
from tallystick.demo.people import PLATFORMS


def main(*words: str) -> int:
    return tallystick(["demo", "--no-serve", *words])


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """A demo of ten days, by which all have come: building is not what is looked at."""
    monkeypatch.setattr(place, "build", partial(build, days=10))


def text(path: Path) -> None:
    path.write_text("my novel")


def empty(path: Path) -> None:
    path.touch()


def folder(path: Path) -> None:
    path.mkdir()


def another_programs_database(path: Path) -> None:
    database = apsw.Connection(str(path))
    database.execute("create table novels (title)")
    database.close()


def a_platform_of_somebodys_own(path: Path) -> None:
    Tallystick.open(path, platform="artlist").close()


def all_three_platforms_without_the_people(path: Path) -> None:
    for platform in PLATFORMS:
        with Tallystick.open(path, platform=platform) as credits:
            credits.open_account("mara")


OTHERS = [
    text,
    empty,
    folder,
    another_programs_database,
    a_platform_of_somebodys_own,
    all_three_platforms_without_the_people,
]


@pytest.mark.parametrize("make", OTHERS, ids=lambda each: each.__name__)
@pytest.mark.parametrize("fresh", [[], ["--fresh"]], ids=["", "fresh"])
def test_what_is_no_demo_stays_as_it_is(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    make: Callable[[Path], None],
    fresh: list[str],
):
    path = tmp_path / "mine.db"
    make(path)
    before = path.read_bytes() if path.is_file() else None
    assert main("--db", str(path), *fresh) == 3
    assert "is not a demo database" in capsys.readouterr().err
    assert path.is_dir() or path.read_bytes() == before
    assert {each.name for each in tmp_path.iterdir()} <= {"mine.db", "mine.db-epoch"}


def test_a_demo_is_built_without_noise_and_leaves_nothing_beside_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], short: None
):
    assert main("--db", str(tmp_path / "demo.db")) == 0
    out, err = capsys.readouterr()
    assert (out.count("\n"), err) == (2, ""), "what was made, and how to serve it"
    assert {each.name for each in tmp_path.iterdir()} == {"demo.db", "demo.db-epoch"}


def test_it_is_built_in_this_folder_where_nothing_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, short: None
):
    monkeypatch.chdir(tmp_path)
    assert main() == 0
    assert (tmp_path / "demo.db").exists()


def test_a_demo_is_used_again_unless_a_fresh_one_is_asked_for(demo: Path, short: None):
    def accounts() -> int:
        with Tallystick.open(demo, platform="artlist") as credits:
            return len(credits.accounts())

    with Tallystick.open(demo, platform="artlist") as credits:
        credits.open_account("mine")
    people = len(PLATFORMS["artlist"])
    assert main("--db", str(demo)) == 0
    assert accounts() == people + 1
    assert main("--db", str(demo), "--fresh") == 0
    assert accounts() < people + 1


def test_another_seed_lives_other_months(tmp_path: Path, short: None):
    def last_line(seed: str) -> str:
        path = tmp_path / f"{seed}.db"
        assert main("--db", str(path), "--seed", seed) == 0
        with Tallystick.open(path, platform="artlist") as credits:
            return credits.entries("jonas", newest=True)[0].hash

    assert last_line("1") != last_line("2")


def test_a_build_that_is_stopped_leaves_what_was_there(
    demo: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    def stopped(path: Path, *_: object) -> None:
        Tallystick.open(path, platform="artlist").close()
        raise KeyboardInterrupt

    monkeypatch.setattr(place, "build", stopped)
    assert place.stands(demo)
    before = demo.read_bytes()
    assert main("--db", str(demo), "--fresh") == 130
    assert "was removed" in capsys.readouterr().err
    assert demo.read_bytes() == before
    assert {each.name for each in demo.parent.iterdir()} == {"demo.db", "demo.db-epoch"}


def test_a_demo_that_is_open_elsewhere_is_not_replaced(
    demo: Path, capsys: pytest.CaptureFixture[str]
):
    with Tallystick.open(demo, platform="artlist") as credits:
        credits.open_account("mine")
        assert main("--db", str(demo), "--fresh") == 3
        assert "open in another program" in capsys.readouterr().err
        assert credits.account("mine").seq == 1


@pytest.mark.parametrize("db", ["no/such/folder/demo.db", ":memory:"])
def test_a_place_that_holds_no_file_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], db: str
):
    monkeypatch.chdir(tmp_path)
    assert main("--db", db) == 3
    assert capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_copy_of_a_demo_is_a_demo(built: Path, tmp_path: Path):
    assert place.stands(Path(shutil.copy(built, tmp_path / "copy.db")))


def test_what_is_not_served_is_told_and_how_to_serve_it(
    short: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    db = tmp_path / "my demo.db"
    assert main("--db", str(db)) == 0
    said = capsys.readouterr().out
    assert f"{db} is built: three platforms, " in said
    assert f"To serve it: tallystick demo --db '{db}'" in said
    assert main("--db", str(db)) == 0
    again = capsys.readouterr().out
    assert f"{db} was there already: three platforms, " in again
    assert f"To build it again: tallystick demo --fresh --db '{db}'" in again
