"""Connections of one process: never more than a limit, each used by one thread at a time."""

import os
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from psycopg.pq import TransactionStatus

from ...core.errors import DatabaseBusy, StoreError, UnsafeDatabase
from .address import Address
from .connections import Connection, reconnect

WAIT_SECONDS = 30.0
"""How long a thread waits for another one's connection."""


class BorrowedConnection:
    """A connection that one thread has for a while."""

    def __init__(self, pool: "Pool", connection: Connection):
        self._pool = pool
        self.connection = connection

    @property
    def address(self) -> Address:
        return self._pool.address

    def renew(self) -> None:
        """Replace a connection that was lost. The server was away, so the idle ones are lost
        too."""
        self.connection.close()
        self._pool.forget_idle()
        self.connection = reconnect(self._pool.address)
        self._pool.renewals += 1


class Pool:
    """Hands out connections. The one that came back last goes out first, so that idle ones age."""

    def __init__(self, address: Address, limit: int):
        self.address = address
        self._free = threading.BoundedSemaphore(limit)
        self._idle: deque[Connection] = deque()
        self._pid = os.getpid()
        self._closed = False
        self.renewals = 0
        """How often a connection was lost and another one taken: the server may be another one."""

    @contextmanager
    def lease(self) -> Iterator[BorrowedConnection]:
        """A connection outside of a transaction, for this block.

        Raises `DatabaseBusy` if none is free within 30 seconds.
        """
        self._check_open()
        if not self._free.acquire(timeout=WAIT_SECONDS):
            raise DatabaseBusy(
                f"all connections of this process to {self.address.place} were in use for "
                f"{WAIT_SECONDS:.0f} seconds; try again, or allow more with connections= in the URL"
            )
        try:
            lease = BorrowedConnection(self, self._take())
            try:
                yield lease
            finally:
                self.put_back(lease.connection)
        finally:
            self._free.release()

    def put_back(self, connection: Connection) -> None:
        """Take a connection back. One in the middle of something is of no use to the next thread,
        and is closed."""
        in_order = connection.info.transaction_status == TransactionStatus.IDLE
        if connection.closed or not in_order:
            connection.close()
            return
        self._idle.append(connection)
        if self._closed:  # asked afterwards: whoever closes the pool may have been here in between
            self.forget_idle()

    def forget_idle(self) -> None:
        """Close every idle connection. Other threads may take and forget them meanwhile."""
        while (connection := self._idle_one()) is not None:
            connection.close()

    def _take(self) -> Connection:
        return self._idle_one() or reconnect(self.address)

    def _idle_one(self) -> Connection | None:
        """An idle connection, the one that came back last. Whether there is one is found out by
        taking it: looking first, another thread could take it in between."""
        try:
            return self._idle.pop()
        except IndexError:
            return None

    def _check_open(self) -> None:
        """A closed pool says so; a forked process must not speak on its parent's connections."""
        if os.getpid() != self._pid:
            raise UnsafeDatabase(
                f"{self.address.place} was opened before this process was forked; close it before "
                "forking, and open it in each process"
            )
        if self._closed:
            raise StoreError(f"{self.address.place} is closed; open it again")

    def close(self) -> None:
        """In a forked process the connections are the parent's and stay open."""
        self._closed = True
        if os.getpid() == self._pid:
            self.forget_idle()
