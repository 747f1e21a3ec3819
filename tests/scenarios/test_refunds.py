"""What becomes of a charge after the work: nothing delivered, and refunds."""

import pytest

from tallystick import InvalidRequest, KeyConflict, refusals
from tallystick.core import commands
from tests.scenarios.places import everywhere
from tests.scenarios.small import small
from tests.scenarios.story import Story, Tell


def studio(tell: Tell) -> Story:
    story = tell("artlist", at="2026-01-31T10:00:00Z")
    story.subscribe("AI Suite Starter", 40_000)
    return story


@everywhere
def test_a_batch_of_four_images_of_which_none_was_delivered_is_settled_for_nothing(tell: Tell):
    story = studio(tell)
    for outcome in ("succeeded", "partial"):
        hold = story.hold("Nano Banana Pro", resolution="4k", images=4)
        settled = hold.settle(images=0, outcome=outcome)
        assert (settled.credits, settled.returned, settled.expired) == (0, hold.credits, 0)
        assert settled.lines[0].quantity == 0
        assert story.receipt(settled.receipt).exact == "0"
    assert story.available() == 40_000
    with pytest.raises(InvalidRequest, match="images must be more than 0"):
        story.charge("Nano Banana Pro", resolution="4k", images=0)


@everywhere
def test_the_provider_says_an_hour_later_that_a_settled_video_failed(tell: Tell):
    story = tell("artlist", at="2026-01-31T10:00:00Z", members={"mia": 4_500})
    story.subscribe("AI Suite Starter", 40_000)
    hold = story.hold("Veo 3.1", seconds=8, resolution="1080p", audio="on", member="mia")
    charged = hold.settle()
    story.clock.advance(hours=1)
    with pytest.raises(refusals.MemberCapReached):
        story.hold("Veo 3.1", seconds=8, resolution="1080p", audio="on", member="mia")
    refund = story.refund(hold.hold, reason="the provider says it failed", key="late-1")
    assert (refund.receipt, refund.credits, refund.refunded) == (charged.receipt, 4_000, 4_000)
    assert [(each.source, each.credits) for each in refund.returns] == [("subscription", 4_000)]
    assert story.balance().cycle.used == 0
    assert story.receipt(charged.receipt).refunded == 4_000
    assert sum(line.credits for line in story.usage(member="mia")) == 0
    assert [member.used for member in story.credits.account("ada").members] == [0]
    assert story.hold("Veo 3.1", seconds=8, resolution="1080p", audio="on", member="mia")
    again = story.refund(hold.hold, reason="the provider says it failed", key="late-1")
    assert again == refund
    with pytest.raises(KeyConflict):
        story.refund(hold.hold, reason="another reason", key="late-1")


@everywhere
def test_half_a_charge_is_given_back_after_its_grant_expired(tell: Tell):
    story = tell(catalog=small())
    story.grant(30, expires_at="2026-02-02T00:00:00Z")
    story.grant(50, "adjustment", expires_at="2027-01-01T00:00:00Z")
    receipt = story.charge("Dot", images=60).receipt
    story.until("2026-02-03T00:00:00Z")
    first = story.refund(receipt, reason="half of it was spoiled", images=30)
    assert (first.credits, first.returned, first.expired) == (30, 30, 0)
    second = story.refund(receipt, reason="the other half too", images=20)
    assert (second.credits, second.returned, second.expired) == (20, 0, 20)
    assert second.refunded == 50
    assert story.sources() == {"adjustment": 50}


@everywhere
def test_policy_may_let_what_lapsed_live_some_days_more(tell: Tell):
    story = tell(catalog=small("policy: {refund_lapsed_days: 7}\n"))
    story.grant(30, expires_at="2026-02-02T00:00:00Z")
    receipt = story.charge("Dot", images=30).receipt
    story.until("2026-02-03T00:00:00Z")
    assert story.refund(receipt, reason="spoiled").returned == 30
    assert story.available() == 30
    story.until("2026-02-10T00:00:00Z")
    assert story.available() == 0


def test_a_spent_grant_is_found_again_however_long_ago_it_was(tell: Tell):
    """Its last state is in the journal, behind more than one snapshot."""
    story = tell(catalog=small())
    story.grant(5, priority=7, expires_at="2027-01-01T00:00:00Z")
    receipt = story.charge("Dot", images=2).receipt
    story.charge("Dot", images=3)
    story.grant(2_000, "adjustment")
    for _ in range(1_100):
        story.charge("Dot")
    refund = story.refund(receipt, reason="found broken at last")
    (back,) = [grant for grant in story.balance().grants if grant.priority == 7]
    assert (refund.returns[0].grant, back.remaining, back.amount) == (back.grant, 2, 5)


