"""Connections: their settings, those of the server that are read back, and coming back to one."""

import random
import time
from collections.abc import Mapping
from typing import Any

import psycopg

from ...core.errors import StoreError, UnsafeDatabase
from .address import Address
from .failures import in_our_words
from .pipeline import Connection

OLDEST_VERSION = 15
"""The oldest PostgreSQL that is tested."""

RECONNECT_SECONDS = 15.0
"""How long a lost database is tried again before its callers are told."""


class Patience:
    """Tries again with growing pauses, until `RECONNECT_SECONDS` are over."""

    def __init__(self) -> None:
        self._until = time.monotonic() + RECONNECT_SECONDS
        self._pause = _FIRST_PAUSE

    def is_over(self) -> bool:
        return time.monotonic() + self._pause > self._until

    def wait(self) -> None:
        time.sleep(self._pause * (0.5 + _chance.random()))
        self._pause = min(2 * self._pause, _LONGEST_PAUSE)


SETTINGS = {
    "statement_timeout": "30s",
    "lock_timeout": "10s",
    "idle_in_transaction_session_timeout": "60s",
    # Every statement finds its rows by key, however small a table was when it was planned, and
    # takes those of a batch in one pass, in the order of the keys: two batches then never wait
    # for each other, and none looks for each row among all that it has.
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
    "enable_bitmapscan": "off",
    "enable_nestloop": "off",
    "jit": "off",
}
_TIME_OUTS = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")
_DEFAULTS = {
    "application_name": "tallystick",
    "connect_timeout": "10",
    "keepalives_idle": "30",
    "keepalives_interval": "10",
    "keepalives_count": "3",
    "tcp_user_timeout": "30000",
}
_DURABLE = ("fsync", "full_page_writes", "synchronous_commit")
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 2.0
_chance = random.SystemRandom()


def connect(address: Address) -> Connection:
    """A connection whose every transaction is durable; raises the driver's errors."""
    connection = Connection.connect(**_told(address), autocommit=True, prepare_threshold=None)
    # A pooler hands out another connection for each transaction, without what was prepared.
    connection.keeps = not address.pooled
    try:
        _read_back(connection, address)
    except BaseException:
        connection.close()
        raise
    return connection


def _settings(address: Address) -> Mapping[str, str]:
    """Tables that are spread are planned for where they are: for the values of each call, and by
    each machine on its own."""
    if address.spread:
        return {name: value for name, value in SETTINGS.items() if name in _TIME_OUTS}
    return SETTINGS


def local_settings(address: Address) -> bytes:
    """The settings as a statement for one transaction: for a pooler's connections, where nothing
    may be left behind."""
    settings = _settings(address).items()
    local = ", ".join(f"set_config('{name}', '{value}', true)" for name, value in settings)
    return f"select {local}".encode()


def _told(address: Address) -> dict[str, Any]:
    """The driver's parameters; those of the URL go before ours. Through a pooler
    each transaction is given the settings."""
    told = {**_DEFAULTS, **address.driver}
    if not address.pooled:
        ours = " ".join(f"-c {name}={value}" for name, value in _settings(address).items())
        told["options"] = f"{ours} {address.driver.get('options', '')}".strip()
    return told


def _read_back(connection: Connection, address: Address) -> None:
    """What the server is set to: a commit that does not reach the disk must not be answered."""
    version = connection.info.server_version // 10_000
    if version < OLDEST_VERSION:
        raise StoreError(
            f"PostgreSQL {OLDEST_VERSION} or newer is needed; {address.place} is {version}"
        )
    asked = ", ".join(f"current_setting('{name}')" for name in (*_DURABLE, "server_encoding"))
    rows = connection.execute(f"select {asked}".encode(), prepare=False).fetchall()
    *durable, encoding = rows[0]
    pairs = zip(_DURABLE, durable, strict=True)
    unsafe = [f"{name}=off" for name, value in pairs if value == "off"]
    if unsafe and not address.unsafe:
        raise UnsafeDatabase(
            f"{address.place} runs with {', '.join(unsafe)}: a crash would lose what was answered. "
            "Switch it on, or say unsafe=1 in the URL for data that may be lost"
        )
    if encoding != "UTF8":
        raise StoreError(f"{address.place} is encoded in {encoding}; make a database in UTF8")


def reconnect(address: Address) -> Connection:
    """A connection, tried again and again with growing pauses until it is too late.

    Then it raises the last error as a `StoreError`.
    """
    patience = Patience()
    while True:
        try:
            return connect(address)
        except psycopg.OperationalError as error:
            if patience.is_over():
                raise in_our_words(error, address) from None
        patience.wait()
