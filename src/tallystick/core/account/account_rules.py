"""Account rules: the rules of subscriptions and of credits given by hand. They stand after those in
`rules`, in the documented order of refusals, and are asked as `rules.no_subscription(case)`."""

from typing import Any

from .. import refusal_facts as shapes
from ..catalog import find_plan
from ..credits import MAX, Micros, text
from ..events import CycleStarted, Event, Granted
from ..grants import Grant
from ..instants import Instant
from ..instants import words as when
from ..refusals import Refusal
from ..subscription import Subscription, Terms
from . import ways_out
from .case import Case
from .state import Account, owned

GIVEN_SOURCES = ("promo", "adjustment", "topup", "free")
"""What an operator may grant; subscription and carry-over credits come only from plans."""
UNDONE_SOURCES = (*GIVEN_SOURCES, "subscription")
"""The sources of grants that an entry may have given and that can be undone."""


def already_subscribed(case: Case[Any]) -> Refusal | None:
    """An account has one subscription."""
    bought = case.account.subscription
    if bought is None:
        return None
    terms = bought.terms
    plan, _ = case.history.offered(terms.plan, terms.package, bought.version, case.now)
    message = f"{plan.name} is running already: change the plan instead of subscribing again"
    facts = shapes.TermsFacts(plan=plan.name, package=terms.package, interval=terms.interval)
    return Refusal("already_subscribed", message, facts)


def no_subscription(case: Case[Any]) -> Refusal | None:
    """There is a subscription to change."""
    if case.account.subscription is not None:
        return None
    return Refusal("no_subscription", "there is no subscription; subscribe to a plan first")


def no_change_of_terms(case: Case[Any], subscription: Subscription, terms: Terms) -> Refusal | None:
    """A change asks for other terms."""
    old = subscription.terms
    if terms != old:
        return None
    plan, _ = case.history.offered(old.plan, old.package, subscription.version, case.now)
    message = "these are the terms already"
    if subscription.scheduled:
        message += "; resume withdraws what is scheduled"
    facts = shapes.UnchangedFacts(plan=plan.name, package=old.package, interval=old.interval)
    return Refusal("no_change", message, facts)


def no_change_when_cancelled(subscription: Subscription) -> Refusal | None:
    """A cancellation is scheduled once."""
    scheduled = subscription.scheduled
    if scheduled is None or scheduled.terms is not None:
        return None
    message = f"it is cancelled already and ends at {when(scheduled.at)}"
    return Refusal("no_change", message, shapes.UnchangedFacts(ends_at=scheduled.at))


def no_change_of_paid_time(subscription: Subscription, paid: Instant) -> Refusal | None:
    """A payment moves the end of the paid time."""
    there = subscription.paid_through
    if paid > there:
        return None
    message = f"it is paid through {when(there)} already; a payment moves that on"
    return Refusal("no_change", message, shapes.UnchangedFacts(paid_through=there))


def trial_used(case: Case[Any], terms: Terms) -> Refusal | None:
    """An account has one trial of a plan."""
    if terms.plan not in case.account.trials:
        return None
    plan = find_plan(case.card.catalog, terms.plan)
    message = "this account had a trial of this plan before"
    name = terms.plan if plan is None else plan.name
    facts = shapes.TermsFacts(plan=name, package=terms.package, interval=terms.interval)
    return Refusal("trial_used", message, facts)


def subscription_paused(subscription: Subscription) -> Refusal | None:
    """The subscription is not paused."""
    pause = subscription.pause
    if pause is None or not pause.begun:
        return None
    until = "it is resumed" if pause.until is None else when(pause.until)
    message = f"the subscription is paused until {until}; resume it first"
    return Refusal("subscription_paused", message, shapes.PauseFacts(pause.starts_at, pause.until))


def no_running_cycle(case: Case[Any], subscription: Subscription) -> Refusal | None:
    """A cycle of the subscription is running, and no trial or pause."""
    stopped = subscription.is_in_trial or subscription.is_paused
    if case.account.cycle is not None and not stopped:
        return None
    return Refusal("no_running_cycle", "no cycle is running: there is nothing to reset")


def nothing_scheduled(subscription: Subscription) -> Refusal | None:
    """There is a scheduled cancellation or change to withdraw, or a pause."""
    if subscription.scheduled is not None or subscription.pause is not None:
        return None
    return Refusal("nothing_scheduled", "neither a cancellation nor a change is scheduled")


def top_ups_not_sold(case: Case[Any]) -> Refusal | None:
    """The platform sells top-ups."""
    catalog = case.card.catalog
    if catalog.top_ups is not None:
        return None
    return Refusal("top_ups_not_sold", f"{catalog.name} sells no {catalog.wording.top_ups}")


def top_up_requires_subscription(case: Case[Any], amount: Micros) -> Refusal | None:
    """A top-up is bought while a subscription is active, if the catalog says so."""
    catalog = case.card.catalog
    offer = catalog.top_ups
    if offer is None or not offer.requires_subscription or case.account.subscribed:
        return None
    return Refusal(
        "top_up_requires_subscription",
        f"{catalog.wording.top_ups} are sold only while a subscription is active",
        shapes.TopUpFacts(amount),
        ways_out.plans_to_buy(case),
    )


def balance_limit(account: Account, amount: Micros) -> Refusal | None:
    """An account owns no more than the largest amount there is."""
    if owned(account) + amount <= MAX:
        return None
    return Refusal(
        "balance_limit",
        f"the account would own more than {text(MAX)}, the largest amount there is",
        shapes.LimitFacts(credits=amount, balance=owned(account), limit=MAX),
    )


def entry_final(case: Case[Any], entry: int) -> Refusal | None:
    """The named entry granted credits, and all of them are still there."""
    account, event = case.account, case.facts.entry
    grant = account.grant(entry) or account.later_grant(entry)
    if event is None and grant is None:
        why = "nothing is left of it, if it granted anything; adjust the account instead"
    elif not _granted(account, event, grant):
        granted = f"granted {case.wording.credits}"
        why = f"only an entry that {granted} can be undone; adjust the account instead"
    elif grant is None or grant.remaining != grant.amount:
        its = f"its {case.wording.credits}"
        why = f"{its} were spent, held or have expired; adjust the account instead"
    else:
        return None
    return Refusal(
        "entry_final", f"entry {entry} cannot be undone: {why}", shapes.EntryFacts(entry)
    )


def _granted(account: Account, event: Event | None, grant: Grant | None) -> bool:
    """Whether an entry granted credits to the account, and did nothing else. Of one that is
    archived its grant says so, as long as anything is left of it: the free credits of a window are
    noted as such."""
    if event is not None:
        return isinstance(event, CycleStarted) or (
            isinstance(event, Granted) and event.every is None
        )
    windows = [allowance.grant for allowance in account.allowances]
    return grant is not None and grant.source in UNDONE_SOURCES and grant.id not in windows
