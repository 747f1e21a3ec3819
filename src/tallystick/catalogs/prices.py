"""A published catalog as the public price page, and as JSON (`docs/spec.md` 2.10)."""

from msgspec.structs import asdict

from ..core import instants
from ..core.catalog import (
    Bundle,
    Catalog,
    Flat,
    FreeCredits,
    Model,
    Package,
    PerUnit,
    Plan,
    Price,
    Published,
    Rate,
    Sum,
    Table,
    Term,
    UpgradeRule,
    Wording,
    unlocked,
)
from ..core.credits import show
from ..results.prices import (
    BundleOffer,
    FreeOffer,
    ModelPrices,
    PackageOffer,
    PlanOffer,
    PlanPrice,
    PricePage,
    PriceRow,
    PriceTag,
    PriceTerm,
    TableRow,
    TierRow,
    ToolPrices,
    TopUpOffer,
    UpgradeOffer,
)
from .phrases import (
    free_words,
    package_words,
    price_words,
    setting_words,
    term_words,
    top_up_life,
    upgrade_words,
)


def price_page(published: Published) -> PricePage:
    """The price page of a version, drawn from its rates: it cannot be out of date."""
    catalog = published.catalog
    names = {plan.id: plan.name for plan in catalog.plans}
    return PricePage(
        platform=catalog.platform,
        name=catalog.name,
        version=published.version,
        effective_at=instants.text(published.effective_at),
        time_zone=catalog.time_zone,
        wording=asdict(catalog.wording),
        tools=tuple(
            ToolPrices(tool.id, tool.name, _models(catalog, tool.id)) for tool in catalog.tools
        ),
        plans=tuple(_plan(catalog, plan) for plan in catalog.plans),
        free_credits=tuple(_free(free, catalog.wording, names) for free in catalog.free_credits),
        top_ups=_top_ups(catalog),
        upgrades=tuple(_upgrade(rule, catalog.wording) for rule in catalog.upgrades),
        notes=catalog.notes,
    )


def _models(catalog: Catalog, tool: str) -> tuple[ModelPrices, ...]:
    return tuple(_model(model, catalog) for model in catalog.models if model.tool == tool)


def _model(model: Model, catalog: Catalog) -> ModelPrices:
    return ModelPrices(
        id=model.id,
        name=model.name,
        rows=tuple(_row(rate, catalog) for rate in _in_order(model)),
        pro=model.pro,
        aliases=model.aliases,
        note=model.note,
        until=_end(model.until),
    )


def _in_order(model: Model) -> list[Rate]:
    """The rates in the order of the settings, and of their values; a file may group them otherwise,
    as by price."""
    places = [
        (each.name, {value: at for at, value in enumerate(each.values)}) for each in model.settings
    ]

    def place(rate: Rate) -> tuple[int, ...]:
        return tuple(
            min((at[value] for value in rate.when.get(name, ())), default=-1) for name, at in places
        )

    return sorted(model.rates, key=place)


def _end(until: instants.Instant | None) -> str | None:
    return None if until is None else instants.text(until)


def _row(rate: Rate, catalog: Catalog) -> PriceRow:
    names = {plan.id: plan.name for plan in catalog.plans}
    return PriceRow(
        rate=rate.id,
        words=setting_words(rate.when),
        price=price_tag(rate.price, catalog.wording),
        settings=rate.when,
        plans=tuple(
            PlanPrice(names.get(plan, plan), price_tag(own, catalog.wording))
            for plan, own in rate.plan_prices.items()
        ),
        note=rate.note,
        until=_end(rate.until),
    )


def price_tag(price: Price, wording: Wording) -> PriceTag:
    """A price in words and in numbers."""
    words = price_words(price, wording)
    if isinstance(price, Flat):
        return PriceTag(words, "generation", show(price.credits), 1)
    if isinstance(price, PerUnit):
        return PriceTag(
            words=words,
            unit=price.unit,
            credits=show(price.credits),
            per=show(price.per),
            min=None if price.at_least is None else show(price.at_least),
            max=None if price.at_most is None else show(price.at_most),
            step=None if price.step is None else show(price.step),
            units=price.many,
        )
    if isinstance(price, Table):
        rows = tuple(TableRow(show(amount), show(cost)) for amount, cost in price.rows)
        return PriceTag(words, price.unit, table=rows, units=price.many)
    if isinstance(price, Sum):
        return _sum_tag(price, words, wording)
    unit = price.unit or "generation"
    return PriceTag(words, unit, min=show(price.minimum), max=show(price.maximum), units=price.many)


def _sum_tag(price: Sum, words: str, wording: Wording) -> PriceTag:
    return PriceTag(
        words,
        "generation",
        min=None if price.at_least is None else show(price.at_least),
        max=None if price.at_most is None else show(price.at_most),
        terms=tuple(_term_tag(term, wording) for term in price.terms),
    )


def _term_tag(term: Term, wording: Wording) -> PriceTerm:
    tiers = tuple(
        TierRow(
            show(tier.credits), show(tier.per), None if tier.up_to is None else show(tier.up_to)
        )
        for tier in term.tiers
    )
    return PriceTerm(
        term_words(term, wording),
        term.unit or "generation",
        None if tiers else show(term.credits),
        None if tiers else show(term.per),
        step=None if term.step is None else show(term.step),
        tiers=tiers,
        graduated=term.graduated,
        by=term.by,
        units=term.many,
    )


def _plan(catalog: Catalog, plan: Plan) -> PlanOffer:
    open_tools = unlocked(catalog, plan)
    every = tuple(tool.id for tool in catalog.tools)
    return PlanOffer(
        id=plan.id,
        name=plan.name,
        intervals=plan.intervals,
        tools=tuple(tool for tool in every if tool in open_tools),
        packages=tuple(
            _package(package, every if plan.tools is None else plan.tools, catalog.wording)
            for package in plan.packages
        ),
        pro_models=plan.pro_models,
        unlimited=plan.unlimited,
        default=plan.id == catalog.default_plan,
        sample=plan.sample,
        note=plan.note,
    )


def _package(package: Package, plan_tools: tuple[str, ...], wording: Wording) -> PackageOffer:
    return PackageOffer(
        credits=show(package.credits),
        words=package_words(package, wording),
        tools=plan_tools if package.tools is None else package.tools,
        prices=package.prices,
        note=package.note,
    )


def _free(free: FreeCredits, wording: Wording, names: dict[str, str]) -> FreeOffer:
    named = [names.get(plan, plan) for plan in free.plans or ()]
    words = free_words(free, wording, named)
    return FreeOffer(
        credits=show(free.credits),
        every=free.every,
        words=words,
        plans=free.plans,
        note=free.note,
        count=free.count,
    )


def _top_ups(catalog: Catalog) -> TopUpOffer | None:
    offer = catalog.top_ups
    if offer is None:
        return None
    return TopUpOffer(
        bundles=tuple(_bundle(bundle) for bundle in offer.bundles),
        requires_subscription=offer.requires_subscription,
        expires_after_days=offer.expires_after_days,
        note=offer.note,
        expires_after=top_up_life(offer),
    )


def _bundle(bundle: Bundle) -> BundleOffer:
    return BundleOffer(show(bundle.credits), bundle.price, bundle.sample)


def _upgrade(rule: UpgradeRule, wording: Wording) -> UpgradeOffer:
    words = upgrade_words(rule, wording)
    return UpgradeOffer(rule.from_interval, rule.to_interval, words, rule.note)
