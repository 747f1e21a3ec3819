"""Old subscribers keep their terms until they change them, as at Copilot and remove.bg."""

import pytest

from tallystick import ToolNotInPlan
from tests.scenarios.places import everywhere
from tests.scenarios.small import small
from tests.scenarios.story import Story, Tell

pytestmark = everywhere

AS_BOUGHT = "policy: {plan_terms: as_bought}\n"


def offering(basic: str, extra: str = AS_BOUGHT) -> str:
    plans = f"""
plans:
  - {{id: free, name: Free, tools: [image]}}
  - {{id: basic, name: Basic, intervals: [monthly, yearly], {basic}}}
  - {{id: studio, name: Studio, packages: [{{credits: 500}}]}}
default_plan: free
"""
    return small(extra, plans=plans)


OLD = offering("unlimited: [agent], packages: [{credits: 100}]")
NEW = offering("tools: [image, agent], packages: [{credits: 60}, {credits: 100}]")


def both(tell: Tell, old: str, new: str, **bought: object) -> Story:
    """Ada has subscribed by the old catalog, and Bob does now by the new one."""
    story = tell(catalog=old, at="2026-01-31T10:00:00Z")
    story.subscribe("Basic", **bought)
    story.credits.publish(new)
    story.credits.open_account("bob")
    story.credits.subscribe("bob", "Basic", 60)
    return story


def test_who_has_bought_a_plan_keeps_its_credits_tools_and_unlimited_tools(tell: Tell):
    story = both(tell, OLD, NEW)
    for moment in ("2026-02-01T00:00:00Z", "2026-03-15T00:00:00Z"):
        story.until(moment)
        assert story.sources() == {"subscription": 100}
        assert story.charge("Voice", characters=50).credits == 0
        assert story.quote("Clip", seconds=1).allowed
    assert story.credits.balance("bob").available == 60
    assert story.credits.charge("bob", "Voice", characters=50).credits == 10
    with pytest.raises(ToolNotInPlan):
        story.credits.charge("bob", "Clip", seconds=1)


def test_a_year_that_is_paid_keeps_them_and_so_does_its_renewal(tell: Tell):
    story = both(tell, OLD, NEW, interval="yearly", intervals=1)
    story.until("2026-12-31T12:00:00Z")
    assert story.charge("Voice", characters=50).credits == 0
    story.pay(intervals=1)
    story.until("2027-02-01T00:00:00Z")
    assert story.charge("Voice", characters=50).credits == 0
    assert story.sources() == {"subscription": 100}


def test_they_end_with_a_change_of_plan_and_do_not_come_back(tell: Tell):
    story = both(tell, OLD, NEW)
    story.change_plan("Studio")
    assert story.charge("Voice", characters=50).credits == 10
    story.change_plan("Basic", 60)
    story.until("2026-03-31T10:00:00Z")
    assert story.balance().subscription.plan == "Basic"
    with pytest.raises(ToolNotInPlan):
        story.charge("Clip", seconds=1)


def test_a_scheduled_change_that_is_withdrawn_changes_no_terms(tell: Tell):
    story = both(tell, OLD, NEW)
    story.cancel()
    story.resume()
    story.until("2026-03-15T00:00:00Z")
    assert story.charge("Voice", characters=50).credits == 0


def test_prices_of_generations_are_those_in_force_for_everybody(tell: Tell):
    dearer = NEW.replace("credits: 1, per: image", "credits: 2, per: image")
    story = both(tell, OLD, dearer)
    assert story.charge("Dot").credits == 2


def test_without_that_policy_what_a_plan_unlocks_follows_the_catalog(tell: Tell):
    """The credits that were bought come all the same."""
    loose = {each: each.replace(", plan_terms: as_bought", "") for each in (OLD, NEW)}
    assert NEW not in loose.values()
    story = both(tell, loose[OLD], loose[NEW])
    story.until("2026-03-15T00:00:00Z")
    assert story.sources() == {"subscription": 100}
    assert story.charge("Voice", characters=50).credits == 10
    with pytest.raises(ToolNotInPlan):
        story.charge("Clip", seconds=1)
