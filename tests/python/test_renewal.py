"""A hold extends itself while its block runs, and not a moment longer."""

import logging
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tallystick import (
    InvalidRequest,
    StoreError,
    Tallystick,
    refusals,
)
from tallystick.client.connection import remote
from tallystick.client.http_transport import HttpTransport
from tallystick.core.commands import Extend
from tallystick.core.errors import Unreachable
from tallystick.service.local import LocalTransport
from tallystick.service.startup import open_engine
from tests.one_server import behind_http
from tests.python.failing import Failing
from tests.python.passing import Passing
from tests.scenarios.small import small

TTL = 60
FAILED = RuntimeError("no frames")


class World:
    """A platform with the account ``ada``, a transport that can fail, and time that passes."""

    def __init__(self, transport: str):
        self.time = Passing()
        self.end: Callable[[], None] = lambda: None
        opening: Any = {"catalog": small(), "clock": self.time.clock}
        inner: Any
        if transport == "embedded":
            inner = LocalTransport(*open_engine(":memory:", None, **opening))
        else:
            behind = behind_http(":memory:", **opening)
            self.end = behind.close
            inner = HttpTransport(remote(behind.url, behind.api_key))
        self.transport = Failing(inner)
        self.credits = Tallystick(self.transport, "small", self.time)
        self.time.renewals = self.credits._renewals
        self.credits.open_account("ada")
        self.credits.top_up("ada", 200)

    def hold(self, ttl_seconds: int = TTL, **more: Any) -> Any:
        return self.credits.hold("ada", "Clip", seconds=4, ttl_seconds=ttl_seconds, **more)

    def standing(self) -> tuple[Any, Any]:
        balance = self.credits.balance("ada")
        return balance.available, balance.held

    def open_holds(self) -> list[str]:
        return [each.hold for each in self.credits.holds("ada")]


@pytest.fixture(params=["embedded", "over HTTP"])
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    made = World(request.param)
    yield made
    assert made.credits.verify()
    made.credits.close()
    assert made.time.thread is None
    made.end()


def test_a_block_that_runs_for_ten_times_its_time_to_live_keeps_its_hold(world: World):
    with world.hold() as hold:
        world.time.passes(10 * TTL)
        assert world.open_holds() == [hold.hold]
        assert world.standing() == (160, 40)
        settled = hold.settle(seconds=3)
    assert settled.credits == 30
    assert world.standing() == (170, 0)


def test_it_is_extended_when_half_of_its_time_is_gone_to_the_same_time_again(world: World):
    with world.hold() as hold:
        world.time.passes(TTL / 2 - 1)
        assert world.transport.extensions == []
        world.time.passes(1)
        assert world.transport.extensions == [(Extend("ada", hold.hold, TTL),)]
        (view,) = world.credits.holds("ada")
        assert (view.expires_at - world.time.clock.at).total_seconds() == TTL
        world.time.passes(TTL * 3 / 2)
    assert len(world.transport.extensions) == 4
    assert [entry.kind for entry in world.credits.entries("ada")].count("hold_extended") == 4


def test_when_the_block_ends_nothing_is_extended_any_more(world: World):
    with world.hold():
        world.time.passes(TTL / 2)
    before = len(world.transport.extensions)
    world.time.passes(10 * TTL)
    assert len(world.transport.extensions) == before
    assert world.time.thread is None


def test_an_exception_releases_a_hold_that_was_kept(world: World):
    def work() -> None:
        with world.hold():
            world.time.passes(3 * TTL)
            raise FAILED

    with pytest.raises(RuntimeError, match="no frames"):
        work()
    assert world.standing() == (200, 0)
    world.time.passes(TTL)
    assert world.time.thread is None


def test_a_block_whose_end_is_refused_lets_its_hold_time_out(world: World):
    """The price of a consultation is a range: the block has to say the actual, and did not."""
    with pytest.raises(InvalidRequest), world.credits.hold("ada", "Consultation", ttl_seconds=TTL):
        pass
    assert world.standing() == (190, 10)
    world.time.passes(2 * TTL)
    assert world.standing() == (200, 0)
    assert world.time.thread is None


def test_a_hold_that_is_only_called_has_no_thread_and_times_out(world: World):
    hold = world.hold()
    assert world.time.thread is None
    world.time.passes(TTL)
    assert world.standing() == (200, 0)
    with pytest.raises(refusals.HoldClosed):
        hold.settle()
    assert world.transport.extensions == []


def test_a_hold_closed_inside_its_block_is_left_alone(world: World):
    with world.hold() as hold:
        hold.release()
        world.time.passes(3 * TTL)
    assert world.transport.extensions == []


def test_a_hold_that_was_closed_is_not_kept_by_entering_it(world: World):
    hold = world.hold()
    hold.settle()
    with hold:
        assert world.time.thread is None


def test_one_thread_keeps_many_holds_and_asks_for_those_that_are_due_at_once(world: World):
    holds = [world.credits.hold("ada", "Dot", ttl_seconds=TTL) for _ in range(20)]
    for hold in holds:
        hold.__enter__()
    assert sum(each.name == "tallystick-renewal" for each in threading.enumerate()) == 1
    world.time.passes(TTL * 3 / 4)
    assert [len(each) for each in world.transport.extensions] == [20]
    assert len(world.open_holds()) == 20
    for hold in holds:
        hold.__exit__(None, None, None)
    assert world.standing() == (180, 0)


