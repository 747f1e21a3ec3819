"""The exchange of one request with a server: it is sent again until it is answered, or given up.

An exchange is a generator, so that one text serves the transport that blocks and the one that is
awaited. It yields an `EncodedRequest` when it wants a request sent, and is sent the `Response`; it
yields a `Pause` when it wants to wait, and is sent None after it. It returns the answer. Every
request that writes carries a key, so when a reply was lost the request is sent again and nothing
happens twice.
"""

import secrets
from collections.abc import Callable, Generator, Sequence
from decimal import Decimal
from functools import cache
from http import HTTPStatus
from typing import Any, NamedTuple, TypeAlias, get_args

from msgspec import DecodeError, ValidationError, json, structs

from ..core import queries
from ..core.commands import Command
from ..core.errors import ServerError, Unreachable
from ..wire import problems
from ..wire.encoders import EncodedRequest

RETRIES_MAX = 5
"""A request is sent again at most so often before its error is raised."""
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.1, 5.0
"""The pauses between two sendings: each is about twice the one before."""
RETRY_AFTER_MAX_SECONDS = 10.0
"""A server's ``Retry-After`` is obeyed up to this time."""
_AGAIN = frozenset({408, 429, 502, 503, 504})
_IN_FLIGHT = "request_in_flight"
_NAMES = {status.value: status.phrase for status in HTTPStatus}
_exact = json.Decoder(float_hook=Decimal)


class Pause(NamedTuple):
    """The step of an exchange that waits for `seconds` before it goes on."""

    seconds: float


class Response(NamedTuple):
    """What came back for a request: a reply, or the `error` that kept one from coming.

    `status` and `body` are the reply's, 0 and empty without one. `retry_after` is in seconds, as
    the server said. `late` says that the time-out has passed.
    """

    status: int
    body: bytes
    error: Exception | None = None
    retry_after: float | None = None
    late: bool = False


RequestSteps: TypeAlias = Generator[EncodedRequest | Pause, Any, Any]


def with_key(request: Any) -> Any:
    """Give a command or change that writes a key of its own, unless it has one."""
    if isinstance(request, (Command, queries.Change)) and getattr(request, "key", "") is None:
        return structs.replace(request, key=f"auto-{secrets.token_hex(12)}")
    return request


def send_until_answered(
    sent: EncodedRequest, answers: Any, server: str, even_late: bool = True
) -> RequestSteps:
    """Send a request until it is answered, as long as sending it again may help.

    Returns the answer as `answers`, a type or a union of types. Raises the error of the last
    reply. Without `even_late` a request is not sent again after a time-out, as the server may
    still be at work on it.
    """
    left, pause = RETRIES_MAX, FIRST_PAUSE_SECONDS
    while True:
        response: Response = yield sent
        error = _error_of(response, server)
        if error is None:
            return decode_answer(response.body, answers, server)
        if not left or not _may_help(response) or (response.late and not even_late):
            raise _noted(error, response, sent)
        yield Pause(_spread(pause if response.retry_after is None else response.retry_after))
        left, pause = left - 1, min(pause * 2, LONGEST_PAUSE_SECONDS)


def _spread(seconds: float) -> float:
    """Vary a pause, so that all who were turned away at once do not come back at once."""
    return min(seconds, RETRY_AFTER_MAX_SECONDS) * (0.75 + secrets.randbelow(501) / 1_000)


def _error_of(response: Response, server: str) -> Exception | None:
    if response.error is not None:
        return response.error
    if 200 <= response.status < 300:
        return None
    return decode_error(response.body, response.status, server)


def decode_error(body: bytes, status: int, server: str) -> Exception:
    """Make the error that a reply with an error status stands for."""
    document = _problem(body)
    if document is None:
        return _not_ours(status, server)
    try:
        return problems.decode_problem(document, status)
    except (TypeError, ValueError):  # its fields are not those that its code has
        return _not_ours(status, server)


def _problem(body: bytes) -> Any:
    """Read a body as one of our problem documents; None if it is not one."""
    try:
        document = _exact.decode(body)
    except (DecodeError, UnicodeDecodeError, RecursionError, ArithmeticError):
        return None
    code = document.get("code") if isinstance(document, dict) else None
    return document if isinstance(code, str) and code in problems.KINDS else None


def _not_ours(status: int, server: str) -> ServerError:
    """Make the error for an answer of something else: a proxy, or another kind of server."""
    named = _NAMES.get(status, "no known status")
    hint = "; connect to where it points" if 300 <= status < 400 else ""
    return ServerError(
        f"{server} answered {status} ({named}), which is not an answer of Tallystick{hint}"
    )


def _may_help(response: Response) -> bool:
    """Answer whether sending a request again may help. It may if nothing came back, if the server
    or a proxy before it is busy, or if the first request under the key is still running. A fault
    (500) would only come again."""
    if response.error is not None:
        return isinstance(response.error, Unreachable)
    return response.status in _AGAIN or _is_in_flight(response)


def _is_in_flight(response: Response) -> bool:
    return response.status == 409 and (_problem(response.body) or {}).get("code") == _IN_FLIGHT


def _noted(error: Exception, response: Response, sent: EncodedRequest) -> Exception:
    """Note the key to ask again with on an error that does not tell what became of the request."""
    if sent.key is not None and _may_help(response):
        error.add_note(
            f"It may have been carried out. Repeat it with key={sent.key!r}: nothing is done twice."
        )
    return error


def decode_answer(body: bytes, answers: Any, server: str) -> Any:
    """Read a body as the answer it should be. Raises `ServerError` if it is not one."""
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
    """Read a body as the first of several structs that has exactly its fields."""
    fields = set(json.decode(body))
    for kind in kinds:
        if fields == set(kind.__struct_fields__):
            return json.decode(body, type=kind)
    raise ValidationError(f"none of {', '.join(kind.__name__ for kind in kinds)}")
