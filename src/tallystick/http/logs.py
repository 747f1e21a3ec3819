"""The log of a server: one line a fact, silent until `configure` says where it goes.

No line ever has an API key, a quote or a password in it, and none repeats what was asked: of an
exception its kind and its places in the code are told, neither its words nor its variables. What
is not printable (control characters, overrides of the direction of writing) is escaped, so that
no line can show itself as another.
"""

import json as plain_json
import logging
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO

import structlog
from msgspec import json
from structlog.typing import EventDict, WrappedLogger

from ..core.errors import StoreError
from .masks import masked

_SILENT: Any = structlog.wrap_logger(
    structlog.ReturnLogger(),
    processors=[],
    wrapper_class=structlog.make_filtering_bound_logger("critical"),
).bind()


class _Log:
    """Where the lines of this process go."""

    lines = _SILENT


def lines() -> Any:
    """A server's own lines: ``lines().info("listening", url=...)``."""
    return _Log.lines


def configure(level: str, form: str, to: TextIO) -> None:
    """Write our lines of `level` and above to a stream, and what libraries warn of.

    `level` is ``debug``, ``info``, ``warning`` or ``error``; `form` is ``json``, ``console``, or
    ``auto``: console on a terminal, JSON elsewhere.
    """
    silence()
    bound = structlog.make_filtering_bound_logger(level)
    _Log.lines = structlog.wrap_logger(_Stream(to), _processors(form, to), bound).bind()
    root = logging.getLogger()
    root.addHandler(_Libraries())
    root.setLevel(max(logging.getLevelNamesMapping()[level.upper()], logging.WARNING))
    logging.captureWarnings(capture=True)


def silence() -> None:
    """Say nothing any more, as before `configure`."""
    _Log.lines = _SILENT
    root = logging.getLogger()
    for handler in [each for each in root.handlers if isinstance(each, _Libraries)]:
        root.removeHandler(handler)
        root.setLevel(logging.WARNING)
        logging.captureWarnings(capture=False)


@contextmanager
def configured(level: str, form: str, to: TextIO) -> Iterator[None]:
    """`configure`, for the length of a block."""
    configure(level, form, to)
    try:
        yield
    finally:
        silence()


class _Stream:
    """A stream of lines. A log that nobody reads any more must not end a reply."""

    def __init__(self, to: TextIO):
        self._to = to
        self._lock = threading.Lock()

    def write(self, line: str) -> None:
        try:
            with self._lock:
                self._to.write(f"{line}\n")
                self._to.flush()
        except (OSError, ValueError):
            return

    debug = info = warning = error = critical = exception = msg = write


class _Libraries(logging.Handler):
    """Hands what libraries log to our lines."""

    def emit(self, record: logging.LogRecord) -> None:
        level = min(max(record.levelno // 10 * 10, logging.DEBUG), logging.CRITICAL)
        error = record.exc_info[1] if record.exc_info else None
        facts = {"exc_info": error} if error else {}
        _Log.lines.log(level, record.getMessage(), logger=record.name, **facts)


def _processors(form: str, to: TextIO) -> list[Any]:
    console = form == "console" or (form == "auto" and to.isatty())
    render: list[Any] = [_json]
    if console:
        shown = structlog.dev.ConsoleRenderer(
            colors=to.isatty(), exception_formatter=structlog.dev.plain_traceback, pad_event_to=0
        )
        render = [_printable, shown]
    return [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper("iso", utc=True),
        _told,
        *render,
        _without_secrets,
    ]


def _told(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """What there is to tell, an exception as text. structlog's own ways with exceptions would
    tell their words, or the variables they met."""
    error = event.pop("exc_info", None)
    if isinstance(error, BaseException):
        event["exception"] = trace(error)
    return {name: value for name, value in event.items() if value is not None}


def trace(error: BaseException) -> str:
    """An exception and what caused it: where in the code, and which kinds."""
    told = []
    after: BaseException | None = error
    while after is not None and len(told) < 10:
        frames = "".join(traceback.format_tb(after.__traceback__))
        told.append(f"Traceback (most recent call last):\n{frames}{_kind(after)}")
        hidden = after.__suppress_context__
        after = after.__cause__ or (None if hidden else after.__context__)
    return "\n\nwhich led to\n\n".join(reversed(told))


def _kind(error: BaseException) -> str:
    """Its kind. Only what a machine says of its files and connections is told in words."""
    kind = type(error)
    name = (
        kind.__qualname__
        if kind.__module__ == "builtins"
        else f"{kind.__module__}.{kind.__qualname__}"
    )
    return f"{name}: {escaped(str(error))}" if isinstance(error, (StoreError, OSError)) else name


def _json(logger: WrappedLogger, method: str, event: EventDict) -> str:
    first = {name: event.pop(name) for name in ("timestamp", "level", "event")}
    return escaped(json.encode({**first, **event}, enc_hook=str).decode())


def _printable(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """For a terminal. Only an exception has several lines."""
    for name, value in event.items():
        if isinstance(value, str):
            apart = "\n" if name == "exception" else None
            event[name] = "\n".join(map(escaped, value.split(apart) if apart else [value]))
    return event


def escaped(text: str) -> str:
    """A text with what is not printable in it escaped as in JSON."""
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else plain_json.dumps(each)[1:-1] for each in text)


def _without_secrets(logger: WrappedLogger, method: str, line: Any) -> Any:
    """Whatever was put into a line, by us or by a library, no secret leaves."""
    return masked(line)
