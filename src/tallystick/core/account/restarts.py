"""Restarts: an operator resets the cycle now, and may move its anchor (`docs/spec.md` 4.7)."""

from typing import Any, cast

from msgspec.structs import replace

from .. import limits
from ..commands import ResetCycle
from ..events import CycleReset, Moved
from ..refusals import Refusal
from ..subscription import Cycle, Subscription, anchored_anew
from . import rules
from .case import Case, Decision
from .comparison import bought, summed
from .plan_changes import of_cycle


def decide_reset_cycle(case: Case[ResetCycle]) -> Decision:
    """What is left of the cycle expires now, and its allotment arrives once more."""
    reason = case.reason(case.command.reason)
    move = limits.flag(case.command.move_anchor, "move_anchor")
    subscription = bought(case)
    if isinstance(subscription, Refusal):
        return subscription
    refusal = rules.no_running_cycle(case, subscription) or rules.balance_limit(
        case.account, subscription.terms.package
    )
    if refusal is not None:
        return refusal
    fresh = replace(subscription, index=subscription.index - 1, renews_at=case.now)
    if move:
        fresh = _moved(case, subscription)
    cycle = cast(Cycle, case.account.cycle)
    ended = tuple(
        Moved(
            grant=grant.id,
            credits=grant.remaining,
            source_before=grant.source,
            source=grant.source,
            expires_at=case.now,
        )
        for grant in of_cycle(case.account, cycle)
    )
    return [summed(case, CycleReset(fresh, reason, ended, after=()))]


def _moved(case: Case[Any], subscription: Subscription) -> Subscription:
    """The subscription from now on; cycles that were paid ahead stay paid."""
    ahead = max(0, subscription.paid_index - subscription.index - 1)
    fresh = anchored_anew(subscription, case.now, whole=True)
    fresh = replace(fresh, index=-1, renews_at=case.now)
    fresh = replace(fresh, paid_through=fresh.boundary(1 + ahead))
    if fresh.scheduled is not None:
        fresh = replace(fresh, scheduled=replace(fresh.scheduled, at=fresh.paid_until))
    return fresh
