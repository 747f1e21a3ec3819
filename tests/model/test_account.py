"""One account through anything that can happen to it: the real engine on a real file against the
naive model, step by step."""

from fractions import Fraction

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tallystick.core.instants import to_datetime
from tests.model import naive_grants as grants
from tests.model import naive_leases as leases
from tests.model import naive_plans as plans
from tests.model.driver import micros
from tests.model.living import DAY, KEYED, PICK, SPANS, Living, credits
from tests.model.naive import Naive
from tests.model.naive_things import FOREVER, MILLION

UNIT = {"picture": "images", "portrait": "images", "clip": "seconds", "voice": "characters"}
UNIT["advice"] = "consultations"

MODELS = st.sampled_from(["picture", "picture", "portrait", "clip", "voice", "advice"])
SECONDS = st.sampled_from([Fraction(1, 2), Fraction(1), Fraction(8), Fraction(61, 10)])
COUNTS = st.integers(1, 40).map(Fraction)
OUTPUTS = st.sampled_from([1, 1, 3])
MEMBER = st.sampled_from([None, "ann", "ann", "ben"])
ENDS = st.sampled_from([None, None, 1, 900 * MILLION, 31 * DAY])
STRAY = st.sampled_from([True, False, False])
LEASED = st.sampled_from([MILLION // 2, 72 * MILLION, 250 * MILLION, 250 * MILLION, 10**9])
Bites = list[tuple[int, tuple[str, Fraction, int]]]


@st.composite
def generations(
    draw: st.DrawFn,
    counts: st.SearchStrategy[Fraction] = COUNTS,
    outputs: st.SearchStrategy[int] = OUTPUTS,
) -> tuple[str, Fraction, int]:
    model = draw(MODELS)
    return model, draw(SECONDS if model == "clip" else counts), draw(outputs)


BITES = st.lists(
    st.tuples(
        st.sampled_from([0, 0, MILLION, 7_200 * MILLION]),
        generations(st.sampled_from([Fraction(1), Fraction(2)]), st.just(1)),
    ),
    min_size=1,
    max_size=4,
)
"""What a lease is for: small generations, some time apart, several before anybody looks."""


def asked(generation: tuple[str, Fraction, int]) -> dict[str, object]:
    """A generation as the verbs take it."""
    model, amount, outputs = generation
    quantity = amount.numerator if amount.denominator == 1 else float(amount)
    return {"model": model, UNIT[model]: quantity, "outputs": outputs}


class OneAccount(Living):
    """Each rule asks the engine and the model for the same."""

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

    @rule(
        generation=generations(),
        ttl=st.sampled_from([1, 60, 900, 86_400]),
        member=MEMBER,
        keyed=KEYED,
    )
    def hold(
        self, generation: tuple[str, Fraction, int], ttl: int, member: str | None, keyed: bool
    ) -> None:
        self.placed(
            lambda model: model.hold(*generation, ttl, member == "ann"),
            keyed,
            ttl_seconds=ttl,
            member=member,
            **asked(generation),
        )

    def placed(self, expected: object, keyed: bool, verb: str = "hold", **named: object) -> None:
        """A hold that both placed, noted in the model under the engine's id."""
        answer, held = self.pair.both(verb, expected, keyed=keyed, **named)
        if answer is not None:
            self.pair.model.holds[answer.hold] = held
            assert answer.credits * MILLION == held.total
        return answer and answer.hold

    @property
    def held(self) -> bool:
        return hasattr(self, "pair") and bool(self.pair.model.holds)

    @property
    def held_open(self) -> bool:
        return self.held and not all(hold.closed for hold in self.pair.model.holds.values())

    def a_hold(self, pick: int, to_settle: bool = False) -> str:
        """Mostly one that is open; now and then a closed one, or one that never was."""
        if pick % 23 == 0:
            return "h999999"
        holds = self.pair.model.holds
        names = [name for name, hold in holds.items() if not hold.closed]
        if to_settle:
            names = [name for name in names if name not in self.leased] or names
        if pick % 7 == 0 or not names:
            names = list(holds)
        return names[pick % len(names)]

    @rule(generation=generations(), member=MEMBER, keyed=KEYED, percent=st.integers(0, 100))
    def charge(
        self,
        generation: tuple[str, Fraction, int],
        member: str | None,
        keyed: bool,
        percent: int,
    ) -> None:
        named, actual = self.costing(generation, percent)
        self.pair.both(
            "charge",
            lambda model: model.charge(*generation, actual, member == "ann"),
            member=member,
            keyed=keyed,
            **named,
        )

    @precondition(lambda self: self.held)
    @rule(pick=PICK, keyed=KEYED, percent=st.sampled_from([0, 1, 50, 99, 100, 100, 101, 300]))
    def settle(self, pick: int, keyed: bool, percent: int) -> None:
        name = self.a_hold(pick, to_settle=True)
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
        name = self.a_hold(pick, to_settle=True)
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
        name = self.a_hold(pick, to_settle=True)
        self.pair.both(
            "settle",
            lambda model: model.settle_for_nothing(name, outcome),
            name,
            outcome=outcome,
            keyed=keyed,
        )

    @precondition(lambda self: hasattr(self, "pair") and self.pair.model.paid)
    @rule(pick=PICK, percent=st.sampled_from([None, 1, 50, 99, 100, 101]), keyed=KEYED)
    def refund(self, pick: int, percent: int | None, keyed: bool) -> None:
        receipts = list(self.pair.model.paid)
        receipt = receipts[-1] if pick % 2 else receipts[pick % len(receipts)]
        left = sum(part for _, part in self.pair.model.paid[receipt].parts)
        amount = None if percent is None else left * percent // 100 or 1
        answer, gone = self.pair.both(
            "refund",
            lambda model: model.refund(receipt, amount),
            receipt,
            None if amount is None else credits(amount),
            "a reason",
            keyed=keyed,
        )
        if answer is not None:
            assert (micros(answer.returned), micros(answer.expired)) == gone
            assert micros(self.pair.credits.receipt("acct_1", receipt).refunded) == micros(
                answer.refunded
            )

    @precondition(lambda self: hasattr(self, "pair") and self.pair.model.paid)
    @rule(pick=PICK, percent=st.sampled_from([None, 1, 50, 100, 101]), ends=ENDS, keyed=KEYED)
    def goodwill(self, pick: int, percent: int | None, ends: int | None, keyed: bool) -> None:
        receipts = list(self.pair.model.paid)
        receipt = receipts[-1] if pick % 2 else receipts[pick % len(receipts)]
        paid = self.pair.model.paid[receipt]
        left = sum(part for _, part in paid.parts) - paid.adjusted
        amount = None if percent is None else left * percent // 100 or 1
        until = FOREVER if ends is None else self.pair.now + ends
        answer, number = self.pair.both(
            "adjust",
            lambda model: grants.goodwill(model, receipt, amount, until),
            None if amount is None else credits(amount),
            "a reason",
            keyed=keyed,
            receipt=receipt,
            full=amount is None,
            expires_at=None if ends is None else to_datetime(until),
        )
        if answer is not None:
            self.pair.given.append((answer.seq, number))
            given = self.pair.model.paid[receipt].adjusted
            assert micros(self.pair.credits.receipt("acct_1", receipt).adjusted) == given

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

    # Leases

    @rule(
        amount=LEASED,
        ttl=st.sampled_from([60, 86_400, 86_400]),
        bites=BITES,
        member=MEMBER,
        keyed=KEYED,
        percent=st.integers(0, 100),
    )
    def lease(
        self, amount: int, ttl: int, bites: Bites, member: str | None, keyed: bool, percent: int
    ) -> None:
        name = self.placed(
            lambda model: leases.lease(model, amount, ttl, member == "ann"),
            keyed,
            "lease",
            credits=credits(amount),
            ttl_seconds=ttl,
            member=member,
        )
        if name is not None:
            self.bite_by_bite(name, bites, keyed, percent)

    @property
    def leased(self) -> list[str]:
        """The leases that are open."""
        holds = self.pair.model.holds.items()
        return [name for name, hold in holds if hold.model == leases.LEASE and not hold.closed]

    @precondition(lambda self: self.held_open)
    @rule(pick=PICK, stray=STRAY, bites=BITES, keyed=KEYED, percent=st.integers(0, 100))
    def draw(self, pick: int, stray: bool, bites: Bites, keyed: bool, percent: int) -> None:
        """Mostly from an open lease; now and then from a hold, or from nothing."""
        leased = self.leased
        name = self.a_hold(pick, to_settle=True)
        if leased and not stray:
            name = leased[pick % len(leased)]
        self.bite_by_bite(name, bites, keyed, percent)

    def bite_by_bite(self, name: str, bites: Bites, keyed: bool, percent: int) -> None:
        for wait, generation in bites:
            self.pair.clock.jump_to(self.pair.clock.now() + wait)
            named, actual = self.costing(generation, percent)
            self.drawn(name, generation, actual, keyed=keyed, **named)

    def drawn(
        self,
        name: str,
        generation: tuple[str, Fraction, int],
        actual: int | None,
        **named: object,
    ) -> None:
        answer, eaten = self.pair.both(
            "draw",
            lambda model: leases.draw(model, name, *generation, actual),
            name,
            **named,
        )
        if answer is not None:
            assert [burn.credits * MILLION for burn in answer.burns] == eaten
            assert answer.credits * MILLION == sum(eaten)
            assert answer.left * MILLION == self.pair.model.holds[name].total

    def costing(
        self, generation: tuple[str, Fraction, int], percent: int
    ) -> tuple[dict[str, object], int | None]:
        """A generation as the verbs take it, with its actual where its price is a range."""
        named, actual = asked(generation), None
        least, most = self.pair.model.tried(self.pair.clock.now()).priced(*generation)
        if least != most:
            actual = least + (most - least) * percent // 100
            named["credits"] = credits(actual)
        return named, actual

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
TestOneAccount.settings = settings(
    settings.default,
    max_examples=settings.default.max_examples * 4 // 3,
    stateful_step_count=settings.default.stateful_step_count * 4 // 3,
)
