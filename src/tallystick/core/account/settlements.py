"""Settlements: what a hold comes to in the end, below or above what was held (`docs/spec.md` 7)."""

from typing import Any, get_args

from ..commands import Settle
from ..credits import MAX, Micros, parse, text
from ..errors import InvalidRequest, describe, unknown
from ..events import Granted, Outcome, Settled
from ..grants import Parts, split, total
from ..history import History
from ..holds import Hold
from ..instants import Instant
from ..pricing import Priced, RateCard
from ..refusals import Refusal
from .advance import give_back
from .charges import Decision, open_hold, reserve
from .entitlement import entitlement
from .state import Account, Facts

_COSTS_NOTHING = ("provider_error", "timeout", "canceled_before_start")


def decide_settle(
    account: Account, command: Settle, now: Instant, history: History, facts: Facts
) -> Decision:
    hold = open_hold(command.hold, facts)
    if isinstance(hold, Refusal):
        return hold
    if hold.priced is None:
        raise InvalidRequest(
            f"{command.hold} is a lease: draw from it, and release it at the end", where="hold"
        )
    card = history.version(hold.priced.version)
    priced, actual = settled_price(command, hold, hold.priced, card)
    refusal = _beyond(actual, hold, priced, command.outcome, card)
    if refusal is not None:
        return refusal
    spent, rest = split(hold.parts, min(actual, hold.credits))
    returned, lapsed = give_back(account, rest, now)
    claimed: list[Granted] = []
    extra: Parts = ()
    if actual > hold.credits:
        entitled = entitlement(account, history, now)
        claimed, extra = reserve(account, actual - hold.credits, now, history, entitled)
    charged = total(spent) + total(extra)
    event = Settled(
        hold.id,
        charged,
        hold.credits,
        command.outcome,  # type: ignore[arg-type]
        priced,
        spent,
        returned,
        lapsed,
        extra,
        actual - charged,
        hold.member,
        hold.labels,
        hold.cap_period_start,
    )
    return [*claimed, event]


def settled_price(
    command: Settle, hold: Hold, held: Priced, card: RateCard
) -> tuple[Priced, Micros]:
    """What the work really cost, by its outcome (`docs/spec.md` 7.4)."""
    outcome = command.outcome
    if outcome not in get_args(Outcome):
        raise unknown("outcome", outcome, get_args(Outcome))
    if not isinstance(command.params, dict):
        raise InvalidRequest(
            f"quantities must be names with values, not {describe(command.params)}", where="params"
        )
    said = command.credits is not None or bool(command.params)
    policy = card.catalog.policy
    rule = {"moderated": policy.moderated, "partial": policy.partial}.get(outcome)
    if outcome in _COSTS_NOTHING or rule == "nothing":
        if said and command.credits != 0:
            raise InvalidRequest(
                f"a generation that ended as {outcome} costs nothing: leave credits and "
                "quantities out",
                where="outcome",
            )
        return held, 0
    if rule == "full":
        return held, hold.credits
    if command.credits is not None:
        if command.params:
            raise InvalidRequest("give credits or quantities, not both", where="credits")
        return held, parse(command.credits, "credits", maximum=MAX)
    if command.params:
        priced = card.reprice(held, command.params, _plan_of(held, card))
        return priced, priced.credits
    if rule == "delivered" or held.minimum is not None:
        raise InvalidRequest(
            "say what was delivered: credits, or quantities such as seconds=4", where="credits"
        )
    return held, hold.credits


def _plan_of(priced: Priced, card: RateCard) -> Any:
    return next((plan for plan in card.catalog.plans if plan.id == priced.plan), None)


def _beyond(
    actual: Micros, hold: Hold, priced: Priced, outcome: str, card: RateCard
) -> Refusal | None:
    """The refusal of an actual price outside the range, or above what was held."""
    facts = {"credits": actual, "held": hold.credits}
    least = hold.priced.minimum if hold.priced else None
    if least is not None and outcome == "succeeded" and not least <= actual <= hold.credits:
        message = (
            f"{text(actual)} is outside the range that was quoted, {text(least)} to "
            f"{text(hold.credits)}"
        )
        return Refusal("settle_outside_range", message, {**facts, "min": least})
    if actual > hold.credits and card.catalog.policy.settle_above_hold == "refuse":
        message = f"{text(actual)} is more than the {text(hold.credits)} that were held"
        return Refusal("settle_above_hold", message, facts)
    return None
