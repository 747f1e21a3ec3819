"""A decision: a batch on its way through one connection, from the load to the commit.

A large one comes in parts, and the server never stands still then: it loads the next part and
writes the one before while a part is being decided. All that is written is one transaction. If
the connection is lost before its commit was sent, nothing was written, and the batch goes the
plain way over another one: load, decide, write.
"""

import logging
import os
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from typing import NamedTuple

import psycopg

from ...core.errors import StoreError
from ...core.instants import Instant
from ..records import Batch, Loaded, Unwritten, Wanted, together
from . import loads, refusals, writes
from .address import Address
from .arrays import Texts
from .connections import Patience
from .failures import RETRY, is_lost
from .pipeline import Rows, Statement
from .session import WRITE, Session
from .sharding import Layout, all_loaded, all_unwritten

log = logging.getLogger("tallystick.store")

PARTS_MAX = 4
"""How many parts a batch is cut into, at most."""
SOON = b"set local idle_in_transaction_session_timeout = '5s'"
"""Rows that were written are kept from others until the commit: who stands still loses them."""
_TRIES = 8


class _Sent(NamedTuple):
    """A part that was sent to be written: which answers name its accounts, and its refusals."""

    accounts: slice
    refusals: refusals.Remembered


class PostgresDecision:
    """One batch. The session is in no transaction, unless others are kept out by one."""

    def __init__(self, session: Session, layout: Layout):
        self._session = session
        self._layout = layout
        self._parts = list[Batch]()
        self._stamp = int.from_bytes(os.urandom(8)) >> 1
        self._ahead = False
        """Whether the server is at work on what it has not been asked about yet."""
        self._sent = list[_Sent]()
        self._full = list[refusals.Full]()
        """The accounts of which refusals are to be forgotten."""

    def load(self, wanted: Wanted, now: Instant | None = None) -> Loaded:
        return load(self._session, self._layout, wanted, now)

    def load_ahead(self, wanted: Sequence[Wanted], now: Instant | None = None) -> Iterator[Loaded]:
        self._ahead = bool(wanted) and not self._session.in_transaction
        for each in wanted:
            self._send([loads.statement(self._layout.sql, each, now)])
        return (self._loaded(each, now) for each in wanted)

    def _loaded(self, wanted: Wanted, now: Instant | None) -> Loaded:
        if self._ahead:
            try:
                return loads.read(self._session.connection.answer()[0])
            except psycopg.Error as error:
                self._go_plainly(error)
        return self.load(wanted, now)

    def write(self, batch: Batch) -> None:
        self._parts.append(batch)
        if self._ahead and batch.names():
            begin = [] if self._sent else [*self._session.beginning(WRITE), (SOON, None)]
            accounts = writes.accounts(self._layout.sql, batch, self._stamp)
            self._sent.append(_Sent(slice(len(begin), len(begin) + len(accounts)), batch.refusals))
            self._send([*begin, *accounts, *writes.rest(batch, self._stamp)])

    def _send(self, statements: Sequence[Statement]) -> None:
        if self._ahead:
            try:
                self._session.connection.send(statements)
            except psycopg.Error as error:
                self._go_plainly(error)

    def _go_plainly(self, error: psycopg.Error) -> None:
        """From here on, if it is the connection that is lost: nothing was committed on it."""
        if not is_lost(self._session.connection, error):
            raise error
        self._ahead = False

    def written(self) -> Unwritten:
        whole = together(self._parts)
        if self._ahead:
            unwritten = self._written(whole, self._commit)
        else:
            parts = self._layout.batches(whole)
            unwritten = all_unwritten([self._written(part, self._write) for part in parts])
        for each in self._full:
            _forget(self._session, each)
        return unwritten

    def _written(self, batch: Batch, write: Callable[[Batch], set[str]]) -> Unwritten:
        names = batch.names()
        if not names:
            return Unwritten()
        try:
            return Unwritten(conflicted=frozenset(names - write(batch)))
        except psycopg.Error as error:
            if is_lost(self._session.connection, error):
                return self._find_out(batch)
            self._session.roll_back()
            if error.sqlstate in RETRY:
                return Unwritten(conflicted=frozenset(names))
            raise

    def _commit(self, whole: Batch) -> set[str]:
        """Commit what was sent part by part; the accounts that were written."""
        connection = self._session.connection
        connection.send([*writes.counts(whole, self._layout, self._stamp), (b"commit", None)])
        found = set[str]()
        for sent, answer in zip(self._sent, connection.answers(), strict=False):
            found |= {row[0] for row in _rows(answer[sent.accounts])}
            if sent.refusals:
                self._full += refusals.full(answer[-1], sent.refusals)
        return found

    def _write(self, batch: Batch) -> set[str]:
        written, full = write(self._session, self._layout, batch, self._stamp)
        self._full += full
        return written

    def _find_out(self, batch: Batch) -> Unwritten:
        """The connection was lost in the midst of writing: what is there by now, and the rest
        written again.

        An account that has this batch's stamp was written. One that still has the stamp that was
        read is written again, safely: the lost transaction, should the server still be at it,
        holds the row until it ends, and after either of the two the other cannot win any more.
        An account with any other stamp has been written by somebody since: that is not decided.
        """
        session, left, unknown = self._session, batch, set[str]()
        patience = Patience()
        while not patience.is_over():
            try:
                if session.connection.closed:
                    self._renew()
                found = _stamps(session, left.names())
                missing = {key for key in left.names() if found.get(key) != self._stamp}
                same = {key for key in missing if found.get(key) == batch.stamps.get(key)}
                unknown |= missing - same
                left = left.only(same)
                if same:
                    left = left.only(same - self._write(left))
                if not left.names():
                    return Unwritten(unknown=frozenset(unknown))
            except psycopg.Error as error:
                if not is_lost(session.connection, error):
                    session.roll_back()
                    if error.sqlstate not in RETRY:
                        raise
        raise not_known(session.lease.address)

    def _renew(self) -> None:
        try:
            self._session.lease.renew()
        except StoreError:
            raise not_known(self._session.lease.address) from None


