"""Rules: each returns the refusal that it is named after, or None where a case passes.

They stand in the documented order of refusals, and every decider asks them in this order: where two
rules would refuse, the earlier one answers. Rules that share a code are named after the code and
after what they are for. A docstring says what is true of a case that passes.
"""

from typing import Any

from .. import refusal_facts as shapes
from ..commands import OpenAccount
from ..credits import Micros, text
from ..errors import describe
from ..holds import Hold
from ..instants import words as when
from ..pricing import Priced, RateCard
from ..refusals import Refusal
from . import ways_out
from .account_rules import (  # noqa: F401 (rules too)
    GIVEN_SOURCES,
    UNDONE_SOURCES,
    already_subscribed,
    balance_limit,
    entry_final,
    no_change_of_paid_time,
    no_change_of_terms,
    no_change_when_cancelled,
    no_running_cycle,
    no_subscription,
    nothing_scheduled,
    subscription_paused,
    top_up_requires_subscription,
    top_ups_not_sold,
    trial_used,
)
from .case import Case, ChargeFacts
from .entitlement import PricedGeneration, tool_name
from .grant_histories import given
from .reservations import Reservation

NO_PLAN = "; no plan holds this"
"""What a message adds where no plan is a way out, so that nobody looks for one."""


def account_not_found(case: Case[Any]) -> Refusal | None:
    """The account has been opened, or this command opens it."""
    if case.account.exists or isinstance(case.command, OpenAccount):
        return None
    account = case.command.account
    message = f"there is no account {describe(account)}"
    return Refusal("account_not_found", message, shapes.AccountFacts(account))


def account_exists(case: Case[Any]) -> Refusal | None:
    """The account has not been opened before."""
    if not case.account.exists:
        return None
    account = case.command.account
    message = f"account {describe(account)} is open already"
    return Refusal("account_exists", message, shapes.AccountFacts(account))


def quote_for_another_account(case: Case[Any]) -> Refusal | None:
    """A quote is spent by the account that it was made for."""
    quote = case.facts.quote
    if quote is None or quote.account == case.account.id:
        return None
    message = "this quote was made for another account, or for none"
    return Refusal("quote_for_another_account", message)


def quote_used(case: Case[Any]) -> Refusal | None:
    """A quote is spent once."""
    entry = case.facts.quote_used
    if case.facts.quote is None or entry is None:
        return None
    message = "this quote was spent before; each can be used once"
    return Refusal("quote_used", message, shapes.EntryFacts(entry))


def quote_expired(case: Case[Any]) -> Refusal | None:
    """A quote is spent before it expires."""
    quote = case.facts.quote
    if quote is None or case.now < quote.expires_at:
        return None
    message = f"this quote was honoured until {when(quote.expires_at)}; make a new one"
    return Refusal("quote_expired", message, shapes.ExpiredQuoteFacts(quote.expires_at))


def entry_not_found(case: Case[Any], entry: int) -> Refusal | None:
    """The named entry is one of the account."""
    if case.facts.entry is not None or entry <= case.account.seq:
        return None
    return Refusal(
        "entry_not_found", f"this account has no entry {entry}", shapes.EntryFacts(entry)
    )


def entry_not_found_for_receipt(case: Case[Any]) -> Refusal | None:
    """The named receipt is one of the account, and its entry is not archived."""
    if case.facts.charge is not None:
        return None
    message = f"this account has no receipt {describe(case.command.receipt)}, or it is archived"
    return Refusal("entry_not_found", message)


def hold_not_found(case: Case[Any]) -> Refusal | None:
    """The named hold is one of the account."""
    hold = case.facts.hold
    if hold is not None and hold.status != "refunded":
        return None
    hold_id = case.command.hold
    message = f"this account has no hold {describe(hold_id)}"
    return Refusal("hold_not_found", message, shapes.HoldFacts(hold_id))


def hold_closed(case: Case[Any]) -> Refusal | None:
    """The named hold is open."""
    hold, hold_id = case.facts.hold, case.command.hold
    if hold is None or hold.status == "open":
        return None
    late = next((each for each in case.account.late if each.hold == hold.id), None)
    at = late.at if late else hold.closed_at or hold.expires_at
    settled = late.credits if late else hold.settled
    status = "settled" if late else hold.status
    how = "timed out" if status == "timed_out" else status
    if settled is not None:
        how += f" for {case.wording.amount(settled)}"
    return Refusal(
        "hold_closed",
        f"hold {hold_id} was {how} at {when(at)}",
        shapes.ClosedHoldFacts(hold=hold_id, how=status, closed_at=at, credits=settled),
    )


