"""Requests that are being answered, by their keys: a second one waits for the first."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from ..core.errors import InvalidRequest, StillRunning
from .settings import ServerSettings

Name = tuple[str, str | None, str]
"""Platform, account, key."""


class InFlight:
    """Lets one request under a key into the engine at a time.

    A second request waits for the first; the engine then gives it the first answer again. One that
    has waited `seconds` gets the error that the first is still running.
    """

    def __init__(self, seconds: float):
        self._seconds = seconds
        self.running: dict[Name, asyncio.Event] = {}

    @asynccontextmanager
    async def alone(
        self, platform: str, account: str | None, key: str | None
    ) -> AsyncIterator[None]:
        """Be the only request under a key in this block. Raises `StillRunning` after waiting."""
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
                "the first request under this key is still running; try again in a moment with "
                "the same key"
            ) from None


def check_key(settings: ServerSettings, platform: str, key: Any, where: str) -> None:
    """Check that a request which writes to a platform has the idempotency key that the server
    requires. Raises `InvalidRequest` where it has none."""
    if key is None and settings.requires_keys(platform):
        raise InvalidRequest(
            "this server requires an idempotency key of every request that writes to "
            f"{platform}: name the job or the payment that it is for",
            where=where,
        )
