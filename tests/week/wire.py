"""HTTP as plain as it can be, so that a reply can be lost at any point of its way."""

import json
import select
import socket
from typing import Any, NamedTuple

PATIENCE = 10.0
"""Seconds after which a reply counts as lost."""
_END = b"\r\n\r\n"


class Lost(Exception):
    """Whatever the server did, no whole reply came back."""


class Reply(NamedTuple):
    """A whole reply."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def document(self) -> Any:
        return json.loads(self.body)

    @property
    def final(self) -> bool:
        """Whether it says what the request came to; otherwise it is to be asked again."""
        return self.status < 500 and "retry-after" not in self.headers


def request(
    method: str, path: str, api_key: str, body: Any = None, key: str | None = None
) -> bytes:
    """A request as it crosses the wire."""
    content = b"" if body is None else json.dumps(body).encode()
    lines = [
        f"{method} {path} HTTP/1.1",
        "host: 127.0.0.1",
        f"authorization: Bearer {api_key}",
        f"content-length: {len(content)}",
    ]
    if body is not None:
        lines.append("content-type: application/json")
    if key is not None:
        lines.append(f"idempotency-key: {key}")
    return "\r\n".join(lines).encode() + _END + content


class Connection:
    """One kept connection to a server, with one request at a time."""

    def __init__(self, port: int):
        try:
            self._socket = socket.create_connection(("127.0.0.1", port), PATIENCE)
        except OSError as error:
            raise Lost(f"no connection: {error}") from None
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self, request: bytes) -> None:
        try:
            self._socket.sendall(request)
        except OSError as error:
            raise Lost(f"not sent: {error}") from None

    def arrives(self) -> None:
        """Wait until some of the reply is there, and leave it unread."""
        select.select([self._socket], [], [], PATIENCE)

    def read(self) -> Reply:
        received = b""
        while (head := received.find(_END)) < 0:
            received += self._piece()
        lines = received[:head].decode("latin-1").split("\r\n")
        pairs = [line.partition(": ")[::2] for line in lines[1:]]
        headers = {name.lower(): value for name, value in pairs}
        end = head + len(_END) + int(headers["content-length"])
        while len(received) < end:
            received += self._piece()
        return Reply(int(lines[0].split()[1]), headers, received[head + len(_END) : end])

    def _piece(self) -> bytes:
        try:
            piece = self._socket.recv(65_536)
        except OSError as error:
            raise Lost(f"no reply: {error}") from None
        if not piece:
            raise Lost("the connection was closed before the reply was whole")
        return piece

    def close(self) -> None:
        self._socket.close()


def ask(port: int, request: bytes) -> Reply:
    """A request over a connection of its own."""
    connection = Connection(port)
    try:
        connection.send(request)
        return connection.read()
    finally:
        connection.close()
