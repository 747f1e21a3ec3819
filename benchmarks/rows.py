"""The floor under the engine: the very rows it wrote, written again by a bare loop.

The rows are read back from a file that the engine charged, byte for byte; the account's state after
each line is not kept there, so it is replayed, and the last one has to equal what is stored.
"""

import re
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple

import apsw
from msgspec import json

from tallystick.core.account import Account, evolve
from tallystick.core.journal import read_event
from tallystick.store.named_sql import queries
from tallystick.store.sqlite.file import connect

from .figures import cut

_SQL = queries("sqlite")
_COLUMNS = re.findall(r"\w+", _SQL["append"].partition("(")[2].partition(")")[0])
_ACCOUNT, _SEQ, _AT, _EVENT, _HASH = map(_COLUMNS.index, ("account", "seq", "at", "event", "hash"))
_encode = json.Encoder().encode
_decode = json.Decoder(Account).decode
DURABLE = {"journal_mode": "wal", "synchronous": 2}
_SHOWN = (*DURABLE, "fullfsync", "wal_autocheckpoint", "page_size", "cache_size", "locking_mode")


class Row(NamedTuple):
    """One charge as written: its journal line, and the account's new state and chain head."""

    line: tuple[Any, ...]
    state: str

    @property
    def account(self) -> str:
        return self.line[_ACCOUNT]


def written(before: Path, after: Path) -> list[Row]:
    """What the engine wrote to get from the file `before` to the file `after`, in order."""
    accounts = {name: _decode(state) for name, state in _states(before)}
    rows = []
    for line in _new_entries(before, after):
        name = line[_ACCOUNT]
        event = read_event(line[_EVENT])
        accounts[name] = evolve(accounts[name], line[_SEQ], line[_AT], event)
        rows.append(Row(line, _encode(accounts[name]).decode()))
    if any(_encode(accounts[name]).decode() != state for name, state in _states(after)):
        raise RuntimeError("the replayed states are not those that the engine wrote")
    return rows


def _states(path: Path) -> list[tuple[str, str]]:
    with closing(apsw.Connection(str(path))) as connection:
        return list(connection.execute("select account, state from accounts"))


def _new_entries(before: Path, after: Path) -> list[tuple[Any, ...]]:
    columns = ", ".join(f'"{column}"' for column in _COLUMNS)
    with closing(apsw.Connection(str(before))) as connection:
        known = connection.execute("select count(*) from journal").get
    with closing(apsw.Connection(str(after))) as connection:
        wanted = f"select {columns} from journal where rowid > ? order by rowid"
        return list(connection.execute(wanted, (known,)))


def settings(path: Path) -> dict[str, Any]:
    """The settings of a connection as the engine opens it, read back from SQLite."""
    connection = connect(str(path), alone=False)
    found = {name: connection.pragma(name) for name in _SHOWN}
    connection.close()
    if any(found[name] != value for name, value in DURABLE.items()):
        raise RuntimeError(f"not durable: {found}")
    return found


class Transaction(NamedTuple):
    """The rows of one commit: every line, and each account once, as it stands after them."""

    lines: list[tuple[Any, ...]]
    accounts: list[tuple[Any, ...]]


def transactions(rows: Sequence[Row], size: int) -> list[Transaction]:
    made = []
    for piece in cut(rows, size):
        first: dict[str, int] = {}
        last: dict[str, Row] = {}
        for row in piece:
            first.setdefault(row.account, row.line[_SEQ])
            last[row.account] = row
        accounts = [
            (row.line[_SEQ], row.state, row.line[_HASH], name, first[name] - 1)
            for name, row in last.items()
        ]
        made.append(Transaction([row.line for row in piece], accounts))
    return made


def write_bare(path: Path, rows: Sequence[Row], size: int) -> float:
    """Rows a second, in transactions of `size`, on the connection the engine would use."""
    made = transactions(rows, size)
    connection = connect(str(path), alone=False)
    connection.execute("select sum(length(state)) from accounts").fetchall()  # as warm as theirs
    append, update = _SQL["append"], _SQL["update_account"]
    changes = connection.total_changes()
    start = perf_counter()
    for lines, accounts in made:
        connection.execute("begin immediate")
        connection.executemany(append, lines)
        connection.executemany(update, accounts)
        connection.execute("commit")
    rate = len(rows) / (perf_counter() - start)
    if connection.total_changes() - changes != sum(len(each.lines) + len(each.accounts)
                                                   for each in made):  # fmt: skip
        raise RuntimeError("the bare loop wrote other rows than the engine")
    connection.close()
    return rate
