"""Subscriptions: subscribe, change, cancel, resume, pay (`docs/spec.md` 5).

A preview is the same decision without the commit; nothing here knows which of the two it is.
"""

from typing import Any

from msgspec.structs import replace

from .. import credits, instants
from ..catalog import Catalog, Plan, find_package, find_plan
from ..commands import Cancel, ChangePlan, Pay, Resume, Subscribe
from ..credits import Micros, text
from ..errors import InvalidRequest, describe, unknown
from ..events import (
    ChangeScheduled,
    Event,
    Granted,
    PaidThrough,
    PlanChanged,
    ScheduleWithdrawn,
    SubscriptionEnded,
    SubscriptionStarted,
)
from ..history import History
from ..instants import DAY, Instant
from ..refusals import Refusal
from ..subscription import Scheduled, Terms, start
from .advance import advance
from .entitlement import entitlement
from .evolve import evolve
from .free_credits import unclaimed, with_free
from .plan_changes import change
from .state import Account, Facts, beyond_limit, by_source

Decision = list[Event] | Refusal
_FARTHEST = 3_660 * DAY
"""A subscription starts, and is paid, at most ten years from now either way."""


def decide_subscribe(
    account: Account, command: Subscribe, now: Instant, history: History, facts: Facts
) -> Decision:
    if account.subscription is not None:
        bought = account.subscription
        terms, offer = (
            bought.terms,
            history.offered(bought.terms.plan, bought.terms.package, bought.version, now),
        )
        return Refusal(
            "already_subscribed",
            f"{offer[0].name} is running already: change the plan instead of subscribing again",
            {"plan": terms.plan, "package": terms.package, "interval": terms.interval},
        )
    card = history.at(now)
    terms = read_terms(card.catalog, command.plan, command.package, command.interval)
    full = beyond_limit(account, terms.package)
    if full is not None:
        return full
    anchor = now
    if command.starts_at is not None:
        anchor = _near(instants.parse(command.starts_at, "starts_at"), now, "starts_at")
    paid = None
    if command.paid_through is not None:
        paid = _near(instants.parse(command.paid_through, "paid_through"), now, "paid_through")
        if paid <= max(now, anchor):
            raise InvalidRequest("paid_through must lie after the start", where="paid_through")
    zone = card.catalog.time_zone
    subscription = start(terms, anchor, max(now, anchor), zone, card.version, paid)
    kept = _kept_free_credits(account, terms, history, now) if anchor <= now else []
    event = SubscriptionStarted(subscription)
    return [*kept, _summed(account, event, history, now)]


def decide_change_plan(
    account: Account, command: ChangePlan, now: Instant, history: History, facts: Facts
) -> Decision:
    subscription = account.subscription
    if subscription is None:
        return _no_subscription()
    card = history.at(now)
    old = subscription.terms
    package = command.package
    if package is None and command.plan is not None:
        package = _package_to_keep(card.catalog, command.plan, old.package)
    terms = read_terms(
        card.catalog,
        old.plan if command.plan is None else command.plan,
        credits.show(old.package) if package is None else package,
        old.interval if command.interval is None else command.interval,
    )
    if terms == old:
        return Refusal(
            "no_change",
            "these are the terms already"
            + ("; resume withdraws what is scheduled" if subscription.scheduled else ""),
            {"plan": old.plan, "package": old.package, "interval": old.interval},
        )
    event = change(account, subscription, terms, history, now)
    if isinstance(event, PlanChanged) and subscription.scheduled is not None:
        event = replace(event, unscheduled=True)
    full = beyond_limit(account, terms.package)
    if isinstance(event, PlanChanged) and full is not None:
        return full
    return [_summed(account, event, history, now)]


def decide_cancel(
    account: Account, command: Cancel, now: Instant, history: History, facts: Facts
) -> Decision:
    subscription = account.subscription
    if subscription is None:
        return _no_subscription()
    if account.cycle is None:  # bought for later: nothing was given yet
        return [SubscriptionEnded("canceled", subscription.terms)]
    scheduled = subscription.scheduled
    if scheduled is not None and scheduled.terms is None:
        return Refusal(
            "no_change",
            f"it is cancelled already and ends at {instants.words(scheduled.at)}",
            {"ends_at": scheduled.at},
        )
    end = replace(subscription, scheduled=Scheduled(subscription.paid_until))
    return [_summed(account, ChangeScheduled("cancel", end), history, now)]


