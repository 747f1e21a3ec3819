"""Every refusal is brought about, and has the facts and the ways out that its row documents."""

import re
from collections.abc import Callable
from functools import cached_property
from typing import Any

import pytest

from tallystick import Refused, Tallystick
from tallystick.core.refusals import REFUSALS
from tallystick.testing import TestClock
from tests.docs.pages import page
from tests.docs.test_reference import ROW
from tests.scenarios.small import PLANS, small

START = "2026-01-31T10:00:00Z"
LARGEST = 9_007_199_254
DOCUMENTED = {
    code: (facts, re.findall(r"`(\w+)`", ways))
    for code, _, _, facts, ways in ROW.findall(page("reference/refusals.md"))
}


class Shops:
    """The three platforms, each with an account `ana`: subscribed, but for VideoDraft's. Each is
    opened when it is first needed, in this process or as `transport` opens it."""

    def __init__(self, transport: Any = Tallystick.open) -> None:
        self.clock = TestClock(START)
        self._transport = transport
        self._opened: list[Any] = []

    @cached_property
    def imagineart(self) -> Any:
        shop = self._open(platform="imagineart", test_clock=START)
        shop.subscribe("ana", "Basic")
        return shop

    @cached_property
    def artlist(self) -> Any:
        shop = self._open(platform="artlist", clock=self.clock)
        shop.subscribe("ana", "AI Starter", 7_500)
        return shop

    @cached_property
    def fair(self) -> Any:
        voice = "unlimited: [agent], fair_use: [{tool: agent, up_to: 9 characters, every: day}]"
        plans = PLANS.replace("name: Basic,", f"name: Basic, {voice},")
        shop = self._open(catalog=small(plans=plans), clock=self.clock)
        shop.subscribe("ana", "Basic")
        return shop

    @cached_property
    def videodraft(self) -> Any:
        return self._open(platform="videodraft", clock=self.clock)

    def _open(self, **opening: Any) -> Any:
        self._opened.append(shop := self._transport(":memory:", **opening))
        shop.open_account("ana")
        shop.open_account("team", members={"ben": 10})
        shop.open_account("new")
        return shop

    def close(self) -> None:
        for shop in self._opened:
            shop.close()


def quote_expired(shops: Shops) -> None:
    quote = shops.imagineart.quote("Example Image", account="ana").quote
    shops.imagineart.advance_clock(by="15m")
    shops.imagineart.charge("ana", quote=quote)


def quote_used(shops: Shops) -> None:
    quote = shops.imagineart.quote("Example Image", account="ana").quote
    shops.imagineart.charge("ana", quote=quote)
    shops.imagineart.charge("ana", quote=quote)


def hold_closed(shops: Shops) -> None:
    held = shops.imagineart.hold("ana", "Example Image")
    held.settle()
    held.release()


def settled(shops: Shops, model: str, **actual: Any) -> None:
    shops.videodraft.hold("ana", model).settle(**actual)


def refunded_twice(shops: Shops) -> None:
    receipt = shops.imagineart.charge("ana", "Example Image").receipt
    shops.imagineart.refund("ana", receipt, reason="It was spoiled")
    shops.imagineart.refund("ana", receipt, reason="It was spoiled")


def held_limit_reached(shops: Shops) -> None:
    shops.imagineart.set_limits("ana", held=5)
    shops.imagineart.hold("ana", "Example Image")


def account_cap_reached(shops: Shops) -> None:
    shops.imagineart.set_limits("ana", [{"credits": 5, "every": "life"}])
    shops.imagineart.charge("ana", "Example Image")


def lease_exhausted(shops: Shops) -> None:
    lease = shops.imagineart.lease("ana", 30).hold
    shops.imagineart.draw("ana", lease, "Example Image Pro")


WITH_TRIAL = """
plans:
  - {id: basic, name: Basic, packages: [{credits: 100}], trial: {days: 7, credits: 5}}
"""


def trial_used(shops: Shops) -> None:
    with Tallystick.open(":memory:", catalog=small(plans=WITH_TRIAL)) as shop:
        shop.open_account("ana")
        shop.subscribe("ana", "Basic", trial=True)
        shop.end("ana", "a second look")
        shop.subscribe("ana", "Basic", trial=True)


def changed_in_a_pause(shops: Shops) -> None:
    shops.imagineart.open_account("pia")
    shops.imagineart.subscribe("pia", "Basic")
    shops.imagineart.pause("pia", at_once=True)
    shops.imagineart.change_plan("pia", "Standard")


def reset_too_early(shops: Shops) -> None:
    shops.imagineart.open_account("ray")
    shops.imagineart.subscribe("ray", "Basic", starts_at="30d")
    shops.imagineart.reset_cycle("ray", "too early")


