"""A request that is answered leaves no rings of objects behind, whatever it was answered.

The server looks for rings seldom, for that stops everybody: half a second for the rings that some
hundred refused batches had left. What keeps a ring is mostly an error that became an answer, and
with its traceback every frame that it was raised through. Made from the endpoints' table.
"""

from __future__ import annotations

import gc
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tallystick.wire.endpoints import COMMANDS, ENDPOINTS
from tests.http.test_growth import many_commands
from tests.http.world import BY_NAME, World, path_of

ASKED = 20
COMMANDS_IN_A_BATCH = 100
Work = Callable[[], Any]


def ways(world: World, name: str) -> Iterator[tuple[str, Work]]:
    """An endpoint asked as it grants, and in every way that it refuses."""
    endpoint, sample = BY_NAME[name], world.sample(name)
    yield "as granted", lambda: world.ask(name)
    yield "without a key", lambda: world.ask(name, api_key=None)
    yield "with another key", lambda: world.ask(name, api_key=f"{world.api_key[:-4]}abcd")
    yield "misspelt parameter", lambda: world.ask(name, sample._replace(query={"limmit": "1"}))
    yield (
        "a parameter that is wrong",
        lambda: world.ask(
            name, sample._replace(query={**sample.query, "limit": "x", "newest": "x", "at": "x"})
        ),
    )
    for part in endpoint.in_path:
        other = sample._replace(path={**sample.path, part: "nobody"})
        yield f"another {part}", lambda other=other: world.ask(name, other)
    if endpoint.method == "POST":
        yield "a broken body", lambda: world.ask(name, body=b'{"a": [}')
        yield "a nested body", lambda: world.ask(name, body=b"[" * 100 + b"]" * 100)
        for field in sample.body if isinstance(sample.body, dict) else ():
            for wrong in ("Dott", -1, [], None, "2026-13-01T00:00:00Z"):
                body = json.dumps({**sample.body, field: wrong}).encode()
                yield f"{field} is {wrong!r}", lambda body=body: world.ask(name, body=body)
        body = json.dumps({"nonsense": 1}).encode()
        yield "a field that there is not", lambda: world.ask(name, body=body)


def batches(world: World, word: str) -> Iterator[tuple[str, Work]]:
    """Many commands of one kind, each of them granted or refused."""
    where = path_of(BY_NAME["batch"], world.sample("batch"))

    def asked(body: str) -> Work:
        headers = world.headers(BY_NAME["batch"])
        return lambda: world.caller.ask("POST", where, body.encode(), headers)

    sample = world.sample(COMMANDS[word].name)
    yield word, asked(many_commands(word, None, COMMANDS_IN_A_BATCH))
    for name, value in {"account": "ada", **(sample.body or {})}.items():
        if isinstance(value, str) and name != "id":
            yield f"{name} misspelt", asked(many_commands(word, name, COMMANDS_IN_A_BATCH))
    unknown = json.dumps({"commands": [{"do": f"{word}s"}] * COMMANDS_IN_A_BATCH})
    yield "verb misspelt", asked(unknown)


@pytest.fixture
def collected() -> Iterator[None]:
    """Nothing is collected unless it is said, and what was there before is not looked through."""
    gc.collect()
    gc.freeze()
    gc.disable()
    yield
    gc.enable()
    gc.unfreeze()


def left_behind(ask: Work, times: int) -> int:
    """Objects in rings that so many requests leave, beside the few that the first one makes."""
    ask()
    gc.collect()
    for _ in range(times):
        ask()
    return gc.collect()


@pytest.mark.usefixtures("collected")
@pytest.mark.parametrize("name", [each.name for each in ENDPOINTS])
def test_no_request_leaves_rings_of_objects(fresh: World, name: str):
    found = {way: left_behind(ask, ASKED) for way, ask in ways(fresh, name)}
    assert {way: count for way, count in found.items() if count >= ASKED} == {}


@pytest.mark.usefixtures("collected")
@pytest.mark.parametrize("word", COMMANDS)
def test_no_batch_leaves_rings_of_objects(fresh: World, word: str):
    found = {way: left_behind(ask, 1) for way, ask in batches(fresh, word)}
    assert {way: count for way, count in found.items() if count >= COMMANDS_IN_A_BATCH} == {}
