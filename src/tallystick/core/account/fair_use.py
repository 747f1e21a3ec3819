"""Fair use: how much of an unlimited tool is free in a window (`docs/spec.md` 6.4)."""

from typing import Any

from msgspec.structs import replace

from ..arithmetic import many_of
from ..caps import Count, Counts, FairUse, counted_since
from ..catalog import FairUseLimit, Plan
from ..credits import SCALE, show
from ..history import History
from ..instants import Instant
from ..pricing import Priced, RateCard, Request
from ..refusals import Refusal
from . import cap_rules
from .case import Case
from .entitlement import PricedGeneration, entitlement
from .member_caps import cap_window
from .state import Account


def within_fair_use(
    case: Case[Any], asked: PricedGeneration
) -> tuple[PricedGeneration, Counts] | Refusal:
    """A generation with what it counts of fair use. One that does not fit into what is left of
    the window is refused, or costs what it would on a plan where the tool is not unlimited; one
    that was quoted keeps its price."""
    plan = asked.entitled.plan
    limit = _limit(asked, plan) if plan is not None and plan.fair_use else None
    if limit is None:
        return asked, ()
    start, end = cap_window(case.account, limit.every, case.now, case.history)
    used, since = counted_since(_counted(case.account, limit), start)
    quantity = quantity_of(asked.priced, limit.unit, asked.card)
    if used + quantity > limit.up_to:
        if limit.beyond == "refuse":
            return cap_rules.fair_use_reached(asked, limit, used, quantity, end) or (asked, ())
        if case.facts.quote is None:
            return _charged(asked), ()
    counted = Count(
        of="fair_use",
        every=limit.every,
        since=since,
        amount=quantity,
        tools=(limit.tool,),
        unit=limit.unit,
    )
    return asked, (counted,)


def _limit(asked: PricedGeneration, plan: Plan) -> FairUseLimit | None:
    """The limit of the tool on the plan that makes a generation free, if there is one."""
    priced = asked.priced
    if priced.plan != plan.id or priced.tool not in plan.unlimited:
        return None
    return next((each for each in plan.fair_use if each.tool == priced.tool), None)


def quoted_price(account: Account, request: Request, now: Instant, history: History) -> Priced:
    """The price that a generation has for an account: on its plan, and beyond its fair use where
    the plan charges that. Raises `InvalidRequest` for one that is not on the rate card."""
    card, entitled = history.at(now), entitlement(account, now, history)
    plan = entitled.plan
    priced = card.price(request, plan, now)
    asked = PricedGeneration(priced, card.models[priced.model], card, entitled)
    limit = _limit(asked, plan) if plan is not None and plan.fair_use else None
    if limit is None or limit.beyond == "refuse":
        return priced
    start, _ = cap_window(account, limit.every, now, history)
    used, _ = counted_since(_counted(account, limit), start)
    fits = used + quantity_of(priced, limit.unit, card) <= limit.up_to
    return priced if fits else _charged(asked).priced


def _counted(account: Account, limit: FairUseLimit) -> FairUse:
    key = (limit.tool, limit.unit, limit.every)
    for each in account.fair_use:
        if (each.tool, each.unit, each.every) == key:
            return each
    return FairUse(tool=limit.tool, unit=limit.unit, every=limit.every)


def _charged(asked: PricedGeneration) -> PricedGeneration:
    """The generation at the price that it has where its tool is not unlimited."""
    priced, plan = asked.priced, asked.entitled.plan
    if plan is None:
        return asked
    limited = tuple(tool for tool in plan.unlimited if tool != priced.tool)
    quantities = {name: show(amount) for name, amount in priced.quantities.items()}
    request = Request(priced.model, {**priced.settings, **quantities}, priced.outputs)
    again = asked.card.price(request, replace(plan, unlimited=limited))
    return replace(asked, priced=again)


def quantity_of(priced: Priced, unit: str, card: RateCard) -> int:
    """How much of a unit a generation has, all outputs together, in micro-units. The rate card that
    it was priced by knows the unit by both its names."""
    if unit == "generation":
        return priced.outputs * SCALE if priced.quantity else 0
    if priced.unit == unit:
        return priced.quantity * priced.outputs
    own = [each.many for each in card.catalog.units if each.one == unit]
    return priced.quantities.get(many_of(unit, own[0] if own else None), 0) * priced.outputs
