"""Who asks: the API key of a request, looked up once in a while, and what it opens."""

import time
from collections.abc import Callable
from hashlib import sha256

from ..core.errors import AccessDenied
from ..doors.awaited import AsyncEngine
from ..engine import keys
from ..engine.results import ApiKeyView
from ..wire.endpoints import Endpoint

_MOST = 10_000


class Keys:
    """The keys that were seen lately. A revoked one ends within `seconds`."""

    def __init__(
        self, engine: AsyncEngine, seconds: float, clock: Callable[[], float] = time.monotonic
    ):
        self._engine = engine
        self._seconds = seconds
        self.clock = clock
        self._seen: dict[bytes, tuple[float, ApiKeyView]] = {}

    async def bearer(self, authorization: str | None) -> ApiKeyView:
        """The key in an ``Authorization`` header; raises `AccessDenied`."""
        scheme, _, api_key = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not api_key.strip():
            raise AccessDenied("an API key is needed: Authorization: Bearer tk_...")
        return await self._find(api_key.strip())

    async def _find(self, api_key: str) -> ApiKeyView:
        digest = sha256(api_key.encode("utf-8", "surrogatepass")).digest()
        now = self.clock()
        seen = self._seen.get(digest)
        if seen is not None and now - seen[0] < self._seconds:
            return seen[1]
        self._seen.pop(digest, None)
        row = await self._engine.read(lambda: keys.find(self._engine.engine, api_key))
        if len(self._seen) >= _MOST:
            self._seen.clear()
        self._seen[digest] = (now, row)
        return row


def admit(row: ApiKeyView, scopes: tuple[str, ...]) -> None:
    """Raise `AccessDenied` unless the key opens one of `scopes`."""
    if not any(scope in row.scopes for scope in scopes):
        opened, needed = ", ".join(row.scopes), " or ".join(scopes)
        raise AccessDenied(f"the key '{row.name}' opens {opened}; this needs {needed}", scopes)


def admit_to(row: ApiKeyView, endpoint: Endpoint) -> None:
    admit(row, endpoint.scopes)
