"""Plan changes: at once or later, and which credits carry over (`docs/spec.md` 5.2)."""

from msgspec.structs import replace

from ..catalog import Catalog, UpgradeRule, plan_rank
from ..events import (
    ChangeScheduled,
    Moved,
    PlanChanged,
)
from ..grants import Grant, take
from ..history import History
from ..instants import Instant
from ..subscription import Cycle, Scheduled, Subscription, Terms, start
from .state import Account


def change(
    account: Account, subscription: Subscription, terms: Terms, history: History, now: Instant
) -> PlanChanged | ChangeScheduled:
    """What becomes of a subscription under other terms: at once, or when the paid time is over."""
    card = history.at(now)
    old = subscription.terms
    higher = plan_rank(card.catalog, terms.plan) - plan_rank(card.catalog, old.plan)
    more = terms.package - old.package
    same = more == 0 and terms.interval == old.interval
    if account.cycle is None:  # bought for later: nothing was given yet
        fresh = start(terms, subscription.anchor, subscription.anchor, subscription.zone,
                      card.version)  # fmt: skip
        return PlanChanged("switch", old, fresh)
    if same and higher > 0:
        switched = replace(subscription, terms=terms, version=card.version, scheduled=None)
        return PlanChanged("switch", old, switched, account.cycle)
    if more > 0 or higher > 0:
        rule = _rule(card.catalog, old, terms)
        transition = {
            "add_full_keep_leftover": _add_full_keep_leftover,
            "deduct_used": _deduct_used,
        }[rule.credits]
        current = replace(subscription, version=card.version, scheduled=None)
        return transition(account, account.cycle, current, terms, rule, now)
    kind = "interval" if (terms.plan, terms.package) == (old.plan, old.package) else "downgrade"
    scheduled = Scheduled(subscription.paid_until, terms, card.version)
    return ChangeScheduled(kind, replace(subscription, scheduled=scheduled))


def _add_full_keep_leftover(
    account: Account,
    cycle: Cycle,
    subscription: Subscription,
    terms: Terms,
    rule: UpgradeRule,
    now: Instant,
) -> PlanChanged:
    """The new allotment comes in full with a new cycle; what is left is carried through it.

    A carry-over that is already there keeps its own expiry (`docs/spec.md` 5.2).
    """
    fresh = start(terms, now, now, subscription.zone, subscription.version)
    if not subscription.auto_renew:
        fresh = replace(fresh, auto_renew=False)
    ends_at = fresh.boundary(1)
    moved = tuple(
        Moved(grant.id, grant.remaining, "subscription", "carry_over", ends_at)
        for grant in _of_cycle(account, cycle)
    )
    return PlanChanged("upgrade", subscription.terms, fresh, None, "add_full_keep_leftover", moved)


def _deduct_used(
    account: Account,
    cycle: Cycle,
    subscription: Subscription,
    terms: Terms,
    rule: UpgradeRule,
    now: Instant,
) -> PlanChanged:
    """The allotment of the running cycle becomes the new one; what was used stays used."""
    of_cycle = _of_cycle(account, cycle)
    difference = terms.package - subscription.terms.package
    withdrawn = take(of_cycle, max(0, -difference))
    if rule.restart_cycle:
        fresh = start(terms, now, now, subscription.zone, subscription.version)
        ends_at = fresh.boundary(1)
        fresh = replace(fresh, index=0, renews_at=ends_at, auto_renew=subscription.auto_renew)
        running = Cycle(now, ends_at, terms.package, cycle.used)
    else:
        fresh = replace(subscription, terms=terms)
        if terms.interval != subscription.terms.interval:
            fresh = replace(fresh, paid_through=fresh.paid_through_after(fresh.index))
        running = Cycle(cycle.started_at, cycle.ends_at, terms.package, cycle.used)
    moved = tuple(
        Moved(grant.id, grant.remaining, "subscription", "subscription", running.ends_at)
        for grant in of_cycle
        if grant.expires_at != running.ends_at
    )
    return PlanChanged(
        "upgrade",
        subscription.terms,
        fresh,
        running,
        "deduct_used",
        moved,
        max(0, difference),
        withdrawn,
    )


def _rule(catalog: Catalog, old: Terms, new: Terms) -> UpgradeRule:
    """The catalog's rule for these intervals; without one the old credits are kept."""
    for rule in catalog.upgrades:
        if (rule.from_interval, rule.to_interval) == (old.interval, new.interval):
            return rule
    return UpgradeRule(old.interval, new.interval, "add_full_keep_leftover")


def _of_cycle(account: Account, cycle: Cycle) -> list[Grant]:
    return [
        grant
        for grant in account.grants
        if grant.source == "subscription" and grant.expires_at == cycle.ends_at
    ]
