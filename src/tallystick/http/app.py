"""The application: the endpoints' table as routes, and the few addresses beside it."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from litestar import Litestar, Response
from litestar.exceptions import HTTPException
from litestar.handlers import HTTPRouteHandler

from ..engine import Engine
from ..scheduler import Worker
from ..wire.endpoints import ENDPOINTS
from . import documents, health
from .api import Api, said
from .assets import HttpRequest
from .dispatch import Reply, Service, refused
from .front import Front
from .metrics import Metrics
from .scheduler import Watched
from .settings import ServerSettings


def application(
    engine: Engine,
    settings: ServerSettings | None = None,
    more: Sequence[HTTPRouteHandler] = (),
    scheduler: bool = False,
) -> Front:
    """The ASGI application that answers for every platform of an engine, which it closes at its
    end. `more` are pages of others; with `scheduler` it brings due accounts up to date as well."""
    settings = settings or ServerSettings()
    metrics = Metrics()
    service = Service(engine, settings, metrics)
    home = not any("/" in each.paths for each in more)

    worker = Worker(engine, watch=Watched(metrics.scheduler)) if scheduler else None

    @asynccontextmanager
    async def living(app: Litestar) -> AsyncIterator[None]:
        if worker is not None:
            worker.start()
        try:
            yield
        finally:
            if worker is not None:
                await asyncio.to_thread(worker.stop)
            await service.close()

    inner = Litestar(
        route_handlers=[*health.routes(service), *documents.routes(home), *more],
        lifespan=[living],
        openapi_config=None,
        logging_config=None,
        request_max_body_size=settings.max_body_bytes,
        exception_handlers={HTTPException: _said_by_router, Exception: _fault},
    )
    return Front(Api(service, ENDPOINTS, inner), service)


def _response(reply: Reply) -> Response[bytes]:
    return Response(
        reply.body, status_code=reply.status, headers=reply.headers, media_type=reply.media_type
    )


_SAID = {404: "not_found", 405: "method_not_allowed", 413: "body_too_large"}


def _said_by_router(request: HttpRequest, error: HTTPException) -> Response[bytes]:
    """What the router says no to, as a problem."""
    code = _SAID.get(error.status_code, "invalid_request")
    reply = said(code, **({"where": "body"} if code == "body_too_large" else {}))
    allow = ", ".join(sorted(filter(None, (error.headers or {}).get("allow", "").split(", "))))
    reply = reply._replace(headers={**reply.headers, **({"allow": allow} if allow else {})})
    request.scope["state"]["reply"] = reply
    return _response(reply)


def _fault(request: HttpRequest, error: Exception) -> Response[bytes]:
    reply = refused(error)
    request.scope["state"]["reply"] = reply
    request.scope["state"]["fault"] = reply.fault
    return _response(reply)
