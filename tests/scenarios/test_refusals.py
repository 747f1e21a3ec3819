"""Refusals: a code, facts, and ways out, each priced; and each way out really is one."""

from typing import Any

import pytest

from tallystick import Refused, refusals, results
from tests.scenarios.small import PLANS, small
from tests.scenarios.story import Story, Tell, instant


def refused(story: Story, model: str, **request: Any) -> Refused:
    with pytest.raises(Refused) as raised:
        story.charge(model, **request)
    return raised.value


def ways(refusal: Refused) -> dict[str, list[results.Way]]:
    found: dict[str, list[results.Way]] = {}
    for way in refusal.ways_out:
        found.setdefault(way.kind, []).append(way)
    return found


def poor(tell: Tell, left: int = 100) -> Story:
    """An ImagineArt subscriber with little left, today's free credits included."""
    story = tell("imagineart", at="2026-01-31T10:00:00Z")
    story.subscribe("Basic")
    story.adjust(left - 10_100, "spent elsewhere")
    assert story.available() == left
    return story


def test_insufficient_credits_say_the_shortfall_and_every_way_out(tell: Tell):
    story = poor(tell)
    refusal = refused(story, "Example Video")
    assert isinstance(refusal, refusals.InsufficientCredits)
    assert refusal.facts == {"credits": 210, "available": 100, "shortfall": 110}
    assert refusal.message == "this costs 210 credits and 100 are available: 110 are missing"
    assert [way.kind for way in refusal.ways_out] == ["wait", "top_up", "upgrade", "upgrade"]
    assert refused(story, "Example Image", outputs=9).ways_out[-1].kind == "less"
    assert ways(refused(story, "Example Video Pro")).keys() == {"wait", "top_up", "upgrade"}


def test_waiting_until_that_instant_is_enough_and_a_moment_less_is_not(tell: Tell):
    story = poor(tell)
    (wait,) = ways(refused(story, "Example Video"))["wait"]
    assert wait.at == instant("2026-02-28T10:00:00Z"), "a day's 100 free credits do not cover it"
    story.until("2026-02-28T09:59:59.999999Z")
    assert not story.quote("Example Video").allowed
    story.until(wait.at)
    assert story.available() == wait.available == 10_100
    assert story.charge("Example Video").credits == 210


def test_tomorrows_free_credits_are_worth_waiting_for_where_they_cover_it(tell: Tell):
    story = poor(tell, left=20)
    (wait,) = ways(refused(story, "Example Image"))["wait"]
    assert (wait.at, wait.available) == (instant("2026-02-01T00:00:00Z"), 120)
    story.until(wait.at)
    assert story.available() == wait.available
    assert story.charge("Example Image").credits == 24


def test_nothing_to_wait_for_is_not_offered(tell: Tell):
    story = tell("artlist")
    story.subscribe("AI Starter", 7_500)
    story.cancel()
    refusal = refused(story, "Initial Voice Clone", outputs=20)
    assert "wait" not in ways(refusal)
    assert ways(refused(tell("videodraft"), "Google Veo2", seconds=5)).keys() == {
        "upgrade",
        "cheaper",
    }, "200 free credits a month never cover 300"


@pytest.mark.parametrize(
    ("left", "outputs", "bundle"), [(20, 42, 1_000), (20, 43, 5_000), (20, 400, 20_000)]
)
def test_the_smallest_top_up_that_covers_it_is_offered(
    tell: Tell, left: int, outputs: int, bundle: int
):
    story = poor(tell, left)
    (top_up,) = ways(refused(story, "Example Image", outputs=outputs))["top_up"]
    assert top_up.credits == bundle
    story.top_up(top_up.credits)
    assert story.charge("Example Image", outputs=outputs).credits == 24 * outputs


def test_a_top_up_is_offered_only_where_it_may_be_bought(tell: Tell):
    assert "top_up" not in ways(refused(tell("imagineart"), "Example Image", outputs=9))
    artlist = tell("artlist")
    artlist.subscribe("AI Starter", 7_500)
    assert "top_up" not in ways(refused(artlist, "Initial Voice Clone", outputs=20))


def upgraded(story: Story, way: results.Way) -> None:
    """Do what a way out says."""
    if story.balance().subscription is None:
        story.subscribe(way.plan, way.credits, way.interval)
    else:
        story.change_plan(way.plan, way.credits, way.interval)