def not_known(address: Address) -> StoreError:
    return StoreError(
        f"the connection to {address.place} was lost while this was being written, and it is not "
        "known whether it was: ask again, under the same keys",
        public="it is not known whether this was written: ask again, under the same keys",
    )


def load(session: Session, tables: Layout, wanted: Wanted, now: Instant | None) -> Loaded:
    """What is wanted, in one statement for each shard that it is in."""
    return all_loaded(
        loads.read(session.execute(*loads.statement(tables.sql, part, now)))
        for part in tables.wanted(wanted)
    )


def write(
    session: Session, tables: Layout, batch: Batch, stamp: int
) -> tuple[set[str], list[refusals.Full]]:
    """Write a batch and commit it, in one round trip; the accounts that were written, and those
    of which refusals are to be forgotten."""
    begin = [] if session.in_transaction else session.beginning(WRITE)
    accounts = writes.accounts(tables.sql, batch, stamp)
    end = len(begin) + len(accounts)
    rest = writes.rest(batch, stamp)
    counts = writes.counts(batch, tables, stamp)
    results = session.at_once([*begin, *accounts, *rest, *counts, (b"commit", None)])
    full = []
    if batch.refusals:
        full = refusals.full(results[end + len(rest) - 1], batch.refusals)
    return {row[0] for row in _rows(results[len(begin) : end])}, full


def _forget(session: Session, full: refusals.Full) -> None:
    """Forget what an account is remembered too long. Its batch is answered whatever becomes of
    this: the next refusal of the account tries again."""
    own = Session(session.lease, WRITE)
    try:
        refusals.forget(own, *full)
        own.commit()
    except psycopg.Error as error:
        own.roll_back()
        log.warning("old refusals of %s could not be forgotten: %s", full.account, error)


def take(session: Session, accounts: Sequence[str]) -> None:
    """Take the rows of accounts, in order. Of two who wait for each other one is sent back, and
    tries again."""
    for attempt in range(_TRIES):
        try:
            session.run("take_accounts", {"accounts": Texts(sorted(accounts))})
            return
        except psycopg.Error as error:
            if error.sqlstate not in RETRY or attempt == _TRIES - 1:
                raise
            session.start_over()


def _rows(results: Sequence[Rows]) -> Rows:
    return [row for rows in results for row in rows]


def _stamps(session: Session, accounts: AbstractSet[str]) -> dict[str, int]:
    return dict(session.run("stamps", {"accounts": Texts(sorted(accounts))}))
