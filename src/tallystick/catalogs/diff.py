"""What changes from one catalog to another, in the words a pricing manager would use."""

from collections.abc import Iterator
from functools import partial

from ..core.catalog import Catalog, Policy, UpgradeRule, Wording
from .changes import CatalogChange, altered, moved, noted, paired, reordered
from .model_diff import model_changes
from .phrases import rounding_words, units_words, upgrade_words
from .plan_diff import free_credits_changes, plan_changes, top_up_changes

_SECONDS = {
    "quote_ttl_seconds": "A quote is honoured for",
    "hold_ttl_seconds": "A hold times out after",
    "settle_late_seconds": "A hold that timed out is settled late for",
    "payment_tolerance_seconds": "A payment means a boundary within",
}
_DAYS = {
    "grace_days": "A plan goes on unpaid for",
    "revival_days": "After that a payment revives it for",
    "refund_lapsed_days": "Credits given back to an expired grant live for",
}
_POLICIES = {
    "calendar": "Days and cycles are counted in the time zone of the",
    "paused_plan": "What a plan unlocks in a pause",
    "settle_above_hold": "Settling more than was held",
    "moderated": "A moderated generation charges",
    "partial": "A partial generation charges",
    "other_reasons": "Reasons that are not listed",
    "plan_terms": "What a plan unlocks for those who have bought it",
}


def diff(old: Catalog, new: Catalog) -> list[CatalogChange]:
    """Every difference, in the order of a catalog's sections; empty only for equal catalogs."""
    return [
        *_platform(old, new),
        *_tools(old, new),
        *model_changes(old, new),
        *plan_changes(old, new),
        *free_credits_changes(old, new),
        *top_up_changes(old, new),
        *_upgrades(old, new),
        *_policy(old.policy, new.policy, new.wording),
    ]


def _platform(old: Catalog, new: Catalog) -> Iterator[CatalogChange]:
    yield from altered("platform", "Platform", old.platform, new.platform)
    yield from altered("name", "Name", old.name, new.name)
    yield from altered("time_zone", "Time zone", old.time_zone, new.time_zone)
    for name in Wording.__struct_fields__:
        before, after = getattr(old.wording, name), getattr(new.wording, name)
        yield from altered("wording", f"Word for {name.replace('_', '-')}", before, after)
    yield from altered("units", "Units", old.units, new.units, units_words)
    yield from moved("note", "Notes", old.notes, new.notes, "no longer", "now also")


def _tools(old: Catalog, new: Catalog) -> Iterator[CatalogChange]:
    rounded = partial(rounding_words, wording=new.wording)
    for before, after in paired(old.tools, new.tools, lambda tool: tool.id):
        if before is None and after is not None:
            yield CatalogChange("new_tool", after.name, f"New tool: {after.name}", after=after.name)
        elif after is None and before is not None:
            said = f"Tool {before.name} withdrawn"
            yield CatalogChange("tool_withdrawn", before.name, said, before=before.name)
        elif before is not None and after is not None:
            yield from altered("tool", "Tool", before.name, after.name)
            subject = f"{after.name} rounds"
            yield from altered("tool", subject, before.rounding, after.rounding, rounded)
    yield from reordered("Tools", old.tools, new.tools, lambda tool: tool.id)


def _upgrades(old: Catalog, new: Catalog) -> Iterator[CatalogChange]:
    def intervals(rule: UpgradeRule) -> str:
        return f"{rule.from_interval} to {rule.to_interval}"

    for before, after in paired(old.upgrades, new.upgrades, intervals):
        rule = after or before
        subject = f"Upgrade {intervals(rule)}" if rule else ""
        was = None if before is None else upgrade_words(before, new.wording)
        now = None if after is None else upgrade_words(after, new.wording)
        if was != now:
            said = f"{subject}: {was or 'no rule'} -> {now or 'no rule'}"
            yield CatalogChange(kind="upgrade", subject=subject, text=said, before=was, after=now)
        if before is not None and after is not None:
            yield from noted(subject, before.note, after.note)
    yield from reordered("Upgrade rules", old.upgrades, new.upgrades, intervals)


def _policy(old: Policy, new: Policy, wording: Wording) -> Iterator[CatalogChange]:
    yield from altered("policy", "Reasons", old.reasons, new.reasons, _listed)
    yield from altered("policy", "Burn-down order", old.burn_order, new.burn_order, ", ".join)
    yield from altered("policy", "Burn-down", old.burn_by, new.burn_by, "by {}".format)
    rounded = partial(rounding_words, wording=wording)
    yield from altered("policy", "Prices round", old.rounding, new.rounding, rounded)
    for name, subject in _SECONDS.items():
        seconds = getattr(old, name), getattr(new, name)
        yield from altered("policy", subject, *seconds, lambda each: f"{each:,} seconds")
    for name, subject in _DAYS.items():
        days = getattr(old, name), getattr(new, name)
        yield from altered("policy", subject, *days, lambda each: f"{each:,} days")
    named = old.member_required, new.member_required
    subject = "Who spends from an account with members is named"
    yield from altered("policy", subject, *named, lambda each: "yes" if each else "no")
    for name, subject in _POLICIES.items():
        yield from altered("policy", subject, getattr(old, name), getattr(new, name))


def _listed(words: tuple[str, ...]) -> str:
    return ", ".join(words) or "none listed"
