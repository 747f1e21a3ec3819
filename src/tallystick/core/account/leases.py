"""Leases: a hold that is drawn from many times, for gateways that must decide by themselves."""

from .. import limits
from ..commands import Draw, Lease
from ..credits import Micros, parse, text
from ..errors import InvalidRequest
from ..events import Drawn, Leased
from ..grants import split, total
from ..history import History
from ..holds import Hold
from ..instants import SECOND, Instant
from ..pricing import Request
from ..refusals import Refusal, WayOut
from . import ways_out
from .charges import Decision, actual_charge, capped, not_entitled, open_hold, reserve, ttl
from .entitlement import entitlement
from .free_credits import claim
from .state import Account, Facts


def decide_lease(
    account: Account, command: Lease, now: Instant, history: History, facts: Facts
) -> Decision:
    """Reserve an amount; what it may be spent on is asked when it is drawn."""
    credits = parse(command.credits, "credits", minimum=1)
    expires_at = now + ttl(command.ttl_seconds, history.at(now)) * SECOND
    labels = limits.labels(command.labels)
    refusal, period = capped(account, command.member, credits, history, now)
    if refusal is not None:
        return refusal
    entitled = entitlement(account, history, now)
    claimed, parts = reserve(account, credits, now, history, entitled)
    if total(parts) < credits:
        return _insufficient(claim(account, claimed, now), credits, now, history)
    return [*claimed, Leased(parts, credits, expires_at, command.member, labels, period)]


def _insufficient(account: Account, credits: Micros, now: Instant, history: History) -> Refusal:
    available = account.available
    missing = credits - available
    return Refusal(
        "insufficient_credits",
        f"a lease of {text(credits)} credits, and {text(available)} are available: "
        f"{text(missing)} are missing",
        {"credits": credits, "available": available, "shortfall": missing},
        (
            *ways_out.wait(account, credits, now, history),
            *ways_out.top_up(account, missing, now, history),
            *ways_out.larger_plans(account, credits, now, history),
        ),
    )


def decide_draw(
    account: Account, command: Draw, now: Instant, history: History, facts: Facts
) -> Decision:
    """Charge a generation to a lease: the same price and entitlement as any other."""
    hold = open_hold(command.hold, facts)
    if isinstance(hold, Refusal):
        return hold
    if hold.priced is not None:
        raise InvalidRequest(
            f"{command.hold} is a hold for one generation: settle or release it", where="hold"
        )
    own = limits.labels(command.labels)
    entitled = entitlement(account, history, now)
    card = history.at(now)
    request = Request(command.model, command.params, command.outputs)
    priced = card.price(request, entitled.plan)
    refusal = not_entitled(account, priced, entitled, card, now, history)
    if refusal is not None:
        return refusal
    cost = actual_charge(command, priced)
    if cost > hold.credits:
        return _exhausted(hold, cost, ways_out.cheaper(priced, hold.credits, entitled, card))
    spent, _ = split(hold.parts, cost)
    labels = limits.labels({**hold.labels, **own})
    return [Drawn(hold.id, spent, cost, hold.credits - cost, priced, hold.member, labels)]


def _exhausted(hold: Hold, cost: Micros, ways: tuple[WayOut, ...]) -> Refusal:
    return Refusal(
        "lease_exhausted",
        f"this costs {text(cost)} credits and the lease has {text(hold.credits)} left",
        {
            "hold": f"h{hold.id}",
            "credits": cost,
            "held": hold.credits,
            "shortfall": cost - hold.credits,
        },
        ways,
    )
