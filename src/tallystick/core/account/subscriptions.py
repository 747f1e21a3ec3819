"""Subscriptions: subscribe, change, resume (`docs/spec.md` 5)."""

from typing import Any

from msgspec.structs import replace

from .. import credits, limits
from ..catalog import Anchor, Catalog, Plan, Wording, find_package, find_plan
from ..commands import ChangePlan, Subscribe
from ..credits import Micros, text
from ..cycles import days_later
from ..errors import InvalidRequest, describe, unknown
from ..events import PlanChanged, SubscriptionStarted
from ..instants import Instant
from ..refusals import Refusal
from ..subscription import Subscription, Terms, start
from . import rules
from .case import Case, Decision
from .comparison import bought, kept_free_credits, summed
from .free_credits import zone_of
from .payments import near, read_payment
from .plan_changes import change


def decide_subscribe(case: Case[Subscribe]) -> Decision:
    """A subscription is bought. Raises `InvalidRequest` for terms or dates that are not offered."""
    refusal = rules.already_subscribed(case)
    if refusal is not None:
        return refusal
    account, command, now = case.account, case.command, case.now
    card = case.history.at(now)
    terms = read_terms(card.catalog, command.plan, command.package, command.interval)
    trial = limits.flag(command.trial, "trial")
    refusal = rules.trial_used(case, terms) if trial else None
    refusal = refusal or rules.balance_limit(account, terms.package)
    if refusal is not None:
        return refusal
    anchor = now
    if command.starts_at is not None:
        anchor = near(case, command.starts_at, "starts_at")
    subscription = start(
        terms,
        anchor=anchor,
        at=max(now, anchor),
        zone=zone_of(account, card.catalog),
        version=card.version,
        policy=card.catalog.policy,
        anchored=_anchored(card.catalog, terms),
    )
    plan = find_plan(card.catalog, terms.plan)
    if plan is not None and plan.rollover is not None:
        subscription = replace(subscription, rollover=plan.rollover)
    if trial:
        subscription = _with_trial(card.catalog, subscription, max(now, anchor))
    subscription = _paid(case, subscription)
    kept = kept_free_credits(case, terms) if anchor <= now else []
    bought = SubscriptionStarted(subscription, leaves=subscription.renews_at > now)
    return [*kept, summed(case, bought, kept)]


def _anchored(catalog: Catalog, terms: Terms) -> Anchor | None:
    plan = find_plan(catalog, terms.plan)
    return None if plan is None else plan.anchor


def _with_trial(catalog: Catalog, subscription: Subscription, starts_at: Instant) -> Subscription:
    """The subscription with the plan's trial before its first cycle; paid-through begins at its
    end. Raises `InvalidRequest` for a plan without one."""
    plan = find_plan(catalog, subscription.terms.plan)
    trial = plan.trial if plan else None
    if trial is None:
        raise InvalidRequest(f"{plan.name if plan else 'this plan'} has no trial", where="trial")
    anchor = days_later(starts_at, trial.days, subscription.zone)
    return replace(
        subscription,
        anchor=anchor,
        index=-2,
        renews_at=starts_at,
        paid_through=anchor,
        trial_credits=trial.credits,
    )


def _paid(case: Case[Subscribe], subscription: Subscription) -> Subscription:
    """The subscription as its payment says, from the cycle on that is due next."""
    payment = read_payment(case, least=0 if subscription.is_in_trial else 1)
    if not payment.moves:
        return subscription
    paid = payment.paid(subscription, max(0, subscription.index + 1))
    starts_at = max(case.now, subscription.anchor)
    if paid < starts_at or (paid == starts_at and not subscription.is_in_trial):
        raise InvalidRequest("paid_through must lie after the start", where="paid_through")
    return replace(subscription, paid_through=paid, auto_renew=False)


def decide_change_plan(case: Case[ChangePlan]) -> Decision:
    """The terms change: at once, when they are paid, or when the paid time is over
    (`docs/spec.md` 5.2)."""
    subscription = bought(case)
    if isinstance(subscription, Refusal):
        return subscription
    terms = _changed_terms(case, subscription.terms)
    later = limits.flag(case.command.later, "later")
    payment = read_payment(case)
    refusal = rules.no_change_of_terms(case, subscription, terms) or rules.subscription_paused(
        subscription
    )
    if refusal is not None:
        return refusal
    event = change(case.account, terms, case.now, case.history, payment, later)
    return changed(case, subscription, event)


def changed(case: Case[Any], subscription: Subscription, event: Any) -> Decision:
    """A change of plan with all that belongs to it: free credits that the old plan gave today or
    this month stay, and what was scheduled is withdrawn."""
    if not isinstance(event, PlanChanged):
        return [summed(case, event)]
    terms = event.subscription.terms
    refusal = rules.balance_limit(case.account, terms.package)
    if refusal is not None:
        return refusal
    scheduled = subscription.scheduled
    if scheduled is not None and not scheduled.awaits_payment:
        event = replace(event, unscheduled=True)
    runs = case.account.cycle is not None or case.now >= subscription.anchor
    kept = kept_free_credits(case, terms) if runs else []
    return [*kept, summed(case, event, kept)]


def _changed_terms(case: Case[ChangePlan], old: Terms) -> Terms:
    """The terms asked for; what a command leaves out stays as it is."""
    command, catalog = case.command, case.card.catalog
    package = command.package
    if package is None and command.plan is not None:
        package = _package_to_keep(catalog, command.plan, old.package)
    return read_terms(
        catalog,
        plan=old.plan if command.plan is None else command.plan,
        package=credits.show(old.package) if package is None else package,
        interval=old.interval if command.interval is None else command.interval,
    )


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
    size = _package(found, package, catalog.wording)
    return Terms(found.id, size, interval)  # type: ignore[arg-type]


def _package(plan: Plan, package: object, wording: Wording) -> Micros:
    if package is None and len(plan.packages) == 1:
        return plan.packages[0].credits
    allowed = [text(each.credits) for each in plan.packages]
    if package is not None:
        amount = credits.parse(package, "package")
        if find_package(plan, amount) is not None:
            return amount
    said = "" if package is None else f", not {describe(package)}"
    raise InvalidRequest(
        f"{plan.name} comes with {' or '.join(allowed)} {wording.credits} a month{said}",
        where="package",
        allowed=allowed,
    )


def _package_to_keep(catalog: Catalog, plan: str, package: Micros) -> object:
    """Changing the plan keeps the package where the new plan has it (`docs/spec.md` 5.3)."""
    found = find_plan(catalog, plan) if isinstance(plan, str) else None
    if found is None or find_package(found, package) is not None:
        return credits.show(package)
    return credits.show(found.packages[0].credits) if len(found.packages) == 1 else None
