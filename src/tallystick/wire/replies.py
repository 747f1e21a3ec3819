"""Shapes that only replies have: pages of lists, and the answers of a batch."""

from typing import Any

from .. import results
from ..results import Result


class AccountPage(Result, frozen=True, kw_only=True):
    """Ids of accounts, in order; `next` is the cursor of the next page, if there is one."""

    accounts: tuple[str, ...]
    next: str | None


class EntryPage(Result, frozen=True, kw_only=True):
    """Ledger entries of an account; `next` is the cursor of the next page, if there is one."""

    account: str
    seq: int
    entries: tuple[results.Entry, ...]
    next: str | None


class HoldPage(Result, frozen=True, kw_only=True):
    """The open holds of an account, the first to time out at the top; `next` is the cursor of the
    next page, if there is one."""

    account: str
    seq: int
    holds: tuple[results.HoldView, ...]
    next: str | None


class UsagePage(Result, frozen=True, kw_only=True):
    """Charges of an account; `next` is the cursor of the next page, if there is one. A page that
    took long to search may hold fewer charges than `limit` and still have a next one."""

    account: str
    seq: int
    charges: tuple[results.UsageLine, ...]
    next: str | None


class BatchAnswer(Result, frozen=True, kw_only=True):
    """The answer to one command: its `result`, or the `problem` that prevented it."""

    status: int
    result: Any
    problem: Any


class BatchReply(Result, frozen=True, kw_only=True):
    """One answer for each command, in order."""

    answers: tuple[BatchAnswer, ...]


class KeyView(Result, frozen=True, kw_only=True):
    """The API key that the request was sent with."""

    id: str
    platform: str
    name: str
    scopes: tuple[str, ...]


class KeyList(Result, frozen=True, kw_only=True):
    """The API keys of the platform, the oldest first."""

    keys: tuple[results.ApiKeyView, ...]


class Health(Result, frozen=True, kw_only=True):
    """The process is running."""

    status: str


class Readiness(Result, frozen=True, kw_only=True):
    """Whether requests are answered now, and what is missing if not. `notes` are about what is not
    wrong and should be known."""

    ready: bool
    not_ready: tuple[str, ...]
    notes: tuple[str, ...] = ()
