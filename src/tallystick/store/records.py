"""The values that pass through a store, and the keys that its rows are found by."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import Any, NamedTuple
from zlib import crc32

from msgspec import Struct

from ..core.account import Account
from ..core.checkpoint import Checkpoint
from ..core.holds import Hold
from ..core.instants import Instant
from ..core.journal import JournalEntry
from .refusals import Tally

FIRST_EPOCH = "e1"


class EpochRow(Struct, frozen=True, gc=False):
    """A stretch of the ledger's life without a restore.

    Epochs are counted from 1 (`number`), and `epoch` is the name that answers carry. `mark` tells
    two of one number apart, as a copy may begin the same number again. It `began_at` that instant;
    `reason` says why, and is empty for the first.
    """

    number: int
    epoch: str
    mark: str
    began_at: Instant
    reason: str = ""


class PlatformRow(Struct, frozen=True, gc=False):
    """A `platform`, by its id.

    `secret` signs its quotes and catalogs. `catalogs` is how many catalog versions it has published
    and withdrawn. `clock_at` is its test clock; None for a platform in real time. `epoch` is
    the epoch that the database is in, the same for all platforms.
    """

    platform: str
    secret: bytes
    catalogs: int
    clock_at: Instant | None = None
    epoch: str = FIRST_EPOCH


class ApiKeyRow(Struct, frozen=True, gc=False):
    """An API key of a `platform`, by its public `id`, with the `name` that people gave it.

    `hash` is the hash of its secret, which is stored nowhere. `scopes` are what it opens, with
    spaces between. It was made at `created_at` by `created_by`, with the key named `created_key`,
    in the place of the key whose id `replaces` is. It was revoked at `revoked_at` (None: it is in
    force) by `revoked_by`, with the key named `revoked_key`. It ends by itself at `expires_at`, and
    was used last in the hour that began at `last_used_at`.
    """

    id: str
    platform: str
    name: str
    hash: bytes
    scopes: str
    created_at: Instant
    revoked_at: Instant | None = None
    expires_at: Instant | None = None
    last_used_at: Instant | None = None
    created_by: str | None = None
    created_key: str | None = None
    revoked_by: str | None = None
    revoked_key: str | None = None
    replaces: str | None = None


class AnsweredRow(Struct, frozen=True, gc=False):
    """The `answer` (JSON, byte for byte) that a request about a whole platform was given `at` an
    instant under its idempotency `key`. `request_hash` tells whether it is asked the same again."""

    key: str
    at: Instant
    request_hash: bytes
    answer: bytes


class WorkerSlot(Struct, frozen=True, gc=False):
    """The place of one worker of the scheduler: its number (`slot`, from 0), its name (`worker`),
    and the instant `until` which it counts as being at work."""

    slot: int
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
    """An `account` as last written, and `head`, the hash of its last entry (32 bytes)."""

    account: Account
    head: bytes


class RefusedRow(Struct, frozen=True, gc=False):
    """The `refusal` (JSON) that an idempotency `key` was answered with `at` an instant, so that the
    same key gives the same answer. `request_hash` tells whether it is asked the same again."""

    key: str
    at: Instant
    request_hash: bytes
    refusal: bytes


class Wanted(Struct):
    """The rows that a batch needs: of `platforms` by id, of `accounts` by account key, and the
    rest by account key and what names it there: answers by idempotency key (`keys`), `holds` by id,
    spent `quotes` by id, `entries` by seq, and what became of `grants` by theirs."""

    accounts: list[str]
    platforms: list[str] = []
    keys: list[tuple[str, str]] = []
    holds: list[tuple[str, int]] = []
    quotes: list[tuple[str, str]] = []
    entries: list[tuple[str, int]] = []
    grants: list[tuple[str, int]] = []


class Loaded(Struct):
    """What was found of it, by the same keys: `platforms`, `accounts`, `holds` and `entries` as
    rows, what was `answered` under idempotency keys, and the seqs that spent `quotes`. `due` has
    for each account its open holds with ``expires_at <= now``. `of_grants` are the entries that
    took credits of a grant otherwise than by spending them.

    `stamps` are what the row of each account is compared by when it is written: whoever writes
    it, and whoever remembers a refusal for it, changes its stamp. An account without one has no
    row. They mean something to the store only.

    `database_at` is what the database itself bears out of the time, by platform, as it was when
    the platform's row was read: see `KnownTime.at`.
    """

    platforms: dict[str, PlatformRow]
    accounts: dict[str, StoredAccount]
    stamps: dict[str, int]
    answered: dict[tuple[str, str], JournalEntry | RefusedRow]
    holds: dict[tuple[str, int], Hold]
    quotes: dict[tuple[str, str], int]
    entries: dict[tuple[str, int], JournalEntry]
    due: dict[str, list[Hold]]
    database_at: dict[str, Instant] = {}
    of_grants: dict[tuple[str, int], list[JournalEntry]] = {}


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
    """What one transaction writes, and the `stamps` that were read before it was decided.

    `accounts` are written as they stand, by account key; `entries` are appended to their journals,
    and `refusals` remembered, each with its account key. `holds` are written by account key and id.
    `snapshots` are accounts as they were after a certain entry, to answer for the past.
    """

    stamps: dict[str, int]
    accounts: dict[str, StoredAccount] = {}
    entries: list[tuple[str, JournalEntry]] = []
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
            stamps=self.stamps,
            accounts={key: stored for key, stored in self.accounts.items() if key in accounts},
            entries=[each for each in self.entries if each[0] in accounts],
            holds={ids: hold for ids, hold in self.holds.items() if ids[0] in accounts},
            refusals=[each for each in self.refusals if each[0] in accounts],
            snapshots=[each for each in self.snapshots if each[0] in accounts],
        )


def together(batches: Sequence[Batch]) -> Batch:
    """Batches about different accounts as one."""
    if len(batches) == 1:
        return batches[0]
    whole = Batch({})
    for each in batches:
        whole.stamps.update(each.stamps)
        whole.accounts.update(each.accounts)
        whole.entries += each.entries
        whole.holds.update(each.holds)
        whole.refusals += each.refusals
        whole.snapshots += each.snapshots
    return whole


class Move(Struct, frozen=True):
    """The `checkpoint` of an `account` (its key), moved on: the entries up to its seq go. `before`
    is the seq of the checkpoint that it follows, 0 where there was none."""

    account: str
    before: int
    checkpoint: Checkpoint


class Unwritten(Struct, frozen=True, gc=False):
    """The accounts of a batch that were not written, whole: all the others were.

    `conflicted` accounts were written by another process first. Of the `unknown` ones nobody can
    tell: the connection was lost while they were being written, and others have written since.
    """

    conflicted: frozenset[str] = frozenset()
    unknown: frozenset[str] = frozenset()


def account_key(platform: str, account: str) -> str:
    """The key of an account's rows; a platform's name has no slash."""
    return f"{platform}/{account}"


BUCKETS = 64


def bucket_of(key: str) -> int:
    """Which of the 64 buckets an account is in: the scheduler divides its work by them."""
    return crc32(key.encode()) % BUCKETS


def split_key(key: str) -> tuple[str, str]:
    platform, _, account = key.partition("/")
    return platform, account


def keys_of(platform: str | None) -> tuple[str, str]:
    """The range of a platform's account keys ("0" is the character after "/"), or of all."""
    if platform is None:
        return "", "\U0010ffff"
    return f"{platform}/", f"{platform}0"


class Spread(NamedTuple):
    """Into how many `shards` accounts are cut, and the tables that were `moved` just now."""

    shards: int
    moved: tuple[str, ...]
