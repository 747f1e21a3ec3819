"""Sharding: which shard has the rows of an account, and how the tables lie over several machines.

A distributed PostgreSQL cuts the hashes of a table's keys into ranges, one a shard. The hash is
PostgreSQL's own (`hashtext`, Bob Jenkins' lookup3), which is the same on every version and machine,
so the shard of an account is known here, and no batch has to ask for it. What is asked of accounts
is cut by their shards: each statement goes, whole, to one of them, and each transaction is that of
one machine. The engine knows the shards as queues.

Citus does the spreading. The tables of accounts are cut by the account's key, all at the same keys,
so that the rows of an account are together; the small tables are copied to every machine.
Statements stay the same.
"""

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from functools import lru_cache
from itertools import count
from operator import itemgetter
from struct import unpack
from typing import Any, NamedTuple, TypeVar

import psycopg

from ...core.errors import StoreError
from ..named_sql import queries
from ..records import Batch, Loaded, Spread, Unwritten, Wanted
from . import schema
from .address import Address
from .connections import Connection, connect
from .failures import translated
from .session import SQL

# The shard of a key

_LOWEST, _HASHES = -(2**31), 2**32
_MASK = 0xFFFFFFFF
_START = 0x9E3779B9 + 3923095


class Shards(NamedTuple):
    """The lowest hash of each shard, in order; the first is the lowest there is."""

    starts: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.starts)

    def of(self, key: str) -> int:
        """The number of the shard that has an account's rows."""
        if len(self.starts) == 1:
            return 0
        return bisect_right(self.starts, hash_of(key)) - 1


