"""One key that asks for much has its share of what may wait, and others go on beside it."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tallystick.http.dispatch import Service
from tallystick.http.settings import ServerSettings
from tallystick.http.slices import SLICE_ITEMS
from tallystick.wire import json_text, replies
from tests.databases import CHOSEN, fresh_database
from tests.http.caller import Reply
from tests.http.world import BY_NAME, Sample, World, body_of, path_of
from tests.patience import PATIENCE_SECONDS, until_on_loop

CHARGE = {"do": "charge", "account": "eve", "model": "Dot"}
BOB = Sample({"account": "bob"}, {}, {"model": "Dot"})


@pytest.fixture
def world() -> Iterator[World]:
    """Eight commands may wait, of one key four."""
    with fresh_database(CHOSEN) as url, World(url, ServerSettings(max_waiting=8)) as world:
        yield world


@contextmanager
def held_up(world: World) -> Iterator[threading.Event]:
    """Nothing more is written until this ends; the event says that something would be."""
    begun, may_go_on = threading.Event(), threading.Event()
    carry_out = world.engine.carry_out

    def waits(asked: Any) -> Any:
        begun.set()
        assert may_go_on.wait(PATIENCE_SECONDS)
        return carry_out(asked)

    world.engine.carry_out = waits  # type: ignore[method-assign]
    try:
        yield begun
    finally:
        may_go_on.set()
        world.engine.carry_out = carry_out  # type: ignore[method-assign]


def asking(
    world: World, name: str, sample: Sample | None = None, **more: Any
) -> asyncio.Task[Reply]:
    endpoint, sample = BY_NAME[name], sample or world.sample(name)
    return asyncio.create_task(
        world.caller.asking(
            endpoint.method,
            path_of(endpoint, sample),
            body_of(endpoint, sample),
            world.headers(endpoint, **more),
        )
    )


def batch(*commands: Any) -> Sample:
    return Sample(body={"commands": list(commands)})


async def until_waiting(service: Service, commands: int) -> None:
    await until_on_loop(lambda: service.engine.waiting >= commands)


Story = Callable[[], Coroutine[Any, Any, None]]


def beside_a_flood(world: World, story: Story) -> None:
    """A story while a key has a batch of 12 commands waiting, and one that is being written; both
    are answered in the end."""

    async def both() -> None:
        with held_up(world) as begun:
            flood = [asking(world, "batch", batch(*[CHARGE] * 12))]
            await asyncio.to_thread(begun.wait, PATIENCE_SECONDS)
            flood.append(asking(world, "batch", batch(*[CHARGE] * 12)))
            await until_waiting(world.app.service, 12)
            await asyncio.wait_for(story(), PATIENCE_SECONDS)
            assert not any(each.done() for each in flood)
        assert {each.status for each in await asyncio.gather(*flood)} == {200}

    world.caller.run(both())


def test_a_key_beyond_its_share_is_told_so_and_when_to_ask_again(world: World):
    async def story() -> None:
        for name in ("charge", "hold", "lease", "batch"):
            reply = await asking(world, name)
            assert (reply.status, reply.code) == (429, "too_many_commands")
            assert reply.header("retry-after") == "1"
            assert "commands waiting" in reply.json["detail"]

    beside_a_flood(world, story)


def test_what_is_all_or_nothing_has_its_share_and_its_limit_too(world: World):
    """It counts as waiting, and is turned away as a whole where there is too much for it."""
    whole = batch(*[CHARGE] * 12)
    whole = whole._replace(body={**whole.body, "all_or_nothing": True})

    async def both() -> None:
        with held_up(world) as begun:
            flood = [asking(world, "batch", batch(CHARGE, CHARGE))]
            await asyncio.to_thread(begun.wait, PATIENCE_SECONDS)
            flood.append(asking(world, "batch", whole))
            await until_waiting(world.app.service, 12)
            reply = await asking(world, "charge")
            assert (reply.status, reply.code) == (429, "too_many_commands")
            more = [asking(world, "batch", whole, api_key=world.key("small")) for _ in range(2)]
            await until_waiting(world.app.service, 36)
            turned_away = await asking(world, "batch", whole, api_key=world.key("other"))
            answers = turned_away.json["answers"]
            assert {each["problem"]["code"] for each in answers} == {
                "overloaded",
                "invalid_request",
            }
        assert {each.status for each in await asyncio.gather(*flood, *more)} == {200}

    world.caller.run(both())


def test_others_are_taken_and_written_next(world: World):
    new_key, other = world.key("small"), world.key("other")

    async def ask_both() -> list[Reply]:
        asked = [asking(world, "charge", BOB, api_key=key) for key in (new_key, other)]
        asked.append(asking(world, "batch", batch(CHARGE, CHARGE), api_key=new_key))
        return await asyncio.gather(*asked)

    replies: list[asyncio.Task[list[Reply]]] = []

    async def story() -> None:
        before = world.app.service.engine.waiting
        replies.append(asyncio.create_task(ask_both()))
        await until_waiting(world.app.service, before + 4)

    beside_a_flood(world, story)
    assert [each.status for each in world.caller.run(_result(replies))] == [201, 201, 200]


async def _result(tasks: Any) -> Any:
    return await tasks[0]


def test_what_closes_its_holds_is_still_taken(world: World):
    settled: list[asyncio.Task[Reply]] = []

    async def story() -> None:
        before = world.app.service.engine.waiting
        settled.append(asking(world, "settle"))
        await until_waiting(world.app.service, before + 1)

    beside_a_flood(world, story)
    assert world.caller.run(_result(settled)).status < 300


def test_when_many_keys_wait_all_spending_is_turned_away(world: World):
    """Three keys with no more than their share each."""
    keys = [world.key("small") for _ in range(3)]

    async def both() -> None:
        asked = []
        with held_up(world) as begun:
            asked.append(asking(world, "charge", BOB))
            await asyncio.to_thread(begun.wait, PATIENCE_SECONDS)
            asked += [asking(world, "batch", batch(*[CHARGE] * 4), api_key=key) for key in keys]
            await until_waiting(world.app.service, 12)
            reply = await asking(world, "charge", BOB, api_key=world.key("small"))
            assert (reply.status, reply.code) == (503, "overloaded")
        assert {each.status for each in await asyncio.gather(*asked)} <= {200, 201, 402}

    world.caller.run(both())


def test_a_reply_in_slices_is_the_reply_of_the_whole(world: World):
    """Byte for byte, with refusals and what is no command among it."""
    nonsense = [{"do": "nonsense"}, 5, {"do": "charge", "account": "nobody", "model": "Dot"}]
    for count in (0, 1, SLICE_ITEMS, SLICE_ITEMS + 1, 2 * SLICE_ITEMS, 3 * SLICE_ITEMS + 5):
        commands = ([{"do": "advance", "account": "ada"}, *nonsense] * count)[:count]
        reply = world.ask("batch", batch(*commands))
        assert reply.status == 200
        assert len(reply.json["answers"]) == count
        answers = json_text._quick.decode(reply.body)["answers"]
        whole = json_text.encode(replies.BatchReply(answers=()))[:-2]
        assert reply.body == whole + json_text.encode(answers)[1:] + b"}"
        assert [each["status"] for each in answers[:4]] == [200, 400, 400, 404][:count]


def test_the_key_of_a_batch_counts_its_commands_through_all_slices(world: World):
    charges = [{"do": "grant", "account": "bob", "credits": 1} for _ in range(2 * SLICE_ITEMS + 3)]
    first = world.ask("batch", batch(*charges), key="job")
    again = world.ask("batch", batch(*charges), key="job")
    assert (first.body, again.header("idempotent-replayed")) == (again.body, "true")
    one = world.ask("batch", batch({**charges[0], "key": f"job:{2 * SLICE_ITEMS + 2}"}))
    assert one.header("idempotent-replayed") == "true"
    assert json.loads(one.body)["answers"][0] == json.loads(first.body)["answers"][-1]
