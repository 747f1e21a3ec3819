"""Deliveries: what a generation costs by the quantities it really had (`docs/spec.md` 7).

A quantity that was asked for is more than 0. One that was delivered may be 0: what was not
delivered costs nothing, whatever the price says of the least that a generation costs.
"""

from typing import Any

from msgspec.structs import replace

from . import credits
from .arithmetic import quantities_of
from .catalog import Plan, Sum
from .errors import InvalidRequest
from .pricing import ModelCard, Priced, RateCard, Request

_SAME_MEASURE = {"minutes": "seconds", "seconds": "minutes"}


def plan_of(priced: Priced, card: RateCard) -> Plan | None:
    """The plan that changed a price, by the catalog that the price is from."""
    return next((plan for plan in card.catalog.plans if plan.id == priced.plan), None)


def reprice(card: RateCard, priced: Priced, params: dict[str, Any]) -> Priced:
    """The price of the same generation with the quantities it really had, by the same rate and
    plan. `params` are quantities by name, and the number of `outputs`.

    Raises `InvalidRequest` for quantities that the model does not have.
    """
    named = dict(params)
    outputs = named.pop("outputs", priced.outputs)
    if is_zero(outputs) or any(is_zero(value) for value in named.values()):
        nothing = _nothing(card.model(priced.model), priced, named, is_zero(outputs))
        if nothing is not None:
            return nothing
    kept = {
        name: credits.show(amount)
        for name, amount in priced.quantities.items()
        if _SAME_MEASURE.get(name) not in named
    }
    request = Request(priced.model, {**priced.settings, **kept, **named}, outputs)
    return card.price(request, plan_of(priced, card))


def _nothing(
    card: ModelCard, priced: Priced, params: dict[str, Any], no_outputs: bool
) -> Priced | None:
    """The generation without any output, or with 0 of the quantity that its price depends on; None
    where something was delivered."""
    zeros = {name: 0 for name, value in params.items() if is_zero(value)}
    for name in zeros:
        if name not in card.quantity_names:
            raise card.unknown_param(name)
    _, others = card.read({name: value for name, value in params.items() if name not in zeros})
    if not no_outputs and not _has_none(card, priced, zeros):
        return None
    return replace(
        priced,
        quantity=priced.quantity if no_outputs else 0,
        outputs=0 if no_outputs else priced.outputs,
        quantities={**priced.quantities, **others, **zeros},
        credits=0,
        minimum=None,
        list_credits=None if priced.list_credits is None else 0,
    )


def _has_none(card: ModelCard, priced: Priced, zeros: dict[str, int]) -> bool:
    """Whether there is 0 of what the price depends on: of a sum, of all its quantities."""
    price = card.rate_of(priced).price
    names = quantities_of(price)
    if isinstance(price, Sum):
        return all(name in zeros or priced.quantities.get(name) == 0 for name in names)
    if not names:
        return any(name in zeros for name in card.quantity_names)
    return any(name in zeros or _SAME_MEASURE.get(name) in zeros for name in names)


def is_zero(value: object) -> bool:
    """Whether a quantity from outside is the number 0."""
    if type(value) is int:
        return value == 0
    try:
        return credits.parse(value, "quantity", maximum=credits.MAX) == 0
    except InvalidRequest:
        return False