def grant_not_found(case: Case[Any], grant: int) -> Refusal | None:
    """The named grant is one that the account has or had."""
    account, event = case.account, case.facts.entry
    if account.grant(grant) or account.later_grant(grant):
        return None
    if given(event) if event is not None else grant <= account.seq:
        return None
    return Refusal("grant_not_found", f"this account has no grant g{grant}", _named(grant))


def nothing_left(case: Case[Any], grant: int, owed: Micros = 0) -> Refusal | None:
    """Something is left of the named grant, or held, or spent of it and to be `owed`."""
    found = case.account.grant(grant)
    over = found and found.expires_at is not None and found.expires_at <= case.now
    if owed or (found and not over) or case.account.later_grant(grant):
        return None
    message = f"nothing is left of g{grant}: it was spent or taken back, or it has expired"
    return Refusal("nothing_left", message, _named(grant))


def _named(grant: int) -> shapes.GrantFacts:
    return shapes.GrantFacts(f"g{grant}")


def subscription_required(case: Case[Any], asked: PricedGeneration) -> Refusal | None:
    """An account that has not subscribed is on a default plan, or generates nothing."""
    if asked.entitled.plan is not None:
        return None
    catalog = asked.card.catalog
    message = f"{catalog.name} needs a subscription for {tool_name(catalog, asked.model.tool)}"
    return _not_entitled(case, asked, "subscription_required", message)


def tool_not_in_plan(case: Case[Any], asked: PricedGeneration) -> Refusal | None:
    """The plan unlocks the model's tool."""
    plan, tool = asked.entitled.plan, asked.model.tool
    if plan is None or asked.entitled.unlocks(tool):
        return None
    message = f"{plan.name} does not include {tool_name(asked.card.catalog, tool)}"
    return _not_entitled(case, asked, "tool_not_in_plan", message)


def model_requires_subscription(case: Case[Any], asked: PricedGeneration) -> Refusal | None:
    """The plan unlocks pro models, if the model is one."""
    if asked.entitled.allows(asked.model):
        return None
    message = f"{asked.model.name} is a Pro model and needs an active subscription"
    return _not_entitled(case, asked, "model_requires_subscription", message)


def _not_entitled(case: Case[Any], asked: PricedGeneration, code: str, message: str) -> Refusal:
    plan = asked.entitled.plan
    facts = shapes.EntitlementFacts(asked.model.tool, asked.model.name, plan.name if plan else None)
    ways = ways_out.without_entitlement(case, asked.priced)
    none = ways_out.unlocked_by_none(asked.priced, case.card)
    return Refusal(code, f"{message}{NO_PLAN if none else ''}", facts, ways)


def settle_outside_range(
    hold: Hold, priced: Priced, actual: Micros, outcome: str
) -> Refusal | None:
    """A success settles within the range that was quoted, unless nothing was delivered."""
    least = hold.priced.minimum if hold.priced else None
    if least is None or outcome != "succeeded" or priced.nothing:
        return None
    if least <= actual <= hold.credits:
        return None
    facts = shapes.SettlementFacts(credits=actual, held=hold.credits, min=least)
    return Refusal("settle_outside_range", _outside(actual, least, hold.credits), facts)


def settle_outside_range_of_price(priced: Priced, actual: Micros) -> Refusal | None:
    """The actual of a charge is within the range of its price."""
    least, most = priced.least, priced.credits
    if least <= actual <= most:
        return None
    facts = shapes.SettlementFacts(credits=actual, held=most, min=least)
    return Refusal("settle_outside_range", _outside(actual, least, most), facts)


def _outside(actual: Micros, least: Micros, most: Micros) -> str:
    return f"{text(actual)} is outside the range that was quoted, {text(least)} to {text(most)}"


def settle_above_hold(hold: Hold, actual: Micros, card: RateCard) -> Refusal | None:
    """A hold settles for no more than it holds, unless the catalog takes the rest."""
    if actual <= hold.credits or card.catalog.policy.settle_above_hold != "refuse":
        return None
    message = f"{text(actual)} is more than the {text(hold.credits)} that were held"
    facts = shapes.SettlementFacts(credits=actual, held=hold.credits)
    return Refusal("settle_above_hold", message, facts)


