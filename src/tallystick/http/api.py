"""ASGI for the endpoints' table: a request goes to the service, and its reply back.

The web framework behind it serves pages only. Requests of the API do not pass through it: its
request, arguments and response took half as long as a whole hold takes.
"""

from collections.abc import Iterable
from typing import Any

from litestar.types import ASGIApp, Receive, Send

from ..wire.endpoints import Endpoint
from ..wire.problems import HttpError
from .addresses import Addresses
from .dispatch import Incoming, Reply, Service, refused
from .overload import OVERLOADED

WORDS = {
    "not_found": "there is nothing at this address; /openapi.json lists the addresses",
    "method_not_allowed": "this address does not take this method",
    "body_too_large": "the body is larger than this server reads",
    "cut_off": "the connection was closed before the whole body arrived",
    "invalid_request": "the request cannot be read",
}

_LENGTH_DIGITS_MAX = 18
"""Digits that are read of a body's length: with as many, it is too large."""
TURNED_AWAY = refused(HttpError("overloaded", OVERLOADED))


class Api:
    """Answers what stands in the table; hands all else on to the pages."""

    def __init__(self, service: Service, endpoints: Iterable[Endpoint], pages: ASGIApp):
        self._service = service
        self._addresses = Addresses(endpoints)
        self._pages = pages

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        address = self._addresses.find(scope["path"]) if scope["type"] == "http" else None
        if address is None:
            await self._pages(scope, lambda: _part(scope, receive), send)
            return
        scope["path_params"] = address.named
        endpoint = address.endpoints.get(scope["method"])
        if endpoint is not None:
            scope["state"]["verb"] = endpoint.name
            reply = await self._answer(endpoint, address.named, scope, receive)
        elif scope["method"] == "OPTIONS":
            reply = Reply(204, b"", {"allow": address.methods})
        else:
            reply = said("method_not_allowed")
            reply = reply._replace(headers={"allow": address.methods})
        scope["state"]["reply"] = reply
        await _send(reply, send)

    async def _answer(
        self, endpoint: Endpoint, named: dict[str, str], scope: Any, receive: Receive
    ) -> Reply:
        if endpoint.takes_credits and self._service.overloaded:
            return TURNED_AWAY
        incoming = Incoming(endpoint, named, scope["query_string"], scope["headers"])
        if endpoint.method != "POST":
            return await self._service.reply(incoming)
        most = self._service.settings.max_body_bytes
        return await self._service.reply(incoming, lambda: _body(scope, receive, most))


async def _body(scope: Any, receive: Receive, most: int) -> bytes:
    """A request's body; raises `HttpError` when it has more than `most` bytes, or is cut off.
    What says that it will be too large is not waited for."""
    if _announced(scope["headers"]) > most:
        raise HttpError("body_too_large", WORDS["body_too_large"], where="body")
    parts: list[bytes] = []
    taken, more = 0, True
    while more:
        message: Any = await receive()
        _check(scope)
        if message["type"] != "http.request":
            raise HttpError("invalid_request", WORDS["cut_off"], where="body")
        parts.append(message.get("body", b""))
        taken += len(parts[-1])
        if taken > most:
            raise HttpError("body_too_large", WORDS["body_too_large"], where="body")
        more = message.get("more_body", False)
    return b"".join(parts)


def _check(scope: Any) -> None:
    """Raise why no more of the body will come, once its connection has found that."""
    if "refusal" in scope["state"]:
        raise scope["state"]["refusal"]


async def _part(scope: Any, receive: Receive) -> Any:
    """A part of a body for the pages, which know nothing of that."""
    message = await receive()
    _check(scope)
    return message


def _announced(headers: Iterable[tuple[bytes, bytes]]) -> int:
    """How many bytes the request says that it has; 0 if it does not say."""
    said = next((value for name, value in headers if name == b"content-length"), b"0")
    return int(said[:_LENGTH_DIGITS_MAX]) if said.isdigit() else 0


async def _send(reply: Reply, send: Send) -> None:
    headers = [(name.encode(), value.encode()) for name, value in reply.headers.items()]
    if reply.status != 204:
        headers.append((b"content-type", reply.media_type.encode()))
        headers.append((b"content-length", b"%d" % len(reply.body)))
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": reply.body, "more_body": False})


def said(code: str, **facts: Any) -> Reply:
    """The problem of a request that is refused before it is known what it asks for."""
    return refused(HttpError(code, WORDS[code], **facts))
