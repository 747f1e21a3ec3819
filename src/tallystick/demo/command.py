"""The command `tallystick demo`: it builds the demo if there is none, then serves or shows it."""

import errno
import ipaddress
import shlex
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlunsplit

from msgspec import Struct
from rich.console import Console
from rich.text import Text

from ..core.errors import InvalidRequest, StoreError, describe, installing
from . import place
from .build import DAYS, SEED
from .terminal import progress, terminal

DB, HOST, PORT = "demo.db", "127.0.0.1", 8700
STOPPED_EARLY_EXIT_CODE = 130
"""128 + SIGINT: what a shell reports of a program that was interrupted."""


class DemoCannotListen(StoreError):
    """The address or port cannot be listened on."""


class DemoOptions(Struct, frozen=True, kw_only=True):
    """The options of `tallystick demo`. Numbers may be text, as they were typed."""

    db: str = DB
    host: str = HOST
    port: int | str = PORT
    seed: int | str = SEED
    fresh: bool = False
    """Build the database again, in place of the one that is there."""
    walk: bool = False
    """Take the tour in the terminal instead of serving."""
    serve: bool = True
    """Serve the demo; if false, only build it."""


def run(options: DemoOptions) -> int:
    """Build the demo if there is none, and serve it until the program is stopped.

    Returns the exit code: 0, or 1 when the walk finds something wrong in the database. Raises
    `CannotListen` if the address cannot be listened on, `InvalidRequest` for an option out of
    bounds, and `StoreError` if the file cannot be used.
    """
    console, errors = terminal(), terminal(stderr=True)
    path = Path(options.db.removeprefix("sqlite:///"))
    seed = _whole(options.seed, "seed", -(2**63), 2**63)
    serves = options.serve and not options.walk
    try:
        with _interrupted_by_sigterm(), _bound(options) if serves else _nothing() as bound:
            made = _build(path, seed, options.fresh, errors)
            if options.walk:
                from .tour import Tour

                return Tour(console, path).take()
            if bound is not None:
                _serve(path, bound, options.host, console)
            else:
                _tell(path, made, options, console)
    except KeyboardInterrupt:
        errors.print(Text("Stopped. The unfinished database was removed."))
        return STOPPED_EARLY_EXIT_CODE
    return 0


def _build(path: Path, seed: int, fresh: bool, errors: Console) -> bool:
    """Build the database where there is none. Returns whether it was built."""
    if str(path) == ":memory:":
        raise StoreError("the demo has to be a file; name it with --db")
    builds = not place.stands(path) or fresh  # what stands there is looked at first
    if builds:
        with progress(errors, f"Building {DAYS} days of usage on three platforms") as tell:
            place.make(path, seed, tell)
    return builds


def _tell(path: Path, made: bool, options: DemoOptions, console: Console) -> None:
    """Say what there is to serve, where nothing is served."""
    from .welcome import contents

    line = f"{path} {'is built' if made else 'was there already'}: {contents()}."
    console.print(Text(line), soft_wrap=True)
    db = "" if options.db == DB else f" --db {shlex.quote(options.db)}"
    console.print(Text(f"To serve it: tallystick demo{db}"), soft_wrap=True)
    if not made:
        console.print(Text(f"To build it again: tallystick demo --fresh{db}"), soft_wrap=True)


def _serve(path: Path, bound: socket.socket, host: str, console: Console) -> None:
    from ..http import server
    from ..http.app import application
    from ..http.logs import configured
    from ..http.settings import ServerSettings
    from ..service.startup import open_engine
    from . import welcome
    from .people import PLATFORMS
    from .ready_keys import ready_keys
    from .routes import routes
    from .site import Site

    settings = ServerSettings(shutdown_seconds=5)
    engine, _ = open_engine(path, next(iter(PLATFORMS)))
    try:
        keys = ready_keys(engine, path)
        address = _address(bound)
        app = application(engine, settings, more=routes(Site(engine, keys), address, host))
    except BaseException:
        engine.close()
        raise
    with configured("warning", "auto", sys.stderr), suppress(KeyboardInterrupt):
        welcome.show(console, path, address, keys, _is_open_to_others(bound))
        server.serve(app, bound, settings)
    said = f"Stopped. {path} has everything; run the same command to continue."
    console.print(Text(said), soft_wrap=True)


# Where it listens


@contextmanager
def _bound(options: DemoOptions) -> Iterator[socket.socket]:
    """A socket that listens, before anything is built for it."""
    try:
        from ..http.server import listening
    except ImportError as error:
        raise InvalidRequest(
            f"the server needs the extra 'server' ({error.name} is missing): "
            f"{installing('server', ', or take the tour in the terminal with --walk')}"
        ) from None
    port = _whole(options.port, "port", 0, 65_535)
    try:
        found = listening(options.host, port)
    except OSError as error:
        raise DemoCannotListen(_why_not(error, options.host, port)) from None
    with found:
        yield found


@contextmanager
def _nothing() -> Iterator[None]:
    yield None


def _why_not(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        another = port + 1 if port < 65_535 else 0
        return (
            f"port {port} of {host} is taken, perhaps by another demo: stop it, or choose another "
            f"port with --port {another}"
        )
    if error.errno == errno.EACCES:
        return f"this user may not listen on port {port}: choose one above 1023 with --port"
    why = error.strerror or str(error)
    return (
        f"cannot listen on {describe(host)} ({why}): choose an address of this machine with --host"
    )


def _address(bound: socket.socket) -> str:
    """Where a browser on this machine finds it."""
    host, port = bound.getsockname()[:2]
    if host in ("0.0.0.0", "::"):  # noqa: S104 - it was asked for
        host = HOST
    reached = f"[{host}]" if ":" in host else host
    return urlunsplit(("http", f"{reached}:{port}", "", "", ""))


def _is_open_to_others(bound: socket.socket) -> bool:
    return not ipaddress.ip_address(bound.getsockname()[0].partition("%")[0]).is_loopback


# What it says


@contextmanager
def _interrupted_by_sigterm() -> Iterator[None]:
    """Treat SIGTERM like Ctrl-C, so that a build that is stopped leaves nothing behind."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _whole(value: int | str, where: str, least: int, most: int) -> int:
    """Read a whole number that may be text. Raises `InvalidRequest` if it is out of bounds."""
    try:
        number = int(value)
    except ValueError:
        number = most + 1
    if not least <= number <= most:
        raise InvalidRequest(
            f"{where} must be a whole number from {least:,} to {most:,}, not {describe(value)}",
            where=where,
        )
    return number
