"""The verbs that spend: charges, holds and leases."""

from collections.abc import Mapping
from typing import Any

from .. import results
from ..core import commands
from ..core.credits import Number
from ..service.transport import Call
from .lease_settings import FLUSH_SECONDS, MAX_UNWRITTEN, LeaseCall, lease_call
from .verb_arguments import read_labels, read_params


def hold(
    account: str,
    model: str | None = None,
    outputs: int = 1,
    quote: str | None = None,
    ttl_seconds: int | None = None,
    member: str | None = None,
    labels: Mapping[str, str] | None = None,
    key: str | None = None,
    tool: str | None = None,
    **settings_and_quantities: Any,
) -> Call[results.Hold]:
    """Reserve the price of a generation, by a request or a quote's token.

    ``with credits.hold("acct_1", "Veo 3.1", seconds=8) as hold`` (``async with`` likewise): an
    exception releases the hold, a block that ends without closing it settles for its price.
    """
    params = read_params(settings_and_quantities)
    return Call(
        commands.PlaceHold(
            account=account,
            model=model,
            params=params,
            outputs=outputs,
            quote=quote,
            member=member,
            labels=read_labels(labels),
            key=key,
            ttl_seconds=ttl_seconds,
            tool=tool,
        )
    )


def settle(
    account: str,
    hold: str,
    credits: Number | None = None,
    outcome: str = "succeeded",
    key: str | None = None,
    **quantities: Any,
) -> Call[results.Settlement]:
    """Close a hold with what the work cost: `credits`, or the quantities it really had; with
    neither, the price that was held (or what the catalog says for `outcome`)."""
    params = read_params(quantities)
    return Call(
        commands.Settle(
            account=account, hold=hold, credits=credits, params=params, outcome=outcome, key=key
        )
    )


def refund(
    account: str,
    receipt: str,
    credits: Number | None = None,
    reason: str = "",
    key: str | None = None,
    **quantities: Any,
) -> Call[results.Refund]:
    """Give back a charge, with a reason: so many `credits` of it, or what the quantities cost
    (``images=2``); with neither, all that is left of it."""
    params = read_params(quantities)
    return Call(
        commands.Refund(
            account=account, receipt=receipt, credits=credits, reason=reason, params=params, key=key
        )
    )


def release(account: str, hold: str, key: str | None = None) -> Call[results.Release]:
    """Close a hold without a charge."""
    return Call(commands.Release(account, hold, key))


def extend(
    account: str, hold: str, ttl_seconds: int, key: str | None = None
) -> Call[results.Extension]:
    """Let a hold live `ttl_seconds` from now, at most 24 hours."""
    return Call(commands.Extend(account, hold, ttl_seconds, key))


def increase(
    account: str,
    hold: str,
    credits: Number | None = None,
    key: str | None = None,
    **quantities: Any,
) -> Call[results.Increase]:
    """Let a hold reserve more: `credits` in all, or the price of the quantities as they are in all
    (``seconds=12``), at the price that it was made for."""
    params = read_params(quantities)
    return Call(
        commands.Increase(account=account, hold=hold, credits=credits, params=params, key=key)
    )


def lease(
    account: str,
    credits: Number,
    ttl_seconds: int | None = None,
    member: str | None = None,
    labels: Mapping[str, str] | None = None,
    key: str | None = None,
    flush_seconds: float = FLUSH_SECONDS,
    low_water: Number | None = None,
    max_unwritten: int = MAX_UNWRITTEN,
) -> LeaseCall[results.Lease]:
    """Reserve credits for many generations to come: `draw` charges them, `release` ends it.

    ``with credits.lease("acct_1", 500) as lease`` (``async with`` likewise): `lease.spend`
    answers without asking, what it let out is written after `flush_seconds`, more is leased when
    less than `low_water` is left, and the end of the block gives back the rest.
    """
    asked = commands.Lease(
        account=account,
        credits=credits,
        ttl_seconds=ttl_seconds,
        member=member,
        labels=read_labels(labels),
        key=key,
    )
    return lease_call(asked, flush_seconds, low_water, max_unwritten)


def draw(
    account: str,
    hold: str,
    model: str,
    outputs: int = 1,
    credits: Number | None = None,
    labels: Mapping[str, str] | None = None,
    key: str | None = None,
    tool: str | None = None,
    **settings_and_quantities: Any,
) -> Call[results.Draw]:
    """Charge a generation to a lease. `credits` is the actual of a price that is a range."""
    params = read_params(settings_and_quantities)
    return Call(
        commands.Draw(
            account=account,
            hold=hold,
            model=model,
            params=params,
            outputs=outputs,
            credits=credits,
            labels=read_labels(labels),
            key=key,
            tool=tool,
        )
    )


def charge(
    account: str,
    model: str | None = None,
    outputs: int = 1,
    quote: str | None = None,
    credits: Number | None = None,
    member: str | None = None,
    labels: Mapping[str, str] | None = None,
    key: str | None = None,
    tool: str | None = None,
    **settings_and_quantities: Any,
) -> Call[results.Charge]:
    """Quote, hold and settle in one step. `credits` is the actual of a price that is a range."""
    params = read_params(settings_and_quantities)
    return Call(
        commands.Charge(
            account=account,
            model=model,
            params=params,
            outputs=outputs,
            quote=quote,
            member=member,
            labels=read_labels(labels),
            key=key,
            credits=credits,
            tool=tool,
        )
    )
