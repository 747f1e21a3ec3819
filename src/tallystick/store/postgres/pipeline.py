"""The pipeline: statements sent together and answered together, in one round trip.

The driver opens the connection and knows its types and errors; what is sent over it is queued here,
in libpq's pipeline, and written at once. The driver's own way goes to the operating system around
each statement: seven times for a charge that needs two.

More can be sent before an answer is read: the server works on it meanwhile.
"""

import re
import select
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from itertools import count
from struct import Struct
from typing import Any, NamedTuple, TypeAlias

import psycopg
from psycopg.adapt import Transformer
from psycopg.errors import error_from_result
from psycopg.pq import ConnStatus, ExecStatus, PGresult

from .arrays import KINDS

Values: TypeAlias = Mapping[str, Any]
Rows: TypeAlias = list[tuple[Any, ...]]
Statement: TypeAlias = tuple[bytes, Values | None]
_Preparing: TypeAlias = Sequence[tuple[Any, bytes] | None]
"""For each statement what it prepares, and under which name, if it is new."""

_BINARY = 1
_DONE = (ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK, ExecStatus.EMPTY_QUERY)


class _Parsed(NamedTuple):
    """A statement as the server takes it, and the names of its parameters in order."""

    text: bytes
    names: tuple[str, ...]


class _Single(NamedTuple):
    """The number of a type, and how a value of it is sent."""

    type: int
    pack: Callable[[Any], bytes | None]


_SINGLE: dict[type, _Single] = {
    int: _Single(20, Struct("!q").pack),
    str: _Single(25, str.encode),
    bytes: _Single(17, bytes),
    type(None): _Single(0, lambda _: None),
}


