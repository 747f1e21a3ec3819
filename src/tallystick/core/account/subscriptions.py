"""Subscriptions: subscribe, change, cancel, resume, pay (`docs/spec.md` 5).

A preview is the same decision without the commit; nothing here knows which of the two it is.
"""

from typing import Any, cast

from msgspec.structs import replace

from .. import credits, instants
from ..catalog import Catalog, Plan, find_package, find_plan
from ..commands import Cancel, ChangePlan, Pay, Resume, Subscribe
from ..credits import Micros, text
from ..errors import InvalidRequest, describe, unknown
from ..events import (
    ChangeScheduled,
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
from ..subscription import Scheduled, Subscription, Terms, start
from . import rules
from .advance import advance
from .case import Case, Decision
from .debts import paying
from .entitlement import entitlement
from .evolve import evolve
from .free_credits import unclaimed, with_free
from .plan_changes import change
from .state import Account, by_source

_FARTHEST = 3_660 * DAY
"""A subscription starts, and is paid, at most ten years from now either way."""


def decide_subscribe(case: Case[Subscribe]) -> Decision:
    """A subscription is bought. Raises `InvalidRequest` for terms or dates that are not offered."""
    refusal = rules.already_subscribed(case)
    if refusal is not None:
        return refusal
    account, command, now = case.account, case.command, case.now
    card = case.history.at(now)
    terms = read_terms(card.catalog, command.plan, command.package, command.interval)
    refusal = rules.balance_limit(account, terms.package)
    if refusal is not None:
        return refusal
    anchor = now
    if command.starts_at is not None:
        anchor = _near(case.instant(command.starts_at, "starts_at"), now, "starts_at")
    subscription = start(
        terms,
        anchor=anchor,
        at=max(now, anchor),
        zone=card.catalog.time_zone,
        version=card.version,
        paid_through=_paid_through(case, anchor),
    )
    kept = _kept_free_credits(account, terms, now, case.history) if anchor <= now else []
    return [*kept, _summed(case, SubscriptionStarted(subscription))]


def _paid_through(case: Case[Subscribe], anchor: Instant) -> Instant | None:
    if case.command.paid_through is None:
        return None
    paid = case.instant(case.command.paid_through, "paid_through")
    paid = _near(paid, case.now, "paid_through")
    if paid <= max(case.now, anchor):
        raise InvalidRequest("paid_through must lie after the start", where="paid_through")
    return paid


def decide_change_plan(case: Case[ChangePlan]) -> Decision:
    """The terms change, at once or when the paid time is over (`docs/spec.md` 5.2)."""
    subscription = bought(case)
    if isinstance(subscription, Refusal):
        return subscription
    terms = _changed_terms(case, subscription.terms)
    refusal = rules.no_change_of_terms(subscription, terms)
    if refusal is not None:
        return refusal
    event = change(case.account, terms, case.now, case.history)
    if isinstance(event, PlanChanged):
        refusal = rules.balance_limit(case.account, terms.package)
        if refusal is not None:
            return refusal
        if subscription.scheduled is not None:
            event = replace(event, unscheduled=True)
    return [_summed(case, event)]


def _changed_terms(case: Case[ChangePlan], old: Terms) -> Terms:
    """The terms asked for; what a command leaves out stays as it is."""
    command, catalog = case.command, case.history.at(case.now).catalog
    package = command.package
    if package is None and command.plan is not None:
        package = _package_to_keep(catalog, command.plan, old.package)
    return read_terms(
        catalog,
        plan=old.plan if command.plan is None else command.plan,
        package=credits.show(old.package) if package is None else package,
        interval=old.interval if command.interval is None else command.interval,
    )


def decide_cancel(case: Case[Cancel]) -> Decision:
    """The subscription ends when its paid time is over."""
    subscription = bought(case)
    if isinstance(subscription, Refusal):
        return subscription
    if case.account.cycle is None:  # bought for later: nothing was given yet
        return [SubscriptionEnded("canceled", subscription.terms)]
    refusal = rules.no_change_when_cancelled(subscription)
    if refusal is not None:
        return refusal
    end = replace(subscription, scheduled=Scheduled(subscription.paid_until))
    return [_summed(case, ChangeScheduled("cancel", end))]


def decide_resume(case: Case[Resume]) -> Decision:
    """What is scheduled is withdrawn."""
    subscription = bought(case)
    if isinstance(subscription, Refusal):
        return subscription
    refusal = rules.nothing_scheduled(subscription)
    if refusal is not None:
        return refusal
    return [_summed(case, ScheduleWithdrawn(replace(subscription, scheduled=None)))]


def decide_pay(case: Case[Pay]) -> Decision:
    """Paid-through moves with payment (`docs/spec.md` 5.1); from now on only payments move it.

    Raises `InvalidRequest` for a payment that does not move it on.
    """
    paid = case.instant(case.command.paid_through, "paid_through")
    paid = _near(paid, case.now, "paid_through")
    subscription = bought(case)
    if isinstance(subscription, Refusal):
        return subscription
    if paid <= subscription.paid_through:
        raise InvalidRequest(
            f"it is paid through {instants.words(subscription.paid_through)} already; a payment "
            "moves that on",
            where="paid_through",
        )
    event = PaidThrough(replace(subscription, paid_through=paid, auto_renew=False))
    return [_summed(case, event)]


def bought(case: Case[Any]) -> Subscription | Refusal:
    """The subscription that a command changes, if there is one."""
    return rules.no_subscription(case) or cast(Subscription, case.account.subscription)


def read_terms(catalog: Catalog, plan: object, package: object, interval: object) -> Terms:
    """Plan, package and interval as the catalog offers them. Raises `InvalidRequest` for others."""
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


def _summed(case: Case[Any], event: Any) -> Any:
    """The event with what is spendable of each source before it and right after it."""
    now, history = case.now, case.history
    seen = with_free(case.account, now, history)
    event = replace(event, before=by_source(seen))
    if not hasattr(event, "after"):
        return event
    after, _ = advance(evolve(seen, seen.seq + 1, now, paying(seen, event)), now)
    return replace(event, after=by_source(with_free(after, now, history)))


def _kept_free_credits(
    account: Account, terms: Terms, now: Instant, history: History
) -> list[Granted]:
    """Free credits of the running window that the new plan would not give: buying a subscription
    takes nothing away, so they are claimed before it starts."""
    catalog = history.at(now).catalog
    plan = find_plan(catalog, terms.plan)
    after = {event.every for event in unclaimed(account, plan, now, catalog)}
    before = unclaimed(account, entitlement(account, now, history).plan, now, catalog)
    return [event for event in before if event.every not in after]


def _near(at: Instant, now: Instant, where: str) -> Instant:
    if abs(at - now) > _FARTHEST:
        raise InvalidRequest(f"{where} must lie within ten years of now", where=where)
    return at
