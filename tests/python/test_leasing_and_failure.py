"""A lease when things break: a server that goes away, a lease that times out, a killed gateway."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tallystick import LeaseExhausted, SpendsNotWritten, StoreError, Tallystick
from tallystick.client import flusher, lease_states
from tallystick.client.connection import remote
from tallystick.client.http_transport import HttpTransport
from tallystick.client.renewal import Timing
from tallystick.core.commands import Extend
from tallystick.core.errors import Unreachable
from tallystick.engine import keys
from tallystick.http import server
from tallystick.service.local import LocalTransport
from tallystick.service.startup import open_engine
from tallystick.service.transport import Call
from tallystick.testing import TestClock
from tests.patience import until
from tests.python.gateway import ACCOUNT, FLUSHED, LEASED, START
from tests.scenarios.small import small
from tests.serving import Serving


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease_states, "FIRST_PAUSE_SECONDS", 0.001)
    monkeypatch.setattr(lease_states, "LONGEST_PAUSE_SECONDS", 0.02)


class Returning(Serving):
    """A server of a database file, on the port of one that went away."""

    def __init__(self, file: Path, clock: TestClock, port: int | None = None):
        engine, self.platform = open_engine(file, None, small(), clock)
        super().__init__(engine)
        if port is not None:
            self._socket.close()
            self._socket = server.listening("127.0.0.1", port)
            self.url = f"http://127.0.0.1:{port}"
        self.port = int(self.url.rpartition(":")[2])


class Away:
    """A client of a server that goes away and comes back."""

    def __init__(self, file: Path):
        self.clock = TestClock(START)
        self.file = file
        self.server = Returning(file, self.clock).start()
        key = keys.create(self.server.engine, self.server.platform, "gateway", "all").api_key
        transport = HttpTransport(remote(self.server.url, key), pause=lambda seconds: None)
        self.credits = Tallystick(transport, "small")
        self.credits.open_account(ACCOUNT)
        self.credits.grant(ACCOUNT, 1_000)

    def goes(self) -> None:
        self.server.stop()

    def comes_back(self) -> None:
        self.server = Returning(self.file, self.clock, self.server.port).start()

    def spent(self) -> list[Any]:
        return [line.credits for line in self.credits.usage(ACCOUNT)]


@pytest.fixture
def away(tmp_path: Path) -> Iterator[Away]:
    made = Away(tmp_path / "credits.db")
    yield made
    made.credits.close()
    made.goes()


def flushed(lease: Any) -> None:
    """Flush until the server is there again."""
    while lease.unwritten:
        with suppress(SpendsNotWritten):
            lease.flush()


def test_a_server_goes_away_and_returns_and_nothing_is_spent_twice_or_lost(away: Away):
    with away.credits.lease(ACCOUNT, 100, flush_seconds=0.001, low_water=0) as lease:
        for _ in range(10):
            lease.spend("Dot")
        lease.flush()
        for _ in range(3):
            away.goes()
            for _ in range(10):
                lease.spend("Dot", images=2)
            with pytest.raises(SpendsNotWritten, match="not in the ledger: the server") as told:
                lease.flush()
            assert isinstance(told.value.__cause__, Unreachable)
            assert len(lease.unwritten) == 10
            assert lease.left > 0
            away.comes_back()
            flushed(lease)
            assert lease.unwritten == ()
        assert lease.left == 30
    assert away.spent() == [1] * 10 + [2] * 30
    assert (away.credits.balance(ACCOUNT).available, lease.spent) == (930, 70)
    assert away.credits.holds(ACCOUNT) == []
    assert away.credits.verify()


def test_while_the_server_is_away_no_more_is_let_out_than_was_leased(away: Away):
    with away.credits.lease(ACCOUNT, 10, flush_seconds=0.001, low_water=0) as lease:
        lease.spend("Dot")
        lease.flush()
        away.goes()
        for _ in range(9):
            lease.spend("Dot")
        with pytest.raises(Unreachable, match="has 0 credits left and cannot be renewed now"):
            lease.spend("Dot")
        away.comes_back()
        flushed(lease)
        lease.spend("Dot")
    assert away.spent() == [1] * 11
    assert away.credits.holds(ACCOUNT) == []
    assert away.credits.verify()


def test_a_server_that_stays_away_is_told_and_closing_again_writes(
    away: Away, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(flusher, "CLOSE_SECONDS", 0.0)
    lease = away.credits.lease(ACCOUNT, 100, flush_seconds=60).__enter__()
    lease.spend("Dot")
    lease.spend("Dot")
    away.goes()
    with pytest.raises(SpendsNotWritten) as told:
        lease.close()
    assert told.value.spends == lease.unwritten
    assert len(lease.unwritten) == 2
    away.comes_back()
    lease.close()
    assert lease.unwritten == ()
    assert away.spent() == [1, 1]
    assert away.credits.balance(ACCOUNT).held == 0


def test_a_lease_that_timed_out_while_the_server_was_away_is_paid_by_another(away: Away):
    with away.credits.lease(ACCOUNT, 100, flush_seconds=0.001, ttl_seconds=600) as lease:
        lease.spend("Dot")
        lease.flush()
        away.goes()
        for _ in range(5):
            lease.spend("Dot", images=3)
        away.clock.advance(minutes=20)
        away.comes_back()
        flushed(lease)
        assert (lease.unwritten, lease.spent) == ((), 16)
        assert [each.hold for each in away.credits.holds(ACCOUNT)] != [lease.hold]
    assert sorted(away.spent()) == [1, 3, 3, 3, 3, 3]
    assert away.credits.balance(ACCOUNT).available == 984
    assert away.credits.verify()


class Losing:
    """A transport that loses answers: the first batch comes through but for its first command, and
    its reply is lost; of the second one the answer to its last command is. `between` happens
    between the two."""

    def __init__(self, transport: Any, between: Callable[[], object]):
        self._transport = transport
        self._between = between
        self.lost = 2
        self.is_losing = False

    def do(self, call: Any) -> Any:
        if not self.is_losing or not isinstance(call.asked, tuple) or not self.lost:
            return self._transport.do(call)
        self.lost -= 1
        if self.lost:
            self._transport.do(Call(call.asked[1:]))
            self._between()
            raise Unreachable("nothing is heard")
        *rest, _ = self._transport.do(call)
        return (*rest, StoreError("nothing is known of the last one"))

    def close(self) -> None:
        self._transport.close()


def test_a_spend_whose_answers_are_lost_is_not_drawn_again_when_another_hears_of_a_closed_lease():
    clock = TestClock(START)
    plain = LocalTransport(*open_engine(":memory:", None, small(), clock))
    transport = Losing(plain, lambda: clock.advance(minutes=20))
    credits = Tallystick(transport, "small")
    credits.open_account(ACCOUNT)
    credits.grant(ACCOUNT, 1_000)
    with credits.lease(ACCOUNT, 100, flush_seconds=60, ttl_seconds=600, low_water=0) as lease:
        lease.spend("Dot", images=2)
        lease.spend("Dot", images=3)
        transport.is_losing = True
        flushed(lease)
        assert transport.lost == 0
        assert (lease.unwritten, lease.spent) == ((), 5)
    assert sorted(line.credits for line in credits.usage(ACCOUNT)) == [2, 3]
    assert credits.balance(ACCOUNT).available == 995
    credits.close()


class Ticking(Timing):
    """Seconds that a test moves; waiting is for what changes, and looked at often."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.clock = TestClock(START)

    def now(self) -> float:
        return self.seconds

    def wait(self, changed: threading.Condition, seconds: float) -> None:
        changed.wait(0.001)

    def passes(self, seconds: float) -> None:
        self.clock.advance(seconds=seconds)  # first: who wakes up asks the platform at once
        self.seconds += seconds


