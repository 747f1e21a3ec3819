"""A server as `tallystick serve` runs it, on a database of PostgreSQL."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from tallystick.core.commands import Command
from tallystick.engine import keys
from tallystick.service.startup import open_engine
from tallystick.wire import encoders

from ..http_load import Target, written
from ..transports import PLATFORM

_PATIENCE = 30.0
_READY = b"GET /readyz HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n"


@contextmanager
def serving(url: str, workers: int, *more: str) -> Iterator[Target]:
    """A server of so many processes, until this ends; it logs every request, to a file."""
    engine, _ = open_engine(url, PLATFORM)
    with closing(engine):
        api_key = keys.create(engine, PLATFORM, "bench", "all").api_key
    port = free_port()
    with TemporaryDirectory() as folder, (Path(folder) / "log").open("wb") as log:
        running = subprocess.Popen(
            [sys.executable, "-m", "tallystick", "serve", "--db", url, "--port", str(port),
             "--workers", str(workers), "--log-format", "json", *more],
            stdout=log, stderr=log,
        )  # fmt: skip
        try:
            wait_until_ready(port, running)
            yield Target(port, api_key)
        finally:
            running.terminate()
            running.wait(timeout=60)


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def wait_until_ready(port: int, running: subprocess.Popen[bytes]) -> None:
    """Until the server says that it is ready; raises `RuntimeError` when it never does."""
    until = time.monotonic() + _PATIENCE
    while not _ready(port):
        if running.poll() is not None or time.monotonic() > until:
            raise RuntimeError("the server did not start")
        time.sleep(0.1)


def _ready(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as asked:
            asked.sendall(_READY)
            return asked.recv(1_000)[9:12] == b"200"
    except OSError:
        return False


def requests(target: Target, asked: Sequence[Command]) -> list[bytes]:
    """Commands as they cross the wire, one request each."""
    sent = [encoders.encode_request(each) for each in asked]
    return [written(target, each.path, each.body or b"", each.key) for each in sent]
