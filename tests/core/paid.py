"""A subscription that waits for its payments, told once for all tests of payments."""

from tallystick.core.instants import text
from tests.core.story import BARE, Story

PAID = """
    2026-01-31 10:00  open                                               -> nothing
                      subscribe basic 1000 monthly paid=2026-02-28/10:00 -> subscription 1000
"""
"""A subscription that waits for its payments; 31 January, so that its boundaries move."""


def told(catalog: str = BARE, **changes: str) -> Story:
    """The story of that subscription, with changes of its catalog."""
    return Story(catalog, changes).tell(PAID)


def bought(story: Story) -> str:
    """Until when it is paid."""
    assert story.account.subscription is not None
    return text(story.account.subscription.paid_through)
