"""What went into an archive, or would."""

from datetime import datetime

from . import Result


class OfPlatform(Result, frozen=True, kw_only=True):
    """What was archived of a platform: the entries before an instant, of so many accounts."""

    platform: str
    before: datetime
    accounts: int
    lines: int


class Archived(Result, frozen=True, kw_only=True):
    """What was archived, or with `dry_run` what would be; the `files` that were written."""

    platforms: tuple[OfPlatform, ...]
    accounts: int
    lines: int
    files: tuple[str, ...]
    dry_run: bool
