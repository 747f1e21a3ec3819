"""Over HTTP a platform with coins never says credits, in answers and problems."""

from collections.abc import Iterator

import pytest

from tests.http import world as worlds
from tests.http.world import BY_NAME, SAMPLES, Sample, World
from tests.scenarios.own_words import CATALOG, foreign

REFUSED = {
    "charge": Sample({"account": "ada"}, {}, {"model": "Dot", "outputs": 900}),
    "lease": Sample({"account": "ada"}, {}, {"credits": 5_000}),
    "top_up": Sample({"account": "ada"}, {}, {"credits": 9_007_199_254, "custom": True}),
    "reverse": Sample({"account": "ada", "entry": "1"}, {}, {"reason": "x"}),
    "subscribe": Sample({"account": "bob"}, {}, {"plan": "Studio", "package": 7}),
    "capacity": Sample({}, {"plan": "Studio", "package": 7}, None),
}


@pytest.fixture
def coins(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """The world of the other tests, where coins and refills are sold."""
    dearer = CATALOG.replace("credits: 1, per: image", "credits: 2, per: image")
    monkeypatch.setattr(worlds, "CATALOG", CATALOG)
    monkeypatch.setattr(worlds, "OTHER", CATALOG.replace("platform: small", "platform: other"))
    with World() as world:
        monkeypatch.setitem(SAMPLES, "publish", SAMPLES["publish"]._replace(body=dearer))
        yield world


def test_every_answer_is_in_coins(coins: World):
    asked = [name for name in SAMPLES if name in BY_NAME and name not in ("catalog", "publish")]
    said = {name: foreign(coins.ask(name).json) for name in asked}
    assert [name for name, texts in said.items() if texts] == []
    assert foreign(coins.ask("publish").json) == []


@pytest.mark.parametrize("name", REFUSED)
def test_every_problem_is_in_coins(coins: World, name: str):
    reply = coins.ask(name, REFUSED[name])
    assert reply.status >= 400
    assert foreign(reply.json) == []
