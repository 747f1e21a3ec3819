"""Plan changes: at once or later, and which credits carry over (`docs/spec.md` 5.2).

A change never pays for itself: with payments from outside it takes effect when its payment is told.
"""

from collections.abc import Callable
from typing import Literal, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from ..catalog import Catalog, Plan, Source, UpgradeRule, find_plan, plan_rank
from ..events import ChangeScheduled, Moved, PlanChanged
from ..grants import Grant
from ..history import History
from ..instants import Instant
from ..subscription import Cycle, Scheduled, Subscription, Terms, revived
from .payments import UNPAID, Payment
from .state import Account

Kind: TypeAlias = Literal["upgrade", "switch", "downgrade", "interval"]
AT_ONCE: tuple[Kind, ...] = ("upgrade", "switch")
"""The changes that do not wait for the end of the paid time."""


class _Transition(Struct, frozen=True, gc=False):
    """A change that happens at once, at the instant `at`, with what is running under `cycle`.

    `subscription` is as it was, but for what was scheduled. `payment` pays for the change, and
    `plan` is the new one.
    """

    account: Account
    subscription: Subscription
    cycle: Cycle
    terms: Terms
    rule: UpgradeRule
    at: Instant
    payment: Payment
    plan: Plan | None

    @property
    def cycles_ahead(self) -> int:
        """How many cycles were paid beyond the running one."""
        return max(0, self.subscription.paid_index - self.subscription.index - 1)

    def paid(self, fresh: Subscription, is_new_interval: bool) -> Subscription:
        """The subscription after the change, paid as its payment says. Without one it pays for the
        new interval that begins, if one does. What was paid ahead stays paid, cycle for cycle."""
        ahead, first = self.cycles_ahead, max(0, fresh.index)
        if self.payment.moves:
            paid = self.payment.paid(fresh, first + ahead)
            return replace(fresh, paid_through=paid, auto_renew=False)
        if is_new_interval:
            cycles = max(fresh.interval_cycles, 1 + ahead)
            return replace(fresh, paid_through=fresh.boundary(first + cycles))
        return fresh


def change(
    account: Account,
    terms: Terms,
    now: Instant,
    history: History,
    payment: Payment = UNPAID,
    later: bool = False,
) -> PlanChanged | ChangeScheduled:
    """What becomes of a subscription under other terms: at once, when the paid time is over (with
    `later` always), or when the payment is told that it needs. One that stands still has no paid
    time to wait for.

    Raises `LookupError` for an account without a subscription, and `InvalidRequest` for a payment
    through an instant that no boundary is near.
    """
    subscription = account.subscription
    if subscription is None:  # a bug: a rule refuses that
        raise LookupError(f"account {account.id} has no subscription to change")
    card = history.at(now)
    kind = _kind(card.catalog, subscription.terms, terms)
    policy = card.catalog.policy
    current = replace(
        subscription,
        version=card.version,
        scheduled=None,
        grace_days=policy.grace_days,
        revival_days=policy.revival_days,
    )
    stands_still = account.cycle is None and now >= subscription.anchor
    comes_now = kind in AT_ONCE or _is_not_paid_yet(account, subscription)
    plan = find_plan(card.catalog, terms.plan)
    if not stands_still and (later or not comes_now):
        return _scheduled(kind, subscription, terms, card.version, payment, plan)
    if not (subscription.auto_renew or payment.moves or payment.settled):
        waits = Scheduled(subscription.paid_until, terms, card.version, awaits_payment=True)
        return ChangeScheduled(kind, replace(subscription, scheduled=waits))
    event = _at_once(kind, account, current, terms, _rule(card.catalog, current.terms, terms), now,
                     payment, plan)  # fmt: skip
    shorter = event.subscription.paid_through < subscription.paid_through
    return replace(event, paid_before=subscription.paid_through) if shorter else event


def _kind(catalog: Catalog, old: Terms, new: Terms) -> Kind:
    """Fewer credits are never an upgrade, whatever the plan's rank: so no two changes that undo
    each other are both upgrades."""
    higher = plan_rank(catalog, new.plan) - plan_rank(catalog, old.plan)
    if new.package != old.package:
        return "upgrade" if new.package > old.package else "downgrade"
    if higher > 0:
        return "switch" if new.interval == old.interval else "upgrade"
    return "interval" if new.plan == old.plan else "downgrade"


def _is_not_paid_yet(account: Account, subscription: Subscription) -> bool:
    """Whether a subscription is still to begin, and pays for itself only then."""
    return (account.cycle is None or subscription.is_in_trial) and subscription.auto_renew


def _scheduled(
    kind: Kind,
    subscription: Subscription,
    terms: Terms,
    version: int,
    payment: Payment,
    plan: Plan | None,
) -> ChangeScheduled:
    """A change that comes when the paid time is over. A payment that is told with it pays for the
    new terms from then on."""
    named = kind if kind in AT_ONCE else None
    scheduled = Scheduled(
        at=subscription.paid_until,
        terms=terms,
        version=version,
        change=named,
        rollover=plan.rollover if plan else None,
    )
    coming = replace(subscription, scheduled=scheduled)
    if payment.moves:
        fresh = replace(subscription, terms=terms)
        paid = max(subscription.paid_through, payment.paid(fresh, subscription.paid_index))
        coming = replace(coming, paid_through=paid, auto_renew=False)
    return ChangeScheduled(kind, coming)


