"""One account through anything that can happen to it: the real engine on a real file against the
naive model, step by step."""

import shutil
import tempfile
from fractions import Fraction
from pathlib import Path

from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from tallystick.core.instants import to_datetime
from tests.model import naive_plans as plans
from tests.model.driver import Pair
from tests.model.naive import FOREVER, MILLION, Naive
from tests.model.world import DEFAULT_ORDER, PACKAGES, TURNED_ORDER, World

DAY = 86_400 * MILLION
UNIT = {"picture": "images", "portrait": "images", "clip": "seconds", "voice": "characters"}
UNIT["advice"] = "consultations"

MODELS = st.sampled_from(["picture", "picture", "portrait", "clip", "voice", "advice"])
SECONDS = st.sampled_from([Fraction(1, 2), Fraction(1), Fraction(8), Fraction(61, 10)])
COUNTS = st.integers(1, 40).map(Fraction)
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


@st.composite
def generations(draw: st.DrawFn) -> tuple[str, Fraction, int]:
    model = draw(MODELS)
    return model, draw(SECONDS if model == "clip" else COUNTS), draw(st.sampled_from([1, 1, 3]))


def asked(generation: tuple[str, Fraction, int]) -> dict[str, object]:
    """A generation as the verbs take it."""
    model, amount, outputs = generation
    quantity = amount.numerator if amount.denominator == 1 else float(amount)
    return {"model": model, UNIT[model]: quantity, "outputs": outputs}


def credits(micros: int) -> object:
    return micros // MILLION if micros % MILLION == 0 else str(Fraction(micros, MILLION) + 0.0)


