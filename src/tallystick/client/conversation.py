"""A call to a server as a conversation: what to send, how long to pause, and the answer.

One generator serves both doors: the one that blocks and the one that is awaited. It yields what
it wants done, a `Sending` or a `Pause`, and is given a `Heard` for each sending. Every request
carries a key, so a reply that was lost is asked for again and nothing happens twice.
"""

import secrets
from collections.abc import Callable, Generator, Sequence
from functools import cache
from typing import Any, NamedTuple, TypeAlias, get_args

from msgspec import DecodeError, ValidationError, json, structs

from ..core import commands, limits
from ..core.commands import Command
from ..core.errors import InvalidRequest, ServerError, TallystickError, Unreachable
from ..doors import queries
from ..doors.calls import Call
from ..engine.results import to_json
from ..wire import problems, replies
from ..wire.asking import MAX_COMMANDS
from ..wire.endpoints import BY_KIND
from ..wire.sending import Sending, batch, item, sending

PATIENCE = 5
"""How often a request is sent again before its error is raised."""
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 5.0


class Pause(NamedTuple):
    """Wait so long before going on."""

    seconds: float


class Heard(NamedTuple):
    """What came back: a reply, or the error that kept one from coming."""

    status: int
    body: bytes
    error: Exception | None = None
    retry_after: float | None = None


Conversation: TypeAlias = Generator[Sending | Pause, Any, Any]


def conversation(call: Call[Any]) -> Conversation:
    """The conversation of a call; its return value is the call's answer."""
    asked = call.asked
    if isinstance(asked, tuple):
        return _execute(asked)
    if isinstance(asked, queries.UsageOf):
        return _every_charge(asked)
    if isinstance(asked, queries.Verify):
        return _verify(asked)
    return _one(asked)


def _one(asked: Any) -> Conversation:
    sent = sending(_keyed(asked))
    answer = yield from _answered(sent, _answers(asked))
    return _without_page(answer)


def _keyed(asked: Any) -> Any:
    """What writes is given a key, so that it can be sent again."""
    if isinstance(asked, (Command, queries.Change)) and getattr(asked, "key", None) is None:
        return structs.replace(asked, key=_new_key())
    return asked


def _new_key() -> str:
    return f"auto-{secrets.token_hex(12)}"


def _answers(asked: Any) -> Any:
    kind = type(asked.command) if isinstance(asked, queries.Preview) else type(asked)
    return BY_KIND[kind].answers


def _without_page(answer: Any) -> Any:
    """The list that a page carries: the verbs answer lists."""
    if isinstance(answer, replies.EntryPage):
        return list(answer.entries)
    if isinstance(answer, replies.AccountPage):
        return list(answer.accounts)
    if isinstance(answer, replies.HoldPage):
        return list(answer.holds)
    return answer


def _every_charge(asked: queries.UsageOf) -> Conversation:
    """All pages of a usage list."""
    sent = sending(asked)
    found: list[Any] = []
    cursor = None
    while True:
        mark = "&" if "?" in sent.path else "?"
        path = sent.path if cursor is None else f"{sent.path}{mark}cursor={cursor}"
        page = yield from _answered(structs.replace(sent, path=path), replies.UsagePage)
        found += page.charges
        cursor = page.next
        if cursor is None:
            return found


def _verify(asked: queries.Verify) -> Conversation:
    """The server verifies the platform of the key; it tells of no progress on the way."""
    if limits.flag(asked.every_platform, "every_platform"):
        raise InvalidRequest(
            "a key opens one platform; verify them all where the database is",
            where="every_platform",
        )
    if asked.progress is not None and not callable(asked.progress):
        raise InvalidRequest("progress must be a function", where="progress")
    report = yield from _answered(sending(asked), _answers(asked))
    return report


# Many at once


def _execute(asked: Sequence[Any]) -> Conversation:
    """Commands in batches, in order; those that cannot be sent are answered here."""
    answers: list[Any] = []
    for start in range(0, len(asked), MAX_COMMANDS):
        prepared = [_prepared(each) for each in asked[start : start + MAX_COMMANDS]]
        sound = [each for each in prepared if isinstance(each, Command)]
        replied: list[Any] = []
        if sound:
            reply = yield from _answered(batch(sound), replies.BatchReply)
            pairs = zip(sound, reply.answers, strict=True)
            replied = [_batch_answer(command, one) for command, one in pairs]
        rest = iter(replied)
        answers += [next(rest) if isinstance(each, Command) else each for each in prepared]
    return answers


def _prepared(command: Any) -> Any:
    """A command that can be sent, or the error that it is answered with."""
    if type(command) not in commands.KINDS:
        return InvalidRequest(
            f"a command such as Charge(...) is needed, not {type(command).__name__}",
            where="command",
        )
    try:
        keyed = _keyed(command)
        item(keyed)
    except TallystickError as error:
        return error
    return keyed


def _batch_answer(command: Command, answer: replies.BatchAnswer) -> Any:
    if answer.problem is not None:
        return problems.error(answer.problem, answer.status)
    if answer.result is None:
        return None
    return _read(to_json(answer.result), BY_KIND[type(command)].answers)


# One request, until it is answered


def _answered(sent: Sending, answers: Any) -> Conversation:
    """The typed answer to a request, which is sent again while that may help."""
    pause = _FIRST_PAUSE
    for left in range(PATIENCE, -1, -1):
        heard: Heard = yield sent
        error = _error_of(heard)
        if error is None:
            return _read(heard.body, answers)
        if not left or not _may_help(heard):
            raise error
        jitter = 0.5 + secrets.randbelow(1_000) / 1_000
        yield Pause(heard.retry_after or pause * jitter)
        pause = min(pause * 2, _LONGEST_PAUSE)
    raise AssertionError("unreachable")


def _error_of(heard: Heard) -> Exception | None:
    if heard.error is not None:
        return heard.error
    if 200 <= heard.status < 300:
        return None
    try:
        document = json.decode(heard.body)
    except (DecodeError, UnicodeDecodeError):
        document = None
    return problems.error(document, heard.status)


def _may_help(heard: Heard) -> bool:
    """Whether asking again may help: nothing came back, or the server asks for it."""
    if heard.error is not None:
        return isinstance(heard.error, Unreachable)
    return heard.status in (429, 502, 503, 504) or heard.retry_after is not None


def _read(body: bytes, answers: Any) -> Any:
    try:
        return _decoder(answers)(body)
    except (DecodeError, ValidationError) as error:
        raise ServerError(f"the server's answer cannot be read: {error}") from None


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
