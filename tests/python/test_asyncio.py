"""Many tasks on one event loop: waiting commands share a commit, and nobody waits for ever.

Embedded and over HTTP.
"""

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest

from tallystick import AsyncTallystick, StoreError, Tallystick, refusals, results
from tallystick.core.commands import OpenAccount
from tallystick.service.async_engine import AsyncEngine
from tallystick.service.startup import open_engine
from tests.one_server import Behind, behind_http
from tests.patience import PATIENCE_SECONDS
from tests.scenarios.small import small


@pytest.fixture(params=["embedded", "over HTTP"])
def transport(request: pytest.FixtureRequest) -> Iterator[Any]:
    """Opens a platform, or connects to a server that has opened it."""
    if request.param == "embedded":
        yield AsyncTallystick.open
        return
    servers: list[Behind] = []

    def connected(*args: Any, **kwargs: Any) -> AsyncTallystick:
        servers.append(behind_http(*args, **kwargs))
        return AsyncTallystick.connect(servers[-1].url, servers[-1].api_key)

    yield connected
    for each in servers:
        each.close()


async def opened(transport: Any, where: str | Path = ":memory:") -> AsyncTallystick:
    credits = transport(where, catalog=small())
    await prepare(credits)
    return credits


def told(story: Coroutine[Any, Any, None]) -> None:
    """Run a story; one that hangs fails."""
    asyncio.run(asyncio.wait_for(story, PATIENCE_SECONDS))


def test_two_hundred_tasks_cannot_overspend(transport: Any, tmp_path: Path):
    async def story() -> None:
        async with await opened(transport, tmp_path / "a.db") as credits:
            asked = [credits.charge("ada", "Dot") for _ in range(200)]
            answers = await asyncio.gather(*asked, return_exceptions=True)
            refused = [answer for answer in answers if isinstance(answer, Exception)]
            assert len(refused) == 100
            assert {type(answer) for answer in refused} == {refusals.InsufficientCredits}
            assert (await credits.balance("ada")).available == 0
            assert await credits.verify()

    told(story())


class Commits:
    """An engine whose batches are counted, and its first one held up until it may go on."""

    def __init__(self) -> None:
        engine, self.platform = open_engine(":memory:", None, small())
        engine.on_batch = self._begins
        self.credits = AsyncEngine(engine)
        self.sizes: list[int] = []
        self.begun, self.may_go_on = threading.Event(), threading.Event()

    def _begins(self, commands: int) -> None:
        self.sizes.append(commands)
        self.begun.set()
        assert self.may_go_on.wait(PATIENCE_SECONDS)

    def ask(self, account: str) -> "asyncio.Future[Any]":
        return self.credits.carry_out([(self.platform, OpenAccount(account))])


def test_those_who_ask_in_one_turn_of_the_loop_share_a_commit():
    commits = Commits()
    commits.may_go_on.set()
    other_threads_run = threading.Event()

    async def one(account: str) -> None:
        other_threads_run.wait(0.002)
        await commits.ask(account)

    async def story() -> None:
        await asyncio.gather(*[one(f"acct_{number}") for number in range(20)])
        await commits.credits.close()

    told(story())
    assert commits.sizes == [20]


def test_those_who_ask_during_a_commit_share_the_next_one():
    commits = Commits()

    async def story() -> None:
        first = commits.ask("first")
        await asyncio.to_thread(commits.begun.wait, PATIENCE_SECONDS)
        others = [commits.ask(f"acct_{number}") for number in range(3)]
        await asyncio.sleep(0)
        commits.may_go_on.set()
        await asyncio.gather(first, *others)
        await commits.credits.close()

    told(story())
    assert commits.sizes == [1, 3]


def test_an_event_loop_that_ends_during_its_commit_holds_up_no_other():
    commits = Commits()

    async def leaves() -> None:
        commits.ask("first")
        await asyncio.to_thread(commits.begun.wait, PATIENCE_SECONDS)

    async def stays() -> None:
        second = commits.ask("second")
        await asyncio.sleep(0)
        commits.may_go_on.set()
        assert (await second)[0].answer.account == "second"
        await commits.credits.close()

    told(leaves())
    told(stays())
    assert commits.sizes == [1, 1]


