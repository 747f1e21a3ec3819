"""A catalog as a value: tools, models, rates, plans, top-ups and policy (`docs/spec.md` 1, 2, 5).

Amounts are micros, quantities are micro-units, durations are seconds. A `Catalog` is immutable;
publishing gives it a version and an instant from which it is in force (`Published`), and
`History` answers which one is in force at any instant.

These fields mean the same in every struct:

- `id`: the name that never changes, for machines; unique among its kind in the catalog.
- `name`: the name that people see.
- `note`: why the row reads as it does, for operators; None where nothing needs a reason.
- `sample`: whether the row is an example and not a published fact.
"""

from typing import Literal, TypeAlias

from msgspec import Struct

from .caps import Every
from .credits import SCALE, Micros, text
from .instants import Instant
from .price_kinds import (  # noqa: F401 (kinds of prices belong to the catalog)
    COUNTED_UNITS,
    UNITS,
    Cost,
    Flat,
    PerUnit,
    Price,
    Range,
    Rounding,
    Sum,
    Table,
    Term,
    Tier,
    Unit,
)

Interval: TypeAlias = Literal["monthly", "quarterly", "yearly"]
INTERVAL_MONTHS: dict[str, int] = {"monthly": 1, "quarterly": 3, "yearly": 12}

Source: TypeAlias = Literal[
    "free", "carry_over", "subscription", "promo", "adjustment", "topup", "rollover"
]
SOURCES: tuple[Source, ...] = (
    "free",
    "carry_over",
    "subscription",
    "promo",
    "adjustment",
    "topup",
)
"""The default burn-down order (`docs/spec.md` 3.1). What was rolled over burns right before the
subscription's credits, unless a catalog gives it a place of its own."""
ALL_SOURCES: tuple[Source, ...] = (*SOURCES[:2], "rollover", *SOURCES[2:])
"""Every source, in the order in which balances show them."""


class Rate(Struct, frozen=True, omit_defaults=True, gc=False):
    """One priced row: a `price`, and the settings that it matches.

    `when` has for each setting the values that match; a setting that is not there matches with any
    value. `plan_prices` are the prices for subscribers of certain plans, by plan id.
    """

    id: str
    price: Price
    when: dict[str, tuple[str, ...]] = {}
    plan_prices: dict[str, Price] = {}
    note: str | None = None
    until: Instant | None = None
    """The instant at which it ends; None for one without an end."""
    costs: tuple[Cost, ...] = ()
    """What it costs the operator; no customer is shown that."""


class Setting(Struct, frozen=True, omit_defaults=True, gc=False):
    """A choice the user makes for a model: one of `values`; `default` where nothing is said (None:
    it has to be said)."""

    name: str
    values: tuple[str, ...]
    default: str | None = None


class Model(Struct, frozen=True, omit_defaults=True, gc=False):
    """What the user picks inside a `tool` (its id).

    For a valid request exactly one of the `rates` matches its `settings`. A `pro` model needs a
    plan that unlocks those. `aliases` are other names that it is found by.
    """

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
    until: Instant | None = None
    """The instant at which it ends; None for one without an end."""


class Tool(Struct, frozen=True, omit_defaults=True, gc=False):
    """An asset type that a plan unlocks. `rounding` overrides that of the policy."""

    id: str
    name: str
    rounding: Rounding | None = None


class Money(Struct, frozen=True, omit_defaults=True, gc=False):
    """A price in money: optional everywhere, and marked when it is only a sample. `amount` is a
    decimal number as text, and `currency` a code of ISO 4217."""

    amount: str
    currency: str
    sample: bool = False


class Package(Struct, frozen=True, omit_defaults=True, gc=False):
    """Monthly `credits` (micros) of a plan; named by them. `tools` overrides the plan's."""

    credits: Micros
    tools: tuple[str, ...] | None = None
    prices: dict[str, Money] = {}
    """Money by interval."""
    note: str | None = None


class Anchor(Struct, frozen=True, omit_defaults=True, gc=False):
    """What the cycles of a plan begin on instead of the day of the purchase: a `day` of the month
    (1 to 31), or a `weekday` (0 is Monday), at midnight.

    `first` says what the part cycle before the first whole one gives.
    """

    day: int | None = None
    weekday: int | None = None
    first: Literal["full", "proportion", "nothing"] = "full"


