"""Queries: everything that can be asked without changing an account, as values.

Like commands they say what is wanted, not how: a transport in this process has an engine answer
them, the HTTP transport sends them to a server. A `Change` changes the platform, never an account.
"""

from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from .api_keys import DEFAULT_SCOPES
from .commands import Command, When
from .credits import Number
from .instants import Instant


class Query(Struct, frozen=True, kw_only=True):
    """Something asked of a platform."""


class Change(Query, frozen=True, kw_only=True):
    """Something that changes the platform. An idempotency `key` makes it safe to repeat."""

    key: str | None = None


class QuoteFor(Query, frozen=True):
    """What a generation costs: for an account, on a plan, or at the list price. The `tool` is named
    where models of several tools have the model's name."""

    model: str
    params: dict[str, Any] = {}
    outputs: int = 1
    account: str | None = None
    plan: str | None = None
    tool: str | None = None


class Preview(Query, frozen=True):
    """What `command` would do, without doing it."""

    command: Command


class AccountOf(Query, frozen=True):
    """One account, with its members and its subscription."""

    account: str


class Accounts(Query, frozen=True):
    """Up to `limit` accounts, in the order of their ids, that come `after` an id."""

    after: str | None = None
    limit: int = 100


class BalanceOf(Query, frozen=True):
    """The balance of an account now, or `as_of` an instant."""

    account: str
    as_of: When | None = None


class EntriesOf(Query, frozen=True):
    """Up to `limit` entries that come `after` a seq; or the `newest` ones."""

    account: str
    after: int = 0
    limit: int = 100
    newest: bool = False


class ReceiptOf(Query, frozen=True):
    """The receipt of a charge, by its id (``r12``) or by the id of its hold (``h9``)."""

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
    """The catalog in force `at` an instant, or of a `version`; else the one in force now.

    Without `costs` its file does not say what the rates cost the operator.
    """

    at: When | None = None
    version: int | None = None
    costs: bool = True


class Prices(Query, frozen=True):
    """The price page of a catalog, which is named as in `CatalogOf`."""

    at: When | None = None
    version: int | None = None


class Publish(Change, frozen=True, kw_only=True):
    """Publish the catalog whose text is `source`, in force from `effective_at` (None: now).

    `name` is what errors call the text, `by` is who publishes it. A `dry_run` only says what would
    change.
    """

    source: str
    name: str = "catalog.yaml"
    effective_at: When | None = None
    dry_run: bool = False
    by: str | None = None


class Withdraw(Change, frozen=True, kw_only=True):
    """Withdraw the catalog `version` that is only scheduled: it never comes into force."""

    version: int


class Rollback(Change, frozen=True, kw_only=True):
    """Publish an earlier catalog `version` again, in force from `effective_at` (None: now).

    `by` is who publishes it. A `dry_run` only says what would change.
    """

    version: int
    effective_at: When | None = None
    dry_run: bool = False
    by: str | None = None


class ApiKeys(Query, frozen=True):
    """The API keys of the platform, those that have ended too."""


class CreateApiKey(Change, frozen=True, kw_only=True):
    """Make an API key with a `name` and `scopes`, which ends by itself at `expires_at` if that is
    given; `by` is who makes it."""

    name: str = "default"
    scopes: Sequence[str] = DEFAULT_SCOPES
    expires_at: When | None = None
    by: str | None = None


class RotateApiKey(Change, frozen=True, kw_only=True):
    """Make an API key in the place of the one with this `id`, which goes on for the `overlap`."""

    id: str
    overlap: When = "24h"
    by: str | None = None


class RevokeApiKey(Change, frozen=True, kw_only=True):
    """End the API key with this `id` for good."""

    id: str
    by: str | None = None


class EstimateFor(Query, frozen=True):
    """What `lines` of work cost on a plan over `days`, with a `buffer` (``0.2`` or ``"20%"``)."""

    lines: Sequence[Any]
    days: int = 1
    buffer: Number = 0
    plan: str | None = None
    tool: str | None = None


class CapacityOf(Query, frozen=True):
    """How much the credits of a plan's package make in a month, of one `tool` or of all."""

    plan: str
    package: Number | None = None
    tool: str | None = None


class ClockOf(Query, frozen=True):
    """The platform's clock, and whether it is a test clock."""


class MoveClock(Change, frozen=True, kw_only=True):
    """Move a test clock forward: `to` an instant, or `by` a duration."""

    to: When | None = None
    by: Any = None


class Verify(Query, frozen=True):
    """Prove the ledger of the platform, or of `every_platform`, from its journal.

    `archive` is where archived entries are, and `progress` is called while it runs.
    """

    every_platform: bool = False
    progress: Any = None
    archive: Any = None
    expect: Any = None
