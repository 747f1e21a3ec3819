"""Documents and files that are ready to be sent, plain and packed, and the addresses of files."""

import gzip
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from litestar import Request, Response

HttpRequest: TypeAlias = Request[Any, Any, Any]
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


class PreparedDocument(NamedTuple):
    """A document that is ready to be sent; `tag` changes with every byte of it."""

    plain: bytes
    packed: bytes
    tag: str
    media_type: str
    headers: dict[str, str]
    status: int = 200


def prepared(
    body: bytes, media_type: str, caching: str = _CHECKED, status: int = 200
) -> PreparedDocument:
    headers = {"cache-control": caching, "vary": "accept-encoding",
               "x-content-type-options": "nosniff"}  # fmt: skip
    if media_type == HTML:
        headers |= {"content-security-policy": POLICY, "referrer-policy": "no-referrer"}
    tag = f'"{sha256(body).hexdigest()[:20]}"'
    return PreparedDocument(
        plain=body,
        packed=gzip.compress(body, mtime=0),
        tag=tag,
        media_type=media_type,
        headers=headers,
        status=status,
    )


def respond(request: HttpRequest, document: PreparedDocument) -> Response[bytes]:
    """Send a document, compressed if the client can read that; 304 if the client has it already."""
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


@cache
def assets() -> dict[str, PreparedDocument]:
    """The files under ``/static``, by name."""
    return {
        path.name: prepared(path.read_bytes(), _TYPES[path.suffix], _FOR_GOOD)
        for path in sorted(STATIC.iterdir())
    }


def asset(name: str) -> str:
    """The address of a file, which is another one when the file is."""
    return f"/static/{name}?v={assets()[name].tag.strip(chr(34))}"
