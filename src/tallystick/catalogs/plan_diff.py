"""What changes about plans, their packages, and the credits that come with or beside them."""

from collections.abc import Callable, Iterator, Sequence

from ..core.arithmetic import many_of
from ..core.catalog import (
    Anchor,
    Bundle,
    Catalog,
    FairUseLimit,
    FreeCredits,
    Money,
    Package,
    Plan,
    RollOver,
    TopUps,
    Trial,
    Wording,
)
from ..core.credits import text
from .changes import CatalogChange, altered, moved, noted, paired, reordered
from .phrases import (
    capital,
    credit_words,
    free_words,
    money_words,
    package_words,
    top_up_life,
)

_KEPT = "its subscribers keep it until they change plan"


def plan_changes(old: Catalog, new: Catalog) -> Iterator[CatalogChange]:
    for before, after in paired(old.plans, new.plans, lambda plan: plan.id):
        if before is None and after is not None:
            offers = "; ".join(package_words(each, new.wording) for each in after.packages)
            said = f"New plan: {after.name}, {offers or 'without packages'}"
            yield CatalogChange("new_plan", f"Plan {after.name}", said, after=offers or None)
        elif after is None and before is not None:
            kept = f": {_KEPT}" if before.packages else ""
            said = f"Plan {before.name} withdrawn{kept}"
            yield CatalogChange("plan_withdrawn", f"Plan {before.name}", said, before=before.name)
        elif before is not None and after is not None:
            yield from _plan(before, after, new.wording)
    ranks = "Plans from lowest to highest"
    yield from reordered(ranks, old.plans, new.plans, lambda plan: plan.id)
    default = "Plan of accounts without a subscription"
    yield from altered("default_plan", default, old.default_plan, new.default_plan, _or("none"))


def _plan(before: Plan, after: Plan, wording: Wording) -> Iterator[CatalogChange]:
    subject = f"Plan {after.name}"
    yield from altered("plan", "Plan", before.name, after.name)
    yield from altered("plan", f"{subject}, billed", before.intervals, after.intervals, " or ".join)
    yield from _unlocks(subject, before.tools, after.tools, "every tool")
    if before.pro_models != after.pro_models:
        now = "now unlocks" if after.pro_models else "no longer unlocks"
        yield CatalogChange("unlocks", subject, f"{subject}: {now} pro models")
    yield from altered("plan", f"{subject}, cycles", before.anchor, after.anchor, _anchor)
    yield from altered("plan", f"{subject}, roll-over", before.rollover, after.rollover, _rollover)
    yield from altered("plan", f"{subject}, trial", before.trial, after.trial, _trial)
    yield from altered("plan", f"{subject}, fair use", before.fair_use, after.fair_use, _fair_use)
    words = "no longer unlimited:", "now unlimited:"
    yield from moved("unlimited", subject, before.unlimited, after.unlimited, *words)
    yield from _sample(subject, before.sample, after.sample)
    yield from noted(subject, before.note, after.note)
    for was, now in paired(before.packages, after.packages, lambda package: package.credits):
        yield from _package(after.name, was, now, wording)
    yield from reordered(f"{subject}, packages", before.packages, after.packages, _size)


def _fair_use(limits: Sequence[FairUseLimit]) -> str:
    return "; ".join(map(_fair_use_limit, limits)) or "no limit"


def _fair_use_limit(limit: FairUseLimit) -> str:
    beyond = "then charged" if limit.beyond == "charge" else "then refused"
    many = many_of(limit.unit, limit.many)
    return f"{limit.tool}: {text(limit.up_to)} {many} a {limit.every}, {beyond}"


def _package(
    plan: str, before: Package | None, after: Package | None, wording: Wording
) -> Iterator[CatalogChange]:
    if before is None and after is not None:
        words = package_words(after, wording)
        subject = f"Package {text(after.credits)} of {plan}"
        yield CatalogChange("new_package", subject, f"New package of {plan}: {words}", after=words)
    elif after is None and before is not None:
        subject = f"Package {text(before.credits)} of {plan}"
        words = package_words(before, wording)
        yield CatalogChange(
            "package_withdrawn", subject, f"{subject} withdrawn: {_KEPT}", before=words
        )
    elif before is not None and after is not None:
        subject = f"Package {text(after.credits)} of {plan}"
        yield from _unlocks(subject, before.tools, after.tools, "what its plan unlocks")
        for interval in dict.fromkeys([*before.prices, *after.prices]):
            was, now = before.prices.get(interval), after.prices.get(interval)
            yield from altered("money", f"{subject}, billed {interval}", was, now, _money)
        yield from noted(subject, before.note, after.note)


