"""Ways out of a refusal, each priced: wait, top up, upgrade, something cheaper, less of it
(`docs/spec.md` 6.2).

Made only when a refusal is, so nothing here needs to be fast; everything is simulated with the
same functions that would do it.
"""

from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import lru_cache
from itertools import combinations_with_replacement, islice
from typing import Any

from ..catalog import Bundle, Model, Money, Package, Plan, Rate
from ..commands import Lease
from ..credits import Micros, show
from ..errors import InvalidRequest
from ..events import ChangeScheduled
from ..grants import Pays, pays_for, pays_for_anything, spendable
from ..history import History
from ..instants import Instant
from ..pricing import Priced, RateCard, Request
from ..refusals import WayOut
from ..subscription import Terms
from .advance import advance
from .case import Case
from .debts import paying
from .entitlement import Entitlement, entitlement
from .evolve import evolve
from .free_credits import with_free
from .payments import Payment
from .plan_changes import change
from .portions import Identity, asked_by, cost_of, fitting
from .reservations import Reservation
from .state import Account

UPGRADES_MAX = 3
CHEAPER_MAX = 5
BUNDLES_MAX = 5
"""More are not offered together: a plan is the better way then."""
_FEW_BUNDLES = 3
"""Up to so many, every choice of them is looked at."""


def more_credits(
    case: Case[Any], reserved: Reservation, priced: Priced, cost: Micros
) -> tuple[WayOut, ...]:
    """Everything that covers the `cost` of a generation. The account that is `reserved` from has
    its free credits claimed."""
    now, history, account = case.now, case.history, reserved.account
    pays = pays_for(priced.tool, priced.model)
    return (
        *wait(account, cost, now, history, pays),
        *top_up(account, cost - reserved.available, now, history),
        *upgrades(account, priced, now, history),
        *_cheaper_for(account, priced, now, history),
        *less(priced, reserved.available, entitlement(account, now, history), history.at(now)),
    )


def cheaper_or_less(
    priced: Priced, available: Micros, entitled: Entitlement, card: RateCard
) -> tuple[WayOut, ...]:
    """What fits `available` credits."""
    return (*cheaper(priced, available, entitled, card), *less(priced, available, entitled, card))


def more_to_lease(case: Case[Any], reserved: Reservation, credits: Micros) -> tuple[WayOut, ...]:
    """Everything that leaves `credits` to lease."""
    now, history, account = case.now, case.history, reserved.account
    return (
        *wait(account, credits, now, history, pays_for_anything),
        *top_up(account, credits - reserved.available, now, history),
        *_plans(account, lambda plan, package: credits, now, history, pays_for_anything),
        *(less_to_lease(reserved.available) if isinstance(case.command, Lease) else ()),
    )


def without_entitlement(case: Case[Any], priced: Priced) -> tuple[WayOut, ...]:
    """The plans that allow the model that this plan does not allow, and what this one allows."""
    now, history = case.now, case.history
    seen = with_free(case.account, now, history)
    return (*upgrades(seen, priced, now, history), *_cheaper_for(seen, priced, now, history))


def plans_to_buy(case: Case[Any]) -> tuple[WayOut, ...]:
    """Every plan that is sold, for an account that has none."""
    available = with_free(case.account, case.now, case.history).available
    return tuple(
        _upgrade(plan, package, plan.intervals[0], available + package.credits)
        for plan in case.card.catalog.plans
        for package in plan.packages
    )


def wait(
    account: Account, cost: Micros, now: Instant, history: History, pays: Pays
) -> tuple[WayOut, ...]:
    """The first instant at which a renewal, the next free credits or a grant that begins then make
    it affordable."""
    instants = [each.ends_at for each in account.allowances if each.ends_at > now]
    instants += [each.effective_at for each in account.later]
    if account.subscription is not None:
        instants.append(account.subscription.renews_at)
    for at in sorted(instants):
        later, _ = advance(account, at)
        later = with_free(later, at, history)
        if (there := _there(later, pays)) >= cost:
            return (WayOut("wait", at=at, available=there),)
    return ()


def _there(account: Account, pays: Pays) -> Micros:
    """What an account can pay with (micros)."""
    return spendable(grant for grant in account.grants if pays(grant))


def top_up(
    account: Account, shortfall: Micros, now: Instant, history: History
) -> tuple[WayOut, ...]:
    """The smallest bundle that covers the shortfall, or the fewest together that do, if they may
    be bought."""
    offer = history.at(now).catalog.top_ups
    if offer is None or (offer.requires_subscription and not account.subscribed):
        return ()
    chosen = _together(offer.bundles, shortfall)
    if not chosen:
        return ()
    return (
        WayOut(
            "top_up",
            credits=_credits_of(chosen),
            price=_price_of(chosen),
            bundles=tuple(each.credits for each in chosen) if len(chosen) > 1 else None,
        ),
    )


