"""Refusals in a SQLite file: remembered, tallied and forgotten in the transaction at hand."""

from collections.abc import Callable, Collection, Iterable
from itertools import groupby
from typing import TypeAlias

import apsw

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

Run: TypeAlias = Callable[..., apsw.Cursor]
"""Runs a statement, by its name and its values, on the connection at hand."""


def remember(run: Run, refusals: Iterable[tuple[str, RefusedRow]]) -> None:
    """Add refusals; where an account has too many by that, its oldest ones go."""
    by_account = sorted(refusals, key=lambda each: each[0])
    for account, group in groupby(by_account, key=lambda each: each[0]):
        rows = [(row.key, row.at, row.request_hash, pack(row.refusal)) for _, row in group]
        for row in rows:
            run("refuse", account, *row)
        tally = _tally(run, account).also(tally_of(account, rows))
        before = kept_since(max(row[1] for row in rows))
        if tally.is_full(before):
            tally = _without_the_oldest(run, account, tally, before, {row[0] for row in rows})
        put_tally(run, account, tally)


def forget(run: Run, account: str, before: Instant) -> bool:
    """Forget the refusals from before an instant, a step of them; whether more are left."""
    tally = _tally(run, account)
    if not tally.is_full(before):
        return False
    tally = _without_the_oldest(run, account, tally, before)
    put_tally(run, account, tally)
    return tally.is_full(before)


def _without_the_oldest(
    run: Run, account: str, tally: Tally, before: Instant, new: Collection[str] = ()
) -> Tally:
    oldest: list[RefusalRow] = list(run("oldest_refusals", account, STEP_REFUSALS))
    gone = to_forget(oldest, tally.count, before, new)
    for row in gone:
        run("forget_refusal", account, row[0])
    since = next(run("oldest_refusal", account))[0]
    return tally.without(tally_of(account, gone), since)


def _tally(run: Run, account: str) -> Tally:
    return read_tally(next(run("refusal_tally", account), None))


def put_tally(run: Run, account: str, tally: Tally) -> None:
    digest = tally.digest.to_bytes(16, "big")
    run("put_tally", account, bucket_of(account), tally.count, digest, tally.oldest_at)
