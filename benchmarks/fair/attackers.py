"""The hostile client, in a process of its own: plain sockets, requests written beforehand."""

import multiprocessing
import socket
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cache
from itertools import count
from typing import Any, NamedTuple

from ..http_load import Connection, Target
from .attacks import KEY

ELSEWHERE = "127.0.0.2"
"""The address it comes from, where this machine has more than one."""
_PATIENCE = 60.0
_DIGITS = 10


class Flood(NamedTuple):
    """An attack on the way in, below any request, over so many connections that stay open; in all
    at most so many bytes."""

    name: str
    connections: int
    first: bytes
    """What each connection sends at once."""
    more: bytes = b""
    """What it sends again and again; KEY in it is another one each time."""
    bytes_most: int = 64 << 20


_HEAD = b"POST /v1/quotes HTTP/1.1\r\nhost: 127.0.0.1\r\n"
_BODY = _HEAD + b"content-length: 1000000\r\n\r\n"
_GET = b"GET /docs HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n"
FLOODS: dict[str, Flood] = {
    each.name: each
    for each in (
        Flood(
            "headers without end", 4, _HEAD, b"x-%b: %b\r\n" % (KEY, b"a" * 8_000) * 8, 256 << 20
        ),
        Flood("many small headers", 4, _HEAD, b"x-%b: \r\n" % KEY * 200, 64 << 20),
        Flood("a line without end", 4, b"GET /", b"a" * 64_000, 256 << 20),
        Flood("requests sent by half", 1_000, _HEAD),
        Flood("bodies sent by half", 400, _BODY + b"[" * 250_000),
        Flood("bodies in crumbs", 200, _BODY, b"[", 1 << 20),
        Flood("connections that say nothing", 3_000, b""),
        Flood("replies that nobody reads", 8, b"", _GET * 200, 8 << 20),
    )
}


class Signals(NamedTuple):
    """What an attacker and whoever started it tell each other."""

    ready: Any
    go: Any
    sent: Any

    def begin(self) -> None:
        """Everything is there: wait for the word."""
        self.ready.set()
        self.go.wait(_PATIENCE)

    def one_more(self) -> None:
        with self.sent.get_lock():
            self.sent.value += 1


class Attacker:
    """An attack that goes on until it is ended; it waits for `begin`."""

    def __init__(self, work: Callable[..., None], *given: Any):
        context = multiprocessing.get_context("spawn")
        self._signals = Signals(context.Event(), context.Event(), context.Value("q", 0))
        self._process = context.Process(target=work, args=(self._signals, *given), daemon=True)
        self._process.start()
        if not self._signals.ready.wait(_PATIENCE):
            raise RuntimeError("the attacker did not start")

    @property
    def sent(self) -> int:
        """The requests that it had answered so far, or the connections that it has opened."""
        return int(self._signals.sent.value)

    def begin(self) -> None:
        self._signals.go.set()

    def wait(self, seconds: float) -> None:
        """Until it has nothing more to send, or nobody to send it to."""
        self._process.join(seconds)

    def end(self) -> None:
        self._process.kill()
        self._process.join()


def ask(
    signals: Signals, target: Target, requests: Sequence[bytes], connections: int, rate: float,
    seconds: float,
) -> None:  # fmt: skip
    """Each connection asks again as soon as it is answered, if the rate allows it."""
    signals.begin()
    numbers, until = count(), time.monotonic() + seconds

    def work(place: int) -> None:
        connection: Connection | None = None
        while (now := time.monotonic()) < until:
            number = next(numbers)
            request = _fresh(requests[number % len(requests)], number)
            try:
                connection = connection or _connected(target)
                _answered(connection, request)
                signals.one_more()
            except (OSError, ValueError, RuntimeError):
                connection = None
            time.sleep(max(0.0, connections / rate - (time.monotonic() - now)))

    _together(work, connections)


def _answered(connection: Connection, request: bytes) -> None:
    connection.send(request, 0.0)
    while not connection.answered(whatever=True):
        pass


def flood(signals: Signals, target: Target, how: Flood, seconds: float) -> None:
    """Open the connections, a thousand a second, and go on sending on each what it has to say."""
    signals.begin()
    until = time.monotonic() + seconds
    threads = min(how.connections, 8)
    each_most = how.bytes_most // how.connections

    def work(place: int) -> None:
        kept: list[socket.socket] = []
        for _ in range(place, how.connections, threads):
            with suppress(OSError):
                made = _connected(target).socket
                kept.append(made)
                made.sendall(how.first)
            signals.one_more()
            time.sleep(threads / 1_000)
        told = 0
        while time.monotonic() < until and kept:
            if how.more and told < each_most:
                kept = [each for each in kept if _sent(each, _fresh(how.more, told))]
                told += len(how.more)
            time.sleep(0.002)

    _together(work, threads)


def _sent(connection: socket.socket, what: bytes) -> bool:
    """Whether the server still takes it."""
    connection.settimeout(5.0)
    try:
        connection.sendall(what)
    except TimeoutError:
        return True
    except OSError:
        return False
    return True


def _connected(target: Target) -> Connection:
    return Connection(target, _PATIENCE, _elsewhere())


@cache
def _elsewhere() -> str | None:
    """Another address than the fair client's, if this machine has one."""
    with socket.socket() as tried:
        try:
            tried.bind((ELSEWHERE, 0))
        except OSError:
            return None
    return ELSEWHERE


def _fresh(request: bytes, number: int) -> bytes:
    if KEY not in request:
        return request
    return request.replace(KEY, KEY[:-_DIGITS] + b"%0*d" % (_DIGITS, number))


def _together(work: Callable[[int], None], threads: int) -> None:
    started = [
        threading.Thread(target=work, args=(place,), daemon=True) for place in range(threads)
    ]
    for each in started:
        each.start()
    for each in started:
        each.join()
