"""Requests that are being answered, by their keys: a second one waits for the first."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from ..core.errors import StillRunning

Name = tuple[str, str | None, str]
"""Platform, account, key."""


class InFlight:
    """At most one request under a key is in the engine from here at any time.

    Whoever comes second waits, then asks the engine, which gives the first answer again; who has
    waited `seconds` is told that the first is still running.
    """

    def __init__(self, seconds: float):
        self._seconds = seconds
        self.running: dict[Name, asyncio.Event] = {}

    @asynccontextmanager
    async def alone(
        self, platform: str, account: str | None, key: str | None
    ) -> AsyncIterator[None]:
        if key is None:
            yield
            return
        name = platform, account, key
        if name in self.running:
            await self._wait(name)
        ended = self.running[name] = asyncio.Event()
        try:
            yield
        finally:
            del self.running[name]
            ended.set()

    async def _wait(self, name: Name) -> None:
        try:
            async with asyncio.timeout(self._seconds):
                while running := self.running.get(name):
                    await running.wait()
        except TimeoutError:
            raise StillRunning(
                "the first request under this key is still being answered; ask again in a moment, "
                "with the same key"
            ) from None