class RollOver(Struct, frozen=True, gc=False):
    """What a reset keeps: up to so many `credits`, or (None) `percent` of the allotment, for
    `cycles` cycles."""

    credits: Micros | None
    percent: int
    cycles: int


class Trial(Struct, frozen=True, gc=False):
    """A trial before the first cycle of a plan: `days` calendar days with `credits`."""

    days: int
    credits: Micros


class FairUseLimit(Struct, frozen=True, omit_defaults=True, gc=False):
    """How much of an unlimited `tool` is free in each window (`every`): `up_to` so much of a `unit`
    (micro-units). What is `beyond` it is refused, or charged as if it were not unlimited. `many` is
    the plural of a unit of the catalog's own that has another one than with an s."""

    tool: str
    unit: str
    up_to: int
    every: Every
    beyond: Literal["refuse", "charge"] = "refuse"
    many: str | None = None


class Plan(Struct, frozen=True, omit_defaults=True, gc=False):
    """A product tier. Plans are listed from lowest to highest.

    It is sold with its `packages` of monthly credits (none: it gives no credits), billed by one of
    the `intervals`, and unlocks pro models where `pro_models` says so.
    """

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
    trial: Trial | None = None
    """The trial that may come before its first cycle."""
    anchor: Anchor | None = None
    """What its cycles begin on; None: on the day of the purchase."""
    rollover: RollOver | None = None
    """What a reset keeps of its credits; None: nothing."""
    fair_use: tuple[FairUseLimit, ...] = ()
    """What of the unlimited tools is free in a window; all of it where nothing is said."""


Period: TypeAlias = Literal["hour", "day", "week", "month", "quarter", "year"]
PERIODS: tuple[Period, ...] = ("hour", "day", "week", "month", "quarter", "year")
PERIOD_MONTHS: dict[str, int] = {"month": 1, "quarter": 3, "year": 12}
PERIOD_HOURS: dict[str, int] = {"hour": 1, "day": 24, "week": 168}
Opening: TypeAlias = Literal["calendar", "account", "first_use"]
OPENINGS: tuple[Opening, ...] = ("calendar", "account", "first_use")
_OPENINGS = {
    "calendar": " by the calendar",
    "account": " from the opening",
    "first_use": " from first use",
}


class FreeCredits(Struct, frozen=True, omit_defaults=True):
    """An allowance: `credits` (micros) `every` so many periods (`count`), on the named `plans`
    (their ids; None: for everybody).

    Its windows are those of the calendar, are counted from the account's opening, or open at their
    first use, as `opens` says. With `within_cycle` a window ends with the subscription's cycle at
    the latest. With `when_used_up` it is given only once nothing is left of what the plan gives.
    """

    credits: Micros
    every: Period
    plans: tuple[str, ...] | None = None
    note: str | None = None
    count: int = 1
    opens: Opening | None = None
    within_cycle: bool = False
    when_used_up: bool = False

    @property
    def opening(self) -> Opening:
        """What its windows are counted from, where the catalog does not say it."""
        if self.opens is not None:
            return self.opens
        return "account" if self.every in PERIOD_MONTHS else "calendar"

    @property
    def window(self) -> str:
        """Its windows in words, by which allowances of the same ones add up: ``day``."""
        words = f"{self.count} {self.every}s" if self.count > 1 else str(self.every)
        if self.opens is not None:
            words += _OPENINGS[self.opens]
        words += ", within the cycle" if self.within_cycle else ""
        return words + (", once used up" if self.when_used_up else "")


class Bundle(Struct, frozen=True, omit_defaults=True):
    """A top-up on offer: `credits` (micros) for a `price` (None where none is published)."""

    credits: Micros
    price: Money | None = None
    sample: bool = False


class TopUps(Struct, frozen=True, omit_defaults=True):
    """Credits bought once: the `bundles` on offer.

    `requires_subscription` says whether only subscribers may buy them. They last for
    `expires_after_days` (None: for ever).
    """

    bundles: tuple[Bundle, ...] = ()
    requires_subscription: bool = True
    expires_after_days: int | None = None
    note: str | None = None
    expires_after_months: int | None = None
    """Calendar months after which they expire, counted from the purchase (None: see days)."""


