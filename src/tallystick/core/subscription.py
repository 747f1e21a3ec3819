"""Subscriptions as values: what was bought, its cycle, and what is scheduled (`docs/spec.md` 5)."""

from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from .catalog import INTERVAL_MONTHS, Anchor, Interval, Policy, RollOver
from .credits import SCALE, Micros
from .cycles import anchored_boundary, boundary, boundary_index, days_later, share_of_period
from .instants import DAY, LATEST, Instant

_INTERVAL_WEEKS = {"monthly": 4, "quarterly": 13, "yearly": 52}
"""How many cycles an interval has where they begin on a weekday."""


class Terms(Struct, frozen=True, gc=False):
    """What an account subscribes to: a `plan` (its id), a `package` of monthly credits (micros),
    and the `interval` at which it is billed."""

    plan: str
    package: Micros
    interval: Interval


class Scheduled(Struct, frozen=True, omit_defaults=True, gc=False):
    """What happens `at` an instant, when the paid time is over: other `terms`, or the end (None).

    `version` is the catalog version that the other terms were taken from. Terms with
    `awaits_payment` come with their payment, and never at `at`: nobody paid for them by then.
    `change` says what kind of change the terms are; None stands for fewer credits, a lower plan, or
    the interval alone. `rollover` is what the resets of their plan keep.
    """

    at: Instant
    terms: Terms | None = None
    version: int = 0
    awaits_payment: bool = False
    change: Literal["upgrade", "switch", "downgrade", "interval"] | None = None
    rollover: RollOver | None = None


class Suspension(Struct, frozen=True, omit_defaults=True, gc=False):
    """A pause from `starts_at` until the instant `until` (None: until it is resumed).

    It has `begun`, or is still to come. `unlocks` says whether what the plan unlocks goes on in it.
    """

    starts_at: Instant
    until: Instant | None = None
    unlocks: bool = False
    begun: bool = False


