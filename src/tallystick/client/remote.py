"""Doors to a server over HTTP: one that blocks, one that is awaited; the conversation is the same.

Connections are kept and shared. What is sent and how often is decided in `conversation`.
"""

import asyncio
import threading
import time
from importlib.metadata import version
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ..core.errors import InvalidRequest, StoreError, Unreachable, describe
from ..doors.calls import Call
from ..engine.keys import platform_of
from ..wire.sending import Sending
from .conversation import Heard, Pause, conversation

if TYPE_CHECKING:
    import httpx2

DEFAULT_TIMEOUT = 30.0
_MOST_CONNECTIONS = 100


def remote(url: object, api_key: object) -> tuple[str, str, str]:
    """The address, key and platform to connect to; raises `InvalidRequest`."""
    parts = urlsplit(url) if isinstance(url, str) else None
    if parts is None or parts.scheme not in ("http", "https") or not parts.hostname:
        raise InvalidRequest(
            f"a server's address begins with http:// or https://, unlike {describe(url)}",
            where="url",
        )
    platform = platform_of(api_key) if isinstance(api_key, str) else None
    if not isinstance(api_key, str) or platform is None or not api_key.isascii():
        raise InvalidRequest(
            "an API key reads tk_<platform>_..., as `tallystick keys create` showed it",
            where="api_key",
        )
    _check_installed()
    return str(url).rstrip("/"), api_key, platform


def _settings(url: str, api_key: str, timeout: float) -> dict[str, Any]:
    import httpx2

    return {
        "base_url": url,
        "headers": {
            "authorization": f"Bearer {api_key}",
            "user-agent": f"tallystick-python/{version('tallystick')}",
        },
        "timeout": httpx2.Timeout(timeout, connect=min(timeout, 5.0)),
        "limits": httpx2.Limits(max_connections=_MOST_CONNECTIONS),
        "follow_redirects": False,
    }


def seconds(timeout: object) -> float:
    """A time-out in seconds, more than nothing and at most an hour."""
    sound = isinstance(timeout, (int, float)) and not isinstance(timeout, bool)
    if not sound or not 0 < timeout <= 3_600:  # type: ignore[operator]
        raise InvalidRequest(
            f"timeout must be seconds, more than 0 and at most 3,600, not {describe(timeout)}",
            where="timeout",
        )
    return float(timeout)  # type: ignore[arg-type]


def _check_installed() -> None:
    """Raise a clear error when the library that speaks HTTP is not installed."""
    try:
        import httpx2  # noqa: F401
    except ImportError:
        raise InvalidRequest(
            "connecting to a server needs the client's parts: pip install 'tallystick[client]'",
            where="connect",
        ) from None


def _heard(response: "httpx2.Response") -> Heard:
    word = response.headers.get("retry-after", "")
    return Heard(response.status_code, response.content, None, float(word) if word.isdecimal()
                 else None)  # fmt: skip


def _unheard(error: Exception, url: str) -> Heard:
    """Nothing came back. A key makes it safe to ask again."""
    import httpx2

    if isinstance(error, httpx2.TimeoutException):
        said = f"the server at {url} did not answer in time"
    else:
        said = f"the server at {url} cannot be reached: {error or type(error).__name__}"
    return Heard(0, b"", Unreachable(said))


def _headers(sent: Sending) -> dict[str, str]:
    found = {"content-type": sent.media_type} if sent.body is not None else {}
    return found | {"idempotency-key": sent.key} if sent.key is not None else found


class RemoteDoor:
    """Calls answered by a server. Safe to share between threads."""

    def __init__(self, url: str, api_key: str, timeout: float = DEFAULT_TIMEOUT):
        import httpx2

        self.url = url
        self._http = httpx2.Client(**_settings(url, api_key, timeout))
        self._closed = threading.Event()

    def do(self, call: Call[Any]) -> Any:
        talk = conversation(call)
        heard: Heard | None = None
        try:
            while True:
                step = talk.send(heard)
                heard = None
                if isinstance(step, Pause):
                    time.sleep(step.seconds)
                else:
                    heard = self._send(step)
        except StopIteration as ended:
            return ended.value

    def _send(self, sent: Sending) -> Heard:
        import httpx2

        if self._closed.is_set():
            raise StoreError("this Tallystick is closed; connect again")
        try:
            return _heard(
                self._http.request(
                    sent.endpoint.method, sent.path, content=sent.body, headers=_headers(sent)
                )
            )
        except httpx2.TransportError as error:
            return _unheard(error, self.url)

    def close(self) -> None:
        """Let go of the connections."""
        self._closed.set()
        self._http.close()


class AsyncRemoteDoor:
    """The same, awaited. It belongs to the event loop that first uses it."""

    def __init__(self, url: str, api_key: str, timeout: float = DEFAULT_TIMEOUT):
        import httpx2

        self.url = url
        self._http = httpx2.AsyncClient(**_settings(url, api_key, timeout))
        self._closed = False

    async def do(self, call: Call[Any]) -> Any:
        talk = conversation(call)
        heard: Heard | None = None
        try:
            while True:
                step = talk.send(heard)
                heard = None
                if isinstance(step, Pause):
                    await asyncio.sleep(step.seconds)
                else:
                    heard = await self._send(step)
        except StopIteration as ended:
            return ended.value

    async def _send(self, sent: Sending) -> Heard:
        import httpx2

        if self._closed:
            raise StoreError("this Tallystick is closed; connect again")
        try:
            return _heard(
                await self._http.request(
                    sent.endpoint.method, sent.path, content=sent.body, headers=_headers(sent)
                )
            )
        except httpx2.TransportError as error:
            return _unheard(error, self.url)

    async def close(self) -> None:
        """Let go of the connections."""
        self._closed = True
        await self._http.aclose()
