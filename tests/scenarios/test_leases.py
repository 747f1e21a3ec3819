"""Leases: a gateway that must answer by itself reserves once and draws a generation at a time."""

from typing import Any

import pytest

from tallystick import InvalidRequest, KeyConflict, commands, refusals, results
from tests.scenarios.small import small
from tests.scenarios.story import Story, Tell, instant

VEO: dict[str, Any] = {"model": "Veo 3.1", "seconds": 8, "resolution": "1080p", "audio": "on"}


def studio(tell: Tell, **opening: Any) -> Story:
    """An account on AI Suite Starter with 40,000 credits a month."""
    story = tell("artlist", at="2026-01-31T10:00:00Z", **opening)
    story.subscribe("AI Suite Starter", 40_000)
    return story


def burned(burns: Any) -> list[tuple[str, object]]:
    return [(burn.source, burn.credits) for burn in burns]


def test_a_gateway_reserves_once_draws_many_times_and_returns_the_rest(tell: Tell):
    story = studio(tell)
    lease = story.lease(10_000, ttl_seconds=600, labels={"gateway": "eu-1"})
    assert (lease.hold, lease.credits, burned(lease.burns)) == (
        "h4", 10_000, [("subscription", 10_000)],
    )  # fmt: skip
    assert (lease.balance_before, lease.balance_after) == (40_000, 30_000)
    assert lease.expires_at == instant("2026-01-31T10:10:00Z")
    left = [story.draw(lease.hold, **VEO).left for _ in range(2)]
    left += [story.draw(lease.hold, "Lyria 3").left for _ in range(3)]
    assert left == [6_000, 2_000, 1_850, 1_700, 1_550]
    assert (story.available(), story.balance().held) == (30_000, 1_550)
    assert story.balance().cycle.used == 8_450
    released = story.release(lease.hold)
    assert (released.returned, released.expired, released.how) == (1_550, 0, "released")
    assert (released.balance_before, released.balance_after) == (30_000, 31_550)
    assert (story.available(), story.balance().held) == (31_550, 0)


def test_a_draw_is_answered_like_a_charge_and_says_what_is_left(tell: Tell):
    story = studio(tell, members={"mia": 20_000})
    lease = story.lease(10_000, member="mia", labels={"gateway": "eu-1", "project": "any"})
    draw = story.draw(lease.hold, **VEO, labels={"project": "film"})
    assert (draw.credits, draw.left, draw.hold, draw.receipt) == (4_000, 6_000, lease.hold, "r5")
    assert (draw.lines[0].name, draw.lines[0].quantity) == ("Veo 3.1", 8)
    assert burned(draw.burns) == [("subscription", 4_000)]
    assert (draw.balance_before, draw.balance_after) == (30_000, 30_000), "it was set aside before"
    assert (draw.member, draw.labels) == ("mia", {"gateway": "eu-1", "project": "film"})


def test_a_draw_beyond_what_is_left_is_refused_whole(tell: Tell):
    story = studio(tell)
    lease = story.lease(6_000)
    story.draw(lease.hold, **VEO)
    with pytest.raises(refusals.LeaseExhausted) as refused:
        story.draw(lease.hold, **VEO)
    assert refused.value.facts == {
        "hold": lease.hold, "credits": 4_000, "held": 2_000, "shortfall": 2_000,
    }  # fmt: skip
    assert "4,000" in refused.value.message
    assert "2,000" in refused.value.message
    way = refused.value.ways_out[0]
    assert (way.kind, way.credits) == ("cheaper", 2_000), "something the rest is enough for"
    assert story.balance().held == 2_000
    more = story.lease(4_000)
    assert story.draw(more.hold, **VEO).left == 0
    assert story.draw(lease.hold, "Lyria 3").left == 1_850, "the first one goes on"