def refund_above_charge_left(charge: ChargeFacts, before: Hold | None) -> Refusal | None:
    """Something is left of a charge that is to be given back."""
    charged = charge.event.credits
    if before is None or before.given_back < charged:
        return None
    if not charged and before.priced and not before.priced.nothing:
        return None
    message = f"r{charge.seq} was given back already: nothing is left of it"
    return Refusal("refund_above_charge", message, _nothing(charge, before.given_back))


def refund_above_charge_of_nothing(charge: ChargeFacts, given_back: Micros) -> Refusal | None:
    """Credits are left of a charge that an adjustment is to give back."""
    if given_back < charge.event.credits:
        return None
    why = "was given back already: nothing is left of it" if given_back else "charged nothing"
    facts = _nothing(charge, given_back)
    return Refusal("refund_above_charge", f"r{charge.seq} {why}", facts)


def _nothing(charge: ChargeFacts, given_back: Micros) -> shapes.RefundFacts:
    return shapes.RefundFacts(f"r{charge.seq}", 0, charge.event.credits, given_back)


def refund_above_charge(charge: ChargeFacts, given_back: Micros, credits: Micros) -> Refusal | None:
    """Together, refunds and adjustments give back no more than was charged."""
    charged = charge.event.credits
    if given_back + credits <= charged:
        return None
    left = f"{text(charged - given_back)} of its {text(charged)} are left"
    message = f"{text(credits)} cannot be given back of r{charge.seq}: {left}"
    facts = shapes.RefundFacts(f"r{charge.seq}", credits, charged, given_back)
    return Refusal("refund_above_charge", message, facts)


def insufficient_credits(
    case: Case[Any], reserved: Reservation, asked: PricedGeneration, cost: Micros
) -> Refusal | None:
    """The account has the credits that a generation costs, and may spend them on it."""
    available = reserved.available
    if available >= cost:
        return None
    return Refusal(
        "insufficient_credits",
        f"this costs {case.wording.amount(cost)} and {text(available)} are available: "
        f"{text(cost - available)} are missing{_unheld(case, asked.priced, cost)}",
        shapes.ShortfallFacts(credits=cost, available=available, shortfall=cost - available),
        ways_out.more_credits(case, reserved, asked.priced, cost),
    )


def _unheld(case: Case[Any], priced: Priced | None, cost: Micros) -> str:
    """What a message adds where a plan is no way out, so that nobody looks for one."""
    is_unheld = ways_out.unheld(priced, cost, case.card)
    return NO_PLAN if is_unheld else ""


def insufficient_credits_to_lease(
    case: Case[Any], reserved: Reservation, credits: Micros
) -> Refusal | None:
    """The account has the credits that a lease reserves."""
    available = reserved.available
    if available >= credits:
        return None
    missing = credits - available
    return Refusal(
        "insufficient_credits",
        f"a lease of {case.wording.amount(credits)}, and {text(available)} are available: "
        f"{text(missing)} are missing{_unheld(case, None, credits)}",
        shapes.ShortfallFacts(credits=credits, available=available, shortfall=missing),
        ways_out.more_to_lease(case, reserved, credits),
    )


def insufficient_credits_to_increase(
    case: Case[Any], reserved: Reservation, more: Micros
) -> Refusal | None:
    """The account has the credits that a hold is to reserve beside what it has."""
    available = reserved.available
    if available >= more:
        return None
    missing = more - available
    return Refusal(
        "insufficient_credits",
        f"this holds {case.wording.amount(more)} more, and {text(available)} are available: "
        f"{text(missing)} are missing",
        shapes.ShortfallFacts(credits=more, available=available, shortfall=missing),
        ways_out.more_to_lease(case, reserved, more),
    )


def insufficient_credits_to_take_back(there: Micros, amount: Micros) -> Refusal | None:
    """The credits are `there` (micros) that an operator takes back."""
    if there >= amount:
        return None
    message = f"{text(amount)} cannot be taken back: {text(there)} are available"
    facts = shapes.ShortfallFacts(credits=amount, available=there, shortfall=amount - there)
    return Refusal("insufficient_credits", message, facts)


def lease_exhausted(lease: Hold, asked: PricedGeneration, cost: Micros) -> Refusal | None:
    """The lease has the credits that a generation costs."""
    left = lease.credits
    if cost <= left:
        return None
    return Refusal(
        "lease_exhausted",
        f"this costs {asked.card.catalog.wording.amount(cost)} and the lease has {text(left)} left",
        shapes.LeaseFacts(hold=f"h{lease.id}", credits=cost, held=left, shortfall=cost - left),
        ways_out.cheaper_or_less(asked.priced, left, asked.entitled, asked.card),
    )