def even(count: int) -> Shards:
    """`count` shards of one size."""
    return Shards(tuple(_LOWEST + _HASHES * each // count for each in range(count)))


@lru_cache(100_000)
def hash_of(key: str) -> int:
    """What PostgreSQL's `hashtext` says of a text, -2**31 to 2**31 - 1."""
    data = key.encode()
    a = b = c = (_START + len(data)) & _MASK
    whole = len(data) - len(data) % 12
    words = unpack(f"<{whole // 4}I", data[:whole])
    for at in range(0, len(words), 3):
        a, b, c = _mix(a + words[at], b + words[at + 1], c + words[at + 2])
    rest = data[whole:].ljust(11, b"\0")
    # The lowest byte of the third word is taken: the length is in it.
    first, second, third = unpack("<III", rest[:8] + b"\0" + rest[8:])
    found = _final(a + first & _MASK, b + second & _MASK, c + third & _MASK)
    return found - _HASHES if found >= -_LOWEST else found


def _rot(word: int, bits: int) -> int:
    return (word << bits | word >> (32 - bits)) & _MASK


def _mix(a: int, b: int, c: int) -> tuple[int, int, int]:
    a, b, c = a & _MASK, b & _MASK, c & _MASK
    a, c = (a - c & _MASK) ^ _rot(c, 4), c + b & _MASK
    b, a = (b - a & _MASK) ^ _rot(a, 6), a + c & _MASK
    c, b = (c - b & _MASK) ^ _rot(b, 8), b + a & _MASK
    a, c = (a - c & _MASK) ^ _rot(c, 16), c + b & _MASK
    b, a = (b - a & _MASK) ^ _rot(a, 19), a + c & _MASK
    c, b = (c - b & _MASK) ^ _rot(b, 4), b + a & _MASK
    return a, b, c


def _final(a: int, b: int, c: int) -> int:
    for bits_c, bits_a, bits_b in ((14, 11, 25), (16, 4, 14)):
        c = (c ^ b) - _rot(b, bits_c) & _MASK
        a = (a ^ c) - _rot(c, bits_a) & _MASK
        b = (b ^ a) - _rot(a, bits_b) & _MASK
    return (c ^ b) - _rot(b, 24) & _MASK


# How the tables lie

T = TypeVar("T")
CITUS = {name: text.encode() for name, text in queries("postgres", "citus.sql").items()}


def pruned(statement: bytes) -> bytes:
    """A statement that finds rows beside an array of accounts, with those accounts named once more,
    by value: then it is known beforehand which one shard is asked. On one machine it is left
    out, where the whole array would be gone through for each row."""
    found = re.search(rb"unnest\(%\((\w+)\)s", statement)
    if found is None:
        return statement
    named = b"account = any(%%(%b)s) and account = asked.account" % found[1]
    return statement.replace(b"account = asked.account", named)


PRUNED = {**{name: pruned(text) for name, text in SQL.items()}, **CITUS}


class Layout(NamedTuple):
    """Where the rows of an account are, the statements that find them there, and whether the
    tables are `spread` over machines or only cut as if they were."""

    shards: Shards
    sql: Mapping[str, bytes]
    spread: bool = False

    def wanted(self, wanted: Wanted) -> list[Wanted]:
        """What is wanted, shard by shard."""
        if len(self.shards) == 1:
            return [wanted]
        parts: dict[int, Wanted] = {
            shard: Wanted(accounts, wanted.platforms)
            for shard, accounts in self._cut(wanted.accounts, str).items()
        }
        for name in ("keys", "holds", "quotes", "entries", "grants"):
            for shard, pairs in self._cut(getattr(wanted, name), itemgetter(0)).items():
                part = parts.setdefault(shard, Wanted([], wanted.platforms))
                setattr(part, name, pairs)
        return [*parts.values()] or [wanted]

    def batches(self, batch: Batch) -> list[Batch]:
        """A batch, shard by shard."""
        if len(self.shards) == 1:
            return [batch]
        cut = self._cut(batch.names(), str)
        return [batch] if len(cut) == 1 else [batch.only({*names}) for names in cut.values()]

    def place(self, platform: str, shard: int) -> str:
        """A key on a shard, which no account can have: what is counted of a platform is there."""
        numbers = (f"{platform}/ {number}" for number in count())
        return next(place for place in numbers if self.shards.of(place) == shard)

    def _cut(self, values: Iterable[T], key: Callable[[T], str]) -> Mapping[int, list[T]]:
        found = defaultdict[int, list[T]](list)
        for each in values:
            found[self.shards.of(key(each))].append(each)
        return found


WHOLE = Layout(even(1), SQL)


def read(connection: Connection, address: Address) -> Layout:
    """How the tables of the database behind a connection lie."""
    if connection.execute(CITUS["is_there"]).fetchall()[0][0]:
        starts = tuple(row[0] for row in connection.execute(CITUS["shards"]))
        if starts:
            return Layout(Shards(starts), PRUNED, spread=True)
    return Layout(even(address.shards), PRUNED) if address.shards else WHOLE


def all_loaded(parts: Iterable[Loaded]) -> Loaded:
    """What was loaded of several shards."""
    first, *others = parts
    for part in others:
        for name in Loaded.__struct_fields__:
            _dictionary(first, name).update(_dictionary(part, name))
    return first


def all_unwritten(parts: Iterable[Unwritten]) -> Unwritten:
    """What was not written of several shards."""
    found = [*parts]
    return Unwritten(
        frozenset[str]().union(*[each.conflicted for each in found]),
        frozenset[str]().union(*[each.unknown for each in found]),
    )


def _dictionary(loaded: Loaded, name: str) -> dict[Any, Any]:
    return getattr(loaded, name)


# Spreading them with Citus

SHARDS = 32
"""How many shards the accounts are cut into by default: as many as Citus makes."""

FIRST = "accounts"
WITH_IT = (
    "journal",
    "holds",
    "refusals",
    "checkpoints",
    "snapshots",
    "refusal_tallies",
    "openings",
)
EVERYWHERE = (
    "platforms",
    "catalogs",
    "withdrawn_catalogs",
    "api_keys",
    "platform_requests",
    "seats",
    "epochs",
    "migrations",
)


def distribute(
    address: Address, shards: int = SHARDS, told: Callable[[str], None] | None = None
) -> Spread:
    """Spread the tables of a database, those that are not yet; their rows move along.

    `told` hears each table's name as it begins. One transaction: nothing is done by half. Raises
    `StoreError` when the server has no Citus. The database's schema has to be up to date.
    """
    with translated(address), closing(connect(address)) as connection:
        schema.prepare(connection, address)
        _check(connection, address)
        moved = []
        with connection.transaction():
            connection.execute("set local statement_timeout = 0")
            _run(connection, "make_extension")
            done = _spread(connection)
            for table, statement in _steps():
                if table not in done:
                    if told is not None:
                        told(table)
                    _move(connection, table, statement, shards)
                    moved.append(table)
        return Spread(len(read(connection, address).shards), tuple(moved))


def _check(connection: Connection, address: Address) -> None:
    if not connection.execute(CITUS["can_be_there"]).fetchall()[0][0]:
        raise StoreError(
            f"{address.place} has no Citus: install the extension on the server, add "
            "shared_preload_libraries = 'citus' to its settings, and start it again"
        )


def _spread(connection: Connection) -> set[str]:
    return {str(row[0]).removeprefix("tallystick.") for row in _run(connection, "spread")}


def _steps() -> list[tuple[str, str]]:
    """Each table with the statement that moves it, in order."""
    return [
        *((table, "replicate") for table in EVERYWHERE),
        (FIRST, "distribute"),
        *((table, "colocate") for table in WITH_IT),
    ]


def _move(connection: Connection, table: str, statement: str, shards: int) -> None:
    values: dict[str, object] = {"relation": f"tallystick.{table}"}
    if statement == "distribute":
        values["shards"] = shards
    _run(connection, statement, values)
    _run(connection, "drop_local_rows", values)


def _run(
    connection: Connection, statement: str, values: dict[str, object] | None = None
) -> "psycopg.Cursor[tuple[object, ...]]":
    return connection.execute(CITUS[statement], values, prepare=False)
