"""A hold as a block: an exception releases it, the end settles it, a close inside stands."""

import asyncio
from typing import Any

import pytest

from tallystick import AsyncTallystick, InvalidRequest, OpenHold, refusals, results
from tallystick.testing import TestClock
from tests.scenarios.small import small


class RenderFailed(Exception):
    """What a product's own code raises."""


def standing(credits: Any) -> tuple[Any, Any]:
    balance = credits.balance("ada")
    return balance.available, balance.held


def test_a_block_settles_with_what_it_says(credits: Any):
    with credits.hold("ada", "Clip", seconds=4) as hold:
        assert standing(credits) == (70, 40)
        settled = hold.settle(seconds=3)
    assert (settled.credits, settled.hold) == (30, hold.hold)
    assert standing(credits) == (80, 0)


def test_a_block_that_ends_without_closing_settles_for_the_price_that_was_held(credits: Any):
    with credits.hold("ada", "Clip", seconds=4) as hold:
        pass
    assert standing(credits) == (70, 0)
    assert credits.receipt("ada", hold.hold).credits == 40


def test_an_exception_releases_and_goes_on(credits: Any):
    with pytest.raises(RenderFailed, match="no frames"):  # noqa: SIM117
        with credits.hold("ada", "Clip", seconds=4) as hold:
            raise RenderFailed("no frames")
    assert standing(credits) == (110, 0)
    with pytest.raises(refusals.HoldClosed) as closed:
        credits.settle("ada", hold.hold)
    assert closed.value.how == "released"


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, GeneratorExit])
def test_an_interruption_releases_as_well(credits: Any, error: type[BaseException]):
    hold = credits.hold("ada", "Clip", seconds=4)
    hold.__enter__()
    hold.__exit__(error, error(), None)
    assert standing(credits) == (110, 0)


def test_a_release_inside_the_block_stands(credits: Any):
    with credits.hold("ada", "Clip", seconds=4) as hold:
        assert hold.release().returned == 40
    assert standing(credits) == (110, 0)


def test_an_exception_after_the_settlement_changes_nothing(credits: Any):
    def work() -> None:
        with credits.hold("ada", "Clip", seconds=4) as hold:
            hold.settle(seconds=1)
            raise RenderFailed

    with pytest.raises(RenderFailed):
        work()
    assert standing(credits) == (100, 0)


def test_a_refused_settlement_leaves_the_hold_open_to_the_block(credits: Any):
    with credits.hold("ada", "Clip", seconds=4) as hold:
        with pytest.raises(refusals.SettleAboveHold):
            hold.settle(seconds=5)
        with pytest.raises(InvalidRequest):
            hold.settle(seconds=-1)
        assert standing(credits) == (70, 40)
    assert standing(credits) == (70, 0)


def test_a_second_close_says_how_it_was_closed(credits: Any):
    with credits.hold("ada", "Clip", seconds=4) as hold:
        hold.settle(seconds=3)
        for close in (hold.settle, hold.release):
            with pytest.raises(refusals.HoldClosed) as closed:
                close()
            assert (closed.value.how, closed.value.credits) == ("settled", 30)
    assert standing(credits) == (80, 0)


def test_a_block_that_outlives_its_hold_hears_of_it(credits: Any, clock: TestClock):
    with pytest.raises(refusals.HoldClosed) as closed:  # noqa: SIM117
        with credits.hold("ada", "Clip", seconds=4):
            clock.advance("1h")
    assert closed.value.how == "timed_out"
    assert standing(credits) == (110, 0)


def test_an_exception_in_a_block_that_outlived_its_hold_is_the_one_that_is_heard(
    credits: Any, clock: TestClock
):
    def work() -> None:
        with credits.hold("ada", "Clip", seconds=4):
            clock.advance("1h")
            raise RenderFailed

    with pytest.raises(RenderFailed):
        work()
    assert standing(credits) == (110, 0)


