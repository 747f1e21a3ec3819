"""A gateway in a process of its own, which spends of a lease until it is killed."""

from __future__ import annotations

import sys
from typing import Any

from tallystick import Tallystick
from tallystick.testing import TestClock
from tests.scenarios.small import small

ACCOUNT = "ada"
START = "2026-01-31T10:00:00Z"
LEASED, FLUSHED = 1_000, 100


def tell(word: object) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


def spend_until_killed(credits: Any) -> None:
    """Spend and flush; then spend on, a dot and two in turn, and print each when it is answered."""
    with credits.lease(ACCOUNT, LEASED, ttl_seconds=600, flush_seconds=0.005, low_water=0) as lease:
        for _ in range(FLUSHED):
            lease.spend("Dot")
        lease.flush()
        tell(lease.hold)
        for turn in range(10_000):
            tell(lease.spend("Dot", images=1 + turn % 2).credits)


if __name__ == "__main__":
    where, api_key = sys.argv[1:]
    if api_key == "embedded":
        spend_until_killed(Tallystick.open(where, catalog=small(), clock=TestClock(START)))
    else:
        spend_until_killed(Tallystick.connect(where, api_key))
