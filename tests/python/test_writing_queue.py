"""Whose commands are written next: one who asks much takes turns with whoever asks once."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from tallystick.core.commands import Charge, Command, OpenAccount, TopUp
from tallystick.core.errors import DatabaseBusy, InvalidRequest
from tallystick.engine import Outcome
from tallystick.engine.group import MAX_BATCH
from tallystick.service.async_engine import AsyncEngine
from tallystick.service.startup import open_engine
from tallystick.service.write_queue import (
    SHARED_FOR_BATCHES,
    SHORT_COMMANDS,
    SLICE_COMMANDS,
    Queue,
    WaitingTask,
)
from tests.patience import PATIENCE_SECONDS
from tests.scenarios.small import small

MANY = 1_000


class Writer:
    """An engine whose batches are noted, each of them held up until it may go on."""

    def __init__(self) -> None:
        self.engine, self.platform = open_engine(":memory:", None, small())
        self.credits = AsyncEngine(self.engine)
        self.batches: list[list[Command]] = []
        self.begun, self.may_go_on = threading.Event(), threading.Event()
        self.fails: Callable[[int], bool] = lambda number: False
        self._carry_out = self.engine.carry_out
        self.engine.carry_out = self._noted  # type: ignore[method-assign]

    def _noted(self, asked: Any) -> list[Outcome]:
        self.batches.append([command for _, command in asked])
        self.begun.set()
        assert self.may_go_on.wait(PATIENCE_SECONDS)
        if self.fails(len(self.batches)):
            raise DatabaseBusy("others held the database")
        return self._carry_out(asked)

    def ask(self, whose: str | None, *commands: Command) -> asyncio.Future[list[Outcome]]:
        return self.credits.carry_out([(self.platform, each) for each in commands], whose)

    async def busy(self, whose: str) -> asyncio.Future[list[Outcome]]:
        """Somebody's command is being written, and will be until it may go on."""
        asked = self.ask(whose, OpenAccount("busy"))
        await asyncio.to_thread(self.begun.wait, PATIENCE_SECONDS)
        return asked

    def batch_of(self, account: str) -> int:
        """The number of the first batch that carries an account."""
        return next(
            number
            for number, batch in enumerate(self.batches)
            if any(each.account == account for each in batch)
        )


@pytest.fixture
def writer() -> Writer:
    return Writer()


def told(story: Coroutine[Any, Any, None]) -> None:
    """Run a story; one that hangs fails."""
    asyncio.run(asyncio.wait_for(story, PATIENCE_SECONDS))


def accounts(name: str, count: int = MANY) -> list[Command]:
    return [OpenAccount(f"{name}{number}") for number in range(count)]


def opened(outcomes: list[Outcome]) -> list[str]:
    return [each.answer.account for each in outcomes]


def test_who_asks_once_is_written_next_however_much_another_one_waits_with(writer: Writer):
    async def story() -> None:
        first = await writer.busy("flood")
        floods = [writer.ask("flood", *accounts(f"flood{at}-")) for at in range(5)]
        fair = writer.ask("fair", OpenAccount("fair"))
        writer.may_go_on.set()
        assert opened(await fair) == ["fair"]
        assert not any(each.done() for each in floods)
        assert writer.batch_of("fair") == 1
        assert len(writer.batches[1]) <= SHORT_COMMANDS + SLICE_COMMANDS
        await asyncio.gather(first, *floods)
        await writer.credits.close()

    told(story())


def test_batches_stay_short_a_while_after_another_one_asked_and_then_are_as_large_as_may_be(
    writer: Writer,
):
    writer.may_go_on.set()

    async def story() -> None:
        await writer.ask("fair", OpenAccount("fair"))
        await writer.ask("flood", *accounts("a"))
        assert max(map(len, writer.batches)) <= SHORT_COMMANDS + SLICE_COMMANDS
        for number in range(SHARED_FOR_BATCHES):
            await writer.ask("flood", OpenAccount(f"b{number}"))
        await writer.ask("flood", *accounts("c"))
        assert len(writer.batches[-1]) == MAX_BATCH
        await writer.credits.close()

    told(story())


@pytest.mark.parametrize("whose", [None, "one"])
def test_as_long_as_one_asks_what_it_asks_at_once_is_written_at_once(
    writer: Writer, whose: str | None
):
    writer.may_go_on.set()

    async def story() -> None:
        for name in ("a", "b"):
            outcomes = await writer.ask(whose, *accounts(name))
            assert opened(outcomes) == [each.account for each in accounts(name)]
        assert [len(each) for each in writer.batches] == [MANY, MANY]
        await writer.credits.close()

    told(story())


