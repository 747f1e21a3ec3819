"""Free credits of a window: given when they are first needed (`docs/spec.md` 3.2, 3.11)."""

from functools import lru_cache

from .. import events
from ..catalog import PERIOD_HOURS, PERIOD_MONTHS, PERIODS, Catalog, FreeCredits, Plan
from ..credits import MAX, Micros
from ..cycles import boundary, boundary_index, calendar_window
from ..history import History
from ..instants import SECOND, Instant
from .entitlement import entitlement
from .evolve import evolve
from .state import Account, Allowance, LeftPlan, owned


def unclaimed(
    account: Account, plan: Plan | None, now: Instant, catalog: Catalog, needed: Micros = 0
) -> list[events.Granted]:
    """The free credits of windows running at `now` that were not given yet (`docs/spec.md` 3.2).

    A plan that gives more than was given in a running window gives the difference, and what a plan
    gave that was left meanwhile is not lost. What comes only once the rest is used up comes where
    the rest does not pay what is `needed` (micros).
    """
    found: list[events.Granted] = []
    for left in account.left:
        if left.until <= now:
            name = catalog.default_plan if left.plan is None else left.plan
            given = _of_left(account, left, name, now, catalog, needed)
            found += given
            account = claim(account, given, now)
    for free, window, credits in _allowances(catalog.free_credits, plan and plan.id):
        if free.when_used_up and _of_plan(account) >= max(needed, 1):
            continue
        event = _given(account, free, window, credits, now, zone_of(account, catalog))
        if event is not None:
            found.append(event)
            account = evolve(account, account.seq + 1, now, event)
    return found


def _of_left(
    account: Account,
    left: LeftPlan,
    plan: str | None,
    now: Instant,
    catalog: Catalog,
    needed: Micros,
) -> list[events.Granted]:
    """What a plan that was left would have given in the windows that ran then and run still: what
    somebody has must not depend on whether it was claimed before."""
    found: list[events.Granted] = []
    for free, window, credits in _allowances(catalog.free_credits, plan):
        bound = free.within_cycle and left.plan is not None
        if bound or (free.when_used_up and _of_plan(account) >= max(needed, 1)):
            continue
        then = left.until if left.by_command or free.opening == "first_use" else left.until - 1
        event = _given(account, free, window, credits, then, zone_of(account, catalog))
        if event is not None and event.expires_at is not None and event.expires_at > now:
            found.append(event)
            account = evolve(account, account.seq + 1, now, event)
    return found


def _given(
    account: Account, free: FreeCredits, window: str, credits: Micros, at: Instant, zone: str
) -> events.Granted | None:
    """What an allowance gives in the window that runs `at` an instant beyond what was given."""
    given = _running(account, window, at)
    credits = min(credits - (given.credits if given else 0), MAX - owned(account))
    if credits <= 0:
        return None
    start, end = (given.starts_at, given.ends_at) if given else _opened(account, free, at, zone)
    return events.Granted(
        source="free", credits=credits, expires_at=end, every=window, starts_at=start
    )


@lru_cache(maxsize=512)
def _allowances(
    offers: tuple[FreeCredits, ...], plan: str | None
) -> tuple[tuple[FreeCredits, str, Micros], ...]:
    """The windows of a plan, each by its words with what it gives: the short ones first, and last
    those that wait until the rest is used up."""
    sums: dict[str, tuple[FreeCredits, Micros]] = {}
    for free in offers:
        if free.plans is None or plan in free.plans:
            first, credits = sums.get(free.window, (free, 0))
            sums[free.window] = first, credits + free.credits
    found = sorted(sums.items(), key=lambda each: _order(each[1][0]))
    return tuple((free, window, credits) for window, (free, credits) in found)


def zone_of(account: Account, catalog: Catalog) -> str:
    """The time zone in which days and cycles of an account are counted (`docs/spec.md` 4.6)."""
    own = account.time_zone if catalog.policy.calendar == "account" else None
    return own or catalog.time_zone


def _order(free: FreeCredits) -> tuple[bool, int, int]:
    return free.when_used_up, PERIODS.index(free.every), free.count


def _of_plan(account: Account) -> Micros:
    """What is left of what the plan gives: not of gifts, corrections and purchases."""
    return sum([
        grant.remaining
        for grant in account.grants
        if grant.source not in ("promo", "adjustment", "topup")
    ])  # fmt: skip


def _running(account: Account, window: str, now: Instant) -> Allowance | None:
    """The window of this kind that is running, if it gave something already."""
    for each in account.allowances:
        if each.every == window and each.starts_at <= now < each.ends_at:
            return each
    return None


def _opened(
    account: Account, free: FreeCredits, now: Instant, zone: str
) -> tuple[Instant, Instant]:
    """The window of an allowance that contains `now`; it may end with the cycle."""
    if free.opening == "first_use":
        start, end = now, _later(now, free, zone)
    elif free.opening == "calendar":
        start, end = calendar_window(now, free.every, zone)
    else:
        start, end = _since_opening(account, free, now, zone)
    cycle = account.cycle
    if free.within_cycle and cycle is not None and cycle.ends_at > now:
        end = min(end, cycle.ends_at)
    return start, end


def _later(start: Instant, free: FreeCredits, zone: str) -> Instant:
    """Months by the calendar; hours, days and weeks by the clock."""
    months = PERIOD_MONTHS.get(free.every)
    if months is not None:
        return boundary(start, months * free.count, zone)
    return start + PERIOD_HOURS[free.every] * free.count * 3_600 * SECOND


def _since_opening(
    account: Account, free: FreeCredits, now: Instant, zone: str
) -> tuple[Instant, Instant]:
    """The account's own month, quarter, hour ..., counted from its opening."""
    opened, months = account.opened_at, PERIOD_MONTHS.get(free.every)
    if months is None:
        length = PERIOD_HOURS[free.every] * 3_600 * SECOND
        start = opened + (now - opened) // length * length
        return start, start + length
    index = boundary_index(opened, now, zone) // months * months
    return boundary(opened, index, zone), boundary(opened, index + months, zone)


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
