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
    runs to its end, and one that has not begun is paused from its beginning on. What waits for a
    payment when the pause begins is withdrawn.

    Raises `InvalidRequest` for an end that lies before the beginning.
    """
    at_once = limits.flag(case.command.at_once, "at_once")
    subscription = bought(case)
    if isinstance(subscription, Refusal):
        return subscription
    coming = case.account.cycle is None and case.now < subscription.anchor
    waits = coming or (case.account.cycle is not None and not at_once)
    starts_at = subscription.renews_at if waits else case.now
    begun = subscription.pause if subscription.is_paused else None
    if begun is not None:
        starts_at, waits = begun.starts_at, False
    pause = Suspension(
        starts_at=starts_at,
        until=_until(case, max(starts_at, case.now)),
        unlocks=case.card.catalog.policy.paused_plan == "unlocked",
        begun=not waits,
    )
    paused = replace(subscription, pause=pause, past_due_at=None)
    if pause.begun and paused.awaited is not None:
        paused = replace(paused, scheduled=None)
    paused = replace(paused, renews_at=_due_at(case, paused, pause))
    locks = paused.is_locked and case.account.subscribed
    return [summed(case, PauseSet(paused, after=(), leaves=locks))]


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
    cycle = case.account.cycle
    return until if cycle is None else min(cycle.ends_at, until)


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
        return [summed(case, PauseEnded(fresh, after=(), leaves=subscription.is_locked))]
    fresh = replace(subscription, scheduled=None, pause=None)
    return [summed(case, ScheduleWithdrawn(fresh))]
