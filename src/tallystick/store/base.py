"""What every backend does, and the values that pass through.

An account's rows are found by its key, ``platform/account``: it is first in every key and in
every statement, so that any database which shards by it can run this.
"""

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import AbstractContextManager
from typing import Any, Protocol
from zlib import crc32

from msgspec import Struct

from ..core.account import Account
from ..core.catalog import Published
from ..core.checkpoint import Checkpoint
from ..core.errors import StoreError
from ..core.holds import Hold
from ..core.instants import Instant
from ..core.journal import JournalLine
from .pages import Pages, Snapshots
from .refusals import Tally


class Conflict(StoreError):
    """Others wrote an account first, as often as it was tried."""

    public = "others wrote this account first, as often as it was tried; ask again, same key"


class PlatformRow(Struct, frozen=True, gc=False):
    """A platform: the key that signs its quotes, its newest catalog, its test clock if any."""

    platform: str
    secret: bytes
    catalogs: int
    clock_at: Instant | None = None


class ApiKeyRow(Struct, frozen=True, gc=False):
    """An API key: the hash of its secret, and the scopes it opens, with spaces between."""

    id: str
    platform: str
    name: str
    hash: bytes
    scopes: str
    created_at: Instant
    revoked_at: Instant | None = None


class AnsweredRow(Struct, frozen=True, gc=False):
    """What a request about a whole platform was answered under its key."""

    key: str
    at: Instant
    request: bytes
    answer: bytes


class Seat(Struct, frozen=True, gc=False):
    """A worker of the clockwork, and until when it counts as being at work."""

    seat: int
    worker: str
    until: Instant


class KnownTime(Struct, frozen=True, gc=False):
    """What a database knows of the time by itself.

    `at` is the instant it bears out: what a server's own clock says, or the newest instant that
    was written into a file at real time, to some minutes; None while nothing was. Of a file, it
    went on from `jumped_from` to `jumped_to` when it last moved by more than a day at once, and
    `accepted` says whether somebody confirmed that.
    """

    at: Instant | None = None
    jumped_from: Instant | None = None
    jumped_to: Instant | None = None
    accepted: bool = False


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
    """The rows a batch needs. Each entry but those of `platforms` starts with an account key."""

    accounts: list[str]
    platforms: list[str] = []
    keys: list[tuple[str, str]] = []
    holds: list[tuple[str, int]] = []
    quotes: list[tuple[str, str]] = []
    lines: list[tuple[str, int]] = []


class Loaded(Struct):
    """What was found of it. Due holds are the open ones with ``expires_at <= now``.

    `stamps` are what the row of each account is compared by when it is written: whoever writes
    it, and whoever remembers a refusal for it, changes its stamp. An account without one has no
    row. They mean something to the store only.

    `database_at` is what the database itself bears out of the time, by platform, as it was when
    the platform's row was read: see `KnownTime.at`.
    """

    platforms: dict[str, PlatformRow]
    accounts: dict[str, StoredAccount]
    stamps: dict[str, int]
    answered: dict[tuple[str, str], JournalLine | RefusedRow]
    holds: dict[tuple[str, int], Hold]
    quotes: dict[tuple[str, str], int]
    lines: dict[tuple[str, int], JournalLine]
    due: dict[str, list[Hold]]
    database_at: dict[str, Instant] = {}


class Repeated(Struct):
    """What is stored beside an account's documents and repeats what they say.

    `columns` are (version, due_at, bucket), None where it has no row; `usage` by seq (tool, model,
    member, credits, quantity, quote); `holds` by hold (status, expires_at). `tally` is what was
    counted of its refusals as they came, `refusals` what is there.
    """

    columns: tuple[int, Instant | None, int] | None
    usage: dict[int, tuple[Any, ...]]
    holds: dict[int, tuple[Any, ...]]
    tally: Tally
    refusals: Tally


class Batch(Struct):
    """What one transaction writes, and the `stamps` that were read before it was decided."""

    stamps: dict[str, int]
    accounts: dict[str, StoredAccount] = {}
    lines: list[tuple[str, JournalLine]] = []
    holds: dict[tuple[str, int], Hold] = {}
    refusals: list[tuple[str, RefusedRow]] = []
    snapshots: list[tuple[str, Account]] = []

    def opened(self) -> dict[str, list[str]]:
        """The accounts that it adds, by platform."""
        found: dict[str, list[str]] = {}
        for key in self.accounts.keys() - self.stamps.keys():
            found.setdefault(split_key(key)[0], []).append(key)
        return found

    def names(self) -> set[str]:
        """The accounts it says something of."""
        return self.accounts.keys() | {account for account, _ in self.refusals}

    def only(self, accounts: AbstractSet[str]) -> "Batch":
        """What it says of these accounts."""
        return Batch(
            self.stamps,
            {key: stored for key, stored in self.accounts.items() if key in accounts},
            [each for each in self.lines if each[0] in accounts],
            {ids: hold for ids, hold in self.holds.items() if ids[0] in accounts},
            [each for each in self.refusals if each[0] in accounts],
            [each for each in self.snapshots if each[0] in accounts],
        )


