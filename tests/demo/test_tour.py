"""The tour: every call it shows gives what it shows, and what it says to try next works."""

import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tallystick import Tallystick
from tallystick.cli import main as tallystick
from tallystick.demo.tour import next_commands


def taken(path: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """What the tour says."""
    capsys.readouterr()
    assert tallystick(["demo", "--walk", "--db", str(path)]) == 0
    return capsys.readouterr().out


def calls(said: str) -> list[str]:
    return [line.removeprefix(">>> ") for line in said.splitlines() if line.startswith(">>> ")]


def test_it_goes_from_the_people_to_the_proof(demo: Path, capsys: pytest.CaptureFixture[str]):
    said = taken(demo, capsys)
    steps = ["three platforms", "A new customer", "A quote", "A refusal", "A hold", "An upgrade",
             "A reset", "The ledger", "The proof", "Try next"]  # fmt: skip
    places = [said.index(step) for step in steps]
    assert places == sorted(places)


def test_every_call_it_shows_can_be_made_and_gives_what_it_shows(
    built: Path, demo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    said = taken(demo, capsys)
    again = Path(shutil.copy(built, tmp_path / "again.db"))
    names: dict[str, Any] = {}
    answers = []
    with Tallystick.open(again, platform="artlist") as credits:
        names["credits"] = credits
        for call in calls(said):
            exec(f"answer = {call}", names)
            answers.append(names["answer"])
    assert len(answers) > 12
    numbers = [getattr(each, "credits", None) for each in answers]
    assert all(f"{number:,}" in said for number in numbers if number)
    ledger = next(each for each in answers if isinstance(each, list))
    assert all(line.hash[:8] in said for line in ledger if line.seq < _held(ledger))


def _held(ledger: list[Any]) -> int:
    """The line that names its quote: a quote's id is drawn anew each time, so from here on every
    hash is another."""
    return next(line.seq for line in ledger if line.kind == "held")


def test_it_shows_refusal_and_ways_out(demo: Path, capsys: pytest.CaptureFixture[str]):
    said = taken(demo, capsys)
    assert "insufficient_credits: this costs 7,600 credits" in said
    for kind in ("wait", "upgrade", "cheaper"):
        assert f"\n{kind} " in said


def test_it_can_be_taken_again(demo: Path, capsys: pytest.CaptureFixture[str]):
    assert "guest-1" in taken(demo, capsys)
    assert "guest-2" in taken(demo, capsys)


def test_it_says_when_something_is_wrong(demo: Path, capsys: pytest.CaptureFixture[str]):
    import apsw

    database = apsw.Connection(str(demo))
    database.execute("update journal set balance_after = 1 where account like '%/mara' and seq = 3")
    database.close()
    assert tallystick(["demo", "--walk", "--db", str(demo)]) == 1
    assert "account mara, entry 3" in capsys.readouterr().out


def test_what_it_says_to_try_next_works_as_it_stands(
    demo: Path, capsys: pytest.CaptureFixture[str]
):
    said = taken(demo, capsys).partition("Try next")[2]
    typed = [shlex.split(line, comments=True) for line in said.splitlines()]
    typed = [words for words in typed if words and words[0] != "─" * len(words[0])]
    proposed = [list(words) for _, words in next_commands(demo, "guest-1")]
    assert [words[-len(each) :] for words, each in zip(typed, proposed, strict=True)] == proposed
    for words in proposed:
        assert tallystick(words) == 0, words
        assert capsys.readouterr().out
    last = subprocess.run(typed[-1], capture_output=True, text=True, check=False)
    assert (last.returncode, last.stderr) == (0, "")
