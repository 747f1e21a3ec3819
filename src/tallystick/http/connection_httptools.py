"""A connection on httptools, uvicorn's parser in C: limits on what it collects of a request.

The parser keeps what it is fed until a header is whole, and calls back for each. So bytes are
counted as they come, not as they are understood: a head can pass its limit by one piece of the
network at most before it is cut.
"""

from typing import Any

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from ..wire.problems import HttpError
from .admission import Admission
from .connection import (
    BODY,
    BROKEN,
    HEAD,
    LARGE_HEADERS,
    LONG_ADDRESS,
    MANY_HEADERS,
    PIPELINED,
    UPGRADE,
    WHOLE,
    ConnectionLimits,
)

PIPELINED_MAX = 16
"""Requests that may wait on a connection while one is answered."""
_FRAMING_BYTES = 6
"""Bytes that a chunked body has for each byte of its content, at most: a chunk of one has six."""


class HttptoolsConnection(ConnectionLimits, HttpToolsProtocol):
    """Counts what uvicorn's protocol takes."""

    def __init__(self, admission: Admission, **given: Any):
        super().__init__(admission, **given)
        self.url, self.headers = b"", []
        self._most_headers = self._settings.max_headers
        self._half_head = self._settings.max_head_bytes // 2
        self._piece = 0
        self._taken = 0
        """Bytes of the head, or of the body, so far; some may be of what was before it."""
        self._before = 0
        """So many of those at most."""
        self._content = 0

    def data_received(self, data: bytes) -> None:
        if self._deaf:
            return
        self._piece = len(data)
        if self._phase is HEAD or self._phase is BODY:
            self._taken += self._piece
        else:
            self.url, self.headers = b"", []
            self._enter(HEAD)
            self._taken, self._before = self._piece, 0
        try:
            self.parser.feed_data(data)
            if self._phase is not WHOLE:
                self._check()
        except httptools.HttpParserError as error:
            self.refuse(_cause(error))
        except HttpError as error:
            self.refuse(error)

    def _check(self) -> None:
        """Raise `HttpError` where what is not whole yet is too much already."""
        self._check_count()
        if self._phase is BODY:
            beside = self._taken - self._before - _FRAMING_BYTES * self._content
            if beside > self._settings.max_head_bytes:
                raise self._too_large()
        elif self._taken > self._half_head:
            self._check_head(self._taken - self._before)

    def _check_head(self, least: int) -> None:
        """Of a head there are so many bytes at `least`. Whether there are more is counted only
        where some may be of what was before it."""
        most = self._settings.max_head_bytes
        if len(self.url) > self._half_head:
            raise HttpError("address_too_long", LONG_ADDRESS.format(self._half_head))
        if least <= most < self._taken:
            least = len(self.url) + sum(len(name) + len(text) + 4 for name, text in self.headers)
        if least > most:
            raise self._too_large()

    def _check_count(self) -> None:
        if len(self.headers) > self._most_headers:
            most = MANY_HEADERS.format(self._settings.max_headers)
            raise HttpError("headers_too_large", most)

    def _too_large(self) -> HttpError:
        most = LARGE_HEADERS.format(self._settings.max_head_bytes)
        return HttpError("headers_too_large", most)

    # The parser's callbacks; what they raise comes out of `feed_data`

    def on_message_begin(self) -> None:
        HttpToolsProtocol.on_message_begin(self)
        if self._phase is not HEAD:  # in the middle of a piece
            self._enter(HEAD)
            self._taken = self._before = self._piece

    def on_headers_complete(self) -> None:
        """The parser's call after a head.

        Raises `HttpError` for an upgrade, or too many requests sent ahead.
        """
        if self._taken > self._half_head:
            self._check_head(0)
        self._check_count()
        if self.parser.should_upgrade():
            raise HttpError("invalid_request", UPGRADE, where="Upgrade")
        if len(self.pipeline) >= PIPELINED_MAX:
            raise HttpError("invalid_request", PIPELINED.format(PIPELINED_MAX))
        HttpToolsProtocol.on_headers_complete(self)
        self.headers = []  # what follows the body is not among the headers that the app reads
        self._enter(BODY)
        self._taken = self._before = self._piece
        self._content = 0

    def on_body(self, body: bytes) -> None:
        self._content += len(body)
        HttpToolsProtocol.on_body(self, body)

    def on_message_complete(self) -> None:
        HttpToolsProtocol.on_message_complete(self)
        self._enter(WHOLE)

    def on_response_complete(self) -> None:
        """As uvicorn's, without a timer for each reply: `look` ends what stays idle."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self._since = self._admission.now
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())


def _cause(error: httptools.HttpParserError) -> HttpError:
    """What a callback found too much, or that the parser could not read it."""
    found = error.__context__
    if isinstance(found, HttpError):
        return found
    return HttpError("invalid_request", BROKEN)
