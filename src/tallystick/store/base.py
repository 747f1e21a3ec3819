"""What every backend does, and the values that pass through (`architecture.md`, storage).

An account's rows are found by its key, ``platform/account``: it is first in every key and in
every statement, so that any database which shards by it can run this.
"""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from msgspec import Struct

from ..core.account import Account
from ..core.catalog import Published
from ..core.errors import StoreError
from ..core.holds import Hold
from ..core.instants import Instant
from ..core.journal import JournalLine


class Conflict(StoreError):
    """Somebody else wrote an account first; the batch is folded again on what they wrote."""


class PlatformRow(Struct, frozen=True, gc=False):
    """A platform: the key that signs its quotes, its newest catalog, its test clock if any."""

    platform: str
    secret: bytes
    catalogs: int
    clock_at: Instant | None = None


class StoredAccount(Struct, frozen=True, gc=False):
    """An account as last written, and the hash of its last line."""

    account: Account
    head: bytes


class RefusedRow(Struct, frozen=True, gc=False):
    """The refusal a key was answered with, so that the same key gives the same answer."""

    key: str
    at: Instant
    request: bytes
    refusal: bytes


class Wanted(Struct):
    """The rows a batch needs. Each entry starts with an account key."""

    accounts: list[str]
    keys: list[tuple[str, str]]
    holds: list[tuple[str, int]]
    quotes: list[tuple[str, str]]
    lines: list[tuple[str, int]]


class Loaded(Struct):
    """What was found of it. Due holds are the open ones with ``expires_at <= now``."""

    accounts: dict[str, StoredAccount]
    answered: dict[tuple[str, str], JournalLine | RefusedRow]
    holds: dict[tuple[str, int], Hold]
    quotes: dict[tuple[str, str], int]
    lines: dict[tuple[str, int], JournalLine]
    due: dict[str, list[Hold]]


class Repeated(Struct):
    """Columns that repeat, for searching, what a document says: the account's version; by seq
    (tool, model, member, credits, quantity, quote); by hold (status, expires_at)."""

    version: int | None
    usage: dict[int, tuple[Any, ...]]
    holds: dict[int, tuple[Any, ...]]


class Batch(Struct):
    """What one transaction writes. `accounts` carry the version they were read at."""

    accounts: dict[str, tuple[int, StoredAccount]]
    lines: list[tuple[str, JournalLine]]
    holds: dict[tuple[str, int], Hold]
    refusals: list[tuple[str, RefusedRow]]


class Ledger(Protocol):
    """The accounts of a database: eight methods, all a decision needs."""

    def writing(self) -> AbstractContextManager[None]:
        """One durable transaction; committed when the block ends, rolled back when it raises."""
        ...

    def reading(self) -> AbstractContextManager[None]:
        """One consistent view for the reads inside."""
        ...

    def load(self, wanted: Wanted, nows: dict[str, Instant]) -> Loaded:
        """Every wanted row that is there; `nows` says by account until when holds are due."""
        ...

    def write(self, batch: Batch) -> None:
        """Write a batch; raises `Conflict` when an account is no longer at the version read."""
        ...

    def accounts(self, platform: str) -> Iterator[str]:
        """The keys of a platform's accounts, in order."""
        ...

    def lines(
        self, account: str, after: int = 0, limit: int | None = None, newest: bool = False
    ) -> Sequence[JournalLine]:
        """Lines with ``seq > after`` in order; or the `newest` ones with ``seq < after``."""
        ...

    def holds(self, account: str, open_only: bool = True) -> list[Hold]:
        """The holds of an account: the open ones by expiry, or all in the order of their ids."""
        ...

    def close(self) -> None:
        """Let go of the database; what was answered is in it."""
        ...


class Publications(Protocol):
    """The platforms of a database and the catalogs they published."""

    def platform(self, platform: str) -> PlatformRow | None: ...

    def platforms(self) -> list[str]: ...

    def add_platform(self, row: PlatformRow) -> None: ...

    def set_clock(self, platform: str, at: Instant | None) -> None: ...

    def add_catalog(self, published: Published, source: str) -> None: ...

    def catalogs(self, platform: str) -> list[Published]: ...

    def catalog_source(self, platform: str, version: int) -> str:
        """The file a catalog version was published from."""
        ...


class Evidence(Protocol):
    """What verifying holds against the journal."""

    def strays(self, platform: str) -> list[str]:
        """Keys that have lines or holds but no account: there are none unless rows were lost."""
        ...

    def repeated(self, account: str) -> Repeated:
        """What is stored beside the documents that say it."""
        ...

    def changed_catalogs(self, platform: str) -> list[int]:
        """The versions that are no longer what was published."""
        ...

    def damage(self) -> list[str]:
        """What the database itself finds wrong with its file and its indexes."""
        ...


class Store(Ledger, Publications, Evidence, Protocol):
    """A database. Every method raises `StoreError` when it cannot be used."""


def account_key(platform: str, account: str) -> str:
    """The key of an account's rows; a platform's name has no slash."""
    return f"{platform}/{account}"


def split_key(key: str) -> tuple[str, str]:
    platform, _, account = key.partition("/")
    return platform, account
