"""Serving: an application on a socket, until it is told to stop."""

import logging
import socket
from typing import Any

import uvicorn

from .settings import ServerSettings


def server(app: Any, settings: ServerSettings) -> uvicorn.Server:
    """A server that answers what it has begun before it ends."""
    return uvicorn.Server(
        uvicorn.Config(
            app,
            access_log=False,
            log_config=None,
            log_level=logging.WARNING,
            server_header=False,
            date_header=False,
            lifespan="on",
            timeout_graceful_shutdown=int(settings.shutdown_seconds),
            timeout_keep_alive=75,
        )
    )


def listening(host: str, port: int) -> socket.socket:
    """A socket that listens; port 0 takes a free one. Raises `OSError`."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    found = socket.socket(family, socket.SOCK_STREAM)
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind((host, port))
        found.listen(1_024)
        found.set_inheritable(True)
    except BaseException:
        found.close()
        raise
    return found


def serve(app: Any, bound: socket.socket, settings: ServerSettings) -> None:
    """Answer on `bound` until SIGTERM or SIGINT."""
    server(app, settings).run(sockets=[bound])
