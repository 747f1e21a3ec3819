"""A new catalog version changes prices and offers; never what somebody has already bought."""

import pytest

from tallystick import InvalidCatalog, InvalidRequest, refusals
from tests.scenarios.small import PLANS, small
from tests.scenarios.story import Story, Tell, instant

FREE_DAILY = "free_credits: [{credits: 10, every: day}]\n"
BASIC = "  - {id: basic, name: Basic, intervals: [monthly, yearly], packages: [{credits: 100}]}\n"

EDITS = {
    "a price is changed": small(FREE_DAILY).replace(
        "credits: 1, per: image", "credits: 2, per: image"
    ),
    "the plan is dropped": small(FREE_DAILY, PLANS.replace(BASIC, "")),
    "the plan is renamed": small(FREE_DAILY, PLANS.replace("name: Basic", "name: Bronze")),
    "its id is changed": small(FREE_DAILY, PLANS.replace("id: basic", "id: bronze")),
    "its package is changed": small(FREE_DAILY, PLANS.replace("credits: 100", "credits: 90")),
    "its interval is dropped": small(FREE_DAILY, PLANS.replace("[monthly, yearly]", "[yearly]")),
    "its place is changed": small(
        FREE_DAILY, PLANS.replace(BASIC, "").replace("default", BASIC + "default", 1)
    ),
    "top-ups are sold no more": small(FREE_DAILY, PLANS.partition("top_ups")[0]),
    "free credits are given no more": small(),
    "the time zone is moved": small(FREE_DAILY).replace(
        "name: Small", "name: Small\ntime_zone: Asia/Tokyo", 1
    ),
    "the burn order is turned round": small(
        FREE_DAILY
        + "policy: {burn_order: [topup, adjustment, promo, subscription, carry_over, free]}\n"
    ),
    "upgrades are ruled otherwise": small(
        FREE_DAILY
        + "upgrades: [{from: monthly, to: monthly, credits: deduct_used, restart_cycle: false}]\n"
    ),
}


def rich(tell: Tell) -> Story:
    """An account with four sources, and a hold open."""
    story = tell(catalog=small(FREE_DAILY), at="2026-01-31T10:00:00Z")
    story.subscribe("Basic")
    story.top_up(50)
    story.grant(30, expires_at="2026-06-01T00:00:00Z")
    story.charge("Dot", outputs=15)
    story.hold("Clip", seconds=2, ttl_seconds=86_400)
    return story


@pytest.mark.parametrize("edit", EDITS)
def test_no_edit_of_the_catalog_touches_a_balance(tell: Tell, edit: str):
    story = rich(tell)
    before, ledger = story.balance(), story.ledger()
    story.credits.publish(EDITS[edit])
    after = story.balance()
    assert {grant.grant: grant for grant in after.grants} == {
        grant.grant: grant for grant in before.grants
    }
    assert (after.available, after.held, after.cycle) == (
        before.available,
        before.held,
        before.cycle,
    )
    assert after.subscription == before.subscription
    assert story.ledger() == ledger
    assert story.charge("Dot", outputs=5).balance_after in (
        before.available - 5,
        before.available - 10,
    )
    assert story.settle("h8", seconds=1).credits == 10


@pytest.mark.parametrize("edit", EDITS)
def test_what_was_bought_goes_on_until_the_plan_is_changed(tell: Tell, edit: str):
    """The reset comes at its instant, with the credits that were bought; and so does the end."""
    story = rich(tell)
    renews_at = story.balance().cycle.renews_at
    story.credits.publish(EDITS[edit])
    story.clock.advance_to(renews_at)
    assert story.sources()["subscription"] == 100
    assert story.sources()["topup"] == 50
    story.cancel()
    story.until("2026-03-31T09:59:59Z")
    assert story.sources()["subscription"] == 100
    story.until("2026-03-31T10:00:00Z")
    assert "subscription" not in story.sources()
    assert story.sources()["topup"] == 50


def test_a_plan_that_is_gone_can_be_left_but_not_bought(tell: Tell):
    story = rich(tell)
    story.credits.open_account("bob")
    story.credits.publish(EDITS["the plan is dropped"])
    with pytest.raises(InvalidRequest):
        story.credits.subscribe("bob", "Basic")
    assert story.balance().subscription.plan == "Basic"
    story.change_plan("Studio")
    assert story.sources()["subscription"] == 500
    with pytest.raises(InvalidRequest):
        story.change_plan("Basic")


