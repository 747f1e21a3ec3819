"""Results that come late or in part: after a hold has timed out, and where a table has no price."""

import pytest

from tallystick import HoldClosed, InsufficientCredits, InvalidRequest
from tests.scenarios.places import everywhere
from tests.scenarios.small import HEAD, PLANS
from tests.scenarios.story import Story, Tell

pytestmark = everywhere

TABLE = "  - {name: Reel, tool: film, rates: [{table: {by: seconds, 5: 300, 8: 400}}]}\n"
CATALOG = HEAD + TABLE + PLANS
DEARER = "Clip, tool: film, rates: [{credits: 11"


def studio(tell: Tell, policy: str = "") -> Story:
    own = f"policy: {{{policy}}}\n" if policy else ""
    story = tell(catalog=CATALOG + own, at="2026-01-10T10:00:00Z")
    story.subscribe("Studio")
    return story


def test_a_success_after_the_time_out_is_charged_at_the_price_of_the_hold(tell: Tell):
    story = studio(tell)
    hold = story.hold("Clip", seconds=6, ttl_seconds=60)
    story.credits.publish(
        story.credits.catalog().source.replace(
            "credits: 10, per: second}]", "credits: 11, per: second}]"
        )
    )
    story.until("2026-01-10T11:00:00Z")
    assert (story.available(), story.held()) == (500, {})
    late = story.settle(hold.hold, seconds=5, key="job-7/1")
    assert (late.credits, late.late, story.available()) == (50, True, 450)
    assert story.receipt(late.receipt).credits == story.balance().cycle.used == 50
    assert story.settle(hold.hold, seconds=5, key="job-7/1") == late
    with pytest.raises(HoldClosed):
        story.settle(hold.hold, seconds=5)


def test_not_after_the_time_that_policy_says_nor_without_the_credits(tell: Tell):
    story = studio(tell, "settle_late_seconds: 3600")
    hold = story.hold("Clip", seconds=6, ttl_seconds=60)
    other = story.hold("Clip", seconds=30, ttl_seconds=60)
    story.until("2026-01-10T10:30:00Z")
    story.charge("Dot", images=420)
    with pytest.raises(InsufficientCredits):
        story.settle(other.hold)
    assert story.settle(hold.hold).credits == 60
    story.top_up(1_000)
    story.until("2026-01-10T11:01:01Z")
    with pytest.raises(HoldClosed) as closed:
        story.settle(other.hold)
    assert closed.value.how == "timed_out"


def test_a_part_that_a_table_has_no_price_for_is_settled_in_credits(tell: Tell):
    story = studio(tell)
    hold = story.hold("Reel", seconds=5)
    with pytest.raises(InvalidRequest, match="credits"):
        story.settle(hold.hold, seconds=3.2, outcome="partial")
    part = story.settle(hold.hold, credits=192, outcome="partial")
    assert (part.credits, part.returned, story.available()) == (192, 108, 308)
