"""A server with small limits, and those who come to it over sockets, from any address of ours."""

import io
import json
import socket
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any
from urllib.parse import urlsplit

from tallystick.http import logs
from tallystick.http.settings import ServerSettings
from tallystick.service.startup import open_engine
from tests.http.test_sockets import Heard, whole
from tests.patience import PATIENCE_SECONDS, until
from tests.serving import Serving

SOUND = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
POST = (
    b"POST /v1/quotes HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    b"X-Request-Id: mine\r\n"
)
BEGUN = b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Request-Id: mine\r\n"


class Door:
    """A server with limits, its log, and everybody who came to it."""

    def __init__(self, opened: ExitStack, **limits: Any):
        self._log = io.StringIO()
        opened.enter_context(logs.configured("info", "json", self._log))
        engine, _ = open_engine(":memory:", "artlist")
        self.serving = opened.enter_context(Serving(engine, ServerSettings(**limits)))
        self.admission = self.serving._server.admission
        self._opened = opened
        at = urlsplit(self.serving.url)
        self._at = at.hostname, at.port
        self.post = POST + f"Authorization: Bearer {self.serving.key('artlist')}\r\n".encode()

    def come(self, sent: bytes = b"", host: str = "127.0.0.1") -> "Visitor":
        """Connect from an address of this machine, and send something."""
        made = socket.create_connection(self._at, PATIENCE_SECONDS, (host, 0))
        visitor = Visitor(self._opened.enter_context(made))
        visitor.send(sent)
        return visitor

    def ask(self, sent: bytes, host: str = "127.0.0.1") -> Heard:
        return self.come(sent, host).hear()

    def log(self, event: str) -> list[dict[str, Any]]:
        lines = [json.loads(line) for line in self._log.getvalue().splitlines()]
        return [line for line in lines if line["event"] == event]

    def counted(self) -> dict[str, float]:
        """How many were turned away, by code."""
        families = self.serving.service.metrics.registry.collect()
        (found,) = [each for each in families if each.name == "tallystick_turned_away"]
        return {
            each.labels["code"]: each.value
            for each in found.samples
            if each.name.endswith("_total")
        }

    def wait(self, met: Callable[[], bool]) -> None:
        until(met, self._log.getvalue)

    def wait_for(self, connections: int) -> None:
        self.wait(lambda: len(self.admission.connected) == connections)


class Visitor:
    """One connection, from the outside."""

    def __init__(self, to: socket.socket):
        self.socket = to

    def send(self, sent: bytes) -> bool:
        """Whether it could be sent."""
        try:
            self.socket.sendall(sent)
        except ConnectionError:
            return False
        return True

    def hear(self) -> Heard:
        """A reply, or status 0 when the server only hung up."""
        heard = b""
        try:
            while not whole(heard) and (more := self.socket.recv(65_536)):
                heard += more
        except ConnectionError:
            pass
        head, _, body = heard.partition(b"\r\n\r\n")
        return Heard(int(head.split(b" ")[1]) if head else 0, head, body)

    def ended(self) -> bool:
        """The server ends it, whatever is still to be read."""
        try:
            while self.socket.recv(65_536):
                continue
        except TimeoutError:
            return False
        except ConnectionError:
            return True
        return True


def told(heard: Heard, status: int, code: str) -> dict[str, Any]:
    """The problem that was heard, with a request id and the end of the connection."""
    assert heard.status == status, heard
    head = heard.head.lower()
    assert b"content-type: application/problem+json" in head
    assert b"x-request-id: " in head
    assert b"connection: close" in head
    problem = json.loads(heard.body)
    assert (problem["status"], problem["code"]) == (status, code)
    assert problem["type"] == f"/problems/{code}"
    return problem


def request_id(heard: Heard) -> str:
    return heard.head.lower().partition(b"x-request-id: ")[2].partition(b"\r\n")[0].decode()