@pytest.mark.parametrize(
    ("platform", "begun", "model", "request_"),
    [
        ("imagineart", ("Basic", None, "monthly"), "Example Image", {"outputs": 500}),
        ("imagineart", None, "Example Image", {"outputs": 50}),
        ("imagineart", None, "Example Image Pro", {}),
        ("artlist", ("AI Starter", 7_500, "monthly"), "Initial Voice Clone", {"outputs": 20}),
        ("artlist", ("AI Starter", 7_500, "yearly"), "Initial Voice Clone", {"outputs": 20}),
        ("artlist", ("AI Starter", 7_500, "monthly"), "Nano Banana", {}),
        ("artlist", ("AI Suite Starter", 40_000, "yearly"), "Sora 2", {"seconds": 300}),
        ("artlist", None, "Nano Banana", {}),
        ("videodraft", None, "Google Veo3", {}),
        ("videodraft", ("Pro", None, "monthly"), "Google Veo3", {"outputs": 6}),
        ("videodraft", None, "Google Text-to-Speech", {"characters": 300_000}),
    ],
    ids=str,
)
def test_every_upgrade_that_is_offered_covers_it_with_the_balance_it_names(
    tell: Tell, platform: str, begun: Any, model: str, request_: dict[str, Any]
):
    def begin() -> Story:
        story = tell(platform, at="2026-01-31T10:00:00Z")
        if begun:
            story.subscribe(*begun)
            story.until("2026-02-10T12:00:00Z")
        return story

    offered = ways(refused(begin(), model, **request_))["upgrade"]
    assert 1 <= len(offered) <= 3
    assert [way.credits for way in offered] == sorted(way.credits or 0 for way in offered)
    for way in offered:
        story = begin()
        upgraded(story, way)
        assert story.available() == way.available
        assert story.balance().subscription.package == way.credits
        assert story.charge(model, **request_).balance_after >= 0


def test_an_upgrade_that_would_not_cover_it_is_not_offered(tell: Tell):
    story = tell("artlist")
    story.subscribe("AI Starter", 7_500)
    offered = ways(refused(story, "Initial Voice Clone", outputs=60))["upgrade"]
    assert {(way.plan, way.credits) for way in offered} == {
        ("AI Suite Starter", 40_000),
        ("AI Suite Starter", 240_000),
        ("Max Pro", 40_000),
    }, "16,500 and the 7,500 left are less than 30,000"


def test_cheaper_models_and_settings_of_the_same_tool_are_offered_that_fit(tell: Tell):
    story = tell("artlist")
    story.subscribe("AI Starter", 16_500)
    refusal = refused(story, "Veo 3.1", seconds=60, resolution="1080p", audio="on")
    offered = ways(refusal)["cheaper"]
    assert 1 <= len(offered) <= 5
    for way in offered:
        settings = dict(way.settings or {})
        quote = story.quote(way.model, seconds=60, **settings)
        assert quote.lines[0].tool == "video"
        assert (quote.credits, quote.allowed) == (way.credits, True)
    assert [way.credits for way in offered] == sorted(
        (way.credits or 0 for way in offered), reverse=True
    )


def test_the_same_model_with_another_setting_is_one_of_the_cheaper_ways(tell: Tell):
    story = tell("artlist")
    story.subscribe("AI Starter", 16_500)
    story.adjust(-16_000, "spent elsewhere")
    offered = ways(refused(story, "GPT Image 1.5", quality="high"))["cheaper"]
    assert all((way.credits or 0) <= 500 for way in offered)
    story.adjust(-350, "spent elsewhere")
    cheaper = ways(refused(story, "GPT Image 1.5", quality="high"))["cheaper"]
    assert ("GPT Image 1.5", {"quality": "medium"}, 150) in [
        (way.model, way.settings, way.credits) for way in cheaper
    ]


def test_videodraft_offers_a_shorter_way_to_a_video(tell: Tell):
    story = tell("videodraft")
    offered = ways(refused(story, "Google Veo2", seconds=5))["cheaper"]
    assert [(way.model, way.credits) for way in offered] == [
        ("Luma Ray 2", 90),
        ("Luma Ray Flash", 30),
        ("Kling v2.1", 25),
    ]
    for way in offered:
        assert story.quote(way.model, seconds=5).credits == way.credits


def test_exhausted_and_not_in_plan_are_never_the_same_answer(tell: Tell):
    """With credits or without: what the plan lacks is not a matter of credits."""
    story = tell("artlist")
    story.subscribe("AI Starter", 7_500)
    rich = refused(story, "Nano Banana")
    story.adjust(-7_500, "spent elsewhere")
    broke = refused(story, "Nano Banana")
    exhausted = refused(story, "Eleven v2", characters=5)
    assert type(rich) is type(broke) is refusals.ToolNotInPlan
    assert type(exhausted) is refusals.InsufficientCredits
    for refusal in (rich, broke):
        assert (refusal.code, refusal.tool, refusal.plan) == (
            "tool_not_in_plan",
            "image",
            "AI Starter",
        )
        assert refusal.message == "AI Starter does not include Image"
        assert not hasattr(refusal, "shortfall")
        assert {way.kind for way in refusal.ways_out} == {"upgrade"}
    assert not hasattr(exhausted, "tool")
    assert exhausted.code == "insufficient_credits"