def test_holds_of_different_lengths_are_each_extended_in_their_own_time(world: World):
    with world.hold(ttl_seconds=600) as long, world.hold(ttl_seconds=10) as short:
        world.time.passes(60)
        asked = [each.hold for extension in world.transport.extensions for each in extension]
        assert asked.count(long.hold) == 0
        assert asked.count(short.hold) == 12
        world.time.passes(1_200)
        assert set(world.open_holds()) == {long.hold, short.hold}


def test_an_extension_that_fails_is_tried_again_and_the_block_hears_nothing(
    world: World, caplog: pytest.LogCaptureFixture
):
    with world.hold() as hold:
        world.transport.errors = [Unreachable("the line is down") for _ in range(7)]
        world.time.passes(5 * TTL)
        assert world.open_holds() == [hold.hold], "seven failures fit into half of its time"
    assert world.standing() == (160, 0)
    said = [record for record in caplog.records if record.name == "tallystick"]
    assert len(said) == 7
    assert all(record.levelno == logging.WARNING for record in said)
    assert "will be tried again: the line is down" in said[0].getMessage()


def test_a_fault_in_one_extension_does_not_end_the_keeping(world: World):
    with world.hold() as hold:
        world.transport.errors = [ZeroDivisionError("a fault")]
        world.time.passes(5 * TTL)
        assert world.open_holds() == [hold.hold]


def test_when_the_line_stays_down_the_hold_times_out_and_closing_it_says_so(world: World):
    def work() -> None:
        with world.hold():
            world.transport.errors = [Unreachable("the line is down")] * 100
            world.time.passes(2 * TTL)

    with pytest.raises(refusals.HoldClosed) as closed:
        work()
    assert closed.value.how == "timed_out"


def test_a_hold_closed_by_somebody_else_is_given_up_with_a_warning(
    world: World, caplog: pytest.LogCaptureFixture
):
    hold = world.hold()

    def work() -> None:
        with hold:
            world.credits.release("ada", hold.hold)
            world.time.passes(3 * TTL)
            assert len(world.transport.extensions) == 1

    with pytest.raises(refusals.HoldClosed):
        work()
    (said,) = [record.getMessage() for record in caplog.records if record.name == "tallystick"]
    assert said.startswith(f"hold {hold.hold} of ada is not kept open any more:")


def test_the_blocks_own_extension_is_the_one_that_holds(world: World):
    with world.hold() as hold:
        hold.extend(600)
        world.time.passes(299)
        assert len(world.transport.extensions) == 1, "its own"
        world.time.passes(1)
        assert world.transport.extensions[1:] == [(Extend("ada", hold.hold, 600),)]
        hold.extend(10)
        world.time.passes(60)
        assert world.open_holds() == [hold.hold], "a shorter one too"


def test_an_old_hold_under_its_key_is_extended_in_time(world: World):
    """A worker that died left the hold; the one that comes after it asks with the same key."""
    first = world.hold(ttl_seconds=600, key="job-71")
    world.time.passes(590)
    with world.hold(ttl_seconds=600, key="job-71") as hold:
        assert hold.hold == first.hold
        world.time.passes(1_200)
        assert world.open_holds() == [first.hold]
    assert world.standing() == (160, 0)


def test_a_new_hold_under_a_key_is_not_extended_sooner(world: World):
    with world.hold(key="job-72"):
        world.time.passes(TTL / 2 - 1)
        assert world.transport.extensions == []
        world.time.passes(1)
        assert len(world.transport.extensions) == 1


def test_closing_stops_the_renewals(world: World):
    hold, late = world.hold(), world.hold()
    hold.__enter__()
    world.time.settle()
    assert world.time.thread is not None
    world.credits.close()
    assert world.time.thread is None
    late.__enter__()
    assert world.time.thread is None, "nothing could be extended any more"
    with pytest.raises(StoreError, match="closed"):
        hold.__exit__(None, None, None)
    world.credits = reopened(world)


def reopened(world: World) -> Any:
    """A client whose `verify` is sound: the one of the test is closed."""
    return Tallystick.open(":memory:", catalog=small())


def test_a_process_that_dies_lets_its_hold_time_out(tmp_path: Path):
    file = tmp_path / "a.db"
    dies = (
        "import os\n"
        "from tallystick import Tallystick\n"
        f"credits = Tallystick.open({str(file)!r}, 'videodraft')\n"
        "with credits.hold('ada', 'Flux Schnell', ttl_seconds=60):\n"
        "    os._exit(1)\n"
    )
    with Tallystick.open(file, "videodraft", test_clock="2026-01-31T10:00:00Z") as credits:
        credits.open_account("ada")
    done = subprocess.run([sys.executable, "-c", dies], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (1, b"")
    with Tallystick.open(file) as credits:
        assert credits.balance("ada").held == 5
        credits.advance_clock(by="1m")
        balance = credits.balance("ada")
        assert (balance.available, balance.held) == (200, 0)
        assert credits.verify()
