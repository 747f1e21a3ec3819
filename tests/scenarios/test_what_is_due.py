"""What falls due next for an account, so that a test of a product can jump to it."""

from tests.scenarios.places import everywhere
from tests.scenarios.story import Tell, instant

pytestmark = everywhere


def test_a_balance_says_what_falls_due_next(tell: Tell):
    story = tell("artlist", at="2026-01-15T00:00:00Z")
    assert story.balance().due is None
    story.subscribe("AI Suite Starter", 40_000, intervals=1)
    hold = story.hold("Nano Banana")
    due = story.balance().due
    assert (due.at, due.kinds) == (hold.expires_at, ("released",))
    story.settle(hold.hold)
    told = []
    while (due := story.balance().due) is not None:
        told.append((f"{due.at:%m-%d}", due.kinds))
        story.until(due.at)
    assert told == [
        ("02-15", ("grant_expired", "past_due")),
        ("02-18", ("subscription_ended",)),
    ]
    assert story.balance(as_of="2026-02-01T00:00:00Z").due is None
    assert instant("2026-02-18T00:00:00Z") == story.balance().as_of
