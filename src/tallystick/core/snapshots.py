"""Snapshots: an account after one of its entries, for one entry in every 500.

Any instant of an account's past is then a snapshot and a few entries more. Snapshots are derived:
they can be dropped, and made again from the journal.
"""

from collections.abc import Iterable

EVERY = 500
"""Entries from one snapshot to the next."""


def passed(before: int, after: int) -> bool:
    """Whether the entries from `before` to `after` pass a multiple of `EVERY`: one is due."""
    return after // EVERY > before // EVERY


def first_missing(seqs: Iterable[int], begin: int, last: int) -> int | None:
    """The first multiple of `EVERY` behind which no snapshot stands, though one should: between
    `begin`, where the journal begins, and `last`, its last entry."""
    there = {seq // EVERY for seq in seqs}
    wanted = range(begin // EVERY + 1, last // EVERY + 1)
    return next((each * EVERY for each in wanted if each not in there), None)