def test_one_who_had_a_slice_rests_as_long_as_its_batch_took():
    """So half of the time nobody is being written whom one that asks once would wait for."""
    queue, loop = Queue(), asyncio.new_event_loop()
    loop.close()

    def put(whose: str, count: int) -> None:
        asked = [("small", command) for command in accounts(whose, count)]
        queue.put(WaitingTask(asked, asyncio.Future(loop=loop)), whose)

    def batch(now: float) -> set[str]:
        return {each.account[:5] for piece in queue.next_group(now) for _, each in piece.asked}

    put("fair", 1)
    put("flood", MANY)
    assert batch(10.0) == {"fair0", "flood"}
    queue.rest(10.0, 0.5)
    assert queue.pause(10.0) == pytest.approx(0.1)  # however long the disk took
    assert queue.pause(10.1) == 0.0
    assert batch(10.1) == {"flood"}
    queue.rest(11.0, 0.02)
    assert queue.pause(11.0) == pytest.approx(0.02)
    put("fair", 1)
    assert queue.pause(11.0) == 0.0
    assert batch(11.0) == {"fair0"}
    queue.rest(11.01, 5)  # a batch without a slice is no reason to rest
    assert queue.pause(11.01) == pytest.approx(0.01)
    assert batch(11.02) == {"flood"}


def test_company_is_noticed_though_it_asks_seldom(writer: Writer):
    """Many batches of one lie between two commands of another, and stay short all the same."""
    writer.may_go_on.set()

    async def story() -> None:
        flood = writer.ask("flood", *[each for at in range(9) for each in accounts(f"flood{at}-")])
        for number in range(5):
            await writer.ask("fair", OpenAccount(f"fair{number}"))
        assert not flood.done()
        await asyncio.sleep(0)
        await flood
        assert (
            max(map(len, writer.batches[: writer.batch_of("fair4") + SHARED_FOR_BATCHES]))
            <= SHORT_COMMANDS + 1
        )
        await writer.credits.close()

    told(story())


def test_several_that_flood_have_equal_shares(writer: Writer):
    async def story() -> None:
        first = await writer.busy("a")
        floods = [writer.ask(name, *accounts(name)) for name in "abc"]
        writer.may_go_on.set()
        await asyncio.gather(first, *floods)
        written = [each.account[0] for batch in writer.batches[1:] for each in batch]
        for end in range(SHORT_COMMANDS, len(written), SHORT_COMMANDS):
            counts = [written[:end].count(name) for name in "abc"]
            assert max(counts) - min(counts) <= SLICE_COMMANDS
        await writer.credits.close()

    told(story())


def test_what_one_asks_is_written_in_order_and_answered_in_order(writer: Writer):
    """A list that is written in slices gives the answers of one that is not: an account's
    commands follow each other, and the second under a key has the answer of the first."""

    def commands() -> list[Command]:
        charges = [Charge("ada", "Dot", key=f"k{number % 180}") for number in range(200)]
        return [OpenAccount("ada"), TopUp("ada", 100, custom=True), *charges]

    async def answered(in_slices: bool) -> list[Any]:
        each = Writer()
        first = await each.busy("flood")
        asked = each.ask("flood", *commands())
        other = each.ask("fair" if in_slices else "flood", OpenAccount("other"))
        each.may_go_on.set()
        outcomes = await asked
        await asyncio.gather(first, other)
        assert (each.batch_of("ada"), len(each.batches) > 2) == (1, in_slices)
        await each.credits.close()
        return [(type(said), replayed) for said, replayed in outcomes]

    async def story() -> None:
        in_slices, whole = await answered(True), await answered(False)
        assert in_slices == whole
        assert sum(replayed for _, replayed in whole) == 20

    told(story())


def test_a_list_of_which_a_slice_was_written_is_answered_for_each_command(writer: Writer):
    """Those that were written have their answers, the others the error; no more of it is tried,
    and what others asked is."""

    async def story() -> None:
        first = await writer.busy("flood")
        flood = writer.ask("flood", *accounts("flood"))
        fair = writer.ask("fair", OpenAccount("fair"))
        writer.fails = lambda number: number == 3
        writer.may_go_on.set()
        await asyncio.gather(first, fair)
        outcomes = await flood
        failed = [isinstance(each.answer, DatabaseBusy) for each in outcomes]
        assert len(outcomes) == MANY
        written = failed.index(True)
        assert 0 < written <= SHORT_COMMANDS
        assert all(failed[written:])
        assert opened(await writer.ask("flood", OpenAccount("after"))) == ["after"]
        assert sum(len(batch) for batch in writer.batches) < MANY
        assert writer.credits.waiting == 0
        await writer.credits.close()

    told(story())


