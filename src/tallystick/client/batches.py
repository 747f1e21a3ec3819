"""Many commands at once over HTTP: in batches that a server reads, each with its own answer."""

from collections.abc import Sequence
from typing import Any

from msgspec import Raw, Struct

from ..core import commands
from ..core.commands import Command
from ..core.errors import InvalidRequest, ServerError, TallystickError
from ..doors.calls import given
from ..wire.asking import MAX_COMMANDS
from ..wire.endpoints import BY_KIND
from ..wire.sending import batch, item
from .exchange import RequestSteps, answered, error_in, keyed, read

LONGEST_BODY = 1_000_000
"""Bytes of a batch, where it has more than one command: what a server reads by default."""


class _Answer(Struct, frozen=True):
    """What one command came to, as the server's bytes: amounts stay exact."""

    status: int
    result: Raw
    problem: Raw


class _Reply(Struct, frozen=True):
    answers: tuple[_Answer, ...]


def execute(asked: Sequence[Any], server: str) -> RequestSteps:
    """The answers to commands, in order; those that cannot be sent are answered here."""
    prepared = [_prepared(each) for each in asked]
    sound = [each for each in prepared if isinstance(each, Command)]
    replied: list[Any] = []
    for start in range(0, len(sound), MAX_COMMANDS):
        replied += yield from _batch(sound[start : start + MAX_COMMANDS], server)
    rest = iter(replied)
    return [next(rest) if isinstance(each, Command) else each for each in prepared]


def alone(command: Command, server: str) -> RequestSteps:
    """One command as a batch of its own: there its key may be any text, in a header only ASCII."""
    (answer,) = yield from execute([command], server)
    return given(answer)


def _prepared(command: Any) -> Any:
    """A command that can be sent, or the error that it is answered with."""
    if type(command) not in commands.KINDS:
        return InvalidRequest(
            f"a command such as Charge(...) is needed, not {type(command).__name__}",
            where="command",
        )
    try:
        sound = keyed(command)
        item(sound)
    except TallystickError as error:
        return error
    return sound


def _batch(sound: Sequence[Command], server: str) -> RequestSteps:
    """The answers to one batch, which is halved while it is too long for the server."""
    sent = batch(sound)
    try:
        if len(sound) > 1 and len(sent.body or b"") > LONGEST_BODY:
            raise InvalidRequest("a batch of so many bytes is sent in parts", where="body")
        reply = yield from answered(sent, _Reply, server)
    except InvalidRequest as error:
        if len(sound) == 1:
            return [error]
        middle = len(sound) // 2
        first = yield from _batch(sound[:middle], server)
        rest = yield from _batch(sound[middle:], server)
        return [*first, *rest]
    if len(reply.answers) != len(sound):
        raise ServerError(f"{server} answered {len(reply.answers)} of {len(sound)} commands")
    return [_answer(*each, server) for each in zip(sound, reply.answers, strict=True)]


def _answer(command: Command, answer: _Answer, server: str) -> Any:
    if bytes(answer.problem) != b"null":
        return error_in(bytes(answer.problem), answer.status, server)
    if bytes(answer.result) == b"null":
        return None
    return read(bytes(answer.result), BY_KIND[type(command)].answers, server)
