"""Free credits that come again: by hour, week and quarter, from the first request, and by plan."""

import pytest

from tallystick import InsufficientCredits
from tests.scenarios.places import everywhere
from tests.scenarios.small import small
from tests.scenarios.story import Story, Tell, instant

pytestmark = everywhere


def given(*allowances: str) -> str:
    """A catalog with these allowances; a dot costs one credit."""
    return small("free_credits:\n" + "".join(f"  - {{{each}}}\n" for each in allowances))


def free(story: Story) -> object:
    return story.sources().get("free", 0)


@pytest.mark.parametrize(
    ("every", "last", "next_"),
    [
        ("hour", "2026-01-31T10:59:59Z", "2026-01-31T11:00:00Z"),
        ("week", "2026-02-01T23:59:59Z", "2026-02-02T00:00:00Z"),
        ("quarter", "2026-04-30T10:29:59Z", "2026-04-30T10:30:00Z"),
        ("quarter, from: calendar", "2026-03-31T23:59:59Z", "2026-04-01T00:00:00Z"),
    ],
)
def test_what_is_left_of_a_window_lapses_and_the_next_one_gives_in_full(
    tell: Tell, every: str, last: str, next_: str
):
    story = tell(catalog=given(f"credits: 30, every: {every}"), at="2026-01-31T10:30:00Z")
    charged = story.charge("Dot", images=18)
    assert (charged.balance_before, charged.balance_after) == (30, 12)
    story.until(last)
    assert story.charge("Dot", images=2).balance_after == 10
    story.until(next_)
    assert free(story) == 30
    assert story.charge("Dot", images=30).balance_after == 0
    assert [each.credits for each in story.ledger() if each.kind == "grant_expired"] == [-10]


def test_a_window_of_five_hours_runs_from_the_first_request_and_ends_with_the_cycle(tell: Tell):
    """As subscriptions of chat models count: so much in five hours, from the first message on."""
    catalog = given("credits: 20, every: 5 hours, from: first_use, within_cycle: true")
    story = tell(catalog=catalog, at="2026-01-31T10:00:00Z")
    story.subscribe("Basic")
    story.until("2026-01-31T13:17:00Z")
    story.charge("Dot", images=15)
    (window,) = [grant for grant in story.balance().grants if grant.source == "free"]
    assert (window.effective_at, window.expires_at) == (
        instant("2026-01-31T13:17:00Z"),
        instant("2026-01-31T18:17:00Z"),
    )
    story.until("2026-01-31T18:16:59Z")
    assert free(story) == 5
    story.until("2026-01-31T18:17:00Z")
    assert free(story) == 20, "the next window has not opened: nobody asked for anything yet"

    story.until("2026-02-28T08:00:00Z")
    story.charge("Dot", images=20)
    assert free(story) == 0
    story.until("2026-02-28T09:59:59Z")
    assert free(story) == 0
    story.until("2026-02-28T10:00:00Z")
    assert story.sources() == {"free": 20, "subscription": 100}, "the window ended with the cycle"
    story.charge("Dot", images=1)
    story.until("2026-02-28T14:59:59Z")
    assert free(story) == 19
    story.until("2026-02-28T15:00:00Z")
    assert free(story) == 20


def test_a_month_of_free_credits_begins_when_the_first_of_them_is_spent(tell: Tell):
    """Firefly's free credits."""
    catalog = given("credits: 25, every: month, from: first_use")
    story = tell(catalog=catalog, at="2026-01-10T10:00:00Z")
    story.until("2026-01-31T12:00:00Z")
    assert story.charge("Dot", images=24).balance_after == 1
    story.until("2026-02-28T11:59:59Z")
    assert free(story) == 1
    story.until("2026-06-05T09:00:00Z")
    assert story.charge("Dot").balance_after == 24, "months in which nobody asked began none"
    story.until("2026-07-05T08:59:59Z")
    assert free(story) == 24
    story.until("2026-07-05T09:00:00Z")
    assert free(story) == 25


