"""Goodwill: an adjustment that gives back what a receipt charged; the charge stays as it was
(`docs/spec.md` 7.5)."""

from .. import limits
from ..commands import Adjust
from ..credits import parse
from ..errors import InvalidRequest
from ..events import Granted
from . import rules
from .case import Case, Decision
from .grants import check_upward, expiry


def decide_goodwill(case: Case[Adjust]) -> Decision:
    """An operator gives back what a receipt charged: so much of it, or all that is left.

    Raises `InvalidRequest` unless one of the two is said, and for fields that say of what is taken.
    """
    command, charge = case.command, case.facts.charge
    full = limits.flag(command.full, "full")
    if full == (command.credits is not None):
        raise InvalidRequest(
            "say how much of the receipt is given back, or that it is in full: one of them",
            where="full" if full else "credits",
        )
    check_upward(command)
    asked = None if full else parse(command.credits, "credits", minimum=1)
    reason, expires_at = case.reason(command.reason), expiry(case, case.now)
    if charge is None:
        return rules.entry_not_found_for_receipt(case) or []
    before = case.facts.hold
    given_back = before.given_back if before else 0
    amount = charge.event.credits - given_back if asked is None else asked
    refusal = (
        rules.refund_above_charge_of_nothing(charge, given_back)
        or rules.refund_above_charge(charge, given_back, amount)
        or rules.balance_limit(case.account, amount)
    )
    if refusal is not None:
        return refusal
    return [Granted("adjustment", amount, expires_at, reason=reason, receipt=charge.seq)]
