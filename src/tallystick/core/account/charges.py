"""Charges and holds: charge, hold, release, extend (`docs/spec.md` 6, 7)."""

from typing import Any, cast

from msgspec import Struct

from .. import limits
from ..caps import Count, Counts
from ..commands import ANYONE, Charge, Draw, Extend, PlaceHold, Release
from ..credits import MAX, Micros, parse, text
from ..errors import InvalidRequest
from ..events import Charged, Held, HoldExtended
from ..grants import pays_for
from ..holds import Hold
from ..instants import SECOND
from ..pricing import Priced, RateCard, Request
from ..refusals import Refusal
from . import cap_rules, rules
from .advance import release
from .cap_ways_out import Spending, with_ways
from .case import Case, Decision
from .entitlement import PricedGeneration, entitlement
from .fair_use import within_fair_use
from .member_caps import NOTHING_COUNTED, CountedCaps, count_of, open_caps, running_cap
from .reservations import Reservation, reserve
from .state import Member, was_removed


class Authorised(Struct, frozen=True, gc=False):
    """A generation that may go ahead: the price, the `cost` (micros), and what pays for it.

    `counted` is what counts it of caps, and `counts` all that is counted in windows.
    """

    priced: Priced
    cost: Micros
    reserved: Reservation
    counted: CountedCaps
    counts: Counts


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
        cap_period_start=found.counted.period_start,
        counts=found.counts,
    )
    return [*found.reserved.claimed, charged]


def decide_hold(case: Case[PlaceHold]) -> Decision:
    """A hold reserves the price of a generation until it expires."""
    command, quote = case.command, case.facts.quote
    expires_at = case.now + ttl(command.ttl_seconds, case.card) * SECOND
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
        cap_period_start=found.counted.period_start,
        counts=found.counts,
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
    within = within_fair_use(case, asked)
    if isinstance(within, Refusal):
        return within
    asked, fair = within
    command, priced = case.command, asked.priced
    charges = isinstance(command, Charge)
    cost = actual_charge(command, priced) if charges else priced.credits
    if cost != priced.credits:
        refusal = rules.settle_outside_range_of_price(priced, cost)
        if refusal is not None:
            return refusal
    counted = counted_caps(case, command.member, cost, priced.tool)
    if isinstance(counted, Refusal):
        return with_ways(case, counted, Spending(command.member, cost, asked))
    refusal = None if charges else cap_rules.held_limit_reached(case, cost)
    if refusal is not None:
        return with_ways(case, refusal, Spending(command.member, cost, asked))
    reserved = reserve(case, cost, asked.entitled, pays_for(priced.tool, priced.model))
    refusal = rules.insufficient_credits(case, reserved, asked, cost)
    if refusal is not None:
        return refusal
    return Authorised(
        priced=priced,
        cost=cost,
        reserved=reserved,
        counted=counted,
        counts=counted.counts + fair,
    )


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
    card = case.card
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


def counted_caps(
    case: Case[Any], member_id: str | None, cost: Micros, tool: str | None
) -> CountedCaps | Refusal:
    """What a member's spending counts against: their caps, and those of the account. Without a
    `tool` it is a lease, and only the caps for every tool count it."""
    account, now, history = case.account, case.now, case.history
    running = None
    if member_id is None and not account.members and not account.caps:
        return NOTHING_COUNTED
    if member_id is None:
        refusal = cap_rules.member_required(case)
        if refusal is not None:
            return refusal
    elif member_id is not ANYONE:
        running = running_cap(account, member_id, now, history)
        if running is None and (account.members or was_removed(account, member_id)):
            return cap_rules.member_unknown(account, member_id) or CountedCaps()
    if running is not None:
        refusal = cap_rules.member_cap_reached(running, cost)
        if refusal is not None:
            return refusal
    windows = counted_windows(case, running.member if running else None, cost, tool)
    if isinstance(windows, Refusal):
        return windows
    return CountedCaps(running.period_start if running else None, windows)


def counted_windows(
    case: Case[Any], member: Member | None, cost: Micros, tool: str | None, drawn: bool = False
) -> Counts | Refusal:
    """What is counted of the caps that a member and the account have in windows. A draw, whose
    lease was counted as a whole, counts against those for some tools only."""
    account = case.account
    if not account.caps and (member is None or not member.caps):
        return ()
    counts: list[Count] = []
    for found in open_caps(account, member.caps if member else (), tool, case.now, case.history):
        if member is not None and not (drawn and found.cap.tools is None):
            refusal = cap_rules.member_cap_reached_in_window(member.id, found, cost)
            if refusal is not None:
                return refusal
            counts.append(count_of("member", found, cost))
    for found in open_caps(account, account.caps, tool, case.now, case.history):
        if not (drawn and found.cap.tools is None):
            refusal = cap_rules.account_cap_reached(found, cost)
            if refusal is not None:
                return refusal
            counts.append(count_of("account", found, cost))
    return tuple(counts)


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
    """An extension moves the instant at which a hold times out; it never comes sooner by that."""
    seconds = limits.whole(case.command.ttl_seconds, "ttl_seconds", 1, limits.MAX_TTL_SECONDS)
    hold = open_hold(case)
    if isinstance(hold, Refusal):
        return hold
    return [HoldExtended(hold.id, max(hold.expires_at, case.now + seconds * SECOND))]


def open_hold(case: Case[Any]) -> Hold | Refusal:
    """The hold that a command names, if it is there and open."""
    refusal = rules.hold_not_found(case) or rules.hold_closed(case)
    return refusal or cast(Hold, case.facts.hold)
