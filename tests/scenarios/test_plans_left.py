"""Free credits of the running window when a plan ends or begins by the clock: nobody has more or
less because some of them were spent before."""

import pytest

from tallystick import InsufficientCredits
from tests.scenarios.places import everywhere
from tests.scenarios.small import small
from tests.scenarios.story import Story, Tell, instant

pytestmark = everywhere

OFFER = """
plans:
  - {id: free, name: Free}
  - {id: basic, name: Basic, packages: [{credits: 100}]}
  - {id: studio, name: Studio, packages: [{credits: 500}]}
default_plan: free
free_credits:
  - {credits: 40, every: month, plans: [free]}
  - {credits: 10, every: day, plans: [basic]}
  - {credits: 30, every: day, plans: [studio]}
"""
CATALOG = small(plans=OFFER)


def spends(story: Story, some: bool, first: int = 0) -> int:
    """Spends one credit, or none; how many it were. What ends `first` is spent before it."""
    if some:
        story.charge("Dot", images=first + 1)
    return int(some)


@pytest.mark.parametrize("some", [True, False], ids=["some spent", "none spent"])
def test_a_plan_bought_for_a_date_to_come_takes_nothing_away(tell: Tell, some: bool):
    """The free credits of the running month stay to its end."""
    story = tell(catalog=CATALOG, at="2026-01-10T10:00:00Z")
    spent = spends(story, some)
    story.subscribe("Basic", starts_at="2026-01-17T00:00:00Z")
    with pytest.raises(InsufficientCredits) as refused:
        story.charge("Dot", images=120)
    (wait,) = [way for way in refused.value.ways_out if way.kind == "wait"]
    assert (wait.at, wait.available) == (instant("2026-01-17T00:00:00Z"), 150 - spent)
    assert story.balance(as_of="2026-01-17T00:00:00Z").available == 150 - spent
    story.until("2026-01-17T00:00:00Z")
    assert story.sources() == {"free": 50 - spent, "subscription": 100}
    story.until("2026-02-09T10:00:00Z")
    assert story.sources() == {"free": 50 - spent, "subscription": 100}
    story.until("2026-02-10T10:00:00Z")
    assert story.sources() == {"free": 10, "subscription": 100}, "the month of Free is over"


@pytest.mark.parametrize("some", [True, False], ids=["some spent", "none spent"])
def test_the_day_on_which_a_subscription_ends_keeps_its_free_credits(tell: Tell, some: bool):
    story = tell(catalog=CATALOG, at="2026-01-10T10:00:00Z")
    story.subscribe("Studio")
    story.cancel()
    story.until("2026-02-10T08:00:00Z")
    spent = spends(story, some, first=40)
    story.until("2026-02-10T10:00:00Z")
    assert story.sources() == {"free": 70 - spent}, "30 of the day, and the month of Free"
    story.until("2026-02-11T00:00:00Z")
    assert story.sources() == {"free": 40}


@pytest.mark.parametrize("some", [True, False], ids=["some spent", "none spent"])
def test_a_scheduled_downgrade_leaves_the_day_as_it_was(tell: Tell, some: bool):
    story = tell(catalog=CATALOG, at="2026-01-10T10:00:00Z")
    story.subscribe("Studio")
    story.change_plan("Basic")
    story.until("2026-02-10T08:00:00Z")
    spent = spends(story, some, first=40)
    story.until("2026-02-10T10:00:00Z")
    assert story.sources() == {"free": 30 - spent, "subscription": 100}
    assert story.charge("Dot", images=30 - spent).burns[0].source == "free"
    assert story.sources() == {"subscription": 100}
    story.until("2026-02-11T00:00:00Z")
    assert story.sources() == {"free": 10, "subscription": 100}


@pytest.mark.parametrize("some", [True, False], ids=["some spent", "none spent"])
def test_an_end_by_an_operator_and_a_pause_leave_the_day_as_it_was(tell: Tell, some: bool):
    for how in ("end", "pause"):
        story = tell(catalog=CATALOG, at="2026-01-10T10:00:00Z")
        story.subscribe("Studio")
        story.until("2026-01-12T08:00:00Z")
        spent = spends(story, some)
        if how == "end":
            done = story.end("charged back")
            assert done.after == {"free": 70 - spent}
        else:
            done = story.pause(until="2026-03-01T00:00:00Z", at_once=True)
            assert done.after == {"free": 70 - spent, "subscription": 500}
        assert story.sources() == done.after
        story.until("2026-01-13T00:00:00Z")
        assert story.sources()["free"] == 40


def test_a_plan_called_off_before_it_began_leaves_the_month_as_it_is(tell: Tell):
    story = tell(catalog=CATALOG, at="2026-01-10T10:00:00Z")
    story.subscribe("Basic", starts_at="2026-01-17T00:00:00Z")
    story.cancel()
    story.until("2026-01-18T00:00:00Z")
    assert story.sources() == {"free": 40}
    story.charge("Dot", images=40)
    story.subscribe("Basic")
    assert story.sources() == {"free": 10, "subscription": 100}
