"""Charges and holds: charge, hold, release, extend (`docs/spec.md` 6, 7)."""

from typing import Any

from msgspec import Struct

from .. import limits
from ..commands import Charge, Draw, Extend, Generation, PlaceHold, Release
from ..credits import Micros, parse, text
from ..errors import InvalidRequest, describe
from ..events import Charged, Event, Granted, Held, HoldExtended
from ..grants import Parts, in_burn_order, take, total
from ..history import History
from ..holds import Hold
from ..instants import SECOND, Instant
from ..instants import words as when
from ..pricing import Priced, RateCard, Request
from ..refusals import Refusal
from . import ways_out
from .advance import release
from .entitlement import Entitlement, entitlement, tool_name
from .free_credits import claim, unclaimed
from .member_caps import period_start, spent_of_cap
from .state import Account, Facts

Decision = list[Event] | Refusal


class Authorised(Struct, frozen=True, gc=False):
    """A generation that may go ahead: its price, and what pays for it."""

    claimed: list[Granted]
    parts: Parts
    cost: Micros
    priced: Priced
    period: Instant | None


def decide_charge(
    account: Account, command: Charge, now: Instant, history: History, facts: Facts
) -> Decision:
    labels = limits.labels(command.labels)
    found = _authorise(account, command, now, history, facts)
    if isinstance(found, Refusal):
        return found
    quote = facts.quote.id if facts.quote else None
    charged = Charged(
        found.parts, found.cost, found.priced, command.member, labels, quote, found.period
    )
    return [*found.claimed, charged]


def decide_hold(
    account: Account, command: PlaceHold, now: Instant, history: History, facts: Facts
) -> Decision:
    expires_at = now + ttl(command.ttl_seconds, history.at(now)) * SECOND
    labels = limits.labels(command.labels)
    found = _authorise(account, command, now, history, facts)
    if isinstance(found, Refusal):
        return found
    quote = facts.quote.id if facts.quote else None
    held = Held(
        found.parts,
        found.cost,
        expires_at,
        found.priced,
        command.member,
        labels,
        quote,
        found.period,
    )
    return [*found.claimed, held]


def _authorise(
    account: Account, command: Charge | PlaceHold, now: Instant, history: History, facts: Facts
) -> Authorised | Refusal:
    """Entitlement, then the member's cap, then the credits: the order of the refusals."""
    found = quoted(account, command, now, history, facts)
    if isinstance(found, Refusal):
        return found
    priced, entitled = found
    cost = actual_charge(command, priced) if isinstance(command, Charge) else priced.credits
    refusal, period = capped(account, command.member, cost, history, now)
    if refusal is not None:
        return refusal
    if not cost:
        return Authorised([], (), cost, priced, period)
    claimed, parts = reserve(account, cost, now, history, entitled)
    if total(parts) < cost:
        return ways_out.insufficient(claim(account, claimed, now), priced, cost, now, history)
    return Authorised(claimed, parts, cost, priced, period)


def quoted(
    account: Account, command: Generation, now: Instant, history: History, facts: Facts
) -> tuple[Priced, Entitlement] | Refusal:
    """The price of the generation asked for, if this account may have it made at all."""
    entitled = entitlement(account, history, now)
    card = history.at(now)
    if facts.quote is None:
        if command.model is None:
            raise InvalidRequest("say which model, or give a quote", where="model")
        request = Request(command.model, command.params, command.outputs)
        priced = card.price(request, entitled.plan)
    else:
        refusal = _quote_refused(account, facts, now)
        if refusal is not None:
            return refusal
        priced = facts.quote.priced
        card = history.version(priced.version)
    refusal = not_entitled(account, priced, entitled, card, now, history)
    return refusal or (priced, entitled)


def not_entitled(
    account: Account,
    priced: Priced,
    entitled: Entitlement,
    card: RateCard,
    now: Instant,
    history: History,
) -> Refusal | None:
    """Why the plan does not allow this model, if it does not; never about credits."""
    model = card.model(priced.model).model
    if entitled.allows(model):
        return None
    catalog = card.catalog
    facts: dict[str, Any] = {"tool": model.tool, "model": model.name}
    tool = tool_name(catalog, model.tool)
    if entitled.plan is None:
        code, why = "subscription_required", f"{catalog.name} needs a subscription for {tool}"
    elif not entitled.unlocks(model.tool):
        facts["plan"] = entitled.plan.name
        code, why = "tool_not_in_plan", f"{entitled.plan.name} does not include {tool}"
    else:
        facts["plan"] = entitled.plan.name
        code = "model_requires_subscription"
        why = f"{model.name} is a Pro model and needs an active subscription"
    ways = ways_out.without_entitlement(account, priced, now, history)
    return Refusal(code, why, facts, ways)


