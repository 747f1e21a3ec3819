"""A catalog as a value: tools, models, rates, plans, top-ups and policy (`docs/spec.md` 1, 2, 5).

Amounts are micros, quantities are micro-units, durations are seconds. A `Catalog` is immutable;
publishing gives it a version and an instant from which it is in force (`Published`), and
`History` answers which one is in force at any instant.
"""

from typing import Literal, TypeAlias

from msgspec import Struct

from .credits import SCALE, Micros
from .instants import Instant

Interval: TypeAlias = Literal["monthly", "quarterly", "yearly"]
INTERVAL_MONTHS: dict[str, int] = {"monthly": 1, "quarterly": 3, "yearly": 12}

Source: TypeAlias = Literal["free", "carry_over", "subscription", "promo", "adjustment", "topup"]
SOURCES: tuple[Source, ...] = (
    "free",
    "carry_over",
    "subscription",
    "promo",
    "adjustment",
    "topup",
)
"""The default burn-down order (`docs/spec.md` 3.1)."""

UNITS = (
    "second",
    "minute",
    "character",
    "image",
    "track",
    "scene",
    "consultation",
    "generation",
    "word",
    "page",
    "frame",
    "megapixel",
    "token",
)
"""Units a rate can price by; a request names the quantity in the plural (``seconds=8``)."""

COUNTED_UNITS = frozenset({"image", "track", "scene", "consultation", "generation"})
"""Units of which a request has one unless it says otherwise."""


class Rounding(Struct, frozen=True, gc=False):
    """How the total of one generation is rounded, once (`docs/spec.md` 2.3)."""

    step: Micros = SCALE
    mode: Literal["up", "down", "half_up"] = "up"


class Flat(Struct, frozen=True, tag="flat", gc=False):
    """One price a generation, whatever its size; ``Flat(0)`` is free."""

    credits: Micros


class PerUnit(Struct, frozen=True, tag="per_unit", omit_defaults=True, gc=False):
    """`credits` for every `per` units (micro-units), in proportion, within the limits."""

    credits: Micros
    unit: str
    per: int = SCALE
    at_least: Micros | None = None
    at_most: Micros | None = None


class Table(Struct, frozen=True, tag="table", gc=False):
    """A price for each listed quantity and no other: ``((5 s, 300), (8 s, 400))``."""

    unit: str
    rows: tuple[tuple[int, Micros], ...]


class Range(Struct, frozen=True, tag="range", omit_defaults=True, gc=False):
    """Between two prices, the actual known only afterwards; per unit where a unit is named."""

    minimum: Micros
    maximum: Micros
    unit: str | None = None


Price: TypeAlias = Flat | PerUnit | Table | Range


class Rate(Struct, frozen=True, omit_defaults=True, gc=False):
    """One priced row: the settings it matches, its price, and why it reads as it does."""

    id: str
    price: Price
    when: dict[str, tuple[str, ...]] = {}
    plan_prices: dict[str, Price] = {}
    note: str | None = None


class Setting(Struct, frozen=True, omit_defaults=True, gc=False):
    """A choice the user makes for a model."""

    name: str
    values: tuple[str, ...]
    default: str | None = None


class Model(Struct, frozen=True, omit_defaults=True, gc=False):
    """What the user picks inside a tool."""

    id: str
    name: str
    tool: str
    rates: tuple[Rate, ...]
    settings: tuple[Setting, ...] = ()
    pro: bool = False
    aliases: tuple[str, ...] = ()
    unpriced: tuple[str, ...] = ()
    """Quantities a request may state although they do not change the price (``seconds``)."""
    note: str | None = None


class Tool(Struct, frozen=True, omit_defaults=True, gc=False):
    """An asset type that a plan unlocks."""

    id: str
    name: str
    rounding: Rounding | None = None


class Money(Struct, frozen=True, omit_defaults=True, gc=False):
    """A price in money: optional everywhere, and marked when it is only a sample."""

    amount: str
    currency: str
    sample: bool = False


class Package(Struct, frozen=True, omit_defaults=True, gc=False):
    """Monthly credits of a plan; named by them. `tools` overrides the plan's."""

    credits: Micros
    tools: tuple[str, ...] | None = None
    prices: dict[str, Money] = {}
    """Money by interval."""
    note: str | None = None


