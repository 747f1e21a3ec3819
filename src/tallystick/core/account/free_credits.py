"""Free credits of a day or a month: given when they are first needed (`docs/spec.md` 3.2)."""

from .. import events
from ..catalog import Catalog, Plan
from ..credits import MAX, Micros
from ..cycles import boundary, boundary_index, local_day
from ..history import History
from ..instants import Instant
from .entitlement import entitlement
from .evolve import evolve
from .state import Account, owned


def unclaimed(
    account: Account, plan: Plan | None, now: Instant, catalog: Catalog
) -> list[events.Granted]:
    """The free credits of windows running at `now` that were not given yet (`docs/spec.md` 3.2).

    A plan that gives more than was given in a running window gives the difference.
    """
    found = []
    for every in ("day", "month"):
        due = _allowance(catalog, plan, every) - _given(account, every, now)
        credits = min(due, MAX - owned(account))  # never above MAX
        if credits > 0:
            start, end = window(account, every, now, catalog.time_zone)
            found.append(
                events.Granted(
                    source="free",
                    credits=credits,
                    expires_at=end,
                    every=every,  # type: ignore[arg-type]
                    starts_at=start,
                )
            )
            account = evolve(account, account.seq + 1, now, found[-1])
    return found


def window(account: Account, every: str, now: Instant, zone: str) -> tuple[Instant, Instant]:
    """The running window of free credits: the local day, or the account's own month."""
    if every == "day":
        return local_day(now, zone)
    index = boundary_index(account.opened_at, now, zone)
    start = boundary(account.opened_at, index, zone)
    return start, boundary(account.opened_at, index + 1, zone)


def _given(account: Account, every: str, now: Instant) -> Micros:
    """What the running window of this length gave so far."""
    for each in account.allowances:
        if each.every == every and each.starts_at <= now < each.ends_at:
            return each.credits
    return 0


def _allowance(catalog: Catalog, plan: Plan | None, every: str) -> Micros:
    """What a window of this length gives on a plan."""
    credits = 0
    for free in catalog.free_credits:
        if free.every == every and (
            free.plans is None or (plan is not None and plan.id in free.plans)
        ):
            credits += free.credits
    return credits


def claim(account: Account, grants: list[events.Granted], now: Instant) -> Account:
    """The account with free credits claimed; the caller decides whether they are written."""
    for event in grants:
        account = evolve(account, account.seq + 1, now, event)
    return account


def with_free(account: Account, now: Instant, history: History) -> Account:
    """The account as a reader sees it: free credits that nobody needed yet are there too."""
    catalog = history.at(now).catalog
    if not catalog.free_credits or not account.exists:
        return account
    plan = entitlement(account, now, history).plan
    return claim(account, unclaimed(account, plan, now, catalog), now)
