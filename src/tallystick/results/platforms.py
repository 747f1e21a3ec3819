"""What concerns a whole platform: catalogs, its clock, its keys."""

from datetime import datetime

from .base import Result


class CatalogView(Result, frozen=True, kw_only=True):
    """A published catalog version, with the file it was published from. `published_at` is when it
    was published, `published_by` who did as they said, and `published_key` the name of the API key
    that bears it out; each None where it was not noted."""

    platform: str
    name: str
    version: int
    effective_at: datetime
    newest: int
    time_zone: str
    models: int
    plans: int
    source: str
    standing: str = "in_force"
    withdrawn_at: datetime | None = None
    published_at: datetime | None = None
    published_by: str | None = None
    published_key: str | None = None


class Publication(Result, frozen=True, kw_only=True, omit_defaults=True):
    """A catalog version that was published, or would be (`dry_run`), and what it changes.

    `changes` are from the version that would be in force then without it. It `replaces` the
    versions that were scheduled for the same instant, and ends when `next_version` comes into
    force, at `next_at`, if one is scheduled. `warnings` are about what is allowed in the catalog
    and hardly ever meant. `published_at` is when it was published, and `published_by` who said
    they did.
    """

    platform: str
    version: int
    effective_at: datetime
    changes: tuple[str, ...]
    dry_run: bool
    replaces: tuple[int, ...] = ()
    warnings: tuple[str, ...] = ()
    next_version: int | None = None
    next_at: datetime | None = None
    published_at: datetime | None = None
    published_by: str | None = None


class Withdrawal(Result, frozen=True, kw_only=True):
    """A scheduled catalog version that was withdrawn: what was to come into force at `effective_at`
    does not, and the version `instead` is in force then."""

    platform: str
    version: int
    effective_at: datetime
    withdrawn_at: datetime
    instead: int


class ClockView(Result, frozen=True, kw_only=True):
    """What time it is for a platform, and the zone of its days and cycles; a `test` clock stands
    until it is moved."""

    platform: str
    at: datetime
    test: bool
    time_zone: str = "UTC"


class ApiKeyView(Result, frozen=True, kw_only=True):
    """An API key as a list shows it: never its secret. It ends by itself at `expires_at`, was used
    last in the hour that begins at `last_used_at`, and takes the place of the key `replaces`."""

    id: str
    platform: str
    name: str
    scopes: tuple[str, ...]
    created_at: datetime
    revoked_at: datetime | None = None
    created_by: str | None = None
    created_key: str | None = None
    expires_at: datetime | None = None
    last_used_at: datetime | None = None
    revoked_by: str | None = None
    revoked_key: str | None = None
    replaces: str | None = None


class NewApiKey(ApiKeyView, frozen=True, kw_only=True):
    """A key just made. `api_key` is shown this once and cannot be read again."""

    api_key: str
