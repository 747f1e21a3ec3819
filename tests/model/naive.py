"""A naive model of one account: a list of lots, a list of holds, and dumb loops.

It is written from the specification and shares no code with the engine. Each action works on a
copy that time has moved; only an action that goes through is kept (`Naive.tried`), as a refusal
changes nothing. Amounts are millionths of a credit, instants microseconds.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field
from fractions import Fraction

from tests.model import world
from tests.model.naive_calendar import day_of, month_of, months_later
from tests.model.naive_cycles import Cycling
from tests.model.naive_things import FOREVER, MILLION, Held, Lot, No, Paid, Quoted, cut
from tests.model.world import World


@dataclass
class Naive(Cycling):
    """The account."""

    holds: dict[str, Held] = field(default_factory=dict)
    claimed: set[tuple[str, int]] = field(default_factory=set)
    last_free: list[int] = field(default_factory=list)
    """The last instants on the free plan: what it gave in their months is there to the end."""
    turned_at: int = 0
    was_free: bool = True
    """Whether it was on the free plan right before `turned_at`, when something last fell due."""
    quotes: dict[str, Quoted] = field(default_factory=dict)
    spent_quotes: set[str] = field(default_factory=set)
    paid: dict[str, Paid] = field(default_factory=dict)
    """What was charged, by receipt, less what was given back."""
    last_paid: Paid | None = None
    spent_by_ann: dict[int, int] = field(default_factory=dict)
    """What counts against the cap of `ann`, a member, by the start of each period."""

    def tried(self, now: int) -> Naive:
        """A copy at `now`, with all that fell due on the way."""
        copy = self.fallen(now)
        copy.at = max(now, self.at)
        return copy

    def fallen(self, now: int) -> Naive:
        """A copy with all that fell due by `now`, standing at the last of it: an account's time
        moves only with what happens to it."""
        copy = deepcopy(self)
        now = max(now, self.at)
        while (due := copy.next_due()) <= now:
            copy.at = max(due, copy.at)
            copy.fall_due(copy.at)
        return copy

    # What falls due

    def next_due(self) -> int:
        instants = [hold.ends for hold in self.holds.values() if not hold.closed]
        instants += [lot.ends if lot.begun else lot.since for lot in self.lots if lot.left]
        if self.bought:
            instants.append(self.bought.renews)
        return min(instants, default=FOREVER)

    def fall_due(self, at: int) -> None:
        """Hold time-outs, expiries, plan change, grants: in this order."""
        for hold in self.holds.values():
            if not hold.closed and hold.ends <= at:
                self.give_back(hold, hold.parts, at)
                self.count(hold.counted_in, -hold.total)
                hold.close("timed_out", hold.ends)
        self.expire(at)
        if at > self.turned_at:
            self.turned_at, self.was_free = at, self.plan == "free"
        if self.bought and self.bought.renews <= at:
            self.turn(self.bought, at)
        if self.was_free and self.plan != "free":
            self.last_free.append(at - 1)
        for lot in sorted(self.lots, key=lambda lot: (lot.since, lot.number)):
            if not lot.begun and lot.since <= at and lot.left:
                lot.begun = True
                self.pay_debt(lot)

    def give_back(self, hold: Held, parts: list[tuple[Lot, int]], at: int) -> None:
        for lot, part in parts:
            lot.held -= part
            if lot.ends > at:
                lot.left += part

    # Reading

    def available(self) -> int:
        return sum(lot.left for lot in self.lots if lot.begun)

    def shown(self) -> list[tuple[str, int, int, int]]:
        """Every lot that a balance shows: source, what is left, what is held, until when."""
        seen = deepcopy(self)
        seen.claim_free_credits()
        return sorted(
            (lot.source, lot.left, lot.held, lot.ends) for lot in seen.lots if lot.left or lot.held
        )

    # Free credits

    def claim_free_credits(self) -> None:
        start, end = day_of(self.at, self.zone)
        self.claim_window("day", start, end, world.DAILY)
        self.claim_the_free_plans_month()
        for moment in self.last_free:
            if moment >= self.opened:
                self.claim_the_month_of(moment)

    def claim_the_free_plans_month(self) -> None:
        if self.plan == "free":
            self.claim_the_month_of(self.at)

    def claim_the_month_of(self, moment: int) -> None:
        """What the free plan gives in the month of an instant, while that goes on."""
        month = month_of(self.opened, moment, self.zone)
        start = months_later(self.opened, month, self.zone)
        end = months_later(self.opened, month + 1, self.zone)
        if end > self.at:
            self.claim_window("month", start, end, world.MONTHLY)

    def claim_window(self, every: str, start: int, end: int, amount: int) -> None:
        if (every, start) not in self.claimed:
            self.claimed.add((every, start))
            self.add("free", amount * MILLION, self.at, end)

    # Spending

    def priced(self, model: str, amount: Fraction, outputs: int) -> tuple[int, int]:
        if world.TOOL_OF[model] in world.UNLIMITED.get(self.plan, []):
            return 0, 0
        least, most = self.prices.cost(model, amount, outputs)
        return least * MILLION, most * MILLION

    def check_entitled(self, model: str) -> None:
        if world.TOOL_OF[model] not in world.TOOLS.get(self.plan, list(world.TOOL_OF.values())):
            raise No("tool_not_in_plan")
        if model in world.PRO and self.plan == "free":
            raise No("model_requires_subscription")

    def reserve(self, amount: int, tool: str | None) -> list[tuple[Lot, int]]:
        """Take up to `amount` off the lots that pay for a tool, in burn-down order."""
        self.claim_free_credits()
        parts = []
        for lot in sorted(self.lots, key=self.burns_at):
            pays = lot.begun and (not lot.tools or tool in lot.tools or tool == "any")
            part = min(lot.left, amount) if pays else 0
            if part:
                lot.left -= part
                amount -= part
                parts.append((lot, part))
        return parts

    def burns_at(self, lot: Lot) -> tuple[int, ...]:
        order = self.prices.order
        unplaced = lot.source not in order  # rolled over: right before the subscription's
        source = "subscription" if unplaced else lot.source
        place = 10 * (1 + order.index(source)) - 5 * unplaced
        if self.prices.burn_by == "expiry":
            return (lot.priority or 50, lot.ends, place, lot.since, lot.number)
        return (lot.priority or place, lot.ends, 0, lot.since, lot.number)

    def spend(self, amount: int, tool: str | None) -> list[tuple[Lot, int]]:
        parts = self.reserve(amount, tool)
        if sum(part for _, part in parts) < amount:
            raise No("insufficient_credits")
        return parts

    def count_used(self, parts: list[tuple[Lot, int]]) -> None:
        for lot, part in parts:
            lot.spent += part
            if self.cycle and lot.source == "subscription" and lot.ends == self.cycle.ends:
                self.cycle.used += part

    def note_paid(self, parts: list[tuple[Lot, int]], period: int | None) -> None:
        """What was paid now, credit by credit of each lot, may be given back later."""
        self.count_used(parts)
        self.last_paid = Paid([[lot, part] for lot, part in parts if part], period)

    def refund(self, receipt: str, amount: int | None) -> tuple[int, int]:
        """Give back `amount` of a charge, or the rest of it: lot by lot, what was eaten last first.
        Returns what went back and what was lost with lots that are over."""
        paid = self.paid.get(receipt)
        if paid is None:
            raise No("entry_not_found")
        left = sum(part for _, part in paid.parts) - paid.adjusted
        amount = left if amount is None else amount
        if amount > left or (not amount and (paid.refunded or paid.adjusted)):
            raise No("refund_above_charge")
        paid.refunded = True
        back, lost, whole = 0, 0, amount
        while back + lost < amount:
            lot, part = paid.parts[-1]
            bite = min(part, amount - back - lost)
            paid.parts[-1][1] -= bite
            if not paid.parts[-1][1]:
                paid.parts.pop()
            lot.spent -= bite
            if lot.void:
                forgiven = min(self.owed, bite)
                self.owed -= forgiven
                amount -= forgiven
                lost += bite - forgiven
            elif lot.ends > self.at:
                lot.left += bite
                back += bite
                if self.cycle and lot.source == "subscription" and lot.ends == self.cycle.ends:
                    self.cycle.used -= bite
            else:
                lost += bite
        self.count(paid.counted_in, -whole)
        return back, lost

    def charge(
        self,
        model: str,
        amount: Fraction,
        outputs: int,
        actual: int | None = None,
        ann: bool = False,
    ) -> int:
        _, most = self.priced(model, amount, outputs)
        self.check_entitled(model)
        cost = most if actual is None else actual
        period = self.under_the_cap(ann, cost)
        self.note_paid(self.spend(cost, world.TOOL_OF[model]), period)
        self.count(period, cost)
        return cost

    def hold(self, model: str, amount: Fraction, outputs: int, ttl: int, ann: bool = False) -> Held:
        least, most = self.priced(model, amount, outputs)
        self.check_entitled(model)
        period = self.under_the_cap(ann, most)
        held = self.reserved(model, amount, outputs, self.prices, self.plan, least, most, ttl)
        self.count(period, most)
        held.counted_in = period
        return held

    def reserved(
        self,
        model: str,
        amount: Fraction,
        outputs: int,
        prices: World,
        plan: str,
        least: int,
        most: int,
        ttl: int,
    ) -> Held:
        parts = self.spend(most, world.TOOL_OF.get(model))
        for lot, part in parts:
            lot.held += part
        return Held(parts, self.at + ttl * MILLION, model, amount, outputs, prices, plan, least)

    def quote(self, model: str, amount: Fraction, outputs: int) -> Quoted:
        least, most = self.priced(model, amount, outputs)
        ends = self.at + 900 * MILLION
        return Quoted(model, amount, outputs, self.prices, self.plan, least, most, ends)

    def spend_quote(self, token: str, ttl: int | None) -> Held:
        quoted = self.quotes[token]
        if token in self.spent_quotes:
            raise No("quote_used")
        if self.at >= quoted.ends:
            raise No("quote_expired")
        self.check_entitled(quoted.model)
        held = self.reserved(
            quoted.model, quoted.amount, quoted.outputs, quoted.prices, quoted.plan,
            quoted.least, quoted.most, ttl or 1,
        )  # fmt: skip
        if ttl is None:
            for lot, part in held.parts:
                lot.held -= part
            self.note_paid(held.parts, None)
        self.spent_quotes.add(token)
        return held

    # The cap of a member

    @property
    def period(self) -> int:
        """Since when a cap counts: the cycle, or the account's month; never one again."""
        month = month_of(self.opened, self.at, self.zone)
        starts = self.cycle.starts if self.cycle else months_later(self.opened, month, self.zone)
        return max([starts, *self.spent_by_ann])

    def under_the_cap(self, ann: bool, cost: int) -> int | None:
        """The period in which a spend of ann counts; None: somebody else spends."""
        if not ann:
            return None
        if self.spent_by_ann.get(self.period, 0) + cost > world.CAP_OF_ANN * MILLION:
            raise No("member_cap_reached")
        return self.period

    def count(self, period: int | None, credits: int) -> None:
        if period is not None:
            self.spent_by_ann[period] = self.spent_by_ann.get(period, 0) + credits

    # Holds

    def open_hold(self, name: str) -> Held:
        if name not in self.holds:
            raise No("hold_not_found")
        if self.holds[name].closed:
            raise No("hold_closed")
        return self.holds[name]

    def to_settle(self, name: str) -> Held:
        """A hold for one generation: a lease has none that could be settled."""
        hold = self.open_hold(name)
        if hold.model not in world.TOOL_OF:
            raise No("invalid")
        return hold

    def late_hold(self, name: str, actual: int | None) -> Held | None:
        """A hold that timed out less than a day ago, and can be settled for something."""
        hold = self.holds.get(name)
        if hold is None or hold.closed != "timed_out" or hold.model not in world.TOOL_OF:
            return None
        nothing = actual == 0 and hold.total
        return None if nothing or self.at >= hold.ends + 86_400 * MILLION else hold

    def settle(self, name: str, actual: int | None) -> int:
        """Close a hold for `actual` (all that is held when None); returns what was charged."""
        late = self.late_hold(name, actual)
        hold = late or self.to_settle(name)
        held = hold.total
        actual = held if actual is None else actual
        if hold.least != held and not hold.least <= actual <= held:
            raise No("settle_outside_range")
        if actual > held and self.prices.above_hold == "refuse":
            raise No("settle_above_hold")
        if late:
            self.note_paid(self.spend(actual, world.TOOL_OF[hold.model]), hold.counted_in)
            self.count(hold.counted_in, actual)
            hold.close("settled", self.at)
            return actual
        spent, rest = cut(hold.parts, min(actual, held))
        for lot, part in spent:
            lot.held -= part
        tool = world.TOOL_OF[hold.model]
        extra = self.reserve(actual - held, tool) if actual > held else []
        self.note_paid(spent + extra, hold.counted_in)
        self.give_back(hold, rest, self.at)
        hold.close("settled", self.at)
        charged = sum(part for _, part in spent + extra)
        self.count(hold.counted_in, charged - held)
        return charged

    def settle_for_nothing(self, name: str, outcome: str) -> None:
        hold = self.to_settle(name)
        self.give_back(hold, hold.parts, self.at)
        self.count(hold.counted_in, -hold.total)
        self.note_paid([], None)
        hold.close("settled", self.at)

    def release(self, name: str) -> None:
        hold = self.open_hold(name)
        self.give_back(hold, hold.parts, self.at)
        self.count(hold.counted_in, -hold.total)
        hold.close("released", self.at)

    def extend(self, name: str, ttl: int) -> None:
        hold = self.open_hold(name)
        hold.ends = max(hold.ends, self.at + ttl * MILLION)

    # Credits given and taken back

    def top_up(self, amount: int) -> int:
        if not self.is_subscribed:
            raise No("top_up_requires_subscription")
        return self.add("topup", amount, self.at, FOREVER).number
