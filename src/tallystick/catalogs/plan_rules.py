"""The lint of plans, allowances, top-ups, upgrades and policy."""

from collections.abc import Iterator
from zoneinfo import ZoneInfo, available_timezones

from ..core.catalog import ALL_SOURCES, SOURCES, Catalog, unlocked
from ..core.credits import Micros, text
from ..core.errors import describe
from ..results.catalog_problems import CatalogProblem, Code
from .places import Places
from .problems import FilePlace
from .references import Named, dangling, doubled, no_such


def duplicate_plan(catalog: Catalog, places: Places) -> Iterator[CatalogProblem]:
    """Plans are found by id or name, so no two may share one."""
    yield from doubled(places, "duplicate_plan", "plans", _plan_names(catalog, places))


def _plan_names(catalog: Catalog, places: Places) -> Iterator[Named]:
    for plan in catalog.plans:
        yield Named(plan.id, plan, places.at(plan, "id"))
        yield Named(plan.name, plan, places.at(plan, "name"))


def duplicate_package(catalog: Catalog, places: Places) -> Iterator[CatalogProblem]:
    """A package is named by its credits."""
    for plan in catalog.plans:
        found = [(each.credits, places.at(each)) for each in plan.packages if places.sound(each)]
        yield from _same_credits(places, "duplicate_package", f"packages of {plan.name}", found)


def duplicate_bundle(catalog: Catalog, places: Places) -> Iterator[CatalogProblem]:
    if catalog.top_ups is not None:
        bundles = catalog.top_ups.bundles
        found = [(each.credits, places.at(each)) for each in bundles if places.sound(each)]
        yield from _same_credits(places, "duplicate_bundle", "bundles", found)


def _same_credits(
    places: Places, code: Code, kind: str, offers: list[tuple[Micros, FilePlace]]
) -> Iterator[CatalogProblem]:
    seen: dict[Micros, FilePlace] = {}
    for amount, at in offers:
        first = seen.setdefault(amount, at)
        if first != at:
            message = f"two {kind} have {text(amount)} credits, one at line {first.line}"
            yield places.problem(code, message, at, first)


def plan_of_missing_tool(catalog: Catalog, places: Places) -> Iterator[CatalogProblem]:
    tools = dict.fromkeys(tool.id for tool in catalog.tools)
    for plan in catalog.plans:
        for offer in (plan, *plan.packages):
            for tool in dangling(offer.tools or (), tools):
                at = places.at(offer, "tools", tool)
                yield places.problem("missing_tool", no_such(places, "tool", tool, tools), at)


def unlimited_without_tool(catalog: Catalog, places: Places) -> Iterator[CatalogProblem]:
    """A plan makes only tools unlimited that exist and that it unlocks."""
    tools = dict.fromkeys(tool.id for tool in catalog.tools)
    for plan in catalog.plans:
        missing = set(dangling(plan.unlimited, tools))
        has = unlocked(catalog, plan) if plan.unlimited else set()
        for tool in plan.unlimited:
            at = places.at(plan, "unlimited", tool)
            if tool in missing:
                yield places.problem("missing_tool", no_such(places, "tool", tool, tools), at)
            elif tool in tools and places.sound(plan) and tool not in has:
                message = f"{plan.name} does not unlock {tool}, so it cannot be unlimited on it"
                yield places.problem("unlimited_not_unlocked", message, at)


def locked_pro_model(catalog: Catalog, places: Places) -> Iterator[CatalogProblem]:
    """A pro model that no plan unlocks could never be used (`docs/spec.md` 2.2)."""
    if not places.sound(catalog, "plans"):
        return
    plans = [plan for plan in catalog.plans if plan.pro_models]
    unlocked_tools = {tool for plan in plans for tool in unlocked(catalog, plan)}
    locked = {tool.id for tool in catalog.tools} - unlocked_tools
    for model in catalog.models:
        if model.pro and model.tool in locked:
            message = f"{model.name} is pro, and no plan with pro models unlocks {model.tool}"
            yield places.problem("locked_pro_model", message, places.key(model, "pro"))


