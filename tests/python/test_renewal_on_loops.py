"""A hold on an event loop extends itself while its block runs, with a task for each."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from tallystick import AsyncTallystick, InvalidRequest, results
from tallystick.client.connection import remote
from tallystick.client.http_transport import AsyncHttpTransport
from tallystick.core.errors import Unreachable
from tallystick.service.local import AsyncLocalTransport
from tallystick.service.startup import open_engine
from tests.one_server import behind_http
from tests.patience import PATIENCE_SECONDS
from tests.python.failing import FailingAwaited
from tests.python.passing import PassingOnALoop
from tests.scenarios.small import small

TTL = 60
FAILED = RuntimeError("no frames")


class LoopWorld:
    """A platform with the account ``ada``, a transport that can fail, and time that passes."""

    def __init__(self, transport: str):
        self.time = PassingOnALoop()
        self.end: Callable[[], None] = lambda: None
        opening: Any = {"catalog": small(), "clock": self.time.clock}
        inner: Any
        if transport == "embedded":
            inner = AsyncLocalTransport(*open_engine(":memory:", None, **opening))
        else:
            behind = behind_http(":memory:", **opening)
            self.end = behind.close
            inner = AsyncHttpTransport(remote(behind.url, behind.api_key))
        self.transport = FailingAwaited(inner)
        self.credits = AsyncTallystick(self.transport, "small", self.time)

    async def open_holds(self) -> list[str]:
        return [each.hold for each in await self.credits.holds("ada")]

    def tell(self, story: Callable[["LoopWorld"], Coroutine[Any, Any, None]]) -> None:
        async def all_of_it() -> None:
            await self.credits.open_account("ada")
            await self.credits.top_up("ada", 200)
            await story(self)
            assert await self.credits.verify()
            await self.credits.close()
            assert self.time.tasks == []

        asyncio.run(asyncio.wait_for(all_of_it(), PATIENCE_SECONDS))
        self.end()


@pytest.fixture(params=["embedded", "over HTTP"])
def loop_world(request: pytest.FixtureRequest) -> LoopWorld:
    return LoopWorld(request.param)


def test_a_block_on_an_event_loop_keeps_its_hold(loop_world: LoopWorld):
    async def story(world: LoopWorld) -> None:
        async with world.credits.hold("ada", "Clip", seconds=4, ttl_seconds=TTL) as hold:
            await world.time.passes(10 * TTL)
            assert await world.open_holds() == [hold.hold]
            assert len(world.transport.extensions) == 20
        assert world.time.tasks == []
        balance = await world.credits.balance("ada")
        assert (balance.available, balance.held) == (160, 0)

    loop_world.tell(story)


def test_an_exception_on_an_event_loop_releases_and_ends_the_keeping(loop_world: LoopWorld):
    async def story(world: LoopWorld) -> None:
        async def work() -> None:
            async with world.credits.hold("ada", "Clip", seconds=4, ttl_seconds=TTL):
                await world.time.passes(3 * TTL)
                raise FAILED

        with pytest.raises(RuntimeError, match="no frames"):
            await work()
        assert (await world.credits.balance("ada")).available == 200
        assert world.time.tasks == []

    loop_world.tell(story)


def test_a_block_whose_end_is_refused_ends_the_keeping_on_an_event_loop(loop_world: LoopWorld):
    async def work(world: LoopWorld) -> None:
        async with world.credits.hold("ada", "Consultation", ttl_seconds=TTL):
            pass

    async def story(world: LoopWorld) -> None:
        with pytest.raises(InvalidRequest):
            await work(world)
        assert world.time.tasks == []
        await world.time.passes(2 * TTL)
        assert (await world.credits.balance("ada")).available == 200

    loop_world.tell(story)


def test_failures_on_an_event_loop_are_tried_again(
    loop_world: LoopWorld, caplog: pytest.LogCaptureFixture
):
    async def story(world: LoopWorld) -> None:
        async with world.credits.hold("ada", "Clip", seconds=4, ttl_seconds=TTL) as hold:
            world.transport.errors = [Unreachable("the line is down") for _ in range(7)]
            await world.time.passes(5 * TTL)
            assert await world.open_holds() == [hold.hold]
        assert sum(record.name == "tallystick" for record in caplog.records) == 7

    loop_world.tell(story)


def test_many_blocks_on_an_event_loop_are_each_kept(loop_world: LoopWorld):
    async def block(world: LoopWorld, begun: asyncio.Semaphore, end: asyncio.Event) -> None:
        async with world.credits.hold("ada", "Dot", ttl_seconds=TTL):
            begun.release()
            await end.wait()

    async def story(world: LoopWorld) -> None:
        begun, end = asyncio.Semaphore(0), asyncio.Event()
        blocks = [asyncio.create_task(block(world, begun, end)) for _ in range(20)]
        for _ in blocks:
            await begun.acquire()
        await world.time.passes(3 * TTL)
        assert len(await world.open_holds()) == 20
        end.set()
        await asyncio.gather(*blocks)
        assert (await world.credits.balance("ada")).available == 180

    loop_world.tell(story)


def test_an_awaited_hold_that_is_not_entered_has_no_task(loop_world: LoopWorld):
    async def story(world: LoopWorld) -> None:
        hold = await world.credits.hold("ada", "Clip", seconds=4, ttl_seconds=TTL)
        assert isinstance(hold, results.Hold)
        assert world.time.tasks == []
        async with hold:
            await hold.extend(10)
            await world.time.passes(60)
            assert await world.open_holds() == [hold.hold], "by its own shorter extension"
            await hold.release()
            assert world.time.tasks == []

    loop_world.tell(story)


def test_an_old_hold_under_its_key_is_extended_in_time_on_an_event_loop(loop_world: LoopWorld):
    async def story(world: LoopWorld) -> None:
        asked: Any = {"seconds": 4, "ttl_seconds": 600, "key": "job-71"}
        first = await world.credits.hold("ada", "Clip", **asked)
        await world.time.passes(590)
        async with world.credits.hold("ada", "Clip", **asked) as hold:
            await world.time.passes(1_200)
            assert await world.open_holds() == [first.hold] == [hold.hold]

    loop_world.tell(story)
