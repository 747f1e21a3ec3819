"""A connection while it is worked with, and its transaction, begun with the first statement."""

from collections.abc import Sequence
from contextlib import suppress

import psycopg
from psycopg.pq import TransactionStatus

from ..named_sql import queries
from .connections import Patience, local_settings
from .failures import is_lost
from .pipeline import Connection, Rows, Statement, Values
from .pool import BorrowedConnection

SQL = {name: text.encode() for name, text in queries("postgres").items()}

READ = b"begin isolation level repeatable read read only"
WRITE = b"begin isolation level read committed read write"
"""Said in full: what a role or a database has for a default is not what is meant."""


class Session:
    """Runs statements by name on one connection: all in one transaction or, without `begin`, each
    in its own."""

    def __init__(self, lease: BorrowedConnection, begin: bytes | None = None):
        self.lease = lease
        self._begin = begin
        self._used = False

    @property
    def connection(self) -> Connection:
        return self.lease.connection

    @property
    def in_transaction(self) -> bool:
        return self.connection.info.transaction_status != TransactionStatus.IDLE

    def run(self, name: str, values: Values | None = None) -> Rows:
        return self.execute(SQL[name], values)

    def execute(self, statement: bytes, values: Values | None = None) -> Rows:
        """One statement; the first one takes the beginning of the transaction along. If the
        connection turns out to be lost while there is nothing to lose, another one is taken."""
        patience = Patience()
        while True:
            in_midst = self._used and self._begin is not None
            try:
                if in_midst:
                    return self.connection.at_once([(statement, values)])[0]
                return self._first(statement, values)
            except psycopg.Error as error:
                if in_midst or not is_lost(self.connection, error) or patience.is_over():
                    raise
            self._used = False
            self.lease.renew()

    def _first(self, statement: bytes, values: Values | None) -> Rows:
        self._used = True
        begin = [] if self._begin is None else self.beginning(self._begin)
        return self.connection.at_once([*begin, (statement, values)])[-1]

    def beginning(self, begin: bytes) -> list[Statement]:
        """What begins a transaction; a pooler's connections are told the settings each time."""
        address = self.lease.address
        if address.pooled:
            return [(begin, None), (local_settings(address), None)]
        return [(begin, None)]

    def at_once(self, statements: Sequence[Statement]) -> list[Rows]:
        """Statements in one round trip; when one fails, those after it are not tried."""
        self._used = True
        return self.connection.at_once(statements)

    def start_over(self) -> None:
        """Undo, and begin again with the next statement."""
        self.roll_back()
        self._used = False

    def commit(self) -> None:
        if self.in_transaction:
            self.connection.at_once([(b"commit", None)])

    def roll_back(self) -> None:
        """Undo; a lost connection has done so by itself."""
        with suppress(psycopg.Error):
            self.connection.answers()
        with suppress(psycopg.Error):
            if not self.connection.closed and self.in_transaction:
                self.connection.at_once([(b"rollback", None)])
