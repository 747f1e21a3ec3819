"""Epochs on a server: begun when its history forks, or by hand (`docs/operating/files.md`).

A server that was restored to an earlier moment, and a standby that took over, write on another
timeline; a dump that was read into another server has another system identifier. Both stand beside
the epoch and are compared once a second, where the server tells them. A dump that is read into the
same server looks like any other write: that is said by hand.
"""

from collections.abc import Callable, Sequence
from typing import Any

import psycopg

from ..epochs import name_of, new_mark
from ..records import FIRST_EPOCH, EpochRow
from .failures import is_lost
from .pipeline import Rows
from .session import Session

Run = Callable[..., Rows]
"""Runs a statement by name in a transaction about platforms."""

FIRST = EpochRow(1, FIRST_EPOCH, "", 0)
"""The epoch in force where none was written down: by a user who may only read."""

FORKED = "the server's history forked: it was restored, or a standby took over"
UNTOLD = "this server does not tell its timeline: begin an epoch by hand when it was restored"


class Told:
    """What a server says of itself in one look: the newest migration, the history that the epoch
    in force was in, and its own, as far as it tells them."""

    def __init__(self, session: Session, untold: bool):
        self.migration = int(session.run("newest_migration")[0][0])
        rows = session.run("epoch_history")
        self.known = bool(rows)
        self.before: str | None = rows[0][0] if rows else None
        self.history: str | None = None if untold else str(session.run("history")[0][0])

    @property
    def is_settled(self) -> bool:
        return self.known and (self.history is None or self.history == self.before)


def tells_history(session: Session) -> bool:
    """Whether the server tells its history to this user."""
    try:
        session.run("history")
    except psycopg.Error as error:
        if is_lost(session.connection, error):
            raise
        return False
    return True


def settle(run: Run, history: str | None) -> None:
    """Begin the first epoch, or one after a fork, unless another process has done so."""
    rows = read(run("epochs"))
    if not rows:
        begin(run, "", history)
        return
    before = run("epoch_history")[0][0]
    if before is None:
        run("set_history", number=rows[-1].number, history=history)
    elif before != history:
        begin(run, FORKED, history)


def begin(run: Run, reason: str, history: str | None) -> EpochRow:
    """Begin an epoch."""
    before = read(run("epochs"))
    number, mark = (before[-1].number if before else 0) + 1, new_mark()
    now = run("server_clock")[0][0]
    row = EpochRow(
        number=number, epoch=name_of(number, mark), mark=mark, began_at=now, reason=reason
    )
    _add(run, row, history)
    return row


def adopt(run: Run, rows: Sequence[EpochRow], history: str | None) -> None:
    """Take over the epochs of the database that this one is a copy of."""
    here = newest(read(run("epochs"))).number
    for row in rows:
        if row.number > here:
            _add(run, row, history)


def _add(run: Run, row: EpochRow, history: str | None) -> None:
    run(
        "add_epoch",
        number=row.number,
        epoch=row.epoch,
        mark=row.mark,
        began_at=row.began_at,
        reason=row.reason,
        history=history,
    )
    run("enter_epoch", epoch=row.epoch)


def read(rows: Sequence[tuple[Any, ...]]) -> list[EpochRow]:
    return [EpochRow(*row) for row in rows]


def newest(rows: Sequence[EpochRow]) -> EpochRow:
    """The epoch in force."""
    return rows[-1] if rows else FIRST
