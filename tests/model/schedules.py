"""Random lives of an account as data: what is asked of it, and how long after the last time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Any, NamedTuple, TypeAlias

from hypothesis import strategies as st

from tallystick import InvalidRequest, KeyConflict, Refused, Tallystick
from tallystick.core.instants import to_datetime
from tests.databases import scratch_database, stored
from tests.model.driver import LooseClock
from tests.model.naive_things import MILLION
from tests.model.world import CAP_OF_ANN, World

DAY = 86_400 * MILLION
SPANS = (0, 1, 59 * MILLION, 900 * MILLION, 7_200 * MILLION, DAY, 8 * DAY, 31 * DAY, 95 * DAY)
PLANS = (("basic", 1_000), ("basic", 4_000), ("max", 4_000), ("max", 24_000))
INTERVALS = ("monthly", "quarterly", "yearly")
Act = Callable[["Life"], Any]


class Step(NamedTuple):
    """So long after the step before, this verb, with these arguments."""

    wait: int
    verb: str
    args: tuple[Any, ...]
    named: tuple[tuple[str, Any], ...] = ()


class Life:
    """An account that lives through steps, on a platform of its own."""

    def __init__(self, world: World, account: str = "acct_1"):
        self.clock = LooseClock("2026-03-27T20:00:00Z")
        self.account = account
        self._open = ExitStack()
        url = self._open.enter_context(scratch_database())
        self.credits = Tallystick.open(url, catalog=world.catalog(), clock=self.clock)
        self._open.callback(self.credits.close)
        self.credits.open_account(account, members={"ann": CAP_OF_ANN})
        self.holds: list[str] = []
        self.leases: list[str] = []
        self.answers: list[bytes] = []

    def live(self, steps: Sequence[Step], at_each: Callable[[int, int], None] | None = None):
        """Live through `steps`; `at_each` is told between which instants the clock moves."""
        for step in steps:
            until = self.clock.now() + step.wait
            if at_each is not None:
                at_each(self.clock.now(), until)
            self.clock.jump_to(until)
            self.answers.append(self.do(step))
        return self

    def do(self, step: Step) -> bytes:
        args = [self.filled_in(each) for each in step.args]
        named = {name: self.filled_in(value) for name, value in step.named}
        try:
            answer = getattr(self.credits, step.verb)(self.account, *args, **named)
        except (Refused, InvalidRequest, KeyConflict) as error:
            return repr((type(error).__name__, str(error), vars(error))).encode()
        if step.verb in ("hold", "lease"):
            self.holds.append(answer.hold)
        if step.verb == "lease":
            self.leases.append(answer.hold)
        return answer.to_json()

    def filled_in(self, value: Any) -> Any:
        """``("hold", 3)`` becomes the id of the hold that was the third, from the end (leases are
        holds too); ``("lease", 3)`` that of a lease; ``("in", 5)`` an instant."""
        if isinstance(value, tuple) and value[0] in ("hold", "lease"):
            placed = self.holds if value[0] == "hold" else self.leases
            return placed[-1 - value[1] % len(placed)] if placed else "h7777777"
        if isinstance(value, tuple) and value[0] == "in":
            return to_datetime(self.clock.now() + value[1])
        return value

    def table(self, name: str) -> list[tuple[Any, ...]]:
        """A table of the database, every column."""
        return stored(self.credits, name)

    def close(self) -> None:
        self._open.close()


Verbs: TypeAlias = st.SearchStrategy[tuple[str, tuple[Any, ...], tuple[tuple[str, Any], ...]]]
NOTHING: st.SearchStrategy[Any] = st.just(())


def _named(**drawn: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries(drawn).map(lambda made: tuple(made.items()))


REASON = st.just((("reason", "it failed"),))
ON_TRIAL = _named(trial=st.just(True), intervals=st.sampled_from([0, 0, 1]))
VOIDED = st.tuples(st.sampled_from(["g3", "g5", "g8"]), st.just("charged back"))


def _credits_and_plans() -> Verbs:
    terms = st.tuples(st.sampled_from(PLANS), st.sampled_from(INTERVALS)).map(
        lambda drawn: (*drawn[0], drawn[1])
    )
    amount = st.sampled_from([1, 30, 400, 2_500])
    return st.one_of(
        st.tuples(st.just("subscribe"), terms, NOTHING),
        st.tuples(
            st.just("subscribe"),
            terms,
            _named(
                starts_at=st.sampled_from([("in", -40 * DAY), ("in", 0), ("in", 3 * DAY)]),
                intervals=st.sampled_from([1, 2]),
            ),
        ),
        st.tuples(st.just("subscribe"), terms, ON_TRIAL),
        st.tuples(st.just("change_plan"), terms, NOTHING),
        st.tuples(st.just("change_plan"), terms, _named(intervals=st.just(1))),
        st.tuples(st.just("change_plan"), terms, _named(later=st.just(True))),
        st.tuples(st.just("cancel"), NOTHING, NOTHING),
        st.tuples(st.just("resume"), NOTHING, NOTHING),
        st.tuples(st.just("pay"), NOTHING, _named(cycles=st.sampled_from([1, 2]))),
        st.tuples(st.just("pay"), NOTHING, _named(paid_through=st.just(("in", 31 * DAY)))),
        st.tuples(st.just("pause"), NOTHING, _named(at_once=st.booleans())),
        st.tuples(st.just("pause"), NOTHING, _named(until=st.just(("in", 50 * DAY)))),
        st.tuples(st.just("reset_cycle"), st.just(("why",)), _named(move_anchor=st.booleans())),
        st.tuples(st.just("end"), st.just(("charged back",)), NOTHING),
        st.tuples(st.just("top_up"), st.tuples(amount), _named(custom=st.just(True))),
        st.tuples(
            st.just("grant"),
            st.tuples(amount),
            _named(expires_at=st.sampled_from([None, ("in", 1), ("in", DAY), ("in", 31 * DAY)])),
        ),
        st.tuples(
            st.just("grant"),
            st.tuples(amount, st.just("adjustment")),
            _named(effective_at=st.sampled_from([("in", 1), ("in", DAY), ("in", 40 * DAY)])),
        ),
        st.tuples(st.just("void"), VOIDED, _named(owe=st.booleans())),
        st.tuples(
            st.just("adjust"), st.tuples(st.sampled_from([-300, -1, 5]), st.just("why")), NOTHING
        ),
    )


def _generations() -> Verbs:
    hold = st.tuples(st.just("hold"), st.integers(0, 3))
    lease = st.tuples(st.just("lease"), st.integers(0, 1))
    return st.one_of(
        st.tuples(
            st.just("charge"),
            st.tuples(st.just("Picture")),
            _named(images=st.integers(1, 20), member=st.just("ann")),
        ),
        st.tuples(
            st.just("hold"),
            st.tuples(st.just("Clip")),
            _named(seconds=st.integers(1, 40), ttl_seconds=st.sampled_from([1, 900, 86_400])),
        ),
        st.tuples(
            st.just("hold"),
            st.tuples(st.just("Picture")),
            _named(images=st.integers(1, 9), ttl_seconds=st.sampled_from([60, 7_200, 86_400])),
        ),
        st.tuples(
            st.just("lease"),
            st.tuples(st.sampled_from([1, 90, 700])),
            _named(ttl_seconds=st.sampled_from([60, 86_400, 86_400]), member=st.just("ann")),
        ),
        st.tuples(
            st.just("draw"),
            st.tuples(lease, st.just("Picture")),
            _named(images=st.integers(1, 5)),
        ),
        st.tuples(st.just("settle"), st.tuples(hold), NOTHING),
        st.tuples(
            st.just("settle"), st.tuples(hold), _named(credits=st.sampled_from([0, 1, 24, 10.5]))
        ),
        st.tuples(st.just("release"), st.tuples(hold), NOTHING),
        st.tuples(st.just("increase"), st.tuples(hold, st.sampled_from([100, 900])), NOTHING),
        st.tuples(st.just("refund"), st.tuples(st.sampled_from(["r4", "r6", "r9"])), REASON),
        st.tuples(st.just("extend"), st.tuples(hold, st.sampled_from([1, 900, 86_400])), NOTHING),
    )


@st.composite
def steps(draw: st.DrawFn, most: int = 25) -> tuple[Step, ...]:
    """A life: mostly short waits, now and then months. It begins with a plan, so that there is
    something to lose."""
    verbs = _credits_and_plans() | _generations()
    drawn = draw(st.lists(st.tuples(st.sampled_from(SPANS), verbs), min_size=4, max_size=most))
    first = Step(0, "subscribe", (*draw(st.sampled_from(PLANS)), draw(st.sampled_from(INTERVALS))))
    if draw(st.booleans()):
        first = first._replace(
            named=(("trial", True), ("intervals", draw(st.sampled_from([0, 1]))))
        )
    rest = [Step(wait, verb, args, named) for wait, (verb, args, named) in drawn]
    return (first, *rest)


ROLLS = st.sampled_from([(None, 100, 2), (None, 25, 1), (600, 100, 1), (1_500, 100, 3)])
CALENDARS = st.sampled_from([("day", 1), ("day", 31), ("weekday", 0)])
OF_PLANS = st.sampled_from(["basic", "max"])

worlds = st.builds(
    World,
    zone=st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Africa/Cairo"]),
    above_hold=st.sampled_from(["refuse", "take_available"]),
    burn_by=st.sampled_from(["source", "expiry"]),
    grace_days=st.sampled_from([3, 3, 0]),
    revival_days=st.sampled_from([30, 30, 0]),
    paused_plan=st.sampled_from(["locked", "unlocked"]),
    trials=st.just({"basic": (7, 200), "max": (31, 900)}),
    calendars=st.one_of(st.just({}), st.dictionaries(OF_PLANS, CALENDARS)),
    first=st.sampled_from(["full", "proportion", "nothing"]),
    rolls=st.one_of(st.just({}), st.dictionaries(OF_PLANS, ROLLS)),
)
"""Platforms of every kind that a catalog can say."""
