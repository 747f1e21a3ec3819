"""What is loaded, each in a process of its own on one core: the server, the same server answering
a constant, and the engine called from within."""

import asyncio
import math
import multiprocessing
import os
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from time import perf_counter
from typing import Any

import uvloop
from litestar import Request, Response, post
from litestar.handlers import HTTPRouteHandler

from tallystick.core import commands
from tallystick.engine import Engine, keys
from tallystick.http import logs
from tallystick.http import server as http_server
from tallystick.http.app import application
from tallystick.http.dispatch import Incoming, Reply, Service
from tallystick.http.settings import ServerSettings
from tallystick.service.async_engine import AsyncEngine
from tallystick.service.startup import open_engine
from tallystick.wire import json_text

from .figures import cut
from .http_load import Target
from .mix import Mix
from .transports import PLATFORM, checked

SERVER_CORE, LOAD_CORE = 0, 1
CONSTANT = "/constant"


def pin(core: int) -> bool:
    """Keep this process on one core, where the machine has so many and lets us choose."""
    if not hasattr(os, "sched_setaffinity") or (os.cpu_count() or 1) <= core:
        return False
    os.sched_setaffinity(0, {core})
    return True


class Child:
    """A process that runs `work(pipe, ...)` until it is told to end."""

    def __init__(self, work: Any, *given: Any):
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=work, args=(theirs, *given))
        self._process.start()
        theirs.close()
        self.said: Any = self._pipe.recv()

    def ask(self, *asked: Any) -> Any:
        self._pipe.send(asked)
        return self._pipe.recv()

    def processor_seconds(self) -> float:
        """What it has used of its core so far; not a number where only it could know."""
        return processor_seconds(self._process.pid)

    def end(self) -> None:
        self._process.terminate()
        self._process.join()
        self._pipe.close()


def processor_seconds(process: int | None) -> float:
    """What a process has used of its core so far; not a number where only it could know."""
    if sys.platform != "linux" or process is None:
        return math.nan
    return time.clock_gettime(~process << 3 | 2)  # as clock_getcpuclockid makes it


def server(pipe: Any, path: Path, accounts: Sequence[str], constant: bool) -> None:
    """A server as `tallystick serve` runs it; the pipe is told where it is."""
    pin(SERVER_CORE)
    logs.configure("info", "json", path.with_name("log").open("w", encoding="utf-8"))
    engine = _opened(path, accounts)
    app = application(engine, settings := ServerSettings(), [_page(_reply_size(engine, accounts))])
    if constant:
        app.service.reply = _the_first(app.service)  # type: ignore[method-assign]
    bound = http_server.listening("127.0.0.1", 0)
    api_key = keys.create(engine, PLATFORM, "bench", "all").api_key
    pipe.send(Target(bound.getsockname()[1], api_key))
    http_server.serve(app, bound, settings)


def _reply_size(engine: Engine, accounts: Sequence[str]) -> int:
    """The bytes of a hold's reply."""
    held = engine.execute(PLATFORM, Mix(PLATFORM, 0).holds([*accounts[:1]], 1, "size"))
    checked(held)
    return len(json_text.encode(held[0]))


def _page(size: int) -> HTTPRouteHandler:
    """A page of the framework that answers a constant of so many bytes to every POST."""
    body = b"x" * size

    @post(CONSTANT, name="constant")
    async def constant(request: Request[Any, Any, Any]) -> Response[bytes]:
        await request.body()
        return Response(body, status_code=201, media_type="application/json")

    return constant


def _the_first(service: Service) -> Any:
    """Replies nothing but the first reply of each endpoint, again and again."""
    kept: dict[str, Reply] = {}
    real = service.reply

    async def reply(
        incoming: Incoming, body: Callable[[], Awaitable[bytes]] | None = None
    ) -> Reply:
        if body is not None:
            incoming.body = await body()
        found = kept.get(incoming.endpoint.name)
        if found is None:
            found = kept[incoming.endpoint.name] = await real(incoming)
        return found

    return reply


def _opened(path: Path, accounts: Sequence[str]) -> Engine:
    """An engine that has read every account once, so that no run begins cold."""
    engine, _ = open_engine(path, PLATFORM)
    for piece in cut([commands.Advance(name) for name in accounts], 1_000):
        checked(engine.execute(PLATFORM, piece))
    return engine


def within(pipe: Any, path: Path, accounts: Sequence[str]) -> None:
    """The engine, called by who is in its process; asked with `(tasks, size, commands)`."""
    pin(SERVER_CORE)
    engine = _opened(path, accounts)
    pipe.send(None)
    with http_server.long_lived():
        while True:
            tasks, size, asked = pipe.recv()
            pipe.send((awaited if tasks else called)(engine, size, asked))


def called(engine: Engine, size: int, asked: Sequence[commands.Command]) -> float:
    """The seconds of commands through `execute`, `size` at a time."""
    answers: list[Any] = []
    start = perf_counter()
    for piece in cut(asked, size):
        answers.extend(engine.execute(PLATFORM, piece))
    took = perf_counter() - start
    checked(answers)
    return took


def awaited(engine: Engine, tasks: int, asked: Sequence[commands.Command]) -> float:
    """The seconds of commands from so many tasks over one `AsyncEngine`."""

    async def measured() -> float:
        transport = AsyncEngine(engine)

        async def task(mine: Sequence[commands.Command]) -> None:
            for each in mine:
                checked([(await transport.carry_out([(PLATFORM, each)]))[0].answer])

        start = perf_counter()
        await asyncio.gather(*[task(asked[at::tasks]) for at in range(tasks)])
        return perf_counter() - start

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(measured())
