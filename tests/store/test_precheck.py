"""Generations that no account could have never hold the write lock, and are answered as ever."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tallystick import InvalidRequest, Tallystick, UnknownModel, commands
from tallystick.core.errors import KeyConflict
from tallystick.core.refusals import AccountNotFound
from tests.store.shop import CATALOG, opened

MODELS = "".join(
    f"  - {{name: {make} {at}, tool: image, rates: [{{credits: 1, per: image}}]}}\n"
    for make in ("Veo Fast", "Sora Motion", "Kling Turbo")
    for at in range(100)
)
LARGE = CATALOG.replace("plans:", f"{MODELS}plans:")
WITHOUT = LARGE.replace("{name: Picture,", "{name: Painting,")


class Watched:
    """How often the write lock was taken, and how often names were searched under it."""

    def __init__(self, shop: Tallystick, monkeypatch: pytest.MonkeyPatch):
        self.engine: Any = shop._transport.engine
        self.taken = self.searched = self.searched_under_it = 0
        self._real: Callable[..., Any] = self.engine.store.deciding
        self._held = False
        self.engine.store.deciding = self._deciding
        search = difflib.SequenceMatcher.set_seq2

        def noted(matcher: Any, word: Any) -> None:
            self.searched += 1
            self.searched_under_it += self._held
            search(matcher, word)

        monkeypatch.setattr(difflib.SequenceMatcher, "set_seq2", noted)

    @contextmanager
    def _deciding(self, *alone: Any) -> Iterator[Any]:
        self.taken += 1
        with self._real(*alone) as decision:
            self._held = True
            try:
                yield decision
            finally:
                self._held = False


@pytest.fixture
def shop(url: str) -> Iterator[Tallystick]:
    with opened(url) as shop:
        shop.open_account("ada")
        shop.grant("ada", 100)
        shop.publish(LARGE)
        shop.charge("ada", "Picture")
        yield shop


@pytest.fixture
def watched(shop: Tallystick, monkeypatch: pytest.MonkeyPatch) -> Watched:
    return Watched(shop, monkeypatch)


def misspelt(many: int, **more: Any) -> list[commands.Charge]:
    return [commands.Charge("ada", f"Veo Fats {at}", **more) for at in range(many)]


def test_a_batch_of_misspelt_models_never_takes_the_write_lock(shop: Tallystick, watched: Watched):
    answers = shop.execute(misspelt(200))
    assert all(isinstance(each, UnknownModel) for each in answers)
    assert "the nearest: Veo Fast 7" in str(answers[7])
    assert watched.taken == 0


def test_names_are_searched_behind_the_write_lock_where_it_is_taken(
    shop: Tallystick, watched: Watched
):
    lease = shop.execute([commands.Lease("ada", 5)])[0].hold
    wrong = [
        *misspelt(20, key="the same"),
        commands.Draw("ada", lease, "Veo Fats 1"),
        commands.Charge("ada", "Picture", {"imagse": 1}, key="twice"),
        commands.Charge("ada", "Picture", {"imagse": 2}, key="twice"),
        commands.Subscribe("ada", "Basik"),
        commands.Settle("ada", shop.hold("ada", "Picture").hold, outcome="sucess"),
    ]
    answers = shop.execute(wrong)
    assert all(isinstance(each, InvalidRequest) for each in answers)
    assert "did you mean Basic" in str(answers[-2])
    assert watched.taken
    assert watched.searched
    assert not watched.searched_under_it


def test_the_first_request_of_a_process_searches_behind_the_lock(
    url: str, shop: Tallystick, monkeypatch: pytest.MonkeyPatch
):
    with opened(url) as other:
        other._transport.engine.platforms.histories.clear()
        watched = Watched(other, monkeypatch)
        with pytest.raises(UnknownModel, match="Veo Fast 7"):
            other.charge("ada", "Veo Fats 7")
        assert watched.taken
        assert not watched.searched_under_it


def test_an_impossible_setting_or_quantity_is_found_before_the_lock(
    shop: Tallystick, watched: Watched
):
    wrong = [commands.Charge("ada", "Picture", each) for each in ({"size": "4k"}, {"imagse": 1})]
    for answer in shop.execute(wrong):
        assert "has no setting or quantity" in str(answer)
    assert watched.taken == 0


# What was answered before is answered still


def test_a_key_gives_its_first_answer_after_its_model_is_withdrawn(shop: Tallystick):
    first = shop.charge("ada", "Picture", key="job-1")
    shop.publish(WITHOUT)
    assert shop.charge("ada", "Picture", key="job-1") == first
    with pytest.raises(UnknownModel):
        shop.charge("ada", "Picture", key="job-2")


def test_a_model_published_elsewhere_a_moment_ago_is_found(url: str, shop: Tallystick):
    with opened(url) as other:
        with pytest.raises(UnknownModel):
            other.charge("ada", "Painting")
        shop.publish(WITHOUT)
        assert other.charge("ada", "Painting").credits == 1
        with pytest.raises(UnknownModel):
            shop.charge("ada", "Picture")


def test_an_account_that_is_not_there_is_still_said_first(shop: Tallystick):
    charge = commands.Charge("bob", "Veo Fats 1", key="job-1")
    assert isinstance(shop.execute([charge])[0], AccountNotFound)
    opened_now = shop.execute([commands.OpenAccount("bob"), commands.Charge("bob", "Veo Fats 1")])
    assert isinstance(opened_now[1], UnknownModel)
    assert isinstance(shop.execute([charge])[0], UnknownModel), "that answer is not remembered"


def test_a_key_given_twice_in_a_batch_is_a_conflict_for_the_second(shop: Tallystick):
    right = commands.Charge("ada", "Picture", key="job-1")
    wrong = commands.Charge("ada", "Veo Fats 1", key="job-1")
    answers = shop.execute([right, wrong])
    assert answers[0].credits == 1
    assert isinstance(answers[1], KeyConflict)


@pytest.mark.parametrize("wrong", [{"labels": {"": "x"}}, {"labels": 5}])
def test_what_is_wrong_besides_the_model_is_said_first_as_ever(shop: Tallystick, wrong: Any):
    answer = shop.execute([commands.Charge("ada", "Veo Fats 1", **wrong)])[0]
    assert "label" in answer.where


def test_a_hold_with_a_wrong_time_to_live_says_that_first(shop: Tallystick):
    answer = shop.execute([commands.PlaceHold("ada", "Veo Fats 1", ttl_seconds=0)])[0]
    assert answer.where == "ttl_seconds"


def test_sound_and_misspelt_commands_of_a_batch_keep_their_places(shop: Tallystick):
    mixed = [
        commands.Charge("ada", "Picture", key="a"),
        commands.Charge("ada", "Pictur", key="b"),
        commands.Charge("", "Picture"),
        commands.Charge("ada", "Picture", key="c"),
    ]
    answers = shop.execute(mixed)
    assert [type(each).__name__ for each in answers] == [
        "Charge",
        "UnknownModel",
        "InvalidRequest",
        "Charge",
    ]
