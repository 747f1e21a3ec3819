"""Quotes: the price before anyone clicks Generate. Making one writes nothing (docs/spec.md 2.9)."""

import secrets
from collections.abc import Sequence
from typing import Any

from .. import results
from ..core import commands
from ..core.account import DecidedEntry, quoted_price, with_free
from ..core.catalog import Plan, find_plan
from ..core.credits import show
from ..core.errors import unknown
from ..core.events import Granted, Held
from ..core.history import History
from ..core.instants import SECOND, Instant, to_datetime
from ..core.pricing import Priced, Request
from ..core.quotes import Quote, sign
from . import views
from .clock_check import Doubt
from .engine import Engine, Looked


def quote(
    engine: Engine,
    platform: str,
    request: Request,
    account: str | None = None,
    plan: str | None = None,
) -> results.Quote:
    """The price of `request`: for an account (may it, which grants would burn, the balance
    after), for a plan, or for nobody in particular. Raises `AccountNotFound`; every other
    refusal is part of the quote."""
    if account is None:
        history, now, doubt = engine.offers(platform)
        _check_clock(doubt)
        priced = history.at(now).price(request, _plan(history, now, plan), now)
        return _view(engine, history, now, priced, None, None)
    command = commands.PlaceHold(
        account,
        request.model,
        request.params,
        request.outputs,
        member=commands.ANYONE,
        tool=request.tool,
    )
    looked = engine.look(platform, account, command)
    refusal = looked.performed.refusal
    if refusal is not None and refusal.code == "account_not_found":
        raise views.refused(refusal)
    _check_clock(looked.doubt)
    history, now = looked.history, looked.now
    tried = looked.performed.entries[-1].event if refusal is None else None
    if isinstance(tried, Held):  # as it was priced before it counted itself
        priced = tried.priced
    else:
        priced = quoted_price(looked.performed.account, request, now, history)
    return _view(engine, history, now, priced, account, looked)


def _check_clock(doubt: Doubt | None) -> None:
    """A quote is a promise until an instant: none is made by a clock that is in doubt."""
    if doubt is not None:
        raise doubt.error()


def _plan(history: History, now: Instant, name: str | None) -> Plan | None:
    card = history.at(now)
    if name is None:
        return card.default_plan
    catalog = card.catalog
    plan = find_plan(catalog, name) if isinstance(name, str) else None
    if plan is None:
        raise unknown("plan", name, [each.name for each in catalog.plans])
    return plan


def _view(
    engine: Engine,
    history: History,
    now: Instant,
    priced: Priced,
    account: str | None,
    looked: Looked | None,
) -> results.Quote:
    ttl = history.version(priced.version).catalog.policy.quote_ttl_seconds
    epoch = engine.platforms.epoch
    made = Quote(
        id=secrets.token_urlsafe(12),
        account=account,
        priced=priced,
        expires_at=now + ttl * SECOND,
        epoch=epoch,
    )
    token = sign(made, engine.platforms.secret(history.platform))
    return results.Quote(
        quote=token,
        account=account,
        epoch=epoch,
        expires_at=to_datetime(made.expires_at),
        credits=show(priced.credits),
        min=show(priced.least),
        max=show(priced.credits),
        lines=(views.priced_line(priced, history),),
        catalog=views.catalog_ref(priced.version, history),
        **_for_account(looked),
    )


def _for_account(looked: Looked | None) -> dict[str, Any]:
    """Whether the account may, which grants would burn, and the balance around it."""
    if looked is None:
        return {"allowed": True}
    performed = looked.performed
    if performed.refusal is not None:
        error = views.refused(performed.refusal)
        seen = with_free(performed.account, looked.now, looked.history)
        return {
            "seq": performed.account.seq,
            "allowed": False,
            "refusal": views.refusal_view(error),
            "balance_before": show(seen.available),
        }
    entry = performed.entries[-1]
    return {
        "seq": _seq_before(performed.entries),
        "allowed": True,
        "burns": views.burns(entry.event.parts if isinstance(entry.event, Held) else ()),
        "balance_before": show(entry.before),
        "balance_after": show(entry.after),
    }


def _seq_before(entries: Sequence[DecidedEntry]) -> int:
    """The account's seq without the entries that trying out the hold added: the hold itself, and
    the free credits that it would have been the first to need."""
    seq = entries[-1].seq
    for entry in reversed(entries[:-1]):
        if not isinstance(entry.event, Granted) or entry.event.every is None:
            break
        seq = entry.seq
    return seq - 1
