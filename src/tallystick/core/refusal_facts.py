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
    """The `account` (its id) that is missing, or that is open already."""

    account: str


class EntryFacts(RefusalFacts, frozen=True):
    """The `entry` that a refusal is about, by its seq."""

    entry: int


class GrantFacts(RefusalFacts, frozen=True):
    """The `grant` that was named, as answers have it: ``g12``."""

    grant: str


class HoldFacts(RefusalFacts, frozen=True):
    """The `hold` that was named, as it was written: ``h12``."""

    hold: str


class ClosedHoldFacts(RefusalFacts, frozen=True):
    """`how` the `hold` (``h12``) was closed and when, at `closed_at`; and the `credits` (micros)
    that it settled for, if it was settled."""

    hold: str
    how: str
    closed_at: Instant
    credits: Micros | None = None


class ExpiredQuoteFacts(RefusalFacts, frozen=True):
    """`expired_at` is the instant until which the quote was honoured."""

    expired_at: Instant


class EntitlementFacts(RefusalFacts, frozen=True):
    """The `tool` (its id) and the `model` (its name) that the `plan` (its name; None where there is
    none) does not allow."""

    tool: str
    model: str
    plan: str | None = None


class MembersFacts(RefusalFacts, frozen=True):
    """The ids of the `members` that the account has."""

    members: tuple[str, ...]


class WindowCapFacts(RefusalFacts, frozen=True):
    """The `cap` of a `member` (their id; None: of the account as a whole), what is `used` of it in
    its running window, and the `credits` that would be added; all in micros. It counts in windows
    (`every`) of the calendar, of a cycle or for life, for some `tools` (ids) or for all, and the
    running window ends at `resets_at`."""

    member: str | None = None
    cap: Micros = 0
    used: Micros = 0
    credits: Micros = 0
    every: str | None = None
    tools: tuple[str, ...] | None = None
    resets_at: Instant | None = None


class HeldLimitFacts(RefusalFacts, frozen=True):
    """The `limit` of what may be held at once, what is `held`, and the `credits` that would be
    held beside it; all in micros."""

    limit: Micros
    held: Micros
    credits: Micros


class FairUseFacts(RefusalFacts, frozen=True):
    """An unlimited `tool` (its id) is free for `up_to` of a `unit` in each window (`every`). Of
    these, so many are `done` already, and `quantity` more were asked for; all in micro-units. The
    running window ends at `resets_at`."""

    tool: str
    unit: str
    up_to: Micros
    done: Micros
    quantity: Micros
    every: str
    resets_at: Instant | None = None


class ShortfallFacts(RefusalFacts, frozen=True):
    """``credits == available + shortfall`` (micros): asked for, there, and missing."""

    credits: Micros
    available: Micros
    shortfall: Micros


class SettlementFacts(RefusalFacts, frozen=True):
    """The actual price of a generation (`credits`), what was `held` for it, and the `min` of a
    quoted range, if that was left; all in micros."""

    credits: Micros
    held: Micros
    min: Micros | None = None


class LeaseFacts(RefusalFacts, frozen=True):
    """``credits == held + shortfall`` (micros): asked of the lease `hold` (``h12``), left in it,
    and missing."""

    hold: str
    credits: Micros
    held: Micros
    shortfall: Micros


class RefundFacts(RefusalFacts, frozen=True):
    """The `credits` that were to be given back of the `receipt` (``r12``), how many it `charged`,
    and how many of those are `refunded` already; all in micros."""

    receipt: str
    credits: Micros
    charged: Micros
    refunded: Micros


class TermsFacts(RefusalFacts, frozen=True):
    """The terms that are in force: the `plan` (its name), the `package` of monthly credits
    (micros) and the `interval` at which it is billed."""

    plan: str
    package: Micros
    interval: str


class UnchangedFacts(RefusalFacts, frozen=True):
    """The terms that are in force already (`plan`, `package` in micros, `interval`); or `ends_at`,
    the instant at which the subscription ends already; or `paid_through`, until when it is paid."""

    plan: str | None = None
    package: Micros | None = None
    interval: str | None = None
    ends_at: Instant | None = None
    paid_through: Instant | None = None


class PauseFacts(RefusalFacts, frozen=True):
    """A pause: `paused_at` is when it began, `paused_until` its end (None: when it is resumed)."""

    paused_at: Instant
    paused_until: Instant | None = None


class TopUpFacts(RefusalFacts, frozen=True):
    """The `credits` (micros) of the top-up that was asked for."""

    credits: Micros


class LimitFacts(RefusalFacts, frozen=True):
    """The `credits` that would be added, the `balance` that the account owns, and the `limit` of
    what it can own; all in micros."""

    credits: Micros
    balance: Micros
    limit: Micros


class ClockFacts(RefusalFacts, frozen=True):
    """`clock_at` is the instant at which the platform's clock stands."""

    clock_at: Instant


class VersionFacts(RefusalFacts, frozen=True):
    """The catalog `version` that is not scheduled, the `effective_at` it was published for, and its
    `standing`: ``in_force``, ``past`` or ``withdrawn``."""

    version: int
    effective_at: Instant
    standing: str
