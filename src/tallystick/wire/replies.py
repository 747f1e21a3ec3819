"""What only replies have: pages of lists, and the answers of a batch."""

from typing import Any

from .. import results
from ..results import Result


class AccountPage(Result, frozen=True, kw_only=True):
    """Ids of accounts, in order; `next` is the cursor of the page that follows, if any does."""

    accounts: tuple[str, ...]
    next: str | None


class EntryPage(Result, frozen=True, kw_only=True):
    """Ledger entries of an account; `next` is the cursor of the page that follows, if any does."""

    account: str
    seq: int
    entries: tuple[results.Entry, ...]
    next: str | None


class HoldPage(Result, frozen=True, kw_only=True):
    """The open holds of an account, those that time out first at the top; `next` is the cursor of
    the page that follows, if any does."""

    account: str
    seq: int
    holds: tuple[results.HoldView, ...]
    next: str | None


class UsagePage(Result, frozen=True, kw_only=True):
    """Charges of an account; `next` is the cursor of the page that follows, if any does. A page
    that was looked for long enough ends with fewer than `limit`, and has a next one."""

    account: str
    seq: int
    charges: tuple[results.UsageLine, ...]
    next: str | None


class BatchAnswer(Result, frozen=True, kw_only=True):
    """What one command came to: its `result`, or the `problem` that kept it from having one."""

    status: int
    result: Any
    problem: Any


class BatchReply(Result, frozen=True, kw_only=True):
    """One answer for each command, in order."""

    answers: tuple[BatchAnswer, ...]


class KeyView(Result, frozen=True, kw_only=True):
    """The API key a request came with."""

    id: str
    platform: str
    name: str
    scopes: tuple[str, ...]


class Health(Result, frozen=True, kw_only=True):
    """The process is up."""

    status: str


class Readiness(Result, frozen=True, kw_only=True):
    """Whether requests are answered now, and if not, what is missing; and what is worth a word
    although they are."""

    ready: bool
    not_ready: tuple[str, ...]
    notes: tuple[str, ...] = ()
