"""A Redis server of our own whose every answer is on disk, for the peer that lives on one."""

import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_PATIENCE = 10.0
_ALWAYS = b"CONFIG GET appendfsync\r\n"


def program() -> str | None:
    return shutil.which("redis-server")


@contextmanager
def running(folder: Path | None) -> Iterator[str]:
    """The URL of a new server, which says that it syncs before every answer."""
    with tempfile.TemporaryDirectory(prefix="tallystick-bench-redis-", dir=folder) as place:
        path = Path(place) / "socket"
        server = subprocess.Popen(
            [program() or "redis-server", "--port", "0", "--unixsocket", path, "--dir", place,
             "--appendonly", "yes", "--appendfsync", "always", "--save", ""],
            stdout=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            _check(path, server)
            yield f"unix://{path}"
        finally:
            server.terminate()
            server.wait(timeout=30)


def _check(path: Path, server: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + _PATIENCE
    while b"always" not in _asked(path):
        if server.poll() is not None or time.monotonic() > until:
            raise RuntimeError("Redis did not start with appendfsync=always")
        time.sleep(0.05)


def _asked(path: Path) -> bytes:
    try:
        with socket.socket(socket.AF_UNIX) as asked:
            asked.connect(str(path))
            asked.sendall(_ALWAYS)
            return asked.recv(1_000)
    except OSError:
        return b""