def test_a_lease_of_more_than_there_is_names_the_shortfall_and_the_ways_out(tell: Tell):
    story = tell("artlist", at="2026-01-31T10:00:00Z")
    story.subscribe("AI Starter", 16_500)
    with pytest.raises(refusals.InsufficientCredits) as refused:
        story.lease(20_000)
    facts = {"credits": 20_000, "available": 16_500, "shortfall": 3_500}
    assert refused.value.facts == facts
    upgrades = [(way.plan, way.credits, way.available) for way in refused.value.ways_out]
    assert upgrades[0] == ("AI Suite Starter", 40_000, 56_500)
    assert story.kinds()[-1] == "cycle_started", "nothing was written"


# Each draw is a generation


def test_what_the_plan_allows_is_asked_at_each_draw(tell: Tell):
    story = tell("artlist", at="2026-01-31T10:00:00Z")
    story.subscribe("AI Starter", 7_500)
    lease = story.lease(7_500, ttl_seconds=86_400)
    with pytest.raises(refusals.ToolNotInPlan) as refused:
        story.draw(lease.hold, "Lyria 3")
    assert refused.value.plan == "AI Starter"
    assert {way.kind for way in refused.value.ways_out} == {"upgrade"}
    assert story.draw(lease.hold, "Eleven v2", text="Hello, wörld").credits == 3
    story.change_plan("AI Suite Starter", 40_000)
    assert story.draw(lease.hold, "Lyria 3").left == 7_500 - 3 - 150


def test_a_plan_that_is_over_allows_nothing_although_credits_are_leased(tell: Tell):
    story = studio(tell)
    story.cancel()
    story.until("2026-02-28T09:00:00Z")
    lease = story.lease(10_000, ttl_seconds=86_400)
    story.draw(lease.hold, "Lyria 3")
    story.until("2026-02-28T10:00:00Z")
    with pytest.raises(refusals.SubscriptionRequired):
        story.draw(lease.hold, "Lyria 3")
    assert story.release(lease.hold).expired == 9_850


def test_what_is_unlimited_draws_nothing_and_shows_its_list_price(tell: Tell):
    plans = """
plans:
  - {id: basic, name: Basic, packages: [{credits: 100}], unlimited: [agent]}
"""
    story = tell(catalog=small(plans=plans))
    story.subscribe("Basic")
    lease = story.lease(1)
    draw = story.draw(lease.hold, "Voice", characters=500)
    assert (draw.credits, draw.left, draw.burns) == (0, 1, ())
    receipt = story.receipt(draw.receipt)
    assert (receipt.credits, receipt.list_credits) == (0, 100)
    assert "Basic makes that 0" in receipt.rule
    consultation = story.draw(lease.hold, "Consultation")
    assert (consultation.credits, consultation.lines[0].list_credits) == (0, 10)


def test_a_range_is_drawn_with_its_actual(tell: Tell):
    story = tell(catalog=small())
    story.subscribe("Basic")
    lease = story.lease(20)
    with pytest.raises(InvalidRequest, match="say the actual with credits"):
        story.draw(lease.hold, "Consultation")
    for outside in (4, 11):
        with pytest.raises(refusals.SettleOutsideRange):
            story.draw(lease.hold, "Consultation", credits=outside)
    draw = story.draw(lease.hold, "Consultation", credits=7)
    assert (draw.credits, draw.left) == (7, 13)
    assert story.receipt(draw.receipt).rule == "Quoted 5 to 10; the actual was 7"


# Where the credits come from


def test_a_lease_takes_in_burn_down_order_and_is_drawn_in_the_same(tell: Tell):
    story = tell("imagineart", at="2026-01-31T10:00:00Z")
    story.subscribe("Basic")
    story.top_up(1_000)
    lease = story.lease(10_500)
    assert burned(lease.burns) == [("free", 100), ("subscription", 10_000), ("topup", 400)]
    assert story.held() == {"free": 100, "subscription": 10_000, "topup": 400}
    story.grant(10, reason="burns first, and comes too late for the lease", priority=1)
    first = story.draw(lease.hold, "Example Image", images=5)
    assert burned(first.burns) == [("free", 100), ("subscription", 20)]
    story.draw(lease.hold, "Example Image", images=415)
    last = story.draw(lease.hold, "Example Image", images=10)
    assert burned(last.burns) == [("subscription", 20), ("topup", 220)]
    assert burned(story.receipt(last.receipt).burns) == burned(last.burns)
    assert story.release(lease.hold).returned == 180
    assert story.sources() == {"promo": 10, "topup": 780}


