"""How long lists are read: entries, charges and open holds, a bounded piece at a time.

A page is read in one view of the database, at one instant, and its `seq` is that of the account in
that view.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from msgspec.structs import replace

from .. import results
from ..core import dates, limits, queries
from ..core.checkpoint import Checkpoint
from ..core.credits import show
from ..core.errors import unknown
from ..core.history import History
from ..core.holds import Hold
from ..core.instants import Instant, to_datetime
from ..core.refusal_facts import AccountFacts
from ..core.refusals import Refusal
from ..engine import Engine, views
from ..engine.balances import history_reaches
from ..engine.engine import Looked
from ..reports import statements
from ..store import FIRST, LAST, Sought, label_text

MAX_PAGE = 1_000
LOOKUP_ROWS = 1_000
"""Entries that one statement looks at for charges."""
LOOKED_ENTRIES_MAX = 10_000
"""Entries that are looked at for a page of charges; one that has not found its own by then ends."""
READ_CHARGES_MAX = 2_000
"""Charges that are read for a page, as far as the database can tell what is sought. A label stands
in the charge itself: its text is found there, and reading tells whether it is the label."""


class EntriesPage(NamedTuple):
    """Entries of an account, and the seq of its last one, which may be on another page."""

    entries: list[results.Entry]
    seq: int


class UsageSlice(NamedTuple):
    """Charges of an account, the seq that the next page comes after, if one does, and the seq of
    the account."""

    charges: list[results.UsageLine]
    next: int | None
    seq: int


class HoldsPage(NamedTuple):
    """Open holds of an account, the expiry and the id that the next page comes after, if one does,
    and the seq of the account."""

    holds: list[results.HoldView]
    next: tuple[Instant, int] | None
    seq: int


class _Range(NamedTuple):
    """Whose charges are looked for, and which: of the entries after a seq up to another one."""

    key: str
    history: History
    sought: Sought
    labels: dict[str, str]
    after: int
    last: int
    seq: int


def entries_page(engine: Engine, platform: str, query: queries.EntriesOf) -> EntriesPage:
    """One page of entries, with those that have fallen due and are not written yet. Raises
    `InvalidRequest` for a limit or a place that there is not, `AccountNotFound`."""
    limits.whole(query.limit, "limit", 1, MAX_PAGE)
    after = limits.whole(query.after, "after", 0, 2**53)
    if limits.flag(query.newest, "newest") and not after:
        after = 2**53
    with engine.store.reading():
        looked = existing(engine, platform, query.account)
        entries = list(engine.store.entries(looked.key, after, query.limit, query.newest))
        checkpoint = engine.store.checkpoint(looked.key)
    due = looked.due_entries()
    if query.newest:
        entries = [*(entry for entry in reversed(due) if entry.seq < after), *entries]
    elif len(entries) < query.limit:
        entries = [*entries, *(entry for entry in due if entry.seq > after)]
    found = [
        statements.entry(query.account, entry, looked.history) for entry in entries[: query.limit]
    ]
    if checkpoint is not None and query.newest and after > checkpoint.seq:
        found.append(statements.brought_forward(query.account, checkpoint))
    elif checkpoint is not None and not query.newest and after < checkpoint.seq:
        found.insert(0, statements.brought_forward(query.account, checkpoint))
    return EntriesPage(found[: query.limit], looked.seq)


def usage(engine: Engine, platform: str, query: queries.UsageOf) -> list[results.UsageLine]:
    """The charges that are asked for, all of them if there is no limit, in one view."""
    if query.limit is not None:
        return usage_page(engine, platform, query).charges
    return _all(engine, query, query.after, lambda asked: usage_page(engine, platform, asked))


def usage_page(engine: Engine, platform: str, query: queries.UsageOf) -> UsageSlice:
    """One page of charges. It may have fewer than `limit`, none even, and a next one all the
    same: it ends where it has looked at as many entries as a page may."""
    limit = limits.whole(MAX_PAGE if query.limit is None else query.limit, "limit", 1, MAX_PAGE)
    with engine.store.reading():
        asked = _range(engine, platform, query)
        found: list[results.UsageLine] = []
        after, read = asked.after, 0
        while after < asked.last and len(found) <= limit:
            if read >= READ_CHARGES_MAX or after - asked.after >= LOOKED_ENTRIES_MAX:
                return UsageSlice(found, after, asked.seq)
            to = min(after + LOOKUP_ROWS, asked.last)
            most = limit + 1 - len(found)
            entries = engine.store.charges(asked.key, after, to, asked.sought, most)
            found += [
                statements.usage_line(entry, entry.event, asked.history)  # type: ignore[arg-type]
                for entry in entries
                if asked.labels.items() <= entry.event.labels.items()  # type: ignore[union-attr]
            ]
            read += len(entries)
            after = entries[-1].seq if len(entries) == most else to
    if len(found) > limit:
        return UsageSlice(found[:limit], found[limit - 1].seq, asked.seq)
    return UsageSlice(found, None, asked.seq)


def _range(engine: Engine, platform: str, query: queries.UsageOf) -> _Range:
    looked = engine.look(platform, query.account)
    account = looked.existing
    if account is None:
        raise no_account(query.account)
    key, history = looked.key, looked.history
    since = instant(query.since, "since", looked.now, history, ago=True)
    until = instant(query.until, "until", looked.now, history, ago=True)
    tool, member = _tool(history, query.tool), limits.optional(query.member, "member")
    model = None if query.model is None else _model_id(history, query.model, tool)
    labels = limits.labels(query.labels)
    after, last = limits.whole(query.after, "after", 0, 2**53), account.seq
    checkpoint = engine.store.checkpoint(key)
    _check_reach(checkpoint, since, until)
    if checkpoint is not None:
        after = max(after, checkpoint.seq)
    if since is not None:
        after = max(after, engine.store.last_before(key, since, account.stretch(since)))
    if until is not None:
        last = engine.store.last_before(key, until, account.stretch(until))
    sought = Sought(tool=tool, model=model, member=member, labelled=label_text(labels))
    return _Range(
        key=key,
        history=history,
        sought=sought,
        labels=labels,
        after=after,
        last=last,
        seq=looked.seq,
    )


def _check_reach(
    checkpoint: Checkpoint | None, since: Instant | None, until: Instant | None
) -> None:
    for name, at in (("since", since), ("until", until)):
        if at is not None:
            history_reaches(at - 1, checkpoint, name)


def _tool(history: History, name: object) -> str | None:
    """A tool of any version, by id or name."""
    if name is None:
        return None
    tools = {tool.id: tool.name for card in history.cards for tool in card.catalog.tools}
    for tool, title in tools.items():
        if isinstance(name, str) and name.casefold() in (tool.casefold(), title.casefold()):
            return tool
    raise unknown("tool", name, list(tools))


def _model_id(history: History, name: object, tool: str | None) -> str:
    """A model of any version, the newest first: what was charged may be withdrawn by now."""
    for card in reversed(history.cards):
        if card.knows(name):
            return card.model(name, tool).model.id
    return history.cards[-1].model(name).model.id  # which says what the nearest names are


# Open holds


def holds(engine: Engine, platform: str, query: queries.HoldsOf) -> list[results.HoldView]:
    """The open holds by expiry, all of them if there is no limit, in one view."""
    if query.limit is not None:
        return holds_page(engine, platform, query).holds
    begin = query.after or (FIRST, FIRST)
    return _all(engine, query, begin, lambda asked: holds_page(engine, platform, asked))


def holds_page(engine: Engine, platform: str, query: queries.HoldsOf) -> HoldsPage:
    """One page of open holds. One that has timed out is not open, even if that is not written."""
    limit = limits.whole(MAX_PAGE if query.limit is None else query.limit, "limit", 1, MAX_PAGE)
    with engine.store.reading():
        looked = existing(engine, platform, query.account)
        after = max((looked.now, LAST), query.after or (FIRST, FIRST))
        rows = engine.store.open_holds(looked.key, after, LAST, limit + 1)
    last = rows[limit - 1] if len(rows) > limit else None
    found = [_hold_view(hold, looked.history) for hold in rows[:limit]]
    return HoldsPage(found, (last.expires_at, last.id) if last else None, looked.seq)


def _hold_view(hold: Hold, history: History) -> results.HoldView:
    return results.HoldView(
        hold=f"h{hold.id}",
        credits=show(hold.credits),
        model=hold.priced.model if hold.priced else None,
        name=views.priced_line(hold.priced, history).name if hold.priced else None,
        opened_at=to_datetime(hold.opened_at),
        expires_at=to_datetime(hold.expires_at),
        member=hold.member,
        labels=hold.labels,
    )


# What several readers need


def _all(engine: Engine, query: Any, after: Any, page: Callable[[Any], Any]) -> list[Any]:
    """The items of every page of a query from `after` on, all read in one view."""
    found: list[Any] = []
    with engine.store.reading():
        while after is not None:
            items, after, _ = page(replace(query, after=after, limit=MAX_PAGE))
            found += items
    return found


def existing(engine: Engine, platform: str, account: str) -> Looked:
    """An account as it stands now. Raises `AccountNotFound`."""
    looked = engine.look(platform, account)
    if looked.existing is None:
        raise no_account(account)
    return looked


def no_account(account: str) -> Exception:
    message = f"there is no account '{account}'"
    return views.refused(Refusal("account_not_found", message, AccountFacts(account)))


def as_of(engine: Engine, platform: str, query: queries.BalanceOf) -> Instant | None:
    """The instant that a balance is asked for; None for now."""
    if query.as_of is None:
        return None
    with engine.store.reading():
        history, now = engine.platforms.current(platform, engine.clock)
    return instant(query.as_of, "as_of", now, history)


def instant(
    value: Any, where: str, now: Instant, history: History, *, ago: bool = False
) -> Instant | None:
    """The instant that a query names, as `dates.read` takes it; None for none."""
    if value is None:
        return None
    return dates.read(value, where, now, history.at(now).catalog.time_zone, ago=ago)
