"""What the server says about itself: the OpenAPI document, the API page, every problem code.

Each of them is made once and kept, plain and compressed. A browser that has it already is told so.
"""

from collections.abc import Callable
from functools import cache

from litestar import Response, get
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler

from ..wire import json_text
from .assets import HTML, HttpRequest, PreparedDocument, assets, prepared, respond


def routes(home: bool = True) -> list[HTTPRouteHandler]:
    """The routes; with `home` the first page leads to the API page. A file that is not there is
    answered with `NotFoundException`, which is raised by its route."""

    @get("/openapi.json", name="openapi")
    async def openapi(request: HttpRequest) -> Response[bytes]:
        return respond(request, _openapi())

    @get("/docs", name="docs")
    async def docs(request: HttpRequest) -> Response[bytes]:
        return respond(request, _page("docs"))

    @get("/problems", name="problems")
    async def problems(request: HttpRequest) -> Response[bytes]:
        return respond(request, _page("problems"))

    @get("/problems/{code:str}", name="problem")
    async def problem(request: HttpRequest) -> Response[bytes]:
        return respond(request, _problem(request.path_params["code"]))

    @get("/static/{name:str}", name="static")
    async def static(request: HttpRequest) -> Response[bytes]:
        found = assets().get(request.path_params["name"])
        if found is None:
            raise NotFoundException
        return respond(request, found)

    @get("/favicon.ico", name="favicon")
    async def favicon(request: HttpRequest) -> Response[bytes]:
        return respond(request, assets()["mark.png"])

    @get("/", name="home")
    async def first() -> Response[bytes]:
        return Response(b"", status_code=307, headers={"location": "/docs"})

    found = [openapi, docs, problems, problem, static, favicon]
    return [*found, first] if home else found


def prepare() -> None:
    """Make the documents that take long, before anybody is served: a first reader, who needs no
    key, would hold up everybody else for a third of a second."""
    _openapi()
    _page("docs")
    _page("problems")


@cache
def _openapi() -> PreparedDocument:
    from .openapi import document

    return prepared(json_text.encode(document()), "application/json")


@cache
def _page(name: str) -> PreparedDocument:
    from . import renderer

    drawn: dict[str, Callable[[], str]] = {
        "docs": renderer.api_page,
        "problems": renderer.problem_list,
    }
    return prepared(drawn[name]().encode(), HTML)


def _problem(code: str) -> PreparedDocument:
    from ..wire.problems import KINDS

    return _known_problem(code) if code in KINDS else _no_problem(code)


@cache
def _known_problem(code: str) -> PreparedDocument:
    from .renderer import problem_page

    return prepared(problem_page(code).encode(), HTML)


def _no_problem(code: str) -> PreparedDocument:
    from .renderer import no_problem

    return prepared(no_problem(code).encode(), HTML, status=404)
