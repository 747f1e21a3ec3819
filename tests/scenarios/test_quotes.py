"""Quotes: the price before anyone clicks Generate, honoured until it expires, used once."""

import pytest

from tallystick import InvalidRequest, commands, refusals
from tests.scenarios.small import small
from tests.scenarios.story import Tell, instant

DEARER = small().replace("credits: 1, per: image", "credits: 3, per: image")


def test_making_a_quote_writes_nothing(tell: Tell):
    story = tell(catalog=small("free_credits: [{credits: 10, every: day}]"))
    before = story.ledger()
    quotes = {story.quote("Dot", outputs=5).quote for _ in range(100)}
    assert len(quotes) == 100
    assert story.ledger() == before
    assert story.sources() == {"free": 10}


def test_a_quote_is_itemised_and_says_what_would_burn(tell: Tell):
    story = tell("imagineart", at="2026-01-31T10:00:00Z")
    story.subscribe("Basic")
    quote = story.quote("Example Video", seconds=8)
    (line,) = quote.lines
    assert (line.name, line.unit, line.quantity, line.credits) == (
        "Example Video",
        "generation",
        1,
        210,
    )
    assert (quote.credits, quote.min, quote.max) == (210, 210, 210)
    assert [(burn.source, burn.credits) for burn in quote.burns] == [
        ("free", 100),
        ("subscription", 110),
    ]
    assert (quote.balance_before, quote.balance_after) == (10_100, 9_890)
    assert (quote.allowed, quote.refusal) == (True, None)
    assert quote.expires_at == instant("2026-01-31T10:15:00Z"), "fifteen minutes by default"
    assert (quote.catalog.platform, quote.catalog.version) == ("imagineart", 1)


def test_a_quote_is_honoured_across_a_change_of_the_catalog(tell: Tell):
    story = tell(catalog=small())
    story.subscribe("Basic")
    cheap = story.quote("Dot", outputs=10)
    story.credits.publish(DEARER)
    assert story.quote("Dot", outputs=10).credits == 30
    charge = story.charge(quote=cheap.quote)
    assert (charge.credits, charge.catalog.version) == (10, 1)
    assert story.receipt(charge.receipt).price == "1 credit per image"
    assert story.charge("Dot").catalog.version == 2


def test_a_quoted_model_that_was_withdrawn_can_still_be_made_and_settled(tell: Tell):
    story = tell(catalog=small())
    story.subscribe("Basic")
    quote = story.quote("Clip", seconds=4)
    clip = "  - {name: Clip, tool: film, rates: [{credits: 10, per: second}]}\n"
    story.credits.publish(small().replace(clip, ""))
    with pytest.raises(InvalidRequest):
        story.charge("Clip", seconds=4)
    hold = story.hold(quote=quote.quote)
    settled = story.settle(hold.hold, seconds=3)
    assert (settled.credits, settled.returned) == (30, 10)
    assert story.receipt(settled.receipt).catalog.version == 1
    assert [line.credits for line in story.usage(model="Clip")] == [30]


def test_a_quote_can_be_used_once(tell: Tell):
    story = tell(catalog=small())
    story.subscribe("Basic")
    charged, held = story.quote("Dot"), story.quote("Dot")
    first = story.charge(quote=charged.quote, key="k")
    hold = story.hold(quote=held.quote)
    for token, seq in ((charged.quote, first.seq), (held.quote, hold.seq)):
        for spend in (story.charge, story.hold):
            with pytest.raises(refusals.QuoteUsed) as used:
                spend(quote=token)
            assert used.value.entry == seq
    assert story.charge(quote=charged.quote, key="k") == first, "the same key, the same answer"
    story.release(hold.hold)
    with pytest.raises(refusals.QuoteUsed):
        story.hold(quote=held.quote)
    assert story.available() == 99


def test_one_quote_twice_in_one_batch_is_spent_once(tell: Tell):
    story = tell(catalog=small())
    story.subscribe("Basic")
    token = story.quote("Dot").quote
    first, second = story.credits.execute([commands.Charge("ada", quote=token)] * 2)
    assert first.credits == 1
    assert isinstance(second, refusals.QuoteUsed)


def test_a_quote_is_for_the_account_it_was_made_for(tell: Tell):
    story = tell(catalog=small())
    story.subscribe("Basic")
    story.credits.open_account("bob")
    story.credits.subscribe("bob", "Basic")
    for made_for in ("bob", None):
        token = story.credits.quote("Dot", account=made_for).quote
        with pytest.raises(refusals.QuoteForAnotherAccount):
            story.charge(quote=token)


