"""Settlements: what a hold comes to in the end, below or above what was held (`docs/spec.md` 7)."""

from typing import Any, get_args

from ..caps import Counts, first_windows, recounted
from ..commands import Settle
from ..credits import MAX, Micros, parse
from ..deliveries import is_zero, reprice
from ..errors import InvalidRequest, describe, unknown
from ..events import Granted, Outcome, Settled, SettledLate
from ..grants import Parts, pays_for, split, total
from ..holds import Hold, windows
from ..instants import SECOND
from ..pricing import Priced, RateCard
from ..refusals import Refusal
from . import rules
from .advance import fair_quantity, give_back
from .case import Case, Decision
from .charges import open_hold
from .entitlement import PricedGeneration, entitlement
from .fair_use import quantity_of
from .reservations import reserve

_COSTS_NOTHING = ("provider_error", "timeout", "canceled_before_start")
_DELIVERS = ("succeeded", "partial")


def decide_settle(case: Case[Settle]) -> Decision:
    """A settlement closes a hold with what the work really cost, or charges it late.

    Raises `InvalidRequest` for a lease, which is drawn from and released.
    """
    command = case.command
    late = _late_hold(case)
    hold = late or open_hold(case)
    if isinstance(hold, Refusal):
        return hold
    if hold.priced is None:
        raise InvalidRequest(
            f"{command.hold} is a lease: draw from it, and release it at the end", where="hold"
        )
    card = case.history.version(hold.priced.version)
    priced, actual = settled_price(command, hold, hold.priced, card)
    if late and hold.credits and not actual:  # it came back already
        late = None
    refusal = rules.hold_closed(case) if late is None else None
    if refusal is not None:
        return refusal
    refusal = rules.settle_outside_range(
        hold, priced, actual, command.outcome
    ) or rules.settle_above_hold(hold, actual, card)
    if refusal is not None:
        return refusal
    return (
        _settled_late(case, late, priced, actual) if late else _settled(case, hold, priced, actual)
    )


def _late_hold(case: Case[Settle]) -> Hold | None:
    """The named hold, if it has timed out and a success can still be settled (`docs/spec.md`
    7.9)."""
    hold = case.facts.hold
    if hold is None or hold.status != "timed_out" or hold.closed_at is None:
        return None
    late_seconds = case.card.catalog.policy.settle_late_seconds
    over = case.now >= hold.closed_at + late_seconds * SECOND
    settled = any(each.hold == hold.id for each in case.account.late)
    if over or settled or hold.priced is None or case.command.outcome not in _DELIVERS:
        return None
    return hold


def _settled_late(case: Case[Settle], hold: Hold, priced: Priced, actual: Micros) -> Decision:
    """A hold that had timed out, charged after all: from what is there now, in burn-down order."""
    card = case.history.version(priced.version)
    entitled = entitlement(case.account, case.now, case.history)
    asked = PricedGeneration(priced, card.models[priced.model], card, entitled)
    reserved = reserve(case, actual, entitled, pays_for(priced.tool, priced.model))
    refusal = rules.insufficient_credits(case, reserved, asked, actual)
    if refusal is not None:
        return refusal
    period_start, counts = windows(hold)
    event = SettledLate(
        hold=hold.id,
        credits=actual,
        held=hold.credits,
        outcome=case.command.outcome,  # type: ignore[arg-type]
        priced=priced,
        parts=reserved.parts,
        member=hold.member,
        labels=hold.labels,
        cap_period_start=period_start,
        counts=first_windows(counts, actual, _fair(counts, priced, card)),
    )
    return [*reserved.claimed, event]


def _fair(counts: Counts, priced: Priced, card: RateCard) -> int:
    """How much of a generation counts as fair use, where any of it does."""
    units = [each.unit for each in counts if each.of == "fair_use" and each.unit]
    return quantity_of(priced, units[0], card) if units else 0


def _settled(case: Case[Settle], hold: Hold, priced: Priced, actual: Micros) -> Decision:
    """The hold closed: what it spends, what it gives back, and what is taken beyond it."""
    spent, rest = split(hold.parts, min(actual, hold.credits))
    returned, lapsed = give_back(case.account, rest, case.now)
    claimed: list[Granted] = []
    extra: Parts = ()
    if actual > hold.credits:
        entitled = entitlement(case.account, case.now, case.history)
        pays = pays_for(priced.tool, priced.model)
        reserved = reserve(case, actual - hold.credits, entitled, pays)
        claimed, extra = reserved.claimed, reserved.parts
    charged = total(spent) + total(extra)
    period_start, counts = windows(hold)
    if counts:
        delivered = case.command.outcome in _DELIVERS or actual
        card = case.history.version(priced.version)
        fair = (_fair(counts, priced, card) if delivered else 0) - fair_quantity(hold)
        counts = recounted(counts, charged - hold.credits, fair)
    event = Settled(
        hold=hold.id,
        credits=charged,
        held=hold.credits,
        outcome=case.command.outcome,  # type: ignore[arg-type]
        priced=priced,
        spent=spent,
        returned=returned,
        lapsed=lapsed,
        extra=extra,
        uncollected=actual - charged,
        member=hold.member,
        labels=hold.labels,
        cap_period_start=period_start,
        counts=counts,
    )
    return [*claimed, event]


def settled_price(
    command: Settle, hold: Hold, held: Priced, card: RateCard
) -> tuple[Priced, Micros]:
    """What the work really cost, by its outcome (`docs/spec.md` 7.4).

    Raises `InvalidRequest` for an unknown outcome, and for credits or quantities that do not go
    with it.
    """
    outcome = command.outcome
    if outcome not in get_args(Outcome):
        raise unknown("outcome", outcome, get_args(Outcome))
    if not isinstance(command.params, dict):
        raise InvalidRequest(
            f"quantities must be names with values, not {describe(command.params)}", where="params"
        )
    policy = card.catalog.policy
    rule = {"moderated": policy.moderated, "partial": policy.partial}.get(outcome)
    if outcome in _COSTS_NOTHING or rule == "nothing":
        if not _says_nothing(command):
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
        priced = delivered_price(card, held, command.params)
        return priced, priced.credits
    if rule == "delivered" or held.minimum is not None:
        raise InvalidRequest(
            "say what was delivered: credits, or quantities such as seconds=4", where="credits"
        )
    return held, hold.credits


def _says_nothing(command: Settle) -> bool:
    """Whether neither credits nor quantities are given, or 0 of them."""
    said = [] if command.credits is None else [command.credits]
    return all(map(is_zero, (*said, *command.params.values())))


def delivered_price(card: RateCard, priced: Priced, params: dict[str, Any]) -> Priced:
    """The price of what was delivered. Raises `InvalidRequest` for quantities that the rate card
    has no price for, which credits can still be said for."""
    try:
        return reprice(card, priced, params)
    except InvalidRequest as error:
        if error.allowed and error.where in card.model(priced.model).quantity_names:
            said = f"{error}; for what is not on the rate card, give `credits` instead"
            raise InvalidRequest(said, where=error.where, allowed=error.allowed) from None
        raise
