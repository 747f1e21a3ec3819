"""Commands for many accounts in one batch do what they would have done one after the other."""

from contextlib import ExitStack
from typing import Any, Self

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallystick import KeyConflict, Tallystick, commands
from tallystick.core.refusals import HoldClosed, QuoteUsed
from tests.databases import scratch_database, stored
from tests.model.driver import LooseClock
from tests.model.schedules import SPANS
from tests.model.world import World

ACCOUNTS = ("ann", "ben", "cleo", "dan")
KEYS = st.sampled_from([None, None, None, "k1", "k2"])
HOLD = st.integers(2, 14).map(lambda seq: f"h{seq}")
CREDITS = st.sampled_from([5, 40, 700])

Group = tuple[int, list[commands.Command]]


def any_command() -> st.SearchStrategy[commands.Command]:
    account = st.sampled_from(ACCOUNTS)
    picture = st.integers(1, 30).map(lambda images: {"images": images})
    return st.one_of(
        st.builds(commands.OpenAccount, account, key=KEYS),
        st.builds(
            commands.Subscribe,
            account,
            st.just("basic"),
            st.sampled_from([1_000, 4_000]),
            key=KEYS,
        ),
        st.builds(
            commands.ChangePlan, account, st.just("max"), st.sampled_from([4_000, 24_000]), key=KEYS
        ),
        st.builds(commands.Cancel, account, key=KEYS),
        st.builds(commands.TopUp, account, CREDITS, key=KEYS),
        st.builds(commands.GrantCredits, account, CREDITS, key=KEYS),
        st.builds(commands.Adjust, account, st.sampled_from([-90, 9]), st.just("why"), key=KEYS),
        st.builds(commands.Charge, account, st.just("Picture"), picture, key=KEYS),
        st.builds(commands.PlaceHold, account, st.just("Picture"), picture, key=KEYS),
        st.builds(commands.Lease, account, st.sampled_from([40, 500]), key=KEYS),
        st.builds(commands.Draw, account, HOLD, st.just("Picture"), picture, key=KEYS),
        st.builds(commands.Settle, account, HOLD, st.sampled_from([None, 0, 24]), key=KEYS),
        st.builds(commands.Release, account, HOLD, key=KEYS),
        st.builds(commands.Extend, account, HOLD, st.just(60), key=KEYS),
        st.builds(commands.Reverse, account, st.integers(1, 9), st.just("why"), key=KEYS),
        st.builds(commands.Advance, account),
    )


groups = st.lists(
    st.tuples(st.sampled_from(SPANS), st.lists(any_command(), min_size=1, max_size=14)),
    min_size=1,
    max_size=6,
)


class Many:
    """A platform whose accounts are asked in batches or one at a time."""

    def __init__(self) -> None:
        self.clock = LooseClock("2026-03-27T20:00:00Z")
        self._open = ExitStack()
        url = self._open.enter_context(scratch_database())
        self.credits = Tallystick.open(url, catalog=World().catalog(), clock=self.clock)
        self._open.callback(self.credits.close)
        self.credits.execute([commands.OpenAccount(each) for each in ACCOUNTS[:3]])
        self.credits.execute([commands.GrantCredits(each, 2_000) for each in ACCOUNTS[:2]])

    def ask(self, asked: list[Group], together: bool) -> list[str]:
        said = []
        for wait, group in asked:
            self.clock.jump_to(self.clock.now() + wait)
            if together:
                said += self.credits.execute(group)
            else:
                said += [self.credits.execute([command])[0] for command in group]
        return [as_text(each) for each in said]

    def tables(self) -> dict[str, list[Any]]:
        names = ("accounts", "journal", "holds", "refusals")
        return {name: stored(self.credits, name) for name in names}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._open.close()


def as_text(answer: Any) -> str:
    return repr((type(answer), str(answer), getattr(answer, "facts", None)))


@given(groups)
def test_a_batch_writes_what_one_at_a_time_writes(asked: list[Group]):
    with Many() as batched, Many() as single:
        assert batched.ask(asked, together=True) == single.ask(asked, together=False)
        assert batched.tables() == single.tables()
        assert batched.credits.verify()


@given(groups, st.randoms(use_true_random=False))
def test_how_accounts_interleave_changes_nothing(asked: list[Group], random: Any):
    """Shuffled between accounts, in order within each: every account's journal is the same."""
    with Many() as straight, Many() as shuffled:
        straight.ask(asked, together=True)
        shuffled.ask([(wait, interleaved(group, random)) for wait, group in asked], together=True)
        assert straight.tables() == shuffled.tables()


def interleaved(group: list[commands.Command], random: Any) -> list[commands.Command]:
    queues = {name: [each for each in group if each.account == name] for name in ACCOUNTS}
    mixed = []
    while any(queues.values()):
        name = random.choice([name for name, queue in queues.items() if queue])
        mixed.append(queues[name].pop(0))
    return mixed


@pytest.fixture
def credits():
    with Many() as many:
        many.credits.subscribe("ann", "basic", 1_000)
        yield many.credits


def test_within_a_batch_a_key_has_one_effect(credits: Tallystick):
    charge = commands.Charge("ann", "Picture", {"images": 2}, key="k")
    first, second, other = credits.execute(
        [charge, charge, commands.Charge("ann", "Picture", {"images": 3}, key="k")]
    )
    assert first.to_json() == second.to_json()
    assert isinstance(other, KeyConflict)
    assert credits.balance("ann").available == 100 + 200 + 1_000 + 2_000 - 48


def test_within_a_batch_a_quote_is_spent_once(credits: Tallystick):
    token = credits.quote("Picture", account="ann", images=2).quote
    first, second, third = credits.execute(
        [
            commands.Charge("ann", quote=token),
            commands.PlaceHold("ann", quote=token),
            commands.Charge("ann", quote=token),
        ]
    )
    assert first.credits == 48
    assert isinstance(second, QuoteUsed)
    assert isinstance(third, QuoteUsed)


def test_within_a_batch_a_hold_closes_once(credits: Tallystick):
    hold = credits.hold("ann", "Picture", images=2).hold
    settled, released, again = credits.execute(
        [
            commands.Settle("ann", hold),
            commands.Release("ann", hold),
            commands.Settle("ann", hold, 1),
        ]
    )
    assert settled.credits == 48
    assert isinstance(released, HoldClosed)
    assert isinstance(again, HoldClosed)
    assert again.how == "settled"


def test_within_a_batch_what_is_due_falls_due_once(credits: Tallystick):
    for _ in range(3):
        credits.hold("ann", "Picture", images=2, ttl_seconds=60)
    credits._transport.engine.clock.jump_to(credits._transport.engine.clock.now() + 10**9)
    credits.execute([commands.GrantCredits("ann", 1), commands.GrantCredits("ann", 2)])
    kinds = [entry.kind for entry in credits.entries("ann")]
    assert kinds[-5:] == ["released"] * 3 + ["granted"] * 2
    assert kinds.count("released") == 3
    assert credits.verify()


def test_bad_input_in_a_batch_touches_no_other_command(credits: Tallystick):
    good = commands.Charge("ann", "Picture", {"images": 1})
    said = credits.execute(
        [good, commands.Charge("ann", "Pictur", {}), "no command", good, commands.TopUp("ann", -1)]
    )
    assert [type(each).__name__ for each in said] == [
        "Charge",
        "UnknownModel",
        "InvalidRequest",
        "Charge",
        "InvalidRequest",
    ]