class Deaf:
    """A transport that carries out no extension while it is deaf."""

    def __init__(self, transport: Any):
        self._transport = transport
        self.deaf = False
        self.extended = 0

    def do(self, call: Any) -> Any:
        asked = call.asked if isinstance(call.asked, tuple) else (call.asked,)
        if any(isinstance(each, Extend) for each in asked):
            if self.deaf:
                raise Unreachable("nothing is heard")
            self.extended += 1
        return self._transport.do(call)

    def close(self) -> None:
        self._transport.close()


def ticking(time: Ticking) -> tuple[Deaf, Tallystick]:
    transport = Deaf(LocalTransport(*open_engine(":memory:", None, small(), time.clock)))
    credits = Tallystick(transport, "small", time)
    credits.open_account(ACCOUNT)
    credits.grant(ACCOUNT, 1_000)
    return transport, credits


def test_a_lease_is_kept_open_far_beyond_its_time():
    time = Ticking()
    transport, credits = ticking(time)
    with credits.lease(ACCOUNT, 100, ttl_seconds=60) as lease:
        for _ in range(10):
            lease.spend("Dot")
            time.passes(40)
            until(lambda: all(each.due > time.now() for each in credits._renewals._running))
        assert transport.extended == 10
        assert [each.hold for each in credits.holds(ACCOUNT)] == [lease.hold]
    assert [line.credits for line in credits.usage(ACCOUNT)] == [1] * 10
    credits.close()


