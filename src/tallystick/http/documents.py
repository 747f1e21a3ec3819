"""What the server says about itself: the OpenAPI document, the API page, every problem code.

All of it is made once and kept, plain and packed; a browser that has it already is told so.
"""

from collections.abc import Callable
from functools import cache

from litestar import Response, get
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler

from ..wire import json_text
from .assets import HTML, Asking, Kept, assets, kept, sent


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


def prepare() -> None:
    """Make the documents that take long, before anybody is served: a first reader, who needs no
    key, would hold up everybody else for a third of a second."""
    _openapi()
    _page("docs")
    _page("problems")


@cache
def _openapi() -> Kept:
    from .openapi import document

    return kept(json_text.encode(document()), "application/json")


@cache
def _page(name: str) -> Kept:
    from . import renderer

    drawn: dict[str, Callable[[], str]] = {
        "docs": renderer.api_page,
        "problems": renderer.problem_list,
    }
    return kept(drawn[name]().encode(), HTML)


def _problem(code: str) -> Kept:
    from ..wire.problems import KINDS

    return _known_problem(code) if code in KINDS else _no_problem(code)


@cache
def _known_problem(code: str) -> Kept:
    from .renderer import problem_page

    return kept(problem_page(code).encode(), HTML)


def _no_problem(code: str) -> Kept:
    from .renderer import no_problem

    return kept(no_problem(code).encode(), HTML, status=404)
