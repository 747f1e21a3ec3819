"""Errors at the edge: one table from error to exit code, and how each is said.

0 done, 1 refused, 2 wrong usage (an API key that does not open it among them), 3 the database or
the server could not be reached or used. A fault of Tallystick itself ends with 70.
"""

import os
import re
import sys
from typing import TYPE_CHECKING, Any

from . import output
from .output import Block, Next, Paragraph
from .vocabulary import USUAL, speaking

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .context import Here

REFUSED, WRONG_USAGE, UNUSABLE, FAULT = 1, 2, 3, 70
_HUSHED_EXIT_CODE = 141
"""128 + SIGPIPE: what a shell reports when the reader of a pipe went away."""


def exit_code(error: Exception) -> int:
    """The exit code an error ends with."""
    from ..core.errors import (
        AccessDenied,
        InvalidRequest,
        KeyConflict,
        StillRunning,
        StoreError,
    )
    from ..core.refusals import Refused

    table = (
        (Refused, REFUSED),
        (InvalidRequest, WRONG_USAGE),
        (KeyConflict, WRONG_USAGE),
        (AccessDenied, WRONG_USAGE),
        (StillRunning, UNUSABLE),
        (StoreError, UNUSABLE),
    )
    for kind, code in table:
        if isinstance(error, kind):
            return code
    return WRONG_USAGE if hasattr(error, "format_message") else FAULT


def tell(error: Exception, here: "Here | None", as_json: bool) -> int:
    """Print an error, as one JSON document on stdout or in words on stderr. Returns its exit
    code."""
    code = exit_code(error)
    if as_json:
        output.document(_document(error, code))
    else:
        typed = here.typed if here else (lambda words: " ".join(["tallystick", *words]))
        zone = here.zone if here else None
        with speaking(lambda: here.wording if here else USUAL):
            output.page(_page(error, code, here), typed, error=True, zone=zone)
    return code


def hushed() -> int:
    """Nobody reads our output any more: print nothing, not even while the interpreter shuts
    down."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return _HUSHED_EXIT_CODE


def _document(error: Exception, code: int) -> Any:
    if code == REFUSED:
        from .pages.refusals import as_result

        return as_result(error)
    document = {
        "code": _code(error, code),
        "message": _message(error),
        "where": _where(error),
        "allowed": _allowed(error),
    }
    problems = getattr(error, "problems", ())
    return document | {"problems": list(problems)} if problems else document


def _code(error: Exception, code: int) -> str:
    """``invalid_request``, ``not_a_database``: the name of the error's class, or as over HTTP."""
    from ..core.errors import AccessDenied, StillRunning

    if code == FAULT:
        return "fault"
    if hasattr(error, "format_message"):
        return "wrong_usage"
    if isinstance(error, AccessDenied):
        return "forbidden" if error.scopes else "unauthorized"
    if isinstance(error, StillRunning):
        return "request_in_flight"
    return re.sub(r"(?<!^)(?=[A-Z])", "_", type(error).__name__).lower()


def _message(error: Exception) -> str:
    """What the error says; the parser of the command line words its own."""
    worded = getattr(error, "format_message", None)
    return str(worded() if worded else error)


def _where(error: Exception) -> str | None:
    if hasattr(error, "key"):
        return "key"
    if hasattr(error, "scopes"):
        return "api_key"
    parameter = getattr(error, "param", None)
    return getattr(error, "where", None) or getattr(parameter, "name", None)


def _allowed(error: Exception) -> list[str]:
    """What would do: values, names, or the scopes of an API key."""
    kinds = ("allowed", "scopes", "possibilities")
    return list(next(filter(None, (getattr(error, kind, ()) for kind in kinds)), ()))


def _page(error: Exception, code: int, here: "Here | None") -> "Iterator[Block]":
    if here is not None and code == REFUSED:
        from .pages.refusals import as_result, page

        yield from page(as_result(error), here)
    elif code == FAULT:
        yield from _fault(error)
    else:
        yield Paragraph(f"Error: {_message(error)}", "bad")
        yield from _ways_on(error, here)


def _fault(error: Exception) -> "Iterator[Block]":
    import traceback

    yield Paragraph(f"This is a fault in Tallystick: {type(error).__name__}: {error}", "bad")
    if os.environ.get("TALLYSTICK_TRACEBACK"):
        yield Paragraph("".join(traceback.format_exception(error)))
    else:
        yield Paragraph("Please report it, with what TALLYSTICK_TRACEBACK=1 shows.", "quiet")


def _ways_on(error: Exception, here: "Here | None") -> "Iterator[Block]":
    """What to type after a wrong command, without a database or server, or the right API key."""
    from ..core.errors import Unreachable

    rows = list(getattr(error, "ways_on", ()))
    if isinstance(error, Unreachable) and here is not None and here.where.server:
        rows.append(("start one where the database is", ["serve"]))
    if hasattr(error, "scopes"):
        scopes = [word for scope in error.scopes[:1] for word in ("--scope", scope)]
        words = ["keys", "create", _platform(here), *scopes]
        rows.append(("make a key where the database is", words))
    context = getattr(error, "ctx", None)
    if context is not None:
        rows.append(("what it takes", [*context.command_path.split()[1:], "--help"]))
    if rows:
        yield Next(rows)


def _platform(here: "Here | None") -> str:
    """The platform an API key was meant for, as far as it says."""
    from ..core.api_keys import platform_of

    api_key = here.where.api_key if here is not None else None
    return (platform_of(api_key) if api_key else None) or "PLATFORM"
