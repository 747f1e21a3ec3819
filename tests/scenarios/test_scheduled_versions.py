"""Versions to come: published before another one, withdrawn, replaced, and an old one again."""

import pytest

from tallystick import InvalidCatalog, InvalidRequest, refusals
from tests.scenarios.small import small
from tests.scenarios.story import Story, Tell, instant

MAY, JUNE, JULY = "2026-05-01T00:00:00Z", "2026-06-01T00:00:00Z", "2026-07-01T00:00:00Z"


def priced(credits: int) -> str:
    """The catalog with another price of a dot."""
    return small().replace("credits: 1, per: image", f"credits: {credits}, per: image")


def price(story: Story, at: str | None = None) -> tuple[int, int]:
    """The version in force and what a dot costs there; now, or once the clock is there."""
    if at is not None:
        story.clock.advance_to(at)
    quote = story.credits.quote("Dot")
    return quote.catalog.version, quote.credits


def standings(story: Story) -> list[str]:
    newest = story.credits.catalog().newest
    return [story.credits.catalog(version=each + 1).standing for each in range(newest)]


@pytest.fixture
def story(tell: Tell) -> Story:
    """Three credits a dot from June."""
    story = tell(catalog=small(), at="2026-03-31T10:00:00Z")
    story.credits.publish(priced(3), effective_at=JUNE)
    return story


def test_a_version_comes_into_force_before_one_that_is_scheduled(story: Story):
    made = story.credits.publish(priced(2), effective_at=MAY)
    assert (made.version, made.next_version, made.next_at) == (3, 2, instant(JUNE))
    assert made.changes == ("Dot: 1 -> 2 credits per image (+100 %)",)
    assert standings(story) == ["in_force", "scheduled", "scheduled"]
    assert [price(story, at) for at in (None, MAY, JUNE)] == [(1, 1), (3, 2), (2, 3)]
    assert standings(story) == ["past", "in_force", "past"]
    assert story.credits.verify()


def test_an_urgent_price_now_leaves_what_is_scheduled(story: Story):
    story.credits.publish(priced(2))
    assert [price(story, at) for at in (None, JUNE)] == [(3, 2), (2, 3)]


def test_a_scheduled_version_is_withdrawn(story: Story):
    gone = story.credits.withdraw(2)
    assert (gone.version, gone.effective_at, gone.instead) == (2, instant(JUNE), 1)
    assert standings(story) == ["in_force", "withdrawn"]
    assert story.credits.catalog(version=2).withdrawn_at == instant("2026-03-31T10:00:00Z")
    assert price(story, JUNE) == (1, 1)
    assert story.credits.publish(priced(4)).version == 3
    assert story.credits.verify()


def test_what_was_in_force_never_changes(story: Story):
    with pytest.raises(refusals.VersionNotScheduled) as refused:
        story.credits.withdraw(1)
    assert (refused.value.version, refused.value.standing) == (1, "in_force")
    story.clock.advance_to(JUNE)
    for version, standing in ((1, "past"), (2, "in_force")):
        with pytest.raises(refusals.VersionNotScheduled) as refused:
            story.credits.withdraw(version)
        assert refused.value.standing == standing
    with pytest.raises(InvalidRequest, match="must not lie before 2026-06-01"):
        story.credits.publish(priced(5), effective_at=MAY)


def test_a_version_is_withdrawn_once(story: Story):
    assert story.credits.withdraw(2, key="oops") == story.credits.withdraw(2, key="oops")
    with pytest.raises(refusals.VersionNotScheduled, match="version 2 is withdrawn already"):
        story.credits.withdraw(2)
    with pytest.raises(InvalidRequest, match="there is no catalog version 3"):
        story.credits.withdraw(3)


def test_a_version_for_the_same_instant_replaces_the_scheduled_one(story: Story):
    assert story.credits.publish(priced(4), effective_at=JUNE).replaces == (2,)
    assert standings(story) == ["in_force", "withdrawn", "scheduled"]
    assert story.credits.withdraw(3).instead == 1, "what was replaced does not come back"
    assert price(story, JUNE) == (1, 1)


def test_nothing_is_published_that_changes_nothing_at_its_instant(story: Story):
    with pytest.raises(InvalidCatalog, match="version 1, which is in force already"):
        story.credits.publish(small())
    with pytest.raises(InvalidCatalog, match="version 2, which is in force at 2026-07-01"):
        story.credits.publish(priced(3), effective_at=JULY)
    assert story.credits.publish(small(), effective_at=JULY).version == 3
    assert [price(story, at) for at in (JUNE, JULY)] == [(2, 3), (3, 1)]


def test_a_dry_run_says_what_would_be_replaced_and_changes_nothing(story: Story):
    said = story.credits.publish(priced(4), effective_at=JUNE, dry_run=True)
    assert (said.version, said.replaces, said.dry_run) == (3, (2,), True)
    assert standings(story) == ["in_force", "scheduled"]


def test_an_earlier_version_is_published_again(story: Story):
    story.clock.advance_to(JUNE)
    said = story.credits.rollback(1, dry_run=True)
    assert (said.version, said.changes) == (3, ("Dot: 3 -> 1 credit per image (-66.7 %)",))
    done = story.credits.rollback(1, key="back")
    assert (done.version, done.effective_at) == (3, instant(JUNE))
    assert story.credits.rollback(1, key="back") == done
    assert price(story) == (3, 1)
    assert story.credits.catalog(version=3).source == story.credits.catalog(version=1).source
    with pytest.raises(InvalidCatalog, match="version 3, which is in force already"):
        story.credits.rollback(1)


def test_only_what_was_in_force_is_rolled_back_to(story: Story):
    with pytest.raises(InvalidRequest, match="version 2 never was in force"):
        story.credits.rollback(2)
    story.credits.withdraw(2)
    with pytest.raises(InvalidRequest, match="version 2 never was in force"):
        story.credits.rollback(2)
    with pytest.raises(InvalidCatalog, match="in force already"):
        story.credits.rollback(1)


def test_a_quote_keeps_its_version_whatever_is_withdrawn_and_published(story: Story):
    story.grant(100)
    quote = story.credits.quote("Dot", account=story.account)
    story.credits.withdraw(2)
    story.credits.publish(priced(9))
    assert story.charge(quote=quote.quote).credits == 1