def test_a_plan_that_is_gone_unlocks_what_it_unlocked(tell: Tell):
    """No more and no less, also after a reset."""
    story = tell("artlist", at="2026-01-31T10:00:00Z")
    story.subscribe("AI Starter", 16_500)
    source = story.credits.catalog().source
    start, end = source.index("  - id: ai-starter"), source.index("  - id: ai-suite-starter")
    story.credits.publish(source[:start] + source[end:])
    for moment in ("2026-02-01T00:00:00Z", "2026-03-15T00:00:00Z"):
        story.until(moment)
        assert story.charge("Lyria 3").credits == 150
    smaller = tell("artlist", at="2026-01-31T10:00:00Z")
    smaller.subscribe("AI Starter", 7_500)
    smaller.credits.publish(source[:start] + source[end:])
    with pytest.raises(refusals.ToolNotInPlan):
        smaller.charge("Lyria 3")
    assert smaller.charge("Initial Voice Clone").credits == 500


def test_the_default_plan_can_be_dropped_without_emptying_anybody(tell: Tell):
    story = tell("videodraft")
    story.charge("Flux Schnell")
    source = story.credits.catalog().source
    story.credits.publish(source.replace("default_plan: starter\n", ""))
    assert story.sources() == {"free": 195}
    with pytest.raises(refusals.SubscriptionRequired):
        story.charge("Flux Schnell")
    story.subscribe("Pro")
    assert story.charge("Flux Schnell").burns[0].source == "free"


def test_what_a_package_unlocks_follows_the_catalog_in_force(tell: Tell):
    story = tell("artlist")
    story.subscribe("AI Starter", 7_500)
    source = story.credits.catalog().source
    story.credits.publish(source.replace("tools: [voiceover]\n", "tools: [voiceover, image]\n"))
    assert story.charge("Nano Banana").credits == 100


def test_a_catalog_is_checked_before_it_is_published(tell: Tell):
    story = tell(catalog=small())
    with pytest.raises(InvalidCatalog) as invalid:
        story.credits.publish(
            small().replace("resolution: 1080p}, credits", "resolution: 720p}, credits")
        )
    assert invalid.value.problems
    assert "both price resolution=720p" in str(invalid.value)
    with pytest.raises(InvalidCatalog, match="version 1, which is in force already"):
        story.credits.publish(small())
    assert story.credits.catalog().newest == 1


def test_a_dry_run_says_what_would_change_and_publishes_nothing(tell: Tell):
    story = tell(catalog=small())
    dearer = small().replace("credits: 1, per: image", "credits: 2, per: image")
    tried = story.credits.publish(dearer, dry_run=True)
    assert (tried.dry_run, tried.version) == (True, 2)
    assert any("Dot" in change for change in tried.changes)
    assert story.credits.catalog().newest == 1
    done = story.credits.publish(dearer)
    assert (done.dry_run, done.version, done.changes) == (False, 2, tried.changes)


def test_prices_that_were_in_force_stay_as_they_were(tell: Tell):
    story = tell(catalog=small(), at="2026-01-31T10:00:00Z")
    dearer = small().replace("credits: 1, per: image", "credits: 2, per: image")
    for past in ("2026-01-30T00:00:00Z", "2026-01-31T09:59:59Z"):
        with pytest.raises(InvalidRequest, match="must not lie before"):
            story.credits.publish(dearer, effective_at=past)
    story.credits.publish(dearer, effective_at="2026-03-01T00:00:00Z")
    story.until("2026-03-01T00:00:00Z")
    assert story.credits.quote("Dot").credits == 2
    (dot,) = [m for t in story.credits.prices(at="2026-02-01T00:00:00Z").tools for m in t.models
              if m.name == "Dot"]  # fmt: skip
    assert dot.rows[0].price.credits == 1
    assert story.credits.catalog(version=2).effective_at == instant("2026-03-01T00:00:00Z")
    assert story.credits.catalog(version=1).source == small()
