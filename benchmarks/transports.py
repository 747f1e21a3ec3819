"""The ways into the engine that are measured: one at a time, asyncio, threads, batches."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Thread
from time import perf_counter
from typing import Any

from tallystick import AsyncTallystick, Tallystick, commands

from .core import account_name, opening
from .figures import cut, per_second

PLATFORM = "artlist"
Way = Callable[[Path, Sequence[commands.Charge]], float]
"""Opens the database, makes the charges, and says how many it made a second."""


def build(path: Path | str, accounts: int) -> list[str]:
    """A database of accounts with a running cycle and more credits than will be spent."""
    names = [account_name(number) for number in range(accounts)]
    with Tallystick.open(path, PLATFORM) as credits:
        for piece in cut(names, 300):
            checked(credits.execute([each for name in piece for each in opening(PLATFORM, name)]))
    return names


def checked(answers: Sequence[Any]) -> None:
    """Refusals are cheap: a benchmark that was refused has measured nothing."""
    for answer in answers:
        if isinstance(answer, Exception):
            raise answer


def warming(charges: Sequence[commands.Charge]) -> list[Sequence[commands.Advance]]:
    """Commands that load every account and write nothing, so that no run begins cold."""
    accounts = dict.fromkeys(charge.account for charge in charges)
    return cut([commands.Advance(account) for account in accounts], 1_000)


def batches_of(size: int) -> Way:
    """`execute` with `size` commands at a time; with 1 it is one in flight."""

    def way(path: Path, charges: Sequence[commands.Charge]) -> float:
        pieces = cut(charges, size)
        with Tallystick.open(path, PLATFORM) as credits:
            for piece in warming(charges):
                credits.execute(piece)
            answers: list[list[Any]] = []

            def work() -> None:
                answers.extend(credits.execute(piece) for piece in pieces)

            rate = per_second(len(charges), work)
        for each in answers:
            checked(each)
        return rate

    return way


def one_at_a_time(path: Path, charges: Sequence[commands.Charge]) -> float:
    with Tallystick.open(path, PLATFORM) as credits:
        for piece in warming(charges):
            credits.execute(piece)
        return per_second(len(charges), lambda: _client(credits, charges))


def _client(credits: Tallystick, charges: Sequence[commands.Charge]) -> None:
    for each in charges:
        credits.charge(each.account, each.model, each.outputs, key=each.key, **each.params)


def threads(clients: int) -> Way:
    """So many threads over one `Tallystick`, each making its share, one after the other."""

    def way(path: Path, charges: Sequence[commands.Charge]) -> float:
        with Tallystick.open(path, PLATFORM) as credits:
            for piece in warming(charges):
                credits.execute(piece)
            failed: list[BaseException] = []

            def client(share: Sequence[commands.Charge]) -> None:
                try:
                    _client(credits, share)
                except BaseException as error:  # noqa: BLE001 - it is raised again below
                    failed.append(error)

            workers = [Thread(target=client, args=(charges[at::clients],)) for at in range(clients)]
            start = perf_counter()
            for each in workers:
                each.start()
            for each in workers:
                each.join()
            took = perf_counter() - start
        checked(failed)
        return len(charges) / took

    return way


def tasks(clients: int) -> Way:
    """So many tasks on one event loop over one `AsyncTallystick`."""

    async def measured(path: Path, charges: Sequence[commands.Charge]) -> float:
        async with AsyncTallystick.open(path, PLATFORM) as credits:
            for piece in warming(charges):
                await credits.execute(piece)

            async def client(share: Sequence[commands.Charge]) -> None:
                for each in share:
                    await credits.charge(
                        each.account, each.model, each.outputs, key=each.key, **each.params
                    )

            start = perf_counter()
            await asyncio.gather(*[client(charges[at::clients]) for at in range(clients)])
            return len(charges) / (perf_counter() - start)

    return lambda path, charges: asyncio.run(measured(path, charges))
