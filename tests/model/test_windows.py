"""Recurring windows, caps in windows, what is held at once, fair use, increases and burning by
expiry: the pure core beside a book that counts them by hand (docs/spec.md 3.8, 3.11, 6.4, 7.9)."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from tallystick.core.instants import from_datetime, to_datetime
from tests.core.story import BARE, Story
from tests.model.naive_things import FOREVER, MILLION, No

HOUR, DAY = 3_600 * MILLION, 86_400 * MILLION
PRICES = {"Picture": (24, "image"), "Portrait": (48, "image"), "Voice": (1, "voice")}
UNIT = {"Picture": "images", "Portrait": "images", "Voice": "characters"}
PERIODS = ("hour", "5 hours", "day", "week")
PLACES = {"free": 10, "promo": 40, "adjustment": 50, "topup": 60}
Count = tuple[tuple[str, str, tuple[str, ...]], int, int]
"""What is counted of: whose cap, its window and tools; since when; and how much."""


def window(every: str, at: int) -> tuple[int, int]:
    """The window of the calendar that contains `at`, in UTC."""
    moment = to_datetime(at)
    day = datetime(moment.year, moment.month, moment.day, tzinfo=UTC)
    if every == "hour":
        start = day + timedelta(hours=moment.hour)
        return from_datetime(start), from_datetime(start + timedelta(hours=1))
    if every == "week":
        day -= timedelta(days=day.weekday())
        return from_datetime(day), from_datetime(day + timedelta(days=7))
    if every == "month":
        first = day.replace(day=1)
        after = (first + timedelta(days=31)).replace(day=1)
        return from_datetime(first), from_datetime(after)
    if every == "life":
        return 0, FOREVER
    return from_datetime(day), from_datetime(day + timedelta(days=1))


@dataclass
class Lot:
    number: int
    source: str
    left: int
    since: int
    ends: int
    tools: tuple[str, ...] = ()


@dataclass
class Held:
    parts: list[tuple[Lot, int]]
    ends: int
    model: str
    amount: int
    who: str
    credits: int
    counted: list[Count]
    fair: tuple[int, int] | None
    """Since when its characters are counted as fair use, and how many."""

    @property
    def total(self) -> int:
        return sum(part for _, part in self.parts)


@dataclass
class Terms:
    """What the catalog and the operator say: allowances by window, the caps of everybody, how much
    may be held, how many characters a day are free (None: they are not), and what is beyond."""

    allowances: dict[str, int]
    caps: dict[tuple[str, str, tuple[str, ...]], int]
    held: int | None
    fair: int | None
    beyond: str
    burn_by: str

    def catalog(self) -> str:
        given = "\n".join(
            f"  - {{credits: {credits}, every: {every}"
            + (", from: first_use}" if every == "5 hours" else "}")
            for every, credits in self.allowances.items()
        )
        free = "{id: free, name: Free, tools: [image, voice], pro_models: false"
        limit = f"{{tool: voice, up_to: {self.fair} characters, every: day, beyond: {self.beyond}}}"
        unlimited = f", unlimited: [voice], fair_use: [{limit}]" if self.fair else ""
        found = BARE.replace(free, f"{{id: free, name: Free, tools: [image, voice]{unlimited}")
        found = found.replace("credits: 1, per: 5 characters", "credits: 1, per: character")
        policy = (
            f"policy: {{burn_by: {self.burn_by}, member_required: false, settle_late_seconds: 0}}\n"
        )
        return found + policy + (f"free_credits:\n{given}\n" if given else "")


@dataclass
class Book:
    terms: Terms
    at: int = 0
    lots: list[Lot] = field(default_factory=list)
    holds: dict[str, Held] = field(default_factory=dict)
    opened: dict[str, tuple[int, int]] = field(default_factory=dict)
    counts: dict[tuple[tuple[str, str, tuple[str, ...]], int], int] = field(default_factory=dict)
    fair: dict[int, int] = field(default_factory=dict)

    def move(self, to: int) -> None:
        """Holds time out and lots end, each at its own instant, holds first."""
        while True:
            due = [held.ends for held in self.holds.values()]
            due += [lot.ends for lot in self.lots if lot.left]
            if min(due, default=FOREVER) > to:
                break
            self.at = min(due)
            for name in [name for name, held in self.holds.items() if held.ends <= self.at]:
                self.release(name)
            for lot in self.lots:
                lot.left = 0 if lot.ends <= self.at else lot.left
        self.at = to

    def give(
        self, source: str, credits: int, ends: int = FOREVER, tools: tuple[str, ...] = ()
    ) -> None:
        self.lots.append(Lot(len(self.lots), source, credits, self.at, ends, tools))

    def claim(self) -> None:
        for every, credits in self.terms.allowances.items():
            start, end = self.opened.get(every, (0, 0))
            if self.at >= end:
                start, end = window(every, self.at)
                if every == "5 hours":
                    start, end = self.at, self.at + 5 * HOUR
                self.opened[every] = start, end
                self.give("free", credits, end)

    def order(self, lot: Lot) -> tuple[int, ...]:
        place = PLACES[lot.source]
        if self.terms.burn_by == "expiry":
            return lot.ends, place, lot.since, lot.number
        return place, lot.ends, lot.since, lot.number

    def take(self, credits: int, tool: str) -> list[tuple[Lot, int]]:
        self.claim()
        parts = []
        for lot in sorted(self.lots, key=self.order):
            part = min(lot.left, credits) if not lot.tools or tool in lot.tools else 0
            if part:
                parts.append((lot, part))
                lot.left -= part
                credits -= part
        if credits:
            raise No("insufficient_credits")
        return parts

    def priced(self, model: str, amount: int) -> tuple[int, tuple[int, int] | None]:
        """What it costs, and what it counts of fair use."""
        price, tool = PRICES[model]
        if tool != "voice" or self.terms.fair is None:
            return price * amount, None
        start, _ = window("day", self.at)
        if self.fair.get(start, 0) + amount <= self.terms.fair:
            return 0, (start, amount)
        if self.terms.beyond == "refuse":
            raise No("fair_use_reached")
        return price * amount, None

    def counted(self, who: str, tool: str, cost: int) -> list[Count]:
        found = []
        for of in ("member", "account"):
            for cap, most in self.terms.caps.items():
                whose, every, tools = cap
                if (
                    whose != of
                    or (of == "member" and who != "ann")
                    or (tools and tool not in tools)
                ):
                    continue
                since, _ = window(every, self.at)
                if cost and self.counts.get((cap, since), 0) + cost > most:
                    raise No(f"{of}_cap_reached")
                found.append((cap, since, cost))
        return found

    def note(self, counted: list[Count]) -> None:
        for cap, since, cost in counted:
            self.counts[cap, since] = self.counts.get((cap, since), 0) + cost

    def note_fair(self, fair: tuple[int, int] | None, sign: int = 1) -> None:
        if fair:
            self.fair[fair[0]] = self.fair.get(fair[0], 0) + sign * fair[1]

    def charge(self, model: str, amount: int, who: str) -> None:
        cost, fair = self.priced(model, amount)
        counted = self.counted(who, PRICES[model][1], cost)
        self.take(cost, PRICES[model][1])
        self.note(counted)
        self.note_fair(fair)

    def check_held(self, more: int) -> None:
        held = sum(each.total for each in self.holds.values())
        if self.terms.held is not None and more and held + more > self.terms.held:
            raise No("held_limit_reached")

    def hold(self, name: str, model: str, amount: int, who: str, ttl: int) -> None:
        cost, fair = self.priced(model, amount)
        counted = self.counted(who, PRICES[model][1], cost)
        self.check_held(cost)
        parts = self.take(cost, PRICES[model][1])
        self.note(counted)
        self.note_fair(fair)
        self.holds[name] = Held(
            parts, self.at + ttl * MILLION, model, amount, who, cost, counted, fair
        )

    def open(self, name: str) -> Held:
        if name not in self.holds:
            raise No("hold_closed")
        return self.holds[name]

    def increase(self, name: str, credits: int) -> None:
        held = self.open(name)
        more = credits - held.total
        if more <= 0:
            raise No("invalid")
        tool = PRICES[held.model][1]
        counted = self.counted(held.who, tool, more)
        self.check_held(more)
        held.parts += self.take(more, tool)
        self.note(counted)
        held.counted += counted

    def settle(self, name: str, credits: int) -> None:
        held = self.open(name)
        if credits > held.total:
            raise No("settle_above_hold")
        self.give_back(held, held.total - credits)
        self.holds.pop(name)

    def release(self, name: str) -> None:
        held = self.open(name)
        self.give_back(held, held.total)
        self.note_fair(held.fair, -1)
        self.holds.pop(name)

    def give_back(self, held: Held, credits: int) -> None:
        """What was taken last goes back first, to its lot if that goes on, and to its window."""
        rest = credits
        for lot, part in reversed(held.parts):
            back = min(part, rest)
            rest -= back
            if lot.ends > self.at:
                lot.left += back
        left = dict.fromkeys([cap for cap, _, _ in held.counted], credits)
        for cap, since, cost in reversed(held.counted):
            back = min(cost, left[cap])
            left[cap] -= back
            self.counts[cap, since] -= back

    def shown(self) -> dict[str, int]:
        """What is there by source, unclaimed windows too, and what is held."""
        found: dict[str, int] = {}
        for lot in self.lots:
            found[lot.source] = found.get(lot.source, 0) + lot.left
        for every, credits in self.terms.allowances.items():
            if self.at >= self.opened.get(every, (0, 0))[1]:
                found["free"] = found.get("free", 0) + credits
        found["held"] = sum(each.total for each in self.holds.values())
        return {name: credits for name, credits in found.items() if credits}


Act = Callable[[Book], None]
CREDITS = st.sampled_from([1, 30, 100, 400])
CAP = st.tuples(
    st.sampled_from(["member", "account"]),
    st.sampled_from(["hour", "day", "day", "week", "month", "life"]),
    st.sampled_from([(), (), ("image",), ("video", "voice")]),
)
terms = st.builds(
    Terms,
    allowances=st.dictionaries(st.sampled_from(PERIODS), st.sampled_from([5, 40, 90])).map(
        lambda given: {every: given[every] for every in PERIODS if every in given}
    ),
    caps=st.dictionaries(CAP, st.sampled_from([60, 150, 400, 900]), max_size=4),
    held=st.sampled_from([None, None, 60, 150]),
    fair=st.sampled_from([None, 50, 50]),
    beyond=st.sampled_from(["refuse", "charge"]),
    burn_by=st.sampled_from(["source", "expiry"]),
)
GENERATION = st.tuples(st.sampled_from([*PRICES]), st.integers(1, 4), st.sampled_from([1, 8]))
WHO = st.sampled_from(["ann", "ben", ""])
HOLD = st.integers(0, 5)
step = st.one_of(
    st.tuples(st.just("charge"), GENERATION, WHO),
    st.tuples(st.just("hold"), GENERATION, WHO, st.sampled_from([60, 86_400, 86_400])),
    st.tuples(st.just("hold"), GENERATION, st.just("ann"), st.just(86_400)),
    st.tuples(st.just("increase"), HOLD, st.sampled_from([0, 1, 20, 50])),
    st.tuples(st.just("increase"), HOLD, st.sampled_from([5, 30, 90])),
    st.tuples(st.just("settle"), HOLD, st.integers(0, 120)),
    st.tuples(st.just("release"), HOLD),
    st.tuples(
        st.just("grant"), st.sampled_from(["promo", "topup", "adjustment"]), CREDITS,
        st.sampled_from([None, 1, 30]), st.sampled_from([(), ("image",), ("voice",), ("video",)]),
    ),
)  # fmt: skip
WAITS = st.sampled_from([0, 0, 60, 1_800, 2 * 3_600, 7 * 3_600, 7 * 3_600, 9 * 86_400])


class Beside:
    """A story of the core and a book, asked for the same."""

    def __init__(self, terms: Terms):
        self.story, self.book = Story(terms.catalog()), Book(terms)
        self.book.at = self.story.now
        self.story.ask(["open", "ann", "ben"])
        self.made = 0
        ours = [self.written(cap) for cap in terms.caps if cap[0] == "member"]
        theirs = [self.written(cap) for cap in terms.caps if cap[0] == "account"]
        self.story.ask(["member", "ann", *ours])
        held = [] if terms.held is None else [f"held={terms.held}"]
        self.story.ask(["limits", *theirs, *held])
        for there in (("promo", 500, None, ("video",)), ("topup", 900, None, ())):
            self.ask("grant", *there)

    def written(self, cap: tuple[str, str, tuple[str, ...]]) -> str:
        _, every, tools = cap
        said = f"{self.book.terms.caps[cap]}/{every}"
        return f"{said}/{','.join(tools)}" if tools else said

    def move(self, seconds: int) -> None:
        self.story.now += seconds * MILLION
        self.book.move(self.story.now)

    def ask(self, verb: str, *args: object) -> None:
        words, expected = getattr(self, f"_{verb}")(*args)
        code, tried = None, deepcopy(self.book)
        try:
            expected(tried)
            self.book = tried
        except No as no:
            code = no.code
        said = self.story.ask(words)
        refused = said.split()[1] if said.startswith("no ") else None
        refused = "invalid" if said.startswith("invalid") else refused
        assert refused == code, f"{' '.join(words)}: the core says {said}, the book {code}"

    def _charge(self, generation: tuple[str, int, int], who: str) -> tuple[list[str], Act]:
        model, amount, times = generation
        amount = amount * times if model == "Voice" else amount
        words = ["charge", model, f"{UNIT[model]}={amount}", *([f"member={who}"] if who else [])]
        return words, lambda book: book.charge(model, amount, who)

    def _hold(self, generation: tuple[str, int, int], who: str, ttl: int) -> tuple[list[str], Act]:
        words, _ = self._charge(generation, who)
        model, amount, times = generation
        amount = amount * times if model == "Voice" else amount
        self.made += 1
        name = f"h{self.made}"
        words = ["hold", name, *words[1:], f"ttl={ttl}"]
        return words, lambda book: book.hold(name, model, amount, who, ttl)

    def named(self, pick: int) -> str:
        names = [*self.book.holds] or [*self.story.holds]
        return names[pick % len(names)]

    def _increase(self, pick: int, more: int) -> tuple[list[str], Act]:
        name = self.named(pick)
        there = self.book.holds.get(name)
        credits = more + (there.total if there else 1)
        return ["increase", name, f"credits={credits}"], lambda book: book.increase(name, credits)

    def _settle(self, pick: int, percent: int) -> tuple[list[str], Act]:
        name = self.named(pick)
        there = self.book.holds.get(name)
        credits = there.total * percent // 100 if there else 0
        words = ["settle", name, f"credits={credits}"]
        return words, lambda book: book.settle(name, credits)

    def _release(self, pick: int) -> tuple[list[str], Act]:
        name = self.named(pick)
        return ["release", name], lambda book: book.release(name)

    def _grant(
        self, source: str, credits: int, days: int | None, tools: tuple[str, ...]
    ) -> tuple[list[str], Act]:
        ends, words = FOREVER, ["grant", source, str(credits)]
        if days is not None:
            ends, _ = window("day", self.book.at + days * DAY)
            words.append(f"ends={to_datetime(ends):%Y-%m-%d}")
        if tools:
            words.append(f"tools={','.join(tools)}")
        return words, lambda book: book.give(source, credits, ends, tools)

    def check(self) -> None:
        said = self.story.ask(["look"])
        pairs = [] if said == "nothing" else [each.split() for each in said.split(", ")]
        assert {name: int(credits) for name, credits in pairs} == self.book.shown()
        account = self.story.account
        caps = [("account", cap) for cap in account.caps]
        caps += [("member", cap) for each in account.members for cap in each.caps]
        for whose, cap in caps:
            if cap.since is not None:
                key = (whose, cap.every, cap.tools or ())
                since, _ = window(cap.every, cap.since)
                assert cap.used == self.book.counts[key, since] * MILLION
        for used in account.fair_use:
            assert used.used == self.book.fair[used.since] * MILLION


@given(terms, st.lists(st.tuples(WAITS, step), min_size=14, max_size=40))
def test_windows_caps_and_holds_come_to_what_is_counted_by_hand(
    terms: Terms, steps: list[tuple[int, tuple]]
):
    beside = Beside(terms)
    for wait, (verb, *args) in steps:
        beside.move(wait)
        if verb in ("increase", "settle", "release") and not beside.story.holds:
            continue
        beside.ask(verb, *args)
        beside.check()
