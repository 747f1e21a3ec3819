"""Endings: a subscription is cancelled, or an operator ends it now (`docs/spec.md` 5.1, 5.4)."""

from typing import Any

from msgspec.structs import replace

from .. import limits
from ..commands import Cancel, EndSubscription
from ..events import ChangeScheduled, SubscriptionEnded
from ..grants import Part, Parts
from ..refusals import Refusal
from ..subscription import Scheduled
from . import rules
from .case import Case, Decision
from .comparison import bought, summed
from .plan_changes import of_cycle


def decide_cancel(case: Case[Cancel]) -> Decision:
    """The subscription ends when its paid time is over; at once where no paid time runs."""
    subscription = bought(case)
    if isinstance(subscription, Refusal):
        return subscription
    if case.account.cycle is None and case.now < subscription.anchor:
        end = SubscriptionEnded("canceled", subscription.terms, starts_at=subscription.anchor)
        return [summed(case, end)]
    refusal = rules.no_change_when_cancelled(subscription)
    if refusal is not None:
        return refusal
    end = replace(subscription, scheduled=Scheduled(subscription.paid_until))
    if case.account.cycle is None:  # past due or paused: no paid time runs
        end = replace(subscription, scheduled=Scheduled(case.now), renews_at=case.now)
    return [summed(case, ChangeScheduled("cancel", end))]


def decide_end(case: Case[EndSubscription]) -> Decision:
    """An operator ends the subscription now. With `void` the rest of the cycle's credits is taken
    back; without, it lapses with its cycle."""
    reason = case.reason(case.command.reason)
    void = limits.flag(case.command.void, "void")
    subscription = bought(case)
    if isinstance(subscription, Refusal):
        return subscription
    begun = case.account.cycle is not None or case.now >= subscription.anchor
    end = SubscriptionEnded(
        reason="ended",
        terms=subscription.terms,
        why=reason,
        withdrawn=_rest_of_cycle(case) if void else (),
        starts_at=None if begun else subscription.anchor,
        leaves=case.account.subscribed,
    )
    return [summed(case, end)]


def _rest_of_cycle(case: Case[Any]) -> Parts:
    """What is left of the running cycle's credits, and of what was rolled over; of a grant that is
    held whole, nothing."""
    account = case.account
    given = [] if account.cycle is None else of_cycle(account, account.cycle)
    return tuple(
        Part(grant.id, grant.source, grant.remaining)
        for grant in account.grants
        if grant in given or grant.source == "rollover"
    )
