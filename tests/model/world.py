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
WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
DEFAULT_ORDER = ["free", "carry_over", "subscription", "promo", "adjustment", "topup"]
TURNED_ORDER = ["topup", "adjustment", "promo", "subscription", "carry_over", "free"]
BANK_ORDER = ["free", "carry_over", "subscription", "promo", "adjustment", "rollover", "topup"]
UPGRADES = {
    ("monthly", "monthly"): ("add_full_keep_leftover", "true"),
    ("yearly", "yearly"): ("deduct_used", "false"),
    ("quarterly", "quarterly"): ("deduct_used", "true"),
    ("monthly", "yearly"): ("deduct_used", "true"),
}
"""Pairs that are not named keep the leftover, as the engine does without a rule."""


Roll = tuple[int | None, int, int]
"""What a reset keeps: credits, or (None) a percentage of the package; and for how many cycles."""


@dataclass
class World:
    """What differs from one run to the next."""

    zone: str = "UTC"
    order: list[str] = field(default_factory=lambda: list(DEFAULT_ORDER))
    above_hold: str = "refuse"
    dear: bool = False
    """The second price list: dearer pictures, and the smallest package no longer sold."""
    burn_by: str = "source"
    grace_days: int = 3
    revival_days: int = 30
    paused_plan: str = "locked"
    trials: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Days and credits of the trial of a plan."""
    calendars: dict[str, tuple[str, int]] = field(default_factory=dict)
    """What the cycles of a plan begin on."""
    first: str = "full"
    """What a part of a cycle gives that comes first."""
    rolls: dict[str, Roll] = field(default_factory=dict)

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
        image, small = (30, "") if self.dear else (24, "{credits: 1000}, ")
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
{self.of_plan("basic")}  - id: max
    name: Max
    intervals: [monthly, quarterly, yearly]
    unlimited: [voice]
    packages: [{{credits: 4000}}, {{credits: 24000}}]
{self.of_plan("max")}default_plan: free
free_credits:
  - {{credits: {DAILY}, every: day}}
  - {{credits: {MONTHLY}, every: month, plans: [free]}}
top_ups: {{requires_subscription: true, bundles: [{{credits: 500}}]}}
upgrades:
{rules}
policy:
  {{burn_order: [{", ".join(self.order)}], settle_above_hold: {self.above_hold},
   member_required: false, burn_by: {self.burn_by}, grace_days: {self.grace_days},
   revival_days: {self.revival_days}, paused_plan: {self.paused_plan}}}
"""

    def of_plan(self, plan: str) -> str:
        """What else the catalog says of a plan, where it says anything."""
        said = ""
        if plan in self.trials:
            days, credits = self.trials[plan]
            said += f"    trial: {{days: {days}, credits: {credits}}}\n"
        if plan in self.calendars:
            kind, number = self.calendars[plan]
            day = number if kind == "day" else WEEKDAYS[number]
            said += f"    anchor: {{{kind}: {day}, first: {self.first}}}\n"
        if plan in self.rolls:
            credits, percent, cycles = self.rolls[plan]
            cap = f"percent: {percent}" if credits is None else f"credits: {credits}"
            said += f"    rollover: {{cycles: {cycles}, {cap}}}\n"
        return said


def _up(exact: Fraction) -> int:
    return -(-exact.numerator // exact.denominator)