def together(batches: Sequence[Batch]) -> Batch:
    """Batches about different accounts as one."""
    if len(batches) == 1:
        return batches[0]
    whole = Batch({})
    for each in batches:
        whole.stamps.update(each.stamps)
        whole.accounts.update(each.accounts)
        whole.lines += each.lines
        whole.holds.update(each.holds)
        whole.refusals += each.refusals
        whole.snapshots += each.snapshots
    return whole


class Move(Struct, frozen=True):
    """The checkpoint of an account, moved on: the lines up to its seq go. `before` is the seq of
    the checkpoint that it follows, 0 where there was none."""

    account: str
    before: int
    checkpoint: Checkpoint


class Unwritten(Struct, frozen=True, gc=False):
    """The accounts of a batch that were not written, whole: all the others were.

    `overtaken` were written by somebody else first. Of the `uncertain` it is not known: the
    connection was lost while they were being written, and others have written them since.
    """

    overtaken: frozenset[str] = frozenset()
    uncertain: frozenset[str] = frozenset()


class Decision(Protocol):
    """A batch that is decided: loaded, and what was decided written, in one transaction. It may
    come in parts, each about accounts of its own: then one part is loaded and another one written
    while a third is being decided."""

    def load(self, wanted: Wanted, now: Instant | None = None) -> Loaded:
        """Every wanted row that is there, in one consistent view. Holds are due at their
        platform's test clock, or at `now` where there is none; without `now` none are."""
        ...

    def load_ahead(self, wanted: Sequence[Wanted], now: Instant | None = None) -> Iterator[Loaded]:
        """The same for the parts that come after the first, in order, each in a view of its own;
        what can be is loaded before it is asked for."""
        ...

    def write(self, batch: Batch) -> None:
        """Write a part, each account by compare-and-set: all of an account or nothing of it."""
        ...

    def written(self) -> Unwritten:
        """The end of the batch; durable when the block of `deciding` has ended."""
        ...


class Ledger(Protocol):
    """The accounts of a database: all a decision needs."""

    queues: int
    """Accounts are in so many queues: what is asked of those of one is written together, and
    queues side by side."""
    parts: int
    """Into how many parts it is worth to cut a batch, at most."""

    def queue_of(self, account: str) -> int:
        """The number of the queue that an account's key is in, from 0."""
        ...

    def deciding(self, alone: Sequence[str] = ()) -> AbstractContextManager[Decision]:
        """Around one batch; durable when the block has ended. Nobody else writes the accounts
        that are to be had `alone` meanwhile."""
        ...

    def reading(self) -> AbstractContextManager[None]:
        """One consistent view for the reads inside; a block within a block is the same view."""
        ...

    def looking_up(self) -> AbstractContextManager[None]:
        """The same for what must be answered however many are reading: API keys, readiness. On a
        server it has connections of its own."""
        ...

    def load(self, wanted: Wanted, now: Instant | None = None) -> Loaded:
        """What a decision loads, for whoever only reads."""
        ...

    def accounts(self, platform: str, after: str = "", limit: int | None = None) -> Iterator[str]:
        """The keys of a platform's accounts that come after a key, in order."""
        ...

    def lines(
        self, account: str, after: int = 0, limit: int | None = None, newest: bool = False
    ) -> Sequence[JournalLine]:
        """Lines with ``seq > after`` in order; or the `newest` ones with ``seq < after``."""
        ...

    def holds(self, account: str, open_only: bool = True) -> list[Hold]:
        """The holds of an account: the open ones by expiry, or all in the order of their ids."""
        ...

    def refusals(
        self, platform: str, after: tuple[str, str] = ("", ""), limit: int | None = None
    ) -> list[tuple[str, RefusedRow]]:
        """The refusals a platform remembers that come after an account's key and a request's,
        in that order."""
        ...

    def check(self) -> None:
        """Raise `StoreError` when the database is no longer where it was opened."""
        ...

    def close(self) -> None:
        """Let go of the database; what was answered is in it."""
        ...


class Publications(Protocol):
    """The platforms of a database and the catalogs they published."""

    def writing(self) -> AbstractContextManager[None]:
        """One durable transaction about platforms, one at a time in the whole database;
        committed when the block ends, rolled back when it raises."""
        ...

    def platform(self, platform: str) -> PlatformRow | None: ...

    def platforms(self) -> list[str]: ...

    def add_platform(self, row: PlatformRow) -> None: ...

    def set_clock(self, platform: str, at: Instant | None) -> None: ...

    def add_catalog(self, published: Published, source: str) -> None: ...

    def catalogs(self, platform: str, after: int = 0) -> list[Published]:
        """The versions a platform published after this one, in order."""
        ...

    def catalog_source(self, platform: str, version: int) -> str:
        """The file a catalog version was published from."""
        ...