class UpgradeRule(Struct, frozen=True, omit_defaults=True):
    """What an upgrade `from_interval` `to_interval` does with the old `credits`, and whether it
    makes the cycle start again (`restart_cycle`; `docs/spec.md` 5.2)."""

    from_interval: Interval
    to_interval: Interval
    credits: Literal["add_full_keep_leftover", "deduct_used"]
    restart_cycle: bool = True
    note: str | None = None


class Wording(Struct, frozen=True, omit_defaults=True):
    """The platform's own words for its money: one `credit` and several `credits`, one `top_up` and
    several `top_ups`.

    Every text about an account is in them. Names of fields, codes and commands are the same
    everywhere.
    """

    credit: str = "credit"
    credits: str = "credits"
    top_up: str = "top-up"
    top_ups: str = "top-ups"

    def amount(self, credits: Micros) -> str:
        """``1 credit``, ``16,500 credits``, ``0.5 coins``."""
        return f"{text(credits)} {self.credit if credits == SCALE else self.credits}"


class Policy(Struct, frozen=True, omit_defaults=True):
    """The rules a platform may set.

    `burn_order` is the order in which sources are consumed, and `rounding` how totals are rounded.
    A quote is honoured for `quote_ttl_seconds`; a hold lives for `hold_ttl_seconds` unless it says
    otherwise. `settle_above_hold` says what becomes of a cost above what is held. `moderated` and
    `partial` say what work with these outcomes costs: nothing, what was delivered, or the full
    price.
    """

    burn_order: tuple[Source, ...] = SOURCES
    rounding: Rounding = Rounding()
    quote_ttl_seconds: int = 900
    hold_ttl_seconds: int = 900
    settle_above_hold: Literal["refuse", "take_available"] = "refuse"
    moderated: Literal["nothing", "delivered", "full"] = "nothing"
    partial: Literal["nothing", "delivered", "full"] = "delivered"
    refund_lapsed_days: int = 0
    """How long credits that are given back to a grant that has expired live; 0: they lapse."""
    burn_by: Literal["source", "expiry"] = "source"
    """Whether the source of a grant decides first which burns, or its expiry (3.8)."""
    payment_tolerance_seconds: int = 86_400
    """How far an instant that is paid through may lie from the boundary that it means."""
    grace_days: int = 3
    """How long a plan goes on at a boundary that is not paid, in days of 24 hours."""
    calendar: Literal["platform", "account"] = "platform"
    """In whose time zone days and cycles are counted."""
    paused_plan: Literal["locked", "unlocked"] = "locked"
    """Whether what a plan unlocks goes on while its subscription is paused."""
    revival_days: int = 30
    """How long after its grace a payment revives a subscription, in days of 24 hours."""
    member_required: bool = False
    """Whether who spends from an account with members has to be named. A catalog's file says yes
    where it says nothing; those that were published before there was this policy say no."""
    settle_late_seconds: int = 86_400
    """How long after its time-out a hold can still be settled for a success; 0: not at all."""
    reasons: tuple[str, ...] = ()
    """The codes of the reasons that an operator gives: ``goodwill``, or ``goodwill: late``."""
    other_reasons: Literal["allowed", "refused"] = "allowed"
    """Whether a reason may be another text than one that begins with a code of the list."""
    plan_terms: Literal["as_published", "as_bought"] = "as_published"
    """Whether what a plan unlocks follows the catalog in force, or stays for who has bought it."""


class Catalog(Struct, frozen=True, omit_defaults=True):
    """Everything a `platform` (its id) publishes.

    It sells the `models` of its `tools` on its `plans`. `time_zone` is the IANA name of the zone in
    which days and cycles are counted. `free_credits` are the allowances without a subscription,
    `top_ups` what is sold once (None: nothing), and `upgrades` the rules for old credits. `policy`
    has the rules that a platform may set, `wording` its own words, and `notes` say why the catalog
    reads as it does.
    """

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
    units: tuple[Unit, ...] = ()
    """Units of its own, beside those that every catalog has."""


class Published(Struct, frozen=True):
    """A `catalog` with the `version` it was published as (from 1) and the instant from which it is
    in force (`effective_at`). `published_at` is when that was said, `published_by` who said it, and
    `published_key` the name of the API key that bears it out; each None where it was not noted."""

    version: int
    effective_at: Instant
    catalog: Catalog
    published_at: Instant | None = None
    published_by: str | None = None
    published_key: str | None = None


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
