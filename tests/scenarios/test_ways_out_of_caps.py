"""Ways out of a cap, a limit and a lease that is too large; and plainly none where no plan has one
(`docs/spec.md` 6.2)."""

from typing import Any

import pytest

from tallystick import refusals
from tests.scenarios.places import everywhere
from tests.scenarios.small import PLANS, small
from tests.scenarios.story import Story, Tell, instant

SHORT: dict[str, Any] = {"model": "Veo 3.1", "resolution": "1080p", "audio": "on"}
"""500 credits a second."""


def team(tell: Tell) -> Story:
    story = tell("artlist", at="2026-01-31T10:00:00Z", members={"mia": 4_500, "ben": None})
    story.subscribe("AI Suite Starter", 40_000)
    return story


def refused(story: Story, kind: type[refusals.Refused], **asked: Any) -> Any:
    with pytest.raises(kind) as caught:
        story.charge(**asked)
    return caught.value


def ways(error: Any) -> dict[str, Any]:
    """The first way out of each kind."""
    return {way.kind: way for way in reversed(error.ways_out)}


@everywhere
def test_a_cap_of_a_cycle_says_whose_it_is_when_it_starts_again_and_what_fits(tell: Tell):
    story = team(tell)
    story.charge(**SHORT, seconds=4, member="mia")
    error = refused(story, refusals.MemberCapReached, **SHORT, seconds=8, member="mia")
    assert (error.facts["member"], error.facts["used"], error.facts["every"]) == (
        "mia", 2_000, "cycle",
    )  # fmt: skip
    renewal = instant("2026-02-28T10:00:00Z")
    assert error.facts["resets_at"] == renewal
    found = ways(error)
    assert (found["wait"].at, found["wait"].available) == (renewal, 4_500)
    assert (found["less"].quantities, found["less"].credits) == ({"seconds": 5}, 2_500)
    assert found["cheaper"].credits <= 2_500
    assert story.charge(**SHORT, seconds=5, member="mia").credits == 2_500
    story.until("2026-02-28T10:00:00Z")
    assert story.charge(**SHORT, seconds=8, member="mia").credits == 4_000


def test_what_is_offered_fits_every_cap_at_once(tell: Tell):
    story = team(tell)
    story.credits.set_member(
        "ada", "ben", caps=[{"credits": 3_000, "every": "day"}, {"credits": 9_000, "every": "week"}]
    )
    story.credits.set_limits("ada", caps=[{"credits": 3_200, "every": "day"}])
    story.charge(**SHORT, seconds=3, member="mia")
    error = refused(story, refusals.MemberCapReached, **SHORT, seconds=7, member="ben")
    assert (error.facts["every"], "wait" in ways(error)) == ("day", False), "3,500 exceed the cap"
    error = refused(story, refusals.AccountCapReached, **SHORT, seconds=4, member="ben")
    assert ways(error)["less"].quantities == {"seconds": 3}
    assert ways(error)["wait"].at == instant("2026-02-01T00:00:00Z")
    assert story.charge(**SHORT, seconds=3, member="ben").credits == 1_500


def test_a_day_later_is_no_way_out_where_the_week_is_used_up(tell: Tell):
    story = team(tell)
    caps = [{"credits": 3_000, "every": "day"}, {"credits": 4_000, "every": "week"}]
    story.credits.set_member("ada", "ben", caps=caps)
    story.charge(**SHORT, seconds=5, member="ben")
    error = refused(story, refusals.MemberCapReached, **SHORT, seconds=6, member="ben")
    assert error.facts["every"] == "day"
    monday = instant("2026-02-02T00:00:00Z")
    assert (ways(error)["wait"].at, ways(error)["wait"].available) == (monday, 3_000)
    assert ways(error)["less"].quantities == {"seconds": 1}


def test_a_cap_for_life_has_no_wait_and_a_cap_that_is_used_up_no_less(tell: Tell):
    story = team(tell)
    story.credits.set_member("ada", "ben", caps=[{"credits": 500, "every": "life"}])
    story.charge(**SHORT, seconds=1, member="ben")
    assert (
        refused(story, refusals.MemberCapReached, **SHORT, seconds=1, member="ben").ways_out == ()
    )


def test_a_hold_above_the_limit_says_what_fits_beside_what_is_held(tell: Tell):
    story = team(tell)
    story.credits.set_limits("ada", held=3_000)
    story.hold(**SHORT, seconds=4, member="ben")
    with pytest.raises(refusals.HeldLimitReached) as caught:
        story.hold(**SHORT, seconds=3, member="ben")
    assert ways(caught.value)["less"].quantities == {"seconds": 2}
    assert story.hold(**SHORT, seconds=2, member="ben").credits == 1_000


@everywhere
def test_a_lease_that_is_too_large_says_how_large_it_may_be(tell: Tell):
    story = team(tell)
    with pytest.raises(refusals.InsufficientCredits) as caught:
        story.lease(50_000, member="ben")
    assert (ways(caught.value)["less"].credits, ways(caught.value)["less"].quantities) == (
        40_000, None,
    )  # fmt: skip
    with pytest.raises(refusals.MemberCapReached) as capped:
        story.lease(5_000, member="mia")
    assert ways(capped.value)["less"].credits == 4_500
    assert story.lease(4_500, member="mia").credits == 4_500


def test_a_draw_says_what_fits_the_cap_of_its_tool(tell: Tell):
    story = team(tell)
    story.credits.set_limits("ada", caps=[{"credits": 1_200, "tools": ["video"]}])
    lease = story.lease(10_000, member="ben")
    with pytest.raises(refusals.AccountCapReached) as caught:
        story.draw(lease.hold, **SHORT, seconds=3)
    assert ways(caught.value)["less"].quantities == {"seconds": 2}
    assert story.draw(lease.hold, **SHORT, seconds=2).credits == 1_000


def without(tool: str, *plans: str) -> str:
    """The small catalog, in which these plans do not unlock a tool."""
    text = PLANS
    for plan in plans:
        others = ", ".join(each for each in ("image", "agent", "film") if each != tool)
        text = text.replace(f"{{id: {plan},", f"{{id: {plan}, tools: [{others}],")
    return small(plans=text)


def test_a_tool_that_no_plan_has_says_so(tell: Tell):
    story = tell(catalog=without("film", "free", "basic", "studio"))
    error = refused(story, refusals.ToolNotInPlan, model="Clip", seconds=1)
    assert str(error) == "Free does not include Film; no plan holds this"
    assert "upgrade" not in ways(error)


def test_a_plan_that_has_the_tool_and_not_the_credits_is_none_either(tell: Tell):
    story = tell(catalog=without("film", "free", "basic"))
    error = refused(story, refusals.ToolNotInPlan, model="Clip", seconds=51)
    assert "no plan holds this" in str(error)
    error = refused(story, refusals.ToolNotInPlan, model="Clip", seconds=50)
    assert str(error) == "Free does not include Film"
    assert ways(error)["upgrade"].plan == "Studio"
