"""Hundreds of spenders on one account: what they were answered is what the ledger shows, to the
last micro-credit, whatever becomes of requests and replies."""

import asyncio
import random
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest

from tallystick import AsyncTallystick, LeaseExhausted, StoreError, Tallystick, results
from tallystick.client import lease_states
from tallystick.core.errors import Unreachable
from tallystick.service.local import AsyncLocalTransport, LocalTransport
from tallystick.service.startup import open_engine
from tests.one_server import behind_http
from tests.patience import PATIENCE_SECONDS, until
from tests.scenarios.small import small

EXACT = (
    small()
    .replace("name: Agent}", "name: Agent, rounding: {to: 0.000001}}")
    .replace("credits: 1, per: 5 characters", "credits: 1, per: 7 characters")
)
SPENDERS = 200
GRANTED = 700
FAILURES = 0.4
"""Of the batches that are sent: half of these are lost, and of half the reply is."""


@pytest.fixture(params=["embedded", "over HTTP"])
def place(request: pytest.FixtureRequest) -> Iterator[Callable[[Any], Any]]:
    """Opens a platform of this class, with an account that has some credits."""
    ends: list[Callable[[], None]] = []

    def opened(kind: Any) -> Any:
        if request.param == "embedded":
            return kind.open(":memory:", catalog=EXACT)
        behind = behind_http(":memory:", catalog=EXACT)
        ends.append(behind.close)
        return kind.connect(behind.url, behind.api_key)

    yield opened
    for end in ends:
        end()


def spend_of(number: int, turn: int) -> tuple[str, dict[str, Any]]:
    """What a spender asks for: characters at a seventh of a credit, dots, seconds."""
    kinds: list[tuple[str, dict[str, Any]]] = [
        ("Voice", {"characters": 1 + (number * 7 + turn) % 9}),
        ("Dot", {}),
        ("Shot", {"resolution": "720p", "seconds": "0.1"}),
    ]
    return kinds[(number + turn) % len(kinds)]


def spend_until_refused(lease: Any, number: int) -> Any:
    """What one thread was let out, until the account is empty."""
    total: Any = 0
    for turn in range(1_000):
        model, given = spend_of(number, turn)
        try:
            total += lease.spend(model, labels={"spender": str(number)}, **given).credits
        except LeaseExhausted:
            return total
    raise AssertionError("nobody refused")


def shown(usage: list[results.UsageLine]) -> dict[str, Any]:
    """What the ledger says that each spender spent."""
    found: dict[str, Any] = {}
    for line in usage:
        name = line.labels["spender"]
        found[name] = found.get(name, 0) + line.credits
    return found


def proved(
    usage: list[results.UsageLine], let_out: list[Any], balance: results.Balance, report: Any
) -> None:
    assert shown(usage) == {str(at): each for at, each in enumerate(let_out) if each}
    assert sum(let_out) + balance.available == GRANTED
    assert balance.available < 1
    assert balance.held == 0
    assert report


def test_threads_spend_what_there_is_and_the_ledger_shows_each(place: Any):
    with place(Tallystick) as credits:
        credits.open_account("ada")
        credits.grant("ada", GRANTED)
        with credits.lease("ada", 50, flush_seconds=0.01) as lease:
            with ThreadPoolExecutor(SPENDERS) as pool:
                let_out = list(
                    pool.map(lambda number: spend_until_refused(lease, number), range(SPENDERS))
                )
            assert lease.spent == sum(let_out)
        leases = [each for each in credits.entries("ada", limit=1_000) if each.kind == "leased"]
        assert len(leases) > 10
        proved(credits.usage("ada"), let_out, credits.balance("ada"), credits.verify())


def test_tasks_spend_what_there_is_and_the_ledger_shows_each(place: Any):
    async def spend(lease: Any, number: int) -> Any:
        total: Any = 0
        for turn in range(1_000):
            model, given = spend_of(number, turn)
            try:
                spent = await lease.spend(model, labels={"spender": str(number)}, **given)
            except LeaseExhausted:
                return total
            total += spent.credits
            await asyncio.sleep(0)
        raise AssertionError("nobody refused")

    async def story() -> None:
        async with place(AsyncTallystick) as credits:
            await credits.open_account("ada")
            await credits.grant("ada", GRANTED)
            async with credits.lease("ada", 50, flush_seconds=0.01) as lease:
                spends = (spend(lease, number) for number in range(SPENDERS))
                let_out = await asyncio.gather(*spends)
                assert lease.spent == sum(let_out)
            proved(
                await credits.usage("ada"),
                let_out,
                await credits.balance("ada"),
                await credits.verify(),
            )

    asyncio.run(asyncio.wait_for(story(), PATIENCE_SECONDS))