def test_a_lease_that_cannot_be_extended_lets_nothing_out_when_its_time_is_over():
    """Its credits may be the account's again: the next spend is of another lease."""
    time = Ticking()
    transport, credits = ticking(time)
    with credits.lease(ACCOUNT, 100, ttl_seconds=60, flush_seconds=1) as lease:
        lease.spend("Dot")
        lease.flush()
        transport.deaf = True
        time.passes(59)
        spent = lease.spend("Dot")
        assert spent.hold != lease.hold
        time.passes(2)
    assert [line.credits for line in credits.usage(ACCOUNT)] == [1, 1]
    assert credits.balance(ACCOUNT).available == 998
    assert credits.verify()
    credits.close()


def test_a_refusal_is_not_asked_for_again_for_a_moment():
    time = Ticking()
    _, credits = ticking(time)
    with credits.lease(ACCOUNT, 1_000, flush_seconds=60) as lease:
        lease.spend("Dot", images=1_000)
        with pytest.raises(LeaseExhausted):
            lease.spend("Dot")
        credits.grant(ACCOUNT, 5)
        with pytest.raises(LeaseExhausted):
            lease.spend("Dot")
        time.passes(1.5)
        assert lease.spend("Dot").left == 4
    credits.close()


def gateway(where: object, api_key: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.python.gateway", str(where), api_key],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )


def killed_after(process: subprocess.Popen[str], spends: int) -> tuple[str, list[int]]:
    """Its lease, and what it was let out after its flush, until it was killed."""
    with process as running:
        assert running.stdout
        hold = running.stdout.readline().strip()
        heard = [running.stdout.readline() for _ in range(spends)]
        running.kill()
        heard += running.stdout.readlines()
    return hold, [int(each) for each in heard if each.endswith("\n")]


def holds_whole_draws(usage: list[Any], let_out: list[int]) -> int:
    """What the journal shows of a killed gateway: all that was flushed, then the first of what
    was let out, in order and each whole. Answers how much that is."""
    credits = [line.credits for line in usage]
    assert credits[:FLUSHED] == [1] * FLUSHED
    rest = credits[FLUSHED:]
    assert rest == [1 + turn % 2 for turn in range(len(rest))]
    assert len(rest) <= len(let_out) + 1, "at most one more than it could tell"
    return sum(credits)


@pytest.mark.parametrize(
    "spends", [pytest.param(50, id="50"), pytest.param(500, marks=pytest.mark.prove, id="500")]
)
def test_what_a_killed_gateway_did_not_write_comes_back(tmp_path: Path, spends: int):
    file = tmp_path / "credits.db"
    clock = TestClock(START)
    with Tallystick.open(file, catalog=small(), clock=clock) as credits:
        credits.open_account(ACCOUNT)
        credits.grant(ACCOUNT, 1_500)
        hold, let_out = killed_after(gateway(file, "embedded"), spends)
        written = holds_whole_draws(credits.usage(ACCOUNT), let_out)
        held = {each.hold: each.credits for each in credits.holds(ACCOUNT)}
        assert held == {hold: LEASED - written}
        assert credits.balance(ACCOUNT).available == 500
        clock.advance(minutes=10)
        assert credits.holds(ACCOUNT) == []
        assert credits.balance(ACCOUNT).available == 1_500 - written
        assert credits.verify()


def test_what_a_killed_gateway_of_a_server_did_not_write_comes_back(away: Away):
    away.credits.grant(ACCOUNT, 500)
    key = keys.create(away.server.engine, "small", "gateway", ["spend", "quote"]).api_key
    hold, let_out = killed_after(gateway(away.server.url, key), 50)
    written = holds_whole_draws(away.credits.usage(ACCOUNT), let_out)
    held = {each.hold: each.credits for each in away.credits.holds(ACCOUNT)}
    assert held == {hold: LEASED - written}
    away.clock.advance(minutes=10)
    assert away.credits.holds(ACCOUNT) == []
    assert away.credits.balance(ACCOUNT).available == 1_500 - written
    assert away.credits.verify()
