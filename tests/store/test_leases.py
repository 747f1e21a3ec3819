"""Leases under load: many spenders draw exactly what was leased, and what a killed gateway did not
draw comes back."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from itertools import chain

import pytest

from tallystick import HoldClosed, Tallystick
from tallystick.testing import TestClock
from tests.store.gateways import ACCOUNT, draw_to_the_end
from tests.store.shop import opened
from tests.store.test_threads import at_once

THREADS = 64
GRANTED = 10_000


@pytest.fixture
def shop(url: str) -> Iterator[Tallystick]:
    with opened(url) as shop:
        shop.open_account(ACCOUNT)
        shop.grant(ACCOUNT, GRANTED)
        yield shop


def test_64_threads_draw_exactly_what_was_leased(shop: Tallystick):
    """640 draws are asked for where 500 credits are leased; a lease beside it loses nothing."""
    lease, beside = shop.lease(ACCOUNT, 500).hold, shop.lease(ACCOUNT, 7)
    left = at_once(lambda _: draw_to_the_end(shop, lease, most=10), THREADS)
    assert sorted(chain.from_iterable(left)) == list(range(500))
    listed = {hold.hold: hold.credits for hold in shop.holds(ACCOUNT)}
    assert listed == {lease: 0, beside.hold: 7}
    balance = shop.balance(ACCOUNT)
    assert (balance.available, balance.held) == (GRANTED - 507, 7)
    assert len(shop.usage(ACCOUNT)) == 500
    assert shop.release(ACCOUNT, lease).returned == 0
    assert shop.verify()


def test_draws_race_with_a_release_and_nothing_is_lost(shop: Tallystick):
    """Whoever comes after the release is refused; what was drawn and what came back is all."""
    lease = shop.lease(ACCOUNT, 500).hold

    def act(number: int) -> int:
        if number == THREADS // 2:
            return int(shop.release(ACCOUNT, lease).returned)
        with suppress(HoldClosed):
            draw_to_the_end(shop, lease, most=2)
        return 0

    (returned,) = filter(None, at_once(act, THREADS))
    drawn = len(shop.usage(ACCOUNT))
    assert returned + drawn == 500
    balance = shop.balance(ACCOUNT)
    assert (balance.available, balance.held) == (GRANTED - drawn, 0)
    assert shop.verify()


def gateway(*args: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.store.gateways", *map(str, args)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )


def test_gateways_in_several_processes_draw_exactly_what_was_leased(shop: Tallystick, url: str):
    lease = shop.lease(ACCOUNT, 100).hold
    with ExitStack() as running:
        gateways = [running.enter_context(gateway("beside", url, lease, 60)) for _ in range(2)]
        for each in gateways:
            assert each.stdout
            assert each.stdout.readline() == "ready\n"
        said = [each.communicate("go\n")[0] for each in gateways]
    assert sorted(int(left) for each in said for left in each.split()) == list(range(100))
    assert (shop.balance(ACCOUNT).available, shop.balance(ACCOUNT).held) == (GRANTED - 100, 0)
    assert shop.verify()


@pytest.mark.parametrize(
    "after", [pytest.param(23, id="23"), pytest.param(400, marks=pytest.mark.prove, id="400")]
)
def test_what_a_killed_gateway_did_not_draw_comes_back_at_the_time_out(
    shop: Tallystick, url: str, after: int
):
    with gateway("until killed", url, 500) as killed:
        assert killed.stdout
        lease = killed.stdout.readline().strip()
        answered = [killed.stdout.readline() for _ in range(after)]
        killed.kill()
        answered += killed.stdout.readlines()
    receipts = [line.receipt for line in shop.usage(ACCOUNT)]
    assert {line.strip() for line in answered if line.endswith("\n")} <= set(receipts)
    left = 500 - len(receipts)
    assert [(hold.hold, hold.credits) for hold in shop.holds(ACCOUNT)] == [(lease, left)]
    assert shop.balance(ACCOUNT).available == GRANTED - 500
    with opened(url, TestClock("2026-01-10T10:10:00Z")) as later:
        assert later.holds(ACCOUNT) == []
        assert later.balance(ACCOUNT).available == GRANTED - len(receipts)
        later.charge(ACCOUNT, "Picture", images=GRANTED - len(receipts))
        assert later.verify()
