"""The naive model's subscription in time: what becomes of it, and of its credits, at its turns."""

from __future__ import annotations

from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from tests.model import world
from tests.model.naive_calendar import nth_boundary, share_of_first, wall_days_later
from tests.model.naive_things import MILLION, THE_END, Bought, Cycle, Lot, Pause
from tests.model.world import World

DAY = 86_400 * MILLION


@dataclass
class Cycling:
    """An account as far as its subscription and its lots go. `price_lists` are what the platform
    published, each from its instant on."""

    price_lists: list[tuple[int, World]]
    opened: int
    at: int
    lots: list[Lot] = field(default_factory=list)
    bought: Bought | None = None
    lapsed: Bought | None = None
    """What ended and can be revived by a payment before `lapsed_until`."""
    lapsed_until: int = 0
    cycle: Cycle | None = None
    tried_plans: set[str] = field(default_factory=set)
    """The plans that there was a trial of."""
    numbered: int = 0
    owed: int = 0

    # Reading

    @property
    def plan(self) -> str:
        return self.bought.plan if self.bought and self.is_subscribed else "free"

    @property
    def is_subscribed(self) -> bool:
        """In a cycle or a trial, past due in grace, or in a pause that unlocks."""
        bought = self.bought
        if bought is None:
            return False
        if bought.pause and bought.pause.begun:
            return bought.pause.unlocks
        return self.cycle is not None or bought.past_due

    @property
    def prices(self) -> World:
        return [prices for since, prices in self.price_lists if since <= self.at][-1]

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.prices.zone)

    def boundary(self, bought: Bought, month: int) -> int:
        return nth_boundary(bought.anchor, month, bought.on, self.zone)

    def month_at(self, bought: Bought, at: int) -> int:
        """Which of its cycles contains `at`, which is not before the first."""
        month = 0
        while self.boundary(bought, month + 1) <= at:
            month += 1
        return month

    def first_unpaid(self, bought: Bought) -> int:
        """The first month that is not paid for."""
        month = 0
        while self.boundary(bought, month) < bought.paid:
            month += 1
        return month

    def runs(self, at: int) -> bool:
        """Whether a cycle goes on at `at`."""
        return self.cycle is not None and at < self.cycle.ends

    # Lots

    def add(
        self, source: str, amount: int, since: int, ends: int, priority: int | None = None
    ) -> Lot:
        self.numbered += 1
        lot = Lot(self.numbered, source, amount, amount, since, ends, priority=priority)
        lot.begun = since <= self.at
        self.lots.append(lot)
        if lot.begun:
            self.pay_debt(lot)
        return lot

    def pay_debt(self, lot: Lot) -> None:
        """What is bought, and what corrects, pays first what is owed; gifts do not."""
        if lot.source in ("subscription", "topup", "adjustment"):
            paid = min(self.owed, lot.left)
            self.owed -= paid
            lot.left -= paid
            lot.spent += paid

    def expire(self, at: int) -> None:
        """What ends now is over; or it is kept as roll-over, as the plan says."""
        bought = self.bought
        kept = self.room_to_roll(bought, at) if bought else 0
        if bought and self.loses_rollover(bought, at):
            for lot in self.lots:
                if lot.source == "rollover":
                    lot.left = 0
        for lot in sorted(self.lots, key=lambda lot: (lot.ends, lot.number)):
            if lot.ends > at or not lot.left:
                continue
            rolls = min(lot.left, kept) if bought and self.is_of_cycle(lot) else 0
            lot.left = rolls
            if rolls and bought and bought.roll:
                kept -= rolls
                lot.source = "rollover"
                lot.ends = self.boundary(bought, bought.month + 1 + bought.roll[2])

    def is_of_cycle(self, lot: Lot) -> bool:
        cycle = self.cycle
        return lot.source == "subscription" and cycle is not None and lot.ends == cycle.ends

    def room_to_roll(self, bought: Bought, at: int) -> int:
        """How much a reset at `at` keeps; nothing where the subscription or its plan is over."""
        if not bought.roll or bought.renews > at or self.loses_rollover(bought, at):
            return 0
        credits, percent, _ = bought.roll
        if credits is not None:
            return credits * MILLION
        return bought.package * MILLION * percent // 100

    def loses_rollover(self, bought: Bought, at: int) -> bool:
        """Whether the subscription ends at `at`, or goes on with fewer credits."""
        if not bought.roll or bought.renews > at:
            return False
        return self.ends_now(bought) or (
            self.is_reached(bought) and bought.later_kind == "downgrade"
        )

    # Turns

    def is_reached(self, bought: Bought) -> bool:
        return bought.later is not None and bought.later_at <= bought.renews and not bought.waits

    def is_unpaid(self, bought: Bought) -> bool:
        return bought.renews >= bought.paid and not bought.renews_itself

    def ends_now(self, bought: Bought) -> bool:
        """Whether it was cancelled until now, or was not paid in its grace."""
        if bought.past_due or (self.is_reached(bought) and bought.later == THE_END):
            return True
        return self.is_unpaid(bought) and not bought.grace_days and not bought.pause

    def turn(self, bought: Bought, at: int) -> None:
        """The end of a pause; the end, the change that was to come, the pause that begins, the
        missing payment, or the next cycle."""
        pause = bought.pause
        if pause and pause.begun and pause.until <= bought.renews:
            self.go_on(bought, bought.renews)
        elif self.ends_now(bought):
            self.lapse(bought)
        else:
            self.turn_over(bought, at)

    def turn_over(self, bought: Bought, at: int) -> None:
        if self.is_reached(bought) and bought.later:
            bought.plan, bought.package, bought.interval = bought.later
            bought.roll = self.prices.rolls.get(bought.plan)
            bought.later = None
        if bought.pause and not self.runs(bought.renews):
            self.begin_pause(bought, bought.pause)
        elif bought.month == -2:
            self.start_trial(bought, at)
        elif not self.is_unpaid(bought):
            self.start_cycle(bought, at)
        else:
            bought.past_due = True
            bought.renews += bought.grace_days * DAY
            self.cycle = None
            self.forget_what_waits(bought)

    def forget_what_waits(self, bought: Bought) -> None:
        if bought.waits:
            bought.later, bought.waits = None, False

    def lapse(self, bought: Bought) -> None:
        if bought.revival_days:
            self.lapsed, self.lapsed_until = bought, bought.renews + bought.revival_days * DAY
        else:
            self.lapsed = None
        self.bought = self.cycle = None

    def start_trial(self, bought: Bought, at: int) -> None:
        self.cycle = Cycle(bought.renews, bought.anchor, bought.trial or 0)
        bought.month, bought.renews = -1, bought.anchor
        self.add("subscription", bought.trial or 0, at, bought.anchor)

    def start_cycle(self, bought: Bought, at: int) -> None:
        bought.month += 1
        starts, ends = bought.renews, self.boundary(bought, bought.month + 1)
        if bought.renews_itself and starts >= bought.paid:
            bought.paid = self.boundary(bought, bought.month + cycles_of(bought))
        bought.renews = ends
        allotment = self.allotment(bought)
        self.cycle = Cycle(starts, ends, allotment)
        if allotment:
            self.add("subscription", allotment, at, ends)

    def allotment(self, bought: Bought) -> int:
        """The package, or what the plan gives for the part of a cycle that comes first."""
        if bought.on is None or bought.month or bought.first == "full":
            return bought.package * MILLION
        left, whole = share_of_first(bought.anchor, bought.on, self.zone)
        if left == whole:
            return bought.package * MILLION
        if bought.first == "nothing":
            return 0
        return -(-bought.package * left // whole) * MILLION

    # Pauses

    def begin_pause(self, bought: Bought, pause: Pause) -> None:
        pause.begun = True
        bought.renews = max(bought.renews, pause.until)
        self.cycle = None
        self.forget_what_waits(bought)

    def go_on(self, bought: Bought, at: int) -> None:
        """It is resumed: what was paid beyond the pause stays paid."""
        starts, bought.pause = bought.pause and bought.pause.starts, None
        if self.cycle and self.runs(at):
            bought.renews = self.cycle.ends
            return
        ahead = max(0, self.first_unpaid(bought) - max(-1, bought.month) - 1)
        if bought.month == -2 and starts is not None:
            days = round((bought.anchor - starts) / DAY)
            bought.anchor, bought.renews = wall_days_later(at, days, self.zone), at
            bought.paid = self.boundary(bought, ahead)
        else:
            self.go_on_at(bought, at, ahead)
        if bought.later is not None:
            bought.later_at = self.boundary(bought, self.first_unpaid(bought))

    def go_on_at(self, bought: Bought, at: int, ahead: int) -> None:
        month = self.month_at(bought, at) if at >= bought.anchor else 0
        if self.boundary(bought, month) != at:
            bought.anchor, month = at, 0
            if ahead:
                bought.first = "full"
        bought.month, bought.renews = month - 1, at
        bought.paid = self.boundary(bought, month + ahead)


def cycles_of(bought: Bought) -> int:
    """How many cycles are paid with an interval."""
    if bought.on and bought.on[0] == "weekday":
        return {"monthly": 4, "quarterly": 13, "yearly": 52}[bought.interval]
    return world.MONTHS[bought.interval]