class Subscription(Struct, frozen=True, omit_defaults=True, gc=False):
    """A running or coming subscription to `terms`.

    Its first cycle starts at `anchor`, cycle k at ``boundary(anchor, k)``, in the time zone `zone`
    (an IANA name). `index` is the k of the running cycle, -1 before the first, and `renews_at` is
    the instant at which the next one starts. It is paid until `paid_through`; with `auto_renew`, a
    renewal moves that on by one interval. `scheduled` is what happens when the paid time is over.
    `version` is the catalog version that it was bought under.

    At a boundary that is not paid it is past due: `past_due_at` is that boundary, and `renews_at`
    the end of the grace of `grace_days`. A payment revives it for `revival_days` more. Both are
    whole days of 24 hours, fixed when it was bought or changed.

    `pause` is a pause that has begun or is to come. In one that has begun `renews_at` is its end.
    A trial of `trial_credits` (micros) comes before the first cycle and ends at `anchor`: in it
    `index` is -1, and -2 before it. With `anchored` its cycles begin on a day of the calendar,
    after a part cycle that begins at `anchor`. `rollover` is what its resets keep.
    """

    terms: Terms
    anchor: Instant
    zone: str
    version: int
    paid_through: Instant
    renews_at: Instant
    index: int = -1
    auto_renew: bool = True
    scheduled: Scheduled | None = None
    grace_days: int = 3
    revival_days: int = 30
    past_due_at: Instant | None = None
    pause: Suspension | None = None
    trial_credits: Micros | None = None
    anchored: Anchor | None = None
    rollover: RollOver | None = None

    def boundary(self, index: int) -> Instant:
        """The instant at which the cycle `index` starts."""
        on = self.anchored
        if on is None:
            return boundary(self.anchor, index, self.zone)
        return anchored_boundary(self.anchor, index, self.zone, on.day, on.weekday)

    def index_at(self, at: Instant) -> int:
        """The index of the cycle that an instant lies in; negative before the anchor."""
        if self.anchored is None:
            return boundary_index(self.anchor, at, self.zone)
        days = 31 if self.anchored.weekday is None else 7
        index = (at - self.anchor) // (days * DAY) - 1
        while self.boundary(index + 1) <= at:
            index += 1
        return index

    def allotment(self, index: int) -> Micros:
        """The credits of the cycle `index`: the package, or what its first part cycle gives."""
        on = self.anchored
        if on is None or index or on.first == "full":
            return self.terms.package
        left, whole = share_of_period(self.anchor, self.boundary(1), self.zone, on.day, on.weekday)
        if left == whole:
            return self.terms.package
        if on.first == "nothing":
            return 0
        return -(-self.terms.package * left // (whole * SCALE)) * SCALE

    @property
    def paid_index(self) -> int:
        """The index of the first cycle that is not paid for."""
        index = self.index_at(self.paid_through)
        return index if self.boundary(index) == self.paid_through else index + 1

    @property
    def paid_until(self) -> Instant:
        """The first cycle boundary that is not paid for: where this subscription may end."""
        return self.boundary(self.paid_index)

    @property
    def interval_cycles(self) -> int:
        """How many cycles an interval has."""
        weekly = self.anchored is not None and self.anchored.weekday is not None
        return (_INTERVAL_WEEKS if weekly else INTERVAL_MONTHS)[self.terms.interval]

    def paid_through_after(self, index: int) -> Instant:
        """Paid-through once the interval that begins with cycle `index` is paid."""
        return self.boundary(index + self.interval_cycles)

    @property
    def next_cycle_at(self) -> Instant | None:
        """When the next cycle begins; None where that depends on a payment, or on a resumption."""
        if self.past_due_at is not None or self.renews_at == LATEST:
            return None
        return self.renews_at

    @property
    def is_paused(self) -> bool:
        """Whether a pause has begun."""
        return self.pause is not None and self.pause.begun

    @property
    def is_locked(self) -> bool:
        """Whether a pause locks what the plan unlocks."""
        return self.pause is not None and self.pause.begun and not self.pause.unlocks

    @property
    def is_in_trial(self) -> bool:
        """Whether its trial runs or is to come; one that was not paid is past due."""
        to_come = self.trial_credits is not None and self.index < 0
        return to_come and self.past_due_at is None

    @property
    def awaited(self) -> Terms | None:
        """The terms that take effect with their payment, if a change waits for one."""
        return self.scheduled.terms if self.scheduled and self.scheduled.awaits_payment else None


class Cycle(Struct, frozen=True, gc=False):
    """The running monthly credit period, from `started_at` to `ends_at`.

    `used` of its `allotment` is spent (micros): "used X of Y".
    """

    started_at: Instant
    ends_at: Instant
    allotment: Micros
    used: Micros = 0


class Lapsed(Struct, frozen=True, gc=False):
    """A `subscription` that has ended and that a payment revives before the instant `until`."""

    subscription: Subscription
    until: Instant


def resumed(subscription: Subscription, cycle: "Cycle | None", at: Instant) -> Subscription:
    """A subscription that is no longer paused: in the cycle that still runs, at a boundary of its
    old anchor, or with `at` as its new anchor. Cycles that were paid beyond the pause stay paid,
    and the first of them is whole. A trial that was to come begins now."""
    fresh = replace(subscription, pause=None)
    if cycle is not None:
        return replace(fresh, renews_at=cycle.ends_at)
    ahead = max(0, subscription.paid_index - max(-1, subscription.index) - 1)
    if subscription.index < -1 and subscription.pause is not None:
        days = (subscription.anchor - subscription.pause.starts_at + DAY // 2) // DAY
        fresh = replace(fresh, anchor=days_later(at, days, fresh.zone), renews_at=at)
        fresh = replace(fresh, paid_through=fresh.boundary(ahead))
    else:
        fresh = _resumed_at(fresh, at, ahead)
    if fresh.scheduled is not None:
        fresh = replace(fresh, scheduled=replace(fresh.scheduled, at=fresh.paid_until))
    return fresh


def _resumed_at(subscription: Subscription, at: Instant, ahead: int) -> Subscription:
    """The subscription with a cycle due at `at`, and so many more that are paid."""
    index = subscription.index_at(at)
    if subscription.boundary(index) != at:
        index, subscription = 0, anchored_anew(subscription, at, whole=ahead > 0)
    paid = subscription.boundary(index + ahead)
    return replace(subscription, index=index - 1, renews_at=at, paid_through=paid)


def anchored_anew(subscription: Subscription, at: Instant, whole: bool) -> Subscription:
    """The subscription with `at` as its anchor. On a calendar of its plan, what comes before the
    first whole cycle gives the allotment in full where it is `whole`."""
    on = subscription.anchored
    if on is not None and whole:
        on = replace(on, first="full")
    return replace(subscription, anchor=at, anchored=on)


def start(
    terms: Terms,
    anchor: Instant,
    at: Instant,
    zone: str,
    version: int,
    policy: Policy,
    anchored: Anchor | None = None,
) -> Subscription:
    """A subscription whose cycle containing `at` (or the first, at `anchor`) is due next. The
    interval with that cycle is paid, and it renews by itself."""
    bought = Subscription(
        terms=terms,
        anchor=anchor,
        zone=zone,
        version=version,
        paid_through=anchor,
        renews_at=anchor,
        grace_days=policy.grace_days,
        revival_days=policy.revival_days,
        anchored=anchored,
    )
    index, cycles = max(0, bought.index_at(at)), bought.interval_cycles
    return replace(
        bought,
        index=index - 1,
        renews_at=bought.boundary(index),
        paid_through=bought.boundary((index // cycles + 1) * cycles),
    )


def revived(subscription: Subscription, paid_through: Instant, now: Instant) -> Subscription:
    """A subscription that stood still, paid until `paid_through`, a boundary: on its old anchor the
    cycle that runs at `now` is due next, or the first one that is not paid, if that is earlier."""
    paid = replace(subscription, paid_through=paid_through, auto_renew=False, past_due_at=None)
    index = min(max(0, paid.index_at(now)), paid.paid_index)
    return replace(paid, index=index - 1, renews_at=paid.boundary(index))