def test_a_lease_claims_the_free_credits_of_the_day_like_any_spend(tell: Tell):
    story = tell("imagineart", at="2026-01-31T23:59:00Z")
    lease = story.lease(60)
    assert story.kinds() == ["account_opened", "granted", "leased"]
    story.until("2026-02-01T00:00:00Z")
    assert story.sources() == {"free": 100}
    assert story.held() == {"free": 60}
    draw = story.draw(lease.hold, "Example Image")
    assert (draw.credits, draw.left) == (24, 36), "yesterday's credits were reserved in time"
    released = story.release(lease.hold)
    assert (released.returned, released.expired) == (0, 36)
    assert story.sources() == {"free": 100}


def test_leased_credits_outlive_their_grant_until_they_are_drawn_or_given_back(tell: Tell):
    story = tell(catalog=small())
    story.grant(30, expires_at="2026-01-01T01:00:00Z")
    story.grant(30)
    lease = story.lease(50, ttl_seconds=7_200)
    story.until("2026-01-01T01:30:00Z")
    assert story.held() == {"promo": 50}
    assert story.draw(lease.hold, "Dot", outputs=20).left == 30
    story.until(lease.expires_at)
    entry = story.ledger()[-1]
    assert (entry.kind, entry.text) == ("released", "Hold h4 timed out; 10 had expired meanwhile")
    assert story.sources() == {"promo": 30}


# Time, resets, plans


def test_a_lease_lives_as_long_as_it_is_extended_and_returns_the_rest_by_itself(tell: Tell):
    story = studio(tell)
    lease = story.lease(10_000, ttl_seconds=60)
    for _ in range(10):
        story.clock.advance(seconds=50)
        story.extend(lease.hold, 60)
        story.draw(lease.hold, "Lyria 3")
    story.clock.advance(seconds=59)
    assert story.balance().held == 8_500
    story.clock.advance(seconds=1)
    assert (story.available(), story.balance().held) == (38_500, 0)
    with pytest.raises(refusals.HoldClosed) as closed:
        story.draw(lease.hold, "Lyria 3")
    assert closed.value.how == "timed_out"
    assert closed.value.closed_at == instant("2026-01-31T10:09:20Z")
    assert "timed out" in closed.value.message
    assert story.ledger()[-1].at == instant("2026-01-31T10:09:20Z")


def test_a_released_lease_is_closed_for_good(tell: Tell):
    story = studio(tell)
    lease = story.lease(10_000)
    story.draw(lease.hold, "Lyria 3")
    story.release(lease.hold)
    for again in (
        lambda: story.draw(lease.hold, "Lyria 3"),
        lambda: story.release(lease.hold),
        lambda: story.extend(lease.hold, 60),
        lambda: story.settle(lease.hold),
    ):
        with pytest.raises(refusals.HoldClosed) as closed:
            again()
        assert closed.value.facts == {
            "hold": lease.hold, "how": "released", "closed_at": lease.at,
        }  # fmt: skip


def test_a_reset_in_the_middle_of_a_lease(tell: Tell):
    story = studio(tell)
    story.until("2026-02-28T09:00:00Z")
    lease = story.lease(10_000, ttl_seconds=86_400)
    story.draw(lease.hold, **VEO)
    assert story.balance().cycle.used == 4_000
    story.until("2026-02-28T10:00:00Z")
    story.draw(lease.hold, **VEO)
    assert story.balance().cycle.used == 0, "the old cycle's credits paid"
    assert (story.sources(), story.held()) == ({"subscription": 40_000}, {"subscription": 2_000})
    assert story.release(lease.hold).expired == 2_000
    assert story.sources() == {"subscription": 40_000}


