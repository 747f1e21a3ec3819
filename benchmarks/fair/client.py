"""The fair client: a modest, steady rate, each wait counted from the instant it was meant for."""

import selectors
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count, cycle
from time import perf_counter

from tallystick.wire import json_text

from ..http_load import Connection, Target, share, written

RATE = 100.0
"""Requests a second."""
_CONNECTIONS = 16
PATIENCE = 10.0
"""Seconds that are waited for the last replies; who is refused counts as having waited so long."""
_CONNECT_SECONDS = 2.0
_SHORT = 0.002


@dataclass
class Waits:
    """What became of the fair client's requests, in seconds from each one's own instant."""

    answered: list[float] = field(default_factory=list)
    unanswered: list[float] = field(default_factory=list)
    """How long each had waited when nobody waited any more."""
    refused: int = 0
    """Replies that were no success; they count as unanswered until the end."""

    def percent(self, percent: float) -> float:
        """The wait that so many stay within; one without an answer has waited to the end."""
        return share(sorted([*self.answered, *self.unanswered]), percent)


def read(target: Target, path: str) -> bytes:
    """A GET as it crosses the wire."""
    return (
        f"GET {path} HTTP/1.1\r\nhost: 127.0.0.1:{target.port}\r\n"
        f"authorization: Bearer {target.api_key}\r\n\r\n"
    ).encode()


def work(target: Target, account: str, name: str) -> Iterator[bytes]:
    """Charges, holds and reads of the balance in turn, as a product has them."""
    settings = {"resolution": "1080p", "audio": "on"}
    asked = {"model": "Veo 3.1", "settings": settings, "quantities": {"seconds": 8}}
    body = json_text.encode(asked)
    path = f"/v1/accounts/{account}"
    for number, what in zip(count(), cycle(("charges", "balance", "holds")), strict=False):
        if what == "balance":
            yield read(target, f"{path}/balance")
        else:
            yield written(target, f"{path}/{what}", body, f"{name}-{number}")


def readiness(target: Target) -> Iterator[bytes]:
    """What a load balancer asks, without a key."""
    while True:
        yield f"GET /readyz HTTP/1.1\r\nhost: 127.0.0.1:{target.port}\r\n\r\n".encode()


class _Line:
    """One stream of requests, each due at its own instant."""

    def __init__(self, asked: Iterator[bytes], rate: float):
        self.waits = Waits()
        self._asked = asked
        self._rate = rate
        self._planned = 0

    def due(self, until: float) -> Iterator[tuple[float, bytes]]:
        """What is meant for an instant before `until`, and was not given out yet."""
        while (at := self._planned / self._rate) < until:
            self._planned += 1
            yield at, next(self._asked)


class Fair:
    """Streams of requests over some kept connections, for some seconds."""

    def __init__(
        self,
        target: Target,
        streams: Sequence[tuple[Iterator[bytes], float]],
        patience: float = PATIENCE,
    ):
        self._target = target
        self._patience = patience
        self._lines = [_Line(asked, rate) for asked, rate in streams]
        self._selector = selectors.DefaultSelector()
        self._idle: deque[Connection] = deque()
        self._open = 0
        self._queue: deque[tuple[_Line, float, bytes]] = deque()
        self._under_way: dict[Connection, tuple[_Line, float]] = {}

    def run(self, seconds: float) -> list[Waits]:
        """Ask for so long, and then wait for what was asked."""
        start = perf_counter()
        while (now := perf_counter() - start) < seconds:
            self._plan(now)
            self._go(start)
        self._plan(seconds)
        while (self._queue or self._under_way) and now < seconds + self._patience:
            self._go(start)
            now = perf_counter() - start
        self._give_up(now)
        return [line.waits for line in self._lines]

    def _plan(self, now: float) -> None:
        for line in self._lines:
            self._queue.extend((line, *due) for due in line.due(now))

    def _go(self, start: float) -> None:
        while self._queue and (connection := self._connection()) is not None:
            line, at, request = self._queue.popleft()
            self._under_way[connection] = line, at
            try:
                connection.send(request, start + at)
            except OSError:
                self._drop(connection)
        for key, _ in self._selector.select(_SHORT):
            self._hear(key.data, start)

    def _connection(self) -> Connection | None:
        if self._idle:
            return self._idle.popleft()
        if self._open >= _CONNECTIONS:
            return None
        try:
            made = Connection(self._target, patience=_CONNECT_SECONDS)
        except OSError:
            return None
        self._open += 1
        self._selector.register(made.socket, selectors.EVENT_READ, made)
        return made

    def _hear(self, connection: Connection, start: float) -> None:
        try:
            if not connection.answered(whatever=True):
                return
        except (OSError, ValueError, RuntimeError):
            self._drop(connection)
            return
        if connection not in self._under_way:  # it was closed while nobody asked anything
            self._idle.remove(connection)
            self._drop(connection)
            return
        line, at = self._under_way.pop(connection)
        if connection.status.startswith(b"2"):
            line.waits.answered.append(perf_counter() - start - at)
        else:
            line.waits.refused += 1
            line.waits.unanswered.append(self._patience)
        self._idle.append(connection)

    def _drop(self, connection: Connection) -> None:
        """The server has closed it; what was asked over it has no answer."""
        self._selector.unregister(connection.socket)
        connection.socket.close()
        self._open -= 1
        if connection in self._under_way:
            line, _ = self._under_way.pop(connection)
            line.waits.unanswered.append(self._patience)

    def _give_up(self, now: float) -> None:
        for line, at, _ in self._queue:
            line.waits.unanswered.append(now - at)
        for line, at in self._under_way.values():
            line.waits.unanswered.append(now - at)
        self.close()

    def close(self) -> None:
        for key in [*self._selector.get_map().values()]:
            key.data.socket.close()
        self._selector.close()
