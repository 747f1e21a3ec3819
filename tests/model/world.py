"""The small platform that the model tests run: its catalog as text, and the same for the model."""

from dataclasses import dataclass, field
from fractions import Fraction

MONTHS = {"monthly": 1, "quarterly": 3, "yearly": 12}
PLANS = ["free", "basic", "max"]
PACKAGES = {"basic": [1_000, 4_000], "max": [4_000, 24_000]}
TOOLS = {"free": ["image", "voice"]}
UNLIMITED = {"max": ["voice"]}
TOOL_OF = {
    "picture": "image",
    "portrait": "image",
    "clip": "video",
    "voice": "voice",
    "advice": "agent",
}
PRO = ["portrait"]
DAILY, MONTHLY = 100, 200
CAP_OF_ANN = 400
DEFAULT_ORDER = ["free", "carry_over", "subscription", "promo", "adjustment", "topup"]
TURNED_ORDER = ["topup", "adjustment", "promo", "subscription", "carry_over", "free"]
UPGRADES = {
    ("monthly", "monthly"): ("add_full_keep_leftover", "true"),
    ("yearly", "yearly"): ("deduct_used", "false"),
    ("quarterly", "quarterly"): ("deduct_used", "true"),
    ("monthly", "yearly"): ("deduct_used", "true"),
}
"""Pairs that are not named keep the leftover, as the engine does without a rule."""


@dataclass
class World:
    """What differs from one run to the next."""

    zone: str = "UTC"
    order: list[str] = field(default_factory=lambda: list(DEFAULT_ORDER))
    above_hold: str = "refuse"
    dear: bool = False
    """The second price list: dearer pictures, and the smallest package no longer sold."""

    def cost(self, model: str, amount: Fraction, outputs: int) -> tuple[int, int]:
        """The least and the most that a generation costs, in whole credits."""
        image = 30 if self.dear else 24
        if model == "picture":
            one = image * amount
        elif model == "portrait":
            one = 2 * image * amount
        elif model == "clip":
            one = Fraction(21, 2) * amount
        elif model == "voice":
            one = Fraction(1, 5) * amount
        else:
            return _up(5 * amount * outputs), _up(10 * amount * outputs)
        return _up(one * outputs), _up(one * outputs)

    def sold(self, plan: str, package: int) -> bool:
        return package in PACKAGES[plan] and not (self.dear and package == 1_000)

    def catalog(self) -> str:
        """The catalog as a file."""
        image = 30 if self.dear else 24
        small = "" if self.dear else "{credits: 1000}, "
        rules = "\n".join(
            f"  - {{from: {old}, to: {new}, credits: {rule}, restart_cycle: {restart}}}"
            for (old, new), (rule, restart) in UPGRADES.items()
        )
        return f"""\
platform: toy
name: Toy
time_zone: {self.zone}
tools:
  - {{id: image, name: Image}}
  - {{id: video, name: Video}}
  - {{id: voice, name: Voice}}
  - {{id: agent, name: Agent}}
models:
  - {{name: Picture, tool: image, rates: [{{credits: {image}, per: image}}]}}
  - {{name: Portrait, tool: image, pro: true, rates: [{{credits: {2 * image}, per: image}}]}}
  - {{name: Clip, tool: video, rates: [{{credits: 10.5, per: second}}]}}
  - {{name: Voice, tool: voice, rates: [{{credits: 1, per: 5 characters}}]}}
  - {{name: Advice, tool: agent, rates: [{{credits: 5..10, per: consultation}}]}}
plans:
  - {{id: free, name: Free, tools: [image, voice], pro_models: false}}
  - id: basic
    name: Basic
    intervals: [monthly, quarterly, yearly]
    packages: [{small}{{credits: 4000}}]
  - id: max
    name: Max
    intervals: [monthly, quarterly, yearly]
    unlimited: [voice]
    packages: [{{credits: 4000}}, {{credits: 24000}}]
default_plan: free
free_credits:
  - {{credits: {DAILY}, every: day}}
  - {{credits: {MONTHLY}, every: month, plans: [free]}}
top_ups: {{requires_subscription: true, bundles: [{{credits: 500}}]}}
upgrades:
{rules}
policy:
  {{burn_order: [{", ".join(self.order)}], settle_above_hold: {self.above_hold},
   member_required: false}}
"""


def _up(exact: Fraction) -> int:
    return -(-exact.numerator // exact.denominator)