class Schedule(Protocol):
    """What the clockwork needs: which accounts are due, and who is at work."""

    def due(
        self,
        bucket: int,
        now: Instant,
        after: tuple[Instant, str],
        limit: int,
        platform: str | None = None,
    ) -> list[tuple[str, Instant]]:
        """Accounts of a bucket that are due at `now`, and since when; those that come after an
        instant and a key, in that order. Hold time-outs are not among them."""
        ...

    def timed_out(
        self, platform: str, now: Instant, after: str, limit: int
    ) -> list[tuple[str, Instant]]:
        """Accounts of a platform that come after a key and have open holds with
        ``expires_at <= now``, and since when."""
        ...

    def seats(self) -> list[Seat]: ...

    def take_seat(self, seat: Seat) -> None:
        """Write down who is at work; inside `writing`."""
        ...


class Timekeeping(Protocol):
    """What a database knows of the time, beside what it is told."""

    own_clock: bool
    """Whether it has a clock of its own; otherwise it knows the newest instant written to it."""

    def known_time(self) -> KnownTime:
        """What it knows; inside a transaction."""
        ...

    def note_time(self, known: KnownTime) -> None:
        """Write what is known by now, inside a transaction that writes; a database with a clock of
        its own has nothing to note."""
        ...


class Access(Protocol):
    """API keys, and the answers that requests about a whole platform were given."""

    def api_key(self, id: str) -> ApiKeyRow | None: ...

    def api_keys(self, platform: str) -> list[ApiKeyRow]: ...

    def add_api_key(self, row: ApiKeyRow) -> None: ...

    def revoke_api_key(self, id: str, at: Instant) -> None: ...

    def platform_request(self, platform: str, key: str) -> AnsweredRow | None: ...

    def platform_requests(self, platform: str) -> list[AnsweredRow]: ...

    def add_platform_request(self, platform: str, row: AnsweredRow) -> None: ...


class Archive(Protocol):
    """What archiving the older lines of journals needs. Deciding needs none of it."""

    def checkpoint(self, account: str) -> Checkpoint | None:
        """Where the journal of an account begins; None where it has every line."""
        ...

    def last_before(self, account: str, at: Instant) -> int:
        """The seq of the last line that is older than an instant; the seq before the first line
        if none is. It is found by halves: time never runs back from one line to the next."""
        ...

    def remove(self, moves: Sequence[Move]) -> set[str]:
        """Move checkpoints on and remove the lines before them, in one durable transaction of
        its own; the accounts for which that was done. An account (each stands there once) whose
        checkpoint somebody else has moved meanwhile is left alone."""
        ...

    def stale_refusals(self, platform: str, bucket: int, before: Instant, limit: int) -> list[str]:
        """The accounts of a bucket that are remembered refusals from before an instant."""
        ...

    def forget_refusals(self, account: str, before: Instant) -> bool:
        """Forget the refusals of an account from before an instant, a step of them in one durable
        transaction of its own; whether more are left to forget."""
        ...

    def vacuum(self) -> None:
        """Give the room of what was removed back, as far as this database can."""
        ...


class Evidence(Protocol):
    """What verifying holds against the journal."""

    def strays(self, platform: str) -> list[str]:
        """Keys that have rows of an account but no account: there are none unless rows were
        lost."""
        ...

    def opened(self, platform: str) -> int | None:
        """How many accounts were opened, counted as they were; None where the count is gone."""
        ...

    def changed_schema(self) -> list[str] | None:
        """What is not as the migrations make it: tables, columns, indexes, triggers ...; None
        where it cannot be compared. Outside of any transaction."""
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


class Store(
    Ledger,
    Pages,
    Publications,
    Schedule,
    Timekeeping,
    Access,
    Archive,
    Snapshots,
    Evidence,
    Protocol,
):
    """A database. Every method raises `StoreError` when it cannot be used."""


def account_key(platform: str, account: str) -> str:
    """The key of an account's rows; a platform's name has no slash."""
    return f"{platform}/{account}"


BUCKETS = 64


def bucket_of(key: str) -> int:
    """Which of the 64 buckets an account is in: the clockwork divides its work by them."""
    return crc32(key.encode()) % BUCKETS


def split_key(key: str) -> tuple[str, str]:
    platform, _, account = key.partition("/")
    return platform, account


def keys_of(platform: str | None) -> tuple[str, str]:
    """The range of a platform's account keys ("0" is the character after "/"), or of all."""
    if platform is None:
        return "", "\U0010ffff"
    return f"{platform}/", f"{platform}0"
