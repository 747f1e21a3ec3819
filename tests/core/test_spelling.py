"""Misspelt names come with the nearest; however many names there are, few are compared."""

import difflib

import pytest

from tallystick.core import spelling
from tallystick.core.errors import InvalidRequest, Words, unknown
from tallystick.core.spelling import COMPARED_NAMES_MAX, WORD_CHARACTERS_MAX, Names, near

MAKES = ("veo", "sora", "kling", "flux", "runway", "pika", "ideogram", "imagen", "luma", "gen")
KINDS = ("pro", "fast", "turbo", "ultra", "mini", "studio", "scene", "motion", "voice", "music")
MANY = [f"{make} {kind} {at}" for make in MAKES for kind in KINDS for at in range(50)]


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names that are compared letter by letter."""
    seen: list[str] = []
    real = difflib.SequenceMatcher.set_seq1

    def noted(self, name):
        if name:  # a matcher begins with nothing
            seen.append(name)
        real(self, name)

    monkeypatch.setattr(difflib.SequenceMatcher, "set_seq1", noted)
    return seen


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("veo fst 12", "veo fast 12"),
        ("kling trubo 7", "kling turbo 7"),
        ("ideogarm studio 33", "ideogram studio 33"),
        ("soramotion 9", "sora motion 9"),
        ("luma vocie 4", "luma voice 4"),
    ],
)
def test_the_nearest_of_five_thousand_names_is_found(word: str, meant: str):
    assert meant in Names(MANY).near(word, 4, 0.4)


def test_few_names_are_compared_of_however_many(compared: list[str]):
    names = Names(MANY)
    for word in ("veo fst 12", "e o r a" * 20, "x", "", "\n" * 40, MANY[0] * 9):
        compared.clear()
        names.near(word, 4, 0.4)
        assert len(compared) <= COMPARED_NAMES_MAX
        assert all(len(each) <= WORD_CHARACTERS_MAX for each in compared)


def test_a_word_is_looked_for_once(compared: list[str]):
    names = Names(MANY)
    first = names.near("veo fst 12", 4, 0.4)
    compared.clear()
    assert names.near("veo fst 12", 4, 0.4) == first
    assert not compared


def test_fields_and_plans_are_remembered_too(compared: list[str]):
    known = ("account", "member", "credits")
    assert near("creditz", known, 1, 0.6) == ("credits",)
    compared.clear()
    assert near("creditz", known, 1, 0.6) == ("credits",)
    assert not compared


def test_what_a_name_contains_is_found_in_the_order_of_the_names():
    names = Names(["Veo 3.1", "Sora", "Veo 3.1 Fast", "Old Veo", "Veo 4"])
    assert names.containing("Veo", 3) == ("Veo 3.1", "Veo 3.1 Fast", "Old Veo")
    assert names.containing("ra", 3) == ("Sora",)
    assert Names([]).containing("Veo", 3) == ()


def test_an_error_is_worded_when_it_is_read_and_once():
    asked: list[int] = []

    def find() -> Words:
        asked.append(1)
        return Words("no such thing; did you mean that?", ("that",))

    error = InvalidRequest("no such thing", where="thing", find=find)
    assert not asked
    assert str(error) == error.message == "no such thing; did you mean that?"
    assert error.allowed == ("that",)
    assert error.args == (error.message,)
    assert len(asked) == 1


def test_an_unknown_name_is_not_searched_for_until_it_is_said(
    compared: list[str], monkeypatch: pytest.MonkeyPatch
):
    spelling._kept.cache_clear()
    error = unknown("plan", "basik", ["Basic", "Studio"])
    assert not compared
    assert "did you mean Basic?" in str(error)
    assert compared
