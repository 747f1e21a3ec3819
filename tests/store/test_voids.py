"""What was spent of a grant is read off the account's entries, on every database."""

from __future__ import annotations

from tallystick import NothingLeft, commands
from tallystick.testing import TestClock
from tests.store.shop import START, opened


def test_what_was_spent_of_grants_is_owed_once_each(url: str):
    clock = TestClock(START)
    with opened(url, clock) as shop:
        for account in ("ann", "ben"):
            shop.open_account(account)
            shop.top_up(account, 500)
            shop.grant(account, 30, expires_at="2026-03-01T00:00:00Z")
        shop.charge("ann", "Picture", images=4)
        shop.adjust("ann", -2, "a mistake", grant="g2")
        hold = shop.hold("ann", "Picture", images=3, ttl_seconds=60)
        clock.advance_to("2026-04-01T00:00:00Z")
        shop.settle("ben", shop.hold("ben", "Picture", images=2).hold, images=1)
        spent = {each.grant: each.credits for each in shop.receipt("ann", "r4").burns}
        assert hold.seq
        done = shop.execute(
            [
                commands.Void("ann", grant, "charged back", owe=True)
                for grant in ("g2", "g3", "g2", "g3")
            ]
        )
        assert [each.owed for each in done[:2]] == [spent.get("g2", 0), spent["g3"]]
        assert all(isinstance(each, NothingLeft) for each in done[2:])
        assert shop.balance("ann").owed == sum(spent.values())
        assert shop.balance("ben").owed == 0
        assert shop.verify()