def test_what_one_has_awaited_another_sees(transport: Any):
    async def story() -> None:
        async with await opened(transport) as credits:
            for spent in range(1, 20):
                await credits.charge("ada", "Dot")
                assert (await credits.balance("ada")).available == 100 - spent

    told(story())


def test_a_task_that_is_cancelled_hears_nothing_and_the_others_do(transport: Any):
    async def story() -> None:
        async with await opened(transport) as credits:
            tasks = [asyncio.create_task(credits.charge("ada", "Dot")) for _ in range(20)]
            await asyncio.sleep(0)
            for task in tasks[::2]:
                task.cancel()
            answers = await asyncio.gather(*tasks, return_exceptions=True)
            assert all(isinstance(each, asyncio.CancelledError) for each in answers[::2])
            assert all(isinstance(each, results.Charge) for each in answers[1::2])
            left = (await credits.balance("ada")).available
            assert 80 <= left <= 90, "what was written stays written"
            assert await credits.verify()

    told(story())


def test_closing_waits_for_what_was_asked_before(transport: Any, tmp_path: Path):
    async def story() -> None:
        credits = await opened(transport, tmp_path / "a.db")
        tasks = [asyncio.create_task(credits.charge("ada", "Dot")) for _ in range(20)]
        await asyncio.sleep(0)
        await credits.close()
        assert {answer.credits for answer in await asyncio.gather(*tasks)} == {1}

    told(story())
    with Tallystick.open(tmp_path / "a.db") as credits:
        assert credits.balance("ada").available == 80


def test_after_closing_every_verb_says_so(transport: Any):
    async def story() -> None:
        credits = await opened(transport)
        await credits.close()
        for call in (credits.balance("ada"), credits.grant("ada", 5), credits.verify()):
            with pytest.raises(StoreError):
                await call

    told(story())


def test_an_event_loop_that_ends_while_others_wait_stops_nobody_after_it(transport: Any):
    credits = transport(":memory:", catalog=small())

    async def leaves() -> None:
        await credits.open_account("ada")
        await credits.top_up("ada", 100, custom=True)
        for _ in range(50):
            asyncio.ensure_future(credits.charge("ada", "Dot"))  # noqa: RUF006
        await asyncio.sleep(0)

    async def comes_after() -> None:
        assert (await credits.charge("ada", "Dot")).credits == 1
        assert await credits.verify()
        await credits.close()

    told(leaves())
    told(comes_after())


def test_several_event_loops_are_each_answered(transport: Any):
    credits = transport(":memory:", catalog=small())
    told(prepare(credits))
    failed: list[BaseException] = []

    def thread() -> None:
        async def story() -> None:
            for _ in range(20):
                await credits.charge("ada", "Dot")

        try:
            told(story())
        except BaseException as error:  # noqa: BLE001 (it is asserted below, on the main thread)
            failed.append(error)

    threads = [threading.Thread(target=thread) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert failed == []

    async def end() -> None:
        assert (await credits.balance("ada")).available == 20
        await credits.close()

    told(end())


async def prepare(credits: AsyncTallystick) -> None:
    await credits.open_account("ada")
    await credits.top_up("ada", 100, custom=True)


def test_reads_go_on_beside_writes(transport: Any, tmp_path: Path):
    async def story() -> None:
        async with await opened(transport, tmp_path / "a.db") as credits:

            async def write() -> None:
                for _ in range(30):
                    await credits.charge("ada", "Dot")

            async def read() -> None:
                for _ in range(30):
                    balance = await credits.balance("ada")
                    entries = await credits.entries("ada", newest=True, limit=1)
                    assert entries[0].balance_after <= balance.available

            await asyncio.gather(write(), read(), read())

    told(story())


def test_a_refusal_is_raised_where_it_is_awaited(transport: Any):
    async def story() -> None:
        async with await opened(transport) as credits:
            with pytest.raises(refusals.InsufficientCredits):
                await credits.charge("ada", "Dot", outputs=101)
            with pytest.raises(refusals.AccountNotFound):
                await credits.balance("bob")

    told(story())
