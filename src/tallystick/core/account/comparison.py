"""How an account stands before and after a change of its subscription, by source.

A preview is the same decision without the commit; nothing here knows which of the two it is.
"""

from collections import Counter
from typing import Any, cast

from msgspec.structs import replace

from ..catalog import find_plan
from ..events import Granted, PlanChanged, SubscriptionStarted
from ..refusals import Refusal
from ..subscription import Subscription, Terms
from . import rules
from .advance import advance
from .case import Case
from .debts import paying
from .entitlement import entitlement
from .evolve import evolve
from .free_credits import unclaimed, with_free
from .state import by_source


def bought(case: Case[Any]) -> Subscription | Refusal:
    """The subscription that a command changes, if there is one."""
    return rules.no_subscription(case) or cast(Subscription, case.account.subscription)


def summed(case: Case[Any], event: Any, first: list[Granted] | None = None) -> Any:
    """The event with what is spendable of each source before it and right after it. The grants in
    `first` are written before it."""
    now, history = case.now, case.history
    seen = with_free(case.account, now, history)
    event = replace(event, before=by_source(seen))
    if not hasattr(event, "after"):
        return event
    after = case.account
    for each in (*(first or ()), event):
        after = evolve(after, after.seq + 1, now, paying(after, each))
    after, _ = advance(after, now)
    paid = case.account.owed - after.owed
    if paid and isinstance(event, (PlanChanged, SubscriptionStarted)):
        event = replace(event, pays_owed=paid)
    return replace(event, after=by_source(with_free(after, now, history)))


def kept_free_credits(case: Case[Any], terms: Terms) -> list[Granted]:
    """Free credits of the running window that the plan of `terms` would not give: a change of plan
    takes nothing away, so they are claimed before it."""
    account, now = case.account, case.now
    catalog = case.history.at(now).catalog
    plan = find_plan(catalog, terms.plan)
    after = _by_window(unclaimed(account, plan, now, catalog))
    found = unclaimed(account, entitlement(account, now, case.history).plan, now, catalog)
    before = _by_window(found)
    return [event for event in found if before[event.every] > after[event.every]]


def _by_window(given: list[Granted]) -> Counter[str | None]:
    """What is given in each kind of window."""
    sums: Counter[str | None] = Counter()
    for event in given:
        sums[event.every] += event.credits
    return sums
