"""Leases: a hold that is drawn from many times, for gateways that must decide by themselves."""

from .. import limits
from ..commands import Draw, Lease
from ..credits import parse
from ..errors import InvalidRequest
from ..events import Drawn, Leased
from ..grants import split
from ..instants import SECOND
from ..refusals import Refusal
from . import rules
from .case import Case, Decision
from .charges import actual_charge, counted_cap, not_entitled, open_hold, price_now, ttl
from .entitlement import entitlement
from .reservations import reserve


def decide_lease(case: Case[Lease]) -> Decision:
    """A lease reserves an amount; what it may be spent on is asked when it is drawn from."""
    command, now = case.command, case.now
    credits = parse(command.credits, "credits", minimum=1)
    expires_at = now + ttl(command.ttl_seconds, case.history.at(now)) * SECOND
    labels = limits.labels(command.labels)
    cap = counted_cap(case, command.member, credits)
    if isinstance(cap, Refusal):
        return cap
    reserved = reserve(case, credits, entitlement(case.account, now, case.history))
    refusal = rules.insufficient_credits_to_lease(case, reserved, credits)
    if refusal is not None:
        return refusal
    leased = Leased(
        parts=reserved.parts,
        credits=credits,
        expires_at=expires_at,
        member=command.member,
        labels=labels,
        cap_period_start=cap.period_start if cap else None,
    )
    return [*reserved.claimed, leased]


def decide_draw(case: Case[Draw]) -> Decision:
    """A draw charges a generation to a lease: the same price and entitlement as any other.

    Raises `InvalidRequest` for a hold that is not a lease.
    """
    command = case.command
    lease = open_hold(case)
    if isinstance(lease, Refusal):
        return lease
    if lease.priced is not None:
        raise InvalidRequest(
            f"{command.hold} is a hold for one generation: settle or release it", where="hold"
        )
    own = limits.labels(command.labels)
    asked = price_now(case, command.model, command)
    refusal = not_entitled(case, asked)
    if refusal is not None:
        return refusal
    cost = actual_charge(command, asked.priced)
    refusal = rules.settle_outside_range_of_price(asked.priced, cost) or rules.lease_exhausted(
        lease, asked, cost
    )
    if refusal is not None:
        return refusal
    drawn = Drawn(
        hold=lease.id,
        parts=split(lease.parts, cost)[0],
        credits=cost,
        left=lease.credits - cost,
        priced=asked.priced,
        member=lease.member,
        labels=limits.labels({**lease.labels, **own}),
    )
    return [drawn]
