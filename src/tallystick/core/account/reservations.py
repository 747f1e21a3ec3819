"""Reservations: which credits pay for something, in burn order (`docs/spec.md` 3.1)."""

from typing import Any

from msgspec import Struct

from ..credits import Micros
from ..events import Granted
from ..grants import Parts, Pays, in_burn_order, pays_for_anything, spendable, take
from .case import Case
from .entitlement import Entitlement
from .free_credits import claim, unclaimed
from .state import Account


class Reservation(Struct, frozen=True, gc=False):
    """The `parts` of grants that pay, and the free credits that were `claimed` for it first.

    `account` is the account with those claimed and nothing taken yet, and `available` what it can
    pay with (micros): credits that are bound to other generations are not among them.
    """

    account: Account
    claimed: list[Granted]
    parts: Parts
    available: Micros


def _claimed(
    case: Case[Any], entitled: Entitlement, needed: Micros
) -> tuple[Account, list[Granted]]:
    """The account with the free credits that nobody needed yet, and what gives them."""
    account, catalog = case.account, case.card.catalog
    if not catalog.free_credits:
        return account, []
    claimed = unclaimed(account, entitled.plan, case.now, catalog, needed)
    return claim(account, claimed, case.now), claimed


def reserve(
    case: Case[Any], amount: Micros, entitled: Entitlement, pays: Pays = pays_for_anything
) -> Reservation:
    """Claim the free credits of the day if there are any, and take up to `amount` (micros) from
    the grants that may pay."""
    account, claimed = _claimed(case, entitled, amount)
    paying, available = account.grants, account.available
    for grant in account.grants:
        if grant.tools or grant.models:  # some may pay for a few generations only
            paying = tuple([each for each in account.grants if pays(each)])
            available = spendable(paying)
            break
    parts = take(in_burn_order(paying, case.card.catalog.policy), amount)
    return Reservation(account, claimed, parts, available)


def take_back(
    case: Case[Any], amount: Micros, entitled: Entitlement, source: str | None
) -> Reservation:
    """Take up to `amount` (micros) as an operator does: from the grants of one source, or from
    every grant in burn order, whatever it is bound to."""
    account, claimed = case.account, list[Granted]()
    if source in (None, "free"):
        account, claimed = _claimed(case, entitled, amount)
    policy = case.card.catalog.policy
    found = [grant for grant in account.grants if source in (None, grant.source)]
    parts = take(in_burn_order(found, policy), amount)
    return Reservation(account, claimed, parts, spendable(found))
