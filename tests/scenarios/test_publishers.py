"""Who published a version of the catalog, and when (`docs/spec.md` 2.9)."""

import pytest

from tallystick import InvalidRequest, KeyConflict
from tests.scenarios.places import everywhere, over_http
from tests.scenarios.small import small
from tests.scenarios.story import Story, Tell, instant
from tests.scenarios.test_scheduled_versions import priced

MARCH, JUNE = "2026-03-31T10:00:00Z", "2026-06-01T00:00:00Z"


def noted(story: Story, version: int) -> tuple[object, object]:
    view = story.credits.catalog(version=version)
    return view.published_at, view.published_by


@everywhere
def test_a_version_says_who_published_it_and_when(tell: Tell):
    story = tell(catalog=small(), at=MARCH)
    story.clock.advance(days=1)
    made = story.credits.publish(priced(3), effective_at=JUNE, by="ana")
    assert made.published_at == instant("2026-04-01T10:00:00Z")
    assert made.published_by == "ana"
    assert noted(story, 2) == (made.published_at, "ana")
    assert noted(story, 1) == (instant(MARCH), None)
    story.clock.advance_to(JUNE)
    back = story.credits.rollback(1, by="ben")
    assert (back.published_at, back.published_by) == (instant(JUNE), "ben")
    assert noted(story, 3) == (instant(JUNE), "ben")
    assert story.credits.verify()


def test_on_a_server_the_api_key_that_published_is_noted_whoever_it_says_it_was():
    place = over_http(None, small(), MARCH)
    try:
        place.credits.publish(priced(3))
        place.credits.publish(priced(4), by="ana")
        versions = [place.credits.catalog(version=each) for each in (1, 2, 3)]
        assert [(each.published_by, each.published_key) for each in versions] == [
            (None, None), (None, "test"), ("ana", "test"),
        ]  # fmt: skip
    finally:
        place.close()


def test_nobody_is_named_who_did_not_say_so_and_a_dry_run_has_no_instant(tell: Tell):
    story = tell(catalog=small(), at=MARCH)
    dry = story.credits.publish(priced(3), dry_run=True, by="ana")
    assert (dry.published_at, dry.published_by) == (None, None)
    assert story.credits.publish(priced(3)).published_by is None
    assert noted(story, 2) == (instant(MARCH), None)
    for bad in ("", 5, "x" * 200, "a\n"):
        with pytest.raises(InvalidRequest) as said:
            story.credits.publish(priced(4), by=bad)
        assert said.value.where == "by"


def test_a_key_keeps_what_was_published_by_whom(tell: Tell):
    story = tell(catalog=small(), at=MARCH)
    first = story.credits.publish(priced(3), key="p-1", by="ana")
    story.clock.advance(days=1)
    assert story.credits.publish(priced(3), key="p-1", by="ana") == first
    with pytest.raises(KeyConflict):
        story.credits.publish(priced(3), key="p-1", by="ben")
