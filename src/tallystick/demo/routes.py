"""The addresses of the pages: ``/``, ``/demo/{platform}``, and a button that moves a clock."""

import asyncio
import ipaddress
import re
from collections.abc import Collection
from typing import Any, TypeAlias
from urllib.parse import parse_qsl, unquote, urlsplit, urlunsplit

from litestar import MediaType, Request, Response, get, post
from litestar.handlers import HTTPRouteHandler

from .site import Page, Site, security_policy

WebRequest: TypeAlias = Request[Any, Any, Any]

FIRST = "artlist"
_HOST = re.compile(r"([A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(:[0-9]{1,5})?")
_HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cache-control": "no-store",
}


def routes(site: Site, address: str, name: str = "") -> list[HTTPRouteHandler]:
    """The routes of a site. `address` is where the server listens (its scheme, host and port),
    `name` the host that it was told to listen on. Under other names there are no pages:
    another site could point its own name here and read the keys on them."""
    names = {"localhost", name.lower(), urlsplit(address).hostname}

    @get("/", name="start_page", sync_to_thread=True)
    def start(request: WebRequest) -> Response[str]:
        return _page_of(site, FIRST, request, address, names)

    @get("/demo/{platform:str}", name="demo_page", sync_to_thread=True)
    def page(request: WebRequest) -> Response[str]:
        return _page_of(site, _platform(request), request, address, names)

    @post("/demo/{platform:str}/clock", name="demo_clock", status_code=303)
    async def clock(request: WebRequest) -> Response[str]:
        if not _is_ours(request.headers.get("host", ""), names):
            return _response(site.misdirected())
        if not _same_origin(request):
            said = "Another site sent this request. Move the clock on the demo's own page."
            return _response(site.sorry(403, "Request from another site", said))
        given = parse_qsl((await request.body()).decode("utf-8", "replace"))
        by = dict(given).get("by", "")
        refused = await asyncio.to_thread(site.move_clock, _platform(request), by)
        return _response(refused) if refused else _back(request)

    return [start, page, clock]


def _page_of(
    site: Site, platform: str, request: WebRequest, address: str, names: Collection[str | None]
) -> Response[str]:
    host = request.headers.get("host", "")
    if not _is_ours(host, names):
        return _response(site.misdirected())
    if host:
        address = urlunsplit(("http", host, "", "", ""))
    query = request.scope["query_string"].decode("utf-8", "replace")
    return _response(site.platform(platform, parse_qsl(query, keep_blank_values=True), address))


def _is_ours(host: str, names: Collection[str | None]) -> bool:
    """Whether pages are served under this host name: one of `names`, or a numeric address, which
    no one can redirect. Browsers always send the name; a program may leave it out."""
    if not host:
        return True
    found = _HOST.fullmatch(host)
    if found is None:
        return False
    name = found[1].lower().strip("[]")
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return name in names
    return True


def _response(page: Page) -> Response[str]:
    headers = {**_HEADERS, "content-security-policy": security_policy()}
    return Response(page.html, status_code=page.status, media_type=MediaType.HTML, headers=headers)


def _platform(request: WebRequest) -> str:
    return unquote(request.path_params["platform"])


def _back(request: WebRequest) -> Response[str]:
    """To the page that the button was on, which shows the same pick at the new time."""
    query = request.scope["query_string"].decode("ascii", "replace")
    headers = {**_HEADERS, "location": f"/demo/{request.path_params['platform']}?{query}"}
    return Response("", status_code=303, media_type=MediaType.TEXT, headers=headers)


def _same_origin(request: WebRequest) -> bool:
    """Whether a page of this server sent the form. Browsers say where a form came from; a program
    that does not say is not controlled by a page."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host")