@pytest.mark.parametrize(("extra", "seconds"), [("", 900), ("policy: {quote_ttl_seconds: 60}", 60)])
def test_a_quote_expires_at_its_own_instant(tell: Tell, extra: str, seconds: int):
    story = tell(catalog=small(extra))
    story.subscribe("Basic")
    in_time, late = story.quote("Dot"), story.quote("Dot")
    story.clock.advance(seconds=seconds - 0.000001)
    assert story.charge(quote=in_time.quote).credits == 1
    story.clock.advance(seconds=0.000001)
    with pytest.raises(refusals.QuoteExpired) as expired:
        story.charge(quote=late.quote)
    assert expired.value.expired_at == late.expires_at


def test_a_token_that_was_changed_or_made_elsewhere_is_no_quote(tell: Tell):
    story, elsewhere = tell(catalog=small()), tell(catalog=small())
    story.subscribe("Basic")
    token = story.quote("Dot").quote
    middle = len(token) // 2
    changed = token[:middle] + ("A" if token[middle] != "A" else "B") + token[middle + 1 :]
    for forged in (changed, token[:-4], token + "AAAA", elsewhere.quote("Dot").quote):
        with pytest.raises(InvalidRequest, match="not a quote of this platform"):
            story.charge(quote=forged)
    assert story.charge(quote=token).credits == 1


def test_a_quote_for_a_plan_is_priced_as_that_plan_prices(tell: Tell):
    credits = tell("videodraft").credits
    speech = {"characters": 600}
    assert credits.quote("Voiceover", **speech).credits == 6, "Starter, the default plan"
    assert credits.quote("Voiceover", plan="Visionary", **speech).credits == 0
    assert credits.quote("Voiceover", plan="visionary", **speech).lines[0].list_credits == 6


def test_a_quote_for_an_account_that_may_not_says_why(tell: Tell):
    story = tell("artlist")
    story.subscribe("AI Starter", 7_500)
    quote = story.quote("Sora 2", seconds=5)
    assert (quote.allowed, quote.credits, quote.burns) == (False, 1_000, ())
    assert quote.refusal is not None
    assert (quote.refusal.code, quote.refusal.plan) == ("tool_not_in_plan", "AI Starter")
    quote = story.quote("Initial Voice Clone", outputs=100)
    assert quote.refusal is not None
    assert (quote.refusal.code, quote.refusal.shortfall) == ("insufficient_credits", 42_500)
    assert (quote.balance_before, quote.balance_after) == (7_500, None)
    with pytest.raises(refusals.AccountNotFound):
        story.credits.quote("Sora 2", account="nobody", seconds=5)


def test_a_quote_that_was_refused_can_be_spent_once_the_credits_are_there(tell: Tell):
    story = tell(catalog=small())
    quote = story.quote("Dot", outputs=5)
    with pytest.raises(refusals.InsufficientCredits):
        story.charge(quote=quote.quote)
    story.top_up(5)
    assert story.charge(quote=quote.quote).balance_after == 0


def test_a_quote_keeps_the_price_of_the_plan_it_was_made_on(tell: Tell):
    """Unlimited speech, quoted on Visionary's last minutes, spent on Starter."""
    story = tell("videodraft", at="2026-01-31T10:00:00Z")
    story.subscribe("Visionary")
    story.cancel()
    story.until("2026-02-28T09:55:00Z")
    quote = story.quote("Voiceover", characters=600)
    story.until("2026-02-28T10:05:00Z")
    assert story.quote("Voiceover", characters=600).credits == 6
    charge = story.charge(quote=quote.quote)
    assert (charge.credits, story.receipt(charge.receipt).list_credits) == (0, 6)


def test_a_range_quotes_both_ends(tell: Tell):
    quote = tell("videodraft").quote("Agent Consultation")
    assert (quote.min, quote.max, quote.credits) == (5, 10, 10)


def test_a_catalog_to_come_prices_from_its_own_instant(tell: Tell):
    story = tell(catalog=small(), at="2026-01-01T00:00:00Z")
    story.subscribe("Basic")
    published = story.credits.publish(DEARER, effective_at="2026-01-15T00:00:00Z")
    assert (published.version, published.dry_run) == (2, False)
    story.until("2026-01-14T23:59:59.999999Z")
    assert story.quote("Dot").credits == 1
    story.until("2026-01-15T00:00:00Z")
    assert story.quote("Dot").credits == 3
    assert story.credits.catalog(at="2026-01-14T00:00:00Z").version == 1
    assert story.credits.catalog().version == 2