def missing_default_plan(catalog: Catalog, places: Places) -> Iterator[CatalogProblem]:
    plans = dict.fromkeys(plan.id for plan in catalog.plans)
    for plan in dangling([catalog.default_plan or ""], plans):
        at = places.at(catalog, "default_plan")
        yield places.problem("missing_plan", no_such(places, "plan", plan, plans), at)


def free_credits_on_missing_plan(catalog: Catalog, places: Places) -> Iterator[CatalogProblem]:
    plans = dict.fromkeys(plan.id for plan in catalog.plans)
    for free in catalog.free_credits:
        for plan in dangling(free.plans or (), plans):
            at = places.at(free, "plans", plan)
            yield places.problem("missing_plan", no_such(places, "plan", plan, plans), at)


def plan_without_interval(catalog: Catalog, places: Places) -> Iterator[CatalogProblem]:
    for plan in catalog.plans:
        if not plan.intervals and places.sound(plan, "intervals"):
            message = "intervals is empty: a plan is billed at least one way"
            yield places.problem("empty_field", message, places.at(plan, "intervals"))


def price_without_interval(catalog: Catalog, places: Places) -> Iterator[CatalogProblem]:
    """A price in money for an interval the plan is not billed by."""
    for plan in catalog.plans:
        for package in plan.packages:
            for interval in package.prices:
                if plan.intervals and interval not in plan.intervals:
                    message = f"{plan.name} is not billed {interval}, so it has no such price"
                    at = places.key(package, "prices", interval)
                    yield places.problem("price_without_interval", message, at)


def burn_order_without_source(catalog: Catalog, places: Places) -> Iterator[CatalogProblem]:
    """Every source is burned at some point, and once (`docs/spec.md` 3.1). What was rolled over may
    be left out: it burns right before the subscription's credits (3.12)."""
    order = catalog.policy.burn_order
    missing = [source for source in SOURCES if source not in order]
    twice = [source for source in ALL_SOURCES if order.count(source) > 1]
    if not (missing or twice) or not places.sound(catalog.policy, "burn_order"):
        return
    said = [f"leaves out {' and '.join(missing)}"] if missing else []
    said += [f"names {' and '.join(twice)} twice"] if twice else []
    message = f"the burn order {' and '.join(said)}; it takes each source once"
    yield places.problem("burn_order", message, places.at(catalog.policy, "burn_order"))


def duplicate_upgrade_rule(catalog: Catalog, places: Places) -> Iterator[CatalogProblem]:
    seen: dict[tuple[str, str], FilePlace] = {}
    for rule in catalog.upgrades:
        at = places.at(rule)
        first = seen.setdefault((rule.from_interval, rule.to_interval), at)
        if first != at and places.sound(rule):
            upgrade = f"{rule.from_interval} to {rule.to_interval}"
            message = f"two rules for upgrades from {upgrade}, one at line {first.line}"
            yield places.problem("duplicate_upgrade", message, at, first)


def leftover_without_restart(catalog: Catalog, places: Places) -> Iterator[CatalogProblem]:
    """What was left expires at the end of the first new cycle, so there must be one (5.2)."""
    for rule in catalog.upgrades:
        if rule.credits == "add_full_keep_leftover" and not rule.restart_cycle:
            message = "add_full_keep_leftover always restarts the cycle"
            at = places.at(rule, "restart_cycle")
            yield places.problem("leftover_without_restart", message, at)


def unknown_time_zone(catalog: Catalog, places: Places) -> Iterator[CatalogProblem]:
    zone = catalog.time_zone
    if not is_time_zone(zone):
        near = places.nearest(zone, sorted(available_timezones()))
        message = f"unknown time zone {describe(zone)}{near or ', such as Europe/Paris'}"
        yield places.problem("unknown_time_zone", message, places.at(catalog, "time_zone"))


def is_time_zone(name: str) -> bool:
    """Whether there is a time zone of this name."""
    try:
        return ZoneInfo(name).key == name
    except (ValueError, OSError, LookupError):
        return False