class Plan(Struct, frozen=True, omit_defaults=True, gc=False):
    """A product tier. Plans are listed from lowest to highest."""

    id: str
    name: str
    packages: tuple[Package, ...] = ()
    tools: tuple[str, ...] | None = None
    """Tools it unlocks; every tool when None."""
    intervals: tuple[Interval, ...] = ("monthly",)
    pro_models: bool = True
    unlimited: tuple[str, ...] = ()
    """Tools that cost nothing on this plan."""
    sample: bool = False
    note: str | None = None


class FreeCredits(Struct, frozen=True, omit_defaults=True):
    """An allowance: so many credits every day or month, on the named plans (all when None)."""

    credits: Micros
    every: Literal["day", "month"]
    plans: tuple[str, ...] | None = None
    note: str | None = None


class Bundle(Struct, frozen=True, omit_defaults=True):
    """A top-up on offer."""

    credits: Micros
    price: Money | None = None
    sample: bool = False


class TopUps(Struct, frozen=True, omit_defaults=True):
    """Credits bought once."""

    bundles: tuple[Bundle, ...] = ()
    requires_subscription: bool = True
    expires_after_days: int | None = None
    note: str | None = None


class UpgradeRule(Struct, frozen=True, omit_defaults=True):
    """What an upgrade does with the old credits, by intervals (`docs/spec.md` 5.2)."""

    from_interval: Interval
    to_interval: Interval
    credits: Literal["add_full_keep_leftover", "deduct_used"]
    restart_cycle: bool = True
    note: str | None = None


class Wording(Struct, frozen=True, omit_defaults=True):
    """The platform's own words for its money."""

    credit: str = "credit"
    credits: str = "credits"
    top_up: str = "top-up"
    top_ups: str = "top-ups"


class Policy(Struct, frozen=True, omit_defaults=True):
    """The rules a platform may set."""

    burn_order: tuple[Source, ...] = SOURCES
    rounding: Rounding = Rounding()
    quote_ttl_seconds: int = 900
    hold_ttl_seconds: int = 900
    settle_above_hold: Literal["refuse", "take_available"] = "refuse"
    moderated: Literal["nothing", "delivered", "full"] = "nothing"
    partial: Literal["nothing", "delivered", "full"] = "delivered"


class Catalog(Struct, frozen=True, omit_defaults=True):
    """Everything a platform publishes."""

    platform: str
    name: str
    tools: tuple[Tool, ...]
    models: tuple[Model, ...]
    plans: tuple[Plan, ...] = ()
    time_zone: str = "UTC"
    default_plan: str | None = None
    """The plan of accounts without a subscription, if the platform has one."""
    free_credits: tuple[FreeCredits, ...] = ()
    top_ups: TopUps | None = None
    upgrades: tuple[UpgradeRule, ...] = ()
    policy: Policy = Policy()
    wording: Wording = Wording()
    notes: tuple[str, ...] = ()


class Published(Struct, frozen=True):
    """A catalog with the version it was published as and the instant it comes into force."""

    version: int
    effective_at: Instant
    catalog: Catalog


def find_plan(catalog: Catalog, name: str) -> Plan | None:
    """The plan with this id or display name, any case."""
    wanted = name.casefold()
    for plan in catalog.plans:
        if wanted in (plan.id.casefold(), plan.name.casefold()):
            return plan
    return None


def find_package(plan: Plan, credits: Micros) -> Package | None:
    """The package of a plan that gives `credits` a month."""
    return next((package for package in plan.packages if package.credits == credits), None)


def plan_rank(catalog: Catalog, plan_id: str) -> int:
    """How high a plan stands: its place in the list; -1 for one that is no longer there."""
    return next((at for at, plan in enumerate(catalog.plans) if plan.id == plan_id), -1)


def unlocked(catalog: Catalog, plan: Plan) -> set[str]:
    """The ids of the tools that a plan unlocks with at least one of its packages."""
    every = tuple(tool.id for tool in catalog.tools)
    own = every if plan.tools is None else plan.tools
    offers = [own if each.tools is None else each.tools for each in plan.packages] or [own]
    return {tool for tools in offers for tool in tools}
