"""Servers that misbehave, and a wire to a real one that can be cut: real sockets, on threads."""

import json
import os
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple, TypeAlias
from urllib.parse import urlsplit

from tests.patience import PATIENCE_SECONDS

CLOCK = json.dumps({"platform": "small", "at": "2026-01-31T10:00:00Z", "test": True}).encode()
API_KEY = f"tk_small_{'a' * 50}"


class Asked(NamedTuple):
    """A request as it came."""

    line: str
    headers: dict[str, str]
    body: bytes


Behaviour: TypeAlias = Callable[[socket.socket, Asked], bool]
"""Answers a request somehow; whether the connection goes on."""


class Listening:
    """A socket that listens, with a thread for each connection; closed at the end of a block."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self.connections = 0
        self._open: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._socket.accept()
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self.connections += 1
                self._open.append(connection)
                thread = threading.Thread(target=self._run, args=(connection,), daemon=True)
                self._threads.append(thread)
                thread.start()

    def _run(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            self.serve(connection)

    def serve(self, connection: socket.socket) -> None:
        raise NotImplementedError

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for each in list(self._open):
            hang_up(each)
        for thread in self._threads:
            thread.join(PATIENCE_SECONDS)
            assert not thread.is_alive()

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


def hang_up(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


class FakeServer(Listening):
    """Answers requests as it is told, one behaviour after the other; then with the clock."""

    def __init__(self, *behaviours: Behaviour):
        self.asked: list[Asked] = []
        self._next = deque(behaviours)
        super().__init__()

    def serve(self, connection: socket.socket) -> None:
        for asked in requests(connection):
            self.asked.append(asked)
            answer = self._next.popleft() if self._next else reply()
            if not answer(connection, asked):
                return


def requests(connection: socket.socket) -> Iterator[Asked]:
    """The requests that come on a connection, until it ends."""
    stream = connection.makefile("rb")
    while line := stream.readline():
        headers = {}
        while (header := stream.readline()) not in (b"\r\n", b""):
            name, _, value = header.decode("latin-1").partition(":")
            headers[name.lower()] = value.strip()
        yield Asked(
            line.decode().strip(), headers, stream.read(int(headers.get("content-length", 0)))
        )


# What a server may do to a request


def reply(status: int = 200, body: bytes = CLOCK, **headers: str) -> Behaviour:
    """A whole answer; the connection goes on."""
    return raw(_head(status, {"content-type": "application/json", **headers}, len(body)) + body)


def _head(status: int, headers: dict[str, str], length: int) -> bytes:
    lines = [f"HTTP/1.1 {status} Said", f"content-length: {length}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def raw(sent: bytes, goes_on: bool = True) -> Behaviour:
    """These bytes, whatever they are."""

    def answer(connection: socket.socket, asked: Asked) -> bool:
        connection.sendall(sent)
        return goes_on

    return answer


def nothing(connection: socket.socket, asked: Asked) -> bool:
    """No answer: the connection ends after the request was read."""
    return False


def half(connection: socket.socket, asked: Asked) -> bool:
    """The head of an answer, and half of its body."""
    connection.sendall(_head(200, {}, len(CLOCK)) + CLOCK[:20])
    return False


def reset(connection: socket.socket, asked: Asked) -> bool:
    """The connection is torn down, not closed."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
    os.close(connection.detach())
    return False


def then_hang_up(behaviour: Behaviour) -> Behaviour:
    """An answer, after which the connection ends although nothing said that it would."""

    def answer(connection: socket.socket, asked: Asked) -> bool:
        behaviour(connection, asked)
        return False

    return answer


class Silence:
    """No answer, until the client has hung up or `end` is set, which answers after all."""

    def __init__(self, then: Behaviour | None = None):
        self.asked = threading.Event()
        self.end = threading.Event()
        self._then = then or reply()

    def __call__(self, connection: socket.socket, asked: Asked) -> bool:
        self.asked.set()
        self.end.wait(PATIENCE_SECONDS)
        return self._then(connection, asked)


def endless(piece: bytes, pause: float = 0, pieces: int = 100_000) -> Behaviour:
    """An answer that never ends, piece by piece, with so many seconds between them."""

    def answer(connection: socket.socket, asked: Asked) -> bool:
        connection.sendall(_head(200, {}, 10**12))
        with suppress(OSError):
            for _ in range(pieces):
                connection.sendall(piece)
                time.sleep(pause)
        return False

    return answer


# A wire to a real server


class Wire(Listening):
    """Passes bytes on to a server and back; it can lose replies, and counts connections."""

    def __init__(self, to: str):
        parts = urlsplit(to)
        self._to = (str(parts.hostname), int(parts.port or 0))
        self.lose = 0
        """So many replies to come are lost: the server has answered, and the wire is cut."""
        self.lost: list[bytes] = []
        super().__init__()

    def serve(self, connection: socket.socket) -> None:
        with socket.create_connection(self._to) as server:
            server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            there = threading.Thread(target=_pump, args=(connection, server), daemon=True)
            there.start()
            self._back(server, connection)
            hang_up(server)
            hang_up(connection)
            there.join(PATIENCE_SECONDS)

    def _back(self, server: socket.socket, connection: socket.socket) -> None:
        with suppress(OSError):
            while piece := server.recv(65_536):
                if self.lose:
                    self.lose -= 1
                    self.lost.append(piece)
                    return
                connection.sendall(piece)


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while piece := source.recv(65_536):
            sink.sendall(piece)
    hang_up(sink)


@contextmanager
def nowhere() -> Iterator[str]:
    """An address where nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"