def test_an_upgrade_in_the_middle_of_a_lease_keeps_what_is_reserved(tell: Tell):
    story = studio(tell)
    lease = story.lease(10_000)
    story.draw(lease.hold, **VEO)
    story.change_plan("AI Suite Starter", 240_000)
    assert story.sources() == {"carry_over": 30_000, "subscription": 240_000}
    assert story.held() == {"carry_over": 6_000}
    draw = story.draw(lease.hold, **VEO)
    assert burned(draw.burns) == [("subscription", 4_000)], "what they were when they were reserved"
    assert story.release(lease.hold).returned == 2_000
    assert story.sources() == {"carry_over": 32_000, "subscription": 240_000}


def test_an_upgrade_that_deducts_what_was_used_counts_draws_and_not_leases(tell: Tell):
    story = tell("artlist", at="2026-01-31T10:00:00Z")
    story.subscribe("AI Suite Starter", 40_000, interval="yearly")
    lease = story.lease(10_000)
    story.draw(lease.hold, "Veo 3.1", seconds=2, audio="on")
    story.change_plan("AI Suite Starter", 240_000)
    assert story.balance().cycle.used == 1_000
    assert story.available() + story.balance().held == 239_000, "1,000 used of 40,000"
    story.release(lease.hold)
    assert story.sources() == {"subscription": 239_000}


# Members


def test_a_lease_counts_whole_against_a_members_cap_and_a_release_gives_back(tell: Tell):
    story = studio(tell, members={"mia": 10_000, "tom": None})

    def used() -> object:
        return story.credits.account("ada").members[0].used

    with pytest.raises(refusals.MemberCapReached) as reached:
        story.lease(10_001, member="mia")
    assert reached.value.facts["used"] == 0
    lease = story.lease(10_000, member="mia")
    story.draw(lease.hold, **VEO)
    assert used() == 10_000
    with pytest.raises(refusals.MemberCapReached):
        story.charge("Lyria 3", member="mia")
    story.release(lease.hold)
    assert used() == 4_000
    again = story.lease(6_000, member="mia")
    story.until(again.expires_at)
    assert used() == 4_000


def test_who_is_no_member_leases_nothing(tell: Tell):
    story = studio(tell, members=["mia"])
    with pytest.raises(refusals.MemberUnknown):
        story.lease(100, member="zoe")


# What a lease is not


def test_a_lease_is_not_settled_and_a_hold_is_not_drawn_from(tell: Tell):
    story = studio(tell)
    lease, hold = story.lease(10_000), story.hold("Lyria 3")
    with pytest.raises(InvalidRequest, match="is a lease: draw from it") as wrong:
        story.settle(lease.hold, credits=5)
    assert wrong.value.where == "hold"
    with pytest.raises(InvalidRequest, match="is a hold for one generation") as wrong:
        story.draw(hold.hold, "Lyria 3")
    assert wrong.value.where == "hold"
    with pytest.raises(refusals.HoldNotFound):
        story.draw("h99", "Lyria 3")
    assert story.balance().held == 10_150


def test_quotes_made_before_a_lease_are_honoured_as_far_as_credits_are_there(tell: Tell):
    story = studio(tell)
    small_one, large_one = story.quote("Lyria 3"), story.quote(**VEO)
    story.lease(39_000)
    assert story.charge(quote=small_one.quote).credits == 150
    with pytest.raises(refusals.InsufficientCredits) as refused:
        story.charge(quote=large_one.quote)
    assert refused.value.available == 850
    assert story.quote("Lyria 3").balance_before == 850


# On record


def test_an_open_lease_is_listed_with_what_is_left(tell: Tell):
    story = studio(tell)
    lease = story.lease(10_000, labels={"gateway": "eu-1"})
    story.draw(lease.hold, **VEO)
    (listed,) = story.holds()
    assert (listed.hold, listed.credits, listed.model) == (lease.hold, 6_000, None)
    assert (listed.opened_at, listed.expires_at) == (lease.at, lease.expires_at)
    assert listed.labels == {"gateway": "eu-1"}
    story.release(lease.hold)
    assert story.holds() == []


