"""Events: what happened to an account, one journal entry each.

An event holds everything that the answer of its entry needs, so that the same idempotency key gives
the same answer years later from the entry alone.

Amounts are micros (10^-6 credit) and instants are microseconds since 1970. A grant, a hold and an
entry are named by the seq of the entry that made them. These fields mean the same in every event:

- `credits`: the amount that the event moves; ``credits == sum of parts`` where there are `parts`.
- `parts`: the grants that the credits are taken from, in burn order, and how much of each.
- `priced`: the generation with its price, as the rate card said at that instant.
- `member`: the id of the member who spends; None where nobody is named.
- `labels`: the names and texts that the client gave; they change nothing.
- `quote`: the id of the quote that was spent; None for a price that was not quoted.
- `cap_period_start`: the start of the period in which a member's cap counts the credits; None
  where no cap counts them. It is stored as ``period``.
- `counts`: what the event counts against caps and fair use, each in its own window.
- `hold`: the hold that the event changes.
- `reason`: why an operator did it, in the operator's words.
- `owed_paid`: how much of new credits pays what the account owed (micros); the rest is spendable.
- `before`, `after`: what is spendable of each source before the event and right after it.
"""

# ruff: noqa: RUF012 - a struct copies the defaults that could be changed
from typing import Literal, TypeAlias

from msgspec import Raw, field

from .caps import CapTerms, Counts
from .catalog import Money, Source
from .credits import Micros
from .grants import Grant, Parts
from .instants import Instant
from .pricing import Priced
from .subscription_events import (  # noqa: F401 (events too)
    BySource,
    ChangeScheduled,
    CycleReset,
    CycleStarted,
    Event,
    Moved,
    PaidThrough,
    PastDue,
    PauseEnded,
    PauseSet,
    PlanChanged,
    RolledOver,
    ScheduleWithdrawn,
    SubscriptionEnded,
    SubscriptionStarted,
)

Outcome: TypeAlias = Literal[
    "succeeded", "provider_error", "timeout", "canceled_before_start", "moderated", "partial"
]


class AccountOpened(Event, frozen=True, tag="account_opened"):
    """An account was opened.

    `name` is its display name and `time_zone` an IANA name, each None where none was given.
    `members` are the ids of the people who share it, each with a cap a cycle or None.
    """

    name: str | None = None
    time_zone: str | None = None
    members: dict[str, Micros | None] = {}


class MemberSet(Event, frozen=True, tag="member_set"):
    """A member joined, or has other caps: `cap` limits what they spend a cycle (None: no cap), and
    `caps` what they spend in other windows, or for some tools.

    `member` is their id.
    """

    member: str
    cap: Micros | None = None
    caps: tuple[CapTerms, ...] = ()


class MemberRemoved(Event, frozen=True, tag="member_removed"):
    """The member whose id is `member` left the account. Where it is `kept`, what they spent of
    their caps is kept under their name."""

    member: str
    kept: bool = False


class LimitsSet(Event, frozen=True, tag="limits_set"):
    """The account as a whole has other limits: `caps` of what is spent, and `held_limit` of what
    open holds reserve together (micros; None: no limit)."""

    caps: tuple[CapTerms, ...] = ()
    held_limit: Micros | None = None


class Granted(Event, frozen=True, tag="granted"):
    """New credits of a `source` were given: this entry's grant.

    They last until `expires_at` (None: for ever). `priority` overrides the place of the source in
    burn order. Free credits name their window: a day or a month (`every`) that begins at
    `starts_at` and ends at `expires_at`. Credits that begin later name `effective_at`. `tools` and
    `models` are the ids of what they are bound to. `price` is the money that was paid for them, in
    the payment with the id `payment`. Credits that give back what the entry `receipt` charged name
    that.
    """

    source: Source
    credits: Micros
    expires_at: Instant | None = None
    priority: int | None = None
    reason: str | None = None
    every: str | None = None
    starts_at: Instant | None = None
    effective_at: Instant | None = None
    tools: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    price: Money | None = None
    payment: str | None = None
    owed_paid: Micros = 0
    receipt: int | None = None


