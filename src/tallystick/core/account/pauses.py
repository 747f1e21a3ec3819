"""Pauses: from the next boundary on or from now there is no cycle and no payment due
(`docs/spec.md` 5.1)."""

from typing import Any

from msgspec.structs import replace

from .. import instants, limits
from ..commands import PauseSubscription, Resume
from ..errors import InvalidRequest
from ..events import PauseEnded, PauseSet, ScheduleWithdrawn
from ..instants import LATEST, Instant
from ..refusals import Refusal
from ..subscription import Subscription, Suspension, resumed
from . import rules
from .case import Case, Decision
from .comparison import bought, summed


def decide_pause(case: Case[PauseSubscription]) -> Decision:
    """The subscription is paused, from its next boundary on or at once. A cycle that is running
    runs to its end. Raises `InvalidRequest` for an end that lies before the beginning."""
    at_once = limits.flag(case.command.at_once, "at_once")
    subscription = bought(case)
    if isinstance(subscription, Refusal):
        return subscription
    runs = case.account.cycle is not None or case.now < subscription.anchor
    begun = subscription.pause if subscription.is_paused else None
    starts_at = subscription.renews_at if runs and not at_once else case.now
    if begun is not None:
        starts_at = begun.starts_at
    pause = Suspension(
        starts_at=starts_at,
        until=_until(case, max(starts_at, case.now)),
        unlocks=case.card.catalog.policy.paused_plan == "unlocked",
        begun=begun is not None or at_once or not runs,
    )
    paused = replace(subscription, pause=pause, past_due_at=None)
    paused = replace(paused, renews_at=_due_at(case, paused, pause))
    return [summed(case, PauseSet(paused, after=()))]


def _until(case: Case[PauseSubscription], after: Instant) -> Instant | None:
    if case.command.until is None:
        return None
    until = case.instant(case.command.until, "until")
    if until <= after:
        raise InvalidRequest(
            f"until must lie after the pause begins, {instants.words(after)}", where="until"
        )
    return until


def _due_at(case: Case[Any], subscription: Subscription, pause: Suspension) -> Instant:
    """What comes next: the end of the running cycle, or the end of the pause."""
    until = LATEST if pause.until is None else pause.until
    if not pause.begun:
        return subscription.renews_at
    if case.account.cycle is not None:
        return min(case.account.cycle.ends_at, until)
    return until if case.now >= subscription.anchor else min(subscription.renews_at, until)


def decide_resume(case: Case[Resume]) -> Decision:
    """A pause is over; where none has begun, what is scheduled is withdrawn."""
    subscription = bought(case)
    if isinstance(subscription, Refusal):
        return subscription
    refusal = rules.nothing_scheduled(subscription)
    if refusal is not None:
        return refusal
    if subscription.is_paused:
        fresh = resumed(subscription, case.account.cycle, case.now)
        return [summed(case, PauseEnded(fresh, after=()))]
    fresh = replace(subscription, scheduled=None, pause=None)
    return [summed(case, ScheduleWithdrawn(fresh))]
