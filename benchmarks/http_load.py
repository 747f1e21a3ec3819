"""Load over HTTP: requests made beforehand, sent over kept connections by a plain loop of sockets.

It costs some 15 to 25 microseconds of its own core a request, a fraction of what a server needs.
"""

import selectors
import socket
from collections import deque
from collections.abc import Iterator, Sequence
from random import Random
from time import perf_counter
from typing import NamedTuple

_PATIENCE = 30.0
_PIECE = 1 << 20
_END = b"\r\n\r\n"
_LENGTH = b"content-length: "


class Target(NamedTuple):
    """A server: its port here, and a key that opens everything."""

    port: int
    api_key: str


def written(target: Target, path: str, body: bytes, key: str | None) -> bytes:
    """A POST as it crosses the wire."""
    lines = [
        f"POST {path} HTTP/1.1",
        f"host: 127.0.0.1:{target.port}",
        f"authorization: Bearer {target.api_key}",
        "content-type: application/json",
        f"content-length: {len(body)}",
    ]
    if key is not None:
        lines.append(f"idempotency-key: {key}")
    return "\r\n".join(lines).encode() + _END + body


class Connection:
    """One kept connection with at most one request under way."""

    def __init__(self, target: Target, patience: float | None = None, source: str | None = None):
        here = None if source is None else (source, 0)
        self.socket = socket.create_connection(("127.0.0.1", target.port), patience, here)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.since = 0.0
        self.status = b""
        self._received = b""

    def send(self, request: bytes, since: float) -> None:
        self.since = since
        self.socket.sendall(request)

    def answered(self, whatever: bool = False) -> bool:
        """Read what is there; whether the reply is whole. Raises when it is no success, unless
        `whatever` it says will do."""
        piece = self.socket.recv(_PIECE)
        received = self._received = self._received + piece if self._received else piece
        head = received.find(_END)
        if head < 0 and piece:
            return False
        self.status = received[9:12]
        if self.status[:1] != b"2" and not (whatever and piece):
            raise RuntimeError(f"not a success: {received[:2_000].decode(errors='replace')}")
        at = received.index(_LENGTH) + len(_LENGTH)
        if len(received) < head + len(_END) + int(received[at : received.index(b"\r", at)]):
            return False
        self._received = b""
        return True


class Load:
    """So many connections to one server."""

    def __init__(self, target: Target, connections: int):
        self._selector = selectors.DefaultSelector()
        self._all = [Connection(target) for _ in range(connections)]
        for each in self._all:
            self._selector.register(each.socket, selectors.EVENT_READ, each)

    def closed(self, requests: Sequence[bytes], waits: list[float] | None = None) -> float:
        """Each connection asks again as soon as it is answered: the seconds for all. How long
        each took is added to `waits`."""
        left = iter(requests)
        waited: list[float] = [] if waits is None else waits
        start = perf_counter()
        for each, request in zip(self._all, left, strict=False):
            each.send(request, start)
        done = 0
        while done < len(requests):
            for connection in self._ready(_PATIENCE):
                done += 1
                now = perf_counter()
                waited.append(now - connection.since)
                request = next(left, None)
                if request is not None:
                    connection.send(request, now)
        return perf_counter() - start

    def open(self, requests: Sequence[bytes], rate: float, seed: int) -> list[float]:
        """Requests at instants drawn beforehand, `rate` a second, whatever the server does: the
        seconds from each one's instant to its reply, sorted."""
        idle = deque(self._all)
        due = deque(zip(instants(len(requests), rate, seed), requests, strict=True))
        waits: list[float] = []
        start = perf_counter()
        while len(waits) < len(requests):
            now = perf_counter() - start
            while due and idle and due[0][0] <= now:
                at, request = due.popleft()
                idle.popleft().send(request, start + at)
            for connection in self._ready(0):
                waits.append(perf_counter() - connection.since)
                idle.append(connection)
            if now > _PATIENCE + len(requests) / rate:
                raise RuntimeError("the server does not answer")
        return sorted(waits)

    def _ready(self, timeout: float) -> Iterator[Connection]:
        """Connections whose reply has arrived."""
        events = self._selector.select(timeout)
        if not events and timeout:
            raise RuntimeError("the server does not answer")
        for key, _ in events:
            if key.data.answered():
                yield key.data

    def close(self) -> None:
        self._selector.close()
        for each in self._all:
            each.socket.close()


def instants(count: int, rate: float, seed: int) -> Iterator[float]:
    """Arrivals as strangers make them: independent of each other, with exponential gaps."""
    random, at = Random(seed), 0.0
    for _ in range(count):
        at += random.expovariate(rate)
        yield at


def share(waits: Sequence[float], percent: float) -> float:
    """The wait that `percent` of all stay within; `waits` are sorted."""
    return waits[min(len(waits) - 1, int(len(waits) * percent / 100))]
