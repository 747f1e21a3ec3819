"""Leases: a hold that is drawn from many times, for gateways that must decide by themselves."""

from .. import limits
from ..commands import Draw, Lease
from ..credits import parse
from ..errors import InvalidRequest
from ..events import Drawn, Leased
from ..grants import split
from ..instants import SECOND
from ..refusals import Refusal
from . import cap_rules, rules
from .cap_ways_out import Spending, with_ways
from .case import Case, Decision
from .charges import (
    actual_charge,
    counted_caps,
    counted_windows,
    not_entitled,
    open_hold,
    price_now,
    ttl,
)
from .entitlement import entitlement
from .fair_use import within_fair_use
from .reservations import reserve


def decide_lease(case: Case[Lease]) -> Decision:
    """A lease reserves an amount; what it may be spent on is asked when it is drawn from."""
    command, now = case.command, case.now
    credits = parse(command.credits, "credits", minimum=1)
    expires_at = now + ttl(command.ttl_seconds, case.history.at(now)) * SECOND
    labels = limits.labels(command.labels)
    counted = counted_caps(case, command.member, credits, None)
    if isinstance(counted, Refusal):
        return with_ways(case, counted, Spending(command.member, credits))
    refusal = cap_rules.held_limit_reached(case, credits)
    if refusal is not None:
        return with_ways(case, refusal, Spending(command.member, credits))
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
        cap_period_start=counted.period_start,
        counts=counted.counts,
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
    within = within_fair_use(case, asked)
    if isinstance(within, Refusal):
        return within
    asked, fair = within
    cost = actual_charge(command, asked.priced)
    refusal = rules.settle_outside_range_of_price(asked.priced, cost)
    if refusal is not None:
        return refusal
    member = case.account.member(lease.member) if lease.member else None
    counts = counted_windows(case, member, cost, asked.priced.tool, drawn=True)
    if isinstance(counts, Refusal):
        return with_ways(case, counts, Spending(lease.member, cost, asked, lease))
    refusal = rules.lease_exhausted(lease, asked, cost)
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
        counts=counts + fair,
    )
    return [drawn]
