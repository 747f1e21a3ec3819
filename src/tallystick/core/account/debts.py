"""Debts: what an account owes, and which new credits pay it first (`docs/spec.md` 3.9)."""

from msgspec.structs import replace

from .. import events
from ..credits import Micros
from .state import Account

PAYING_SOURCES = ("subscription", "topup", "adjustment")
"""The sources whose credits pay what is owed. Free credits and promotions are gifts: never."""


def paying(account: Account, event: events.Event) -> events.Event:
    """The event that gives new credits, with the part of them that pays what the account owes."""
    paid = min(account.owed, _new_credits(event))
    return replace(event, owed_paid=paid) if paid else event


def _new_credits(event: events.Event) -> Micros:
    """The credits of an event that can pay what is owed; what begins later does so then."""
    if isinstance(event, events.Granted):
        pays = event.source in PAYING_SOURCES and event.effective_at is None
        return event.credits if pays else 0
    if isinstance(event, events.GrantBegan):
        return event.credits if event.source in PAYING_SOURCES else 0
    if isinstance(event, events.CycleStarted):
        return event.credits
    return event.granted if isinstance(event, events.PlanChanged) else 0