def _quote_refused(account: Account, facts: Facts, now: Instant) -> Refusal | None:
    quote = facts.quote
    if quote is None:
        return None
    if quote.account != account.id:
        return Refusal(
            "quote_for_another_account", "this quote was made for another account, or for none"
        )
    if facts.quote_used is not None:
        return Refusal(
            "quote_used",
            "this quote was spent before; each can be used once",
            {"entry": facts.quote_used},
        )
    if now >= quote.expires_at:
        return Refusal(
            "quote_expired",
            f"this quote was honoured until {when(quote.expires_at)}; make a new one",
            {"expired_at": quote.expires_at},
        )
    return None


def capped(
    account: Account, member_id: str | None, cost: Micros, history: History, now: Instant
) -> tuple[Refusal | None, Instant | None]:
    """Whether a member may spend `cost`, and since when their cap counts."""
    if member_id is None:
        return None, None
    limits.name(member_id, "member")
    if not account.members:
        return None, None
    member = account.member(member_id)
    if member is None:
        message = f"{member_id} is not a member of this account"
        known = [each.id for each in account.members]
        return Refusal("member_unknown", message, {"members": known}), None
    used, period = spent_of_cap(member, period_start(account, history, now))
    if member.cap is not None and used + cost > member.cap:
        message = (
            f"{member_id} may spend {text(member.cap)} a cycle and has spent {text(used)}; "
            f"this costs {text(cost)}"
        )
        facts = {"member": member_id, "cap": member.cap, "used": used, "credits": cost}
        return Refusal("member_cap_reached", message, facts), None
    return None, period


def reserve(
    account: Account, amount: Micros, now: Instant, history: History, entitled: Entitlement
) -> tuple[list[Granted], Parts]:
    """Claim today's free credits if there are any, and take up to `amount` in burn order."""
    catalog = history.at(now).catalog
    claimed: list[Granted] = []
    if catalog.free_credits:
        claimed = unclaimed(account, entitled.plan, catalog, now)
        account = claim(account, claimed, now)
    return claimed, take(in_burn_order(account.grants, catalog.policy.burn_order), amount)


def actual_charge(command: Charge | Draw, priced: Priced) -> Micros:
    """What a charge costs: the price, or the actual of a price that is a range."""
    if command.credits is None:
        if priced.minimum is not None:
            raise InvalidRequest(
                f"this costs {text(priced.minimum)} to {text(priced.credits)}: say the actual "
                "with credits, or hold it and settle",
                where="credits",
            )
        return priced.credits
    return parse(command.credits, "credits", minimum=priced.least, maximum=priced.credits)


def ttl(ttl_seconds: int | None, card: RateCard) -> int:
    if ttl_seconds is None:
        return card.catalog.policy.hold_ttl_seconds
    return limits.whole(ttl_seconds, "ttl_seconds", 1, limits.MAX_TTL_SECONDS)


def decide_release(
    account: Account, command: Release, now: Instant, history: History, facts: Facts
) -> Decision:
    hold = open_hold(command.hold, facts)
    return hold if isinstance(hold, Refusal) else [release(account, hold, now, "released")]


def decide_extend(
    account: Account, command: Extend, now: Instant, history: History, facts: Facts
) -> Decision:
    ttl = limits.whole(command.ttl_seconds, "ttl_seconds", 1, limits.MAX_TTL_SECONDS)
    hold = open_hold(command.hold, facts)
    return hold if isinstance(hold, Refusal) else [HoldExtended(hold.id, now + ttl * SECOND)]


def open_hold(hold_id: str, facts: Facts) -> Hold | Refusal:
    hold = facts.hold
    if hold is None:
        return Refusal(
            "hold_not_found", f"this account has no hold {describe(hold_id)}", {"hold": hold_id}
        )
    if hold.status == "open":
        return hold
    at = hold.closed_at or hold.expires_at
    told: dict[str, Any] = {"hold": hold_id, "how": hold.status, "closed_at": at}
    how = "timed out" if hold.status == "timed_out" else hold.status
    if hold.settled is not None:
        told["credits"] = hold.settled
        how += f" for {text(hold.settled)} credits"
    return Refusal("hold_closed", f"hold {hold_id} was {how} at {when(at)}", told)
