"""The ways into the engine that are measured, with how long each charge waited."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from threading import Thread
from time import perf_counter
from typing import Any, NamedTuple

from tallystick import AsyncTallystick, Tallystick, commands

from ..figures import cut
from ..transports import PLATFORM, checked, warming


class Measured(NamedTuple):
    """Charges a second, and the seconds that each call took, sorted."""

    rate: float
    waits: Sequence[float]


Begin = Callable[[], None]
"""Called when the database is open and warm, just before the clock starts."""

Way = Callable[[str, Sequence[commands.Charge], Begin], Measured]


def nothing() -> None:
    """Begin without more ado."""


def one_at_a_time(url: str, charges: Sequence[commands.Charge], begin: Begin) -> Measured:
    with _opened(url, charges) as credits:
        begin()
        waits: list[float] = []
        start = perf_counter()
        _client(credits, charges, waits)
        took = perf_counter() - start
    return Measured(len(charges) / took, sorted(waits))


def batches_of(size: int) -> Way:
    """`execute` with so many commands at a time; a wait is a batch's."""

    def way(url: str, charges: Sequence[commands.Charge], begin: Begin) -> Measured:
        pieces, answers = cut(charges, size), list[list[Any]]()
        waits: list[float] = []
        with _opened(url, charges) as credits:
            begin()
            start = last = perf_counter()
            for piece in pieces:
                answers.append(credits.execute(piece))
                now = perf_counter()
                waits.append(now - last)
                last = now
        for each in answers:
            checked(each)
        return Measured(len(charges) / (last - start), sorted(waits))

    return way


def threads(clients: int) -> Way:
    """So many threads over one `Tallystick`, each making its share, one after the other."""

    def way(url: str, charges: Sequence[commands.Charge], begin: Begin) -> Measured:
        waits: list[float] = []
        failed: list[BaseException] = []
        with _opened(url, charges) as credits:

            def client(share: Sequence[commands.Charge]) -> None:
                try:
                    _client(credits, share, waits)
                except BaseException as error:  # noqa: BLE001 - it is raised again below
                    failed.append(error)

            workers = [Thread(target=client, args=(charges[at::clients],)) for at in range(clients)]
            begin()
            start = perf_counter()
            for each in workers:
                each.start()
            for each in workers:
                each.join()
            took = perf_counter() - start
        checked(failed)
        return Measured(len(charges) / took, sorted(waits))

    return way


def tasks(clients: int) -> Way:
    """So many tasks on one event loop over one `AsyncTallystick`."""

    async def measured(url: str, charges: Sequence[commands.Charge], begin: Begin) -> Measured:
        waits: list[float] = []
        async with AsyncTallystick.open(url, PLATFORM) as credits:
            for piece in warming(charges):
                await credits.execute(piece)

            async def client(share: Sequence[commands.Charge]) -> None:
                for each in share:
                    since = perf_counter()
                    await charged(credits, each)
                    waits.append(perf_counter() - since)

            begin()
            start = perf_counter()
            await asyncio.gather(*[client(charges[at::clients]) for at in range(clients)])
            took = perf_counter() - start
        return Measured(len(charges) / took, sorted(waits))

    return lambda url, charges, begin: asyncio.run(measured(url, charges, begin))


def charged(credits: AsyncTallystick, each: commands.Charge) -> Awaitable[Any]:
    return credits.charge(each.account, each.model, each.outputs, key=each.key, **each.params)


def _opened(url: str, charges: Sequence[commands.Charge]) -> Tallystick:
    """Every account has been read once, so that no run begins cold."""
    credits = Tallystick.open(url, PLATFORM)
    for piece in warming(charges):
        checked(credits.execute(piece))
    return credits


def _client(credits: Tallystick, charges: Sequence[commands.Charge], waits: list[float]) -> None:
    for each in charges:
        since = perf_counter()
        credits.charge(each.account, each.model, each.outputs, key=each.key, **each.params)
        waits.append(perf_counter() - since)
