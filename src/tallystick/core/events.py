"""Events: what happened to an account, one journal line each.

An event holds all that its line's answer needs, so that the same key gives the same answer
years later from the line alone. Amounts are micros, ids are the seq of the line they came from.
"""

from typing import Literal, TypeAlias

from msgspec import Raw, Struct, field

from .catalog import Source
from .credits import Micros
from .grants import Parts
from .instants import Instant
from .pricing import Priced
from .subscription import Cycle, Subscription, Terms

Outcome: TypeAlias = Literal[
    "succeeded", "provider_error", "timeout", "canceled_before_start", "moderated", "partial"
]
BySource: TypeAlias = tuple[tuple[Source, Micros], ...]
"""Spendable credits of each source, in burn-down order."""


class Event(Struct, frozen=True, omit_defaults=True, tag_field="kind", gc=False):
    """Something that happened."""


class AccountOpened(Event, frozen=True, tag="account_opened"):
    name: str | None = None
    time_zone: str | None = None
    members: dict[str, Micros | None] = {}


class MemberSet(Event, frozen=True, tag="member_set"):
    """A member who shares the pool; `cap` limits what they spend a cycle."""

    member: str
    cap: Micros | None = None


class MemberRemoved(Event, frozen=True, tag="member_removed"):
    member: str


class Granted(Event, frozen=True, tag="granted"):
    """New credits. A free allowance names its window: it `starts_at` and ends at `expires_at`."""

    source: Source
    credits: Micros
    expires_at: Instant | None = None
    priority: int | None = None
    reason: str | None = None
    every: Literal["day", "month"] | None = None
    starts_at: Instant | None = None


class Deducted(Event, frozen=True, tag="deducted"):
    """Credits an operator took back, with a reason."""

    parts: Parts
    credits: Micros
    reason: str


class Reversed(Event, frozen=True, tag="reversed"):
    """An earlier grant undone by this new entry."""

    entry: int
    source: Source
    credits: Micros
    reason: str


class GrantExpired(Event, frozen=True, tag="grant_expired"):
    grant: int
    source: Source
    credits: Micros


class Charged(Event, frozen=True, tag="charged"):
    """A generation paid in one step."""

    parts: Parts
    credits: Micros
    priced: Priced
    member: str | None = None
    labels: dict[str, str] = {}
    quote: str | None = None
    cap_period_start: Instant | None = field(default=None, name="period")


class Held(Event, frozen=True, tag="held"):
    """Credits reserved for a generation until `expires_at`."""

    parts: Parts
    credits: Micros
    expires_at: Instant
    priced: Priced
    member: str | None = None
    labels: dict[str, str] = {}
    quote: str | None = None
    cap_period_start: Instant | None = field(default=None, name="period")


class Leased(Event, frozen=True, tag="leased"):
    """Credits reserved for many generations until `expires_at`: a hold that is drawn from."""

    parts: Parts
    credits: Micros
    expires_at: Instant
    member: str | None = None
    labels: dict[str, str] = {}
    cap_period_start: Instant | None = field(default=None, name="period")


class Drawn(Event, frozen=True, tag="drawn"):
    """A generation paid by a lease, which has `left` after it."""

    hold: int
    parts: Parts
    credits: Micros
    left: Micros
    priced: Priced
    member: str | None = None
    labels: dict[str, str] = {}


class HoldExtended(Event, frozen=True, tag="hold_extended"):
    hold: int
    expires_at: Instant


class Settled(Event, frozen=True, tag="settled"):
    """A hold closed by what the work really cost.

    ``credits == spent + extra``; the rest of the hold was `returned` to its grants or, where a
    grant has expired meanwhile, `lapsed`. `uncollected` is what `take_available` could not take.
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


class Released(Event, frozen=True, tag="released"):
    """A hold given back whole, by request or by time-out."""

    hold: int
    credits: Micros
    returned: Parts = ()
    lapsed: Parts = ()
    how: Literal["released", "timed_out"] = "released"
    member: str | None = None
    cap_period_start: Instant | None = field(default=None, name="period")


class Moved(Struct, frozen=True, omit_defaults=True, gc=False):
    """A grant that goes on under another source or until another instant."""

    grant: int
    credits: Micros
    source_before: Source
    source: Source
    expires_at: Instant


class SubscriptionStarted(Event, frozen=True, tag="subscription_started"):
    """A subscription was bought. Its first cycle starts in a line of its own."""

    subscription: Subscription
    before: BySource = ()
    after: BySource = ()


class CycleStarted(Event, frozen=True, tag="cycle_started"):
    """A reset: the allotment of a new cycle arrives, and paid-through moves if it renewed."""

    index: int
    credits: Micros
    starts_at: Instant
    ends_at: Instant
    paid_through: Instant


class PlanChanged(Event, frozen=True, tag="plan_changed"):
    """Other terms are in force: at once (upgrade, switch), or because they were scheduled.

    `cycle` is the running cycle under the new terms; None when a new one starts in the next line.
    `unscheduled` says that a cancellation or change that was to come is withdrawn by this one.
    """

    change: Literal["upgrade", "switch", "downgrade", "interval"]
    old: Terms
    subscription: Subscription
    cycle: Cycle | None = None
    rule: Literal["add_full_keep_leftover", "deduct_used"] | None = None
    moved: tuple[Moved, ...] = ()
    granted: Micros = 0
    withdrawn: Parts = ()
    unscheduled: bool = False
    before: BySource = ()
    after: BySource = ()


class ChangeScheduled(Event, frozen=True, tag="change_scheduled"):
    """Other terms, or the end, are to come when the paid time is over."""

    change: Literal["downgrade", "interval", "cancel"]
    subscription: Subscription
    before: BySource = ()


class ScheduleWithdrawn(Event, frozen=True, tag="schedule_withdrawn"):
    subscription: Subscription
    before: BySource = ()


class PaidThrough(Event, frozen=True, tag="paid_through"):
    """A payment moved the end of the paid time."""

    subscription: Subscription
    before: BySource = ()


class SubscriptionEnded(Event, frozen=True, tag="subscription_ended"):
    reason: Literal["canceled", "unpaid"]
    terms: Terms


class ClockRepaired(Event, frozen=True, tag="clock_repaired"):
    """A clock was ahead, and what it had fall due too soon is set aside: every line after
    `back_to`. This line is older than those, the one exception to time that never runs back.

    `account` is the account after the line `back_to` and `holds` are those that had timed out
    since, open as they were then; both as JSON. `closed` is the hash over the holds that were
    closed by then (`Checkpoint.closed`). `reversed` are the postings that take back what the
    lines moved.
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
    | Granted
    | Deducted
    | Reversed
    | GrantExpired
    | Charged
    | Held
    | Leased
    | Drawn
    | HoldExtended
    | Settled
    | Released
    | SubscriptionStarted
    | CycleStarted
    | PlanChanged
    | ChangeScheduled
    | ScheduleWithdrawn
    | PaidThrough
    | SubscriptionEnded
    | ClockRepaired
)
"""Every kind of event, for reading a journal."""
