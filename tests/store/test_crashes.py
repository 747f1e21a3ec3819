"""A process that is killed while it writes: everything it answered is there, and nothing else."""

from __future__ import annotations

import os
import random
import subprocess
import sys

import pytest

from tests.store.shop import opened

ROUNDS = [pytest.param(3, id="3"), pytest.param(60, id="60", marks=pytest.mark.prove)]


@pytest.mark.parametrize("rounds", ROUNDS)
def test_every_charge_that_was_answered_survives_kill_9(url: str, rounds: int):
    with opened(url) as shop:
        shop.open_account("acct_1")
        shop.grant("acct_1", 10_000_000)
    chance = random.Random(rounds)
    answered: dict[str, str] = {}
    for number in range(rounds):
        answered |= killed(url, number * 1_000_000, chance.randrange(1, 150))
        with opened(url) as shop:
            assert shop.verify()
            written = {entry.key: entry.receipt for entry in entries(shop) if entry.key}
            assert answered.items() <= written.items()
            assert len(written) <= len(answered) + number + 1
            assert shop.balance("acct_1").available == 10_000_000 - len(written)
            again = next(iter(answered))
            repeated = shop.charge("acct_1", "Picture", images=1, key=again)
            assert repeated.receipt == answered[again]
            assert shop.balance("acct_1").available == 10_000_000 - len(written)


def killed(url: str, first: int, after: int) -> dict[str, str]:
    """What a writing process answered before it was killed: receipts by key."""
    worker = subprocess.Popen(
        [sys.executable, "-m", "tests.store.workers", url, str(first)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    assert worker.stdout is not None
    lines = [worker.stdout.readline() for _ in range(after)]
    worker.kill()
    lines += worker.stdout.readlines()
    worker.stdout.close()
    worker.wait()
    return dict(line.split() for line in lines if line.endswith("\n"))


def entries(shop):
    found, after = [], 0
    while page := shop.entries("acct_1", after=after, limit=1_000):
        found += page
        after = page[-1].seq
    return found
