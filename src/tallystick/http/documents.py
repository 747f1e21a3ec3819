"""What the server says about itself: the OpenAPI document, the API page, every problem code.

All of it is made once and kept, plain and packed; a browser that has it already is told so.
"""

import gzip
from collections.abc import Callable
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from litestar import Request, Response, get
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler

from ..wire import texts

Asking: TypeAlias = Request[Any, Any, Any]

STATIC = Path(__file__).with_name("static")
_TYPES = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".png": "image/png",
}
HTML = "text/html"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
_CHECKED = "no-cache"  # kept, but asked for again each time: it may be another server by now
_FOR_GOOD = "public, max-age=31536000, immutable"


class Kept(NamedTuple):
    """A document that is ready to be sent; `tag` changes with every byte of it."""

    plain: bytes
    packed: bytes
    tag: str
    media_type: str
    headers: dict[str, str]
    status: int = 200


def kept(body: bytes, media_type: str, caching: str = _CHECKED, status: int = 200) -> Kept:
    headers = {"cache-control": caching, "vary": "accept-encoding",
               "x-content-type-options": "nosniff"}  # fmt: skip
    if media_type == HTML:
        headers |= {"content-security-policy": POLICY, "referrer-policy": "no-referrer"}
    tag = f'"{sha256(body).hexdigest()[:20]}"'
    return Kept(body, gzip.compress(body, mtime=0), tag, media_type, headers, status)


def sent(request: Asking, document: Kept) -> Response[bytes]:
    """A document, packed if the client can unpack it; 304 if it has it already."""
    headers = {**document.headers, "etag": document.tag}
    if request.headers.get("if-none-match") == document.tag:
        return Response(b"", status_code=304, headers=headers)
    body = document.plain
    if "gzip" in request.headers.get("accept-encoding", ""):
        body = document.packed
        headers["content-encoding"] = "gzip"
    return Response(
        body, status_code=document.status, headers=headers, media_type=document.media_type
    )


def routes(home: bool = True) -> list[HTTPRouteHandler]:
    """The routes; with `home` the first page leads to the API page."""

    @get("/openapi.json", name="openapi")
    async def openapi(request: Asking) -> Response[bytes]:
        return sent(request, _openapi())

    @get("/docs", name="docs")
    async def docs(request: Asking) -> Response[bytes]:
        return sent(request, _page("docs"))

    @get("/problems", name="problems")
    async def problems(request: Asking) -> Response[bytes]:
        return sent(request, _page("problems"))

    @get("/problems/{code:str}", name="problem")
    async def problem(request: Asking) -> Response[bytes]:
        return sent(request, _problem(request.path_params["code"]))

    @get("/static/{name:str}", name="static")
    async def static(request: Asking) -> Response[bytes]:
        found = assets().get(request.path_params["name"])
        if found is None:
            raise NotFoundException
        return sent(request, found)

    @get("/", name="home")
    async def first() -> Response[bytes]:
        return Response(b"", status_code=307, headers={"location": "/docs"})

    found = [openapi, docs, problems, problem, static]
    return [*found, first] if home else found


@cache
def assets() -> dict[str, Kept]:
    """The files under ``/static``, by name."""
    return {
        path.name: kept(path.read_bytes(), _TYPES[path.suffix], _FOR_GOOD)
        for path in sorted(STATIC.iterdir())
    }


def asset(name: str) -> str:
    """The address of a file, which is another one when the file is."""
    return f"/static/{name}?v={assets()[name].tag.strip(chr(34))}"


@cache
def _openapi() -> Kept:
    from .openapi import document

    return kept(texts.encode(document()), "application/json")


@cache
def _page(name: str) -> Kept:
    from . import rendering

    drawn: dict[str, Callable[[], str]] = {
        "docs": rendering.api_page,
        "problems": rendering.problem_list,
    }
    return kept(drawn[name]().encode(), HTML)


def _problem(code: str) -> Kept:
    from ..wire.problems import KINDS

    return _known_problem(code) if code in KINDS else _no_problem(code)


@cache
def _known_problem(code: str) -> Kept:
    from .rendering import problem_page

    return kept(problem_page(code).encode(), HTML)


def _no_problem(code: str) -> Kept:
    from .rendering import no_problem

    return kept(no_problem(code).encode(), HTML, status=404)
