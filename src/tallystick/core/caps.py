"""Caps: how much may be spent in a window, and what is counted against it (`docs/spec.md` 6.4).

A cap is of a member, or of the account as a whole. What is spent of it belongs to its window and
its tools: an event names both for all that it counts, so that no catalog is needed to follow it.
"""

from collections.abc import Iterable
from typing import Literal, TypeAlias, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from .credits import Micros
from .instants import Instant

Every: TypeAlias = Literal["hour", "day", "week", "month", "cycle", "life"]
EVERY: tuple[Every, ...] = ("hour", "day", "week", "month", "cycle", "life")
"""The windows in which a cap counts: those of the calendar, the cycle, or once and for all."""


class CapTerms(Struct, frozen=True, omit_defaults=True, gc=False):
    """At most `credits` (micros) in each window (`every`), for the named `tools` (all if None)."""

    credits: Micros
    every: Every = "cycle"
    tools: tuple[str, ...] | None = None


class Cap(Struct, frozen=True, omit_defaults=True, gc=False):
    """A cap with what is counted of it: `used` (micros) in the window that began at `since`.

    At most `credits` may be spent in each window (`every`), for the named `tools` (all if None).
    The count of a cap that was lifted is kept, with None for `credits`.
    """

    credits: Micros | None
    every: Every
    tools: tuple[str, ...] | None = None
    used: Micros = 0
    since: Instant | None = None

    def counts(self, tool: str | None) -> bool:
        """Whether it counts a generation with a tool; None stands for credits of no tool yet."""
        return self.tools is None or tool in self.tools

    def is_of(self, every: str, tools: tuple[str, ...] | None) -> bool:
        """Whether it counts in these windows, for these tools."""
        return self.every == every and self.tools == tools


class FairUse(Struct, frozen=True, omit_defaults=True, gc=False):
    """How much of an unlimited `tool` was `used`, in micro-units of the `unit`, in the window
    (`every`) that began at `since`."""

    tool: str
    unit: str
    every: Every
    used: int = 0
    since: Instant | None = None


class Count(Struct, frozen=True, array_like=True, gc=False):
    """An `amount` that is counted (or less than nothing: given back) in a window since `since`.

    It is counted `of` a cap of the member who spends, or of the account, by its `every` and
    `tools`, in micros; or as fair use of one of the `tools`, in micro-units of the `unit`.
    """

    of: Literal["member", "account", "fair_use"]
    every: Every
    since: Instant
    amount: int
    tools: tuple[str, ...] | None = None
    unit: str | None = None

    @property
    def key(self) -> tuple[str, str, tuple[str, ...] | None, str | None]:
        """What it is counted of, whatever the window."""
        return self.of, self.every, self.tools, self.unit


K = TypeVar("K", Cap, FairUse)
Counts: TypeAlias = tuple[Count, ...]


def counted_since(cap: Cap | FairUse, start: Instant) -> tuple[int, Instant]:
    """What is counted in the window that began at `start`, and since when: the count of a window
    that began later goes on, so that nobody has a cap twice for the same days."""
    if cap.since is None or cap.since < start:
        return 0, start
    return cap.used, cap.since


def count(caps: tuple[Cap, ...], counted: Count) -> tuple[Cap, ...]:
    """The caps with one more count; that of a window which is over changes nothing."""
    return tuple([
        _counted(cap, counted) if cap.is_of(counted.every, counted.tools) else cap
        for cap in caps
    ])  # fmt: skip


def count_fair_use(used: tuple[FairUse, ...], counted: Count) -> tuple[FairUse, ...]:
    """The same for what is used of unlimited tools; the first count of a tool begins it."""
    tool, unit = (counted.tools or ("",))[0], counted.unit or ""
    key = (tool, unit, counted.every)
    if not any((each.tool, each.unit, each.every) == key for each in used):
        used = (*used, FairUse(tool=tool, unit=unit, every=counted.every))
    return tuple([
        _counted(each, counted) if (each.tool, each.unit, each.every) == key else each
        for each in used
    ])  # fmt: skip


def _counted(cap: K, counted: Count) -> K:
    if cap.since == counted.since:
        return replace(cap, used=max(0, cap.used + counted.amount))
    if cap.since is not None and cap.since > counted.since:  # that window is over
        return cap
    return replace(cap, used=max(0, counted.amount), since=counted.since)


def set_caps(caps: tuple[Cap, ...], terms: Iterable[CapTerms]) -> tuple[Cap, ...]:
    """The caps by their new terms: what was counted of a cap stays counted."""
    wanted = {(each.every, each.tools): each.credits for each in terms}
    kept = [
        replace(cap, credits=wanted.pop((cap.every, cap.tools), None))
        for cap in caps
        if (cap.every, cap.tools) in wanted or cap.used
    ]
    new = [
        Cap(credits=credits, every=every, tools=tools) for (every, tools), credits in wanted.items()
    ]
    return (*kept, *new)


def recounted(counts: Counts, credits: Micros, quantity: int) -> Counts:
    """What is counted more, or given back, once a hold comes to so much more or less: in the
    windows that counted it, from the last of them on for what is given back."""
    by_key: dict[object, list[Count]] = {}
    for each in counts:
        by_key.setdefault(each.key, []).append(each)
    found: list[Count] = []
    for same in by_key.values():
        rest = quantity if same[0].of == "fair_use" else credits
        for each in reversed(same[1:]):
            back = max(rest, -each.amount) if rest < 0 else 0
            if back:
                found.append(replace(each, amount=back))
                rest -= back
        found.append(replace(same[0], amount=rest))
    return tuple(found)


def first_windows(counts: Counts, credits: Micros, quantity: int) -> Counts:
    """The same, all of it in the first window of each cap."""
    firsts: dict[object, Count] = {}
    for each in counts:
        firsts.setdefault(each.key, each)
    return tuple([
        replace(each, amount=quantity if each.of == "fair_use" else credits)
        for each in firsts.values()
    ])  # fmt: skip
