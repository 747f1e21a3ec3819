"""The batches in which many commands go to a server, each with an answer of its own."""

from collections.abc import Sequence
from typing import Any

from msgspec import Raw, Struct

from ..core import commands
from ..core.commands import Command
from ..core.errors import InvalidRequest, ServerError, TallystickError, all_or_nothing
from ..service.transport import given
from ..wire.decoders import MAX_COMMANDS
from ..wire.encoders import encode_batch, encode_batch_item
from ..wire.endpoints import BY_KIND
from .exchange import RequestSteps, decode_answer, decode_error, send_until_answered, with_key

BODY_MAX_BYTES = 1_000_000
"""A batch of more than one command is at most so long: a server reads as much by default."""


class _Answer(Struct, frozen=True):
    """The answer to one command, as the server's bytes, in which amounts are exact.

    `status` is that of HTTP. One of `result` and `problem` is null.
    """

    status: int
    result: Raw
    problem: Raw


class _Reply(Struct, frozen=True):
    answers: tuple[_Answer, ...]


def execute(given_commands: Sequence[Any], server: str) -> RequestSteps:
    """Send commands in batches. Returns their answers in order: a result, or the error that the
    verb would raise. A command that cannot be sent is answered with its error here."""
    prepared = [_prepared(each) for each in given_commands]
    sound = [each for each in prepared if isinstance(each, Command)]
    replied: list[Any] = []
    for start in range(0, len(sound), MAX_COMMANDS):
        replied += yield from _batch(sound[start : start + MAX_COMMANDS], server)
    rest = iter(replied)
    return [next(rest) if isinstance(each, Command) else each for each in prepared]


def execute_whole(given_commands: Sequence[Any], server: str) -> RequestSteps:
    """Send commands of which all are written or none, as one batch. Returns their answers."""
    prepared = [_prepared(each) for each in given_commands]
    if any(not isinstance(each, Command) for each in prepared):
        return all_or_nothing([None if isinstance(each, Command) else each for each in prepared])
    if not prepared:
        return []
    sent = encode_batch(prepared, whole=True)
    reply = yield from send_until_answered(sent, _Reply, server)
    return _answers(prepared, reply, server)


def execute_one(command: Command, server: str) -> RequestSteps:
    """Send one command as a batch, in which its key may be any text; a header takes only ASCII.
    Returns its result. Raises its error."""
    (answer,) = yield from execute([command], server)
    return given(answer)


def _prepared(command: Any) -> Any:
    """Give a command a key and check that it can be sent; the error instead if it cannot."""
    if type(command) not in commands.KINDS:
        return InvalidRequest(
            f"a command such as Charge(...) is required, not {type(command).__name__}",
            where="command",
        )
    try:
        sound = with_key(command)
        encode_batch_item(sound)
    except TallystickError as error:
        return error
    return sound


def _batch(sound: Sequence[Command], server: str) -> RequestSteps:
    """Send one batch, in two halves while it is too long for the server. Returns the answers."""
    sent = encode_batch(sound)
    try:
        if len(sound) > 1 and len(sent.body or b"") > BODY_MAX_BYTES:
            raise InvalidRequest("a batch of so many bytes has to be sent in parts", where="body")
        reply = yield from send_until_answered(sent, _Reply, server)
    except InvalidRequest as error:
        if len(sound) == 1:
            return [error]
        middle = len(sound) // 2
        first = yield from _batch(sound[:middle], server)
        rest = yield from _batch(sound[middle:], server)
        return [*first, *rest]
    return _answers(sound, reply, server)


def _answers(sound: Sequence[Command], reply: _Reply, server: str) -> list[Any]:
    if len(reply.answers) != len(sound):
        raise ServerError(f"{server} answered {len(reply.answers)} of {len(sound)} commands")
    return [_answer(*each, server) for each in zip(sound, reply.answers, strict=True)]


def _answer(command: Command, answer: _Answer, server: str) -> Any:
    if bytes(answer.problem) != b"null":
        return decode_error(bytes(answer.problem), answer.status, server)
    if bytes(answer.result) == b"null":
        return None
    return decode_answer(bytes(answer.result), BY_KIND[type(command)].answers, server)
