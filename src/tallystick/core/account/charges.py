"""Charges and holds: charge, hold, release, extend (`docs/spec.md` 6, 7)."""

from typing import Any, cast

from msgspec import Struct

from .. import limits
from ..commands import Charge, Draw, Extend, PlaceHold, Release
from ..credits import MAX, Micros, parse, text
from ..errors import InvalidRequest
from ..events import Charged, Held, HoldExtended
from ..grants import pays_for
from ..holds import Hold
from ..instants import SECOND, Instant
from ..pricing import Priced, RateCard, Request
from ..refusals import Refusal
from . import rules
from .advance import release
from .case import Case, Decision
from .entitlement import PricedGeneration, entitlement
from .member_caps import RunningCap, running_cap
from .reservations import Reservation, reserve


class Authorised(Struct, frozen=True, gc=False):
    """A generation that may go ahead: the price, the `cost` (micros), and what pays for it.

    `cap_period_start` is the start of the period in which a member's cap counts it.
    """

    priced: Priced
    cost: Micros
    reserved: Reservation
    cap_period_start: Instant | None


def decide_charge(case: Case[Charge]) -> Decision:
    """A charge takes the price of a generation in one step."""
    command, quote = case.command, case.facts.quote
    labels = limits.labels(command.labels)
    found = _authorise(case)
    if isinstance(found, Refusal):
        return found
    charged = Charged(
        parts=found.reserved.parts,
        credits=found.cost,
        priced=found.priced,
        member=command.member,
        labels=labels,
        quote=quote.id if quote else None,
        cap_period_start=found.cap_period_start,
    )
    return [*found.reserved.claimed, charged]


def decide_hold(case: Case[PlaceHold]) -> Decision:
    """A hold reserves the price of a generation until it expires."""
    command, quote = case.command, case.facts.quote
    expires_at = case.now + ttl(command.ttl_seconds, case.history.at(case.now)) * SECOND
    labels = limits.labels(command.labels)
    found = _authorise(case)
    if isinstance(found, Refusal):
        return found
    held = Held(
        parts=found.reserved.parts,
        credits=found.cost,
        expires_at=expires_at,
        priced=found.priced,
        member=command.member,
        labels=labels,
        quote=quote.id if quote else None,
        cap_period_start=found.cap_period_start,
    )
    return [*found.reserved.claimed, held]


def _authorise(case: Case[Charge] | Case[PlaceHold]) -> Authorised | Refusal:
    """The quote, the plan, the price, the member's cap, the credits: the order of refusals."""
    refusal = quote_refused(case) if case.facts.quote else None
    if refusal is not None:
        return refusal
    asked = priced_generation(case)
    refusal = not_entitled(case, asked)
    if refusal is not None:
        return refusal
    command, priced = case.command, asked.priced
    cost = actual_charge(command, priced) if isinstance(command, Charge) else priced.credits
    refusal = rules.settle_outside_range_of_price(priced, cost)
    if refusal is not None:
        return refusal
    cap = counted_cap(case, command.member, cost)
    if isinstance(cap, Refusal):
        return cap
    reserved = reserve(case, cost, asked.entitled, pays_for(priced.tool, priced.model))
    refusal = rules.insufficient_credits(case, reserved, asked, cost)
    if refusal is not None:
        return refusal
    return Authorised(priced, cost, reserved, cap.period_start if cap else None)


def quote_refused(case: Case[Any]) -> Refusal | None:
    """Why the named quote cannot be spent, if it cannot."""
    return (
        rules.quote_for_another_account(case) or rules.quote_used(case) or rules.quote_expired(case)
    )


def priced_generation(case: Case[Charge] | Case[PlaceHold]) -> PricedGeneration:
    """The generation asked for: as it was quoted, or at the price of now.

    Raises `InvalidRequest` for a generation that is not on the rate card.
    """
    command, quote = case.command, case.facts.quote
    if quote is not None:
        entitled = entitlement(case.account, case.now, case.history)
        card = case.history.version(quote.priced.version)
        return PricedGeneration(quote.priced, card.models[quote.priced.model], card, entitled)
    if command.model is None:
        raise InvalidRequest("say which model, or give a quote", where="model")
    return price_now(case, command.model, command)


def price_now(case: Case[Any], model: str, command: PlaceHold | Charge | Draw) -> PricedGeneration:
    """A generation at the price of now. Raises `InvalidRequest` for one not on the rate card."""
    entitled = entitlement(case.account, case.now, case.history)
    card = case.history.at(case.now)
    request = Request(model, command.params, command.outputs, command.tool)
    at = None if isinstance(command, Draw) else case.now  # a lease goes on with what it began with
    priced = card.price(request, entitled.plan, at)
    return PricedGeneration(priced, card.models[priced.model], card, entitled)


def not_entitled(case: Case[Any], asked: PricedGeneration) -> Refusal | None:
    """Why the plan does not allow this model, if it does not; never about credits."""
    if asked.entitled.allows(asked.model):
        return None
    return (
        rules.subscription_required(case, asked)
        or rules.tool_not_in_plan(case, asked)
        or rules.model_requires_subscription(case, asked)
    )


def counted_cap(
    case: Case[Any], member_id: str | None, cost: Micros
) -> RunningCap | Refusal | None:
    """The cap that a member's spending counts against; None for an account without members."""
    if member_id is None:
        return None
    cap = running_cap(case.account, member_id, case.now, case.history)
    if not case.account.members:
        return None
    if cap is None:
        return rules.member_unknown(case.account, member_id)
    return rules.member_cap_reached(cap, cost) or cap


def actual_charge(command: Charge | Draw, priced: Priced) -> Micros:
    """What a charge costs: the price, or the actual of a price that is a range.

    Raises `InvalidRequest` for a range without an actual.
    """
    if command.credits is None:
        if priced.minimum is not None:
            raise InvalidRequest(
                f"this costs {text(priced.minimum)} to {text(priced.credits)}: say the actual "
                "with credits, or hold it and settle",
                where="credits",
            )
        return priced.credits
    return parse(command.credits, "credits", maximum=MAX)


def ttl(ttl_seconds: int | None, card: RateCard) -> int:
    """The seconds that a hold lives: as asked for, or as the catalog says."""
    if ttl_seconds is None:
        return card.catalog.policy.hold_ttl_seconds
    return limits.whole(ttl_seconds, "ttl_seconds", 1, limits.MAX_TTL_SECONDS)


def decide_release(case: Case[Release]) -> Decision:
    """A release gives a hold back whole."""
    hold = open_hold(case)
    if isinstance(hold, Refusal):
        return hold
    return [release(case.account, hold, case.now, "released")]


def decide_extend(case: Case[Extend]) -> Decision:
    """An extension moves the instant at which a hold times out."""
    seconds = limits.whole(case.command.ttl_seconds, "ttl_seconds", 1, limits.MAX_TTL_SECONDS)
    hold = open_hold(case)
    if isinstance(hold, Refusal):
        return hold
    return [HoldExtended(hold.id, case.now + seconds * SECOND)]


def open_hold(case: Case[Any]) -> Hold | Refusal:
    """The hold that a command names, if it is there and open."""
    refusal = rules.hold_not_found(case) or rules.hold_closed(case)
    return refusal or cast(Hold, case.facts.hold)