def _unlocks(
    subject: str, before: Sequence[str] | None, after: Sequence[str] | None, unnamed: str
) -> Iterator[CatalogChange]:
    """Tools gained and lost; `unnamed` says what is unlocked where no tools are named."""
    if before is None or after is None:
        yield from altered("unlocks", f"{subject} unlocks", before, after, _listed(unnamed))
    else:
        yield from moved("unlocks", subject, before, after, "no longer unlocks", "now unlocks")


def _sample(subject: str, before: bool, after: bool) -> Iterator[CatalogChange]:
    if before != after:
        now = "marked as a sample" if after else "no longer marked as a sample"
        yield CatalogChange("sample", subject, f"{subject}: {now}")


def free_credits_changes(old: Catalog, new: Catalog) -> Iterator[CatalogChange]:
    name = f"free {new.wording.credits}"
    pairs = paired(old.free_credits, new.free_credits, lambda free: (free.window, free.plans))
    for before, after in pairs:
        if before is not None and after is not None:
            yield from _allowance(before, after, new.wording)
        elif after is not None:
            words = free_words(after, new.wording)
            said = f"New {name}: {words}"
            yield CatalogChange("free_credits", capital(name), said, after=words)
        elif before is not None:
            words = free_words(before, old.wording)
            said = f"No more {name}: {words}"
            yield CatalogChange("free_credits", capital(name), said, before=words)
    yield from reordered(capital(name), old.free_credits, new.free_credits, free_words)


def _allowance(
    before: FreeCredits, after: FreeCredits, wording: Wording
) -> Iterator[CatalogChange]:
    subject = f"Free {wording.credits}"
    if before.credits != after.credits:
        was, now = free_words(before, wording), free_words(after, wording)
        said = f"{subject}: {text(before.credits)} -> {now}"
        yield CatalogChange(kind="free_credits", subject=subject, text=said, before=was, after=now)
    yield from noted(subject, before.note, after.note)


def top_up_changes(old: Catalog, new: Catalog) -> Iterator[CatalogChange]:
    before, after, wording = old.top_ups, new.top_ups, new.wording
    subject = capital(wording.top_ups)
    if before is None and after is not None:
        yield CatalogChange("top_ups", subject, f"{subject}: now sold")
        before = TopUps(requires_subscription=after.requires_subscription)
    if after is None and before is not None:
        said = f"{subject}: no longer sold; those bought stay"
        yield CatalogChange("top_ups", subject, said)
    if before is not None and after is not None:
        yield from _top_ups(subject, before, after, wording)


def _top_ups(
    subject: str, before: TopUps, after: TopUps, wording: Wording
) -> Iterator[CatalogChange]:
    if before.requires_subscription != after.requires_subscription:
        now = "only during" if after.requires_subscription else "also without"
        yield CatalogChange("top_ups", subject, f"{subject}: now sold {now} a subscription")
    until = top_up_life(before), top_up_life(after)
    yield from altered("top_ups", f"{subject} expire after", *until, _or("never"))
    for was, now in paired(before.bundles, after.bundles, lambda bundle: bundle.credits):
        bundle = now or was
        name = f"{subject}, bundle of {credit_words(bundle.credits, wording)}" if bundle else ""
        if was is None or now is None:
            yield CatalogChange("bundle", name, f"{name}: {'withdrawn' if now is None else 'new'}")
        else:
            yield from altered("money", name, was.price, now.price, _money)
            yield from _sample(name, was.sample, now.sample)
    yield from reordered(f"{subject}, bundles", before.bundles, after.bundles, _size)
    yield from noted(subject, before.note, after.note)


def _size(offer: Package | Bundle) -> str:
    return text(offer.credits)


def _or(nothing: str) -> Callable[[str | None], str]:
    return lambda value: nothing if value is None else value


def _listed(unnamed: str) -> Callable[[Sequence[str] | None], str]:
    return lambda tools: unnamed if tools is None else ", ".join(tools) or "nothing"


def _money(price: Money | None) -> str:
    return "no price" if price is None else money_words(price)


def _trial(trial: Trial | None) -> str:
    return "none" if trial is None else f"{trial.days:,} days with {text(trial.credits)}"


def _anchor(anchor: Anchor | None) -> str:
    if anchor is None:
        return "from the purchase"
    days = "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"
    on = f"day {anchor.day}" if anchor.weekday is None else days[anchor.weekday]
    return f"from {on}, the first part cycle {anchor.first}"


def _rollover(rollover: RollOver | None) -> str:
    if rollover is None:
        return "none"
    most = f"{rollover.percent}%" if rollover.credits is None else text(rollover.credits)
    return f"at most {most} ({rollover.percent}%), for {rollover.cycles} cycles"
