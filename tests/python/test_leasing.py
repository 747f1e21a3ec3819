"""A lease that renews itself: spends answered here and written behind, through every transport."""

import pickle
from typing import Any

import pytest

from tallystick import (
    InvalidRequest,
    KeyConflict,
    LeaseExhausted,
    SpendsNotWritten,
    StoreError,
    ToolNotInPlan,
    UnknownModel,
    commands,
    refusals,
)
from tallystick.client import lease_set
from tallystick.testing import TestClock
from tests.python.spends import spent_in_the_end
from tests.python.transports import TRANSPORTS
from tests.scenarios.small import small

SPENDS: list[tuple[str, dict[str, Any]]] = [
    ("Dot", {"images": 3}),
    ("dot", {"outputs": 2, "labels": {"project": "film"}}),
    ("Consultation", {"credits": 7}),
    ("Voice", {"text": "hello, all of you", "outputs": 2}),
    ("Clip", {"seconds": 1.5}),
    ("Shot", {"resolution": "720p", "seconds": 1}),
]
TOOLS = """
plans:
  - {id: free, name: Free, tools: [image]}
  - {id: basic, name: Basic, tools: [image, agent, film], packages: [{credits: 100}]}
  - {id: studio, name: Studio, unlimited: [image], packages: [{credits: 500}]}
default_plan: free
top_ups: {requires_subscription: false, bundles: [{credits: 50}]}
"""
WITHOUT_AGENT = TOOLS.replace("[image, agent, film]", "[image, film]")


def standing(credits: Any, account: str = "ada") -> tuple[Any, Any]:
    balance = credits.balance(account)
    return balance.available, balance.held


