"""The part of the state machine that is not about generations: time, the world around, plans,
and credits given and taken back."""

from contextlib import ExitStack
from dataclasses import replace
from fractions import Fraction
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from tallystick import commands
from tallystick.core.instants import to_datetime
from tests.databases import CHOSEN, fresh_database
from tests.model import naive_grants as grants
from tests.model import naive_plans as plans
from tests.model.driver import Pair, micros
from tests.model.naive import Naive
from tests.model.naive_things import FOREVER, MILLION
from tests.model.world import DEFAULT_ORDER, PACKAGES, TURNED_ORDER, World

DAY = 86_400 * MILLION
TERMS = st.sampled_from(
    [
        (plan, package, interval)
        for plan, packages in PACKAGES.items()
        for package in packages
        for interval in ("monthly", "monthly", "quarterly", "yearly")
    ]
)
AMOUNTS = st.sampled_from([1, MILLION // 2, 7 * MILLION, 60 * MILLION, 500 * MILLION])
SPANS = st.sampled_from(
    [1, MILLION, 899 * MILLION, 900 * MILLION, 3_600 * MILLION, DAY, 9 * DAY, 31 * DAY, 100 * DAY]
)
PICK = st.integers(0, 1_000)
KEYED = st.booleans()
ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Africa/Cairo", "Pacific/Auckland"]


def credits(micros: int) -> object:
    return micros // MILLION if micros % MILLION == 0 else str(Fraction(micros, MILLION) + 0.0)


class Living(RuleBasedStateMachine):
    """Each rule asks the engine and the model for the same."""

    @initialize(
        zone=st.sampled_from(ZONES),
        order=st.sampled_from([DEFAULT_ORDER, DEFAULT_ORDER, TURNED_ORDER]),
        above=st.sampled_from(["refuse", "take_available"]),
        terms=st.one_of(st.none(), TERMS, TERMS),
        topped_up=st.booleans(),
        set_aside=st.sampled_from([0, 250 * MILLION, 700 * MILLION]),
    )
    def open(
        self,
        zone: str,
        order: list[str],
        above: str,
        terms: plans.Terms | None,
        topped_up: bool,
        set_aside: int,
    ) -> None:
        """An account that may have a plan, a top-up and a lease already, so that runs get far."""
        self.database = ExitStack()
        url = self.database.enter_context(fresh_database(CHOSEN))
        self.pair = Pair(url, World(zone, list(order), above))
        if terms is not None:
            self.subscribe(terms, None, False, None)
            if topped_up:
                self.top_up(300 * MILLION, False)
            if set_aside:
                self.lease(set_aside, 86_400, [], None, False, 0)

    def lease(self, amount: int, ttl: int, bites: list, member: None, keyed: bool, percent: int):
        """Set credits aside: whoever draws from them says how."""
        raise NotImplementedError

    @property
    def subscribed(self) -> bool:
        return hasattr(self, "pair") and self.pair.model.bought is not None

    def teardown(self) -> None:
        if not hasattr(self, "pair"):
            return
        try:
            self.pair.reopen()
            for key in self.pair.answered:
                self.pair.repeat(key)
        finally:
            self.pair.close()
            self.database.close()

    @invariant()
    def everything_agrees(self) -> None:
        if hasattr(self, "pair"):
            self.pair.check()

    # Time, and the world around

    @rule(by=SPANS, times=st.integers(1, 3))
    def time_passes(self, by: int, times: int) -> None:
        self.pair.clock.jump_to(self.pair.clock.now() + by * times)

    @rule(offset=st.sampled_from([-1, 0, 0, 1]))
    def time_passes_until_something_is_due(self, offset: int) -> None:
        due = self.pair.model.tried(self.pair.clock.now()).next_due()
        if due < FOREVER:
            self.pair.clock.jump_to(due + offset)

    @rule(by=st.sampled_from([1, MILLION, DAY]))
    def the_clock_jumps_back(self, by: int) -> None:
        self.pair.clock.jump_back(by)

    @rule()
    def the_file_is_opened_again(self) -> None:
        self.pair.reopen()

    @rule()
    def the_account_is_brought_up_to_date(self) -> None:
        fallen = self.pair.model.fallen(self.pair.clock.now())
        assert self.pair.credits.execute([commands.Advance("acct_1")]) == [None]
        self.pair.model = fallen
        self.pair.past.append(fallen)

    @rule()
    def other_prices_are_published(self) -> None:
        lists = self.pair.model.price_lists
        now = self.pair.clock.now()
        since, newest = lists[-1]
        if now >= max(since, self.pair.model.opened) and len(lists) < 3:
            other = replace(newest, dear=not newest.dear)
            self.pair.credits.publish(other.catalog())
            for model in {id(each): each for each in [*self.pair.past, self.pair.model]}.values():
                model.price_lists = [*lists, (now, other)]

    # Subscriptions

    @precondition(lambda self: not self.subscribed)
    @rule(pick=PICK, keyed=KEYED)
    def ask_for_a_subscription_that_is_not_there(self, pick: int, keyed: bool) -> None:
        [
            lambda: self.pair.both("cancel", plans.cancel, keyed=keyed),
            lambda: self.pair.both("resume", plans.resume, keyed=keyed),
            lambda: self.change_plan(("max", 4_000, "monthly"), False, keyed),
            lambda: self.pay(40, None, keyed),
        ][pick % 4]()

    @precondition(lambda self: self.subscribed)
    @rule(terms=TERMS, keyed=KEYED)
    def subscribe_again(self, terms: plans.Terms, keyed: bool) -> None:
        self.pair.both(
            "subscribe",
            lambda model: buy(model, terms, model.at, plans.NOTHING),
            *terms,
            keyed=keyed,
        )

    @precondition(lambda self: not self.subscribed)
    @rule(terms=TERMS, starts=st.sampled_from([None, None, 0, -40, 12]), keyed=KEYED,
          paid=st.sampled_from([None, None, 0, 1, 3, -20, 70]),
          trial=st.sampled_from([False, False, True]))  # fmt: skip
    def subscribe(
        self,
        terms: plans.Terms,
        starts: int | None,
        keyed: bool,
        paid: int | None,
        trial: bool = False,
    ) -> None:
        """It is paid for so many intervals, or (negative) until so many days from its start."""
        now = self.pair.now
        at = now if starts is None else now + starts * DAY
        said, payment = self.said(paid if paid is None or paid > 0 else None, None)
        if paid is not None and paid < 0:
            said = {"paid_through": to_datetime(max(at, now) - paid * DAY)}
            payment = plans.Paid(until=max(at, now) - paid * DAY)
        if paid == 0:
            trial, said, payment = True, {"intervals": 0}, plans.Paid(nothing=True)
        self.pair.both(
            "subscribe",
            lambda model: buy(model, terms, at, payment, trial),
            *terms,
            starts_at=None if starts is None else to_datetime(at),
            trial=trial,
            **said,
            keyed=keyed,
        )

    def said(self, intervals: int | None, cycles: int | None) -> tuple[dict[str, Any], plans.Paid]:
        """What a payment says, to the engine and to the model."""
        if intervals is not None:
            return {"intervals": intervals}, plans.Paid(intervals=intervals)
        if cycles is not None:
            return {"cycles": cycles}, plans.Paid(cycles=cycles)
        return {}, plans.NOTHING

    @precondition(lambda self: self.subscribed)
    @rule(terms=TERMS, as_billed=st.booleans(), keyed=KEYED,
          paid=st.sampled_from([None, None, "paid", 1, 2]),
          later=st.sampled_from([False, False, True]))  # fmt: skip
    def change_plan(
        self,
        terms: plans.Terms,
        as_billed: bool,
        keyed: bool,
        paid: Any = None,
        later: bool = False,
    ) -> None:
        if as_billed and self.pair.model.bought:
            terms = (*terms[:2], self.pair.model.bought.interval)
        said, payment = self.said(paid if isinstance(paid, int) else None, None)
        if paid == "paid":
            said, payment = {"paid": True}, plans.Paid(only=True)
        said["later"] = later
        preview, _, _ = self.pair.ask("change_plan", terms, {"preview": True, **said})
        answer, kind = self.pair.both(
            "change_plan",
            lambda model: change(model, terms, payment, later),
            *terms,
            keyed=keyed,
            **said,
        )
        if answer is not None:
            assert answer.change == kind
            assert preview.to_json().replace(b'"preview":true', b'"preview":false') == (
                answer.to_json()
            )

    @precondition(lambda self: self.subscribed)
    @rule(keyed=KEYED)
    def cancel(self, keyed: bool) -> None:
        self.pair.both("cancel", plans.cancel, keyed=keyed)

    @precondition(lambda self: self.subscribed)
    @rule(keyed=KEYED)
    def resume(self, keyed: bool) -> None:
        self.pair.both("resume", plans.resume, keyed=keyed)

    @precondition(lambda self: self.subscribed)
    @rule(until=st.sampled_from([None, None, 1, DAY, 20 * DAY, 50 * DAY, -1, 0]),
          at_once=st.booleans(), keyed=KEYED)  # fmt: skip
    def pause(self, until: int | None, at_once: bool, keyed: bool) -> None:
        """Until it is resumed, until an instant, or (0 or less) until about its second boundary."""
        ends = FOREVER if until is None else self.pair.now + until
        bought = self.pair.model.bought
        if until is not None and until <= 0 and bought is not None:
            ends = self.pair.model.boundary(bought, max(0, bought.month) + 2) + until
        self.pair.both(
            "pause",
            lambda model: plans.pause(model, ends, at_once),
            until=None if until is None else to_datetime(ends),
            at_once=at_once,
            keyed=keyed,
        )

    @precondition(lambda self: self.subscribed)
    @rule(move=st.booleans(), keyed=KEYED)
    def reset_cycle(self, move: bool, keyed: bool) -> None:
        self.pair.both(
            "reset_cycle", lambda model: plans.reset(model, move), "a reason", move, keyed=keyed
        )

    @rule(offset=st.sampled_from([0, 3_600, -80_000, 86_400, 86_401, 400_000]),
          count=st.sampled_from([None, 1, 1, 2]), of=st.sampled_from(["cycles", "intervals"]),
          keyed=KEYED)  # fmt: skip
    def pay(self, offset: int, count: int | None, keyed: bool, of: str = "cycles") -> None:
        """For so many cycles or intervals, or until about the boundary that is unpaid next."""
        bought = self.pair.model.bought or self.pair.model.lapsed
        if count is None and bought is not None:
            month = plans.first_unpaid(self.pair.model, bought) + 1
            until = self.pair.model.boundary(bought, month) + offset * MILLION
            said, payment = {"paid_through": to_datetime(until)}, plans.Paid(until=until)
        else:
            by_interval = of == "intervals"
            said, payment = self.said(
                (count or 1) if by_interval else None, None if by_interval else (count or 1)
            )
        answer, did = self.pair.both(
            "pay", lambda model: plans.pay(model, payment), keyed=keyed, **said
        )
        if answer is not None:
            assert answer.change == did

    @precondition(lambda self: self.subscribed)
    @rule(void=st.booleans(), keyed=KEYED)
    def end(self, void: bool, keyed: bool) -> None:
        self.pair.both(
            "end", lambda model: plans.end(model, void), "charged back", void, keyed=keyed
        )

    # Credits given and taken back

    @rule(amount=AMOUNTS, keyed=KEYED)
    def top_up(self, amount: int, keyed: bool) -> None:
        answer, number = self.pair.both(
            "top_up", lambda model: model.top_up(amount), credits(amount), custom=True, keyed=keyed
        )
        if answer is not None:
            self.pair.given.append((answer.seq, number))

    @rule(
        amount=AMOUNTS,
        source=st.sampled_from(["promo", "adjustment", "topup", "free"]),
        ends=st.sampled_from([None, 1, 900 * MILLION, DAY, 31 * DAY]),
        priority=st.sampled_from([None, None, 1, 20, 30, 100]),
        begins=st.sampled_from([None, None, None, 1, DAY, 31 * DAY]),
        tools=st.sampled_from([(), (), (), ("image",), ("video", "voice")]),
        keyed=KEYED,
    )
    def grant(
        self,
        amount: int,
        source: str,
        ends: int | None,
        priority: int | None,
        begins: int | None,
        tools: tuple[str, ...],
        keyed: bool,
    ) -> None:
        since = None if begins is None else self.pair.now + begins
        until = FOREVER if ends is None else (since or self.pair.now) + ends
        answer, number = self.pair.both(
            "grant",
            lambda model: grants.grant(model, source, amount, until, priority, since, tools),
            credits(amount),
            source,
            None if ends is None else to_datetime(until),
            priority,
            keyed=keyed,
            effective_at=None if since is None else to_datetime(since),
            tools=tools,
        )
        self.pair.given.append((answer.seq, number))

    @rule(amount=AMOUNTS, keyed=KEYED)
    def take_back(self, amount: int, keyed: bool) -> None:
        self.pair.both(
            "adjust",
            lambda model: grants.take_back(model, amount),
            f"-{credits(amount)}",
            "a mistake",
            keyed=keyed,
        )

    @precondition(lambda self: hasattr(self, "pair") and self.pair.given)
    @rule(pick=PICK, keyed=KEYED)
    def reverse(self, pick: int, keyed: bool) -> None:
        seq, number = (1_000_000, None) if pick % 9 == 0 else self.pair.given_back(pick)
        self.pair.both(
            "reverse", lambda model: grants.reverse(model, number), seq, "a mistake", keyed=keyed
        )

    @precondition(lambda self: hasattr(self, "pair") and self.pair.given)
    @rule(pick=PICK, owe=st.booleans(), keyed=KEYED)
    def void(self, pick: int, owe: bool, keyed: bool) -> None:
        seq, number = (1_000_000, None) if pick % 9 == 0 else self.pair.given_back(pick)
        answer, said = self.pair.both(
            "void",
            lambda model: grants.void(model, number, owe),
            f"g{seq}",
            "charged back",
            owe,
            keyed=keyed,
        )
        if answer is not None:
            assert (-micros(answer.credits), micros(answer.owed)) == said

    @precondition(lambda self: hasattr(self, "pair") and self.pair.given)
    @rule(pick=PICK, ends=st.sampled_from([None, 0, 1, DAY, 62 * DAY]), keyed=KEYED)
    def set_expiry(self, pick: int, ends: int | None, keyed: bool) -> None:
        seq, number = (1_000_000, None) if pick % 9 == 0 else self.pair.given_back(pick)
        until = FOREVER if ends is None else self.pair.now + ends
        self.pair.both(
            "set_expiry",
            lambda model: grants.set_expiry(model, number, until),
            f"g{seq}",
            None if ends is None else to_datetime(until),
            "they asked",
            keyed=keyed,
        )


def buy(model: Naive, terms: plans.Terms, at: int, paid: plans.Paid, trial: bool = False) -> None:
    if not model.bought and not model.prices.sold(*terms[:2]):
        raise plans.No("invalid")
    plans.subscribe(model, terms, at, paid, trial)


def change(model: Naive, terms: plans.Terms, paid: plans.Paid, later: bool) -> str:
    if model.bought and not model.prices.sold(*terms[:2]):
        raise plans.No("invalid")
    return plans.change(model, terms, paid, later)
