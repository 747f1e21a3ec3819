"""One server for a whole run of tests, with an engine for each test behind it.

A server takes longer to start and to stop than most tests take, an application behind one that
runs does not. Sockets, headers and bytes are real; a request goes to the engine whose API key it
carries.
"""

import asyncio
import atexit
import threading
from collections.abc import Callable
from functools import cache
from inspect import signature
from typing import Any, NamedTuple

import uvicorn

from tallystick import Tallystick
from tallystick.engine import Engine, keys
from tallystick.http import server as servers
from tallystick.http.app import application
from tallystick.http.front import Front
from tallystick.service.startup import open_engine
from tests.patience import PATIENCE_SECONDS


class Behind(NamedTuple):
    """An engine behind the server: where it is, the key that opens it, and its end."""

    engine: Engine
    platform: str
    url: str
    api_key: str
    close: Callable[[], None]


class OneServer:
    """An ASGI application that hands each request to one of many, by its API key."""

    def __init__(self) -> None:
        self._fronts: dict[bytes, Front] = {}
        self._socket = servers.listening("127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._server = uvicorn.Server(
            uvicorn.Config(self, access_log=False, log_config=None, log_level="warning")
        )
        self._runner = asyncio.Runner()
        self._loop = self._runner.get_loop()
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        assert self._started.wait(PATIENCE_SECONDS), "the server did not start"

    def _serve(self) -> None:
        self._runner.run(self._server.serve(sockets=[self._socket]))

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        bearer = dict(scope["headers"]).get(b"authorization", b"")
        front = self._fronts.get(bearer) or next(iter(self._fronts.values()))
        await front(scope, receive, send)

    async def _live(self, receive: Any, send: Any) -> None:
        while (await receive())["type"] != "lifespan.shutdown":
            await send({"type": "lifespan.startup.complete"})
            self._started.set()
        await send({"type": "lifespan.shutdown.complete"})

    def behind(self, engine: Engine, platform: str) -> Behind:
        """Put an engine behind the server; closing it closes the engine."""
        front = application(engine)
        api_key = keys.create(engine, platform, "test", "all").api_key
        bearer = f"Bearer {api_key}".encode()
        self._fronts[bearer] = front

        def close() -> None:
            del self._fronts[bearer]
            asyncio.run_coroutine_threadsafe(front.service.close(), self._loop).result(
                PATIENCE_SECONDS
            )

        return Behind(engine, platform, self.url, api_key, close)

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(PATIENCE_SECONDS)
        self._runner.close()
        self._socket.close()


@cache
def the_server() -> OneServer:
    """The server, started when it is first needed and stopped at the end of the process."""
    server = OneServer()
    atexit.register(server.stop)
    return server


def behind_http(*args: Any, **kwargs: Any) -> Behind:
    """What `Tallystick.open` would open, behind the server."""
    given = signature(Tallystick.open).bind(*args, **kwargs)
    given.apply_defaults()
    engine, platform = open_engine(*given.args)
    return the_server().behind(engine, platform)
