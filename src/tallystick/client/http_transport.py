"""Transports to a server over HTTP: one that blocks and one that is awaited, with the same steps.

Connections are kept and shared. What is sent and how often is decided in `exchange`.
"""

import asyncio
import os
import threading
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from ..core.errors import ServerError, StoreError, Unreachable, UnsafeDatabase
from ..service.transport import Call
from ..wire.encoders import EncodedRequest
from .connection import Remote, settings
from .exchange import Pause, Response
from .request_steps import request_steps

if TYPE_CHECKING:
    import httpx2

MAX_REPLY_BYTES = 64 * 1_024 * 1_024
"""More than any answer has: what sends more is not a Tallystick server."""


class _Late(Exception):
    """The whole answer did not come in time, though something did."""


class HttpTransport:
    """Calls answered by a server. Safe to share between threads.

    `pause` waits between two sendings; closing the transport ends the pause that it brings itself.
    """

    def __init__(self, to: Remote, pause: Callable[[float], object] | None = None):
        import httpx2

        self.url = to.url
        self._timeout = to.timeout
        self._http = httpx2.Client(**settings(to))
        self._process = os.getpid()
        self._closed = threading.Event()
        self._pause = pause or self._closed.wait
        self._running = 0
        self._ended = threading.Condition()

    def do(self, call: Call[Any]) -> Any:
        steps = request_steps(call, self.url)
        with self._one_more():
            try:
                step = next(steps)
                while True:
                    step = steps.send(self._done(step))
            except StopIteration as answered:
                return answered.value

    def _done(self, step: EncodedRequest | Pause) -> Response | None:
        if isinstance(step, Pause):
            self._pause(step.seconds)
            return None
        return self._send(step)

    def _send(self, sent: EncodedRequest) -> Response:
        import httpx2

        _check(self._closed.is_set(), self._process)
        deadline = time.monotonic() + self._timeout
        try:
            with self._http.stream(**_request(sent)) as reply:
                body = bytearray()
                for piece in reply.iter_bytes():
                    _take(body, piece, time.monotonic() > deadline)
                return _response(reply, body)
        except (httpx2.RequestError, _Late, ServerError) as error:
            return _no_response(error, self.url)

    @contextmanager
    def _one_more(self) -> Iterator[None]:
        """Counts calls, so that closing can wait for those that have begun."""
        _check(self._closed.is_set(), self._process)
        with self._ended:
            self._running += 1
        try:
            yield
        finally:
            with self._ended:
                self._running -= 1
                self._ended.notify_all()

    def close(self) -> None:
        """Let go of the connections, after the requests that are under way are answered."""
        self._closed.set()
        if os.getpid() != self._process:  # the connections are the parent's
            return
        with self._ended:
            self._ended.wait_for(lambda: not self._running, self._timeout)
        self._http.close()


class AsyncHttpTransport:
    """The same, awaited. Each event loop has connections of its own."""

    def __init__(
        self, to: Remote, pause: Callable[[float], Coroutine[Any, Any, object]] = asyncio.sleep
    ):
        self.url = to.url
        self._to = to
        self._pause = pause
        self._process = os.getpid()
        self._closed = False
        self._loops: WeakKeyDictionary[asyncio.AbstractEventLoop, _OfLoop] = WeakKeyDictionary()

    async def do(self, call: Call[Any]) -> Any:
        steps = request_steps(call, self.url)
        _check(self._closed, self._process)
        async with self._here().one_more():
            try:
                step = next(steps)
                while True:
                    step = steps.send(await self._done(step))
            except StopIteration as answered:
                return answered.value

    async def _done(self, step: EncodedRequest | Pause) -> Response | None:
        if isinstance(step, Pause):
            await self._pause(step.seconds)
            return None
        return await self._send(step)

    async def _send(self, sent: EncodedRequest) -> Response:
        import httpx2

        _check(self._closed, self._process)
        try:
            async with (
                asyncio.timeout(self._to.timeout),
                self._here().http.stream(**_request(sent)) as reply,
            ):
                body = bytearray()
                async for piece in reply.aiter_bytes():
                    _take(body, piece, False)
                return _response(reply, body)
        except (httpx2.RequestError, TimeoutError, ServerError) as error:
            return _no_response(error, self.url)

    def _here(self) -> "_OfLoop":
        loop = asyncio.get_running_loop()
        found = self._loops.get(loop)
        if found is None:
            found = self._loops[loop] = _OfLoop(self._to)
        return found

    async def close(self) -> None:
        """Let go of the connections, after the requests that are under way are answered."""
        self._closed = True
        if os.getpid() == self._process and asyncio.get_running_loop() in self._loops:
            await self._here().close(self._to.timeout)


class _OfLoop:
    """The connections of one event loop, and how many calls are under way on it."""

    def __init__(self, to: Remote):
        import httpx2

        self.http = httpx2.AsyncClient(**settings(to))
        self._running = 0
        self._idle = asyncio.Event()
        self._life = self._until_the_loop_ends()
        self._begun = False

    async def _until_the_loop_ends(self) -> AsyncGenerator[None, None]:
        """An event loop that ends closes the generators begun on it, and so these connections."""
        try:
            yield
        finally:
            await self.http.aclose()

    @asynccontextmanager
    async def one_more(self) -> AsyncIterator[None]:
        if not self._begun:
            self._begun = True
            await anext(self._life)
        self._running += 1
        self._idle.clear()
        try:
            yield
        finally:
            self._running -= 1
            if not self._running:
                self._idle.set()

    async def close(self, patience: float) -> None:
        try:
            async with asyncio.timeout(patience):
                while self._running:
                    await self._idle.wait()
        except TimeoutError:
            pass
        await self._life.aclose()


def _check(closed: bool, process: int) -> None:
    """A closed transport says so; a forked process must not speak on its parent's connections."""
    if process != os.getpid():
        raise UnsafeDatabase(
            "this Tallystick was connected before this process was forked; connect in each process"
        )
    if closed:
        raise StoreError("this Tallystick is closed; connect again")


def _request(sent: EncodedRequest) -> dict[str, Any]:
    headers = {"content-type": sent.media_type} if sent.body is not None else {}
    if sent.key is not None:
        headers["idempotency-key"] = sent.key
    return {
        "method": sent.endpoint.method,
        "url": sent.path,
        "content": sent.body,
        "headers": headers,
    }


def _take(body: bytearray, piece: bytes, late: bool) -> None:
    body += piece
    if late:
        raise _Late
    if len(body) > MAX_REPLY_BYTES:
        raise ServerError(f"the answer has more than {MAX_REPLY_BYTES:,} bytes")


def _response(reply: "httpx2.Response", body: bytearray) -> Response:
    return Response(
        reply.status_code, bytes(body), retry_after=_retry_after(reply.headers.get("retry-after"))
    )


def _retry_after(word: str | None) -> float | None:
    """Seconds; a date, which is the other way to write it, is left alone."""
    if word is None or not (word.isascii() and word.isdecimal() and len(word) < 10):
        return None
    return float(word)


def _no_response(error: Exception, url: str) -> Response:
    """No answer came, or none that can be read. A key makes it safe to ask again."""
    import httpx2

    if isinstance(error, (httpx2.TimeoutException, TimeoutError, _Late)):
        said = f"the server at {url} did not answer in time"
        return Response(0, b"", Unreachable(said), late=True)
    why = f"{error or type(error).__name__}"
    if isinstance(error, (httpx2.TransportError,)):
        return Response(0, b"", Unreachable(f"the server at {url} cannot be reached: {why}"))
    return Response(0, b"", ServerError(f"the answer of {url} cannot be read: {why}"))
