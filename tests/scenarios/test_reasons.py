"""Reason codes: the catalog lists what operators give as reasons, and may refuse others."""

import pytest

from tallystick import InvalidRequest
from tests.scenarios.places import everywhere
from tests.scenarios.small import small
from tests.scenarios.story import Tell

pytestmark = everywhere

LISTED = "policy: {reasons: [goodwill, outage]}\n"
CLOSED = "policy: {reasons: [goodwill, outage], other_reasons: refused}\n"


def test_a_list_that_is_open_takes_any_reason(tell: Tell):
    story = tell(catalog=small(LISTED))
    assert story.adjust(5, "because").reason == "because"


@pytest.mark.parametrize("reason", ["goodwill", "outage: two hours on Monday", "goodwill : late"])
def test_a_closed_list_takes_its_codes_with_details(tell: Tell, reason: str):
    story = tell(catalog=small(CLOSED))
    assert story.adjust(5, reason).reason == reason


@pytest.mark.parametrize("reason", ["because", "Goodwill", "goodwillish", ": goodwill", "good"])
def test_a_closed_list_refuses_other_reasons_and_says_which_there_are(tell: Tell, reason: str):
    story = tell(catalog=small(CLOSED))
    story.adjust(50, "goodwill")
    for act in (
        lambda: story.adjust(5, reason),
        lambda: story.adjust(-5, reason),
        lambda: story.credits.reverse(story.account, 2, reason),
    ):
        with pytest.raises(InvalidRequest) as refused:
            act()
        assert (refused.value.where, refused.value.allowed) == ("reason", ("goodwill", "outage"))
    assert story.available() == 50
