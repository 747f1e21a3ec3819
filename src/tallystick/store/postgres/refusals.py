"""Refusals on a server: remembered and tallied beside their account, forgotten a step at a time.

What is remembered is added to the tally in the batch's own transaction. What is forgotten goes in
another one, which first takes the tally's row: nobody else adds or forgets meanwhile.
"""

from collections.abc import Collection, Sequence
from itertools import groupby
from typing import Any, NamedTuple

from ...core.instants import Instant
from ..records import RefusedRow, bucket_of
from ..refusals import (
    STEP_REFUSALS,
    RefusalRow,
    Tally,
    kept_since,
    pack,
    tally_of,
    to_forget,
)
from ..rows import read_tally
from .arrays import Bigints, Blobs, Texts
from .pipeline import Rows, Statement
from .session import SQL, Session

Remembered = Sequence[tuple[str, RefusedRow]]


def statements(refusals: Remembered, stamp: int) -> list[Statement]:
    """The statements that remember refusals; the last one gives back the tallies (`full`)."""
    rows = [
        (account, row.key, row.at, row.request_hash, pack(row.refusal))
        for account, row in sorted(refusals, key=lambda each: (each[0], each[1].key))
    ]
    accounts, keys, ats, requests, packed = zip(*rows, strict=True)
    added = {
        "accounts": Texts(accounts),
        "keys": Texts(keys),
        "ats": Bigints(ats),
        "requests": Blobs(requests),
        "refusals": Blobs(packed),
        "stamp": stamp,
    }
    tallies = {
        account: tally_of(account, [row[1:] for row in group])
        for account, group in groupby(rows, key=lambda row: row[0])
    }
    return [(SQL["refuse"], added), (SQL["add_tallies"], {**_columns(tallies), "stamp": stamp})]


def _columns(tallies: dict[str, Tally]) -> dict[str, Any]:
    return {
        "accounts": Texts(tallies),
        "buckets": Bigints(map(bucket_of, tallies)),
        "counts": Bigints(tally.count for tally in tallies.values()),
        "digests": Texts(str(tally.digest) for tally in tallies.values()),
        "oldest": Bigints(tally.oldest_at for tally in tallies.values()),
    }


class Full(NamedTuple):
    """An account that is remembered too many refusals, or some from before an instant; and the
    keys of those that it was given just now."""

    account: str
    before: Instant
    new: Collection[str] = ()


def full(tallies: Rows, refusals: Remembered) -> list[Full]:
    """Of the tallies that were given back, those from which some are to go."""
    given: dict[str, dict[str, Instant]] = {}
    for account, row in refusals:
        given.setdefault(account, {})[row.key] = row.at
    found = []
    for account, count, oldest_at in tallies:
        before = kept_since(max(given[account].values()))
        if Tally(count, 0, oldest_at).is_full(before):
            found.append(Full(account, before, given[account].keys()))
    return found


def forget(session: Session, account: str, before: Instant, new: Collection[str] = ()) -> bool:
    """Forget an account's refusals from before an instant, and those beyond the most, a step of
    them; whether more are left. In the transaction of the session."""
    taken = session.run("take_tally", {"account": account})
    tally = read_tally(next(iter(taken), None))
    if not tally.is_full(before):
        return False
    oldest = session.run("oldest_refusals", {"account": account, "limit": STEP_REFUSALS})
    keys = Texts(row[0] for row in to_forget(oldest, tally.count, before, new))
    gone: list[RefusalRow] = session.run("forget_refusals", {"account": account, "keys": keys})
    since = session.run("oldest_refusal", {"account": account})[0][0]
    tally = tally.without(tally_of(account, gone), since)
    values = {"refusals": tally.count, "digest": str(tally.digest), "oldest_at": since}
    session.run("put_tally", {"account": account, **values})
    return tally.is_full(before)
