"""Lists as pages: which part of a list a reply carries, and where the next one begins."""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from ..core import limits
from ..doors import queries, reading
from ..engine import Engine
from ..engine.results import ApiKeyView
from ..wire import cursors, replies

Page: TypeAlias = Callable[[Engine, str], Any]
"""Reads the answer of a platform."""


def wanted(query: queries.Query, values: Mapping[str, Any]) -> Page:
    """How a query is answered over HTTP: as it is, or as a page of its list."""
    paged = _PAGES.get(type(query))
    if paged is None:
        return lambda engine, platform: reading.ask(engine, platform, query)
    return lambda engine, platform: paged(engine, platform, query, values)


def key(row: ApiKeyView) -> replies.KeyView:
    return replies.KeyView(id=row.id, platform=row.platform, name=row.name, scopes=row.scopes)


def _accounts(
    engine: Engine, platform: str, query: queries.Accounts, values: Mapping[str, Any]
) -> replies.AccountPage:
    found = reading.ask(engine, platform, query)
    more = cursors.write("accounts", found[-1]) if len(found) == query.limit else None
    return replies.AccountPage(accounts=tuple(found), next=more)


def _entries(
    engine: Engine, platform: str, query: queries.EntriesOf, values: Mapping[str, Any]
) -> replies.EntryPage:
    found = reading.ask(engine, platform, query)
    kind = "newest entries" if query.newest else "entries"
    more = cursors.write(kind, found[-1].seq) if len(found) == query.limit else None
    return replies.EntryPage(
        account=query.account,
        seq=reading.seq(engine, platform, query.account),
        entries=tuple(found),
        next=more,
    )


def _holds(
    engine: Engine, platform: str, query: queries.HoldsOf, values: Mapping[str, Any]
) -> replies.HoldPage:
    found = reading.ask(engine, platform, query)
    seq = reading.seq(engine, platform, query.account)
    return replies.HoldPage(account=query.account, seq=seq, holds=tuple(found))


def _usage(
    engine: Engine, platform: str, query: queries.UsageOf, values: Mapping[str, Any]
) -> replies.UsagePage:
    limit = limits.whole(values.get("limit", reading.MAX_PAGE), "limit", 1, reading.MAX_PAGE)
    cursor = values.get("cursor")
    after = cursors.read("usage", cursor, int) if cursor is not None else 0
    found = [line for line in reading.ask(engine, platform, query) if line.seq > int(after)]
    more = cursors.write("usage", found[limit - 1].seq) if len(found) > limit else None
    return replies.UsagePage(
        account=query.account,
        seq=reading.seq(engine, platform, query.account),
        charges=tuple(found[:limit]),
        next=more,
    )


_PAGES: dict[type, Callable[[Engine, str, Any, Mapping[str, Any]], Any]] = {
    queries.Accounts: _accounts,
    queries.EntriesOf: _entries,
    queries.HoldsOf: _holds,
    queries.UsageOf: _usage,
}
