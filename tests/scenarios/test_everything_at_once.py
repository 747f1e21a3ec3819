"""The case that breaks in peers: daily free credits, monthly credits, carry-over and a top-up on
one account, through resets, two upgrades and a cancellation, with a hold open across each of them.

Every source is asserted at every step. Buying or changing a subscription never touches a top-up.
"""

from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from tallystick import commands, refusals, results
from tests.scenarios.story import Story, Tell, instant

VIDEO, IMAGE = "Example Video", "Example Image"


def stands(story: Story, held: dict[str, int] | None = None, **sources: int) -> None:
    """What is spendable of each source, and what open holds reserve."""
    assert (story.sources(), story.held()) == (sources, held or {})
    assert story.available() == sum(sources.values())


def top_ups(story: Story) -> list[results.GrantView]:
    return [grant for grant in story.balance().grants if grant.source == "topup"]


def leaves_top_ups_alone(story: Story, change: Callable[[], Any]) -> Any:
    before = top_ups(story)
    done = change()
    assert before
    assert top_ups(story) == before
    return done


def buy(story: Story) -> None:
    stands(story, free=100)
    story.subscribe("Basic")
    stands(story, free=100, subscription=10_000)
    story.top_up(5_000)
    stands(story, free=100, subscription=10_000, topup=5_000)


def upgrade_with_a_hold_open_since_yesterday(story: Story) -> None:
    hold = story.hold(IMAGE, outputs=10, ttl_seconds=86_400)
    held = {"free": 100, "subscription": 140}
    stands(story, held, subscription=9_860, topup=5_000)
    story.until("2026-02-01T00:00:00Z")
    stands(story, held, free=100, subscription=9_860, topup=5_000)
    story.until("2026-02-01T09:00:00Z")
    done = leaves_top_ups_alone(story, lambda: story.change_plan("Standard"))
    assert done.before == {"free": 100, "subscription": 9_860, "topup": 5_000}
    assert done.after == {"free": 100, "carry_over": 9_860, "subscription": 40_000, "topup": 5_000}
    held = {"free": 100, "carry_over": 140}
    stands(story, held, free=100, carry_over=9_860, subscription=40_000, topup=5_000)
    settled = story.settle(hold.hold, outputs=6)
    assert (settled.credits, settled.returned, settled.expired) == (144, 96, 0)
    stands(story, free=100, carry_over=9_956, subscription=40_000, topup=5_000)
    assert story.balance().cycle.used == 0, "the new cycle's credits paid nothing"


def upgrade_again_with_a_hold_on_three_sources(story: Story) -> None:
    story.until("2026-02-10T12:00:00Z")
    hold = story.hold(VIDEO, outputs=50, ttl_seconds=86_400)
    held = {"free": 100, "carry_over": 9_956, "subscription": 444}
    stands(story, held, subscription=39_556, topup=5_000)
    story.until("2026-02-10T12:05:00Z")
    leaves_top_ups_alone(story, lambda: story.change_plan("Ultimate"))
    held = {"free": 100, "carry_over": 10_400}
    stands(story, held, carry_over=39_556, subscription=100_000, topup=5_000)
    story.until("2026-02-11T00:05:00Z")
    released = story.release(hold.hold)
    assert (released.returned, released.expired) == (10_400, 100), "yesterday's free credits lapse"
    stands(story, free=100, carry_over=49_956, subscription=100_000, topup=5_000)


def let_the_first_carry_over_end_under_a_hold(story: Story) -> None:
    story.until("2026-02-28T20:00:00Z")
    hold = story.hold(VIDEO, outputs=49, ttl_seconds=86_400)
    held = {"free": 100, "carry_over": 10_190}
    stands(story, held, carry_over=39_766, subscription=100_000, topup=5_000)
    story.until("2026-03-01T09:00:00Z")
    stands(story, held, free=100, carry_over=39_766, subscription=100_000, topup=5_000)
    settled = story.settle(hold.hold, outcome="partial", credits=100)
    assert (settled.credits, settled.returned, settled.expired) == (100, 234, 9_956)
    stands(story, free=100, carry_over=40_000, subscription=100_000, topup=5_000)


