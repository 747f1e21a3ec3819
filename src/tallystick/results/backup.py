"""What a backup has, and what came of restoring one."""

from datetime import datetime

from . import Result
from .verification import Finding


class OfLedger(Result, frozen=True, kw_only=True):
    """What a ledger has: how many platforms, accounts and entries, and the head over all."""

    platforms: int
    accounts: int
    entries: int
    head: str


class BackedUp(OfLedger, frozen=True, kw_only=True):
    """A backup of the database `db` in `file`, with its head in `head_file`; `epoch` is the one
    that the database was in. Nothing was written where there are `problems`."""

    db: str
    file: str
    head_file: str
    epoch: str
    taken_at: datetime
    problems: tuple[Finding, ...] = ()

    def __bool__(self) -> bool:
        return not self.problems


class Restored(OfLedger, frozen=True, kw_only=True):
    """A database that was restored from `file`, and the `epoch` that began with it, with the
    `reason`; where the database is that was there before, if one was. Nothing was restored where
    there are `problems`."""

    file: str
    db: str
    epoch: str
    reason: str
    before: str | None = None
    problems: tuple[Finding, ...] = ()

    def __bool__(self) -> bool:
        return not self.problems
