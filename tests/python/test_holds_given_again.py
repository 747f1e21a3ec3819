"""A hold given again under its key says how it stands, and no work begins under a closed one."""

import asyncio
from typing import Any

import pytest

from tallystick import AsyncTallystick, HoldClosed
from tallystick.testing import TestClock
from tests.scenarios.small import small


def held(credits: Any) -> Any:
    return credits.hold("ada", "Clip", seconds=3, key="job-7/1")


def test_a_hold_given_again_while_it_is_open_is_the_first_answer(credits: Any):
    first = held(credits)
    assert (first.status, first.closed_at) == ("open", None)
    assert held(credits).to_json() == first.to_json()


@pytest.mark.parametrize(
    ("close", "status"),
    [
        (lambda hold: hold.settle(seconds=2), "settled"),
        (lambda hold: hold.settle(outcome="timeout"), "settled"),
        (lambda hold: hold.release(), "released"),
    ],
    ids=["settled", "by outcome", "released"],
)
def test_a_hold_given_again_says_how_it_was_closed(credits: Any, close: Any, status: str):
    first = held(credits)
    closed = close(first)
    again = held(credits)
    assert (again.status, again.closed_at) == (status, closed.at)
    told = again.to_dict() | {"status": "open", "closed_at": None}
    assert told == first.to_dict(), "all else is the first answer"


def test_a_hold_that_has_timed_out_says_so_before_anybody_writes_it(credits: Any, clock: TestClock):
    first = held(credits)
    clock.advance("1h")
    again = held(credits)
    assert (again.status, again.closed_at) == ("timed_out", first.expires_at)


def test_no_work_begins_under_a_hold_that_is_closed(credits: Any):
    with held(credits) as hold:
        hold.settle(seconds=2)
    with pytest.raises(HoldClosed, match=f"hold {hold.hold} was settled") as caught:
        held(credits).__enter__()
    assert caught.value.facts["how"] == "settled"
    assert caught.value.facts["closed_at"] == held(credits).closed_at
    assert credits.balance("ada").held == 0


def test_no_work_begins_under_a_closed_hold_on_an_event_loop():
    async def story() -> None:
        async with AsyncTallystick.open(":memory:", catalog=small()) as credits:
            await credits.open_account("ada")
            await credits.top_up("ada", 100, custom=True)
            async with credits.hold("ada", "Clip", seconds=4, key="k"):
                pass
            with pytest.raises(HoldClosed):
                async with credits.hold("ada", "Clip", seconds=4, key="k"):
                    pytest.fail("the work began")
            assert (await credits.hold("ada", "Clip", seconds=4, key="k")).status == "settled"

    asyncio.run(story())
