"""Refunds: a charge that is given back, whole or in part (`docs/spec.md` 7.5).

The credits go back to the very grants that paid, what was taken last first. A grant that has
expired meanwhile takes its part along, or lives some days more if the catalog's policy says so.
"""

from typing import Any

from msgspec.structs import replace

from ..arithmetic import quantities_of
from ..caps import first_windows
from ..commands import Refund
from ..credits import Micros, parse, show
from ..deliveries import is_zero, reprice
from ..errors import InvalidRequest, describe
from ..events import Refunded
from ..grants import Grant, Part, Parts, given_back, total
from ..instants import DAY, Instant
from ..pricing import ModelCard, Priced, RateCard
from . import rules
from .case import Case, ChargeFacts, Decision
from .fair_use import quantity_of
from .state import Account


def decide_refund(case: Case[Refund]) -> Decision:
    """A refund gives back what is asked for of a charge: credits, quantities, or all of it.

    Raises `InvalidRequest` for credits and quantities at once, for quantities that the charge does
    not have, and for a refund of nothing.
    """
    command = case.command
    reason = case.reason(command.reason)
    charge = case.facts.charge
    if charge is None:
        refused = rules.entry_not_found_for_receipt(case)
        return refused or []
    before = case.facts.hold
    refusal = rules.refund_above_charge_left(charge, before)
    if refusal is not None:
        return refusal
    given_back = before.given_back if before else 0
    priced = before.priced if before and before.priced else charge.event.priced
    kept, credits = _asked(case, charge, priced, given_back)
    refusal = rules.refund_above_charge(charge, given_back, credits)
    if refusal is not None:
        return refusal
    refunded = before.refunded if before else 0
    return _refunded(case, charge, credits, refunded, (priced, kept), reason)


def _refunded(
    case: Case[Refund],
    charge: ChargeFacts,
    credits: Micros,
    refunded: Micros,
    generation: tuple[Priced, Priced],
    reason: str,
) -> Decision:
    """The credits given back, and what is left of the generation."""
    event, (priced, kept) = charge.event, generation
    days = case.card.catalog.policy.refund_lapsed_days
    parts = given_back(charge.parts, refunded, credits)
    returned, lapsed, restored = _to_grants(case.account, charge, parts, case.now, days)
    refusal = rules.balance_limit(case.account, total(returned))
    if refusal is not None:
        return refusal
    return [
        Refunded(
            receipt=charge.seq,
            credits=credits,
            charged=event.credits,
            refunded=refunded + credits,
            priced=kept,
            reason=reason,
            quantity=priced.quantity * priced.outputs - kept.quantity * kept.outputs,
            returned=returned,
            lapsed=lapsed,
            restored=restored,
            owed_paid=min(case.account.owed, _of_void(lapsed, charge)),
            member=event.member,
            labels=event.labels,
            cap_period_start=charge.cap_period_start,
            counts=first_windows(charge.counts, -credits, _fair_use(case, charge, priced, kept)),
        )
    ]


def _fair_use(case: Case[Refund], charge: ChargeFacts, priced: Priced, kept: Priced) -> int:
    """How much less fair use a refund leaves, where the charge counted any."""
    units = [each.unit for each in charge.counts if each.of == "fair_use" and each.unit]
    if not units:
        return 0
    left, before = [
        quantity_of(each, units[0], case.history.version(each.version)) for each in (kept, priced)
    ]
    return left - before


def _asked(
    case: Case[Refund], charge: ChargeFacts, priced: Priced, given_back: Micros
) -> tuple[Priced, Micros]:
    """What is left of a generation after the refund that is asked for, and its credits."""
    command, charged = case.command, charge.event.credits
    if not isinstance(command.params, dict):
        raise InvalidRequest(
            f"quantities must be names with values, not {describe(command.params)}", where="params"
        )
    if command.credits is not None:
        if command.params:
            raise InvalidRequest("give credits or quantities, not both", where="credits")
        return priced, parse(command.credits, "credits", minimum=1)
    if not command.params:
        return replace(priced, outputs=0), charged - given_back
    card = case.history.version(priced.version)
    kept = _without(card, priced, command.params)
    whole = charge.event.priced
    credits = _share(charged, priced, whole) - _share(charged, kept, whole)
    if not credits and charged:
        raise InvalidRequest(
            "these quantities do not change the price of what was charged: give `credits` instead",
            where="credits",
        )
    refunded = case.facts.hold.refunded if case.facts.hold else 0
    return kept, min(credits, charged - refunded)


def _share(charged: Micros, part: Priced, whole: Priced) -> Micros:
    """What a part of a generation cost, of what was charged for the whole of it."""
    if charged == whole.credits or not whole.credits:
        return part.credits
    return charged * part.credits // whole.credits


def _without(card: RateCard, priced: Priced, params: dict[str, Any]) -> Priced:
    """What is left of a generation without some of its quantities."""
    left: dict[str, Any] = {}
    model = card.model(priced.model)
    for name, value in params.items():
        if name != "outputs" and name not in model.quantity_names:
            raise model.unknown_param(name)
        there = _there(model, priced, name)
        less = 0 if is_zero(value) else model.quantity(value, name)
        if not there or not 0 < less <= there:
            raise InvalidRequest(
                f"{name} must be more than 0 and at most {show(there)}, which is what is left of "
                f"this charge, not {describe(value)}",
                where=name,
            )
        left[name] = show(there - less)
    try:
        return reprice(card, priced, left)
    except InvalidRequest as error:
        said = f"what would be left of this charge has no price: {error}; give `credits` instead"
        raise InvalidRequest(said, where=error.where, allowed=error.allowed) from None


def _there(model: ModelCard, priced: Priced, name: str) -> int:
    """How much of a quantity is left of a charge, in micro-units; 0 for one that it has not."""
    if name == "outputs":
        return priced.outputs * 1_000_000
    if name in quantities_of(model.rate_of(priced).price) and priced.unit != "generation":
        return priced.quantities.get(name, priced.quantity)
    return priced.quantities.get(name, 0)


def _to_grants(
    account: Account, charge: ChargeFacts, parts: Parts, now: Instant, days: int
) -> tuple[Parts, Parts, tuple[Grant, ...]]:
    """`parts` of a charge as (returned, lapsed), and the grants that come back for them."""
    returned: list[Part] = []
    lapsed: list[Part] = []
    restored: dict[int, Grant] = {}
    gone = {grant.id: grant for grant in charge.grants}
    for part in parts:
        there = account.grant(part.grant)
        grant = there or gone.get(part.grant)
        if grant is None or grant.id in charge.void:
            lapsed.append(part)
            continue
        over = grant.expires_at is not None and grant.expires_at <= now
        here = Part(grant.id, grant.source, part.credits)
        if over and not days:
            lapsed.append(here)
            continue
        returned.append(here)
        if over and days:
            restored[grant.id] = _emptied(grant, now + days * DAY)
        elif there is None:
            restored[grant.id] = _emptied(grant, grant.expires_at)
    return tuple(returned), tuple(lapsed), tuple(restored.values())


def _of_void(lapsed: Parts, charge: ChargeFacts) -> Micros:
    """What lapses of grants that were taken back: as much less of them was spent, so as much less
    is owed."""
    return total(part for part in lapsed if part.grant in charge.void)


def _emptied(grant: Grant, expires_at: Instant | None) -> Grant:
    return replace(grant, remaining=0, held=0, expires_at=expires_at)
