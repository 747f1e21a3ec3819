"""Examples of requests and replies: recorded from a real run, never written by hand.

``python -m tests.http.examples`` runs the walk and writes ``examples.json``; a test runs it again
and compares, so that no example is stale.
"""

from functools import cache
from pathlib import Path
from typing import Any

from msgspec import Struct, json

FILE = Path(__file__).with_name("examples.json")


class Exchange(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A request and its reply. A `body` that is text is a file; other bodies are JSON."""

    title: str
    operation: str | None = None
    method: str
    url: str
    path: dict[str, str] = {}
    query: dict[str, Any] = {}
    headers: dict[str, str] = {}
    body: Any = None
    status: int
    reply_headers: dict[str, str] = {}
    reply: Any


class Recording(Struct, frozen=True):
    """What the walk recorded: exchanges by operation, and the one that shows each problem code."""

    operations: dict[str, list[Exchange]] = {}
    problems: dict[str, Exchange] = {}


@cache
def recorded() -> Recording:
    return json.decode(FILE.read_bytes(), type=Recording)


def of(operation: str) -> list[Exchange]:
    """The exchanges that show an operation, the plainest first."""
    return recorded().operations.get(operation, [])
