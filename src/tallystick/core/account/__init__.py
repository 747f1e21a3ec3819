"""The account's whole life as pure functions: advance, decide, evolve, and perform around them."""

from .advance import DecidedEntry, advance, is_due, next_due
from .case import NO_FACTS, Case, ChargeFacts, Decision, Facts
from .decide import Performed, decide, perform
from .entitlement import Entitlement, default_entitlement, entitlement
from .evolve import evolve
from .fair_use import quoted_price
from .free_credits import with_free
from .member_caps import OpenCap, every_words, open_caps, period_start, spent_of_cap
from .state import Account, Allowance, Member, by_source

__all__ = [
    "NO_FACTS",
    "Account",
    "Allowance",
    "Case",
    "ChargeFacts",
    "DecidedEntry",
    "Decision",
    "Entitlement",
    "Facts",
    "Member",
    "OpenCap",
    "Performed",
    "advance",
    "by_source",
    "decide",
    "default_entitlement",
    "entitlement",
    "every_words",
    "evolve",
    "is_due",
    "next_due",
    "open_caps",
    "perform",
    "period_start",
    "quoted_price",
    "spent_of_cap",
    "with_free",
]