def decide_resume(
    account: Account, command: Resume, now: Instant, history: History, facts: Facts
) -> Decision:
    subscription = account.subscription
    if subscription is None:
        return _no_subscription()
    if subscription.scheduled is None:
        return Refusal("nothing_scheduled", "neither a cancellation nor a change is scheduled")
    event = ScheduleWithdrawn(replace(subscription, scheduled=None))
    return [_summed(account, event, history, now)]


def decide_pay(
    account: Account, command: Pay, now: Instant, history: History, facts: Facts
) -> Decision:
    """Paid-through moves with payment (`docs/spec.md` 5.1); from now on only payments move it."""
    paid = _near(instants.parse(command.paid_through, "paid_through"), now, "paid_through")
    subscription = account.subscription
    if subscription is None:
        return _no_subscription()
    if paid <= subscription.paid_through:
        raise InvalidRequest(
            f"it is paid through {instants.words(subscription.paid_through)} already; a payment "
            "moves that on",
            where="paid_through",
        )
    event = PaidThrough(replace(subscription, paid_through=paid, auto_renew=False))
    return [_summed(account, event, history, now)]


def read_terms(catalog: Catalog, plan: object, package: object, interval: object) -> Terms:
    """Plan, package and interval as the catalog offers them, or `InvalidRequest` saying what is."""
    found = find_plan(catalog, plan) if isinstance(plan, str) else None
    sold = [each.name for each in catalog.plans if each.packages]
    if found is None:
        raise unknown("plan", plan, sold)
    if not found.packages:
        raise InvalidRequest(
            f"{found.name} is not sold: accounts are on it without subscribing (sold: "
            f"{', '.join(sold)})",
            where="plan",
            allowed=sold,
        )
    if interval not in found.intervals:
        raise InvalidRequest(
            f"{found.name} is billed {' or '.join(found.intervals)}, not {describe(interval)}",
            where="interval",
            allowed=found.intervals,
        )
    return Terms(found.id, _package(found, package), interval)  # type: ignore[arg-type]


def _package(plan: Plan, package: object) -> Micros:
    if package is None and len(plan.packages) == 1:
        return plan.packages[0].credits
    allowed = [text(each.credits) for each in plan.packages]
    if package is not None:
        amount = credits.parse(package, "package")
        if find_package(plan, amount) is not None:
            return amount
    said = "" if package is None else f", not {describe(package)}"
    raise InvalidRequest(
        f"{plan.name} comes with {' or '.join(allowed)} credits a month{said}",
        where="package",
        allowed=allowed,
    )


def _package_to_keep(catalog: Catalog, plan: str, package: Micros) -> object:
    """Changing the plan keeps the package where the new plan has it (`docs/spec.md` 5.3)."""
    found = find_plan(catalog, plan) if isinstance(plan, str) else None
    if found is None or find_package(found, package) is not None:
        return credits.show(package)
    return credits.show(found.packages[0].credits) if len(found.packages) == 1 else None


def _summed(account: Account, event: Any, history: History, now: Instant) -> Any:
    """The event with what is spendable of each source before it and right after it."""
    seen = with_free(account, history, now)
    event = replace(event, before=by_source(seen))
    if not hasattr(event, "after"):
        return event
    after, _ = advance(evolve(seen, seen.seq + 1, now, event), now)
    return replace(event, after=by_source(with_free(after, history, now)))


def _kept_free_credits(
    account: Account, terms: Terms, history: History, now: Instant
) -> list[Granted]:
    """Free credits of the running window that the new plan would not give: buying a subscription
    takes nothing away, so they are claimed before it starts."""
    catalog = history.at(now).catalog
    bought = find_plan(catalog, terms.plan)
    after = {event.every for event in unclaimed(account, bought, catalog, now)}
    before = unclaimed(account, entitlement(account, history, now).plan, catalog, now)
    return [event for event in before if event.every not in after]


def _near(at: Instant, now: Instant, where: str) -> Instant:
    if abs(at - now) > _FARTHEST:
        raise InvalidRequest(f"{where} must lie within ten years of now", where=where)
    return at


def _no_subscription() -> Refusal:
    return Refusal("no_subscription", "there is no subscription; subscribe to a plan first")
