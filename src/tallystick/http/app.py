"""The application: the endpoints' table as routes, and the few addresses beside it."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeAlias
from urllib.parse import unquote

from litestar import HttpMethod, Litestar, Request, Response
from litestar.exceptions import HTTPException
from litestar.handlers import HTTPRouteHandler

from ..engine import Engine
from ..wire.endpoints import ENDPOINTS, Endpoint
from ..wire.problems import HttpError
from . import documents, health
from .front import Front
from .metrics import Metrics
from .service import Incoming, Reply, Service, refused
from .settings import ServerSettings

Asking: TypeAlias = Request[Any, Any, Any]


def application(
    engine: Engine,
    settings: ServerSettings | None = None,
    more: Sequence[HTTPRouteHandler] = (),
) -> Front:
    """The ASGI application that answers for every platform of an engine, which it closes at its
    end. `more` are pages of others."""
    settings = settings or ServerSettings()
    metrics = Metrics()
    service = Service(engine, settings, metrics)
    routes = [_route(service, endpoint) for endpoint in ENDPOINTS]

    @asynccontextmanager
    async def living(app: Litestar) -> AsyncIterator[None]:
        try:
            yield
        finally:
            await service.close()

    inner = Litestar(
        route_handlers=[*routes, *health.routes(service), *documents.routes(), *more],
        lifespan=[living],
        openapi_config=None,
        logging_config=None,
        request_max_body_size=settings.max_body_bytes,
        exception_handlers={HTTPException: _said_by_router, Exception: _fault},
    )
    return Front(inner, service)


def _route(service: Service, endpoint: Endpoint) -> HTTPRouteHandler:
    async def serve(request: Asking) -> Response[bytes]:
        reply = await service.reply(await _incoming(endpoint, request))
        seen = request.scope["state"]
        seen["reply"] = reply
        return _response(reply)

    return HTTPRouteHandler(
        endpoint.path.replace("}", ":str}"),
        http_method=HttpMethod(endpoint.method),
        name=endpoint.name,
        status_code=endpoint.status,
        opt={"endpoint": endpoint},
    )(serve)


async def _incoming(endpoint: Endpoint, request: Asking) -> Incoming:
    return Incoming(
        endpoint,
        {name: unquote(value) for name, value in request.path_params.items()},
        list(request.query_params.multi_items()),
        request.headers,
        await request.body() if endpoint.method == "POST" else b"",
    )


def _response(reply: Reply) -> Response[bytes]:
    return Response(
        reply.body, status_code=reply.status, headers=reply.headers, media_type=reply.media_type
    )


_SAID = {404: "not_found", 405: "method_not_allowed", 413: "body_too_large"}


def _said_by_router(request: Asking, error: HTTPException) -> Response[bytes]:
    """What the router says no to, as a problem."""
    code = _SAID.get(error.status_code, "invalid_request")
    reply = refused(HttpError(code, _WORDS[code]))
    allow = (error.headers or {}).get("allow")
    reply = reply._replace(headers={**reply.headers, **({"allow": allow} if allow else {})})
    request.scope["state"]["reply"] = reply
    return _response(reply)


_WORDS = {
    "not_found": "there is nothing at this address; the addresses stand in /openapi.json",
    "method_not_allowed": "this address does not take this method",
    "body_too_large": "the body is larger than this server reads",
    "invalid_request": "this is not a request that can be read",
}


def _fault(request: Asking, error: Exception) -> Response[bytes]:
    reply = refused(error)
    request.scope["state"]["reply"] = reply
    request.scope["state"]["fault"] = error
    return _response(reply)