def let_the_cycle_end_under_a_hold_that_times_out(story: Story) -> None:
    story.until("2026-03-10T12:00:00Z")
    hold = story.hold(VIDEO, outputs=100)
    held = {"free": 100, "carry_over": 20_900}
    stands(story, held, carry_over=19_100, subscription=100_000, topup=5_000)
    story.until("2026-03-10T12:05:00Z")
    stands(story, held, subscription=100_000, topup=5_000)
    story.clock.advance_to(hold.expires_at)
    stands(story, free=100, subscription=100_000, topup=5_000)
    with pytest.raises(refusals.HoldClosed) as closed:
        story.release(hold.hold)
    assert closed.value.how == "timed_out"


def spend_into_the_top_up(story: Story) -> None:
    charge = story.charge(VIDEO, outputs=500)
    assert [(burn.source, burn.credits) for burn in charge.burns] == [
        ("free", 100),
        ("subscription", 100_000),
        ("topup", 4_900),
    ]
    stands(story, topup=100)
    story.top_up(1_000)
    stands(story, topup=1_100)


def cancel_with_a_hold_open_across_the_end(story: Story) -> None:
    leaves_top_ups_alone(story, story.cancel)
    leaves_top_ups_alone(story, story.resume)
    leaves_top_ups_alone(story, story.cancel)
    story.until("2026-04-10T00:30:00Z")
    stands(story, free=100, topup=1_100)
    hold = story.hold(VIDEO, ttl_seconds=86_400)
    stands(story, {"free": 100, "topup": 110}, topup=990)
    story.until("2026-04-10T12:05:00Z")
    stands(story, {"free": 100, "topup": 110}, topup=990)
    assert story.balance().subscription is None
    assert story.settle(hold.hold).credits == 210
    stands(story, topup=990)


def live_on_the_free_plan_and_come_back(story: Story) -> None:
    with pytest.raises(refusals.ModelRequiresSubscription):
        story.charge("Example Video Pro")
    story.until("2026-04-11T08:00:00Z")
    assert story.charge(VIDEO).balance_after == 880
    stands(story, topup=880)
    leaves_top_ups_alone(story, lambda: story.subscribe("Basic"))
    stands(story, subscription=10_000, topup=880)


CHAPTERS = (
    buy,
    upgrade_with_a_hold_open_since_yesterday,
    upgrade_again_with_a_hold_on_three_sources,
    let_the_first_carry_over_end_under_a_hold,
    let_the_cycle_end_under_a_hold_that_times_out,
    spend_into_the_top_up,
    cancel_with_a_hold_open_across_the_end,
    live_on_the_free_plan_and_come_back,
)


class Watched(Story):
    """The same story, with a worker that brings the account up to date every six hours."""

    def until(self, moment: Any) -> None:
        while self.clock.at < instant(moment):
            self.clock.advance_to(min(self.clock.at + timedelta(hours=6), instant(moment)))
            self.credits.execute([commands.Advance(self.account)])


def told(story: Story) -> list[results.Entry]:
    for chapter in CHAPTERS:
        chapter(story)
    assert story.credits.verify()
    return story.ledger()


def test_every_source_at_every_step(tell: Tell):
    ledger = told(tell("imagineart", at="2026-01-31T10:00:00Z"))
    assert all(entry.balance_after >= 0 for entry in ledger)
    assert all(sum(posting.credits for posting in entry.postings) == 0 for entry in ledger)
    for before, after in pairwise(ledger):
        assert after.balance_before == before.balance_after
        assert (after.seq, after.at >= before.at) == (before.seq + 1, True)
    granted = -sum(posting.credits for entry in ledger for posting in entry.postings
                   if posting.account == "issued")  # fmt: skip
    ends = {
        end: sum(p.credits for entry in ledger for p in entry.postings if p.account == end)
        for end in ("spent", "expired")
    }
    assert granted == ends["spent"] + ends["expired"] + 10_880
    assert ends["spent"] == 144 + 100 + 105_000 + 210 + 210


def test_a_worker_that_looks_all_the_time_writes_the_same_ledger(tell: Tell):
    lazy = told(tell("imagineart", at="2026-01-31T10:00:00Z"))
    watched = Watched("imagineart", at="2026-01-31T10:00:00Z")
    assert told(watched) == lazy
    watched.credits.close()