class Connection(psycopg.Connection[tuple[Any, ...]]):
    """A connection that exchanges. Used by one thread at a time, outside of the driver's own
    pipelines. `keeps` says whether what is prepared on it stays there."""

    keeps = True

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self._statements: dict[tuple[bytes, tuple[int, ...]], bytes] = {}
        self._numbers = count()
        self._sent: deque[_Preparing] = deque()

    def at_once(self, statements: Sequence[Statement]) -> list[Rows]:
        """The rows of each statement. When one fails its error is raised; those after it were
        not tried. What becomes of a transaction is said by `begin` and `commit` among them."""
        self.send(statements)
        return self.answer()

    def send(self, statements: Sequence[Statement]) -> None:
        """Have the server begin with statements; what they come to is asked with `answer`."""
        self._check_open()
        try:
            if not self._sent:
                self.pgconn.enter_pipeline_mode()
            self._sent.append([self._queue(*each) for each in statements])
            self.pgconn.pipeline_sync()
            self.pgconn.flush()  # what does not go yet goes while the answer is waited for
        except BaseException:
            self._give_up()
            raise

    def answer(self) -> list[Rows]:
        """The rows of each statement of those that were sent first and not answered yet. When
        one fails its error is raised; of those sent with it the ones after it were not tried."""
        self._check_open()
        try:
            results = self._results()
            preparing = self._sent.popleft()
            if not self._sent:
                self.pgconn.exit_pipeline_mode()
        except BaseException:
            self._give_up()
            raise
        return self._read(preparing, results)

    def answers(self) -> list[list[Rows]]:
        """Every answer that is still to come. When some fail the first error is raised, once
        all have been heard."""
        found, failed = list[list[Rows]](), list[psycopg.Error]()
        while self._sent:
            try:
                found.append(self.answer())
            except psycopg.Error as error:
                failed.append(error)
        if failed:
            raise failed[0]
        return found

    def _check_open(self) -> None:
        if self.closed:
            self._sent.clear()
            raise psycopg.OperationalError("the connection is closed")

    def _give_up(self) -> None:
        """In the midst of something: of no use to anybody."""
        self._sent.clear()
        self.close()

    def _queue(self, statement: bytes, values: Values | None) -> tuple[Any, bytes] | None:
        """Queue a statement; what it prepares, and under which name, if it is new."""
        text, names = _parsed(statement) if values is not None else _Parsed(statement, ())
        types, data = _given(values, names) if values else ([], [])
        formats = [_BINARY] * len(data)
        if not self.keeps:
            self.pgconn.send_query_params(text, data, types, formats, _BINARY)
            return None
        known = text, tuple(types)
        name = self._statements.get(known)
        if name is not None:
            self.pgconn.send_query_prepared(name, data, formats, _BINARY)
            return None
        name = b"tallystick_%d" % next(self._numbers)
        self._statements[known] = name
        self.pgconn.send_prepare(name, text, types)
        self.pgconn.send_query_prepared(name, data, formats, _BINARY)
        return known, name

    def _results(self) -> list[PGresult]:
        """Everything the server says up to the end of what was sent together."""
        pgconn, results = self.pgconn, list[PGresult]()
        while pgconn.flush():
            self._wait(writing=True)
            pgconn.consume_input()
        between = 0
        while True:
            while pgconn.is_busy():
                self._wait()
                pgconn.consume_input()
            result = pgconn.get_result()
            if result is None:
                between += 1
                if between > 1 or pgconn.status == ConnStatus.BAD:
                    raise _lost(results)
            elif result.status == ExecStatus.PIPELINE_SYNC:
                return results
            else:
                between = 0
                results.append(result)

    def _wait(self, writing: bool = False) -> None:
        """Until there is something to read, or room to write; others may run meanwhile."""
        socket = self.pgconn.socket
        if hasattr(select, "poll"):
            poll = select.poll()
            poll.register(socket, select.POLLIN | (select.POLLOUT if writing else 0))
            poll.poll()
        else:
            select.select([socket], [socket] if writing else [], [])

    def _read(self, preparing: _Preparing, results: Sequence[PGresult]) -> list[Rows]:
        found = list[Rows]()
        remaining = iter(results)
        for prepared in preparing:
            if prepared is not None and next(remaining).status not in _DONE:
                self._statements.pop(prepared[0], None)
            result = next(remaining)
            if result.status in _DONE:
                found.append(self._rows(result))
        failed = next((each for each in results if each.status == ExecStatus.FATAL_ERROR), None)
        if failed is not None:
            raise error_from_result(failed)
        return found

    def _rows(self, result: PGresult) -> Rows:
        if not result.ntuples:
            return []
        transformer = Transformer(self)
        transformer.set_pgresult(result)
        return transformer.load_rows(0, result.ntuples, tuple)


def _lost(results: Sequence[PGresult]) -> psycopg.Error:
    """The last that the server said, or that it said nothing."""
    for each in results:
        if each.status == ExecStatus.FATAL_ERROR:
            return error_from_result(each)
    return psycopg.OperationalError("the connection was lost")


@cache
def _parsed(statement: bytes) -> _Parsed:
    """``%(name)s`` becomes ``$1``, the same name the same number, and ``%%`` becomes ``%``."""
    names: dict[str, int] = {}

    def numbered(match: re.Match[bytes]) -> bytes:
        if match[1] is None:
            return b"%"
        return b"$%d" % names.setdefault(match[1].decode(), len(names) + 1)

    text = re.sub(rb"%(?:\((\w+)\)s|%)", numbered, statement)
    return _Parsed(text, tuple(names))


def _given(values: Values, names: Sequence[str]) -> tuple[list[int], list[bytes | None]]:
    """The parameters of these names: the numbers of their types, and what is sent."""
    types, data = list[int](), list[bytes | None]()
    for name in names:
        value = values[name]
        kind = type(value)
        array = KINDS.get(kind)
        if array is not None:
            types.append(array.array)
            data.append(array.pack(value))
        else:
            single = _SINGLE.get(kind)
            if single is None:
                raise TypeError(f"{kind.__name__} is not a value that a statement takes")
            types.append(single.type)
            data.append(single.pack(value))
    return types, data