def test_a_list_of_which_nothing_was_written_raises(writer: Writer):
    async def story() -> None:
        first = await writer.busy("flood")
        flood = writer.ask("flood", *accounts("flood"))
        fair = writer.ask("fair", OpenAccount("fair"))
        writer.fails = lambda number: number == 2
        writer.may_go_on.set()
        for each in (flood, fair):
            with pytest.raises(DatabaseBusy):
                await each
        await first
        assert writer.credits.waiting == 0
        await writer.credits.close()

    told(story())


def test_closing_answers_all_that_was_asked_of_everybody(writer: Writer):
    async def story() -> None:
        first = await writer.busy("flood")
        floods = [writer.ask(name, *accounts(name)) for name in ("a", "b")]
        nothing = writer.ask("c")
        closing = asyncio.create_task(writer.credits.close())
        await asyncio.sleep(0)
        writer.may_go_on.set()
        await closing
        assert [len(await each) for each in (first, *floods, nothing)] == [1, MANY, MANY, 0]

    told(story())


def test_what_waits_is_counted_for_each_who_asks(writer: Writer):
    async def story() -> None:
        first = await writer.busy("flood")
        others = [writer.ask("flood", *accounts("a")), writer.ask("fair", OpenAccount("fair"))]
        credits = writer.credits
        assert credits.waiting == MANY + 1
        assert [credits.waiting_of(each) for each in ("flood", "fair", "x")] == [MANY, 1, 0]
        assert credits.waiting_within(10) == 11
        writer.may_go_on.set()
        await asyncio.gather(first, *others)
        assert credits.waiting == credits.waiting_of("flood") == credits.waiting_within(10) == 0
        await credits.close()

    told(story())


def test_what_is_all_or_nothing_waits_for_its_turn_and_is_written_by_itself(writer: Writer):
    """It is counted as waiting, no slice is cut of it, and who asks once is still written next."""
    wholes: list[int] = []
    carry_out_whole = writer.engine.carry_out_whole

    def noted(platform: str, asked: Any) -> list[Outcome]:
        wholes.append(len(asked))
        return carry_out_whole(platform, asked)

    writer.engine.carry_out_whole = noted  # type: ignore[method-assign]

    async def story() -> None:
        first = await writer.busy("flood")
        floods = [writer.ask("flood", *accounts(f"flood{at}-")) for at in range(3)]
        much = [OpenAccount("much"), *[TopUp("much", 1, custom=True)] * 99]
        whole = writer.credits.carry_out_whole(writer.platform, much, "whole")
        bad = writer.credits.carry_out_whole(
            writer.platform, [OpenAccount("bad"), OpenAccount("bad")], "whole"
        )
        assert writer.credits.waiting_of("whole") == 102
        fair = writer.ask("fair", OpenAccount("fair"))
        with pytest.raises(InvalidRequest, match="one account"):
            writer.credits.carry_out_whole(
                writer.platform, [OpenAccount("a"), OpenAccount("b")], "whole"
            )
        writer.may_go_on.set()
        assert opened(await fair) == ["fair"]
        outcomes = await whole
        assert len(outcomes) == 100
        assert len([each for each in outcomes if isinstance(each.answer, Exception)]) in (0, 100)
        assert [type(each.answer).__name__ for each in await bad] == [
            "InvalidRequest", "AccountExists",
        ]  # fmt: skip
        assert wholes == [100, 2]
        assert not all(each.done() for each in floods)
        await asyncio.gather(first, *floods)
        await writer.credits.close()

    told(story())


def test_what_could_not_be_written_beside_something_whole_is_told_of_that_alone(writer: Writer):
    writer.fails = lambda number: number == 2

    async def story() -> None:
        first = await writer.busy("one")
        asked = [OpenAccount("whole"), TopUp("whole", 5, custom=True)]
        before = writer.ask("one", OpenAccount("before"))
        whole = writer.credits.carry_out_whole(writer.platform, asked, "one")
        writer.may_go_on.set()
        assert opened([(await first)[0]]) == ["busy"]
        assert isinstance((await before)[0].answer, DatabaseBusy)
        assert not any(isinstance(each.answer, DatabaseBusy) for each in await whole)
        await writer.credits.close()

    told(story())
