"""What every backend does, and the values that pass through.

An account's rows are found by its key, ``platform/account``: it is first in every key and in
every statement, so that any database which shards by it can run this.
"""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from ..core.catalog import Published
from ..core.checkpoint import Checkpoint
from ..core.errors import StoreError
from ..core.holds import Hold
from ..core.instants import Instant
from ..core.journal import JournalEntry
from .pages import Pages, Snapshots
from .records import (
    AnsweredRow,
    ApiKeyRow,
    Batch,
    EpochRow,
    KnownTime,
    Loaded,
    Move,
    PlatformRow,
    RefusedRow,
    Repeated,
    Unwritten,
    Wanted,
    WorkerSlot,
)


class Conflict(StoreError):
    """Others wrote an account first, as often as it was tried."""

    public = "others wrote this account first, as often as it was tried; ask again, same key"


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
    """How many queues the accounts are in. Commands of one queue are written together, queues in
    parallel."""
    parts: int
    """The most parts that a batch is worth cutting into."""

    def queue_of(self, account: str) -> int:
        """The number of the queue that an account's key is in, from 0."""
        ...

    def deciding(self, alone: Sequence[str] = ()) -> AbstractContextManager[Decision]:
        """Decide one batch in this block; it is durable when the block has ended. Nobody else can
        write the accounts in `alone` until then."""
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

    def entries(
        self, account: str, after: int = 0, limit: int | None = None, newest: bool = False
    ) -> Sequence[JournalEntry]:
        """Entries with ``seq > after`` in order; or the `newest` ones with ``seq < after``."""
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
        """Raise `StoreError` when the database cannot be read and written here any more: its
        files were touched, its disk is full, or a newer version has migrated it."""
        ...

    def epochs(self) -> list[EpochRow]:
        """The epochs of the database, the one in force last; inside `reading` or `writing`."""
        ...

    def begin_epoch(self, reason: str) -> EpochRow:
        """Begin a new epoch, in a durable transaction of its own."""
        ...

    def adopt_epochs(self, rows: Sequence[EpochRow]) -> None:
        """Take over the epochs of the database that this one is a copy of, in a durable
        transaction of its own."""
        ...

    def unwatched(self) -> str | None:
        """Why a restore of this database could go unnoticed; None where it could not."""
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

    def withdraw_catalog(self, platform: str, version: int, at: Instant) -> None:
        """Note that a scheduled version was withdrawn; inside `writing`."""
        ...

    def withdrawn_catalogs(self, platform: str) -> dict[int, Instant]:
        """The versions of a platform that were withdrawn, and when."""
        ...


class Schedule(Protocol):
    """What the scheduler needs to know: which accounts are due, and which workers are at work."""

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

    def worker_slots(self) -> list[WorkerSlot]: ...

    def take_worker_slot(self, slot: WorkerSlot) -> None:
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

    def revoke_api_key(self, id: str, at: Instant, by: str | None, api_key: str | None) -> None: ...

    def expire_api_key(self, id: str, at: Instant) -> None: ...

    def use_api_keys(self, ids: Sequence[str], at: Instant) -> None: ...

    def platform_request(self, platform: str, key: str) -> AnsweredRow | None: ...

    def platform_requests(self, platform: str) -> list[AnsweredRow]: ...

    def add_platform_request(self, platform: str, row: AnsweredRow) -> None: ...


class Archive(Protocol):
    """What archiving the older entries of journals needs. Deciding needs none of it."""

    def checkpoint(self, account: str) -> Checkpoint | None:
        """Where the journal of an account begins; None where it has every entry."""
        ...

    def last_before(self, account: str, at: Instant, stretch: tuple[int, int]) -> int:
        """The seq of the last entry that is older than an instant, among those from a seq on and
        before another one, where time never runs back (`Account.stretch`): it is found by
        halves. The seq before the first of them if none is; 0 where there are none."""
        ...

    def remove(self, moves: Sequence[Move]) -> set[str]:
        """Move checkpoints on and remove the entries before them, in one durable transaction of
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
    """What verification compares with the journal."""

    def heads(self, platform: str, after: str, limit: int) -> list[tuple[str, int, bytes]]:
        """The accounts of a platform that come after a key, in order: the key, the seq of the last
        line, and that line's hash."""
        ...

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
        """The versions that are no longer what was published, or whose withdrawal is not one."""
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
