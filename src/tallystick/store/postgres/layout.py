"""How the tables of a database lie: whole on one machine, or in shards over several.

What is asked of accounts is cut by their shards, so that each statement goes, whole, to one of
them, and each transaction is that of one machine.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from itertools import count
from operator import itemgetter
from typing import Any, NamedTuple, TypeVar

from ..queries import queries
from ..records import Batch, Loaded, Unwritten, Wanted
from .address import Address
from .connecting import Connection
from .session import SQL
from .shards import Shards, even

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
        for name in ("keys", "holds", "quotes", "lines"):
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


def together(parts: Iterable[Loaded]) -> Loaded:
    """What was loaded of several shards."""
    first, *others = parts
    for part in others:
        for name in Loaded.__struct_fields__:
            _dictionary(first, name).update(_dictionary(part, name))
    return first


def all_of(parts: Iterable[Unwritten]) -> Unwritten:
    """What was not written of several shards."""
    found = [*parts]
    return Unwritten(
        frozenset[str]().union(*[each.overtaken for each in found]),
        frozenset[str]().union(*[each.uncertain for each in found]),
    )


def _dictionary(loaded: Loaded, name: str) -> dict[Any, Any]:
    return getattr(loaded, name)
