"""Dispatch: a request, as plain values, to its reply. It knows no sockets and no framework."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import chain
from typing import Any, NamedTuple, TypeAlias, TypeVar

from msgspec import Struct

from ..core import limits, queries
from ..core.commands import Command
from ..core.errors import (
    InvalidRequest,
    StoreError,
    TallystickError,
    all_or_nothing,
    as_answer,
    describe,
)
from ..core.refusals import is_remembered
from ..engine import Engine, Outcome
from ..results import ApiKeyView
from ..service.async_engine import AsyncEngine
from ..service.changes import change as carry_out
from ..wire import decoders, json_text, replies
from ..wire.endpoints import CommandBatch, Endpoint, KeyOf
from ..wire.parameters import EPOCH_HEADER, MIN_SEQ, NOTICE_HEADER, decode_parameters, decode_path
from ..wire.problems import KINDS, MEDIA_TYPE, HttpError, encode_problem
from . import overload, pages
from .in_flight import InFlight, check_key
from .keys import Keys, admit, admit_to, seen_by
from .logs import lines
from .metrics import Metrics
from .reads import Reads
from .settings import ServerSettings
from .slices import Slices
from .turns import Asker

T = TypeVar("T")
JSON = "application/json"
_JSON_TYPES = ("", JSON)
_CATALOG_TYPES = (
    JSON,
    "application/yaml",
    "application/x-yaml",
    "application/octet-stream",
    "text/yaml",
    "text/plain",
)
_REPLAYED = {"idempotent-replayed": "true"}
_NOTICE = {
    NOTICE_HEADER.lower(): "sent without an Idempotency-Key: if it is sent again, it is done again"
}
_REMEMBERED = {
    NOTICE_HEADER.lower(): "this refusal is remembered under its key: to try again, use another key"
}
_LARGE_BODY_BYTES = 16_384
"""Bytes of a body from which on reading it may take more than a millisecond."""
_POLL_SECONDS, _POLL_MAX_SECONDS = 0.02, 0.2


class Incoming(Struct):
    """A request as it was sent: what its path names and its query, both percent-encoded; its
    headers, their names in small letters; its body, once it has been read."""

    endpoint: Endpoint
    path: Mapping[str, str]
    query: bytes
    headers: Sequence[tuple[bytes, bytes]]
    body: bytes = b""

    def header(self, name: str) -> str | None:
        """A header that may stand once; raises `InvalidRequest` for two."""
        wanted = name.lower().encode()
        found = [value for name, value in self.headers if name == wanted]
        if len(found) > 1:
            raise InvalidRequest(f"the header {name} is given twice", where=name)
        return found[0].decode("latin-1") if found else None


class Reply(NamedTuple):
    """What goes back. `who`, `code`, `fault` and `why` are for the log."""

    status: int
    body: bytes
    headers: dict[str, str]
    media_type: str = JSON
    who: ApiKeyView | None = None
    code: str | None = None
    fault: Exception | None = None
    why: str | None = None
    """What is wrong with the database, in words that are not meant for clients."""


_Read: TypeAlias = tuple[Endpoint | None, Command | Exception]
"""A command of a batch, or the error that says why it is not one."""


class Service:
    """Everything the server answers about platforms, on one engine."""

    def __init__(self, engine: Engine, settings: ServerSettings, metrics: Metrics):
        self.engine = AsyncEngine(engine, settings.readers)
        self.reads = Reads(self.engine, settings)
        self.slices = Slices()
        self._share = max(1, settings.max_waiting // 2)
        """Commands that may wait of one key."""
        self.settings = settings
        self.metrics = metrics
        self.keys = Keys(self.engine, settings.key_cache_seconds)
        self.in_flight = InFlight(settings.in_flight_seconds)
        self.stopping = False
        """Told to stop, and still answering: `/readyz` says so."""
        self.ended = False
        self._not_ready: str | None = None
        engine.on_batch = metrics.batch

    async def reply(
        self, incoming: Incoming, body: Callable[[], Awaitable[bytes]] | None = None
    ) -> Reply:
        """The reply to a request, whatever becomes of it. Its `body` is read only for a key that
        opens the endpoint: nobody else's has to be kept. Raises `HttpError` when the
        server is stopping."""
        who: ApiKeyView | None = None
        try:
            if self.ended:
                raise HttpError("stopping", "the server is shutting down; try again in a moment")
            who = await self.keys.bearer(incoming.header("Authorization"))
            self.slices.seen(who.id)
            admit_to(who, incoming.endpoint)
            overload.check_share(self.engine, who.id, incoming.endpoint, self._share)
            await self._check_epoch(incoming)
            if body is not None:
                incoming.body = await body()
            answered = await self._answer(incoming, who)
            return answered._replace(who=who)
        except Exception as error:  # noqa: BLE001 - every error is a problem of this reply
            return refused(error)._replace(who=who)

    async def _answer(self, incoming: Incoming, who: ApiKeyView) -> Reply:
        endpoint = incoming.endpoint
        given = decode_parameters(endpoint, incoming.query)
        min_seq = given.pop(MIN_SEQ, None)
        in_path = decode_path(incoming.path)
        values = await self._in_turn(
            incoming, who, lambda: {**given, **in_path, **_read_body(incoming)}
        )
        if endpoint.kind is CommandBatch:
            return await self._batch(decoders.decode_batch(values), incoming, who)
        if endpoint.kind is KeyOf:
            return _json(200, pages.key(who))
        key = _key_of(incoming) if endpoint.writes else None
        asked = await self._in_turn(
            incoming, who, lambda: decoders.decode_request(endpoint, values, key)
        )
        if isinstance(asked, Command):
            return await self._command(asked, endpoint, who)
        if isinstance(asked, queries.Change):
            return await self._change(asked, endpoint, who)
        asker = Asker(who.platform, who.id, _text(values.get("account")))
        if min_seq is not None:
            await self._reached(asker, values["account"], min_seq)
        return _json(200, await self.reads.answer(asker, seen_by(who, asked)))

    async def _in_turn(self, incoming: Incoming, who: ApiKeyView, work: Callable[[], T]) -> T:
        """What is made of a body: of a large one when it is its turn."""
        if len(incoming.body) <= _LARGE_BODY_BYTES:
            return work()
        return await self.slices.whole(_asker(who), work, len(incoming.body))

    # What writes

    async def _command(self, command: Any, endpoint: Endpoint, who: ApiKeyView) -> Reply:
        platform = who.platform
        check_key(self.settings, platform, command.key, "Idempotency-Key")
        async with self.in_flight.alone(platform, _text(command.account), _text(command.key)):
            outcome = (await self.engine.carry_out([(platform, command)], who.id))[0]
        self.metrics.outcome(platform, outcome)
        return _noticed(_outcome(outcome, endpoint.status), command.key)

    async def _change(self, change: queries.Change, endpoint: Endpoint, who: ApiKeyView) -> Reply:
        platform, dry = who.platform, getattr(change, "dry_run", False)
        if not dry:
            check_key(self.settings, platform, change.key, "Idempotency-Key")
        async with self.in_flight.alone(platform, None, _text(change.key)):
            outcome = await self.engine.run(
                "change", lambda: carry_out(self.engine.engine, platform, change, who.name)
            )
        if dry:
            return _outcome(outcome, 200)
        return _noticed(_outcome(outcome, endpoint.status), change.key)

    async def _batch(self, batch: CommandBatch, incoming: Incoming, who: ApiKeyView) -> Reply:
        read = await self._read_commands(batch, _key_of(incoming), who)
        if self.overloaded:
            read = [(endpoint, overload.or_turned_away(command)) for endpoint, command in read]
        if batch.all_or_nothing:
            read = _whole(read)
        sound = [(who.platform, command) for _, command in read if isinstance(command, Command)]
        outcomes: Sequence[Outcome] = []
        if sound and batch.all_or_nothing:
            asked = [command for _, command in sound]
            outcomes = await self.engine.carry_out_whole(who.platform, asked, who.id)
        elif sound:
            outcomes = await self.engine.carry_out(sound, who.id)
        reply = Reply(200, await self._batch_body(who, read, iter(outcomes)), {})
        broken = [each.answer for each in outcomes if isinstance(each.answer, StoreError)]
        if broken:
            reply = reply._replace(why=str(broken[0]))
        replayed = bool(outcomes) and all(each.replayed for each in outcomes)
        if any(getattr(command, "key", None) is None for _, command in sound):
            reply = reply._replace(headers=_NOTICE)
        return reply._replace(headers=_REPLAYED) if replayed else reply

    async def _read_commands(
        self, batch: CommandBatch, prefix: str | None, who: ApiKeyView
    ) -> Sequence[_Read]:
        needed = partial(check_key, self.settings, who.platform)

        def read(some: Sequence[tuple[int, Any]]) -> list[_Read]:
            return [_batched(item, index, who, prefix, needed) for index, item in some]

        items = list(enumerate(batch.commands))
        return [*chain.from_iterable(await self.slices.of(_asker(who), read, items))]

    async def _batch_body(
        self, who: ApiKeyView, read: Sequence[_Read], outcomes: Iterator[Outcome]
    ) -> bytes:
        """A `BatchReply`, written in slices."""

        def write(some: Sequence[_Read]) -> bytes:
            answers = [
                self._batch_answer(endpoint, next(outcomes), who.platform)
                if isinstance(command, Command)
                else _batch_problem(command)
                for endpoint, command in some
            ]
            return json_text.encode(answers)[1:-1]

        before, after = json_text.encode(replies.BatchReply(answers=())).split(b"[]")
        written = b",".join(await self.slices.of(_asker(who), write, read))
        return b"%b[%b]%b" % (before, written, after)

    def _batch_answer(
        self, endpoint: Endpoint | None, outcome: Outcome, platform: str
    ) -> replies.BatchAnswer:
        self.metrics.outcome(platform, outcome)
        if isinstance(outcome.answer, Exception):
            return _batch_problem(outcome.answer)
        status = endpoint.status if endpoint else 200
        return replies.BatchAnswer(status=status, result=outcome.answer, problem=None)

    @property
    def overloaded(self) -> bool:
        """More waits than can be answered soon (`overload`)."""
        return overload.overloaded(self.engine, self.settings.max_waiting, self._share)

    # What reads

    async def _reached(self, asker: Asker, account: str, min_seq: Any) -> None:
        """Look until an account has reached `min_seq`: at least once, and less often each time.
        Raises `HttpError` after `min_seq_seconds`."""
        limits.whole(min_seq, MIN_SEQ, 0, 2**53)
        time = asyncio.get_running_loop().time
        until, pause = time() + self.settings.min_seq_seconds, _POLL_SECONDS
        while True:
            seen = await self.reads.look(asker, queries.AccountOf(account=account))
            if seen.seq >= min_seq:
                return
            if time() >= until:
                said = f"the account has not reached seq {min_seq}"
                raise HttpError("seq_not_reached", said, seq=seen.seq)
            await asyncio.sleep(pause)
            pause = min(pause * 1.5, _POLL_MAX_SECONDS)

    async def readiness(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """What prevents requests from being answered, nothing if they are; and notes about what is
        not wrong and should be known."""
        if self.stopping:
            return ("the server is shutting down",), ()
        try:
            await self.engine.run("readiness", self.engine.engine.check)
            clock = await self.engine.run("readiness", self.engine.engine.clock_standing)
            notes = await self.engine.run("readiness", self.engine.engine.notes)
        except StoreError as error:
            self._tell(str(error))
            return (error.public,), ()
        doubt = f"the clock: {clock.doubt.why}" if clock.doubt else None
        self._tell(doubt)
        return ((doubt,) if doubt else ()), (*clock.notes, *notes)

    async def _check_epoch(self, incoming: Incoming) -> None:
        """Raise where a client knows the ledger from before it was restored."""
        known = incoming.header(EPOCH_HEADER) if incoming.endpoint.writes else None
        if known is None:
            return
        current = (await self.engine.run("lookup", self.engine.engine.epochs))[-1].epoch
        if known != current:
            said = (
                f"the ledger was restored: it is in epoch {current} now, and what was written in "
                f"{describe(known)} after the restored moment is lost"
            )
            raise HttpError("epoch_changed", said, epoch=current)

    def _tell(self, why: str | None) -> None:
        """Write down why the server is not ready, or that it is again, when that changes."""
        if why != self._not_ready:
            self._not_ready = why
            if why is None:
                lines().info("ready again")
            else:
                lines().warning("not ready", why=why)

    async def close(self) -> None:
        """Answer the requests that have begun, then close the engine."""
        self.stopping = self.ended = True
        await self.keys.close()
        await self.engine.close()


def refused(error: Exception) -> Reply:
    """An error as the reply that says so."""
    found = encode_problem(error)
    headers = {}
    if KINDS[found.code].retry:
        headers["retry-after"] = "1"
    if found.status == 401:
        headers["www-authenticate"] = "Bearer"
    fault = error if found.status == 500 else None
    if fault is None:
        as_answer(error)
    why = str(error) if isinstance(error, StoreError) else None
    body = json_text.encode(found)
    return Reply(
        status=found.status,
        body=body,
        headers=headers,
        media_type=MEDIA_TYPE,
        who=None,
        code=found.code,
        fault=fault,
        why=why,
    )


def _outcome(outcome: Outcome, status: int) -> Reply:
    answer, replayed = outcome
    if isinstance(answer, Exception):
        reply = refused(answer)
    else:
        reply = _json(status, answer)
    return reply._replace(headers={**reply.headers, **_REPLAYED}) if replayed else reply


def _noticed(reply: Reply, key: object) -> Reply:
    """A reply to a request that writes. Without a key it says what may happen, and where the key
    keeps a refusal, what to do."""
    if key is None:
        return reply._replace(headers={**reply.headers, **_NOTICE})
    if not is_remembered(reply.code or ""):
        return reply
    return reply._replace(headers={**reply.headers, **_REMEMBERED})


def _json(status: int, answer: Any) -> Reply:
    return Reply(status, json_text.encode(answer), {})


def _read_body(incoming: Incoming) -> dict[str, Any]:
    endpoint = incoming.endpoint
    media_type = (incoming.header("Content-Type") or "").partition(";")[0].strip().lower()
    if endpoint.catalog_body:
        _check_type(media_type, _CATALOG_TYPES)
        return {"source": _catalog(incoming.body)}
    if endpoint.body is None:
        return {}
    _check_type(media_type, _JSON_TYPES)
    body = json_text.decode(incoming.body) if incoming.body.strip() else {}
    return decoders.decode_body(endpoint, body)


def _check_type(media_type: str, known: Sequence[str]) -> None:
    if media_type not in known:
        named = " or ".join(each for each in known if each)
        raise HttpError("unsupported_media_type", f"the body must be {named}, "
                        f"not {describe(media_type)}", where="Content-Type")  # fmt: skip


def _catalog(body: bytes) -> str:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidRequest(
            f"the catalog is not UTF-8 (byte {error.start:,})", where="body"
        ) from None


def _key_of(incoming: Incoming) -> str | None:
    key = incoming.header("Idempotency-Key")
    if key is not None and not key.isascii():  # bytes beyond ASCII have no meaning in a header
        raise InvalidRequest("the header Idempotency-Key must be ASCII", where="Idempotency-Key")
    return None if key is None else limits.name(key, "Idempotency-Key", limits.KEY_CHARACTERS_MAX)


def _batched(
    item: Any,
    index: int,
    who: ApiKeyView,
    prefix: str | None,
    needed: Callable[[Any, str], None],
) -> _Read:
    """A command of a batch, or the error why it is not one. Without a key it gets the batch's."""
    try:
        if prefix is not None and isinstance(item, dict) and item.get("key") is None:
            item = {**item, "key": f"{prefix}:{index}"}
        endpoint, command = decoders.decode_command(item, index)
        admit(who, endpoint.scopes)
        needed(getattr(command, "key", None), f"commands[{index}].key")
        return endpoint, command
    except TallystickError as error:  # it is this command's and nobody else's
        return None, as_answer(error)


def _whole(read: Sequence[_Read]) -> Sequence[_Read]:
    """The commands of an all-or-nothing batch; only errors if one of them is not a command."""
    errors = [each if isinstance(each, Exception) else None for _, each in read]
    if not any(errors):
        return read
    return [(None, each) for each in all_or_nothing(errors)]


def _batch_problem(error: Any) -> replies.BatchAnswer:
    found = encode_problem(error)
    return replies.BatchAnswer(status=found.status, result=None, problem=found)


def _asker(who: ApiKeyView) -> Asker:
    return Asker(who.platform, who.id)


def _text(value: Any) -> Any:
    """A value as a key of what is in flight; the core says what is wrong with others."""
    return value if isinstance(value, str) else None
