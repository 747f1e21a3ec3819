"""A reset: what becomes of a subscription at a cycle's boundary, and the cycle that begins."""

from msgspec.structs import replace

from .. import events
from ..credits import Micros
from ..instants import Instant
from ..subscription import Subscription
from .state import Account, by_source


def scheduled_change(
    account: Account, subscription: Subscription, boundary: Instant
) -> events.Event | None:
    """The end or the change that takes effect at a boundary; None where the terms go on."""
    scheduled = subscription.scheduled
    unpaid = boundary >= subscription.paid_through and not subscription.auto_renew
    if scheduled is not None and scheduled.at <= boundary and scheduled.terms is None:
        return events.SubscriptionEnded("canceled", subscription.terms)
    if unpaid:
        return events.SubscriptionEnded("unpaid", subscription.terms)
    if scheduled is None or scheduled.at > boundary or scheduled.terms is None:
        return None
    old, new = subscription.terms, scheduled.terms
    left = by_source(account)
    return events.PlanChanged(
        change="downgrade" if (old.plan, old.package) != (new.plan, new.package) else "interval",
        old=old,
        subscription=replace(subscription, terms=new, version=scheduled.version, scheduled=None),
        before=left,
        after=left,
    )


def next_cycle(subscription: Subscription, room: Micros) -> events.CycleStarted:
    """The cycle that starts at ``renews_at``; an automatic renewal pays for its interval.

    `room` is what the account can still own: nobody ever has more than there can be.
    """
    index, starts_at = subscription.index + 1, subscription.renews_at
    paid = subscription.paid_through
    if subscription.auto_renew and starts_at >= paid:
        paid = subscription.paid_through_after(index)
    return events.CycleStarted(
        index=index,
        credits=min(subscription.terms.package, room),
        starts_at=starts_at,
        ends_at=subscription.boundary(index + 1),
        paid_through=paid,
    )
