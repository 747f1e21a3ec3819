"""Many tasks on one event loop: waiting commands share a commit, and nobody waits for ever."""

import asyncio
import threading
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import pytest

from tallystick import AsyncTallystick, StoreError, Tallystick, refusals, results
from tests.scenarios.small import small


async def opened(where: str | Path = ":memory:") -> AsyncTallystick:
    credits = AsyncTallystick.open(where, catalog=small())
    await credits.open_account("ada")
    await credits.top_up("ada", 100)
    return credits


def told(story: Coroutine[Any, Any, None]) -> None:
    """Run a story; one that hangs fails."""
    asyncio.run(asyncio.wait_for(story, 10))


def test_two_hundred_tasks_cannot_overspend(tmp_path: Path):
    async def story() -> None:
        async with await opened(tmp_path / "a.db") as credits:
            asked = [credits.charge("ada", "Dot") for _ in range(200)]
            answers = await asyncio.gather(*asked, return_exceptions=True)
            refused = [answer for answer in answers if isinstance(answer, Exception)]
            assert len(refused) == 100
            assert {type(answer) for answer in refused} == {refusals.InsufficientCredits}
            assert (await credits.balance("ada")).available == 0
            assert await credits.verify()

    told(story())


def test_what_one_has_awaited_another_sees():
    async def story() -> None:
        async with await opened() as credits:
            for spent in range(1, 20):
                await credits.charge("ada", "Dot")
                assert (await credits.balance("ada")).available == 100 - spent

    told(story())


def test_a_task_that_is_cancelled_hears_nothing_and_the_others_do():
    async def story() -> None:
        async with await opened() as credits:
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


def test_closing_waits_for_what_was_asked_before(tmp_path: Path):
    async def story() -> None:
        credits = await opened(tmp_path / "a.db")
        tasks = [asyncio.create_task(credits.charge("ada", "Dot")) for _ in range(20)]
        await asyncio.sleep(0)
        await credits.close()
        assert {answer.credits for answer in await asyncio.gather(*tasks)} == {1}

    told(story())
    with Tallystick.open(tmp_path / "a.db") as credits:
        assert credits.balance("ada").available == 80


def test_after_closing_every_verb_says_so():
    async def story() -> None:
        credits = await opened()
        await credits.close()
        for call in (credits.balance("ada"), credits.grant("ada", 5), credits.verify()):
            with pytest.raises(StoreError):
                await call

    told(story())


def test_an_event_loop_that_ends_while_others_wait_stops_nobody_after_it():
    credits = AsyncTallystick.open(":memory:", catalog=small())

    async def leaves() -> None:
        await credits.open_account("ada")
        await credits.top_up("ada", 100)
        for _ in range(50):
            asyncio.ensure_future(credits.charge("ada", "Dot"))  # noqa: RUF006
        await asyncio.sleep(0)

    async def comes_after() -> None:
        assert (await credits.charge("ada", "Dot")).credits == 1
        assert await credits.verify()
        await credits.close()

    told(leaves())
    told(comes_after())


def test_several_event_loops_are_each_answered():
    credits = AsyncTallystick.open(":memory:", catalog=small())
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
    await credits.top_up("ada", 100)


def test_reads_go_on_beside_writes(tmp_path: Path):
    async def story() -> None:
        async with await opened(tmp_path / "a.db") as credits:

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


def test_a_refusal_is_raised_where_it_is_awaited():
    async def story() -> None:
        async with await opened() as credits:
            with pytest.raises(refusals.InsufficientCredits):
                await credits.charge("ada", "Dot", outputs=101)
            with pytest.raises(refusals.AccountNotFound):
                await credits.balance("bob")

    told(story())