class OneAccount(RuleBasedStateMachine):
    """Each rule asks the engine and the model for the same."""

    @initialize(
        zone=st.sampled_from(ZONES),
        order=st.sampled_from([DEFAULT_ORDER, DEFAULT_ORDER, TURNED_ORDER]),
        above=st.sampled_from(["refuse", "take_available"]),
        terms=st.one_of(st.none(), TERMS, TERMS),
        topped_up=st.booleans(),
    )
    def open(
        self,
        zone: str,
        order: list[str],
        above: str,
        terms: plans.Terms | None,
        topped_up: bool,
    ) -> None:
        """An account that may have a plan and a top-up already, so that runs get far."""
        self.folder = Path(tempfile.mkdtemp(prefix="tallystick-"))
        self.pair = Pair(self.folder, World(zone, list(order), above))
        if terms is not None:
            self.subscribe(terms, None, False, None)
            if topped_up:
                self.top_up(300 * MILLION, False)

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
            shutil.rmtree(self.folder)

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
        from tallystick import commands

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
            other = World(newest.zone, newest.order, newest.above_hold, not newest.dear)
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
            lambda: self.pay(40, keyed),
        ][pick % 4]()

    @precondition(lambda self: self.subscribed)
    @rule(terms=TERMS, keyed=KEYED)
    def subscribe_again(self, terms: plans.Terms, keyed: bool) -> None:
        self.pair.both(
            "subscribe", lambda model: buy(model, terms, model.at, None), *terms, keyed=keyed
        )

    @precondition(lambda self: not self.subscribed)
    @rule(terms=TERMS, starts=st.sampled_from([None, None, 0, -40, 12]), keyed=KEYED,
          paid=st.sampled_from([None, None, 20, 70]))  # fmt: skip
    def subscribe(
        self, terms: plans.Terms, starts: int | None, keyed: bool, paid: int | None
    ) -> None:
        now = self.pair.now
        at = now if starts is None else now + starts * DAY
        until = None if paid is None else max(at, now) + paid * DAY
        self.pair.both(
            "subscribe",
            lambda model: buy(model, terms, at, until),
            *terms,
            starts_at=None if starts is None else to_datetime(at),
            paid_through=None if until is None else to_datetime(until),
            keyed=keyed,
        )

    @precondition(lambda self: self.subscribed)
    @rule(terms=TERMS, as_billed=st.booleans(), keyed=KEYED)
    def change_plan(self, terms: plans.Terms, as_billed: bool, keyed: bool) -> None:
        if as_billed and self.pair.model.bought:
            terms = (*terms[:2], self.pair.model.bought.interval)
        preview, _, _ = self.pair.ask("change_plan", terms, {"preview": True})
        answer, kind = self.pair.both(
            "change_plan", lambda model: change(model, terms), *terms, keyed=keyed
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
    @rule(days=st.sampled_from([10, 31, 400]), keyed=KEYED)
    def pay(self, days: int, keyed: bool) -> None:
        until = self.pair.now + days * DAY
        self.pair.both(
            "pay", lambda model: plans.pay(model, until), to_datetime(until), keyed=keyed
        )

    # Credits given and taken back

    @rule(amount=AMOUNTS, keyed=KEYED)
    def top_up(self, amount: int, keyed: bool) -> None:
        answer, number = self.pair.both(
            "top_up", lambda model: model.top_up(amount), credits(amount), keyed=keyed
        )
        if answer is not None:
            self.pair.given.append((answer.seq, number))

    @rule(
        amount=AMOUNTS,
        source=st.sampled_from(["promo", "adjustment", "topup", "free"]),
        ends=st.sampled_from([None, 1, 900 * MILLION, DAY, 31 * DAY]),
        priority=st.sampled_from([None, None, 1, 20, 30, 100]),
        keyed=KEYED,
    )
    def grant(
        self, amount: int, source: str, ends: int | None, priority: int | None, keyed: bool
    ) -> None:
        until = FOREVER if ends is None else self.pair.now + ends
        answer, number = self.pair.both(
            "grant",
            lambda model: model.grant(source, amount, until, priority),
            credits(amount),
            source,
            None if ends is None else to_datetime(until),
            priority,
            keyed=keyed,
        )
        self.pair.given.append((answer.seq, number))

    @rule(amount=AMOUNTS, keyed=KEYED)
    def take_back(self, amount: int, keyed: bool) -> None:
        self.pair.both(
            "adjust",
            lambda model: model.take_back(amount),
            f"-{credits(amount)}",
            "a mistake",
            keyed=keyed,
        )

    @precondition(lambda self: hasattr(self, "pair") and self.pair.given)
    @rule(pick=PICK, keyed=KEYED)
    def reverse(self, pick: int, keyed: bool) -> None:
        seq, number = (1_000_000, None) if pick % 9 == 0 else self.pair.given_back(pick)
        self.pair.both(
            "reverse", lambda model: model.reverse(number), seq, "a mistake", keyed=keyed
        )

    # Generations

    @rule(generation=generations())
    def quote(self, generation: tuple[str, Fraction, int]) -> None:
        before = self.pair.lines_written()
        model = self.pair.model.tried(self.pair.clock.now())
        expected = model.quote(*generation)
        quote = self.pair.credits.quote(account="acct_1", **asked(generation))
        assert self.pair.lines_written() == before
        assert quote.max * MILLION == expected.most
        assert quote.min * MILLION == expected.least
        parts, code = tried_hold(model, generation)
        assert quote.allowed == (code is None)
        assert (quote.refusal and quote.refusal.code) == code
        if parts is not None:
            assert [(burn.source, burn.credits * MILLION) for burn in quote.burns] == parts
        for model in (self.pair.model, *self.pair.past):
            model.quotes[quote.quote] = expected

    @precondition(lambda self: self.quoted)
    @rule(pick=PICK, ttl=st.sampled_from([60, 900, 86_400]), keyed=KEYED)
    def hold_a_quote(self, pick: int, ttl: int, keyed: bool) -> None:
        token = self.a_quote(pick)
        self.placed(
            lambda model: model.spend_quote(token, ttl), keyed, quote=token, ttl_seconds=ttl
        )

    @precondition(lambda self: self.quoted)
    @rule(pick=PICK, keyed=KEYED)
    def charge_a_quote(self, pick: int, keyed: bool) -> None:
        token = self.a_quote(pick)
        quoted = self.pair.model.quotes[token]
        if quoted.least == quoted.most:
            self.pair.both(
                "charge", lambda model: model.spend_quote(token, None), quote=token, keyed=keyed
            )

    @property
    def quoted(self) -> bool:
        return hasattr(self, "pair") and bool(self.pair.model.quotes)

    def a_quote(self, pick: int) -> str:
        """Mostly the newest."""
        tokens = list(self.pair.model.quotes)
        return tokens[-1] if pick % 3 else tokens[pick % len(tokens)]

    @rule(generation=generations(), ttl=st.sampled_from([1, 60, 900, 86_400]), keyed=KEYED)
    def hold(self, generation: tuple[str, Fraction, int], ttl: int, keyed: bool) -> None:
        self.placed(
            lambda model: model.hold(*generation, ttl),
            keyed,
            ttl_seconds=ttl,
            **asked(generation),
        )

    def placed(self, expected: object, keyed: bool, **named: object) -> None:
        """A hold that both placed, noted in the model under the engine's id."""
        answer, held = self.pair.both("hold", expected, keyed=keyed, **named)
        if answer is not None:
            self.pair.model.holds[answer.hold] = held
            assert answer.credits * MILLION == held.total

    @property
    def held(self) -> bool:
        return hasattr(self, "pair") and bool(self.pair.model.holds)

    def a_hold(self, pick: int) -> str:
        """Mostly one that is open; now and then a closed one, or one that never was."""
        if pick % 23 == 0:
            return "h999999"
        holds = self.pair.model.holds
        names = [name for name, hold in holds.items() if not hold.closed]
        if pick % 7 == 0 or not names:
            names = list(holds)
        return names[pick % len(names)]

    @rule(generation=generations(), keyed=KEYED, percent=st.integers(0, 100))
    def charge(self, generation: tuple[str, Fraction, int], keyed: bool, percent: int) -> None:
        named = asked(generation)
        actual = None
        least, most = self.pair.model.tried(self.pair.clock.now()).priced(*generation)
        if least != most:
            actual = least + (most - least) * percent // 100
            named["credits"] = credits(actual)
        self.pair.both(
            "charge", lambda model: model.charge(*generation, actual), keyed=keyed, **named
        )

    @precondition(lambda self: self.held)
    @rule(pick=PICK, keyed=KEYED, percent=st.sampled_from([0, 1, 50, 99, 100, 100, 101, 300]))
    def settle(self, pick: int, keyed: bool, percent: int) -> None:
        name = self.a_hold(pick)
        held = self.pair.model.holds.get(name)
        actual = 5 * MILLION if held is None else held.total * percent // 100
        self.pair.both(
            "settle",
            lambda model: model.settle(name, actual),
            name,
            credits(actual),
            keyed=keyed,
        )

    @precondition(lambda self: self.held)
    @rule(pick=PICK, keyed=KEYED, amount=SECONDS)
    def settle_by_quantity(self, pick: int, keyed: bool, amount: Fraction) -> None:
        name = self.a_hold(pick)
        held = self.pair.model.holds.get(name)
        if held is not None and held.model == "clip":
            named = {"seconds": float(amount)}
            most = held.prices.cost("clip", amount, held.outputs)[1] * MILLION
            self.pair.both(
                "settle", lambda model: model.settle(name, most), name, keyed=keyed, **named
            )

    @precondition(lambda self: self.held)
    @rule(
        pick=PICK,
        keyed=KEYED,
        outcome=st.sampled_from(
            ["provider_error", "timeout", "canceled_before_start", "moderated"]
        ),
    )
    def nothing_came_of_it(self, pick: int, keyed: bool, outcome: str) -> None:
        name = self.a_hold(pick)
        self.pair.both(
            "settle",
            lambda model: model.settle_for_nothing(name, outcome),
            name,
            outcome=outcome,
            keyed=keyed,
        )

    @precondition(lambda self: self.held)
    @rule(pick=PICK, keyed=KEYED)
    def release(self, pick: int, keyed: bool) -> None:
        name = self.a_hold(pick)
        self.pair.both("release", lambda model: model.release(name), name, keyed=keyed)

    @precondition(lambda self: self.held)
    @rule(pick=PICK, keyed=KEYED, ttl=st.sampled_from([1, 900, 86_400]))
    def extend(self, pick: int, keyed: bool, ttl: int) -> None:
        name = self.a_hold(pick)
        self.pair.both("extend", lambda model: model.extend(name, ttl), name, ttl, keyed=keyed)

    # Asking twice, and asking about other times

    @precondition(lambda self: hasattr(self, "pair") and self.pair.answered)
    @rule(pick=PICK)
    def ask_again(self, pick: int) -> None:
        keys = list(self.pair.answered)
        self.pair.repeat(keys[pick % len(keys)])

    @precondition(lambda self: hasattr(self, "pair") and self.pair.answered)
    @rule(pick=PICK)
    def misuse_a_key(self, pick: int) -> None:
        keys = list(self.pair.answered)
        self.pair.misuse(keys[pick % len(keys)])

    @rule(by=SPANS)
    def look_ahead(self, by: int) -> None:
        self.pair.check_as_of(self.pair.now + by)

    @rule(by=SPANS)
    def look_back(self, by: int) -> None:
        self.pair.check_as_of(max(self.pair.now - by, self.pair.model.opened))


def buy(model: Naive, terms: plans.Terms, at: int, until: int | None) -> None:
    if not model.bought and not model.prices.sold(*terms[:2]):
        raise plans.No("invalid")
    plans.subscribe(model, terms, at, until)


def change(model: Naive, terms: plans.Terms) -> str:
    if model.bought and not model.prices.sold(*terms[:2]):
        raise plans.No("invalid")
    return plans.change(model, terms)


def tried_hold(
    model: Naive, generation: tuple[str, Fraction, int]
) -> tuple[list[tuple[str, int]] | None, str | None]:
    """What a hold would take off each lot, or the code it would be refused with."""
    try:
        held = model.hold(*generation, 900)
    except plans.No as no:
        return None, no.code
    return [(lot.source, part) for lot, part in held.parts], None


TestOneAccount = OneAccount.TestCase
