"""A connection: bytes to requests, within limits, and a problem for what never becomes one.

uvicorn parses and answers; what is here is beside it, whatever parser it has. The phases:

    NEW ──> HEAD ──> BODY ──> WHOLE ──> HEAD ...        LEAVING: from anywhere, until it is gone

NEW has sent nothing yet. HEAD is in the middle of a request's line and headers, BODY of its body.
WHOLE has sent all of a request, which is being answered, or waits for the next. Each has its time
since `_since`; `look` ends what takes longer, ten times a second, so that a request that comes in
time costs no timer.
"""

from http import HTTPStatus
from typing import Any

from ..wire.problems import HttpError
from .admission import Admission
from .dispatch import Reply, refused
from .front import request_id

NEW, HEAD, BODY, WHOLE, LEAVING = "new", "head", "body", "whole", "leaving"
LINGER_SECONDS = 1.0
"""How long a client may take to hear the last word: to hang up at once could lose it on the way."""
TOO_SLOW = "{} did not arrive within {:g} seconds"
BROKEN = "the request is not valid HTTP/1.1"
MANY_HEADERS = "the request has more headers than this server reads ({:,})"
LARGE_HEADERS = "the headers are larger than this server reads ({:,} bytes with the address)"
LONG_ADDRESS = "the address is longer than this server reads ({:,} bytes)"
UPGRADE = "this server speaks only HTTP/1.1: leave out the header Upgrade"
PIPELINED = "more requests were pipelined than this server takes while one is answered ({:,})"


class ConnectionLimits:
    """What both kinds of connection have; mixed into one of uvicorn's protocols."""

    transport: Any
    flow: Any
    cycle: Any
    headers: Any
    client: tuple[str, int] | None

    def __init__(self, admission: Admission, **given: Any):
        super().__init__(**given)
        self._admission = admission
        self._settings = admission.settings
        self._phase = NEW
        self._since = admission.now
        self._write_paused_at = 0.0
        self._closing_since: float | None = None
        self._deaf = False
        """Nothing more is taken from this client."""

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)  # type: ignore[misc]
        too_many = self._admission.enter(self)
        if too_many is not None:
            self.refuse(too_many)

    def connection_lost(self, exc: Exception | None) -> None:
        self._admission.leave(self)
        super().connection_lost(exc)  # type: ignore[misc]

    def pause_writing(self) -> None:
        self._write_paused_at = self._admission.now
        super().pause_writing()  # type: ignore[misc]

    def _enter(self, phase: str) -> None:
        self._phase, self._since = phase, self._admission.now

    @property
    def _answering(self) -> bool:
        """A request of this client has not been answered to its end."""
        return self.cycle is not None and not self.cycle.response_complete

    # Saying no

    def refuse(self, error: HttpError) -> None:
        """Say no, and take nothing more. What is being answered is answered first; if this is
        about the rest of its body, it is its answer."""
        self._deaf = True
        if not self._answering and self._phase is not BODY:
            self._last_word(error)
            return
        self._admission.turned_away(error, self)
        if not self._answering:  # it has its answer, and was still sending
            self.transport.close()
            return
        self.cycle.keep_alive = False
        if self.cycle.more_body:
            self.cycle.scope["state"]["refusal"] = error
            self.cycle.message_event.set()

    def _last_word(self, error: HttpError) -> None:
        name = request_id(self.headers or ())
        self._admission.turned_away(error, self, name.decode())
        if self._admission.crowded or self.transport.is_closing():
            self.transport.abort()
            return
        self.transport.write(written(refused(error), name))
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self.flow.resume_reading()
        self._enter(LEAVING)

    # Taking too long

    def look(self, now: float) -> None:
        """End it, if it takes longer than it may."""
        settings, waited = self._settings, now - self._since
        if self._phase is LEAVING:
            if waited >= LINGER_SECONDS:
                self.transport.abort()
        elif self.transport.is_closing():
            self._closing(now)
        elif self.flow.write_paused:
            if now - self._write_paused_at >= settings.write_seconds:
                self._hang_up()
        elif self.flow.read_paused:
            self._since = now  # it is us who do not read
        elif self._phase is WHOLE:
            if waited >= settings.idle_seconds and not self._answering:
                self.transport.close()
        elif not self._deaf:
            self._wait(waited)

    def _wait(self, waited: float) -> None:
        """For the rest of a request."""
        what, seconds = "the headers", self._settings.head_seconds
        if self._phase is BODY:
            what, seconds = "the body", self._settings.body_seconds
        if waited < seconds:
            return
        if self._phase is NEW:
            self.transport.close()
        else:
            self.refuse(HttpError("request_too_slow", TOO_SLOW.format(what, seconds)))

    def _closing(self, now: float) -> None:
        """What was written before the end is still sent, to a client that reads it."""
        if self._closing_since is None:
            self._closing_since = now
        elif now - self._closing_since >= self._settings.write_seconds:
            self._hang_up()

    def _hang_up(self) -> None:
        self._admission.hung_up(self)
        self.transport.abort()


def written(reply: Reply, name: bytes) -> bytes:
    """A reply as it crosses the wire, after which there is no other."""
    phrase = HTTPStatus(reply.status).phrase
    headers = {
        **reply.headers,
        "content-type": reply.media_type,
        "content-length": str(len(reply.body)),
        "x-request-id": name.decode(),
        "connection": "close",
    }
    head = [f"HTTP/1.1 {reply.status} {phrase}", *(f"{each}: {headers[each]}" for each in headers)]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + reply.body
