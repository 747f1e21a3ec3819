"""Is it up, is it ready, how is it doing: three addresses that need no key."""

from typing import Any

from litestar import MediaType, Response, get
from litestar.handlers import HTTPRouteHandler

from ..wire import json_text, replies
from .dispatch import Service
from .metrics import MEDIA_TYPE


def routes(service: Service) -> list[HTTPRouteHandler]:
    @get("/healthz", name="healthz")
    async def healthz() -> Response[bytes]:
        return _json(200, replies.Health(status="ok"))

    @get("/readyz", name="readyz")
    async def readyz() -> Response[bytes]:
        missing, notes = await service.readiness()
        answer = replies.Readiness(ready=not missing, not_ready=missing, notes=notes)
        return _json(503 if missing else 200, answer)

    @get("/metrics", name="metrics")
    async def metrics() -> Response[bytes]:
        return Response(service.metrics.text(), media_type=MEDIA_TYPE)

    found = [healthz, readyz]
    return [*found, metrics] if service.settings.metrics else found


def _json(status: int, answer: Any) -> Response[bytes]:
    return Response(json_text.encode(answer), status_code=status, media_type=MediaType.JSON)
