"""API keys of requests: looked up, remembered for a moment, and checked for their scopes."""

import asyncio
import time
from collections.abc import Callable
from hashlib import sha256

from msgspec.structs import replace

from ..core import api_keys, queries
from ..core.errors import AccessDenied, StoreError
from ..core.instants import Instant, from_datetime
from ..engine import keys
from ..results import ApiKeyView
from ..service.async_engine import AsyncEngine
from ..wire.endpoints import ADMIN, Endpoint
from .logs import lines

_KEYS_MAX = 10_000
NOTE_SECONDS = 30.0
"""The uses of keys are written together, so long after the first of them."""


class Keys:
    """The keys that were seen lately. A revoked key stops working within `seconds`, and one that
    ends by itself at its instant."""

    def __init__(
        self, engine: AsyncEngine, seconds: float, clock: Callable[[], float] = time.monotonic
    ):
        self._engine = engine
        self._seconds = seconds
        self.clock = clock
        self._looking: dict[bytes, asyncio.Future[ApiKeyView]] = {}
        self._seen: dict[bytes, tuple[float, ApiKeyView]] = {}
        self._used: dict[str, Instant] = {}
        """The keys whose last use is to be written, each with its instant."""
        self._noting: asyncio.TimerHandle | None = None
        self.note_seconds = NOTE_SECONDS

    async def close(self) -> None:
        """Write what is to be written."""
        if self._noting is not None:
            self._noting.cancel()
        await self._note()

    async def bearer(self, authorization: str | None) -> ApiKeyView:
        """The key in an ``Authorization`` header. Raises `AccessDenied` if it is not valid."""
        scheme, _, api_key = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not api_key.strip():
            raise AccessDenied("an API key is required: Authorization: Bearer tk_...")
        return await self._find(api_key.strip())

    async def _find(self, api_key: str) -> ApiKeyView:
        digest = sha256(api_key.encode("utf-8", "surrogatepass")).digest()
        now = self.clock()
        seen = self._seen.get(digest)
        if seen is not None and now - seen[0] < self._seconds and not self._is_over(seen[1]):
            return seen[1]
        self._seen.pop(digest, None)
        row = await self._look_up(digest, api_key)
        if len(self._seen) >= _KEYS_MAX:
            self._seen.clear()
        self._seen[digest] = (now, row)
        self._note_later(row)
        return row

    def _is_over(self, row: ApiKeyView) -> bool:
        ends = row.expires_at
        return ends is not None and from_datetime(ends) <= self._engine.engine.clock.now()

    def _note_later(self, row: ApiKeyView) -> None:
        """Have the use of a key written, if it was not used in this hour yet."""
        now, last = self._engine.engine.clock.now(), row.last_used_at
        if last is not None and now - from_datetime(last) < keys.HOUR:
            return
        self._used[row.id] = now
        if self._noting is None:
            loop = asyncio.get_running_loop()
            self._noting = loop.call_later(
                self.note_seconds, lambda: loop.create_task(self._note())
            )

    async def _note(self) -> None:
        """Write the uses that wait for it; where that fails, the next use is another chance."""
        self._noting = None
        used, self._used = [*self._used.items()], {}
        if not used:
            return
        engine = self._engine.engine
        try:
            await self._engine.run("change", lambda: keys.note_use(engine, used))
        except StoreError as error:
            lines().warning("the last use of API keys was not written", reason=str(error))

    async def _look_up(self, digest: bytes, api_key: str) -> ApiKeyView:
        """What the database has of a key. Requests with the same key share one look-up; a text that
        does not look like a key is not looked up."""
        said = api_keys.read(api_key)
        if said is None:
            raise AccessDenied(keys.UNKNOWN)
        if said.mistyped:
            raise AccessDenied(keys.MISTYPED)
        looking = self._looking.get(digest)
        if looking is None:
            engine = self._engine.engine
            looking = self._engine.run("lookup", lambda: keys.find(engine, api_key))
            self._looking[digest] = looking
            looking.add_done_callback(lambda done: self._looked(digest, done))
        return await asyncio.shield(looking)

    def _looked(self, digest: bytes, done: "asyncio.Future[ApiKeyView]") -> None:
        self._looking.pop(digest, None)
        if not done.cancelled():
            done.exception()  # heard, even where everybody who asked has gone


def admit(row: ApiKeyView, scopes: tuple[str, ...]) -> None:
    """Raise `AccessDenied` unless the key has one of `scopes`."""
    if not any(scope in row.scopes for scope in scopes):
        opened, needed = ", ".join(row.scopes), " or ".join(scopes)
        raise AccessDenied(
            f"the key '{row.name}' has the scopes {opened}; this needs {needed}", scopes
        )


def admit_to(row: ApiKeyView, endpoint: Endpoint) -> None:
    """Raise `AccessDenied` unless the key has a scope of the endpoint."""
    admit(row, endpoint.scopes)


def seen_by(row: ApiKeyView, query: queries.Query) -> queries.Query:
    """What a key may ask: only operators see what a catalog's rates cost them."""
    if isinstance(query, queries.CatalogOf) and ADMIN not in row.scopes:
        return replace(query, costs=False)
    return query
