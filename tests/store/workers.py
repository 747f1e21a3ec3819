"""What the processes of `test_processes` do; each opens the database for itself."""

from __future__ import annotations

import os
import random
import sys
from threading import Barrier
from typing import Any

from tallystick import InsufficientCredits, Refused, commands
from tallystick.results import Charge
from tests.store.shop import opened

START: Barrier | None = None
PROCESSES = 8


def begin(barrier: Barrier) -> None:
    """Give a new process the barrier at which all of them start at once."""
    global START  # noqa: PLW0603 - a process of a pool has no other place for it
    START = barrier


def together() -> None:
    if START is not None:
        START.wait(timeout=60)


def overspend(path: str, account: str, times: int) -> int:
    """Charge one credit so many times; how often that went through."""
    with opened(path) as shop:
        together()
        return sum(charged(shop, account) for _ in range(times))


def charged(shop: Any, account: str) -> bool:
    try:
        shop.charge(account, "Picture", images=1)
    except InsufficientCredits:
        return False
    return True


def hold_and_close(path: str, account: str, times: int) -> tuple[int, int]:
    """Hold five credits so many times, settle for three or release; (spent, holds placed)."""
    spent = placed = 0
    with opened(path) as shop:
        together()
        for number in range(times):
            try:
                hold = shop.hold(account, "Picture", images=5)
            except Refused:
                continue
            placed += 1
            if number % 2:
                hold.settle(images=3)
                spent += 3
            else:
                hold.release()
    return spent, placed


def charge_by_key(path: str, account: str, key: str, images: int) -> bytes:
    """The whole answer to one keyed charge, a refusal included."""
    with opened(path) as shop:
        together()
        return answer(shop, account, key, images)


def answer(shop: Any, account: str, key: str, images: int) -> bytes:
    try:
        return shop.charge(account, "Picture", images=images, key=key).to_json()
    except Refused as refused:
        return repr((refused.code, refused.message, refused.facts, refused.ways_out)).encode()


def open_new(path: str) -> str:
    """Open a database that is not there yet, with everybody else, and write to it."""
    together()
    with opened(path) as shop:
        return shop.open_account(f"acct_{os.getpid()}").account


def spend_in_batches(path: str, accounts: int, times: int) -> int:
    """Charge in batches that touch most accounts, some twice; how many charges went through."""
    chance = random.Random(os.getpid())
    with opened(path) as shop:
        together()
        done = 0
        for _ in range(times):
            names = [f"many_{chance.randrange(accounts)}" for _ in range(24)]
            charges = [commands.Charge(name, "Picture", {"images": 1}) for name in names]
            done += sum(isinstance(each, Charge) for each in shop.execute(charges))
    return done


def charge_until_killed(path: str, first: int) -> None:
    """Charge and print each key once its answer is there; run by `test_crashes`."""
    with opened(path) as shop:
        number = first
        while True:
            receipt = shop.charge("acct_1", "Picture", images=1, key=f"k{number}").receipt
            sys.stdout.write(f"k{number} {receipt}\n")
            sys.stdout.flush()
            number += 1


if __name__ == "__main__":
    charge_until_killed(sys.argv[1], int(sys.argv[2]))
