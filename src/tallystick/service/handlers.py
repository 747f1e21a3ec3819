"""How a platform answers each query: one small function each, in one table."""

from collections.abc import Callable, Sequence
from typing import Any

from msgspec.structs import replace

from .. import results
from ..audit import verification
from ..audit.archive_files import Folder
from ..audit.heads import read_expected
from ..core import limits, queries
from ..core.account import Account, OpenCap, open_caps, period_start, spent_of_cap
from ..core.caps import Cap
from ..core.catalog import Plan, find_plan
from ..core.credits import show
from ..core.errors import InvalidRequest, unknown
from ..core.instants import Instant, to_datetime
from ..core.pricing import RateCard, Request
from ..core.refusals import Refusal
from ..engine import Engine, answers, balances, keys, quotes, views
from ..engine.engine import Looked
from ..reports import estimates, receipts
from ..store import account_key, split_key
from . import changes, lists
from .lists import MAX_PAGE


def ask(engine: Engine, platform: str, query: queries.Query) -> Any:
    """The answer of an embedded platform to `query`."""
    if isinstance(query, queries.Change):
        return changes.change(engine, platform, query).answer
    return _ANSWER[type(query)](engine, platform, query)


def _quote(engine: Engine, platform: str, query: queries.QuoteFor) -> results.Quote:
    if query.account is not None and query.plan is not None:
        raise InvalidRequest("give account or plan, not both: an account has its own", where="plan")
    request = Request(query.model, query.params, query.outputs, query.tool)
    return quotes.quote(engine, platform, request, query.account, query.plan)


def _preview(engine: Engine, platform: str, query: queries.Preview) -> results.Written:
    command = query.command
    looked = engine.look(platform, command.account, command)
    performed = looked.performed
    if performed.refusal is not None:
        raise views.refused(performed.refusal)
    entry = performed.entries[performed.answer or 0]
    shown = answers.preview(command.account, entry, looked.history)
    return results.stamped(shown, engine.platforms.epoch)


def _account(engine: Engine, platform: str, query: queries.AccountOf) -> results.AccountView:
    with engine.store.reading():
        looked = engine.look(platform, query.account)
        account = looked.performed.account
        if looked.existing is None:
            raise lists.no_account(query.account)
        due = balances.due_next(engine, account_key(platform, account.id), account, looked.now)
    return results.AccountView(
        account=account.id,
        seq=account.seq,
        epoch=engine.platforms.epoch,
        at=to_datetime(looked.now),
        opened_at=to_datetime(account.opened_at),
        name=account.name,
        time_zone=account.time_zone,
        members=_members(account, looked),
        caps=views.caps(_every_cap(account, account.caps, looked)),
        held_limit=None if account.held_limit is None else show(account.held_limit),
        due=due,
    )


def _members(account: Account, looked: Looked) -> tuple[results.MemberView, ...]:
    period = period_start(account, looked.now, looked.history)
    return tuple(
        results.MemberView(
            member=member.id,
            cap=None if member.cap is None else show(member.cap),
            used=show(spent_of_cap(member, period)[0]),
            caps=views.caps(_every_cap(account, member.caps, looked)),
        )
        for member in account.members
    )


def _every_cap(account: Account, caps: Sequence[Cap], looked: Looked) -> list[OpenCap]:
    """Caps in their running windows, those for some tools as well."""
    return [
        found
        for cap in caps
        for found in open_caps(
            account, [cap], cap.tools[0] if cap.tools else None, looked.now, looked.history
        )
    ]


def _accounts(engine: Engine, platform: str, query: queries.Accounts) -> list[str]:
    limits.whole(query.limit, "limit", 1, MAX_PAGE)
    start = account_key(platform, limits.optional(query.after, "after") or "")
    with engine.store.reading():
        engine.platforms.current(platform, engine.clock)
        return [split_key(key)[1] for key in engine.store.accounts(platform, start, query.limit)]


def _balance(engine: Engine, platform: str, query: queries.BalanceOf) -> results.Balance:
    as_of = lists.as_of(engine, platform, query)
    return balances.balance(engine, platform, query.account, as_of)


def _entries(engine: Engine, platform: str, query: queries.EntriesOf) -> list[results.Entry]:
    return lists.entries_page(engine, platform, query).entries


def _receipt(engine: Engine, platform: str, query: queries.ReceiptOf) -> results.Receipt:
    with engine.store.reading():
        looked = lists.existing(engine, platform, query.account)
        entry = receipts.find_entry(engine.store, looked.key, query.receipt)
        if isinstance(entry, Refusal):
            raise views.refused(entry)
        given_back = receipts.given_back(engine.store, looked.key, entry)
    found = receipts.receipt(query.account, entry, looked.history, given_back)
    return results.stamped(found, engine.platforms.epoch)


