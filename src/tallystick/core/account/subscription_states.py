"""Subscription states: the account after each event of its subscription (`evolve`)."""

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from .. import events
from ..credits import Micros
from ..grants import Grant, change, total
from ..instants import Instant
from ..subscription import Cycle, Lapsed
from .state import LEFT_PLANS_MAX, Account, LeftPlan


def with_grant(account: Account, grant: Grant, owed_paid: Micros) -> dict[str, Any]:
    """The fields of an account that new credits change; a part of them may pay what is owed."""
    spent = owed_paid and not grant.remaining
    return {
        "available": account.available + grant.remaining,
        "grants": account.grants if spent else (*account.grants, grant),
        "owed": account.owed - owed_paid,
    }


def _subscribed(
    account: Account, seq: int, at: Instant, event: events.SubscriptionStarted
) -> Account:
    bought = event.subscription
    trials = (bought.terms.plan,) if bought.trial_credits is not None else ()
    return replace(
        account,
        seq=seq,
        at=at,
        subscription=bought,
        lapsed=None,
        trials=(*account.trials, *trials),
        left=_left(account, None, bought.renews_at) if event.leaves else account.left,
    )


def _left(
    account: Account, plan: str | None, until: Instant, by_command: bool = False
) -> tuple[LeftPlan, ...]:
    """The plans that an account has left, with one more; of those before, the last ones."""
    return (*account.left[1 - LEFT_PLANS_MAX :], LeftPlan(plan, until, by_command))


def _cycle_started(account: Account, seq: int, at: Instant, event: events.CycleStarted) -> Account:
    grant = _allotment(seq, event.credits, at, event.ends_at, event.owed_paid)
    bought = account.subscription
    subscription = bought and replace(
        bought,
        index=event.index,
        renews_at=event.ends_at,
        paid_through=event.paid_through,
    )
    given = {} if event.is_empty else with_grant(account, grant, event.owed_paid)
    return replace(
        account,
        seq=seq,
        at=at,
        subscription=subscription,
        cycle=Cycle(event.starts_at, event.ends_at, event.credits),
        **given,
    )


def _allotment(
    seq: int, credits: Micros, at: Instant, ends_at: Instant, owed_paid: Micros
) -> Grant:
    """The grant that a plan gives for a cycle, after what it pays of what is owed."""
    return Grant(
        id=seq,
        source="subscription",
        amount=credits,
        remaining=credits - owed_paid,
        effective_at=at,
        expires_at=ends_at,
    )


def _plan_changed(account: Account, seq: int, at: Instant, event: events.PlanChanged) -> Account:
    moved = {each.grant: each for each in event.moved}
    grants = tuple(
        replace(grant, source=to.source, expires_at=to.expires_at)
        if (to := moved.get(grant.id))
        else grant
        for grant in change(account.grants, event.withdrawn, -1, 0)
    )
    left = event.granted - event.owed_paid
    if left and event.cycle:
        ends_at = event.cycle.ends_at
        grants = (*grants, _allotment(seq, event.granted, at, ends_at, event.owed_paid))
    return replace(
        account,
        seq=seq,
        at=at,
        subscription=event.subscription,
        cycle=event.cycle or account.cycle,
        available=account.available + left - total(event.withdrawn),
        grants=grants,
        owed=account.owed - event.owed_paid,
        lapsed=None,
        left=_left(account, event.old.plan, at) if event.leaves else account.left,
    )


def _rescheduled(account: Account, seq: int, at: Instant, event: Any) -> Account:
    return replace(account, seq=seq, at=at, subscription=event.subscription)


def _paid(account: Account, seq: int, at: Instant, event: events.PaidThrough) -> Account:
    return replace(account, seq=seq, at=at, subscription=event.subscription, lapsed=None)


def _paused(account: Account, seq: int, at: Instant, event: events.PauseSet) -> Account:
    """No cycle begins in a pause; one that is running when it begins runs to its end."""
    cycle = account.cycle if account.cycle and at < account.cycle.ends_at else None
    plan = event.subscription.terms.plan
    commanded = event.after is not None
    left = _left(account, plan, at, commanded) if event.leaves else account.left
    return replace(account, seq=seq, at=at, subscription=event.subscription, cycle=cycle, left=left)


def _resumed(account: Account, seq: int, at: Instant, event: events.PauseEnded) -> Account:
    commanded = event.after is not None
    left = _left(account, None, at, commanded) if event.leaves else account.left
    return replace(account, seq=seq, at=at, subscription=event.subscription, left=left)


def _cycle_reset(account: Account, seq: int, at: Instant, event: events.CycleReset) -> Account:
    ended = {each.grant: each.expires_at for each in event.moved}
    grants = tuple(
        replace(grant, expires_at=ended[grant.id]) if grant.id in ended else grant
        for grant in account.grants
    )
    return replace(account, seq=seq, at=at, subscription=event.subscription, grants=grants)


def _rolled_over(account: Account, seq: int, at: Instant, event: events.RolledOver) -> Account:
    grants = tuple(
        replace(grant, source="rollover", remaining=event.credits, expires_at=event.expires_at)
        if grant.id == event.grant
        else grant
        for grant in account.grants
    )
    available = account.available - event.lapsed
    return replace(account, seq=seq, at=at, grants=grants, available=available)


def _past_due(account: Account, seq: int, at: Instant, event: events.PastDue) -> Account:
    return replace(account, seq=seq, at=at, subscription=event.subscription, cycle=None)


def _ended(account: Account, seq: int, at: Instant, event: events.SubscriptionEnded) -> Account:
    bought, until = account.subscription, event.revivable_until
    lapsed = None if bought is None or until is None else Lapsed(bought, until)
    taken = {part.grant for part in event.withdrawn}
    grants = tuple(
        replace(grant, expires_at=at) if grant.id in taken else grant
        for grant in change(account.grants, event.withdrawn, -1, 0)
    )
    left = tuple(each for each in account.left if each.until <= at)  # none is left any more later
    if event.leaves:
        left = _left(replace(account, left=left), event.terms.plan, at, event.reason == "ended")
    return replace(
        account,
        seq=seq,
        at=at,
        left=left,
        subscription=None,
        cycle=None,
        lapsed=lapsed,
        available=account.available - total(event.withdrawn),
        grants=grants,
    )


SUBSCRIPTIONS: dict[type, Callable[[Account, int, Instant, Any], Account]] = {
    events.SubscriptionStarted: _subscribed,
    events.CycleStarted: _cycle_started,
    events.PlanChanged: _plan_changed,
    events.ChangeScheduled: _rescheduled,
    events.ScheduleWithdrawn: _rescheduled,
    events.PaidThrough: _paid,
    events.PastDue: _past_due,
    events.RolledOver: _rolled_over,
    events.PauseSet: _paused,
    events.PauseEnded: _resumed,
    events.CycleReset: _cycle_reset,
    events.SubscriptionEnded: _ended,
}
