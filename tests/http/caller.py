"""An application asked without a socket: what is sent is what it gets, byte for byte."""

import asyncio
import json
from collections import deque
from collections.abc import Coroutine, Iterable, Sequence
from typing import Any, NamedTuple, TypeVar

from tallystick.http.front import Front

T = TypeVar("T")
Headers = Iterable[tuple[str, str | bytes]]


class Reply(NamedTuple):
    """What came back."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str | None:
        return next((value for given, value in self.headers if given == name), None)

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str | None:
        """The code of a problem; None for what is none."""
        problem = self.header("content-type") == "application/problem+json"
        return self.json["code"] if problem else None


class Caller:
    """Calls an ASGI application, one request after the other."""

    def __init__(self, app: Front):
        self.app = app
        self._runner = asyncio.Runner()

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | Sequence[bytes] = b"",
        headers: Headers = (),
        query: str | bytes = b"",
    ) -> Reply:
        """The reply to one request; `path` is as it stands in the request line, a body of several
        parts comes in chunks and without its length."""
        return self.run(self.asking(method, path, body, headers, query))

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Something on the event loop that requests are answered on."""
        return self._runner.run(work)

    async def asking(
        self,
        method: str,
        path: str,
        body: bytes | Sequence[bytes] = b"",
        headers: Headers = (),
        query: str | bytes = b"",
    ) -> Reply:
        parts = deque([body] if isinstance(body, bytes) else body)
        given = [(name.lower().encode(), _bytes(value)) for name, value in headers]
        if isinstance(body, bytes) and body:
            given.append((b"content-length", str(len(body)).encode()))
        heard: list[Any] = []

        async def receive() -> Any:
            if not parts:
                return {"type": "http.disconnect"}
            return {"type": "http.request", "body": parts.popleft(), "more_body": bool(parts)}

        async def send(message: Any) -> None:
            heard.append(message)

        await self.app(_scope(method, path, given, _bytes(query)), receive, send)
        head, *rest = heard
        return Reply(
            head["status"],
            [(name.decode("latin-1"), value.decode("latin-1")) for name, value in head["headers"]],
            b"".join(each.get("body", b"") for each in rest),
        )

    def close(self) -> None:
        """Let go of the application and of what it serves."""
        self._runner.run(self.app.service.close())
        self._runner.close()


def _bytes(value: str | bytes) -> bytes:
    return value if isinstance(value, bytes) else value.encode()


def _scope(method: str, path: str, headers: list[tuple[bytes, bytes]], query: bytes) -> Any:
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode("utf-8", "surrogateescape"),
        "query_string": query,
        "root_path": "",
        "headers": headers,
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 8700),
    }