def _catalog(engine: Engine, platform: str, query: queries.CatalogOf) -> results.CatalogView:
    from ..catalogs.public_text import without_costs

    card = _card(engine, platform, query.at, query.version)
    with engine.store.reading():
        source = engine.store.catalog_source(platform, card.version)
        history, now = engine.platforms.current(platform, engine.clock)
    if not query.costs and any(rate.costs for each in card.catalog.models for rate in each.rates):
        source = without_costs(source)
    withdrawn_at = history.withdrawn.get(card.version)
    return results.CatalogView(
        platform=platform,
        name=card.catalog.name,
        version=card.version,
        effective_at=to_datetime(card.published.effective_at),
        published_at=views.moment(card.published.published_at),
        published_by=card.published.published_by,
        published_key=card.published.published_key,
        newest=len(history.cards),
        time_zone=card.catalog.time_zone,
        models=len(card.catalog.models),
        plans=len(card.catalog.plans),
        source=source,
        standing=history.standing(card.version, now),
        withdrawn_at=None if withdrawn_at is None else to_datetime(withdrawn_at),
    )


def _prices(engine: Engine, platform: str, query: queries.Prices) -> Any:
    from ..catalogs import price_page

    return price_page(_card(engine, platform, query.at, query.version).published)


def _estimate(engine: Engine, platform: str, query: queries.EstimateFor) -> estimates.Estimate:
    card, now = _in_force(engine, platform)
    plan = None if query.plan is None else _plan(card, query.plan)
    lines = estimates.read_lines(query.lines, card, query.tool)
    return estimates.estimate(card, lines, query.days, query.buffer, plan, now)


def _capacity(engine: Engine, platform: str, query: queries.CapacityOf) -> estimates.Capacity:
    card, now = _in_force(engine, platform)
    return estimates.capacity(card, query.plan, query.package, query.tool, now)


def _in_force(engine: Engine, platform: str) -> tuple[RateCard, Instant]:
    """The catalog in force, and the platform's now."""
    with engine.store.reading():
        history, now = engine.platforms.current(platform, engine.clock)
    return history.at(now), now


def _clock(engine: Engine, platform: str, query: queries.ClockOf) -> results.ClockView:
    with engine.store.reading():
        history, now = engine.platforms.current(platform, engine.clock)
        row = engine.store.platform(platform)
    test = row is not None and row.clock_at is not None
    zone = history.at(now).catalog.time_zone
    return results.ClockView(platform=platform, at=to_datetime(now), test=test, time_zone=zone)


def _verify(engine: Engine, platform: str, query: queries.Verify) -> verification.Report:
    everything = limits.flag(query.every_platform, "every_platform")
    if query.progress is not None and not callable(query.progress):
        raise InvalidRequest("progress must be a function", where="progress")
    names = engine.platforms.names() if everything else [platform]
    archive = None if query.archive is None else Folder(query.archive)
    expected = None if query.expect is None else read_expected(query.expect)
    clock = engine.clock_standing()
    with engine.store.reading():
        nows = dict.fromkeys(engine.platforms.on_real_time(), clock.now)
    report = verification.verify(engine.store, names, query.progress, archive, nows, expected)
    doubts = () if clock.doubt is None else (clock.doubt.why,)
    return replace(report, notes=(*doubts, *clock.notes, *report.notes))


def _card(engine: Engine, platform: str, at: Any, version: int | None) -> RateCard:
    if at is not None and version is not None:
        raise InvalidRequest("give at or version, not both", where="version")
    with engine.store.reading():
        history, now = engine.platforms.current(platform, engine.clock)
    instant = lists.instant(at, "at", now, history)
    if version is not None:
        return history.version(limits.whole(version, "version", 1, 2**31))
    return history.at(now if instant is None else instant)


def _plan(card: RateCard, name: object) -> Plan:
    found = find_plan(card.catalog, name) if isinstance(name, str) else None
    if found is None:
        raise unknown("plan", name, [plan.name for plan in card.catalog.plans])
    return found


def _api_keys(engine: Engine, platform: str, query: queries.ApiKeys) -> list[results.ApiKeyView]:
    return keys.listed(engine, platform)


_ANSWER: dict[type, Callable[[Engine, str, Any], Any]] = {
    queries.QuoteFor: _quote,
    queries.Preview: _preview,
    queries.AccountOf: _account,
    queries.Accounts: _accounts,
    queries.BalanceOf: _balance,
    queries.EntriesOf: _entries,
    queries.ReceiptOf: _receipt,
    queries.HoldsOf: lists.holds,
    queries.UsageOf: lists.usage,
    queries.CatalogOf: _catalog,
    queries.Prices: _prices,
    queries.EstimateFor: _estimate,
    queries.CapacityOf: _capacity,
    queries.ClockOf: _clock,
    queries.ApiKeys: _api_keys,
    queries.Verify: _verify,
}
