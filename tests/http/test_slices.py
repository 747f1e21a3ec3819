"""Large work on the event loop leaves time to others: all of it, as long as nobody else asks."""

import asyncio
import sys
import time
from collections.abc import Coroutine
from typing import Any

import pytest

from tallystick.http import documents, server
from tallystick.http.slices import BODY_BYTES_A_SECOND, SLICE_ITEMS, Slices
from tallystick.http.turns import Asker
from tests.patience import PATIENCE_SECONDS

ONE, OTHER = Asker("small", "one"), Asker("small", "other")
TOOK = 0.002


@pytest.fixture
def rests(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long each rest was that slices had."""
    found: list[float] = []
    real = Slices._rest

    def noted(slices: Slices, begun: float, now: float) -> float:
        found.append(real(slices, begun, now))
        return found[-1]

    monkeypatch.setattr(Slices, "_rest", noted)
    return found


def told(story: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(story, PATIENCE_SECONDS))


def busy(_: object = None) -> int:
    until = time.perf_counter() + TOOK
    while time.perf_counter() < until:
        pass
    return 1


@pytest.fixture
def company(monkeypatch: pytest.MonkeyPatch) -> None:
    """Company lasts for as long as a test does, on any machine."""
    monkeypatch.setattr("tallystick.http.slices.COMPANY_SECONDS", PATIENCE_SECONDS)


def in_company(slices: Slices) -> Slices:
    for asker in (ONE, OTHER):
        slices.seen(asker.key)
    return slices


def test_a_list_is_done_in_slices_and_in_order():
    async def story() -> None:
        slices = Slices()
        given = list(range(3 * SLICE_ITEMS + 1))
        done = await slices.of(ONE, list, given)
        assert [len(each) for each in done] == [SLICE_ITEMS, SLICE_ITEMS, SLICE_ITEMS, 1]
        assert [each for some in done for each in some] == given
        assert await slices.of(ONE, list, []) == []

    told(story())


def test_one_key_alone_never_rests(rests: list[float]):
    async def story() -> None:
        slices = Slices()
        for _ in range(3):
            slices.seen(ONE.key)
        await slices.of(ONE, busy, [0] * 3 * SLICE_ITEMS)
        await slices.whole(ONE, busy)

    told(story())
    assert rests == [0.0] * 4


@pytest.mark.usefixtures("company")
def test_in_company_each_piece_of_work_is_followed_by_a_rest_as_long_as_it_took(
    rests: list[float],
):
    async def story() -> None:
        slices = in_company(Slices())
        await slices.of(ONE, busy, [0] * 3 * SLICE_ITEMS)
        await slices.whole(ONE, busy)

    told(story())
    assert len(rests) == 4
    assert min(rests) >= TOOK


def test_company_is_over_when_the_other_one_has_not_asked_for_a_second(
    monkeypatch: pytest.MonkeyPatch, rests: list[float]
):
    monkeypatch.setattr("tallystick.http.slices.COMPANY_SECONDS", -1.0)

    async def story() -> None:
        await in_company(Slices()).whole(ONE, busy)

    told(story())
    assert rests == [0.0]


def test_work_that_cannot_be_cut_is_done_one_at_a_time_whoever_asks():
    """A key with one large body waits for two of another key at most, however many that has."""
    order: list[str] = []

    async def ask(slices: Slices, who: Asker) -> None:
        await slices.whole(who, lambda: (busy(), order.append(who.key)))

    async def story() -> None:
        slices = in_company(Slices())
        await asyncio.gather(*[ask(slices, ONE) for _ in range(9)], ask(slices, OTHER))

    told(story())
    assert sorted(order) == ["one"] * 9 + ["other"]
    assert order.index("other") < 3


def test_work_that_fails_hands_its_turn_on():
    async def story() -> None:
        slices = in_company(Slices())
        for attempt in (slices.whole, lambda who, work: slices.of(who, lambda _: work(), [1])):
            with pytest.raises(ZeroDivisionError):
                await attempt(ONE, lambda: 1 // 0)
            await attempt(ONE, busy)

    told(story())


def test_while_it_serves_threads_take_turns_often_and_then_as_before():
    before = sys.getswitchinterval()
    with server.quick_turns():
        assert sys.getswitchinterval() == pytest.approx(0.000_5)
    assert sys.getswitchinterval() == before


def test_the_documents_are_made_before_anybody_asks():
    """A first reader, who needs no key, must not hold up everybody else."""
    made = documents._openapi, documents._page
    documents.prepare()
    before = [each.cache_info().misses for each in made]
    for path in ("docs", "problems"):
        documents._page(path)
    documents._openapi()
    assert [each.cache_info().misses for each in made] == before


@pytest.mark.usefixtures("company")
def test_the_rest_after_a_large_body_counts_its_size(monkeypatch: pytest.MonkeyPatch):
    """The loop has read it from the network already, which nobody has measured."""
    rested: list[float] = []

    async def story() -> None:
        loop = asyncio.get_running_loop()
        monkeypatch.setattr(loop, "call_later", lambda delay, *_: rested.append(delay))
        await in_company(Slices()).whole(ONE, busy, 1_000_000)
        await Slices().whole(ONE, busy, 1_000_000)

    asyncio.run(story())
    assert rested == [1_000_000 / BODY_BYTES_A_SECOND, 0.0]
