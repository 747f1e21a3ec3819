"""A recording of what a server really answers, with time and chance the same in every run.

Four platforms behind one application: ``artlist`` and ``studio`` are test platforms, the other two
run on "real" time, which stands still here. A quote's token is cut, and says so by its dots;
nothing else is changed.
"""

import asyncio
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from random import Random
from types import TracebackType
from typing import Any, Self
from unittest import mock
from urllib.parse import quote, urlencode

import structlog
from msgspec import json, to_builtins

from tallystick.catalogs import load_text, shipped, shipped_text
from tallystick.core import instants
from tallystick.engine import Engine, keys
from tallystick.http.app import application
from tallystick.http.examples import Exchange, Recording
from tallystick.http.settings import ServerSettings
from tallystick.service.startup import open_engine
from tallystick.testing import TestClock
from tallystick.wire.endpoints import ENDPOINTS
from tests.http.caller import Caller, Reply

START = "2026-01-31T10:00:00Z"
STUDIO = """\
platform: studio
name: Studio
time_zone: Europe/Berlin
tools:
  - {id: image, name: Image}
  - {id: voice, name: Voice}
models:
  - {name: Sketch, tool: image, rates: [{credits: 2, per: image}]}
  - {name: Reader, tool: voice, rates: [{credits: 1, per: 5 characters}]}
plans:
  - {id: solo, name: Solo, packages: [{credits: 1000}], trial: {days: 7, credits: 100}}
  - {id: team, name: Team, packages: [{credits: 5000}]}
"""
METHODS = {each.name: (each.method, each.path) for each in ENDPOINTS}
METHODS |= {"healthz": ("GET", "/healthz"), "readyz": ("GET", "/readyz")}
_HEADERS = ("idempotent-replayed", "retry-after", "www-authenticate", "allow")
_SHOWN = ("Idempotency-Key", "Tallystick-Epoch")
_TOKEN = re.compile(r"(q_[\w-]{20}|tk_(?:live|test)_\w+?_\w{16})[\w-]+")


def shortened(value: Any) -> Any:
    """A value with its tokens cut."""
    if isinstance(value, str):
        return _TOKEN.sub(r"\1...", value)
    if isinstance(value, dict):
        return {name: shortened(each) for name, each in value.items()}
    return [shortened(each) for each in value] if isinstance(value, list) else value


@contextmanager
def same_chance() -> Iterator[None]:
    """Secrets and tokens that are the same in every run."""
    chance = Random(8700)
    with (
        mock.patch("os.urandom", chance.randbytes),
        mock.patch("secrets.choice", chance.choice),
        mock.patch("secrets.token_urlsafe", lambda size: f"{chance.getrandbits(8 * size):x}"),
        structlog.testing.capture_logs(),
    ):
        yield


class Recorder:
    """Asks, and keeps what was said and answered."""

    def __init__(self) -> None:
        self.engine = opened()
        self.caller = Caller(application(self.engine))
        self.keys = {
            name: keys.create(self.engine, name, "Backend", "all").api_key
            for name in ("artlist", "imagineart", "videodraft", "studio")
        }
        self.platform = "artlist"
        self.recording = Recording({}, {})

    def on(self, platform: str) -> None:
        """From here on everything is asked of `platform`."""
        self.platform = platform

    def key(self, *scopes: str) -> str:
        """A key of the platform that opens less than all."""
        return keys.create(self.engine, self.platform, "App", scopes).api_key

    @contextmanager
    def while_running(self, account: str, key: str) -> Iterator[None]:
        """As if a first request under a key were being answered all the while."""
        running = self.caller.app.service.in_flight.running
        name = self.platform, account, key
        running[name] = asyncio.Event()
        yield
        del running[name]

    def with_settings(self, **settings: Any) -> None:
        """From here on the server has other settings."""
        self.caller.app = application(self.engine, ServerSettings(**settings))

    def show(self, operation: str, title: str, body: Any = None, **more: Any) -> Any:
        """Ask, and keep the exchange as an example of `operation`; its reply."""
        found, reply = self._exchange(operation, title, body, more)
        assert reply.status < 400 or operation == "readyz", (operation, title, reply.body)
        self.recording.operations.setdefault(operation, []).append(found)
        return reply.json

    def do(self, operation: str, body: Any = None, **more: Any) -> Any:
        """Ask, and keep nothing; its reply."""
        _, reply = self._exchange(operation, "", body, more)
        assert reply.status < 400, (operation, reply.body)
        return reply.json

    def problem(self, code: str, operation: str | None, body: Any = None, **more: Any) -> None:
        """Ask for what cannot be had, and keep why as the example of `code`."""
        title = more.pop("title")
        found, reply = self._exchange(operation, title, body, more)
        assert reply.code == code, (code, reply.status, reply.body)
        assert code not in self.recording.problems, code
        self.recording.problems[code] = found

    def _exchange(
        self, operation: str | None, title: str, body: Any, more: dict[str, Any]
    ) -> tuple[Exchange, Reply]:
        method, template = METHODS[operation] if operation else more.pop("at")
        headers = _headers(more)
        api_key = more.pop("api_key", self.keys[self.platform])
        in_path = re.findall(r"{(\w+)}", template)
        path = {name: str(more.pop(name)) for name in in_path}
        url = template.format(**{name: quote(value, safe="") for name, value in path.items()})
        query = urlencode([(name, _word(value)) for name, value in more.items()])
        sent = b"" if body is None else body if isinstance(body, bytes) else _encoded(body)
        given = [*headers.items(), *([("Authorization", f"Bearer {api_key}")] if api_key else [])]
        reply = self.caller.ask(method, url, sent, given, query)
        found = Exchange(
            title=title,
            operation=operation,
            method=method,
            url=f"{url}?{query}" if query else url,
            path=path,
            query=more,
            headers={name: text for name, text in headers.items() if name in _SHOWN},
            body=None if isinstance(body, bytes) else shortened(body),
            status=reply.status,
            reply_headers={name: text for name, text in reply.headers if name in _HEADERS},
            reply=shortened(reply.json),
        )
        return found, reply

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.caller.close()


def opened() -> Engine:
    """An engine with the four platforms, whose time stands still."""
    engine, _ = open_engine(":memory:", "artlist", None, TestClock(START), START)
    start = instants.parse(START, "start")
    for name in ("imagineart", "videodraft"):
        engine.platforms.create(shipped(name), shipped_text(name), start)
    engine.platforms.create(load_text(STUDIO, "studio.yaml"), STUDIO, start, start)
    return engine


def _headers(more: dict[str, Any]) -> dict[str, str]:
    """The headers among what is asked: a key, a content type."""
    key, kind = more.pop("key", None), more.pop("content_type", None)
    found = {"Idempotency-Key": key} if key else {}
    epoch = more.pop("epoch", None)
    found |= {"Tallystick-Epoch": epoch} if epoch else {}
    return found | ({"Content-Type": kind} if kind else {})


def _word(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _encoded(body: Any) -> bytes:
    return body.encode() if isinstance(body, str) else json.encode(body)


def written(recording: Recording) -> bytes:
    """A recording as the file that is shipped."""
    plain: Mapping[str, Any] = to_builtins(recording)
    return json.format(json.encode(plain), indent=1) + b"\n"
