"""Refusal facts: what a refusal says beside its code, in one typed shape a code.

The type of a fact says how it is shown outside: `Micros` become credits and an `Instant` becomes a
date and time. Everything else is shown as it is.
"""

from msgspec import Struct

from .credits import Micros
from .instants import Instant


class RefusalFacts(Struct, frozen=True, omit_defaults=True, gc=False):
    """The facts of a refusal. A fact that a refusal does not have is None, and is left out."""


class AccountFacts(RefusalFacts, frozen=True):
    """The account that is missing, or that is open already."""

    account: str


class EntryFacts(RefusalFacts, frozen=True):
    """The entry that a refusal is about, by its seq."""

    entry: int


class HoldFacts(RefusalFacts, frozen=True):
    """The hold that was named, as it was written: ``h12``."""

    hold: str


class ClosedHoldFacts(RefusalFacts, frozen=True):
    """How and when a hold was closed, and the credits it settled for, if it was settled."""

    hold: str
    how: str
    closed_at: Instant
    credits: Micros | None = None


class ExpiredQuoteFacts(RefusalFacts, frozen=True):
    """The instant until which the quote was honoured."""

    expired_at: Instant


class EntitlementFacts(RefusalFacts, frozen=True):
    """The tool (its id) and the model (its name) that the plan, if there is one, does not allow."""

    tool: str
    model: str
    plan: str | None = None


class MembersFacts(RefusalFacts, frozen=True):
    """The ids of the members that the account has."""

    members: tuple[str, ...]


class CapFacts(RefusalFacts, frozen=True):
    """A member's cap, what is used of it in the running period, and what this would add."""

    member: str
    cap: Micros
    used: Micros
    credits: Micros


class ShortfallFacts(RefusalFacts, frozen=True):
    """``credits == available + shortfall``: what is asked for, what is there, what is missing."""

    credits: Micros
    available: Micros
    shortfall: Micros


class SettlementFacts(RefusalFacts, frozen=True):
    """The actual price of a generation, what was held for it, and the least of a quoted range."""

    credits: Micros
    held: Micros
    min: Micros | None = None


class LeaseFacts(RefusalFacts, frozen=True):
    """``credits == held + shortfall``: what is asked of a lease, what it has, what is missing."""

    hold: str
    credits: Micros
    held: Micros
    shortfall: Micros


class TermsFacts(RefusalFacts, frozen=True):
    """The terms that are in force: the plan's id, its monthly credits, how it is billed."""

    plan: str
    package: Micros
    interval: str


class UnchangedFacts(RefusalFacts, frozen=True):
    """The terms that stay as they are, or the instant at which the subscription ends anyway."""

    plan: str | None = None
    package: Micros | None = None
    interval: str | None = None
    ends_at: Instant | None = None


class TopUpFacts(RefusalFacts, frozen=True):
    """The credits of the top-up that was asked for."""

    credits: Micros


class LimitFacts(RefusalFacts, frozen=True):
    """What would be added, what the account owns, and the largest amount that it can own."""

    credits: Micros
    balance: Micros
    limit: Micros


class ClockFacts(RefusalFacts, frozen=True):
    """The instant at which the platform's clock stands."""

    clock_at: Instant
