"""The server that `tallystick serve` runs: in this process, or in several children of it."""

import os
import sys
from collections.abc import Mapping
from contextlib import AbstractContextManager, closing
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlunsplit

from ..config import Configuration
from ..core.errors import InvalidRequest, StoreError, installing
from ..http.masks import masked
from .commands import Answer, say
from .context import Here
from .errors import tell
from .pages import server as pages
from .startup import open_database

if TYPE_CHECKING:
    from socket import socket

    from ..engine import Engine

EVERYWHERE = ("0.0.0.0", "::", "")  # noqa: S104 - these are looked for, not listened on
_FORCED_EXIT_CODE = 130
"""128 + SIGINT: told to end twice, so that replies were given up."""


class CannotListen(StoreError):
    """The address or port cannot be listened on. Each way on is what for, and the words of it."""

    def __init__(self, message: str, where: str, *ways_on: tuple[str, list[str]]):
        super().__init__(message)
        self.where = where
        self.ways_on = ways_on


def run(settings: Configuration, here: Here) -> int:
    """Serve until told to stop; the exit code."""
    if here.given.get("config") and settings.chosen["db"].source == "file":
        here.given["db"] = settings["db"]  # another command would not find it by itself
    _check_installed()
    if settings["workers"] == 1:
        return _alone(settings, here)
    _check_workers(settings)
    return _many(settings, here)


def _check_installed() -> None:
    """Raise a clear error when the server's parts are not installed."""
    try:
        import litestar  # noqa: F401
        import prometheus_client  # noqa: F401
        import structlog  # noqa: F401
        import uvicorn  # noqa: F401
    except ImportError as error:
        raise InvalidRequest(
            f"serving requires the server extra ({error.name} is missing): {installing('server')}",
            where="serve",
        ) from None


def _check_workers(settings: Configuration) -> None:
    if not settings["db"].startswith(("postgresql://", "postgres://")):
        raise InvalidRequest(
            "several workers need PostgreSQL: a SQLite file has one writer, and one process makes "
            "the most of it; leave --workers out, or name the database with --db postgresql://...",
            where="workers",
        )
    if not hasattr(os, "fork"):
        raise InvalidRequest("several workers need a system that can fork", where="workers")


# One process


def _alone(settings: Configuration, here: Here) -> int:
    with closing(_open(settings)) as engine, closing(_listening(settings)) as bound:
        _greet(settings, here, bound, _opened(engine))
        with _logging(settings):
            return _serve(settings, engine, bound)


def _open(settings: Configuration) -> "Engine":
    return open_database(settings["db"], settings.clock_limits)


def _serve(settings: Configuration, engine: "Engine", bound: "socket", **more: Any) -> int:
    from ..http.app import application
    from ..http.server import serve

    app = application(engine, settings.server, scheduler=settings["clockwork"])
    return 0 if serve(app, bound, settings.server, **more) else _FORCED_EXIT_CODE


def _logging(settings: Configuration) -> AbstractContextManager[None]:
    from ..http.logs import configured

    return configured(settings["log_level"], settings["log_format"], sys.stderr)


def _listening(settings: Configuration) -> "socket":
    from ..http.server import listening

    host, port = settings["host"], settings["port"]
    try:
        return listening(host, port)
    except OSError as error:
        raise CannotListen(
            why_not(error, host, port),
            "port",
            ("on a free port", ["serve", "--port", "0"]),
            ("what is set", ["config"]),
        ) from None


def why_not(error: OSError, host: str, port: int, flags: str = "--") -> str:
    """Why nobody can listen there, and which flag helps: `flags` is how both of them begin."""
    import errno

    if error.errno == errno.EADDRINUSE:
        return f"port {port} of {host} is taken by another program: choose another with {flags}port"
    if error.errno == errno.EACCES:
        return f"port {port} may not be used by this user: choose one above 1023 with {flags}port"
    why = error.strerror or str(error)
    return (
        f"{host} cannot be listened on ({why}): choose an address of this machine with {flags}host"
    )


# Several


def _many(settings: Configuration, here: Here) -> int:
    """Children that open the database themselves. This process never does: what is open at a fork
    belongs to nobody."""
    from ..http.workers import Workers

    code, platforms = _asked_in_child(settings, here)
    if code:
        return code
    with closing(_listening(settings)) as bound:
        _greet(settings, here, bound, platforms)
        with _logging(settings):
            work = _Work(settings, bound)
            patience = settings["drain_seconds"] + settings["shutdown_seconds"]
            return Workers(settings["workers"], work, bound, patience).run()


class _Work(NamedTuple):
    """What each child does."""

    settings: Configuration
    bound: "socket"

    def __call__(self) -> int:
        import signal

        from ..http.logs import lines

        try:
            with closing(_open(self.settings)) as engine:
                return _serve(self.settings, engine, self.bound, stops=(signal.SIGTERM,))
        except StoreError as error:
            lines().error("the database cannot be used", exc_info=error)
            return 3


def _asked_in_child(settings: Configuration, here: Here) -> tuple[int, dict[str, int]]:
    """The platforms of the database, as a child finds them, or the exit code of its error."""
    from msgspec import json

    from ..core.errors import TallystickError
    from ..http.workers import in_child

    reading, writing = os.pipe()

    def ask() -> int:
        try:
            with closing(_open(settings)) as engine:
                os.write(writing, json.encode(_opened(engine)))
            return 0
        except TallystickError as error:
            return tell(error, here, here.as_json)

    child = in_child(ask)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        said = pipe.read()
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return code, json.decode(said, type=dict[str, int]) if said else {}


# What is said at the start


def _opened(engine: "Engine") -> dict[str, int]:
    """The platforms of a database, each with how many API keys open it."""
    from ..engine import keys

    names = engine.platforms.names()
    return {
        name: sum(each.revoked_at is None for each in keys.listed(engine, name)) for name in names
    }


def _greet(
    settings: Configuration, here: Here, bound: "socket", platforms: Mapping[str, int]
) -> None:
    host, port = settings["host"], bound.getsockname()[1]
    reached = "127.0.0.1" if host in EVERYWHERE else f"[{host}]" if ":" in host else host
    served = {
        "url": urlunsplit(("http", f"{reached}:{port}", "", "", "")),
        "host": host,
        "port": port,
        "db": masked(settings["db"]),
        "workers": settings["workers"],
        "platforms": platforms,
    }
    say(Answer(served, pages.served), here)
