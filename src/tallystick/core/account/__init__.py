"""The account's whole life as pure functions: advance, decide, evolve, and perform around them."""

from .advance import Line, advance, is_due, next_due
from .decide import Performed, decide, perform
from .entitlement import (
    Entitlement,
    default_entitlement,
    entitlement,
    period_start,
    spent_of_cap,
    with_free,
)
from .evolve import evolve
from .facts import NO_FACTS, Facts
from .state import Account, Allowance, Member, by_source

__all__ = [
    "NO_FACTS",
    "Account",
    "Allowance",
    "Entitlement",
    "Facts",
    "Line",
    "Member",
    "Performed",
    "advance",
    "by_source",
    "decide",
    "default_entitlement",
    "entitlement",
    "evolve",
    "is_due",
    "next_due",
    "perform",
    "period_start",
    "spent_of_cap",
    "with_free",
]