def cancelled_twice(shops: Shops) -> None:
    shops.imagineart.cancel("ana")
    shops.imagineart.cancel("ana")


def entry_final(shops: Shops) -> None:
    shops.imagineart.reverse("ana", 1, "It was not meant")


def voided_twice(shops: Shops) -> Any:
    given = shops.imagineart.grant("ana", 5)
    shops.imagineart.void("ana", given.grant, "charged back")
    return shops.imagineart.void("ana", given.grant, "charged back")


CAUSES: list[tuple[str, Callable[[Shops], Any]]] = [
    ("account_not_found", lambda shops: shops.imagineart.balance("nobody")),
    ("account_exists", lambda shops: shops.imagineart.open_account("ana")),
    (
        "quote_for_another_account",
        lambda shops: shops.imagineart.charge(
            "ana", quote=shops.imagineart.quote("Example Image").quote
        ),
    ),
    ("quote_used", quote_used),
    ("quote_expired", quote_expired),
    ("entry_not_found", lambda shops: shops.imagineart.receipt("ana", "r99")),
    ("hold_not_found", lambda shops: shops.imagineart.release("ana", "h99")),
    ("hold_closed", hold_closed),
    ("grant_not_found", lambda shops: shops.imagineart.void("ana", "g99", "charged back")),
    ("nothing_left", voided_twice),
    ("subscription_required", lambda shops: shops.artlist.charge("new", "Flux 2.0")),
    ("tool_not_in_plan", lambda shops: shops.artlist.charge("ana", "Flux 2.0")),
    (
        "model_requires_subscription",
        lambda shops: shops.imagineart.charge("new", "Example Image Pro"),
    ),
    (
        "fair_use_reached",
        lambda shops: shops.fair.charge("ana", "Voice", characters=10),
    ),
    ("settle_outside_range", lambda shops: settled(shops, "AI Agent Consultations", credits=4)),
    ("settle_above_hold", lambda shops: settled(shops, "Flux Schnell", images=2)),
    ("refund_above_charge", refunded_twice),
    ("member_required", lambda shops: shops.imagineart.charge("team", "Example Image")),
    (
        "member_unknown",
        lambda shops: shops.imagineart.charge("team", "Example Image", member="zoe"),
    ),
    (
        "member_cap_reached",
        lambda shops: shops.imagineart.charge("team", "Example Image", member="ben"),
    ),
    ("account_cap_reached", account_cap_reached),
    ("held_limit_reached", held_limit_reached),
    (
        "insufficient_credits",
        lambda shops: shops.imagineart.charge("ana", "Example Video", outputs=49),
    ),
    ("lease_exhausted", lease_exhausted),
    ("already_subscribed", lambda shops: shops.imagineart.subscribe("ana", "Basic")),
    ("no_subscription", lambda shops: shops.imagineart.cancel("new")),
    ("no_change", lambda shops: shops.imagineart.change_plan("ana", "Basic")),
    ("no_change", cancelled_twice),
    ("trial_used", trial_used),
    ("subscription_paused", changed_in_a_pause),
    ("no_running_cycle", reset_too_early),
    ("nothing_scheduled", lambda shops: shops.imagineart.resume("ana")),
    ("top_ups_not_sold", lambda shops: shops.videodraft.top_up("ana", 5)),
    ("top_up_requires_subscription", lambda shops: shops.imagineart.top_up("new", 1_000)),
    ("balance_limit", lambda shops: shops.imagineart.grant("ana", LARGEST)),
    ("entry_final", entry_final),
    ("clock_not_test", lambda shops: shops.artlist.advance_clock(by="1d")),
    ("clock_backwards", lambda shops: shops.imagineart.advance_clock(to="2026-01-01T00:00:00Z")),
    ("version_not_scheduled", lambda shops: shops.artlist.withdraw(1)),
]


@pytest.mark.parametrize(
    ("code", "cause"), CAUSES, ids=[f"{code}-{at}" for at, (code, _) in enumerate(CAUSES)]
)
def test_a_refusal_has_the_facts_and_ways_out_that_are_documented(
    code: str, cause: Callable[[Shops], Any]
):
    shops = Shops()
    try:
        with pytest.raises(Refused) as caught:
            cause(shops)
    finally:
        shops.close()
    refused = caught.value
    said, ways = DOCUMENTED[code]
    sometimes = set(re.findall(r"`(\w+)`", "".join(re.findall(r"\[(.+?)\]", said))))
    always = set(re.findall(r"`(\w+)`", said)) - sometimes
    assert refused.code == code
    assert always <= refused.facts.keys() <= always | sometimes
    assert {way.kind for way in refused.ways_out} <= set(ways)
    assert bool(refused.ways_out) == bool(ways)


def test_every_code_is_brought_about():
    assert list(dict.fromkeys(code for code, _ in CAUSES)) == [each.code for each in REFUSALS]
