"""One request to a server, until it is answered: when it is sent again, and what came back.

Written as a generator, so that it serves both doors: the one that blocks and the one that is
awaited. It yields what it wants done, a `Sending` or a `Pause`, and is given a `Heard` for each
sending. Whatever writes carries a key, so a reply that was lost is asked for again and nothing
happens twice.
"""

import secrets
from collections.abc import Callable, Generator, Sequence
from decimal import Decimal
from functools import cache
from http import HTTPStatus
from typing import Any, NamedTuple, TypeAlias, get_args

from msgspec import DecodeError, ValidationError, json, structs

from ..core.commands import Command
from ..core.errors import ServerError, Unreachable
from ..doors import queries
from ..wire import problems
from ..wire.sending import Sending

PATIENCE = 5
"""How often a request is sent again before its error is raised."""
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 5.0
"""Seconds between two sendings: each pause is about twice the one before."""
LONGEST_OBEYED = 10.0
"""Seconds that a server's ``Retry-After`` is waited for at most."""
_AGAIN = frozenset({408, 429, 502, 503, 504})
_IN_FLIGHT = "request_in_flight"
_NAMES = {status.value: status.phrase for status in HTTPStatus}
_exact = json.Decoder(float_hook=Decimal)


class Pause(NamedTuple):
    """Wait so long before going on."""

    seconds: float


class Heard(NamedTuple):
    """What came back: a reply, or the error that kept one from coming; `late` if time ran out."""

    status: int
    body: bytes
    error: Exception | None = None
    retry_after: float | None = None
    late: bool = False


Conversation: TypeAlias = Generator[Sending | Pause, Any, Any]


def keyed(asked: Any) -> Any:
    """What writes is given a key, so that it can be sent again; a key it has stays as it is."""
    if isinstance(asked, (Command, queries.Change)) and getattr(asked, "key", "") is None:
        return structs.replace(asked, key=f"auto-{secrets.token_hex(12)}")
    return asked


def answered(sent: Sending, answers: Any, server: str, even_late: bool = True) -> Conversation:
    """The typed answer to a request, which is sent again while that may help. What takes the
    server long is not (`even_late` false): it may still be at it."""
    left, pause = PATIENCE, FIRST_PAUSE
    while True:
        heard: Heard = yield sent
        error = _error_of(heard, server)
        if error is None:
            return read(heard.body, answers, server)
        if not left or not _may_help(heard) or (heard.late and not even_late):
            raise _noted(error, heard, sent)
        yield Pause(_spread(pause if heard.retry_after is None else heard.retry_after))
        left, pause = left - 1, min(pause * 2, LONGEST_PAUSE)


def _spread(seconds: float) -> float:
    """About so long, and not the same for everybody who was turned away at once."""
    return min(seconds, LONGEST_OBEYED) * (0.75 + secrets.randbelow(501) / 1_000)


def _error_of(heard: Heard, server: str) -> Exception | None:
    if heard.error is not None:
        return heard.error
    if 200 <= heard.status < 300:
        return None
    return error_in(heard.body, heard.status, server)


def error_in(body: bytes, status: int, server: str) -> Exception:
    """The error of a reply that is none of the answers hoped for."""
    document = _problem(body)
    if document is None:
        return _not_ours(status, server)
    try:
        return problems.error(document, status)
    except (TypeError, ValueError):  # its fields are not those that its code has
        return _not_ours(status, server)


def _problem(body: bytes) -> Any:
    """A body as the problem it is; None for others."""
    try:
        document = _exact.decode(body)
    except (DecodeError, UnicodeDecodeError, RecursionError, ArithmeticError):
        return None
    code = document.get("code") if isinstance(document, dict) else None
    return document if isinstance(code, str) and code in problems.KINDS else None


def _not_ours(status: int, server: str) -> ServerError:
    """Something that stands between answered: a proxy, or another server."""
    named = _NAMES.get(status, "no known status")
    hint = "; connect to where it points" if 300 <= status < 400 else ""
    return ServerError(f"{server} answered {status} ({named}), and not as Tallystick does{hint}")


def _may_help(heard: Heard) -> bool:
    """Whether asking again may help: nothing came back, the server or what stands before it is
    busy, or the first request under the key still runs. A fault (500) would only come again."""
    if heard.error is not None:
        return isinstance(heard.error, Unreachable)
    return heard.status in _AGAIN or _is_in_flight(heard)


def _is_in_flight(heard: Heard) -> bool:
    return heard.status == 409 and (_problem(heard.body) or {}).get("code") == _IN_FLIGHT


def _noted(error: Exception, heard: Heard, sent: Sending) -> Exception:
    """The error, with the key that tells what became of a request that got no answer."""
    if sent.key is not None and _may_help(heard):
        error.add_note(
            f"It may have been carried out; asked again with key={sent.key!r} it is not done twice."
        )
    return error


def read(body: bytes, answers: Any, server: str) -> Any:
    """A body as the answer it should be; raises `ServerError`."""
    try:
        return _decoder(answers)(body)
    except (DecodeError, UnicodeDecodeError, RecursionError, TypeError, ArithmeticError) as error:
        raise ServerError(
            f"{server} gave an answer that cannot be read; is a Tallystick server there? ({error})"
        ) from None


@cache
def _decoder(answers: Any) -> Callable[[bytes], Any]:
    kinds = get_args(answers)
    if not kinds:
        return json.Decoder(answers).decode
    return lambda body: _first(body, kinds)


def _first(body: bytes, kinds: Sequence[type]) -> Any:
    """One of several shapes: the first whose fields are all there, and no others."""
    fields = set(json.decode(body))
    for kind in kinds:
        if fields == set(kind.__struct_fields__):
            return json.decode(body, type=kind)
    raise ValidationError(f"none of {', '.join(kind.__name__ for kind in kinds)}")
