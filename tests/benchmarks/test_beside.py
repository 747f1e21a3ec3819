"""A checkout is measured beside another one, each running its own code."""

import shutil
from pathlib import Path

import pytest

from benchmarks.beside import measuring
from benchmarks.beside.measuring import HTTP, MANY, ONE, OURS, THEIRS, Scale, in_turn
from benchmarks.beside.sides import Driven, Side
from benchmarks.figures import Tally
from tests import databases

ROOT = Path(__file__).parents[2]
TINY = Scale(accounts=8, single=40, charges=80, holds=80)


@pytest.fixture
def other(tmp_path: Path) -> Path:
    """A copy of this checkout's code that says it is another version."""
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__"))
    package = tmp_path / "src/tallystick/__init__.py"
    package.write_text(package.read_text("utf-8") + '\n__version__ = "0.other"\n')
    return tmp_path


def test_each_side_runs_its_own_code(other: Path):
    sides = [Driven(Side(OURS, ROOT)), Driven(Side(THEIRS, other))]
    for each in sides:
        each.end()
    assert [each.version == "0.other" for each in sides] == [False, True]


def test_what_is_no_checkout_is_said_to_be_none(tmp_path: Path):
    with pytest.raises(RuntimeError, match="not a checkout of Tallystick"):
        Side(THEIRS, tmp_path)


def test_the_two_take_turns_and_each_goes_first_as_often():
    went: list[str] = []

    def goes(side: str, *seconds: float):
        return [lambda each=each: went.append(side) or (each, each / 2) for each in seconds]

    tally = Tally("a second")
    work = {OURS: goes("ours", 2, 2, 100, 2), THEIRS: goes("theirs", 1, 1, 1, 1)}
    in_turn("x", work, 80, tally)
    assert went == ["ours", "theirs", "theirs", "ours"] * 2
    assert tally.last(f"x, {THEIRS}") == 80 / 4
    assert tally.last("x: ours / theirs") == 0.5, "one turn that was disturbed counts for nothing"


@pytest.mark.prove
def test_charges_and_holds_of_both_are_measured_on_both_databases(other: Path, tmp_path: Path):
    url = databases.postgres().url("postgres")
    found = list(measuring.measure(1, True, lambda said: None, tmp_path, other, url, TINY))
    assert [each.title.rpartition(" ")[2] for each in found] == ["SQLite", "PostgreSQL"]
    for each in found:
        measured = {figure.name for figure in each.figures}
        for load in ("8 accounts", "one hot"):
            for how in (MANY, ONE, HTTP):
                assert {f"{load}: {how}, {OURS}", f"{load}: {how}, {THEIRS}"} <= measured
        assert [check.at_least for check in each.checks] == [0.97, None] * 6
        assert all(run > 0 for figure in each.figures for run in figure.runs)
