"""Members share the pool of an account; each may have a cap a cycle."""

import pytest

from tallystick import refusals
from tests.scenarios.places import everywhere
from tests.scenarios.story import Story, Tell, instant

pytestmark = everywhere


def team(tell: Tell) -> Story:
    story = tell("artlist", at="2026-01-31T10:00:00Z", members={"mia": 1_000, "tom": None})
    story.subscribe("AI Suite Starter", 40_000)
    return story


def used(story: Story) -> dict[str, object]:
    return {member.member: member.used for member in story.credits.account("ada").members}


def test_members_spend_from_one_pool(tell: Tell):
    story = team(tell)
    story.charge("Lyria 3", member="mia")
    story.charge("Lyria 3", member="tom")
    with pytest.raises(refusals.MemberRequired):
        story.charge("Lyria 3")
    assert story.available() == 40_000 - 300
    assert used(story) == {"mia": 150, "tom": 150}
    assert [line.member for line in story.usage()] == ["mia", "tom"]


def test_a_cap_is_for_its_member_and_says_what_was_spent(tell: Tell):
    story = team(tell)
    story.charge("Lyria 3", outputs=6, member="mia")
    with pytest.raises(refusals.MemberCapReached) as reached:
        story.charge("Lyria 3", member="mia")
    assert reached.value.facts == {
        "member": "mia",
        "cap": 1_000,
        "used": 900,
        "credits": 150,
        "every": "cycle",
        "resets_at": instant("2026-02-28T10:00:00Z"),
    }
    assert story.charge("Nano Banana", member="mia").credits == 100, "up to the cap"
    assert story.charge("Lyria 3", outputs=10, member="tom").credits == 1_500
    assert not hasattr(reached.value, "shortfall"), "the account has enough; the member may not"


def test_a_hold_counts_as_spent_until_it_is_closed(tell: Tell):
    story = team(tell)
    hold = story.hold("Lyria 3", outputs=6, member="mia")
    with pytest.raises(refusals.MemberCapReached):
        story.hold("Lyria 3", member="mia")
    story.settle(hold.hold, outputs=1)
    assert used(story)["mia"] == 150
    released = story.hold("Lyria 3", outputs=5, member="mia")
    story.release(released.hold)
    timed_out = story.hold("Lyria 3", outputs=5, member="mia")
    story.clock.advance_to(timed_out.expires_at)
    assert used(story)["mia"] == 150
    assert story.charge("Lyria 3", outputs=5, member="mia").credits == 750


def test_a_cap_counts_from_zero_in_a_new_cycle(tell: Tell):
    story = team(tell)
    story.charge("Lyria 3", outputs=6, member="mia")
    story.until("2026-02-28T10:00:00Z")
    assert used(story) == {"mia": 0, "tom": 0}
    assert story.charge("Lyria 3", outputs=6, member="mia").credits == 900
    assert used(story) == {"mia": 900, "tom": 0}


def test_a_hold_of_the_old_cycle_does_not_count_in_the_new_one(tell: Tell):
    story = team(tell)
    story.until("2026-02-28T09:55:00Z")
    hold = story.hold("Lyria 3", outputs=6, member="mia")
    story.until("2026-02-28T10:00:00Z")
    assert story.charge("Lyria 3", outputs=6, member="mia").credits == 900
    story.settle(hold.hold)
    assert used(story)["mia"] == 900


def test_without_a_subscription_a_cap_counts_the_accounts_own_month(tell: Tell):
    story = tell("videodraft", at="2026-01-31T10:00:00Z", members={"mia": 30})
    story.charge("Kling", seconds=5, member="mia")
    with pytest.raises(refusals.MemberCapReached):
        story.charge("Luma Ray Flash", seconds=5, member="mia")
    story.until("2026-02-28T10:00:00Z")
    assert story.charge("Luma Ray Flash", seconds=5, member="mia").credits == 30


def test_only_members_may_spend_as_members(tell: Tell):
    story = team(tell)
    with pytest.raises(refusals.MemberUnknown) as unknown:
        story.charge("Lyria 3", member="zoe")
    assert unknown.value.members == ["mia", "tom"]


def test_members_come_go_and_get_other_caps(tell: Tell):
    story = team(tell)
    story.charge("Lyria 3", member="mia")
    story.set_member("zoe", cap=100)
    with pytest.raises(refusals.MemberCapReached):
        story.charge("Lyria 3", member="zoe")
    story.set_member("zoe", cap=200)
    assert story.charge("Lyria 3", member="zoe").credits == 150
    story.set_member("mia", cap=None)
    assert story.charge("Lyria 3", outputs=10, member="mia").credits == 1_500
    story.remove_member("mia")
    with pytest.raises(refusals.MemberUnknown):
        story.charge("Lyria 3", member="mia")
    assert [line.member for line in story.usage()] == ["mia", "zoe", "mia"], "it stays on record"


def test_a_cap_of_nothing_allows_what_is_free(tell: Tell):
    story = tell("videodraft", members={"mia": 0})
    with pytest.raises(refusals.MemberCapReached):
        story.charge("Flux Schnell", member="mia")
    assert story.charge("Silent audio", member="mia").credits == 0
