"""Drives the Tallystick of one checkout: `python driver.py`, with its `src` on the path.

It imports nothing else of either checkout, so that both are driven by the same lines. Speaks JSON,
a line each way:

``{"do": "make", "url": U, "accounts": [...]}`` makes a database with these accounts in it.
``{"do": "open", "url": U, "accounts": [...]}`` opens it, and reads these accounts once.
``{"do": "charge", "in_flight": N, "charges": [[account, model, outputs, params, key], ...]}`` makes
charges from so many tasks, and says how many seconds that took, and how many of a processor.
``{"do": "close"}`` closes it.
"""

import asyncio
import json
import sys
from collections.abc import Sequence
from time import perf_counter, process_time
from typing import Any

import tallystick
from tallystick import AsyncTallystick, Tallystick, commands

PLATFORM = "artlist"
PLAN, PACKAGE = "max-pro", 240_000
PLENTY = 9_000_000_000
_PIECE = 300


class Driver:
    """The database that is open, if any, and what can be asked about it."""

    def __init__(self) -> None:
        self._credits: AsyncTallystick | None = None

    async def make(self, url: str, accounts: Sequence[str]) -> dict[str, Any]:
        with Tallystick.open(url, PLATFORM) as credits:
            for at in range(0, len(accounts), _PIECE):
                asked = [each for name in accounts[at : at + _PIECE] for each in _opening(name)]
                _checked(credits.execute(asked))
        return {"made": len(accounts)}

    async def open(self, url: str, accounts: Sequence[str]) -> dict[str, Any]:
        self._credits = credits = AsyncTallystick.open(url, PLATFORM)
        for at in range(0, len(accounts), _PIECE):
            names = accounts[at : at + _PIECE]
            _checked(await credits.execute([commands.Advance(name) for name in names]))
        return {"opened": url}

    async def charge(self, in_flight: int, charges: Sequence[Any]) -> dict[str, Any]:
        credits = self._credits
        if credits is None:
            raise RuntimeError("no database is open")

        async def task(share: Sequence[Any]) -> None:
            for account, model, outputs, params, key in share:
                await credits.charge(account, model, outputs, key=key, **params)

        start, spent = perf_counter(), process_time()
        await asyncio.gather(*[task(charges[at::in_flight]) for at in range(in_flight)])
        return {"seconds": perf_counter() - start, "processor": process_time() - spent}

    async def close(self) -> dict[str, Any]:
        if self._credits is not None:
            await self._credits.close()
        self._credits = None
        return {"closed": True}


def _opening(account: str) -> list[commands.Command]:
    """What gives an account a running cycle and credits that last."""
    return [
        commands.OpenAccount(account),
        commands.Subscribe(account, PLAN, PACKAGE),
        commands.GrantCredits(account, PLENTY),
    ]


def _checked(answers: Sequence[Any]) -> None:
    for answer in answers:
        if isinstance(answer, Exception):
            raise answer


async def main() -> None:
    driver = Driver()
    _say({"tallystick": tallystick.__file__, "version": tallystick.__version__})
    for line in sys.stdin:
        asked = json.loads(line)
        _say(await getattr(driver, asked.pop("do"))(**asked))


def _say(said: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(said) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main())
