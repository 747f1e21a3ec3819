"""What an account's plan allows at an instant, and the free credits it may still claim."""

from msgspec import Struct

from .. import events
from ..catalog import Catalog, Model, Plan, Tool
from ..credits import MAX, Micros
from ..cycles import boundary, boundary_index, local_day
from ..history import History
from ..instants import Instant
from ..pricing import RateCard
from .evolve import evolve
from .state import Account, Member, owned


class Entitlement(Struct, frozen=True, gc=False):
    """The plan an account is on (None where the platform has none to offer) and its tools.

    `tools` is None when the plan unlocks every tool.
    """

    plan: Plan | None
    tools: tuple[str, ...] | None
    subscribed: bool

    def unlocks(self, tool: str) -> bool:
        return self.plan is not None and (self.tools is None or tool in self.tools)

    def allows(self, model: Model) -> bool:
        plan = self.plan
        if plan is None or (model.pro and not plan.pro_models):
            return False
        return self.tools is None or model.tool in self.tools


def entitlement(account: Account, history: History, now: Instant) -> Entitlement:
    """What `account` is entitled to at `now`, by its subscription or the platform's default."""
    if account.cycle is not None and account.subscription is not None:
        bought = account.subscription
        plan, package = history.offered(
            bought.terms.plan, bought.terms.package, bought.version, now
        )
        return Entitlement(plan, plan.tools if package.tools is None else package.tools, True)
    return default_entitlement(history.at(now))


def default_entitlement(card: RateCard) -> Entitlement:
    """What an account without a subscription is entitled to."""
    plan = card.default_plan
    return Entitlement(plan, plan.tools if plan else (), False)


def tool_name(catalog: Catalog, tool_id: str) -> str:
    tool: Tool | None = next((each for each in catalog.tools if each.id == tool_id), None)
    return tool.name if tool else tool_id


def unclaimed(
    account: Account, plan: Plan | None, catalog: Catalog, now: Instant
) -> list[events.Granted]:
    """The free credits of windows running at `now` that were not given yet (`docs/spec.md` 3.2)."""
    found = []
    for every in ("day", "month"):
        if _given(account, every, now):
            continue
        credits = min(_allowance(catalog, plan, every), MAX - owned(account))  # never above MAX
        if credits > 0:
            start, end = window(account, every, now, catalog.time_zone)
            found.append(
                events.Granted("free", credits, end, every=every, starts_at=start)  # type: ignore[arg-type]
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


def _given(account: Account, every: str, now: Instant) -> bool:
    for each in account.allowances:
        if each.every == every and each.starts_at <= now < each.ends_at:
            return True
    return False


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


def with_free(account: Account, history: History, now: Instant) -> Account:
    """The account as a reader sees it: free credits that nobody needed yet are there too."""
    catalog = history.at(now).catalog
    if not catalog.free_credits or not account.exists:
        return account
    plan = entitlement(account, history, now).plan
    return claim(account, unclaimed(account, plan, catalog, now), now)


def period_start(account: Account, history: History, now: Instant) -> Instant:
    """Since when a member's cap counts: the running cycle, or the account's own month."""
    if account.cycle is not None:
        return account.cycle.started_at
    return window(account, "month", now, history.at(now).catalog.time_zone)[0]


def spent_of_cap(member: Member, period: Instant) -> tuple[Micros, Instant]:
    """What a member has spent of their cap in the period that began at `period`, and since when.

    A period can begin before the one that was counted last: a subscription that starts in the
    past does, and so may the account's own month once a subscription is over. The count goes on
    then, as nobody gets a cap twice for the same days.
    """
    if member.since is None or member.since < period:
        return 0, period
    return member.used, member.since
