"""Writes: a batch as statements over whole columns, all in one transaction and one round trip.

Every row of an account that is written gets the batch's own stamp, a random number; entries, holds
and refusals are written beside an account that has it. So an account that somebody else wrote
first is left out, whole, without another question to the database.
"""

import os
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ...core.account import Account, next_due
from ..records import Batch, StoredAccount, bucket_of
from ..rows import encode, entry_row
from . import refusals
from .arrays import Bigints, Blobs, Texts
from .pipeline import Statement, Values
from .session import SQL
from .sharding import Layout

SLOTS = 256
"""In how many rows of a shard the accounts of a platform are counted, so that processes seldom wait
for one another there."""

_ENTRY = (
    ("accounts", Texts),
    ("seqs", Bigints),
    ("ats", Bigints),
    ("events", Texts),
    ("postings", Texts),
    ("befores", Bigints),
    ("afters", Bigints),
    ("keys", Texts),
    ("requests", Blobs),
    ("quotes", Texts),
    ("tools", Texts),
    ("models", Texts),
    ("members", Texts),
    ("credits", Bigints),
    ("quantities", Bigints),
    ("hashes", Blobs),
)
_HOLD = (
    ("accounts", Texts),
    ("holds", Bigints),
    ("statuses", Texts),
    ("expiries", Bigints),
    ("documents", Texts),
)
_ACCOUNT = (
    ("accounts", Texts),
    ("versions", Bigints),
    ("states", Texts),
    ("heads", Blobs),
    ("dues", Bigints),
    ("buckets", Bigints),
)
_SNAPSHOT = (("accounts", Texts), ("seqs", Bigints), ("documents", Texts))
Columns = Sequence[tuple[str, type[Texts] | type[Blobs] | type[Bigints]]]


class _NewAccount(NamedTuple):
    """The values of one row."""

    account: str
    version: int
    state: str
    head: bytes
    due_at: int | None
    bucket: int
    stamp: int


def accounts(sql: Mapping[str, bytes], batch: Batch, stamp: int) -> list[Statement]:
    """The statements that write the accounts; each gives back the ones it wrote."""
    changed = {key: _row(key, stored) for key, stored in batch.accounts.items()}
    refused = {account for account, _ in batch.refusals} - changed.keys()
    updated = sorted(key for key in changed if key in batch.stamps)
    stamped = sorted(key for key in refused if key in batch.stamps)
    added = sorted(changed[key] for key in changed if key not in batch.stamps)
    found: list[Statement] = []
    if updated:
        rows = _columns(_ACCOUNT, [changed[key] for key in updated])
        found.append((SQL["update_accounts"], {**rows, **_read(batch, updated), "stamp": stamp}))
    if stamped:
        rows = {"accounts": Texts(stamped)}
        found.append((SQL["stamp_accounts"], {**rows, **_read(batch, stamped), "stamp": stamp}))
    if added:
        found += _inserted(sql, added, stamp)
    return found


def _inserted(
    sql: Mapping[str, bytes], added: Sequence[Sequence[Any]], stamp: int
) -> list[Statement]:
    if "insert_account" not in sql:
        return [(sql["insert_accounts"], {**_columns(_ACCOUNT, added), "stamp": stamp})]
    return [
        (
            sql["insert_account"],
            _NewAccount(
                account=key,
                version=version,
                state=state.decode(),
                head=head,
                due_at=due_at,
                bucket=bucket,
                stamp=stamp,
            )._asdict(),
        )
        for key, version, state, head, due_at, bucket in added
    ]


def rest(batch: Batch, stamp: int) -> list[Statement]:
    """The statements that write what stands beside the accounts. Where there are refusals the
    last one gives back their tallies."""
    entries = [entry_row(account, entry) for account, entry in batch.entries]
    holds = [
        (account, hold.id, hold.status, hold.expires_at, encode(hold))
        for (account, _), hold in batch.holds.items()
    ]
    found: list[Statement] = [
        (SQL[name], {**_columns(columns, sorted(rows, key=_by_account)), "stamp": stamp})
        for name, columns, rows in (("append", _ENTRY, entries), ("put_holds", _HOLD, holds))
        if rows
    ]
    if batch.snapshots:
        rows = snapshot_columns(batch.snapshots)
        found.append((SQL["put_snapshots"], {**rows, "stamp": stamp}))
    return found + refusals.statements(batch.refusals, stamp) if batch.refusals else found


def snapshot_columns(snapshots: Sequence[tuple[str, Account]]) -> dict[str, Any]:
    """The columns of snapshots, in the order of their keys."""
    rows = [(key, account.seq, encode(account)) for key, account in snapshots]
    return _columns(_SNAPSHOT, sorted(rows, key=_by_account))


def counts(batch: Batch, layout: Layout, stamp: int) -> list[Statement]:
    """The statements that count the accounts which a batch adds; the last ones before its commit,
    as other processes may count in the same row."""
    found: list[Statement] = []
    for platform, keys in batch.opened().items():
        place = layout.place(platform, layout.shards.of(keys[0]))
        slot = {"place": place, "slot": os.getpid() % SLOTS}
        found.append((SQL["make_slot"], slot))
        found.append((SQL["count_opened"], {**slot, "accounts": Texts(keys), "stamp": stamp}))
    return found


def _row(key: str, stored: StoredAccount) -> tuple[Any, ...]:
    account = stored.account
    due_at = next_due(account)
    return key, account.seq, encode(account), stored.head, due_at, bucket_of(key)


def _by_account(row: Sequence[Any]) -> tuple[Any, Any]:
    return row[0], row[1]


def _read(batch: Batch, keys: Sequence[str]) -> Values:
    return {"read": Bigints([batch.stamps[key] for key in keys])}


def _columns(columns: Columns, rows: Sequence[Sequence[Any]]) -> dict[str, Any]:
    values = zip(*rows, strict=True)
    return {name: kind(column) for (name, kind), column in zip(columns, values, strict=True)}
