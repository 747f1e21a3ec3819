"""A published catalog as the public price page, and as JSON (`docs/spec.md` 2.10)."""

from msgspec import field

from ..core.catalog import Money
from ..core.credits import Credits
from .base import Result


class TableRow(Result, frozen=True):
    """The price of exactly this quantity."""

    quantity: Credits
    credits: Credits


class TierRow(Result, frozen=True, omit_defaults=True):
    """`credits` per `per` units, for quantities of at most `up_to`; the last tier has no end."""

    credits: Credits
    per: Credits
    up_to: Credits | None = None


class PriceTerm(Result, frozen=True, omit_defaults=True):
    """A part of a price that is a sum: `credits` per `per` units of `unit`, or by its tiers.

    With `graduated` tiers each part of the quantity has its own rate; else one rate is for all of
    it, that of the tier of the quantities `by` (of this one where there are none). What has no
    quantity is per ``generation``.
    """

    words: str
    unit: str
    credits: Credits | None = None
    per: Credits | None = None
    step: Credits | None = None
    tiers: tuple[TierRow, ...] = ()
    graduated: bool = False
    by: tuple[str, ...] = ()
    units: str | None = None


class PriceTag(Result, frozen=True, omit_defaults=True):
    """A price in words and in numbers; what does not apply is None.

    `credits` per `per` units of `unit`, counted in whole steps where there is a `step`; a range has
    `min` and `max`, a table its rows, a sum its terms. `units` is the plural of the unit where that
    is not simply the unit with an s.
    """

    words: str
    unit: str
    credits: Credits | None = None
    per: Credits | None = None
    min: Credits | None = None
    max: Credits | None = None
    table: tuple[TableRow, ...] = ()
    terms: tuple[PriceTerm, ...] = ()
    step: Credits | None = None
    units: str | None = None


class PlanPrice(Result, frozen=True):
    """What a plan's subscribers pay instead of the list price."""

    plan: str
    price: PriceTag


class PriceRow(Result, frozen=True, omit_defaults=True):
    """One rate: the settings it is for, in words and as values, and its price."""

    rate: str
    words: str
    price: PriceTag
    settings: dict[str, tuple[str, ...]] = field(default_factory=dict)
    plans: tuple[PlanPrice, ...] = ()
    note: str | None = None
    until: str | None = None
    """The instant at which the rate ends, if it has an end."""


class ModelPrices(Result, frozen=True, omit_defaults=True):
    """A model with its rows."""

    id: str
    name: str
    rows: tuple[PriceRow, ...]
    pro: bool = False
    aliases: tuple[str, ...] = ()
    note: str | None = None
    until: str | None = None
    """The instant at which the model ends, if it has an end."""


class ToolPrices(Result, frozen=True):
    """A tool with its models."""

    id: str
    name: str
    models: tuple[ModelPrices, ...]


class PackageOffer(Result, frozen=True, omit_defaults=True):
    """A package: monthly credits, the tools they are good for, and money where it is known."""

    credits: Credits
    words: str
    tools: tuple[str, ...]
    prices: dict[str, Money] = field(default_factory=dict)
    note: str | None = None


class PlanOffer(Result, frozen=True, omit_defaults=True):
    """A plan; `tools` and `unlimited` are ids of tools."""

    id: str
    name: str
    intervals: tuple[str, ...]
    tools: tuple[str, ...]
    packages: tuple[PackageOffer, ...]
    pro_models: bool
    unlimited: tuple[str, ...] = ()
    default: bool = False
    """Whether accounts without a subscription are on it."""
    sample: bool = False
    note: str | None = None


class FreeOffer(Result, frozen=True, omit_defaults=True):
    """An allowance of free credits; on every plan when `plans` is None."""

    credits: Credits
    every: str
    words: str
    plans: tuple[str, ...] | None = None
    note: str | None = None
    count: int = 1


class BundleOffer(Result, frozen=True, omit_defaults=True):
    """A top-up on offer."""

    credits: Credits
    price: Money | None = None
    sample: bool = False


class TopUpOffer(Result, frozen=True, omit_defaults=True):
    """How top-ups are sold; they never expire unless `expires_after` says so, in words."""

    bundles: tuple[BundleOffer, ...]
    requires_subscription: bool
    expires_after_days: int | None = None
    note: str | None = None
    expires_after: str | None = None


class UpgradeOffer(Result, frozen=True, omit_defaults=True):
    """What an upgrade from one interval to another does with the credits."""

    from_interval: str
    to_interval: str
    words: str
    note: str | None = None


class PricePage(Result, frozen=True, omit_defaults=True):
    """All that a platform publishes about its prices. Instants are RFC 3339 texts."""

    platform: str
    name: str
    version: int
    effective_at: str
    time_zone: str
    wording: dict[str, str]
    tools: tuple[ToolPrices, ...]
    plans: tuple[PlanOffer, ...]
    free_credits: tuple[FreeOffer, ...] = ()
    top_ups: TopUpOffer | None = None
    upgrades: tuple[UpgradeOffer, ...] = ()
    notes: tuple[str, ...] = ()
