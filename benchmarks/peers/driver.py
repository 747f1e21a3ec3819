"""Drives one peer, in the peer's own environment: `python driver.py PEER URL`.

Speaks JSON, a line each way. ``{"do": "make", "accounts": N}`` makes accounts with more credits
than will be spent. ``{"do": "charge", "accounts": N, "seconds": T, "in_flight": F, "name": S}``
charges the first N of them, chosen at random, for so long, and says how many it made a second and
how long each took. A peer that is awaited is driven by tasks, any other by threads.
"""

import asyncio
import inspect
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from itertools import count
from random import Random
from threading import Thread
from time import perf_counter
from typing import Any

Planned = tuple[int, str]
"""An account by its number, and the key of a charge to it."""


async def main(name: str, url: str) -> None:
    peer: Any = import_module(name).Peer(url)
    for line in sys.stdin:
        asked = json.loads(line)
        if asked["do"] == "make":
            await _made(peer, asked["accounts"])
            said: dict[str, Any] = {"made": asked["accounts"]}
        else:
            said = await _charged(peer, asked)
        sys.stdout.write(json.dumps(said) + "\n")
        sys.stdout.flush()


async def _made(peer: Any, accounts: int) -> None:
    made = peer.make(accounts)
    if inspect.isawaitable(made):
        await made


async def _charged(peer: Any, asked: dict[str, Any]) -> dict[str, Any]:
    """Whoever is in flight goes on until the time is over, and then ends what it has begun."""
    waits: list[float] = []
    start = perf_counter()
    shares = [
        _planned(asked, number, start + asked["seconds"]) for number in range(asked["in_flight"])
    ]
    if inspect.iscoroutinefunction(peer.charge):
        await asyncio.gather(*[_task(peer, share, waits) for share in shares])
    else:
        _threads(peer.charge, shares, waits)
    seconds = perf_counter() - start
    waits.sort()
    rate = len(waits) / seconds
    return {"rate": rate, "p50": _share(waits, 50), "p99": _share(waits, 99)}


def _planned(asked: dict[str, Any], number: int, until: float) -> Iterator[Planned]:
    """One at a time, as long as there is time."""
    random = Random(f"{asked['name']} {number}")
    for at in count():
        if perf_counter() >= until:
            return
        yield random.randrange(asked["accounts"]), f"{asked['name']}-{number}-{at}"


async def _task(peer: Any, share: Iterator[Planned], waits: list[float]) -> None:
    for account, key in share:
        since = perf_counter()
        await peer.charge(account, key)
        waits.append(perf_counter() - since)


def _threads(
    charge: Callable[[int, str], object], shares: Sequence[Iterator[Planned]], waits: list[float]
) -> None:
    failed: list[BaseException] = []

    def client(share: Iterator[Planned]) -> None:
        try:
            for account, key in share:
                since = perf_counter()
                charge(account, key)
                waits.append(perf_counter() - since)
        except BaseException as error:  # noqa: BLE001 - it is raised again below
            failed.append(error)

    workers = [Thread(target=client, args=(share,)) for share in shares]
    for each in workers:
        each.start()
    for each in workers:
        each.join()
    for error in failed:
        raise error


def _share(waits: Sequence[float], percent: float) -> float:
    return waits[min(len(waits) - 1, int(len(waits) * percent / 100))]


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