class GrantBegan(Event, frozen=True, tag="grant_began"):
    """The credits of `grant`, of this `source`, can be spent from now on."""

    grant: int
    source: Source
    credits: Micros
    owed_paid: Micros = 0


class Deducted(Event, frozen=True, tag="deducted"):
    """An operator took credits back. With `used` they count as used in the running cycle: they
    were spent before the account came here."""

    parts: Parts
    credits: Micros
    reason: str
    used: bool = False


class Reversed(Event, frozen=True, tag="reversed"):
    """An operator undid the grant that the entry `entry` gave; its `source` loses the credits.

    `begun` says whether the grant could be spent already. If the grant gave back what the entry
    `receipt` charged, as much of that can be given back again.
    """

    entry: int
    source: Source
    credits: Micros
    reason: str
    begun: bool = True
    receipt: int | None = None


class Voided(Event, frozen=True, tag="voided"):
    """An operator took back what was left of `grant`, of this `source`: `credits`.

    What open holds reserve of it (`held`, micros) stays with them, and lapses if it comes back.
    `owed` is what was spent of it and is owed now (micros). `begun` says whether the grant could be
    spent already.
    """

    grant: int
    source: Source
    credits: Micros
    reason: str
    held: Micros = 0
    owed: Micros = 0
    begun: bool = True


class ExpiryMoved(Event, frozen=True, tag="expiry_moved"):
    """An operator moved the expiry of `grant`, of this `source`, from `expired_at` to `expires_at`;
    each None: never. `credits` of it are left (micros)."""

    grant: int
    source: Source
    credits: Micros
    reason: str
    expired_at: Instant | None = None
    expires_at: Instant | None = None


class GrantExpired(Event, frozen=True, tag="grant_expired"):
    """What was left of `grant`, of this `source`, expired."""

    grant: int
    source: Source
    credits: Micros


class Charged(Event, frozen=True, tag="charged"):
    """A generation was paid in one step."""

    parts: Parts
    credits: Micros
    priced: Priced
    member: str | None = None
    labels: dict[str, str] = {}
    quote: str | None = None
    cap_period_start: Instant | None = field(default=None, name="period")
    counts: Counts = ()


class Held(Event, frozen=True, tag="held"):
    """Credits were reserved for a generation until `expires_at`: this entry's hold."""

    parts: Parts
    credits: Micros
    expires_at: Instant
    priced: Priced
    member: str | None = None
    labels: dict[str, str] = {}
    quote: str | None = None
    cap_period_start: Instant | None = field(default=None, name="period")
    counts: Counts = ()


class Leased(Event, frozen=True, tag="leased"):
    """Credits were reserved for many generations until `expires_at`: a hold that is drawn from."""

    parts: Parts
    credits: Micros
    expires_at: Instant
    member: str | None = None
    labels: dict[str, str] = {}
    cap_period_start: Instant | None = field(default=None, name="period")
    counts: Counts = ()


class Drawn(Event, frozen=True, tag="drawn"):
    """A generation was paid by a lease, which has `left` after it (micros)."""

    hold: int
    parts: Parts
    credits: Micros
    left: Micros
    priced: Priced
    member: str | None = None
    labels: dict[str, str] = {}
    counts: Counts = ()


class HoldExtended(Event, frozen=True, tag="hold_extended"):
    """A hold lives until another instant, `expires_at`."""

    hold: int
    expires_at: Instant


class HoldIncreased(Event, frozen=True, tag="hold_increased"):
    """A hold reserves more: `parts` were added to it, and it has `held` then.

    `priced` is the generation that it reserves now; None where credits were said, and for a lease.
    """

    hold: int
    parts: Parts
    credits: Micros
    held: Micros
    priced: Priced | None = None
    member: str | None = None
    counts: Counts = ()