class Unsteady:
    """A transport through which batches, or their answers, get lost: always the same ones, and of
    the first two one of each kind."""

    def __init__(self, transport: Any, seed: int):
        self._transport = transport
        self._chance = random.Random(seed)
        self._first = [0.0, FAILURES * 0.75]
        self.lost = 0

    def _fate(self, asked: Any) -> float:
        if not isinstance(asked, tuple):
            return 1.0
        fate = self._first.pop() if self._first else self._chance.random()
        self.lost += fate < FAILURES
        return fate

    def do(self, call: Any) -> Any:
        fate = self._fate(call.asked)
        if fate < FAILURES / 2:
            raise Unreachable("the request was lost")
        answer = self._transport.do(call)
        if fate < FAILURES:
            raise Unreachable("the reply was lost")
        return answer

    def close(self) -> None:
        self._transport.close()


class UnsteadyAwaited(Unsteady):
    async def do(self, call: Any) -> Any:
        fate = self._fate(call.asked)
        if fate < FAILURES / 2:
            raise Unreachable("the request was lost")
        answer = await self._transport.do(call)
        if fate < FAILURES:
            raise Unreachable("the reply was lost")
        return answer

    async def close(self) -> None:
        await self._transport.close()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease_states, "FIRST_PAUSE_SECONDS", 0.001)
    monkeypatch.setattr(lease_states, "LONGEST_PAUSE_SECONDS", 0.01)


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("seed", range(3))
def test_nothing_is_spent_twice_when_requests_and_replies_get_lost(seed: int):
    transport = Unsteady(LocalTransport(*open_engine(":memory:", None, EXACT)), seed)
    credits = Tallystick(transport, "small")
    credits.open_account("ada")
    credits.grant("ada", GRANTED)

    def spend(number: int) -> Any:
        total: Any = 0
        for turn in range(10):
            model, given = spend_of(number, turn)
            while True:
                try:
                    spent = lease.spend(model, labels={"spender": str(number)}, **given)
                except StoreError:
                    continue
                except LeaseExhausted:
                    return total
                total += spent.credits
                break
        return total

    with credits.lease("ada", 60, flush_seconds=0.001) as lease, ThreadPoolExecutor(50) as pool:
        let_out = list(pool.map(spend, range(50)))
    assert transport.lost > 1
    assert shown(credits.usage("ada")) == {str(at): each for at, each in enumerate(let_out)}
    assert lease.spent == sum(let_out)
    assert credits.holds("ada") == [], "no lease whose answer was lost is left behind"
    assert credits.balance("ada").available == GRANTED - sum(let_out)
    assert credits.verify()
    credits.close()


@pytest.mark.usefixtures("quick")
def test_no_task_spends_twice_when_requests_and_replies_get_lost():
    async def spend(lease: Any, number: int) -> int:
        done = 0
        while done < 5:
            with suppress(StoreError):
                await lease.spend("Dot", labels={"spender": str(number)})
                done += 1
        return done

    async def story() -> None:
        transport = UnsteadyAwaited(AsyncLocalTransport(*open_engine(":memory:", None, EXACT)), 7)
        credits = AsyncTallystick(transport, "small")
        await credits.open_account("ada")
        await credits.grant("ada", GRANTED)
        async with credits.lease("ada", 60, flush_seconds=0.001) as lease:
            let_out = await asyncio.gather(*(spend(lease, number) for number in range(100)))
        assert transport.lost > 1
        usage = await credits.usage("ada")
        assert shown(usage) == {str(at): each for at, each in enumerate(let_out)}
        assert await credits.holds("ada") == []
        assert (await credits.balance("ada")).available == GRANTED - 500
        assert await credits.verify()
        await credits.close()

    asyncio.run(asyncio.wait_for(story(), PATIENCE_SECONDS))


class Gated:
    """A transport whose batches wait until they may pass."""

    def __init__(self, transport: Any):
        self._transport = transport
        self.open = threading.Event()
        self.arrived = threading.Event()

    def do(self, call: Any) -> Any:
        if isinstance(call.asked, tuple):
            self.arrived.set()
            assert self.open.wait(PATIENCE_SECONDS)
        return self._transport.do(call)

    def close(self) -> None:
        self._transport.close()


def test_what_is_not_written_is_bounded_and_who_comes_after_waits():
    transport = Gated(LocalTransport(*open_engine(":memory:", None, EXACT)))
    credits = Tallystick(transport, "small")
    credits.open_account("ada")
    credits.grant("ada", GRANTED)
    with (
        credits.lease("ada", 600, flush_seconds=0.001, max_unwritten=20) as lease,
        ThreadPoolExecutor(40) as pool,
    ):
        asked = [pool.submit(lease.spend, "Dot", labels={"spender": "0"}) for _ in range(40)]
        assert transport.arrived.wait(PATIENCE_SECONDS)
        until(lambda: sum(each.done() for each in asked) >= 20)
        waiting = len(lease.unwritten)
        answered = sum(each.done() for each in asked)
        transport.open.set()
        assert (waiting, answered) == (20, 20)
        assert [each.result().credits for each in asked] == [1] * 40
    assert len(credits.usage("ada")) == 40
    credits.close()
