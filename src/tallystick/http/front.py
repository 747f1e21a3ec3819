"""The front: what every request passes. Its id, its time, its line in the log."""

import re
import secrets
import time
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote, unquote

from litestar.types import ASGIApp, Receive, Send

from ..core import limits
from .dispatch import Reply, Service
from .logs import lines

_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_ASCII = bytes(range(128))
_ID_BYTES_MAX = 3 * 4 * limits.ID_CHARACTERS_MAX
"""Bytes of the longest id as an address writes it. Of a longer text no more is logged."""
_NOWHERE = "/\0"
_PROBES = ("healthz", "readyz", "metrics")
"""What machines ask all day: told only at the level of debugging."""


class Front:
    """Wraps the application. An id that the client gave is kept, so that logs can be joined."""

    def __init__(self, app: ASGIApp, service: Service):
        self.app = app
        self.service = service

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun = time.perf_counter()
        name = request_id(scope["headers"])
        scope["path"] = _path(scope["raw_path"])
        state = scope.setdefault("state", {})
        status = 500

        async def with_id(message: Any) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], *self._headers(name, state)]
            await send(message)

        try:
            await self.app(scope, receive, with_id)
        finally:
            self._note(scope, state, status, time.perf_counter() - begun, name)

    def _headers(self, name: bytes, state: Any) -> list[tuple[bytes, bytes]]:
        """The request's id; and while the server stops, that the next one finds another."""
        last = self.service.stopping or "refusal" in state
        closing = [(b"connection", b"close")] if last else []
        return [(b"x-request-id", name), *closing]

    def _note(self, scope: Any, state: Any, status: int, seconds: float, name: bytes) -> None:
        handler: Any = scope.get("route_handler")
        verb = state.get("verb") or getattr(handler, "name", None) or "none"
        self.service.metrics.request(verb, status, seconds)
        reply: Reply | None = state.get("reply")
        who = reply.who if reply else None
        fault = state.get("fault") or (reply.fault if reply else None)
        account = scope.get("path_params", {}).get("account")
        log = lines()
        tell = log.error if fault else log.debug if verb in _PROBES else log.info
        tell = log.warning if reply and reply.why else tell
        tell(
            "request",
            request_id=name.decode(),
            verb=verb,
            method=scope["method"],
            status=status,
            milliseconds=round(seconds * 1_000, 2),
            platform=who.platform if who else None,
            account=unquote(account[:_ID_BYTES_MAX]) if account else None,
            key_id=who.id if who else None,
            code=reply.code if reply else None,
            why=reply.why if reply else None,
            **({"exc_info": fault} if fault else {}),
        )


def _path(raw: bytes) -> str:
    """A path for the router. Segments stay as they were sent until they are read: an id may have
    a slash in it. The router overlooks empty ones; here they lead nowhere, or an account whose
    id was left out would be another's, or all of them."""
    if b"//" in raw or (raw.startswith(b"/v1/") and raw.endswith(b"/")):
        return _NOWHERE
    return raw.decode() if raw.isascii() else quote(raw, safe=_ASCII)


def request_id(headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """The id that a request came with, if it is a plain one, or a new one."""
    for name, value in headers:
        if name == b"x-request-id" and _ID.fullmatch(value):
            return value
    return secrets.token_hex(8).encode()
