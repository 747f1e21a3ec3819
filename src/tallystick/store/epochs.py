"""Epochs: how a new one is named, and why one begins (`docs/operating/files.md`)."""

import os
from collections.abc import Sequence

from ..core.instants import words
from .epoch_file import EpochHead, Position
from .records import FIRST_EPOCH, EpochRow

COPIED = "the file was copied or moved here, or the -epoch file beside it was removed"
REPLACED = "this file was put in the place of another one"


def new_mark() -> str:
    """16 characters by chance."""
    return os.urandom(8).hex()


def name_of(number: int, mark: str) -> str:
    """The name of an epoch in answers: ``e1``, then ``e2-7f2a41c9``."""
    return FIRST_EPOCH if number == 1 else f"e{number}-{mark[:8]}"


def why_new(
    current: EpochRow | None, head: EpochHead | None, inode: int, lost: Position, fresh: bool
) -> str | None:
    """Why a database that is being opened begins a new epoch; None if it goes on in its own.

    `head` is what the epoch file beside it says, None where there is none; `lost` what that file
    knows of and the database does not have; `fresh` are databases that had no epoch before.
    """
    if head is None:
        return None if fresh else COPIED
    if fresh or current is None or head.mark != current.mark:
        return REPLACED
    if any(lost):
        are = "is" if sum(lost) == 1 else "are"
        return (
            f"{lost_words(lost)} that had been acknowledged {are} missing: an older copy was put "
            "in its place, or its -wal file was removed"
        )
    return None if head.inode == inode else COPIED


def remarks(rows: Sequence[EpochRow], unwatched: str | None = None) -> tuple[str, ...]:
    """Notes about epochs that began for a reason, and about what could go unnoticed."""
    begun = [
        f"epoch {row.epoch} began at {words(row.began_at)}: {row.reason}"
        for row in rows
        if row.reason
    ]
    return (*begun, *([unwatched] if unwatched else []))


def lost_words(lost: Position) -> str:
    """``41 entries and 1 other write``."""
    entries = f"{lost.entries:,} entries" if lost.entries != 1 else "1 entry"
    others = f"{lost.writes:,} other writes" if lost.writes != 1 else "1 other write"
    return " and ".join(text for count, text in zip(lost, (entries, others), strict=True) if count)
