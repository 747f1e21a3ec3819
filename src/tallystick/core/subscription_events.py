"""Subscription events: what happened to a subscription, one journal entry each; and `Event`, what
all events are (`events` has all kinds).

These fields mean the same in every event:

- `credits`: the amount that the event gives (micros).
- `owed_paid`: how much of new credits pays what the account owed (micros); the rest is spendable.
- `before`, `after`: what is spendable of each source before the event and right after it.
"""

from typing import Literal, TypeAlias

from msgspec import Struct

from .catalog import Source
from .credits import Micros
from .grants import Parts
from .instants import Instant
from .subscription import Cycle, Subscription, Terms

BySource: TypeAlias = tuple[tuple[Source, Micros], ...]
"""Spendable credits of each source, in burn-down order."""


class Event(Struct, frozen=True, omit_defaults=True, tag_field="kind", gc=False):
    """Something that happened."""


class Moved(Struct, frozen=True, omit_defaults=True, gc=False):
    """A `grant` that goes on under another source or until another instant.

    `credits` is what is left of it (micros). It was of `source_before` and is of `source` now, and
    it lasts until `expires_at`.
    """

    grant: int
    credits: Micros
    source_before: Source
    source: Source
    expires_at: Instant


class SubscriptionStarted(Event, frozen=True, tag="subscription_started"):
    """A `subscription` was bought. Its first cycle starts in an entry of its own. Where that comes
    later, the account `leaves` then the plan of accounts without a subscription. `pays_owed` is
    what the credits that it brings at once pay of what is owed (micros)."""

    subscription: Subscription
    before: BySource = ()
    after: BySource = ()
    leaves: bool = False
    pays_owed: Micros = 0


class CycleStarted(Event, frozen=True, tag="cycle_started"):
    """A reset: the allotment of a new cycle arrives, and paid-through moves if it renewed.

    Cycle `index` (from 0 at the anchor) runs from `starts_at` to `ends_at`, and the subscription
    is paid until `paid_through`. Nothing is granted where `is_empty` says so.
    """

    index: int
    credits: Micros
    starts_at: Instant
    ends_at: Instant
    paid_through: Instant
    owed_paid: Micros = 0
    is_empty: bool = False


class PlanChanged(Event, frozen=True, tag="plan_changed"):
    """Other terms are in force: at once (upgrade, switch), or because they were scheduled.

    `change` says what kind of change it is, `old` the terms before it, and `subscription` has the
    new ones. `cycle` is the running cycle under the new terms; None when a new one starts in the
    next entry. `rule` is the catalog's rule for the old credits of an upgrade: grants in `moved`
    go on otherwise, `granted` (micros) is given as this entry's grant, `withdrawn` is taken back.
    `unscheduled` says that a cancellation or change that was to come is withdrawn by this one.
    `deducted` is what a deducting rule subtracted from the new allotment: all of the old one that
    was spent, held or taken back (micros). `paid_before` is until when it was paid before, where
    it is paid for a shorter time now. With `leaves` the free credits that the old plan gives in the
    windows that run are still to be had. `pays_owed` is what the credits that come with it pay of
    what is owed (micros), those of the next entry too.
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
    owed_paid: Micros = 0
    deducted: Micros | None = None
    paid_before: Instant | None = None
    leaves: bool = False
    pays_owed: Micros = 0


class ChangeScheduled(Event, frozen=True, tag="change_scheduled"):
    """Other terms, or the end, are to come when the paid time is over or once they are paid.

    `change` says which, and `subscription` has it as scheduled.
    """

    change: Literal["downgrade", "interval", "cancel", "upgrade", "switch"]
    subscription: Subscription
    before: BySource = ()


class ScheduleWithdrawn(Event, frozen=True, tag="schedule_withdrawn"):
    """What was scheduled is withdrawn: `subscription` has nothing scheduled."""

    subscription: Subscription
    before: BySource = ()


class PaidThrough(Event, frozen=True, tag="paid_through"):
    """A payment moved the end of the paid time of the `subscription`.

    `revived` says that the subscription had ended and goes on. `after` is None where only the paid
    time changed.
    """

    subscription: Subscription
    before: BySource = ()
    after: BySource | None = None
    revived: bool = False


class PastDue(Event, frozen=True, tag="past_due"):
    """A cycle begins that is not paid: the `subscription` is past due, and gives no credits."""

    subscription: Subscription


class RolledOver(Event, frozen=True, tag="rolled_over"):
    """A reset keeps `credits` of `grant` as roll-over until `expires_at`; what is beyond the cap
    has `lapsed` (micros)."""

    grant: int
    credits: Micros
    lapsed: Micros
    expires_at: Instant


class PauseSet(Event, frozen=True, tag="subscription_paused"):
    """The `subscription` is paused, or will be, as its pause says: no cycle, no payment due.

    `after` is None where it only falls due. It `leaves` the plan that was bought where that is
    locked in the pause: the free credits that it gives in the windows that run are still to be had.
    """

    subscription: Subscription
    before: BySource = ()
    after: BySource | None = None
    leaves: bool = False


class PauseEnded(Event, frozen=True, tag="subscription_resumed"):
    """The pause of the `subscription` is over. `after` is None where it only falls due. It `leaves`
    the plan of accounts without a subscription where the account was on that in the pause."""

    subscription: Subscription
    before: BySource = ()
    after: BySource | None = None
    leaves: bool = False


class CycleReset(Event, frozen=True, tag="cycle_reset"):
    """An operator reset the cycle of the `subscription`, for a `reason` in their words.

    What is left of the old cycle's grants, in `moved`, expires now, and a new cycle starts in the
    next entries.
    """

    subscription: Subscription
    reason: str
    moved: tuple[Moved, ...] = ()
    before: BySource = ()
    after: BySource | None = None


class SubscriptionEnded(Event, frozen=True, tag="subscription_ended"):
    """The subscription ended: `reason` says why, `terms` what it was.

    ``ended`` is an operator's doing, and `why` is in their words. What was left of the grants in
    `withdrawn` is taken back; what open holds reserve of them lapses when it comes back. Until
    `revivable_until` a payment revives the subscription (None: no payment does). It had not begun
    where `starts_at` is the instant at which it was to begin. With `leaves` the free credits that
    the plan gives in the windows that run are still to be had.
    """

    reason: Literal["canceled", "unpaid", "ended"]
    terms: Terms
    why: str | None = None
    withdrawn: Parts = ()
    revivable_until: Instant | None = None
    starts_at: Instant | None = None
    before: BySource = ()
    after: BySource = ()
    leaves: bool = False
