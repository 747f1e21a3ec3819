"""Whose read is next: nobody keeps all readers busy, or waits behind a thousand of another."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

import pytest

from tallystick.http.turns import Asker, Limits, Turns
from tallystick.wire.problems import HttpError
from tests.patience import PATIENCE_SECONDS

T = TypeVar("T")
LIMITS = Limits(readers=4, platform=3, key=2, account=1, wait=16)


def run(story: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(story)


class Server:
    """Reads that last until they are told to end; `begun` are those that did, in order."""

    def __init__(self, limits: Limits = LIMITS):
        self.turns = Turns(limits)
        self.begun: list[str] = []
        self._ends: dict[str, asyncio.Event] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def ask(self, name: str, platform: str, key: str, account: str | None = None) -> None:
        """Begin to ask, and go on until it has begun or waits."""
        self._ends[name] = asyncio.Event()
        self._tasks[name] = asyncio.create_task(self._read(name, Asker(platform, key, account)))
        await asyncio.sleep(0)

    async def _read(self, name: str, asker: Asker) -> None:
        await self.turns.begin(asker)
        self.begun.append(name)
        try:
            await self._ends[name].wait()
        finally:
            self.turns.end(asker)

    async def end(self, *names: str) -> None:
        for name in names:
            self._ends[name].set()
            await self._tasks[name]
        await asyncio.sleep(0)

    async def cancel(self, name: str) -> None:
        self._tasks[name].cancel()
        await asyncio.gather(self._tasks[name], return_exceptions=True)
        await asyncio.sleep(0)

    async def turned_away(self, platform: str, key: str) -> HttpError:
        with pytest.raises(HttpError) as error:
            await self.turns.begin(Asker(platform, key))
        return error.value


def test_a_key_a_platform_and_an_account_keep_no_more_than_their_share_busy():
    async def story() -> None:
        server = Server()
        for number in range(3):
            await server.ask(f"one {number}", "a", "one", f"account {number}")
        assert server.begun == ["one 0", "one 1"], "of a key two"
        for number in range(2):
            await server.ask(f"two {number}", "a", "two")
        assert server.begun[2:] == ["two 0"], "of a platform three"
        await server.ask("other", "b", "three", "account 0")
        assert server.begun[3:] == ["other"], "one is left for another platform"

    run(story())


def test_of_one_account_no_more_is_read_whoever_asks():
    async def story() -> None:
        server = Server()
        await server.ask("first", "a", "one", "ada")
        await server.ask("second", "a", "two", "ada")
        await server.ask("another", "a", "two", "bob")
        await server.ask("its namesake", "b", "three", "ada")
        assert server.begun == ["first", "another", "its namesake"]
        await server.end("first")
        assert server.begun[3:] == ["second"]

    run(story())


def test_one_who_asks_once_waits_for_one_other_however_many_wait():
    async def story() -> None:
        server = Server(LIMITS._replace(readers=2, wait=100))
        for number in range(20):
            await server.ask(f"many {number}", "a", "one")
        await server.ask("b 0", "b", "two")
        assert server.begun == ["many 0", "many 1"]
        await server.end("many 0")
        assert server.begun[2:] == ["b 0"]

    run(story())


def test_keys_of_one_platform_take_turns_and_each_is_served_in_order():
    async def story() -> None:
        server = Server(Limits(readers=1, platform=1, key=1, account=1, wait=100))
        await server.ask("running", "a", "zero")
        for number in range(3):
            for key in ("one", "two"):
                await server.ask(f"{key} {number}", "a", key)
        for name in ("running", "one 0", "two 0", "one 1", "two 1", "one 2"):
            await server.end(name)
        assert server.begun[1:] == ["one 0", "two 0", "one 1", "two 1", "one 2", "two 2"]

    run(story())


def test_a_read_of_a_busy_account_holds_up_no_other_of_its_key():
    async def story() -> None:
        server = Server()
        await server.ask("ada", "a", "one", "ada")
        await server.ask("ada again", "a", "one", "ada")
        await server.ask("bob", "a", "one", "bob")
        assert server.begun == ["ada", "bob"]

    run(story())


def test_only_so_many_wait_of_a_key_of_a_platform_and_in_all():
    async def story() -> None:
        server = Server(Limits(readers=1, platform=1, key=1, account=1, wait=16))
        await server.ask("running", "x", "x")
        for number in range(4):
            await server.ask(f"one {number}", "a", "one")
        error = await server.turned_away("a", "one")
        assert (error.code, str(error)[:29]) == ("too_many_reads", "this key has 4 reads waiting;")
        for number in range(4):
            await server.ask(f"two {number}", "a", "two")
        error = await server.turned_away("a", "three")
        assert str(error).startswith("this platform has 8 reads waiting;")
        for platform in ("b", "c"):
            for number in range(4):
                await server.ask(f"{platform} {number}", platform, platform)
        error = await server.turned_away("d", "d")
        assert (error.code, server.turns.waiting) == ("overloaded", 16)

    run(story())


def test_who_gives_up_waiting_or_reading_leaves_the_place_to_others():
    async def story() -> None:
        server = Server(LIMITS._replace(readers=1))
        await server.ask("first", "a", "one")
        await server.ask("gives up", "a", "one")
        await server.ask("patient", "b", "two")
        await server.cancel("gives up")
        assert server.turns.waiting == 1
        await server.cancel("first")
        assert server.begun == ["first", "patient"]
        await server.end("patient")
        assert (server.turns.running, server.turns.waiting) == (0, 0)

    run(story())


def test_who_is_cancelled_at_the_moment_of_their_turn_hands_it_on():
    async def story() -> None:
        admission = Turns(LIMITS._replace(readers=1))
        await admission.begin(Asker("a", "one"))
        waiting = asyncio.create_task(admission.begin(Asker("a", "one")))
        await asyncio.sleep(0)
        admission.end(Asker("a", "one"))  # its turn has come, and it has not heard of it yet
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        assert admission.running == 0
        await asyncio.wait_for(admission.begin(Asker("b", "two")), PATIENCE_SECONDS)

    run(story())


def test_nothing_is_kept_of_those_who_were_served():
    async def story() -> Turns:
        server = Server(LIMITS._replace(readers=1))
        for number in range(9):
            await server.ask(str(number), f"platform {number}", "key", "ada")
        for number in range(9):
            await server.end(str(number))
        return server.turns

    admission = run(story())
    kept = admission._busy, admission._queues, admission._served, +admission._waits
    assert not any(kept)