def test_fifty_a_day_come_only_once_those_of_the_month_are_used_up(tell: Tell):
    """Suno's daily credits of paid plans; what was bought beside them does not matter."""
    catalog = given("credits: 50, every: day, plans: [basic], when_used_up: true")
    story = tell(catalog=catalog, at="2026-01-10T10:00:00Z")
    story.top_up(7)
    story.subscribe("Basic")
    assert story.sources() == {"subscription": 100, "topup": 7}
    story.charge("Dot", images=99)
    assert story.sources() == {"subscription": 1, "topup": 7}
    charged = story.charge("Dot", images=55)
    assert [(each.source, each.credits) for each in charged.burns] == [
        ("free", 50),
        ("subscription", 1),
        ("topup", 4),
    ]
    with pytest.raises(InsufficientCredits):
        story.charge("Dot", images=4)
    story.until("2026-01-11T00:00:00Z")
    assert story.sources() == {"free": 50, "topup": 3}
    story.charge("Dot", images=50)
    story.until("2026-02-10T10:00:00Z")
    assert story.sources() == {"subscription": 100, "topup": 3}, "there is a month to use up"


def test_ten_a_day_and_a_hundred_a_month_are_one_source(tell: Tell):
    """Udio: the day's are used first, as they end first."""
    catalog = given("credits: 10, every: day", "credits: 100, every: month")
    story = tell(catalog=catalog, at="2026-01-10T10:00:00Z")
    assert story.sources() == {"free": 110}
    assert [each.credits for each in story.charge("Dot", images=25).burns] == [10, 15]
    story.until("2026-01-11T00:00:00Z")
    assert story.sources() == {"free": 95}
    story.charge("Dot", images=4)
    story.until("2026-01-12T00:00:00Z")
    assert story.sources() == {"free": 95}, "the six that were left of the day are gone"
    with pytest.raises(InsufficientCredits) as refused:
        story.charge("Dot", images=96)
    assert refused.value.shortfall == 1
    story.until("2026-02-10T10:00:00Z")
    assert story.sources() == {"free": 110}


def test_two_allowances_of_one_day_are_both_given(tell: Tell):
    """60 a day for all and 5 a day on one plan: also on the day on which the plan comes."""
    catalog = given("credits: 60, every: day", "credits: 5, every: day, plans: [basic]")
    story = tell(catalog=catalog, at="2026-01-10T10:00:00Z")
    assert story.charge("Dot", images=60).balance_after == 0
    bought = story.subscribe("Basic")
    assert bought.after == story.sources() == {"free": 5, "subscription": 100}
    assert story.charge("Dot", images=5).burns[0].source == "free"
    story.until("2026-01-11T00:00:00Z")
    assert free(story) == 65
    assert story.charge("Dot", images=65).burns[0].credits == 65


def test_a_plan_with_more_a_day_gives_the_difference_on_the_day_it_is_bought(tell: Tell):
    """10 on Free, 20 on Basic, bought at noon; and never less than before on the way down."""
    catalog = given(
        "credits: 10, every: day, plans: [free]", "credits: 20, every: day, plans: [basic]"
    )
    story = tell(catalog=catalog, at="2026-01-10T08:00:00Z")
    story.charge("Dot", images=4)
    story.until("2026-01-10T12:00:00Z")
    shown = story.subscribe("Basic", preview=True)
    done = story.subscribe("Basic")
    assert shown.after == done.after == story.sources() == {"free": 16, "subscription": 100}
    assert [each.source for each in story.charge("Dot", images=16).burns] == ["free", "free"]
    assert free(story) == 0
    story.until("2026-01-11T00:00:00Z")
    assert free(story) == 20
    story.end("charged back")
    assert free(story) == 20
    story.until("2026-01-12T00:00:00Z")
    assert free(story) == 10


def test_a_generation_that_costs_nothing_shows_the_free_credits_nobody_needed_yet(tell: Tell):
    catalog = given("credits: 200, every: day").replace(
        "plans:\n",
        "plans:\n  - {id: loud, name: Loud, unlimited: [agent], packages: [{credits: 5}]}\n",
    )
    story = tell(catalog=catalog)
    story.subscribe("Loud")
    quoted = story.quote("Voice", characters=500)
    assert (quoted.credits, quoted.balance_before, quoted.balance_after) == (0, 205, 205)
    charged = story.charge("Voice", characters=500)
    assert (charged.credits, charged.balance_before, charged.balance_after) == (0, 205, 205)
    receipt = story.receipt(charged.receipt)
    assert (receipt.balance_before, receipt.balance_after) == (205, 205)