def test_pro_models_need_a_subscription(tell: Tell):
    story = tell("imagineart")
    refusal = refused(story, "Example Image Pro")
    assert isinstance(refusal, refusals.ModelRequiresSubscription)
    assert (refusal.code, refusal.model) == ("model_requires_subscription", "Example Image Pro")
    cheaper = [(way.model, way.credits) for way in ways(refusal)["cheaper"]]
    assert cheaper[:2] == [("ChatGPT", 45), ("Flux 1.1 Ultra", 36)]
    assert all(credits < 48 for _, credits in cheaper)
    story.subscribe("Basic")
    assert story.charge("Example Image Pro").credits == 48


def test_a_platform_without_a_free_plan_asks_for_a_subscription(tell: Tell):
    refusal = refused(tell("artlist"), "Nano Banana")
    assert isinstance(refusal, refusals.SubscriptionRequired)
    assert "Artlist" in refusal.message
    assert {way.kind for way in refusal.ways_out} == {"upgrade"}


def test_at_zero_generation_is_refused_and_reading_goes_on(tell: Tell):
    story = tell("videodraft")
    for _ in range(8):
        story.charge("Kling", seconds=5)
    assert story.available() == 0
    for model, request in (("Flux Schnell", {}), ("Voiceover", {"text": "a"})):
        assert isinstance(refused(story, model, **request), refusals.InsufficientCredits)
    assert story.charge("Silent audio").credits == 0, "what is free can still be made"
    assert story.quote("Flux Schnell").credits == 5
    assert story.credits.estimate([(2, "Flux Schnell")]).credits == 10
    assert story.balance().cycle.used == 200
    assert len(story.usage()) == 9
    assert story.credits.prices().tools


def test_a_refusal_changes_nothing_and_its_key_gives_it_again(tell: Tell):
    story = poor(tell)
    before = (story.ledger(), story.balance())
    answers = []
    for _ in range(2):
        with pytest.raises(refusals.InsufficientCredits) as raised:
            story.charge("Example Video", key="k")
        answers.append((raised.value.message, raised.value.facts, raised.value.ways_out))
        assert (story.ledger(), story.balance()) == before
        story.until("2026-01-31T12:00:00Z")
        before = (story.ledger(), story.balance())
    assert answers[0] == answers[1]
    story.top_up(1_000)
    charged = story.charge("Example Video", key="k")
    assert charged.credits == 210, "what could be cured is refused only as long as it holds"
    assert story.charge("Example Video", key="k") == charged
    story.adjust(-story.available(), "spent elsewhere")
    assert story.charge("Example Video", key="k") == charged


def test_a_refusal_that_no_command_cures_is_final_for_its_key(tell: Tell):
    story = poor(tell)
    story.cancel()
    with pytest.raises(refusals.NoChange):
        story.cancel(key="k")
    story.resume()
    with pytest.raises(refusals.NoChange):
        story.cancel(key="k")
    story.cancel(key="another")


def test_bundles_and_plans_are_offered_with_their_price_where_the_catalog_has_one(tell: Tell):
    price = 'price: {amount: "4.99", currency: EUR, sample: true}'
    prices = 'prices: {monthly: {amount: "9.99", currency: EUR}}'
    plans = PLANS.replace("{credits: 200}", f"{{credits: 200, {price}}}").replace(
        "{credits: 500}", f"{{credits: 500, {prices}}}"
    )
    story = tell(catalog=small(plans=plans))
    found = ways(refused(story, "Dot", outputs=150))
    (top_up,), (upgrade,) = found["top_up"], found["upgrade"]
    assert top_up.credits == 200
    assert top_up.price is not None
    assert (top_up.price.amount, top_up.price.currency, top_up.price.sample) == (
        "4.99",
        "EUR",
        True,
    )
    assert upgrade.price is not None
    assert (upgrade.plan, upgrade.price.amount, upgrade.price.sample) == ("Studio", "9.99", False)


def test_a_quote_carries_the_same_refusal_as_the_charge(tell: Tell):
    story = poor(tell)
    quoted = story.quote("Example Video").refusal
    assert quoted is not None
    raised = refused(story, "Example Video")
    assert (quoted.code, quoted.message, quoted.ways_out) == (
        raised.code,
        raised.message,
        raised.ways_out,
    )
    assert (quoted.credits, quoted.available, quoted.shortfall) == (210, 100, 110)
