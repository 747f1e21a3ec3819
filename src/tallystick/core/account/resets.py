"""A reset: what becomes of a subscription at a cycle's boundary, and the cycle that begins.

The order at a boundary: the end that was scheduled, the change that was scheduled, the payment that
is missing (`docs/spec.md` 4.3, 5.1). A change that waits for its payment is not among these.
"""

from msgspec.structs import replace

from .. import events
from ..credits import Micros
from ..instants import DAY, LATEST, Instant
from ..subscription import Cycle, Subscription, resumed
from .state import Account, by_source


def scheduled_end(subscription: Subscription, boundary: Instant) -> events.Event | None:
    """The end at a boundary, or at the end of the grace; None where the subscription goes on."""
    scheduled = subscription.scheduled
    if scheduled is not None and scheduled.at <= boundary and scheduled.terms is None:
        return _ended("canceled", subscription, boundary)
    if subscription.past_due_at is not None:
        return _ended("unpaid", subscription, boundary)
    paid = subscription.pause is not None or not _is_unpaid(subscription, boundary)
    if not paid and not subscription.grace_days:  # no payment is due in a pause
        return _ended("unpaid", subscription, boundary)
    return None


def _ended(reason: str, subscription: Subscription, at: Instant) -> events.SubscriptionEnded:
    until = at + subscription.revival_days * DAY
    return events.SubscriptionEnded(
        reason=reason,  # type: ignore[arg-type]
        terms=subscription.terms,
        revivable_until=until if subscription.revival_days else None,
        leaves=not subscription.is_locked,
    )


def pause_end(account: Account, subscription: Subscription, at: Instant) -> events.Event | None:
    """The end of a pause, at its own instant; None where it goes on, or there is none."""
    pause = subscription.pause
    if pause is None or not pause.begun or pause.until is None or pause.until > at:
        return None
    fresh = resumed(subscription, _running(account, at), at)
    return events.PauseEnded(fresh, leaves=subscription.is_locked)


def pause_start(account: Account, subscription: Subscription, at: Instant) -> events.Event | None:
    """The pause that begins at a boundary in place of a cycle; None where none does. What waits
    for a payment until then is withdrawn. One that should be over by then ends as it begins: the
    boundary may have moved since it was asked for."""
    pause = subscription.pause
    if pause is None or _running(account, at) is not None:
        return None
    begins = pause.starts_at if pause.begun else at
    paused = replace(
        subscription,
        pause=replace(pause, starts_at=begins, begun=True),
        renews_at=LATEST if pause.until is None else max(at, pause.until),
        scheduled=None if subscription.awaited else subscription.scheduled,
    )
    return events.PauseSet(paused, leaves=not subscription.is_locked and paused.is_locked)


def _running(account: Account, at: Instant) -> Cycle | None:
    """The cycle that goes on at an instant."""
    cycle = account.cycle
    return cycle if cycle is not None and at < cycle.ends_at else None


def _is_unpaid(subscription: Subscription, boundary: Instant) -> bool:
    return boundary >= subscription.paid_through and not subscription.auto_renew


def scheduled_change(
    account: Account, subscription: Subscription, boundary: Instant
) -> events.PlanChanged | None:
    """The change that takes effect at a boundary; None where the terms go on."""
    scheduled = subscription.scheduled
    if (
        scheduled is None
        or scheduled.at > boundary
        or scheduled.terms is None
        or scheduled.awaits_payment
    ):
        return None
    old, new = subscription.terms, scheduled.terms
    left = by_source(account)
    alone = (old.plan, old.package) == (new.plan, new.package)
    return events.PlanChanged(
        change=scheduled.change or ("interval" if alone else "downgrade"),
        old=old,
        subscription=replace(
            subscription,
            terms=new,
            version=scheduled.version,
            scheduled=None,
            rollover=scheduled.rollover,
        ),
        before=left,
        after=left,
        leaves=old.plan != new.plan and not subscription.is_locked,
    )


def next_cycle(subscription: Subscription, room: Micros) -> events.CycleStarted | events.PastDue:
    """The cycle that starts at ``renews_at``; an automatic renewal pays for its interval. One that
    is not paid is past due, and what waited for a payment until then is withdrawn.

    `room` is what the account can still own: nobody ever has more than there can be.
    """
    index, starts_at = subscription.index + 1, subscription.renews_at
    if index < 0:
        return _trial(subscription, room)
    if _is_unpaid(subscription, starts_at):
        return _past_due(subscription, starts_at)
    paid = subscription.paid_through
    if subscription.auto_renew and starts_at >= paid:
        paid = subscription.paid_through_after(index)
    allotment = subscription.allotment(index)
    return events.CycleStarted(
        index=index,
        credits=min(allotment, room),
        starts_at=starts_at,
        ends_at=subscription.boundary(index + 1),
        paid_through=paid,
        is_empty=not allotment,
    )


def _trial(subscription: Subscription, room: Micros) -> events.CycleStarted:
    """The trial is a cycle of its own, before the first one; nothing is paid for it."""
    return events.CycleStarted(
        index=-1,
        credits=min(subscription.trial_credits or 0, room),
        starts_at=subscription.renews_at,
        ends_at=subscription.anchor,
        paid_through=subscription.paid_through,
    )


def _past_due(subscription: Subscription, boundary: Instant) -> events.PastDue:
    waits = subscription.awaited is not None
    return events.PastDue(
        replace(
            subscription,
            renews_at=boundary + subscription.grace_days * DAY,
            past_due_at=boundary,
            scheduled=None if waits else subscription.scheduled,
        )
    )