def written(credits: Any) -> list[tuple[Any, ...]]:
    """What the ledger says was made: model, tool, credits, member, labels."""
    return [
        (line.model, line.tool, line.credits, line.member, line.labels)
        for line in credits.usage("ada")
    ]


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A refused renewal is asked for again at once."""
    monkeypatch.setattr(lease_set, "QUIET_SECONDS", 0.0)


def test_a_spend_is_answered_here_and_is_in_the_ledger_when_the_block_has_ended(credits: Any):
    before = standing(credits)[0]
    with credits.lease("ada", 50, member="mia", labels={"gateway": "eu"}) as lease:
        assert standing(credits)[1] == 50
        spent = lease.spend("Dot", images=2, labels={"project": "film"})
        assert (spent.credits, spent.left, spent.model) == (2, 48, "dot")
        assert (spent.account, spent.hold) == ("ada", lease.hold)
        assert (lease.left, lease.spent) == (48, 2)
    assert standing(credits) == (before - 2, 0)
    labels = {"gateway": "eu", "project": "film"}
    assert written(credits) == [("dot", "image", 2, "mia", labels)]
    assert lease.unwritten == ()


def test_a_spend_costs_what_a_charge_costs(credits: Any):
    credits.open_account("bob")
    credits.subscribe("bob", "Basic")
    with credits.lease("ada", 60) as lease:
        spent = [lease.spend(model, **given).credits for model, given in SPENDS]
        again = [lease.spend(model, **given).credits for model, given in SPENDS[:3]]
        assert lease.spent == sum(spent + again)
    charged = [credits.charge("bob", model, **given).credits for model, given in SPENDS]
    assert (spent, again) == (charged, charged[:3])
    assert [line.credits for line in credits.usage("ada")] == [*charged, *charged[:3]]


@pytest.mark.parametrize(
    ("model", "given", "kind"),
    [
        ("Dots", {}, UnknownModel),
        ("Dot", {"size": "big"}, InvalidRequest),
        ("Shot", {"seconds": 1}, InvalidRequest),
        ("Dot", {"outputs": 0}, InvalidRequest),
        ("Consultation", {}, InvalidRequest),
        ("Consultation", {"credits": 11}, refusals.SettleOutsideRange),
        ("Dot", {"key": ""}, InvalidRequest),
        ("Dot", {"labels": {"": "x"}}, InvalidRequest),
        ("Dot", {"labels": {f"own{at}": "x" for at in range(20)}}, InvalidRequest),
    ],
)
def test_what_a_draw_refuses_is_refused_at_once_in_the_same_words(
    credits: Any, model: str, given: dict[str, Any], kind: type[Exception]
):
    with credits.lease("ada", 50, labels={"gateway": "eu"}) as lease:
        lease.spend("Dot")
        with pytest.raises(kind) as here:
            lease.spend(model, **given)
        assert (lease.left, lease.spent) == (49, 1)
        with pytest.raises(kind) as there:
            credits.draw("ada", lease.hold, model, **given)
    assert type(here.value) is type(there.value)
    assert str(here.value) == str(there.value)
    assert getattr(here.value, "facts", None) == getattr(there.value, "facts", None)
    assert len(credits.usage("ada")) == 1


def test_an_exception_writes_what_was_spent_and_gives_back_the_rest(credits: Any):
    before = standing(credits)[0]

    def work() -> None:
        with credits.lease("ada", 50) as lease:
            lease.spend("Dot", images=4)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        work()
    assert standing(credits) == (before - 4, 0)
    assert len(credits.usage("ada")) == 1


def test_a_flush_writes_at_once(credits: Any):
    with credits.lease("ada", 50, flush_seconds=60) as lease:
        lease.spend("Dot")
        assert len(lease.unwritten) == 1
        lease.flush()
        assert (lease.unwritten, len(credits.usage("ada"))) == ((), 1)
        lease.flush()


def test_it_leases_more_before_it_is_needed_and_never_more_than_there_is(credits: Any):
    before = int(standing(credits)[0])
    with credits.lease("ada", 20) as lease:
        for _ in range(before):
            lease.spend("Dot")
            balance = credits.balance("ada")
            assert balance.available >= 0
        with pytest.raises(LeaseExhausted) as refused:
            lease.spend("Dot")
        assert (lease.left, lease.spent) == (0, before)
    assert (refused.value.credits, refused.value.held, refused.value.shortfall) == (1, 0, 1)
    assert {way.kind for way in refused.value.ways_out} >= {"top_up"}
    assert isinstance(refused.value.__cause__, refusals.InsufficientCredits)
    assert standing(credits) == (0, 0)
    assert len(credits.usage("ada")) == before
    words = [entry.kind for entry in credits.entries("ada", limit=1_000)]
    assert words.count("leased") > 3


def test_more_is_leased_when_little_is_left_and_not_before(credits: Any):
    with credits.lease("ada", 20, low_water=15) as lease:
        lease.spend("Dot", images=5)
        lease.flush()
        assert lease.left == 15
        lease.spend("Dot")
        lease.flush()
        assert lease.left == 14 + 20, "nobody had to wait for it"
        assert len(credits.holds("ada")) == 2


def test_a_spend_that_is_more_than_a_lease_leases_enough_for_itself(credits: Any):
    with credits.lease("ada", 5) as lease:
        assert lease.spend("Dot", images=60).credits == 60
        assert lease.spend("Dot").credits == 1
    assert sum(line.credits for line in credits.usage("ada")) == 61


@pytest.mark.usefixtures("at_once")
def test_after_a_refusal_it_goes_on_with_what_is_left_and_with_what_comes(credits: Any):
    there = int(standing(credits)[0])
    with credits.lease("ada", there - 1) as lease:
        lease.spend("Dot", images=there - 4)
        with pytest.raises(LeaseExhausted):
            lease.spend("Dot", images=5)
        assert lease.spend("Dot", images=3).credits == 3
        credits.top_up("ada", 50)
        assert spent_in_the_end(lease, 45) == 45
    assert sum(line.credits for line in credits.usage("ada")) == there - 4 + 3 + 45


@pytest.mark.usefixtures("at_once")
def test_what_is_leased_in_parts_is_leased_in_one_when_a_spend_needs_it(credits: Any):
    there = int(standing(credits)[0])
    with credits.lease("ada", 60, low_water=0) as lease:
        lease.spend("Dot", images=40)
        rest = there - 60
        assert rest < 60
        assert lease.spend("Dot", images=there - 40).credits == there - 40
        assert lease.left == 0
    assert standing(credits) == (0, 0)


def test_a_member_is_never_let_past_their_cap(credits: Any):
    with credits.lease("ada", 20, member="mia") as lease:
        for _ in range(50):
            lease.spend("Dot")
        with pytest.raises(LeaseExhausted) as refused:
            lease.spend("Dot")
    assert isinstance(refused.value.__cause__, refusals.MemberCapReached)
    assert len(credits.usage("ada")) == 50


def test_the_same_key_is_the_same_spend(credits: Any):
    with credits.lease("ada", 50) as lease:
        first = lease.spend("Dot", images=2, key="job-1")
        assert lease.spend("Dot", images=2, key="job-1") == first
        lease.flush()
        assert lease.spend("Dot", images=2, key="job-1") == first
        with pytest.raises(KeyConflict):
            lease.spend("Dot", images=3, key="job-1")
        assert lease.left == 48
    assert len(credits.usage("ada")) == 1


def test_a_key_that_another_lease_has_written_is_told_and_not_spent_twice(credits: Any):
    with credits.lease("ada", 10) as lease:
        lease.spend("Dot", key="job-1")
    again = credits.lease("ada", 10, flush_seconds=60).__enter__()
    again.spend("Dot", key="job-1")
    with pytest.raises(SpendsNotWritten) as told:
        again.flush()
    (draw,) = told.value.spends
    assert (draw.key, draw.model) == ("job-1", "Dot")
    assert isinstance(told.value.__cause__, KeyConflict)
    assert (again.spent, again.left, again.unwritten) == (0, 10, ())
    again.close()
    assert len(credits.usage("ada")) == 1


def test_a_lease_that_is_asked_for_again_knows_what_was_drawn_of_it(credits: Any):
    first = credits.lease("ada", 50, key="boot")
    credits.draw("ada", first.hold, "Dot", images=44)
    with credits.lease("ada", 50, key="boot", low_water=0) as lease:
        assert (lease.hold, lease.left) == (first.hold, 6)
        assert lease.spend("Dot", images=6).left == 0
    with credits.lease("ada", 50, key="boot", low_water=0) as lease:
        assert lease.left == 0, "it is closed, and another is leased with the first spend"
        assert lease.spend("Dot").left == 49
    assert sum(line.credits for line in credits.usage("ada")) == 51


def test_nothing_is_spent_outside_the_block(credits: Any):
    lease = credits.lease("ada", 50)
    with pytest.raises(InvalidRequest, match="inside its block"):
        lease.spend("Dot")
    with lease:
        lease.spend("Dot")
    with pytest.raises(InvalidRequest, match="inside its block"):
        lease.spend("Dot")
    assert len(credits.usage("ada")) == 1


def test_a_lease_without_a_block_is_drawn_from_by_its_id(credits: Any):
    lease = credits.lease("ada", 50)
    assert credits.draw("ada", lease.hold, "Dot").left == 49
    assert credits.release("ada", lease.hold).returned == 49


@pytest.mark.parametrize(
    ("given", "where"),
    [
        ({"flush_seconds": 0}, "flush_seconds"),
        ({"flush_seconds": 61}, "flush_seconds"),
        ({"flush_seconds": "1"}, "flush_seconds"),
        ({"flush_seconds": True}, "flush_seconds"),
        ({"flush_seconds": float("nan")}, "flush_seconds"),
        ({"low_water": -1}, "low_water"),
        ({"max_unwritten": 0}, "max_unwritten"),
    ],
)
def test_a_pace_that_no_lease_can_have_is_refused(credits: Any, given: Any, where: str):
    with pytest.raises(InvalidRequest) as refused:
        credits.lease("ada", 50, **given)
    assert refused.value.where == where
    assert credits.holds("ada") == []


def test_a_lease_that_was_released_by_somebody_else_is_followed_by_another(credits: Any):
    with credits.lease("ada", 20, flush_seconds=60) as lease:
        lease.spend("Dot", images=3)
        credits.release("ada", lease.hold)
        lease.spend("Dot", images=2)
        lease.flush()
        assert lease.spend("Dot").hold != lease.hold
    assert sorted(line.credits for line in credits.usage("ada")) == [1, 2, 3]
    assert lease.spent == 6


def test_what_cannot_be_written_any_more_is_told_and_kept(credits: Any):
    """The lease was taken away, and what it returned was spent by somebody else."""
    there = int(standing(credits)[0])
    lease = credits.lease("ada", 20, flush_seconds=60).__enter__()
    lease.spend("Dot", images=3, key="job-1")
    credits.release("ada", lease.hold)
    credits.charge("ada", "Dot", images=there)
    for _ in range(2):
        with pytest.raises(SpendsNotWritten) as told:
            lease.close()
        assert told.value.spends == lease.unwritten
        assert [(each.key, each.params) for each in lease.unwritten] == [("job-1", {"images": 3})]
    assert "1 spend is not in the ledger: a lease of 20 credits" in str(told.value)
    copied = pickle.loads(pickle.dumps(told.value))
    assert (copied.spends, str(copied)) == (told.value.spends, str(told.value))
    assert lease.spent == 0


def opened(transport: str, clock: TestClock, **kwargs: Any) -> Any:
    credits = TRANSPORTS[transport](":memory:", clock=clock, **kwargs)
    credits.open_account("ada")
    credits.subscribe("ada", "Basic")
    return credits


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_new_price_is_learned_from_the_ledger(transport: str, clock: TestClock):
    credits = opened(transport, clock, catalog=small())
    with credits.lease("ada", 40) as lease:
        assert lease.spend("Dot").credits == 1
        lease.flush()
        credits.publish(small().replace("credits: 1, per: image", "credits: 2, per: image"))
        before = lease.spend("Dot")
        lease.flush()
        assert (before.credits, lease.spent) == (1, 3), "written at what it cost when written"
        assert lease.spend("Dot").credits == 2
    assert [line.credits for line in credits.usage("ada")] == [1, 2, 2]
    assert lease.spent == 5
    assert credits.verify()
    credits.close()


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_price_that_rose_above_what_is_left_is_paid_by_another_lease(
    transport: str, clock: TestClock
):
    credits = opened(transport, clock, catalog=small())
    with credits.lease("ada", 10, flush_seconds=60, low_water=0) as lease:
        lease.spend("Dot")
        lease.flush()
        credits.publish(small().replace("credits: 1, per: image", "credits: 3, per: image"))
        for _ in range(9):
            lease.spend("Dot")
        lease.flush()
        assert lease.spent == 1 + 9 * 3
    assert sum(line.credits for line in credits.usage("ada")) == 28
    assert credits.verify()
    credits.close()


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_what_the_plan_says_is_asked_with_each_rate_and_when_it_changes(
    transport: str, clock: TestClock
):
    credits = opened(transport, clock, catalog=small(plans=TOOLS))
    with credits.lease("ada", 40) as lease:
        lease.spend("Dot", images=5)
        lease.flush()
        credits.change_plan("ada", "Studio", 500)
        lease.spend("Dot", images=5)
        lease.flush()
        assert lease.spent == 5, "images are unlimited on this plan"
        spent = lease.spend("Dot", images=5)
        assert (spent.credits, lease.spent) == (0, 5)
        assert lease.spend("Clip", seconds=1).credits == 10
    assert [line.credits for line in credits.usage("ada")] == [5, 0, 0, 10]
    credits.close()


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_tool_that_is_not_in_the_plan_is_refused_as_a_draw_is(transport: str, clock: TestClock):
    credits = TRANSPORTS[transport](":memory:", clock=clock, catalog=small(plans=TOOLS))
    credits.open_account("ada")
    credits.top_up("ada", 50)
    with credits.lease("ada", 40) as lease:
        lease.spend("Dot")
        with pytest.raises(ToolNotInPlan) as here:
            lease.spend("Clip", seconds=1)
        with pytest.raises(ToolNotInPlan) as there:
            credits.draw("ada", lease.hold, "Clip", seconds=1)
        assert (str(here.value), here.value.facts) == (str(there.value), there.value.facts)
        assert here.value.ways_out == there.value.ways_out
        credits.subscribe("ada", "Basic")
        assert lease.spend("Clip", seconds=1).credits == 10
    assert [line.credits for line in credits.usage("ada")] == [1, 10]
    credits.close()


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_spend_that_the_catalog_has_overtaken_is_told(transport: str, clock: TestClock):
    credits = opened(transport, clock, catalog=small(plans=TOOLS))
    lease = credits.lease("ada", 40, flush_seconds=60).__enter__()
    lease.spend("Consultation", credits=7)
    lease.spend("Dot")
    credits.publish(small(plans=WITHOUT_AGENT))
    with pytest.raises(SpendsNotWritten) as told:
        lease.close()
    assert isinstance(told.value.__cause__, ToolNotInPlan)
    assert [each.model for each in told.value.spends] == ["Consultation"]
    assert [line.credits for line in credits.usage("ada")] == [1]
    assert (lease.spent, standing(credits)) == (1, (99, 0))
    credits.close()


def test_a_lease_that_is_left_after_its_client_was_closed_says_what_is_not_written(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr("tallystick.client.flusher.CLOSE_SECONDS", 0.0)
    credits = TRANSPORTS["called"](":memory:", catalog=small())
    credits.open_account("ada")
    credits.top_up("ada", 50)

    def work() -> None:
        with credits.lease("ada", 40, flush_seconds=60) as lease:
            lease.spend("Dot", key="job-1")
            credits.close()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError) as left:
        work()
    (note,) = left.value.__notes__
    assert "1 spend is not in the ledger" in note


def test_what_was_told_can_be_written_later(credits: Any):
    """The draws of the error are commands: on another lease they are written, under new keys."""
    lease = credits.lease("ada", 20, flush_seconds=60).__enter__()
    lease.spend("Dot", images=3)
    credits.release("ada", lease.hold)
    rest = int(standing(credits)[0])
    hold = credits.lease("ada", rest)
    with pytest.raises(SpendsNotWritten) as told:
        lease.close()
    assert not isinstance(told.value, StoreError)
    later = [
        commands.Draw("ada", hold.hold, each.model, each.params, each.outputs, key=f"{each.key}-2")
        for each in told.value.spends
    ]
    (answer,) = credits.execute(later)
    assert answer.credits == 3
