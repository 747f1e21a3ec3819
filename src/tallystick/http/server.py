"""The server: an application on a socket, until it is told to stop."""

import gc
import logging
import math
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import uvicorn

from . import documents
from .admission import Admission
from .front import Front
from .logs import lines
from .settings import ServerSettings

_TURN_SECONDS = 0.000_5
_YOUNG_OBJECTS = 50_000
"""New objects after which garbage is looked for: more than the requests under way have."""
_OTHER_FILES = 100
"""Files that a process has open beside its connections: the database, its log, its threads'."""
STOPS = (signal.SIGTERM, signal.SIGINT)


class Server(uvicorn.Server):
    """Answers what it has begun before it ends.

    `should_exit` tells it to stop: for `drain_seconds` it goes on and `/readyz` says that it
    stops, then it takes no connection more, answers, and closes the database.
    """

    def __init__(self, app: Front, settings: ServerSettings, stops: Sequence[signal.Signals]):
        self.admission = Admission(settings, app.service.metrics)
        super().__init__(_config(app, settings, self.admission))
        self._app = app
        self._drain_seconds = settings.drain_seconds
        self._stops = stops
        self._stopping_since: float | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        for each in sockets or ():
            host, port = each.getsockname()[:2]
            lines().info("listening", host=host, port=port)

    async def on_tick(self, counter: int) -> bool:
        """Ten times a second: whether it is time to end. What takes too long is ended here."""
        self.admission.look()
        return await super().on_tick(counter) and self._drained()

    def _drained(self) -> bool:
        if self._stopping_since is None:
            self._stopping_since = time.monotonic()
            self._app.service.stopping = True
            lines().info("stopping", drain_seconds=self._drain_seconds)
        waited = time.monotonic() - self._stopping_since
        return self.force_exit or waited >= self._drain_seconds

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop on a signal and end as any program does that has done its work. (uvicorn would
        raise the signal again afterwards, and the process would not end with 0.)"""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {each: signal.signal(each, self._told) for each in self._stops}
        try:
            yield
        finally:
            for each, handler in before.items():
                signal.signal(each, handler)

    def _told(self, number: int, frame: Any) -> None:
        """Stop; told by the keyboard for the second time, do not even wait for replies."""
        self.force_exit |= self.should_exit and number == signal.SIGINT
        self.should_exit = True


def _config(app: Front, settings: ServerSettings, admission: Admission) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=_connections(admission),
        ws="none",
        h11_max_incomplete_event_size=settings.max_head_bytes,
        proxy_headers=False,  # nothing here depends on where a request came from
        access_log=False,
        log_config=None,
        log_level=logging.WARNING,
        server_header=False,
        date_header=False,
        lifespan="on",
        timeout_graceful_shutdown=int(settings.shutdown_seconds),
        timeout_keep_alive=math.ceil(settings.idle_seconds),
    )


def _connections(admission: Admission) -> Any:
    """What uvicorn makes of each connection."""
    try:
        from .connection_httptools import HttptoolsConnection
    except ImportError:  # it is not made for this system
        from .connection_h11 import H11Connection

        return partial(H11Connection, admission)
    return partial(HttptoolsConnection, admission)


def server(app: Front, settings: ServerSettings, stops: Sequence[signal.Signals] = STOPS) -> Server:
    """A server, to be run on sockets. `stops` are the signals that end it."""
    return Server(app, settings, stops)


def listening(host: str, port: int) -> socket.socket:
    """A socket that listens; port 0 takes a free one. Raises `OSError`."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio sends without delay only on a socket whose protocol is named: 40 ms a reply.
    found = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind((host, port))
        found.listen(1_024)
        found.set_inheritable(True)
    except BaseException:
        found.close()
        raise
    return found


def serve(
    app: Front,
    bound: socket.socket,
    settings: ServerSettings,
    stops: Sequence[signal.Signals] = STOPS,
) -> bool:
    """Answer on `bound` until one of `stops`. Whether everything begun was answered."""
    running = server(app, settings, stops)
    _room_for(settings.max_connections)
    documents.prepare()
    with long_lived(), quick_turns():
        running.run(sockets=[bound])
    lines().info("stopped")
    return not running.force_exit


def _room_for(connections: int) -> None:
    """Let this process have so many files open, as far as the system allows."""
    try:
        import resource
    except ImportError:  # there is no such limit here
        return
    wanted = connections + _OTHER_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    if most < wanted:
        lines().warning("too few files", files=most, max_connections=connections)


@contextmanager
def quick_turns() -> Iterator[None]:
    """Threads take turns ten times as often as Python has them do. A charge needs the interpreter
    a dozen times on its way; while another thread reads a large catalog or verifies, it would wait
    5 milliseconds for each."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(_TURN_SECONDS)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


@contextmanager
def long_lived() -> Iterator[None]:
    """What is there by now stays until the end, and no request leaves rings of objects behind:
    to look for garbage among both with every few hundred objects took a sixth of a core."""
    before = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG_OBJECTS, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