def _together(bundles: Sequence[Bundle], shortfall: Micros) -> Sequence[Bundle]:
    """As few bundles as cover the shortfall, and of those the ones with the fewest credits; the
    largest first. None where it would take too many."""
    if not bundles:
        return ()
    ordered = sorted(bundles, key=lambda bundle: bundle.credits, reverse=True)
    count = max(-(-shortfall // ordered[0].credits), 1)
    if count > BUNDLES_MAX:
        return ()
    largest, few = max(count - _FEW_BUNDLES, 0), min(count, _FEW_BUNDLES)
    rest = shortfall - largest * ordered[0].credits
    chosen = min(
        (each for each in combinations_with_replacement(ordered, few) if _credits_of(each) >= rest),
        key=_credits_of,
    )
    return (*[ordered[0]] * largest, *chosen)


def _credits_of(bundles: Sequence[Bundle]) -> Micros:
    return sum(bundle.credits for bundle in bundles)


def _price_of(bundles: Sequence[Bundle]) -> Money | None:
    """What bundles cost together; None where one has no price, or another currency."""
    prices = [bundle.price for bundle in bundles if bundle.price is not None]
    if len(prices) < len(bundles) or len({price.currency for price in prices}) > 1:
        return None
    if len(prices) == 1:
        return prices[0]
    total = sum((Decimal(price.amount) for price in prices), Decimal(0))
    sample = any(price.sample for price in prices)
    return Money(f"{total:f}", prices[0].currency, sample)


def upgrades(
    account: Account, priced: Priced, now: Instant, history: History
) -> tuple[WayOut, ...]:
    """The plans that unlock the model and leave enough for it, smallest first."""
    pays = pays_for(priced.tool, priced.model)
    return _plans(account, _cost_in(priced, history.at(now)), now, history, pays)


def _cost_in(priced: Priced, card: RateCard) -> Callable[[Plan, Package], Micros | None]:
    """What a generation costs on a package of a plan; None where that does not unlock the model, or
    the catalog has it no more."""
    model = card.models.get(priced.model)

    def cost(plan: Plan, package: Package) -> Micros | None:
        tools = plan.tools if package.tools is None else package.tools
        allowed = model is not None and Entitlement(plan, tools, True).allows(model)
        return _cost_on(plan, priced, card) if allowed else None

    return cost


def _plans(
    account: Account,
    cost: Callable[[Plan, Package], Micros | None],
    now: Instant,
    history: History,
    pays: Pays,
) -> tuple[WayOut, ...]:
    """The smallest plans that leave at least their `cost`; None: not that plan."""
    found = []
    for plan in history.at(now).catalog.plans:
        for package in plan.packages:
            needed = cost(plan, package)
            way = None if needed is None else _bought(account, plan, package, now, history, pays)
            if way is not None and (way.available or 0) >= (needed or 0):
                found.append(way)
    found.sort(key=lambda way: way.credits or 0)
    return tuple(found[:UPGRADES_MAX])


def _bought(
    account: Account, plan: Plan, package: Package, now: Instant, history: History, pays: Pays
) -> WayOut | None:
    """What there is to pay with right after taking this plan, or None where that would not come at
    once."""
    bought = account.subscription
    if bought is None or account.cycle is None:
        interval = plan.intervals[0]
        left = package.credits - min(account.owed, package.credits)
        return _upgrade(plan, package, interval, _there(account, pays) + left)
    interval = bought.terms.interval
    if interval not in plan.intervals:
        interval = plan.intervals[0]
    terms = Terms(plan.id, package.credits, interval)
    if terms == bought.terms or package.credits < bought.terms.package:
        return None
    event = change(account, terms, now, history, Payment(settled=True))
    if isinstance(event, ChangeScheduled):
        return None
    after, _ = advance(evolve(account, account.seq + 1, now, paying(account, event)), now)
    return _upgrade(plan, package, interval, _there(after, pays))


def _upgrade(plan: Plan, package: Package, interval: str, available: Micros) -> WayOut:
    return WayOut(
        "upgrade",
        available=available,
        credits=package.credits,
        plan=plan.name,
        interval=interval,
        price=package.prices.get(interval),
    )


def _cost_on(plan: Plan, priced: Priced, card: RateCard) -> Micros:
    """What the same generation costs on another plan."""
    cost = cost_of(card, Identity(plan), asked_by(priced))
    return priced.credits if cost is None else cost  # a newer catalog may not offer exactly this


def _cheaper_for(
    account: Account, priced: Priced, now: Instant, history: History
) -> tuple[WayOut, ...]:
    """Models or settings of the same tool that fit what the account can pay for each with."""
    entitled = entitlement(account, now, history)

    bound = any(grant.bound for grant in account.grants)

    def fits(model: Model) -> Micros:
        if not bound:
            return account.available
        return _there(account, pays_for(model.tool, model.id))

    return _cheaper(priced, fits, entitled, history.at(now), now)


def unheld(priced: Priced | None, cost: Micros, card: RateCard) -> bool:
    """Whether each plan that unlocks the model has fewer credits a month than the generation costs
    there, or than the `cost` of a lease (None), so that none is a way out however new its cycle."""
    cost_in = (lambda plan, package: cost) if priced is None else _cost_in(priced, card)
    costs = _costs(cost_in, card)
    return bool(costs) and all(holds < needed for holds, needed in costs)


def unlocked_by_none(priced: Priced, card: RateCard) -> bool:
    """Whether no plan that is sold unlocks the model and holds what the generation costs there."""
    costs = _costs(_cost_in(priced, card), card)
    return all(holds < needed for holds, needed in costs)


def _costs(
    cost_in: Callable[[Plan, Package], Micros | None], card: RateCard
) -> list[tuple[Micros, Micros]]:
    """What each package of a plan holds, and what is needed of it, where that is known."""
    return [
        (package.credits, needed)
        for plan in card.catalog.plans
        for package in plan.packages
        if (needed := cost_in(plan, package)) is not None
    ]


def less(
    priced: Priced, available: Micros, entitled: Entitlement, card: RateCard
) -> tuple[WayOut, ...]:
    """As much of the same generation as fits what is there."""
    plan = Identity(entitled.plan)
    portion = fitting(card, plan, asked_by(priced), priced.unit, available)
    if portion is None:
        return ()
    return (
        WayOut(
            "less",
            credits=portion.credits,
            quantities=portion.quantities,
            outputs=portion.outputs,
        ),
    )


def less_to_lease(available: Micros) -> tuple[WayOut, ...]:
    """A lease of what is there."""
    return (WayOut("less", credits=available),) if available > 0 else ()


def cheaper(
    priced: Priced,
    available: Micros,
    entitled: Entitlement,
    card: RateCard,
    now: Instant | None = None,
) -> tuple[WayOut, ...]:
    """Models or settings of the same tool that fit what is there, the most expensive first."""
    return _cheaper(priced, lambda model: available, entitled, card, now)


def _cheaper(
    priced: Priced,
    fits: Callable[[Model], Micros],
    entitled: Entitlement,
    card: RateCard,
    now: Instant | None,
) -> tuple[WayOut, ...]:
    below = _list(priced)
    asked = tuple(priced.quantities.items()), priced.outputs
    found = (
        WayOut(
            "cheaper",
            credits=other.credits,
            model=model.name,
            settings=other.settings or None,
            tool=model.tool if card.shares_name(model) else None,
        )
        for model, other in _same_of_tool(card, Identity(entitled.plan), priced.tool, asked)
        if other.credits < below
        and other.credits <= fits(model)
        and entitled.allows(model)
        and (now is None or card.offers(other, now))
    )
    return tuple(islice(found, CHEAPER_MAX))


@lru_cache(512)
def _same_of_tool(
    card: RateCard, plan: Identity, tool: str, asked: tuple[tuple[tuple[str, int], ...], int]
) -> list[tuple[Model, Priced]]:
    """What the same quantities and outputs cost on every rate of a tool, the most expensive first.

    A client without credits may ask for the same thing again and again, a thousand times in one
    batch, while others wait for the writer: found each time again it took 0.3 ms.
    """
    quantities, outputs = dict(asked[0]), asked[1]
    found = [
        (model, other)
        for model in card.catalog.models
        if model.tool == tool
        for rate in model.rates
        if (other := _same_on(model, rate, quantities, outputs, plan.value, card))
    ]
    return sorted(found, key=lambda each: (-each[1].credits, each[0].name))


def _list(priced: Priced) -> Micros:
    return priced.credits if priced.list_credits is None else priced.list_credits


def _same_on(
    model: Model,
    rate: Rate,
    quantities: dict[str, int],
    outputs: int,
    plan: Plan | None,
    card: RateCard,
) -> Priced | None:
    """The same quantities on another rate, where that can be asked for."""
    names = card.model(model.id).quantity_names
    settings = {name: values[0] for name, values in rate.when.items()}
    kept = {name: show(amount) for name, amount in quantities.items() if name in names}
    try:
        return card.price(Request(model.id, {**settings, **kept}, outputs), plan)
    except InvalidRequest:
        return None