class Settled(Event, frozen=True, tag="settled"):
    """A hold was closed by what the work really cost, as its `outcome` says.

    ``credits == spent + extra`` and ``held == spent + returned + lapsed``. `held` is what the hold
    reserved. Of that, `spent` was charged, `returned` went back to its grants, and `lapsed` belongs
    to grants that have expired by now. `extra` was taken beyond the hold, and `uncollected` is the
    part of the actual price that ``take_available`` could not take. `priced` has the quantities
    that were really delivered.
    """

    hold: int
    credits: Micros
    held: Micros
    outcome: Outcome
    priced: Priced
    spent: Parts = ()
    returned: Parts = ()
    lapsed: Parts = ()
    extra: Parts = ()
    uncollected: Micros = 0
    member: str | None = None
    labels: dict[str, str] = {}
    cap_period_start: Instant | None = field(default=None, name="period")
    counts: Counts = ()


class SettledLate(Event, frozen=True, tag="settled_late"):
    """A success (its `outcome`) came after its hold had timed out, and was charged all the same, at
    the price of the hold: ``credits == sum of parts``. It had reserved `held`, which had come back.
    """

    hold: int
    credits: Micros
    held: Micros
    outcome: Outcome
    priced: Priced
    parts: Parts = ()
    member: str | None = None
    labels: dict[str, str] = {}
    cap_period_start: Instant | None = field(default=None, name="period")
    counts: Counts = ()


class Refunded(Event, frozen=True, tag="refunded"):
    """An operator gave back what the entry `receipt` charged, or a part of it.

    ``credits == returned + lapsed``: `returned` went back to its grants, of which those in
    `restored` had left the account or had expired, and `lapsed` belongs to grants that are over.
    Of the `charged` credits, `refunded` are given back by now, these included. `priced` is what
    is left of the generation, and `quantity` how much less it is by this refund (micro-units of
    all outputs together). `member` and `labels` are those of the charge. What lapses of grants that
    were voided makes the debt smaller, by `owed_paid`.
    """

    receipt: int
    credits: Micros
    charged: Micros
    refunded: Micros
    priced: Priced
    reason: str
    quantity: int = 0
    returned: Parts = ()
    lapsed: Parts = ()
    restored: tuple[Grant, ...] = ()
    member: str | None = None
    labels: dict[str, str] = {}
    cap_period_start: Instant | None = field(default=None, name="period")
    counts: Counts = ()
    owed_paid: Micros = 0


class Released(Event, frozen=True, tag="released"):
    """A hold was given back whole, by request or by time-out: `how` says which.

    ``credits == returned + lapsed``: `returned` went back to its grants, and `lapsed` belongs to
    grants that have expired by now.
    """

    hold: int
    credits: Micros
    returned: Parts = ()
    lapsed: Parts = ()
    how: Literal["released", "timed_out"] = "released"
    member: str | None = None
    cap_period_start: Instant | None = field(default=None, name="period")
    counts: Counts = ()


class ClockRepaired(Event, frozen=True, tag="clock_repaired"):
    """A clock was ahead, and what it made fall due too soon is set aside: every entry after
    `back_to` (a seq). This entry is older than those: nowhere else does time run back.

    `account` is the account after the entry `back_to`. `holds` are the holds that had timed out
    since, open as they were then. Both are JSON. `closed` is the hash over the holds that were
    closed by then (`Checkpoint.closed`). `reversed` are the postings that take back what the
    entries moved.
    """

    back_to: int
    account: Raw
    holds: Raw
    closed: bytes
    reversed: tuple[tuple[str, Micros], ...]


AnyEvent: TypeAlias = (
    AccountOpened
    | MemberSet
    | MemberRemoved
    | LimitsSet
    | Granted
    | GrantBegan
    | Deducted
    | Reversed
    | Voided
    | ExpiryMoved
    | GrantExpired
    | Charged
    | Held
    | Leased
    | Drawn
    | HoldExtended
    | HoldIncreased
    | Settled
    | SettledLate
    | Refunded
    | Released
    | SubscriptionStarted
    | CycleStarted
    | PlanChanged
    | ChangeScheduled
    | ScheduleWithdrawn
    | PaidThrough
    | PastDue
    | RolledOver
    | PauseSet
    | PauseEnded
    | CycleReset
    | SubscriptionEnded
    | ClockRepaired
)
"""Every kind of event, for reading a journal."""
