"""What the server says about itself: the OpenAPI document, the API page, each kind of problem."""

from functools import cache

from litestar import MediaType, Response, get
from litestar.handlers import HTTPRouteHandler

from ..wire import texts


def routes() -> list[HTTPRouteHandler]:
    @get("/openapi.json", name="openapi")
    async def openapi() -> Response[bytes]:
        return Response(_openapi(), media_type=MediaType.JSON)

    return [openapi]


@cache
def _openapi() -> bytes:
    from .openapi import document

    return texts.encode(document())
