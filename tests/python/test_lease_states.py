"""The state machines of a lease and of a renewal: every state and every event is of use."""

import ast
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest

import tallystick.client
from tallystick import InvalidRequest, Tallystick, commands
from tallystick.client import lease_states, renewal
from tallystick.client.lease_set import FirstLease, LeaseSet
from tallystick.client.lease_states import (
    Block,
    BlockState,
    BufferedSpend,
    LeaseEvent,
    LeaseState,
    SpendState,
)
from tallystick.client.renewal import Timing
from tallystick.client.state_machine import ImpossibleTransition
from tallystick.service.local import LocalTransport
from tallystick.service.startup import open_engine
from tests.patience import PATIENCE_SECONDS
from tests.scenarios.small import small

CLIENT = Path(tallystick.client.__file__).parent
MACHINES: list[tuple[type[StrEnum], Mapping[Any, Mapping[Any, Any]]]] = [
    *lease_states.TRANSITIONS.items(),
    (renewal.RenewalState, renewal.TRANSITIONS),
]
NAMES = [kind.__name__ for kind, _ in MACHINES]
THEORY = {
    renewal.RenewalState: renewal.__doc__,
    **dict.fromkeys(lease_states.TRANSITIONS, lease_states.__doc__),
}


def reached(first: Any, table: Mapping[Any, Mapping[Any, Any]]) -> set[Any]:
    """The states to which events can lead from a state, itself among them."""
    found, left = {first}, [first]
    while left:
        after = set(table[left.pop()].values()) - found
        found |= after
        left += after
    return found


@pytest.mark.parametrize(("kind", "table"), MACHINES, ids=NAMES)
def test_every_state_is_reached_from_the_first(kind: type[StrEnum], table: Any):
    assert set(table) == set(kind)
    assert reached(next(iter(kind)), table) == set(kind)


@pytest.mark.parametrize(("kind", "table"), MACHINES, ids=NAMES)
def test_every_state_is_in_the_theory_of_operation(kind: type[StrEnum], table: Any):
    assert [each.name for each in kind if each.name not in (THEORY[kind] or "")] == []


def test_every_event_moves_some_machine_but_the_one_of_which_nothing_is_known():
    moving = {
        event
        for table in lease_states.TRANSITIONS.values()
        for state, after in table.items()
        for event, follows in after.items()
        if follows is not state
    }
    assert set(LeaseEvent) - moving == {LeaseEvent.UNKNOWN}


def test_nothing_becomes_of_a_spend_that_is_written_or_rejected():
    table = lease_states.TRANSITIONS[lease_states.SpendState]
    ends = {state for state, after in table.items() if not after}
    assert ends == {lease_states.SpendState.WRITTEN, lease_states.SpendState.REJECTED}


def test_an_event_that_the_state_does_not_expect_is_a_fault():
    block = Block()
    with pytest.raises(ImpossibleTransition, match="Block cannot take 'ready' while it is 'new'"):
        block.on(LeaseEvent.READY)
    assert block.state is BlockState.NEW


def assigns_a_state(path: Path) -> bool:
    return any(
        isinstance(node, ast.Attribute) and node.attr == "state" and isinstance(node.ctx, ast.Store)
        for node in ast.walk(ast.parse(path.read_text()))
    )


def test_no_other_file_changes_a_state():
    changing = {path.name for path in CLIENT.glob("*.py") if assigns_a_state(path)}
    assert changing == {"lease_states.py", "state_machine.py"}


def test_a_lease_has_one_block(credits: Any):
    lease = credits.lease("ada", 50)
    with lease:
        lease.spend("Dot")
        with pytest.raises(InvalidRequest, match="a lease has one block"):
            lease.__enter__()
        assert lease.spend("Dot").left == 48, "the block that runs goes on"
    with pytest.raises(InvalidRequest, match="a lease has one block"):
        lease.__enter__()
    assert len(credits.usage("ada")) == 2


