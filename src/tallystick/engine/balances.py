"""Balances: what an account has at any instant, past or to come (`docs/spec.md` 3)."""

from collections.abc import Sequence

from msgspec.structs import replace

from .. import results
from ..core import instants
from ..core.account import Account, advance, entitlement, next_due, with_free
from ..core.catalog import ALL_SOURCES
from ..core.checkpoint import Checkpoint
from ..core.credits import show
from ..core.errors import InvalidRequest
from ..core.grants import Grant, in_burn_order
from ..core.history import History
from ..core.holds import Hold
from ..core.instants import LATEST, Instant, to_datetime
from ..core.refusal_facts import AccountFacts
from ..core.refusals import Refusal
from ..store import FIRST, LAST, account_key
from . import past, views
from .engine import Engine

PLAYED_ENTRIES_MAX = 2_000
"""Entries that a read plays at most where others wait for it: several times what lies between two
snapshots."""
DUE_HOLDS_MAX = 10_000
"""Open holds that may time out before an instant that a balance is asked for."""


class LongPast(Exception):
    """The snapshots of this account are not made yet: its past takes long to play."""


def balance(
    engine: Engine,
    platform: str,
    account: str,
    as_of: Instant | None = None,
    most_played: int | None = None,
) -> results.Balance:
    """The balance now, or at `as_of`: in the past as the ledger says it was, in the future as it
    will be if nobody does anything. Raises `LongPast` rather than play more than `most_played`
    entries."""
    with engine.store.reading():
        looked = engine.look(platform, account)
        if looked.existing is None:
            message = f"there is no account '{account}'"
            raise views.refused(Refusal("account_not_found", message, AccountFacts(account)))
        now, current = looked.now, looked.performed.account
        if as_of is not None and as_of > now:
            key = account_key(platform, account)
            current, _ = advance(current, as_of, _due(engine, key, now, as_of))
        elif as_of is not None and as_of < now:
            current = _past(engine, account_key(platform, account), looked.existing, as_of,
                            most_played)  # fmt: skip
        at = now if as_of is None else as_of
        due = None if at < now else due_next(engine, account_key(platform, account), current, at)
    shown = _view(with_free(current, at, looked.history), current.seq, looked.history, at)
    return replace(shown, due=due)


def due_next(engine: Engine, key: str, account: Account, after: Instant) -> results.DueView | None:
    """What falls due next for an account, its open holds included, if nobody does anything."""
    asked = account.open_holds > 0
    holds = engine.store.open_holds(key, (after, LAST), LATEST, 1) if asked else ()
    at = next_due(account, holds)
    if at is None or at >= LATEST:
        return None
    _, entries = advance(account, at, [hold for hold in holds if hold.expires_at <= at])
    kinds = [str(type(each.event).__struct_config__.tag) for each in entries]
    return results.DueView(at=to_datetime(at), kinds=tuple(dict.fromkeys(kinds)))


def _past(
    engine: Engine, key: str, stored: Account, as_of: Instant, most_played: int | None
) -> Account:
    """The account as its journal says it was, with what had fallen due by then.

    Every command first writes what has fallen due. So what was due at an instant before the last
    entry stands in entries, and only after the last entry is something due that does not.
    """
    checkpoint = engine.store.checkpoint(key)
    history_reaches(as_of, checkpoint, "as_of")
    if as_of >= stored.at:
        return advance(stored, as_of, _due(engine, key, FIRST, as_of))[0]
    last = engine.store.last_before(key, as_of + 1, stored.stretch(as_of + 1))
    start = past.nearest(engine.store, key, stored.id, last)
    if most_played is not None and last - start.seq > most_played:
        raise LongPast
    return past.play(engine.store, key, start, last)


def _due(engine: Engine, key: str, after: Instant, until: Instant) -> Sequence[Hold]:
    """The open holds that time out after an instant, up to another one."""
    found = engine.store.open_holds(key, (after, LAST), until, DUE_HOLDS_MAX + 1)
    if len(found) > DUE_HOLDS_MAX:
        raise InvalidRequest(
            f"more than {DUE_HOLDS_MAX:,} open holds time out before {instants.words(until)}: "
            "as_of must name an earlier instant",
            where="as_of",
        )
    return found


def history_reaches(at: Instant, checkpoint: Checkpoint | None, where: str) -> None:
    """Raise `InvalidRequest` for an instant from before an account's journal begins."""
    if checkpoint is not None and at < checkpoint.at:
        raise InvalidRequest(
            f"the entries of this account up to {instants.words(checkpoint.at)} are archived: "
            f"{where} must name a later instant",
            where=where,
        )


def _view(account: Account, seq: int, history: History, at: Instant) -> results.Balance:
    grants = in_burn_order(account.grants, history.at(at).catalog.policy)
    bought = account.subscription
    return results.Balance(
        account=account.id,
        seq=seq,
        as_of=to_datetime(at),
        available=show(account.available),
        held=show(account.held),
        sources=_sources(grants),
        grants=tuple(_grant(grant, seq) for grant in (*grants, *account.later)),
        cycle=_cycle(account, history, at),
        subscription=None
        if bought is None
        else views.subscription(bought, at, bought.next_cycle_at, history),
        owed=show(account.owed),
    )


def _sources(grants: Sequence[Grant]) -> tuple[results.SourceView, ...]:
    found = []
    for source in ALL_SOURCES:
        of_source = [grant for grant in grants if grant.source == source]
        if of_source:
            ends = [grant.expires_at for grant in of_source if grant.expires_at is not None]
            found.append(
                results.SourceView(
                    source=source,
                    available=show(sum(grant.remaining for grant in of_source)),
                    held=show(sum(grant.held for grant in of_source)),
                    expires_at=views.moment(min(ends, default=None)),
                )
            )
    return tuple(found)


def _grant(grant: Grant, seq: int) -> results.GrantView:
    return results.GrantView(
        grant=f"g{grant.id}" if grant.id <= seq else None,
        source=grant.source,
        amount=show(grant.amount),
        remaining=show(grant.remaining),
        held=show(grant.held),
        effective_at=to_datetime(grant.effective_at),
        expires_at=views.moment(grant.expires_at),
        priority=grant.priority,
        tools=grant.tools,
        models=grant.models,
        price=grant.price,
        payment=grant.payment,
    )


def _cycle(account: Account, history: History, at: Instant) -> results.CycleView | None:
    """The subscription's cycle, or the free month of a platform's default plan."""
    cycle, bought = account.cycle, account.subscription
    if cycle is not None and bought is not None:
        return results.CycleView(
            plan=views.plan_name(bought.terms.plan, bought.version, history),
            package=show(bought.terms.package),
            allotment=show(cycle.allotment),
            used=show(cycle.used),
            started_at=to_datetime(cycle.started_at),
            renews_at=to_datetime(cycle.ends_at),
            time_zone=bought.zone,
        )
    plan = entitlement(account, at, history).plan
    month = next((each for each in account.allowances if each.every.startswith("month")), None)
    if plan is None or month is None or not month.starts_at <= at < month.ends_at:
        return None
    left = account.grant(month.grant)
    zone = history.at(at).catalog.time_zone
    return results.CycleView(
        plan=plan.name,
        package=None,
        allotment=show(month.credits),
        used=show(month.credits - (left.remaining + left.held if left else 0)),
        started_at=to_datetime(month.starts_at),
        renews_at=to_datetime(month.ends_at),
        time_zone=zone,
    )
