"""Reservations: which credits pay for something, in burn order (`docs/spec.md` 3.1)."""

from typing import Any

from msgspec import Struct

from ..credits import Micros
from ..events import Granted
from ..grants import Parts, in_burn_order, take
from .case import Case
from .entitlement import Entitlement
from .free_credits import claim, unclaimed
from .state import Account


class Reservation(Struct, frozen=True, gc=False):
    """The `parts` of grants that pay, and the free credits that were `claimed` for it first.

    `account` is the account with those claimed and nothing taken yet.
    """

    account: Account
    claimed: list[Granted]
    parts: Parts


def reserve(case: Case[Any], amount: Micros, entitled: Entitlement) -> Reservation:
    """Claim the free credits of the day if there are any, and take up to `amount` (micros).

    What costs nothing claims nothing.
    """
    if not amount:
        return Reservation(case.account, [], ())
    account, catalog = case.account, case.history.at(case.now).catalog
    claimed: list[Granted] = []
    if catalog.free_credits:
        claimed = unclaimed(account, entitled.plan, case.now, catalog)
        account = claim(account, claimed, case.now)
    burning = in_burn_order(account.grants, catalog.policy.burn_order)
    return Reservation(account, claimed, take(burning, amount))