class Standing(Timing):
    """Seconds that stand where a test puts them; and renewals that renew nothing."""

    seconds = 0.0

    def now(self) -> float:
        return self.seconds

    @property
    def timing(self) -> Timing:
        return self

    def start(self, renewal: renewal.HoldRenewal) -> None: ...

    def end(self, renewal: renewal.HoldRenewal) -> None: ...


@pytest.fixture
def time() -> Standing:
    return Standing()


@pytest.fixture
def embedded() -> Iterator[Tallystick]:
    with Tallystick.open(":memory:", catalog=small()) as opened:
        opened.open_account("ada")
        opened.grant("ada", 50)
        yield opened


@pytest.fixture
def leases(embedded: Tallystick, time: Any) -> LeaseSet:
    """A set whose first lease has 10 credits."""
    asked = commands.Lease("ada", 10)
    first = FirstLease(asked, embedded.lease("ada", 10), asked_at=0.0, may_be_old=False)
    return LeaseSet(time, first, low_water=0, margin_seconds=1.0)


CREDIT = 1_000_000
"""Micros."""


def payer_of(leases: LeaseSet, credits: int) -> Any:
    return leases.payer(credits * CREDIT)


def test_a_lease_that_may_have_timed_out_pays_for_nothing_more(leases: LeaseSet, time: Standing):
    first = payer_of(leases, 10)
    time.seconds = first.renewal.sure_until
    assert payer_of(leases, 1) is None
    assert (first.state, leases.left) == (LeaseState.DRAINING, 0)
    assert leases.returns() == [first]
    assert first.state is LeaseState.RETURNING


def test_a_lease_that_is_passed_over_is_returned_while_the_next_pays(
    leases: LeaseSet, embedded: Tallystick
):
    first = payer_of(leases, 10)
    leases.pay(first, 8 * CREDIT)
    leases.refilled(embedded.lease("ada", 20), 0.0)
    second = payer_of(leases, 3)
    leases.pay(second, 3 * CREDIT)
    assert (first.state, second.state) == (LeaseState.DRAINING, LeaseState.PAYING)
    assert leases.left == 17 * CREDIT
    assert leases.returns() == [], "what it has paid for is not written"
    first.settle(8 * CREDIT, 8 * CREDIT)
    assert leases.returns() == [first]


def test_a_spend_that_is_repriced_needs_another_lease_and_its_own_drains(leases: LeaseSet):
    first = payer_of(leases, 10)
    leases.pay(first, 8 * CREDIT)
    spend = BufferedSpend(commands.Draw("ada", first.hold, "Dot"), "k", 8 * CREDIT, 0.0, first)
    spend.repriced(24 * CREDIT)
    assert (spend.state, spend.lease, spend.cost) == (SpendState.UNPAID, None, 24 * CREDIT)
    assert (first.state, first.left, first.unwritten) == (LeaseState.DRAINING, 10 * CREDIT, 0)


class Meeting:
    """A transport where the first two batches wait for each other."""

    def __init__(self, transport: Any):
        self._transport = transport
        self._both = threading.Barrier(2)
        self._batches = 0

    def do(self, call: Any) -> Any:
        answer = self._transport.do(call)
        if isinstance(call.asked, tuple):
            self._batches += 1
            if self._batches <= 2:
                self._both.wait(PATIENCE_SECONDS)
        return answer

    def close(self) -> None:
        self._transport.close()


def test_a_lease_that_two_threads_close_at_once_is_written_once():
    credits = Tallystick(Meeting(LocalTransport(*open_engine(":memory:", None, small()))), "small")
    credits.open_account("ada")
    credits.grant("ada", 50)
    lease = credits.lease("ada", 40, flush_seconds=60, low_water=0).__enter__()
    lease.spend("Dot", images=3)
    with ThreadPoolExecutor(2) as pool:
        for closing in [pool.submit(lease.close), pool.submit(lease.close)]:
            closing.result(PATIENCE_SECONDS)
    assert (lease.unwritten, lease.spent) == ((), 3)
    assert [line.credits for line in credits.usage("ada")] == [3]
    assert credits.balance("ada").available == 47
    credits.close()
