"""Queries: everything that can be asked without changing an account, as values.

Like commands they say what is wanted, not how: a transport in this process has an engine answer
them, the HTTP transport sends them to a server. A `Change` changes the platform, never an account.
"""

from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from .commands import Command, When
from .credits import Number
from .instants import Instant


class Query(Struct, frozen=True, kw_only=True):
    """Something asked of a platform."""


class Change(Query, frozen=True, kw_only=True):
    """Something that changes the platform; safe to repeat under a `key`."""

    key: str | None = None


class QuoteFor(Query, frozen=True):
    model: str
    params: dict[str, Any] = {}
    outputs: int = 1
    account: str | None = None
    plan: str | None = None


class Preview(Query, frozen=True):
    """What `command` would do, without doing it."""

    command: Command


class AccountOf(Query, frozen=True):
    account: str


class Accounts(Query, frozen=True):
    after: str | None = None
    limit: int = 100


class BalanceOf(Query, frozen=True):
    account: str
    as_of: When | None = None


class EntriesOf(Query, frozen=True):
    account: str
    after: int = 0
    limit: int = 100
    newest: bool = False


class ReceiptOf(Query, frozen=True):
    account: str
    receipt: str


class HoldsOf(Query, frozen=True):
    """The open holds that come `after` an expiry and an id; all of them without a `limit`."""

    account: str
    after: tuple[Instant, int] | None = None
    limit: int | None = None


class UsageOf(Query, frozen=True):
    """The charges that come `after` a seq; all of them without a `limit`."""

    account: str
    since: When | None = None
    until: When | None = None
    tool: str | None = None
    model: str | None = None
    member: str | None = None
    labels: dict[str, str] = {}
    after: int = 0
    limit: int | None = None


class CatalogOf(Query, frozen=True):
    at: When | None = None
    version: int | None = None


class Prices(Query, frozen=True):
    at: When | None = None
    version: int | None = None


class Publish(Change, frozen=True, kw_only=True):
    source: str
    name: str = "catalog.yaml"
    effective_at: When | None = None
    dry_run: bool = False


class EstimateFor(Query, frozen=True):
    lines: Sequence[Any]
    days: int = 1
    buffer: Number = 0
    plan: str | None = None


class CapacityOf(Query, frozen=True):
    plan: str
    package: Number | None = None


class ClockOf(Query, frozen=True):
    pass


class MoveClock(Change, frozen=True, kw_only=True):
    to: When | None = None
    by: Any = None


class Verify(Query, frozen=True):
    every_platform: bool = False
    progress: Any = None
    archive: Any = None
    expect: Any = None
