"""How much may be spent and held: by a member, by the account, and of an unlimited tool."""

import pytest

from tallystick import (
    AccountCapReached,
    FairUseReached,
    HeldLimitReached,
    InsufficientCredits,
    MemberCapReached,
)
from tests.scenarios.places import everywhere
from tests.scenarios.small import PLANS, small
from tests.scenarios.story import Story, Tell, instant

pytestmark = everywhere


def team(tell: Tell, at: str = "2026-01-10T10:00:00Z") -> Story:
    story = tell(catalog=small(), at=at, members={"mia": None, "tom": None})
    story.subscribe("Studio")
    return story


def test_a_hold_is_increased_twice_and_settled(tell: Tell):
    story = tell(catalog=small())
    story.subscribe("Basic")
    hold = story.hold("Clip", seconds=2)
    first = story.increase(hold.hold, seconds=5)
    assert (first.added, first.credits) == (30, 50)
    second = story.increase(hold.hold, seconds=8)
    assert (second.added, second.credits, story.available()) == (30, 80, 20)
    with pytest.raises(InsufficientCredits) as refused:
        story.increase(hold.hold, seconds=11)
    assert refused.value.shortfall == 10
    settled = story.settle(hold.hold, seconds=6)
    assert (settled.credits, settled.returned, story.available()) == (60, 20, 40)
    assert [(each.source, each.credits) for each in settled.burns] == [("subscription", 60)]
    assert story.receipt(settled.receipt).credits == 60
    assert story.balance().cycle.used == 60


def test_an_increase_under_its_key_is_made_once(tell: Tell):
    story = tell(catalog=small())
    story.grant(100)
    hold = story.hold("Clip", seconds=2)
    once = story.increase(hold.hold, seconds=4, key="more-1")
    again = story.increase(hold.hold, seconds=4, key="more-1")
    assert once == again
    assert story.held() == {"promo": 40}


def test_a_member_has_so_much_a_day_and_so_much_for_life(tell: Tell):
    story = team(tell)
    caps = [{"credits": 20, "every": "day"}, {"credits": 50, "every": "life"}]
    story.set_member("mia", caps=caps)
    story.charge("Dot", images=15, member="mia")
    with pytest.raises(MemberCapReached) as reached:
        story.charge("Dot", images=6, member="mia")
    facts = reached.value
    assert (facts.cap, facts.used, facts.credits, facts.every) == (20, 15, 6, "day")
    story.charge("Dot", images=5, member="mia")
    story.charge("Dot", images=100, member="tom")
    story.until("2026-01-11T00:00:00Z")
    story.charge("Dot", images=20, member="mia")
    story.until("2026-01-12T00:00:00Z")
    with pytest.raises(MemberCapReached) as reached:
        story.charge("Dot", images=11, member="mia")
    assert (reached.value.every, reached.value.used) == ("life", 40)
    story.charge("Dot", images=10, member="mia")
    story.until("2027-01-12T00:00:00Z")
    with pytest.raises(MemberCapReached):
        story.charge("Dot", member="mia")
    (shown,) = [each for each in story.credits.account("ada").members if each.member == "mia"]
    assert [(each.every, each.used, each.resets_at) for each in shown.caps] == [
        ("day", 0, instant("2027-01-13T00:00:00Z")),
        ("life", 50, None),
    ]


def test_a_cap_for_life_outlives_a_removal_and_a_refund_gives_it_back(tell: Tell):
    story = team(tell)
    story.set_member("mia", caps=[{"credits": 30, "every": "life"}])
    charged = story.charge("Dot", images=30, member="mia")
    story.remove_member("mia")
    story.set_member("mia", caps=[{"credits": 30, "every": "life"}])
    with pytest.raises(MemberCapReached):
        story.charge("Dot", member="mia")
    story.refund(charged.receipt, credits=12, reason="it came out black")
    assert story.charge("Dot", images=12, member="mia").credits == 12


def test_the_account_as_a_whole_has_caps_and_a_limit_of_what_is_held(tell: Tell):
    story = team(tell)
    caps = [{"credits": 60, "every": "hour"}, {"credits": 45, "every": "week", "tools": ["film"]}]
    set_ = story.set_limits(caps=caps, held=40)
    assert ([each.credits for each in set_.caps], set_.held) == ([60, 45], 40)
    story.charge("Clip", seconds=3, member="mia")
    with pytest.raises(AccountCapReached) as reached:
        story.charge("Clip", seconds=2, member="tom")
    assert (reached.value.cap, reached.value.used, reached.value.every) == (45, 30, "week")
    hold = story.hold("Dot", images=25, ttl_seconds=7_200, member="tom")
    with pytest.raises(AccountCapReached) as reached:
        story.charge("Dot", images=6, member="mia")
    assert (reached.value.cap, reached.value.used, reached.value.every) == (60, 55, "hour")
    story.until("2026-01-10T11:00:00Z")
    with pytest.raises(HeldLimitReached) as held:
        story.hold("Dot", images=16, member="mia")
    assert (held.value.limit, held.value.held, held.value.credits) == (40, 25, 16)
    story.release(hold.hold)


def test_limits_are_lifted(tell: Tell):
    story = team(tell)
    story.set_limits(caps=[{"credits": 5, "every": "month"}])
    with pytest.raises(AccountCapReached):
        story.charge("Dot", images=6, member="mia")
    story.set_limits()
    assert story.charge("Dot", images=6, member="mia").credits == 6


FAIR = "unlimited: [agent], fair_use: [{tool: agent, up_to: 500 characters, every: day"


def unlimited(tell: Tell, beyond: str) -> Story:
    plans = PLANS.replace("name: Studio,", f"name: Studio, {FAIR}, beyond: {beyond}}}],")
    story = tell(catalog=small(plans=plans), at="2026-01-10T10:00:00Z")
    story.subscribe("Studio")
    return story


def test_unlimited_speech_is_refused_beyond_its_fair_use(tell: Tell):
    story = unlimited(tell, "refuse")
    charged = story.charge("Voice", characters=300)
    assert (charged.credits, story.receipt(charged.receipt).list_credits) == (0, 60)
    with pytest.raises(FairUseReached) as reached:
        story.charge("Voice", characters=201)
    assert (reached.value.up_to, reached.value.done, reached.value.quantity) == (500, 300, 201)
    assert story.charge("Voice", characters=200).credits == 0
    assert story.available() == 500
    story.until("2026-01-11T00:00:00Z")
    assert story.charge("Voice", characters=500).credits == 0


def test_unlimited_speech_is_charged_beyond_its_fair_use(tell: Tell):
    story = unlimited(tell, "charge")
    story.charge("Voice", characters=450)
    assert story.quote("Voice", characters=50).credits == 0
    quoted = story.quote("Voice", characters=100)
    assert (quoted.credits, quoted.allowed) == (20, True)
    assert story.charge("Voice", characters=100).credits == 20, "as a whole: it does not fit"
    assert story.charge("Voice", characters=50).credits == 0
    assert story.available() == 480


def test_what_failed_uses_up_no_fair_use(tell: Tell):
    story = unlimited(tell, "refuse")
    failed = story.hold("Voice", characters=500)
    with pytest.raises(FairUseReached):
        story.charge("Voice", characters=1)
    story.settle(failed.hold, outcome="provider_error")
    assert story.charge("Voice", characters=500).credits == 0
