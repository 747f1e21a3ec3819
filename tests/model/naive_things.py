"""What the naive model's account has: lots, holds, a subscription with its cycle, quotes.

Amounts are millionths of a credit, instants microseconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from tests.model.naive_calendar import On
from tests.model.world import Roll, World

MILLION = 1_000_000
FOREVER = 1 << 62
Terms = tuple[str, int, str]
THE_END: Terms = ("", 0, "")


class No(Exception):
    """What the model expects to be refused, by its code."""

    def __init__(self, code: str):
        super().__init__(code)
        self.code = code


@dataclass
class Lot:
    """Credits of one source."""

    number: int
    source: str
    given: int
    left: int
    since: int
    ends: int = FOREVER
    held: int = 0
    priority: int | None = None
    tools: tuple[str, ...] = ()
    """The tools that it pays for; none: any."""
    begun: bool = True
    void: bool = False
    spent: int = 0
    owed: int = 0
    """How much of what was spent has been recorded as owed."""
    goodwill: Paid | None = None
    """The charge that it was given for."""


@dataclass
class Held:
    """An open hold, or how it was closed."""

    parts: list[tuple[Lot, int]]
    ends: int
    model: str
    amount: Fraction
    outputs: int
    prices: World
    plan: str
    least: int
    closed: str | None = None
    closed_at: int | None = None
    counted_in: int | None = None
    """The period in which it counts against ann's cap, if it does."""

    @property
    def total(self) -> int:
        return sum(part for _, part in self.parts)

    def close(self, how: str, at: int) -> None:
        self.closed, self.closed_at = how, at


@dataclass
class Pause:
    """No cycle begins from `starts` until `until`."""

    starts: int
    until: int
    unlocks: bool
    begun: bool


@dataclass
class Bought:
    """A subscription: its terms, its cycles, and what comes later.

    `month` is the number of the running cycle: -1 in a trial or before the first, -2 before a
    trial."""

    plan: str
    package: int
    interval: str
    anchor: int
    month: int
    renews: int
    paid: int
    renews_itself: bool = True
    later: Terms | None = None
    later_at: int = 0
    later_kind: str = ""
    waits: bool = False
    """What comes later comes with its payment, and not at `later_at`."""
    past_due: bool = False
    """The cycle that began is not paid; `renews` is when that ends it."""
    grace_days: int = 3
    revival_days: int = 30
    on: On = None
    first: str = "full"
    """What its first part of a cycle gives, where its cycles begin `on` days of the calendar."""
    roll: Roll | None = None
    trial: int | None = None
    """The credits of the trial that came or comes before its first cycle."""
    pause: Pause | None = None

    @property
    def in_trial(self) -> bool:
        return self.trial is not None and self.month < 0


@dataclass
class Cycle:
    starts: int
    ends: int
    allotment: int
    used: int = 0


@dataclass
class Quoted:
    """A price that somebody was shown."""

    model: str
    amount: Fraction
    outputs: int
    prices: World
    plan: str
    least: int
    most: int
    ends: int


@dataclass
class Paid:
    """A charge: what it ate of each lot, in order, and the period in which ann's cap counts it.
    `adjusted` is what was given for it as goodwill."""

    parts: list[list]
    counted_in: int | None
    refunded: bool = False
    adjusted: int = 0


def cut(parts: list[tuple[Lot, int]], amount: int) -> tuple[list, list]:
    """The first `amount` of the parts, and the rest of them."""
    first, rest = [], []
    for lot, part in parts:
        taken = min(part, amount)
        amount -= taken
        first.append((lot, taken))
        rest.append((lot, part - taken))
    return first, rest