def test_a_long_block_extends_its_hold(credits: Any, clock: TestClock):
    with credits.hold("ada", "Clip", seconds=4, ttl_seconds=60) as hold:
        for _ in range(10):
            clock.advance("50s")
            extended = hold.extend(60)
        assert extended.expires_at > hold.expires_at
    assert standing(credits) == (70, 0)


def test_a_hold_closed_by_somebody_else_is_not_settled_again(credits: Any):
    with pytest.raises(refusals.HoldClosed):  # noqa: SIM117
        with credits.hold("ada", "Clip", seconds=4) as hold:
            credits.release("ada", hold.hold)
    assert standing(credits) == (110, 0)


def test_a_range_needs_its_actual(credits: Any):
    with credits.hold("ada", "Consultation") as hold:
        hold.settle(credits=7)
    assert standing(credits) == (103, 0)
    with pytest.raises(InvalidRequest, match="say what was delivered"):  # noqa: SIM117
        with credits.hold("ada", "Consultation") as hold:
            pass
    assert standing(credits) == (93, 10), "it stays open until somebody says, or it times out"


def test_a_hold_that_is_refused_never_enters_the_block(credits: Any):
    entered = False
    with pytest.raises(refusals.InsufficientCredits):  # noqa: SIM117
        with credits.hold("ada", "Clip", seconds=400):
            entered = True
    assert not entered


def test_a_hold_may_be_kept_and_closed_later(credits: Any):
    hold = credits.hold("ada", "Clip", seconds=4, member="mia", labels={"project": "film"})
    assert (hold.member, hold.labels, hold.credits) == ("mia", {"project": "film"}, 40)
    settled = hold.settle(outcome="partial", credits=5, key="s")
    assert settled == hold.settle(outcome="partial", credits=5, key="s")
    assert (settled.member, settled.labels) == ("mia", {"project": "film"})


def test_an_open_hold_is_a_hold(credits: Any):
    hold = credits.hold("ada", "Clip", seconds=4, key="k")
    again = credits.hold("ada", "Clip", seconds=4, key="k")
    assert again.hold == hold.hold
    assert b'"hold":"' + hold.hold.encode() in hold.to_json()
    assert hold.to_json() == again.to_json()
    if isinstance(hold, OpenHold):
        assert isinstance(hold, results.Hold)


def test_async_with_places_and_closes():
    async def story() -> None:
        async with AsyncTallystick.open(":memory:", catalog=small()) as credits:
            await credits.open_account("ada")
            await credits.top_up("ada", 100, custom=True)
            async with credits.hold("ada", "Clip", seconds=4) as hold:
                assert (await hold.settle(seconds=3)).credits == 30
            with pytest.raises(RenderFailed):
                async with credits.hold("ada", "Clip", seconds=4):
                    raise RenderFailed
            async with credits.hold("ada", "Dot"):
                pass
            placed = await credits.hold("ada", "Dot")
            async with placed:
                assert (await placed.extend(60)).hold == placed.hold
            balance = await credits.balance("ada")
            assert (balance.available, balance.held) == (68, 0)
            assert await credits.verify()

    asyncio.run(story())


def test_a_cancelled_task_releases_its_hold():
    async def work(credits: AsyncTallystick, begun: asyncio.Event) -> None:
        async with credits.hold("ada", "Clip", seconds=4):
            begun.set()
            await asyncio.sleep(3_600)

    async def story() -> None:
        async with AsyncTallystick.open(":memory:", catalog=small()) as credits:
            await credits.open_account("ada")
            await credits.top_up("ada", 100, custom=True)
            begun = asyncio.Event()
            task = asyncio.create_task(work(credits, begun))
            await begun.wait()
            assert (await credits.balance("ada")).held == 40
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            balance = await credits.balance("ada")
            assert (balance.available, balance.held) == (100, 0)

    asyncio.run(story())
