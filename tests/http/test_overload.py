"""Too much at once: new spending is turned away at the door, what is under way is finished."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tallystick.core.commands import Charge, Settle
from tallystick.http.settings import ServerSettings
from tallystick.wire.endpoints import ENDPOINTS, TAKE_CREDITS
from tests.http.world import World

SPENDING = ["charge", "hold", "lease"]
THE_REST = [each.name for each in ENDPOINTS if each.name not in SPENDING]


@pytest.fixture(scope="module")
def _busy() -> Iterator[World]:
    with World(settings=ServerSettings(max_waiting=-1)) as world:
        yield world


@pytest.fixture
def busy(_busy: World) -> World:
    """A server that has more to do than it can."""
    _busy.begin_again()
    return _busy


def test_what_is_turned_away_is_what_takes_credits():
    assert {each.name for each in ENDPOINTS if each.takes_credits} == set(SPENDING)
    assert len(TAKE_CREDITS) == len(SPENDING)


@pytest.mark.parametrize("name", SPENDING)
def test_new_spending_is_turned_away_and_told_when_to_ask_again(busy: World, name: str):
    before = busy.rows_written()
    reply = busy.ask(name, key="job-1")
    assert (reply.status, reply.json["code"]) == (503, "overloaded")
    assert reply.header("retry-after") == "1"
    assert busy.rows_written() == before


@pytest.mark.parametrize("name", SPENDING)
def test_it_is_turned_away_before_anything_is_done_for_it(busy: World, name: str):
    """Neither its key nor its body is looked at."""
    reply = busy.ask(name, body=b"{" * 100_000, api_key="tk_small_nonsense")
    assert (reply.status, reply.json["code"]) == (503, "overloaded")


@pytest.mark.parametrize("name", THE_REST)
def test_everything_else_is_answered(busy: World, name: str):
    reply = busy.ask(name)
    assert reply.status < 300, reply.json


def test_of_a_batch_only_the_spending_is_turned_away(busy: World):
    spending_and_more = [
        {"do": "charge", "account": "ada", "model": "Dot"},
        {"do": "settle", "account": "ada", "hold": busy.ids["hold"], "credits": 1},
        {"do": "lease", "account": "ada", "credits": 5},
        {"do": "nonsense"},
        {"do": "top_up", "account": "ada", "credits": 50},
    ]
    reply = busy.ask("batch", body=json.dumps({"commands": spending_and_more}).encode())
    said = [each["problem"] and each["problem"]["code"] for each in reply.json["answers"]]
    assert said == ["overloaded", None, "overloaded", "invalid_request", None]


def test_commands_are_counted_not_callers(fresh: World):
    async def story() -> None:
        engine = fresh.app.service.engine
        assert engine.waiting == 0
        asked = engine.carry_out([("small", Charge("ada")), ("small", Settle("ada", "h1"))])
        assert engine.waiting == 2
        await asked
        assert engine.waiting == 0

    fresh.caller.run(story())
