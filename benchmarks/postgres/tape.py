"""The floor of bare psycopg: the statements that the engine sent, sent again by a bare loop.

A tape takes down what the engine sends, statement by statement and round trip by round trip. Played
on another copy of the same database it reads and writes the very same rows (the chain's heads are
compared), in the driver's own way and with nothing above it: no fold, no JSON, no hash, no key to
look at. So what it says is what the statements themselves allow, singly or in batches.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from time import perf_counter
from typing import Any
from unittest.mock import patch

import psycopg
from psycopg.adapt import Dumper
from psycopg.pq import Format
from psycopg.types.numeric import Int8BinaryDumper, Int8Dumper

from tallystick.store.postgres import store
from tallystick.store.postgres.address import read
from tallystick.store.postgres.arrays import KINDS, Kind
from tallystick.store.postgres.connections import connect
from tallystick.store.postgres.pipeline import Connection, Statement

from .server import all_of
from .ways import Measured

_HEADS = """select count(*), sum(version), md5(string_agg(encode(head, 'hex'), '' order by account))
from tallystick.accounts"""
_LINES = "select count(*), sum(seq) from tallystick.journal"
_WARM = "select sum(length(state)) from tallystick.accounts"


Written = tuple[Any, ...]
"""What tells two databases apart: how many lines, and every account's version and head."""


Trip = list[Statement]
"""The statements of one round trip, with their values."""


class Tape:
    """Round trips, in order, taken down while it runs."""

    def __init__(self) -> None:
        self.trips: list[Trip] = []
        self.running = False

    def begin(self) -> None:
        self.running = True

    def end(self) -> None:
        self.running = False

    def writes(self) -> "Tape":
        """The same without what only reads: the round trips that are several statements."""
        found = Tape()
        found.trips = [trip for trip in self.trips if len(trip) > 1]
        return found

    @contextmanager
    def recording(self) -> Iterator[None]:
        """What the engine's connections send is taken down whenever the tape is `running`. Batches
        are whole there: the fewest statements and round trips that do it by hand."""
        real = Connection.at_once

        def at_once(connection: Connection, statements: Sequence[Statement]) -> Any:
            if self.running:
                self.trips.append([*statements])
            return real(connection, statements)

        with patch.object(Connection, "at_once", at_once), patch.object(store, "PARTS_MAX", 1):
            yield


Pace = Callable[[], Iterator[float]]
"""Waits for the instant of each batch, and says when that was."""


def play(
    url: str, tape: Tape, charges: int, wanted: Written, size: int, pace: Pace | None = None
) -> Measured:
    """Charges a second when a tape is played: at once, or at its `pace`. A wait is that of all
    round trips of a batch, from the instant at which it was due."""
    trips = _by_batch(tape.trips, -(-charges // size))
    waits = []
    with closing(_bare(url)) as connection:
        connection.execute(_WARM.encode())
        start = perf_counter()
        for batch, since in zip(trips, pace() if pace else _at_once(), strict=False):
            for trip in batch:
                _send(connection, trip)
            waits.append(perf_counter() - since)
        rate = charges / (perf_counter() - start)
    if written(url) != wanted:
        raise RuntimeError("the bare loop wrote other rows than the engine")
    return Measured(rate, sorted(waits))


def _at_once() -> Iterator[float]:
    while True:
        yield perf_counter()


def _by_batch(trips: list[Trip], batches: int) -> list[list[Trip]]:
    """The round trips of each batch, which all take as many."""
    each, rest = divmod(len(trips), batches)
    if rest or not each:
        raise RuntimeError(f"{len(trips)} round trips for {batches} batches: the engine retried")
    return [trips[at : at + each] for at in range(0, len(trips), each)]


def _bare(url: str) -> psycopg.Connection[Any]:
    """A connection with the engine's settings, spoken to in the driver's own way: prepared
    statements, and arrays that are packed as quickly as the engine's."""
    connection = connect(read(url))
    connection.prepare_threshold = 0
    for kind, packed in KINDS.items():
        connection.adapters.register_dumper(kind, _dumper(packed))
    connection.adapters.register_dumper(int, Int8Dumper)
    connection.adapters.register_dumper(int, Int8BinaryDumper)
    return connection


def _dumper(kind: Kind) -> type[Dumper]:
    class Packed(Dumper):
        format = Format.BINARY
        oid = kind.array

        def dump(self, obj: Any) -> bytes:
            return kind.pack(obj)

    return Packed


def _send(connection: psycopg.Connection[Any], trip: Trip) -> None:
    if len(trip) == 1:
        results = [_execute(connection, trip[0])]
    else:
        with connection.pipeline():
            results = [_execute(connection, each) for each in trip]
    for each in results:
        if each.description is not None:
            each.fetchall()


def _execute(connection: psycopg.Connection[Any], sent: Statement) -> psycopg.Cursor[Any]:
    statement, values = sent
    return connection.cursor(binary=values is not None).execute(statement, values)


def written(url: str) -> Written:
    return (*all_of(url, _LINES)[0], *all_of(url, _HEADS)[0])
