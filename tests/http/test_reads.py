"""Some read much and for long, and all others are answered meanwhile."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tallystick import commands
from tallystick.core.queries import (
    BalanceOf,
    EntriesOf,
    HoldsOf,
    MoveClock,
    Prices,
    Publish,
    Query,
    QuoteFor,
    ReceiptOf,
    UsageOf,
    Verify,
)
from tallystick.http.reads import is_large
from tallystick.http.settings import ServerSettings
from tallystick.service.async_engine import LANES, AsyncEngine, lane_of
from tests.databases import CHOSEN, fresh_database
from tests.http.caller import Reply
from tests.http.world import BY_NAME, START, Sample, World, body_of, path_of
from tests.patience import PATIENCE_SECONDS, until_on_loop

ADA = {"account": "ada"}


@pytest.fixture
def world() -> Iterator[World]:
    """In a file of its own, which many read at once."""
    with fresh_database(CHOSEN) as url, World(url) as world:
        yield world


class Slow:
    """A database that does not answer whoever reads the lines of a journal, until it is let go."""

    def __init__(self, world: World):
        self.reading = 0
        self.let_go = threading.Event()
        self._counted = threading.Condition()
        for name in ("entries", "charges"):
            if hasattr(world.engine.store, name):
                setattr(world.engine.store, name, self._slow(getattr(world.engine.store, name)))

    def _slow(self, work: Callable[..., Any]) -> Callable[..., Any]:
        def slow(*asked: Any) -> Any:
            with self._counted:
                self.reading += 1
                self._counted.notify_all()
            assert self.let_go.wait(PATIENCE_SECONDS)
            return work(*asked)

        return slow

    def wait_for(self, readers: int) -> None:
        with self._counted:
            assert self._counted.wait_for(lambda: self.reading >= readers, PATIENCE_SECONDS)


@contextmanager
def slow(world: World) -> Iterator[Slow]:
    made = Slow(world)
    try:
        yield made
    finally:
        made.let_go.set()


def asking(world: World, name: str, sample: Sample | None = None, **more: Any) -> Any:
    endpoint, sample = BY_NAME[name], sample or world.sample(name)
    query = "&".join(f"{each}={value}" for each, value in sample.query.items())
    headers = world.headers(endpoint, **more)
    body = body_of(endpoint, sample)
    return world.caller.asking(endpoint.method, path_of(endpoint, sample), body, headers, query)


Story = Callable[[], Coroutine[Any, Any, None]]


def beside_readers(world: World, many: int, busy: int, story: Story) -> list[Reply]:
    """`many` reads of one key, of which `busy` begin and do not come to an end before the story
    does; their replies."""

    async def both() -> list[Reply]:
        with slow(world) as database:
            reads = [
                asyncio.create_task(asking(world, "usage", Sample(ADA, {"limit": 1})))
                for _ in range(many)
            ]
            await asyncio.to_thread(database.wait_for, busy)
            await asyncio.wait_for(story(), PATIENCE_SECONDS)
            assert not any(each.done() for each in reads)
            database.let_go.set()
            return await asyncio.gather(*reads)

    return world.caller.run(both())


def test_a_charge_readiness_and_keys_are_answered_while_a_client_reads_for_long(world: World):
    new_key = world.key("small")
    other = world.key("other")

    async def story() -> None:
        charge = await asking(world, "charge", api_key=new_key)
        assert charge.status == 201
        ready = await world.caller.asking("GET", "/readyz")
        assert ready.json == {"ready": True, "not_ready": [], "notes": []}
        for key in (new_key, other):
            assert (await asking(world, "key", api_key=key)).status == 200
        unknown = await asking(world, "key", api_key=f"{new_key[:-1]}{'ab'[new_key[-1] == 'a']}")
        assert unknown.status == 401

    replies = beside_readers(world, many=8, busy=2, story=story)
    assert [each.status for each in replies] == [200] * 8


def test_reads_of_others_are_answered_meanwhile(world: World):
    """By another key about other accounts, and by another platform about its own."""
    new_key, other = world.key("small"), world.key("other")

    async def story() -> None:
        for key in (new_key, other):
            balance = await asking(world, "balance", Sample({"account": "bob"}), api_key=key)
            assert balance.status == 200
        quote = await asking(world, "quote", Sample({}, {}, {"model": "Dot"}), api_key=new_key)
        assert quote.status == 200

    beside_readers(world, many=8, busy=2, story=story)


def test_a_publication_and_a_clock_are_changed_meanwhile(world: World):
    async def story() -> None:
        assert (await asking(world, "publish")).status == 201
        assert (await asking(world, "advance_clock")).status == 200

    beside_readers(world, many=8, busy=2, story=story)


def test_readers_are_left_though_a_key_asks_of_every_account(world: World):
    """Its reads are about other accounts each: its own share is the bound then."""
    new_key = world.key("small")

    async def both() -> None:
        with slow(world) as database:
            accounts = ["ada", "bob", "eve"] * 3
            reads = [
                asyncio.create_task(asking(world, "entries", Sample({"account": each})))
                for each in accounts
            ]
            await asyncio.to_thread(database.wait_for, world.settings.key_readers)
            read = asking(world, "account", Sample({"account": "bob"}), api_key=new_key)
            assert (await asyncio.wait_for(read, PATIENCE_SECONDS)).status == 200
            assert database.reading == world.settings.key_readers
            database.let_go.set()
            assert {each.status for each in await asyncio.gather(*reads)} == {200}

    world.caller.run(both())


def test_too_many_reads_of_one_key_are_turned_away_and_told_when_to_ask_again():
    settings = ServerSettings(max_waiting_reads=8)
    with fresh_database(CHOSEN) as url, World(url, settings) as world:
        new_key = world.key("small")
        turned_away: list[Reply] = []

        async def story() -> None:
            turned_away.append(await asking(world, "usage", Sample(ADA, {"limit": 1})))
            other = await asking(world, "balance", Sample({"account": "bob"}), api_key=new_key)
            assert other.status == 200

        beside_readers(world, many=4, busy=2, story=story)
        (reply,) = turned_away
        assert (reply.status, reply.code) == (429, "too_many_reads")
        assert reply.header("retry-after") == "1"
        assert "2 reads waiting" in reply.json["detail"]


@pytest.mark.parametrize(
    ("query", "large"),
    [
        (UsageOf(account="ada", limit=100), False),
        (UsageOf(account="ada", limit=101), True),
        (UsageOf(account="ada"), True),
        (UsageOf(account="ada", labels={"project": "owl"}, limit=1), True),
        (EntriesOf(account="ada", limit=1_000), True),
        (HoldsOf(account="ada", limit=5), False),
        (BalanceOf(account="ada"), False),
        (BalanceOf(account="ada", as_of=START), True),
        (ReceiptOf(account="ada", receipt="r1"), False),
        (QuoteFor(model="Dot"), False),
        (Prices(), True),
    ],
)
def test_what_takes_milliseconds_is_large(query: Query, large: bool):
    assert is_large(query) == large


def test_large_pages_are_read_one_at_a_time_and_small_ones_beside_them(world: World):
    """Python runs one thread at a time: two large ones would only hold up whoever charges."""

    async def both() -> None:
        turns = world.app.service.reads.turns["page"]
        with slow(world) as database:
            large = [
                asyncio.create_task(asking(world, "usage", Sample({"account": each}, {})))
                for each in ("ada", "bob", "eve")
            ]
            await asyncio.to_thread(database.wait_for, 1)
            await until_on_loop(lambda: turns.waiting == 2)
            assert (turns.running, database.reading) == (1, 1)
            small = asking(world, "balance", Sample({"account": "bob"}))
            assert (await asyncio.wait_for(small, PATIENCE_SECONDS)).status == 200
            database.let_go.set()
            assert {each.status for each in await asyncio.gather(*large)} == {200}

    world.caller.run(both())


def test_verifying_is_one_at_a_time_on_a_thread_of_its_own(world: World):
    async def story() -> None:
        first = asyncio.create_task(asking(world, "verify"))
        second = asyncio.create_task(asking(world, "verify"))
        await until_on_loop(lambda: world.app.service.reads.turns["long"].waiting == 1)
        assert (await asking(world, "balance", Sample({"account": "bob"}))).status == 200
        assert not first.done()
        first.cancel()
        second.cancel()

    beside_readers(world, many=1, busy=1, story=story)


def test_a_read_that_nobody_waits_for_keeps_its_place_until_it_ends(world: World):
    """Its thread is busy until then: another one in its place would have none."""

    async def both() -> None:
        turns = world.app.service.reads.turns["reader"]
        with slow(world) as database:
            read = asyncio.create_task(asking(world, "usage", Sample(ADA, {"limit": 1})))
            await asyncio.to_thread(database.wait_for, 1)
            read.cancel()
            await asyncio.gather(read, return_exceptions=True)
            assert turns.running == 1
            database.let_go.set()
            await until_on_loop(lambda: not turns.running)

    world.caller.run(both())


def test_what_must_not_wait_for_readers_has_threads_of_its_own(world: World):
    assert lane_of(Publish(source="")) == lane_of(MoveClock()) == "change"
    assert lane_of(Verify()) == "long"
    let_go = threading.Event()

    async def story() -> None:
        engine = AsyncEngine(world.engine, readers=2)
        held = [engine.run("reader", lambda: let_go.wait(PATIENCE_SECONDS)) for _ in range(8)]
        for lane in LANES:
            assert await asyncio.wait_for(engine.run(lane, lambda: True), PATIENCE_SECONDS)
        assert not any(each.done() for each in held)
        let_go.set()
        assert await asyncio.gather(*held) == [True] * 8

    world.caller.run(story())


def test_one_key_that_many_ask_with_is_looked_up_once(
    world: World, monkeypatch: pytest.MonkeyPatch
):
    looked: list[str] = []
    api_key, find = world.api_key, world.engine.store.api_key
    monkeypatch.setattr(world.engine.store, "api_key", lambda id: (looked.append(id), find(id))[1])

    async def story() -> None:
        asked = [asking(world, "key", api_key=api_key) for _ in range(20)]
        assert {each.status for each in await asyncio.gather(*asked)} == {200}

    world.caller.run(story())
    assert len(looked) == 1


def test_what_cannot_be_a_key_is_not_looked_up(world: World, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(world.engine.store, "api_key", None)
    for text in ("tk_small_nonsense", "x" * 5_000, "tk__" + "a" * 50):
        assert world.ask("key", api_key=text).status == 401


# A past that no snapshots stand in is played apart


def test_a_past_without_snapshots_is_answered_apart_from_the_readers(
    world: World, monkeypatch: pytest.MonkeyPatch
):
    from tallystick.engine import balances

    world.engine.carry_out([("small", commands.GrantCredits("bob", 1))] * 30)
    as_of = Sample({"account": "bob"}, {"as_of": START})
    before = world.ask("balance", as_of).json
    world.ask("advance_clock", Sample({}, {}, {"by": "1h"}))
    world.engine.carry_out([("small", commands.GrantCredits("bob", 1))])
    monkeypatch.setattr(balances, "PLAYED_ENTRIES_MAX", 5)
    lanes: list[str] = []
    run = AsyncEngine.run
    monkeypatch.setattr(
        AsyncEngine, "run", lambda self, lane, work: (lanes.append(lane), run(self, lane, work))[1]
    )
    assert world.ask("balance", as_of).json == before
    assert lanes[-2:] == ["page", "long"]


def test_the_file_of_a_world_is_read_by_many(tmp_path: Path):
    """What these tests rest on: in a file one reader does not wait for another one."""
    with World(str(tmp_path / "credits.db")) as world:
        store = world.engine.store
        with store.reading():
            other = threading.Thread(target=world.engine.check)
            other.start()
            other.join(PATIENCE_SECONDS)
            assert not other.is_alive()
