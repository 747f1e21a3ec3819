"""Snapshots: an account after one of its lines, for one line in every 500.

Any instant of an account's past is then a snapshot and a few lines more. Snapshots are derived:
they can be dropped, and made again from the journal.
"""

from collections.abc import Iterable

EVERY = 500
"""Lines from one snapshot to the next."""


def passed(before: int, after: int) -> bool:
    """Whether the lines from `before` to `after` pass a multiple of `EVERY`: a snapshot is due."""
    return after // EVERY > before // EVERY


def first_missing(seqs: Iterable[int], begin: int, last: int) -> int | None:
    """The first multiple of `EVERY` behind which no snapshot stands, though one should: between
    `begin`, where the journal begins, and `last`, its last line."""
    there = {seq // EVERY for seq in seqs}
    wanted = range(begin // EVERY + 1, last // EVERY + 1)
    return next((each * EVERY for each in wanted if each not in there), None)
