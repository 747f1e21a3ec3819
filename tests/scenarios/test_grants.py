"""Single grants: their beginning and their end, moved by an operator, and taken back."""

import pytest

from tallystick import InsufficientCredits, InvalidRequest, NothingLeft
from tests.scenarios.places import everywhere
from tests.scenarios.small import small
from tests.scenarios.story import Tell, instant

pytestmark = everywhere

FREE_DAILY = "free_credits: [{credits: 20, every: day}]\n"


def test_an_expiry_is_moved_later_earlier_and_to_never(tell: Tell):
    story = tell(catalog=small(), at="2026-01-10T10:00:00Z")
    given = story.grant(100, expires_at="2026-02-01T00:00:00Z")
    later = story.set_expiry(given.grant, "2026-03-01T00:00:00Z", "they were ill")
    assert (later.expired_at, later.expires_at) == (
        instant("2026-02-01T00:00:00Z"),
        instant("2026-03-01T00:00:00Z"),
    )
    story.until("2026-02-10T00:00:00Z")
    assert story.charge("Dot", images=30).balance_after == 70
    story.set_expiry(given.grant, "2026-02-11T00:00:00Z", "ends with the campaign")
    assert story.balance(as_of="2026-02-10T23:59:59Z").available == 70
    never = story.set_expiry(given.grant, None, "goodwill")
    assert never.expires_at is None
    story.until("2030-01-01T00:00:00Z")
    assert story.available() == 70
    story.set_expiry(given.grant, "2030-01-02T00:00:00Z", "goodwill ends")
    story.until("2030-01-02T00:00:00Z")
    assert story.sources() == {}
    assert [each.credits for each in story.ledger() if each.kind == "grant_expired"] == [-70]


def test_an_expiry_lies_after_now_and_belongs_to_what_is_left(tell: Tell):
    story = tell(catalog=small(), at="2026-01-10T10:00:00Z")
    given = story.grant(10, expires_at="2026-02-01T00:00:00Z")
    for gone in ("2026-01-10T10:00:00Z", "2026-01-09T00:00:00Z"):
        with pytest.raises(InvalidRequest):
            story.set_expiry(given.grant, gone, "too late")
    story.charge("Dot", images=10)
    with pytest.raises(NothingLeft):
        story.set_expiry(given.grant, "2026-03-01T00:00:00Z", "nothing there")


def test_what_is_held_moves_with_its_grant(tell: Tell):
    story = tell(catalog=small(), at="2026-01-10T10:00:00Z")
    given = story.grant(50, expires_at="2026-01-11T00:00:00Z")
    hold = story.hold("Clip", seconds=5, ttl_seconds=86_400)
    story.set_expiry(given.grant, "2026-02-01T00:00:00Z", "they were ill")
    story.until("2026-01-11T09:00:00Z")
    settled = story.settle(hold.hold, seconds=2)
    assert (settled.returned, settled.expired, story.available()) == (30, 0, 30)


def test_a_grant_begins_later_and_is_offered_to_wait_for(tell: Tell):
    story = tell(catalog=small(), at="2026-01-10T10:00:00Z")
    story.grant(5)
    promised = story.grant(
        100, effective_at="2026-01-20T00:00:00Z", expires_at="2026-02-01T00:00:00Z"
    )
    now = story.balance()
    assert (now.available, now.grants[-1].grant) == (5, promised.grant)
    assert now.grants[-1].effective_at == instant("2026-01-20T00:00:00Z")
    assert (now.due.at, now.due.kinds) == (instant("2026-01-20T00:00:00Z"), ("grant_began",))
    with pytest.raises(InsufficientCredits) as refused:
        story.charge("Dot", images=20)
    (wait,) = [way for way in refused.value.ways_out if way.kind == "wait"]
    assert wait.at == instant("2026-01-20T00:00:00Z")
    story.until("2026-01-19T23:59:59Z")
    assert story.available() == 5
    story.until("2026-01-20T00:00:00Z")
    assert story.sources() == {"promo": 105}
    assert story.charge("Dot", images=20).burns[0].grant == promised.grant, "it ends first"
    story.until("2026-02-01T00:00:00Z")
    assert story.sources() == {"promo": 5}
    with pytest.raises(InvalidRequest):
        story.grant(5, effective_at="2026-03-01T00:00:00Z", expires_at="2026-03-01T00:00:00Z")


def test_a_grant_that_is_partly_spent_and_partly_held_is_voided(tell: Tell):
    story = tell(catalog=small(), at="2026-01-10T10:00:00Z")
    given = story.grant(100)
    story.charge("Dot", images=25)
    hold = story.hold("Clip", seconds=4)
    voided = story.void(given.grant, "charged back")
    assert (voided.credits, voided.held, voided.owed) == (-35, 40, 0)
    assert (story.available(), story.balance().held) == (0, 40)
    with pytest.raises(NothingLeft):
        story.void(given.grant, "charged back")
    assert story.settle(hold.hold, seconds=3).expired == 10
    assert (story.available(), story.balance().held) == (0, 0)


def test_a_cycle_that_nobody_used_is_reversed(tell: Tell):
    """An unused cycle is refunded: the entry of its credits, or the grant that they are."""
    story = tell(catalog=small(), at="2026-01-10T10:00:00Z")
    story.subscribe("Basic")
    (entry,) = [each for each in story.ledger() if each.kind == "cycle_started"]
    reversed_ = story.reverse(f"g{entry.seq}", "refunded")
    assert (reversed_.credits, story.sources()) == (-100, {})
    story.until("2026-02-10T10:00:00Z")
    assert story.sources() == {"subscription": 100}


def test_a_promotion_that_ends_at_midnight_burns_before_the_month(tell: Tell):
    """Either by a place of its own, or because the catalog burns what ends first."""
    for catalog, own in (
        (small(), {"priority": 5}),
        (small("policy: {burn_by: expiry}\n"), {}),
    ):
        story = tell(catalog=catalog, at="2026-01-10T10:00:00Z")
        story.subscribe("Basic")
        story.grant(30, expires_at="2026-01-11T00:00:00Z", **own)
        burned = story.charge("Dot", images=40).burns
        assert [(each.source, each.credits) for each in burned] == [
            ("promo", 30),
            ("subscription", 10),
        ]


def test_a_subscriber_from_elsewhere_has_used_a_part_of_the_cycle(tell: Tell):
    """3,000 of 10,000 in small: today's free credits stay, and "used" says it."""
    story = tell(catalog=small(FREE_DAILY), at="2026-01-10T10:00:00Z")
    story.subscribe("Studio")
    story.adjust(-150, "used before the move", source="subscription", used=True)
    assert story.sources() == {"free": 20, "subscription": 350}
    cycle = story.balance().cycle
    assert (cycle.used, cycle.allotment) == (150, 500)
    story.until("2026-02-10T10:00:00Z")
    assert (story.balance().cycle.used, story.sources()["subscription"]) == (0, 500)
