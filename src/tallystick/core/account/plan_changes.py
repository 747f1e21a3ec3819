"""Plan changes: at once or later, and which credits carry over (`docs/spec.md` 5.2)."""

from collections.abc import Callable

from msgspec import Struct
from msgspec.structs import replace

from ..catalog import Catalog, Source, UpgradeRule, plan_rank
from ..events import ChangeScheduled, Moved, PlanChanged
from ..grants import Grant, take
from ..history import History
from ..instants import Instant
from ..subscription import Cycle, Scheduled, Subscription, Terms, start
from .state import Account


class _Transition(Struct, frozen=True, gc=False):
    """A change that happens at once, at the instant `at`, with what is running under `cycle`."""

    account: Account
    subscription: Subscription
    cycle: Cycle
    terms: Terms
    rule: UpgradeRule
    at: Instant


def change(
    account: Account, terms: Terms, now: Instant, history: History
) -> PlanChanged | ChangeScheduled:
    """What becomes of a subscription under other terms: at once, or when the paid time is over.

    Raises `LookupError` for an account without a subscription.
    """
    subscription = account.subscription
    if subscription is None:  # a bug: a rule refuses that
        raise LookupError(f"account {account.id} has no subscription to change")
    card = history.at(now)
    old = subscription.terms
    higher = plan_rank(card.catalog, terms.plan) - plan_rank(card.catalog, old.plan)
    more = terms.package - old.package
    if account.cycle is None:  # bought for later: nothing was given yet
        return PlanChanged("switch", old, _bought_again(subscription, terms, card.version))
    current = replace(subscription, version=card.version, scheduled=None)
    if higher > 0 and more == 0 and terms.interval == old.interval:
        return PlanChanged("switch", old, replace(current, terms=terms), account.cycle)
    if more > 0 or higher > 0:
        rule = _rule(card.catalog, old, terms)
        return _UPGRADES[rule.credits](
            _Transition(
                account=account,
                subscription=current,
                cycle=account.cycle,
                terms=terms,
                rule=rule,
                at=now,
            )
        )
    kind = "interval" if (terms.plan, terms.package) == (old.plan, old.package) else "downgrade"
    scheduled = Scheduled(subscription.paid_until, terms, card.version)
    return ChangeScheduled(kind, replace(subscription, scheduled=scheduled))


def _bought_again(subscription: Subscription, terms: Terms, version: int) -> Subscription:
    """The coming subscription under other terms, from the same instant on."""
    return start(
        terms,
        anchor=subscription.anchor,
        at=subscription.anchor,
        zone=subscription.zone,
        version=version,
    )


def _add_full_keep_leftover(made: _Transition) -> PlanChanged:
    """The new allotment comes in full with a new cycle; what is left is carried through it.

    A carry-over that is already there keeps its own expiry (`docs/spec.md` 5.2).
    """
    fresh = _started_now(made)
    if not made.subscription.auto_renew:
        fresh = replace(fresh, auto_renew=False)
    ends_at = fresh.boundary(1)
    return PlanChanged(
        change="upgrade",
        old=made.subscription.terms,
        subscription=fresh,
        rule="add_full_keep_leftover",
        moved=tuple(
            _moved(grant, "carry_over", ends_at) for grant in _of_cycle(made.account, made.cycle)
        ),
    )


def _deduct_used(made: _Transition) -> PlanChanged:
    """The allotment of the running cycle becomes the new one; what was used stays used."""
    of_cycle = _of_cycle(made.account, made.cycle)
    difference = made.terms.package - made.subscription.terms.package
    fresh, running = _restarted(made) if made.rule.restart_cycle else _continued(made)
    return PlanChanged(
        change="upgrade",
        old=made.subscription.terms,
        subscription=fresh,
        cycle=running,
        rule="deduct_used",
        moved=tuple(
            _moved(grant, "subscription", running.ends_at)
            for grant in of_cycle
            if grant.expires_at != running.ends_at
        ),
        granted=max(0, difference),
        withdrawn=take(of_cycle, max(0, -difference)),
    )


_UPGRADES: dict[str, Callable[[_Transition], PlanChanged]] = {
    "add_full_keep_leftover": _add_full_keep_leftover,
    "deduct_used": _deduct_used,
}


def _restarted(made: _Transition) -> tuple[Subscription, Cycle]:
    """The subscription from now on, and its running cycle, which begins now."""
    fresh = _started_now(made)
    ends_at = fresh.boundary(1)
    fresh = replace(fresh, index=0, renews_at=ends_at, auto_renew=made.subscription.auto_renew)
    return fresh, Cycle(made.at, ends_at, made.terms.package, made.cycle.used)


def _continued(made: _Transition) -> tuple[Subscription, Cycle]:
    """The subscription under the new terms, and the running cycle, which goes on."""
    fresh = replace(made.subscription, terms=made.terms)
    if made.terms.interval != made.subscription.terms.interval:
        fresh = replace(fresh, paid_through=fresh.paid_through_after(fresh.index))
    cycle = made.cycle
    return fresh, Cycle(cycle.started_at, cycle.ends_at, made.terms.package, cycle.used)


def _started_now(made: _Transition) -> Subscription:
    return start(
        made.terms,
        anchor=made.at,
        at=made.at,
        zone=made.subscription.zone,
        version=made.subscription.version,
    )


def _moved(grant: Grant, source: Source, expires_at: Instant) -> Moved:
    return Moved(
        grant=grant.id,
        credits=grant.remaining,
        source_before="subscription",
        source=source,
        expires_at=expires_at,
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
        if grant.source == "subscription"
        and grant.expires_at == cycle.ends_at
        and grant.cycle_ends_at in (None, cycle.ends_at)
    ]