def _at_once(
    kind: Kind,
    account: Account,
    current: Subscription,
    terms: Terms,
    rule: UpgradeRule,
    now: Instant,
    payment: Payment,
    plan: Plan | None,
) -> PlanChanged:
    fresh = replace(current, terms=terms, rollover=plan.rollover if plan else None)
    if current.is_in_trial:  # it goes on, under the other terms
        return PlanChanged(kind, current.terms, _coming(fresh, payment), account.cycle)
    if account.cycle is None:
        stopped = now >= current.anchor
        bought = _stopped(fresh, payment, now) if stopped else _coming(fresh, payment)
        ended = _rolled_over(account, now) if kind == "downgrade" else ()
        return PlanChanged(kind, current.terms, bought, moved=ended)
    made = _Transition(
        account=account,
        subscription=current,
        cycle=account.cycle,
        terms=terms,
        rule=rule,
        at=now,
        payment=payment,
        plan=plan,
    )
    if kind == "switch":
        return PlanChanged(kind, current.terms, made.paid(fresh, False), account.cycle)
    return _UPGRADES[rule.credits](made)


def _stopped(fresh: Subscription, payment: Payment, now: Instant) -> Subscription:
    """A subscription that is past due or has lapsed, under other terms from now on."""
    first = max(fresh.paid_index, fresh.index_at(now))
    paid = payment.paid(fresh, first) if payment.moves else fresh.paid_through_after(first)
    return revived(fresh, paid, now)


def _coming(fresh: Subscription, payment: Payment) -> Subscription:
    """A subscription that has not begun, under other terms: what was paid for it stays paid."""
    if payment.moves:
        paid = payment.paid(fresh, 0 if fresh.auto_renew else fresh.paid_index)
        return replace(fresh, paid_through=paid, auto_renew=False)
    if fresh.auto_renew and not fresh.is_in_trial:
        return replace(fresh, paid_through=fresh.paid_through_after(0))
    return fresh


def _add_full_keep_leftover(made: _Transition) -> PlanChanged:
    """The new allotment comes in full with a new cycle; what is left is carried through it.

    A carry-over that is already there keeps its own expiry (`docs/spec.md` 5.2).
    """
    fresh = _started_now(made)
    ends_at = fresh.boundary(1)
    return PlanChanged(
        change="upgrade",
        old=made.subscription.terms,
        subscription=fresh,
        rule="add_full_keep_leftover",
        moved=tuple(
            _moved(grant, "carry_over", ends_at) for grant in of_cycle(made.account, made.cycle)
        ),
    )


def _deduct_used(made: _Transition) -> PlanChanged:
    """The allotment of the running cycle becomes the new one; what is gone of it stays gone."""
    grants = of_cycle(made.account, made.cycle)
    fresh, running = _restarted(made) if made.rule.restart_cycle else _continued(made)
    left = sum(grant.remaining for grant in grants)
    return PlanChanged(
        change="upgrade",
        old=made.subscription.terms,
        subscription=fresh,
        cycle=running,
        rule="deduct_used",
        moved=tuple(
            _moved(grant, "subscription", running.ends_at)
            for grant in grants
            if grant.expires_at != running.ends_at
        ),
        granted=made.terms.package - made.subscription.terms.package,
        deducted=max(0, made.subscription.terms.package - left),
    )


_UPGRADES: dict[str, Callable[[_Transition], PlanChanged]] = {
    "add_full_keep_leftover": _add_full_keep_leftover,
    "deduct_used": _deduct_used,
}


def _restarted(made: _Transition) -> tuple[Subscription, Cycle]:
    """The subscription from now on, and its running cycle, which begins now."""
    fresh = _started_now(made)
    ends_at = fresh.boundary(1)
    fresh = replace(fresh, index=0, renews_at=ends_at)
    return fresh, Cycle(made.at, ends_at, made.terms.package, made.cycle.used)


def _continued(made: _Transition) -> tuple[Subscription, Cycle]:
    """The subscription under the new terms, and the running cycle, which goes on."""
    plan = made.plan
    fresh = replace(made.subscription, terms=made.terms, rollover=plan.rollover if plan else None)
    other = made.terms.interval != made.subscription.terms.interval
    cycle = made.cycle
    running = Cycle(cycle.started_at, cycle.ends_at, made.terms.package, cycle.used)
    return made.paid(fresh, other), running


def _started_now(made: _Transition) -> Subscription:
    """The subscription from now on, on the calendar of its new plan, with its credits in full."""
    old, plan = made.subscription, made.plan
    anchored = plan.anchor if plan else None
    fresh = replace(
        old,
        terms=made.terms,
        anchor=made.at,
        renews_at=made.at,
        index=-1,
        anchored=anchored and replace(anchored, first="full"),
        rollover=plan.rollover if plan else None,
    )
    return made.paid(fresh, True)


def _rolled_over(account: Account, now: Instant) -> tuple[Moved, ...]:
    """What was rolled over, which a downgrade ends."""
    rolled = [grant for grant in account.grants if grant.source == "rollover"]
    return tuple([_moved(grant, "rollover", now) for grant in rolled])


def _moved(grant: Grant, source: Source, expires_at: Instant) -> Moved:
    return Moved(
        grant=grant.id,
        credits=grant.remaining,
        source_before=grant.source,
        source=source,
        expires_at=expires_at,
    )


def _rule(catalog: Catalog, old: Terms, new: Terms) -> UpgradeRule:
    """The catalog's rule for these intervals; without one the old credits are kept."""
    for rule in catalog.upgrades:
        if (rule.from_interval, rule.to_interval) == (old.interval, new.interval):
            return rule
    return UpgradeRule(old.interval, new.interval, "add_full_keep_leftover")


def of_cycle(account: Account, cycle: Cycle) -> list[Grant]:
    """What a plan gave for a cycle, as far as anything of it is left or held."""
    return [
        grant
        for grant in account.grants
        if grant.source == "subscription"
        and grant.expires_at == cycle.ends_at
        and grant.cycle_ends_at in (None, cycle.ends_at)
    ]
