"""Snapshots: an account after one of its entries, for one entry in every 500.

Any instant of an account's past is then a snapshot and a few entries more. Snapshots are derived:
they can be dropped, and made again from the journal.
"""

from collections.abc import Iterable

EVERY_ENTRIES = 500
"""Entries from one snapshot to the next."""


def passed(before: int, after: int) -> bool:
    """Whether a snapshot is due: `before` to `after` passes a multiple of `EVERY_ENTRIES`."""
    return after // EVERY_ENTRIES > before // EVERY_ENTRIES


def first_missing(seqs: Iterable[int], begin: int, last: int) -> int | None:
    """The first entry that should have a snapshot and has none: a multiple of `EVERY_ENTRIES`
    between `begin`, where the journal begins, and `last`, its last entry."""
    there = {seq // EVERY_ENTRIES for seq in seqs}
    wanted = range(begin // EVERY_ENTRIES + 1, last // EVERY_ENTRIES + 1)
    return next((each * EVERY_ENTRIES for each in wanted if each not in there), None)