@everywhere
def test_together_never_more_than_was_charged(tell: Tell):
    story = tell(catalog=small())
    story.grant(100)
    receipt = story.charge("Dot", images=10).receipt
    story.refund(receipt, 4, reason="goodwill")
    with pytest.raises(refusals.RefundAboveCharge) as above:
        story.refund(receipt, 6.5, reason="goodwill")
    assert above.value.facts == {
        "receipt": receipt,
        "credits": above.value.credits,
        "charged": 10,
        "refunded": 4,
    }
    assert story.refund(receipt, reason="all of it").credits == 6
    with pytest.raises(refusals.RefundAboveCharge, match="given back already"):
        story.refund(receipt, reason="all of it")
    with pytest.raises(refusals.EntryNotFound):
        story.refund("r1", reason="it charged nothing")


@everywhere
def test_an_actual_outside_the_range_is_the_same_refusal_on_charge_and_settle(tell: Tell):
    story = tell(catalog=small())
    story.grant(100)
    hold = story.hold("Consultation")
    for ask in (
        lambda: story.charge("Consultation", credits=11),
        lambda: hold.settle(credits=11),
    ):
        with pytest.raises(refusals.SettleOutsideRange) as outside:
            ask()
        assert outside.value.facts == {"credits": 11, "held": 10, "min": 5}


@everywhere
def test_settling_above_the_hold_names_each_grant_once(tell: Tell):
    story = tell(catalog=small("policy: {settle_above_hold: take_available}\n"))
    story.grant(10)
    story.grant(10, "adjustment")
    settled = story.hold("Dot", images=4).settle(images=12)
    burned = [(burn.source, burn.credits) for burn in settled.burns]
    assert burned == [("promo", 10), ("adjustment", 2)]
    assert [each.credits for each in story.receipt(settled.receipt).burns] == [10, 2]


@everywhere
def test_goodwill_for_a_charge_is_new_credits_and_the_charge_stays(tell: Tell):
    story = tell("artlist", at="2026-01-31T10:00:00Z", members={"mia": 4_500})
    story.subscribe("AI Suite Starter", 40_000)
    hold = story.hold("Veo 3.1", seconds=8, resolution="1080p", audio="on", member="mia")
    charged = hold.settle()
    half = story.adjust(1_500, "they did not like it", receipt=charged.receipt, expires_at="30d")
    assert (half.source, half.credits, half.receipt) == ("adjustment", 1_500, charged.receipt)
    with pytest.raises(refusals.RefundAboveCharge, match="2,500 of its 4,000 are left"):
        story.adjust(2_501, "they did not like it", receipt=charged.receipt)
    rest = story.adjust(receipt=hold.hold, full=True, reason="nor the rest", key="gift-1")
    assert (rest.credits, rest.expires_at) == (2_500, None)
    assert story.adjust(receipt=hold.hold, full=True, reason="nor the rest", key="gift-1") == rest
    receipt = story.receipt(charged.receipt)
    assert (receipt.credits, receipt.refunded, receipt.adjusted) == (4_000, 0, 4_000)
    assert story.balance().cycle.used == 4_000
    assert sum(line.credits for line in story.usage(member="mia")) == 4_000
    assert [member.used for member in story.credits.account("ada").members] == [4_000]
    with pytest.raises(refusals.RefundAboveCharge, match="given back already"):
        story.refund(charged.receipt, reason="it failed as well")
    assert story.ledger()[-1].text == f"Adjustment for {charged.receipt}: nor the rest"
    story.until("2026-03-02T10:00:00Z")
    assert story.sources()["adjustment"] == 2_500


@everywhere
def test_goodwill_by_mistake_is_reversed_and_given_again(tell: Tell):
    story = tell(catalog=small())
    story.grant(100)
    receipt = story.charge("Dot", images=10).receipt
    wrong = story.adjust(8, "the wrong one", receipt=receipt)
    story.charge("Dot")
    story.credits.reverse("ada", wrong.grant, "by mistake")
    assert story.receipt(receipt).adjusted == 0
    assert story.adjust(receipt=receipt, full=True, reason="the right one").credits == 10
    assert story.credits.verify()


def test_a_batch_gives_back_reverses_and_gives_back_again(tell: Tell):
    story = tell(catalog=small())
    story.grant(100)
    receipt = story.charge("Dot", images=10).receipt
    whole = commands.Adjust("ada", reason="x", receipt=receipt, full=True)
    undo = commands.Reverse("ada", story.balance().seq + 1, "x")
    more = commands.Refund("ada", receipt, 1, "x")
    answers = story.credits.execute([whole, whole, undo, whole, more])
    said = [getattr(each, "code", getattr(each, "credits", None)) for each in answers]
    assert said == [10, "refund_above_charge", -10, 10, "refund_above_charge"]
    assert story.credits.verify()
