"""A connection on h11, where httptools cannot be had (on Windows): slower, with the same limits."""

import sys
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from ..wire.problems import HttpError
from .connection import (
    BODY,
    BROKEN,
    HEAD,
    LARGE_HEADERS,
    MANY_HEADERS,
    UPGRADE,
    WHOLE,
    ConnectionLimits,
)

_TOO_LARGE_STATUS = 431


class H11Connection(ConnectionLimits, H11Protocol):
    """Watches what uvicorn's protocol takes. h11 itself holds a head to its limit of bytes."""

    def data_received(self, data: bytes) -> None:
        if not self._deaf:
            super().data_received(data)

    def handle_events(self) -> None:
        super().handle_events()
        if not self._deaf and (phase := self._where()) is not self._phase:
            self._enter(phase)

    def _where(self) -> str:
        """The phase, as h11 sees it."""
        if self.conn.their_state is h11.SEND_BODY:
            return BODY
        if self.conn.their_state is h11.IDLE and self.conn.trailing_data[0]:
            return HEAD
        return WHOLE if self.cycle is not None else self._phase

    def send_400_response(self, msg: str) -> None:
        """uvicorn calls it while it handles what h11 could not read, or would not."""
        if getattr(sys.exception(), "error_status_hint", None) == _TOO_LARGE_STATUS:
            most = LARGE_HEADERS.format(self._settings.max_head_bytes)
            self.refuse(HttpError("headers_too_large", most))
        else:
            self.refuse(HttpError("invalid_request", BROKEN))

    def _should_upgrade(self) -> bool:
        """Asked once the headers are there: whether this is anything but a request for the app."""
        return self._get_upgrade() is not None or self._too_many

    @property
    def _too_many(self) -> bool:
        return len(self.headers) > self._settings.max_headers

    def handle_websocket_upgrade(self, event: Any) -> None:
        if self._too_many:
            most = MANY_HEADERS.format(self._settings.max_headers)
            self.refuse(HttpError("headers_too_large", most))
        else:
            self.refuse(HttpError("invalid_request", UPGRADE, where="Upgrade"))

    def on_response_complete(self) -> None:
        self._since = self._admission.now
        super().on_response_complete()
