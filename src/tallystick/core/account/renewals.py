"""Renewals: a payment moves paid-through, revives what is past due, and pays for a change that
waits for it (`docs/spec.md` 5.1, 5.2)."""

from typing import Any

from msgspec.structs import replace

from ..commands import Pay
from ..errors import InvalidRequest
from ..events import PaidThrough
from ..instants import Instant
from ..refusals import Refusal
from ..subscription import Scheduled, Subscription, revived
from . import rules
from .case import Case, Decision
from .comparison import bought, kept_free_credits, summed
from .payments import Payment, read_payment
from .plan_changes import change
from .subscriptions import changed


def decide_pay(case: Case[Pay]) -> Decision:
    """Paid-through moves with payment; from now on only payments move it.

    Raises `InvalidRequest` where nothing is said to be paid, and for an instant that no boundary
    is near.
    """
    payment = read_payment(case)
    if not payment.moves:
        raise InvalidRequest(
            "say what was paid: cycles=1, intervals=1, or until when (paid_through)",
            where="paid_through",
        )
    subscription = _payable(case)
    if isinstance(subscription, Refusal):
        return subscription
    if subscription.is_paused and payment.through is not None:
        raise InvalidRequest(
            "a pause has no boundaries: say how many cycles or intervals were paid, or resume it",
            where="paid_through",
        )
    if subscription.awaited is None:
        return _prolonged(case, subscription, payment)
    account = replace(case.account, subscription=subscription)
    event = change(account, subscription.awaited, case.now, case.history, payment)
    return changed(case, subscription, event)


def _prolonged(case: Case[Pay], subscription: Subscription, payment: Payment) -> Decision:
    """The subscription goes on for the time that was paid: from now on, or under the terms that are
    scheduled, which begin where the paid time ends."""
    coming = subscription.scheduled.terms if subscription.scheduled else None
    paid_for = replace(subscription, terms=coming) if coming else subscription
    paid = payment.paid(paid_for, _first_unpaid(case, subscription))
    refusal = rules.no_change_of_paid_time(subscription, paid)
    if refusal is not None:
        return refusal
    moved = _paid(case, subscription, paid)
    if case.account.subscription is not None:
        return [summed(case, PaidThrough(moved))]
    kept = kept_free_credits(case, moved.terms)
    return [*kept, summed(case, PaidThrough(moved, revived=True), kept)]


def _payable(case: Case[Any]) -> Subscription | Refusal:
    """The subscription that a payment is for: the one there is, or one that it revives."""
    account = case.account
    lapsed = account.lapsed
    if account.subscription is None and lapsed is not None and case.now < lapsed.until:
        return lapsed.subscription
    return bought(case)


def _first_unpaid(case: Case[Any], subscription: Subscription) -> int:
    """The index of the cycle that is paid next: never one that is over, as nobody had it."""
    if case.account.cycle is not None or case.now < subscription.anchor or subscription.is_paused:
        return subscription.paid_index
    return max(subscription.paid_index, subscription.index_at(case.now))


def _paid(case: Case[Any], subscription: Subscription, paid: Instant) -> Subscription:
    """The subscription with its payment. An end that was scheduled moves with it."""
    if case.account.cycle is not None or case.now < subscription.anchor or subscription.is_paused:
        moved = replace(subscription, paid_through=paid, auto_renew=False)
    else:
        moved = revived(subscription, paid, case.now)
    if moved.scheduled is not None and moved.scheduled.terms is None:
        moved = replace(moved, scheduled=Scheduled(moved.paid_until))
    return moved
