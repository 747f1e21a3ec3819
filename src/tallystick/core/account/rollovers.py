"""Roll-over: what a reset keeps of the credits, where a plan says so (`docs/spec.md` 3.12)."""

from collections.abc import Iterator

from .. import events
from ..credits import Micros
from ..grants import Grant
from ..instants import Instant
from ..subscription import Subscription
from .resets import scheduled_change, scheduled_end
from .state import Account


def expiries(account: Account, at: Instant) -> Iterator[events.Event]:
    """What becomes of the grants that end at `at`: they expire, or a reset rolls them over. What
    was rolled over before ends with the subscription, and with a downgrade."""
    subscription = account.subscription
    if subscription is not None and subscription.rollover is not None:
        yield from _with_rollover(account, subscription, at)
        return
    for grant in sorted(account.grants, key=_expiry_order):
        if grant.expires_at is not None and grant.expires_at <= at and grant.remaining:
            yield events.GrantExpired(grant.id, grant.source, grant.remaining)


def _with_rollover(
    account: Account, subscription: Subscription, at: Instant
) -> Iterator[events.Event]:
    goes_on = _goes_on(account, subscription, at)
    room = _cap(subscription) if goes_on else 0
    for grant in sorted(account.grants, key=_expiry_order):
        if not grant.remaining:
            continue
        ends = grant.expires_at is not None and grant.expires_at <= at
        if grant.source == "rollover" and goes_on is False:
            ends = True
        kept = min(grant.remaining, room) if ends and _is_of_cycle(account, grant) else 0
        if kept:
            room -= kept
            yield _rolled(subscription, grant, kept)
        elif ends:
            yield events.GrantExpired(grant.id, grant.source, grant.remaining)


def _rolled(subscription: Subscription, grant: Grant, kept: Micros) -> events.RolledOver:
    cycles = subscription.rollover.cycles if subscription.rollover else 0
    return events.RolledOver(
        grant=grant.id,
        credits=kept,
        lapsed=grant.remaining - kept,
        expires_at=subscription.boundary(subscription.index + 1 + cycles),
    )


def _goes_on(account: Account, subscription: Subscription, at: Instant) -> bool | None:
    """Whether a reset happens at `at` with terms that give no less; None where none is due."""
    if subscription.renews_at > at:
        return None
    if scheduled_end(subscription, subscription.renews_at) is not None:
        return False
    change = scheduled_change(account, subscription, subscription.renews_at)
    return change is None or change.change != "downgrade"


def _is_of_cycle(account: Account, grant: Grant) -> bool:
    cycle = account.cycle
    ends_at = None if cycle is None else cycle.ends_at
    return grant.source == "subscription" and grant.expires_at == ends_at


def _cap(subscription: Subscription) -> Micros:
    """The most that one reset keeps."""
    rollover, package = subscription.rollover, subscription.terms.package
    if rollover is None:
        return 0
    if rollover.credits is not None:
        return rollover.credits
    return package * rollover.percent // 100


def _expiry_order(grant: Grant) -> tuple[Instant, int]:
    return (grant.expires_at or 0, grant.id)