def test_every_draw_is_in_the_ledger_has_a_receipt_and_counts_as_usage(tell: Tell):
    story = studio(tell)
    lease = story.lease(10_000, labels={"gateway": "eu-1"})
    draw = story.draw(lease.hold, "Lyria 3", outputs=2)
    story.release(lease.hold)
    leased, drawn, released = story.ledger()[-3:]
    assert (leased.kind, leased.credits, leased.hold, leased.receipt) == (
        "leased", -10_000, lease.hold, None,
    )  # fmt: skip
    assert (drawn.kind, drawn.credits, drawn.hold, drawn.receipt) == (
        "drawn", 0, lease.hold, draw.receipt,
    )  # fmt: skip
    assert drawn.text == "Lyria 3, 1 track, 2 outputs, from lease h4"
    assert {each.account: each.credits for each in drawn.postings} == {"held:4": -300, "spent": 300}
    assert (released.kind, released.credits) == ("released", 9_700)
    assert released.text == "Hold h4 released"
    receipt = story.receipt(draw.receipt)
    assert (receipt.hold, receipt.credits, receipt.outcome) == (lease.hold, 300, "succeeded")
    assert (receipt.held, receipt.returned, receipt.expired) == (None, 0, 0)
    assert receipt.balance_before == receipt.balance_after == 30_000
    with pytest.raises(refusals.EntryNotFound):
        story.receipt(lease.hold)
    (line,) = story.usage(labels={"gateway": "eu-1"})
    assert (line.model, line.credits, line.receipt) == ("lyria-3", 300, draw.receipt)


def test_a_draw_adds_its_labels_to_those_of_the_lease_within_the_limit(tell: Tell):
    story = studio(tell)
    lease = story.lease(1_000, labels={f"own{at}": "x" for at in range(15)})
    same = story.draw(lease.hold, "Lyria 3", labels={"own0": "y", **{f"own{at}": "y" for at in
                                                                     range(15, 20)}})  # fmt: skip
    assert len(same.labels) == 20
    assert (same.labels["own0"], same.labels["own1"]) == ("y", "x")
    with pytest.raises(InvalidRequest, match="at most 20"):
        story.draw(lease.hold, "Lyria 3", labels={f"more{at}": "x" for at in range(6)})
    assert story.balance().held == 850


def test_the_same_key_gives_the_same_answer_again(tell: Tell):
    story = studio(tell)
    lease = story.lease(10_000, key="lease-1")
    first = story.draw(lease.hold, **VEO, key="job-1")
    refused = [story.draw(lease.hold, **VEO, key="job-2")]
    for _ in range(2):
        with pytest.raises(refusals.LeaseExhausted) as exhausted:
            story.draw(lease.hold, **VEO, key="job-3")
        refused.append(exhausted.value.facts)
    assert refused[1] == refused[2]
    story.release(lease.hold)
    before = story.kinds()
    assert story.lease(10_000, key="lease-1").to_json() == lease.to_json()
    assert story.draw(lease.hold, **VEO, key="job-1").to_json() == first.to_json()
    with pytest.raises(KeyConflict):
        story.draw(lease.hold, "Lyria 3", key="job-1")
    assert story.kinds() == before


def test_a_lease_and_its_draws_in_one_batch(tell: Tell):
    story = studio(tell)
    lease, *draws = story.credits.execute(
        [
            commands.Lease("ada", 500),
            *[commands.Draw("ada", "h4", "Lyria 3") for _ in range(4)],
            commands.Release("ada", "h4"),
            commands.Draw("ada", "h4", "Lyria 3"),
        ]
    )
    assert isinstance(lease, results.Lease)
    assert [each.left for each in draws[:3]] == [350, 200, 50]
    assert isinstance(draws[3], refusals.LeaseExhausted)
    assert draws[4].returned == 50
    assert isinstance(draws[5], refusals.HoldClosed)
