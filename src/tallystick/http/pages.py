"""Lists as pages: which part of a list a reply carries, and where the next one begins."""

from collections.abc import Callable
from typing import Any, TypeAlias

from .. import results
from ..core import queries
from ..engine import Engine, balances
from ..results import ApiKeyView
from ..service import handlers, lists
from ..wire import cursors, replies

Page: TypeAlias = Callable[[Engine, str], Any]
"""Reads the answer of a platform."""


def wanted(query: queries.Query) -> Page:
    """How a query is answered over HTTP: as it is, or as a page of its list."""
    paged = _PAGES.get(type(query))
    if paged is None:
        return lambda engine, platform: handlers.ask(engine, platform, query)
    return lambda engine, platform: paged(engine, platform, query)


def key(row: ApiKeyView) -> replies.KeyView:
    return replies.KeyView(id=row.id, platform=row.platform, name=row.name, scopes=row.scopes)


def _accounts(engine: Engine, platform: str, query: queries.Accounts) -> replies.AccountPage:
    found = handlers.ask(engine, platform, query)
    more = cursors.encode("accounts", found[-1]) if len(found) == query.limit else None
    return replies.AccountPage(accounts=tuple(found), next=more)


def _balance(engine: Engine, platform: str, query: queries.BalanceOf) -> results.Balance:
    as_of = lists.as_of(engine, platform, query)
    return balances.balance(engine, platform, query.account, as_of, balances.PLAYED_ENTRIES_MAX)


def _entries(engine: Engine, platform: str, query: queries.EntriesOf) -> replies.EntryPage:
    found, seq = lists.entries_page(engine, platform, query)
    kind = "newest entries" if query.newest else "entries"
    more = cursors.encode(kind, found[-1].seq) if len(found) == query.limit else None
    return replies.EntryPage(account=query.account, seq=seq, entries=tuple(found), next=more)


def _holds(engine: Engine, platform: str, query: queries.HoldsOf) -> replies.HoldPage:
    found, after, seq = lists.holds_page(engine, platform, query)
    more = cursors.encode("holds", f"{after[0]} {after[1]}") if after else None
    return replies.HoldPage(account=query.account, seq=seq, holds=tuple(found), next=more)


def _usage(engine: Engine, platform: str, query: queries.UsageOf) -> replies.UsagePage:
    found, after, seq = lists.usage_page(engine, platform, query)
    more = cursors.encode("usage", after) if after else None
    return replies.UsagePage(account=query.account, seq=seq, charges=tuple(found), next=more)


def _api_keys(engine: Engine, platform: str, query: queries.ApiKeys) -> replies.KeyList:
    return replies.KeyList(keys=tuple(handlers.ask(engine, platform, query)))


_PAGES: dict[type, Callable[[Engine, str, Any], Any]] = {
    queries.Accounts: _accounts,
    queries.ApiKeys: _api_keys,
    queries.BalanceOf: _balance,
    queries.EntriesOf: _entries,
    queries.HoldsOf: _holds,
    queries.UsageOf: _usage,
}
