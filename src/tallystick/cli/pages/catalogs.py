"""Pages of catalogs: lists, prices, problems, changes."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ..output import (
    FieldList,
    Next,
    Page,
    Paragraph,
    TextTable,
    Verbatim,
    Ways,
    amount,
    counted,
    dated,
    instant,
    moment,
)
from ..vocabulary import word
from . import phrases

if TYPE_CHECKING:
    from ... import results
    from ...results.prices import (
        ModelPrices,
        PackageOffer,
        PlanOffer,
        PricePage,
        PriceRow,
        ToolPrices,
        TopUpOffer,
    )


def catalogs(listed: Mapping[str, Any]) -> Page:
    if listed["published"]:
        yield _published(listed["published"])
    else:
        yield Paragraph("There is no platform in a database here yet.")
    yield TextTable(
        ("platform", "name", ">models", ">plans"),
        [
            (each["platform"], each["name"], str(each["models"]), str(each["plans"]))
            for each in listed["shipped"]
        ],
        title="Shipped",
        drop=("plans", "models", "name"),
    )
    first = listed["shipped"][0]["platform"]
    yield Next([("its prices", ["catalog", "show", first]), ("use it", ["init", first])])


def _published(versions: Sequence[Mapping[str, Any]]) -> TextTable:
    return TextTable(
        (
            "platform",
            "name",
            ">version",
            dated("from"),
            "",
            dated("published"),
            "by",
            ">models",
            ">plans",
        ),
        [
            (
                each["platform"],
                each["name"],
                str(each["version"]),
                moment(each["effective_at"]),
                each["standing"].replace("_", " ").replace("past", ""),
                moment(each["published_at"]) if each["published_at"] else "",
                each["published_by"] or "",
                str(each["models"]),
                str(each["plans"]),
            )
            for each in versions
        ],
        title="In the database",
        drop=("models", "plans", "name", dated("published"), "by"),
    )


def source(catalog: "results.CatalogView") -> Page:
    yield Verbatim(catalog.source)


def price_page(page: "PricePage", *, notes: bool) -> Page:
    yield Paragraph(f"{page.name}: prices, version {page.version}", "title")
    since = instant(datetime.fromisoformat(page.effective_at))
    yield Paragraph(f"in force from {since}; its days are those of {page.time_zone}", "quiet")
    for tool in page.tools:
        yield _tool(tool, notes=notes)
    yield from _plans(page.plans, notes=notes)
    yield from _offers(page)
    if notes and page.notes:
        yield Ways([(note, None) for note in page.notes])
    yield Next([("what one costs", ["quote", page.platform, *_example(page)])])


def _example(page: "PricePage") -> list[str]:
    """The first price of the page as a request."""
    model = next(model for tool in page.tools for model in tool.models)
    row = model.rows[0]
    settings = [f"{name}={values[0]}" for name, values in row.settings.items()]
    listed = row.price.table[0].quantity if row.price.table else 8
    metered = [row.price] if not row.price.terms else row.price.terms
    counted = [each for each in metered if each.unit != "generation"]
    return [
        model.id,
        *settings,
        *(f"{each.units or each.unit + 's'}={listed}" for each in counted[:1]),
    ]


def _tool(tool: "ToolPrices", *, notes: bool) -> TextTable:
    return TextTable(
        (tool.name, "settings", "price", "on a plan", "note"),
        [
            (
                _model(model) if not number else "",
                row.words,
                row.price.words,
                "; ".join(f"{each.plan}: {each.price.words}" for each in row.plans),
                _note(model, row) if notes else "",
            )
            for model in tool.models
            for number, row in enumerate(model.rows)
        ],
        drop=("note", "on a plan"),
    )


def _model(model: "ModelPrices") -> str:
    return f"{model.name} (pro)" if model.pro else model.name


def _note(model: "ModelPrices", row: "PriceRow") -> str:
    return row.note or model.note or ""


def _plans(plans: "Sequence[PlanOffer]", *, notes: bool) -> Page:
    if not plans:
        return
    yield TextTable(
        (
            "plan",
            f">{word('credits')} a month",
            "price",
            "billed",
            "unlocks",
            "unlimited",
            "",
            "note",
        ),
        [
            (
                plan.name,
                amount(package.credits) if package else "",
                _prices(package),
                ", ".join(plan.intervals),
                ", ".join(package.tools if package else plan.tools),
                ", ".join(plan.unlimited),
                _marks(plan),
                ((package.note if package else None) or plan.note or "") if notes else "",
            )
            for plan in plans
            for package in (plan.packages or (None,))
        ],
        title="Plans",
        drop=("note", "billed", "", "unlimited", "unlocks"),
    )


def _prices(package: "PackageOffer | None") -> str:
    """``9 USD monthly, 90 USD yearly``: what the package costs, where the catalog says."""
    if package is None:
        return ""
    return ", ".join(
        f"{phrases.money(price)} {interval}" for interval, price in package.prices.items()
    )


def _marks(plan: "PlanOffer") -> str:
    marks = [
        ("free", plan.default),
        ("no pro models", not plan.pro_models),
        ("a sample", plan.sample),
    ]
    return ", ".join(word for word, so in marks if so)


def _offers(page: "PricePage") -> Page:
    """Free credits, top-ups, upgrades: what is left of the page."""
    rows: list[tuple[str, str | None]] = [
        (f"free {word('credits')}", free.words) for free in page.free_credits
    ]
    if page.top_ups is not None:
        rows.append((page.wording["top_ups"], _top_ups(page.top_ups)))
    rows += [
        (f"upgrade {rule.from_interval} to {rule.to_interval}", rule.words)
        for rule in page.upgrades
    ]
    if rows:
        yield FieldList(rows)


def _top_ups(offer: "TopUpOffer") -> str:
    """``500 for 5 USD, 1,000; with a subscription; expire after 365 days``."""
    bundles = [
        amount(each.credits)
        if each.price is None
        else f"{amount(each.credits)} for {phrases.money(each.price)}"
        for each in offer.bundles
    ]
    days = offer.expires_after_days
    rules = [
        "only with a subscription" if offer.requires_subscription else "",
        f"they expire after {counted(days, 'day')}" if days else "",
    ]
    return "; ".join(each for each in [", ".join(bundles), *rules] if each)


def begun(written: Mapping[str, Any]) -> Page:
    """A first catalog that was written."""
    file, platform = written["file"], written["platform"]
    yield Paragraph(f"{file} is a catalog to begin with: change everything in it.", "good")
    yield Next(
        [
            ("check it", ["catalog", "lint", file]),
            ("use it", ["init", platform, "--catalog", file]),
        ]
    )


def linted(report: Mapping[str, Any]) -> Page:
    for each in report["files"]:
        if each["ok"]:
            yield Paragraph(f"{each['file']}: valid, a catalog of {each['platform']}", "good")
            for warning in each["warnings"]:
                yield Paragraph(f"  warning: {warning}")
            continue
        yield Paragraph(f"{each['file']}: {counted(len(each['problems']), 'problem')}", "bad")
        for problem in each["problems"]:
            yield Paragraph(f"  {problem}")


def changes(report: Mapping[str, Any]) -> Page:
    yield from _changes([change.text for change in report["changes"]])


def _changes(changes: Sequence[str]) -> Page:
    if changes:
        yield Ways([(change, None) for change in changes])
    else:
        yield Paragraph("Nothing changes.")


def published(published: "results.Publication", given: Sequence[str]) -> Page:
    """`given` are the words that publish it: what, and from when."""
    number, at = published.version, instant(published.effective_at)
    done = "would be" if published.dry_run else "is"
    yield Paragraph(f"Version {number} of {published.platform} {done} in force from {at}.", "good")
    if published.published_at is not None:
        by = f" by {published.published_by}" if published.published_by else ""
        yield Paragraph(f"It was published at {instant(published.published_at)}{by}.")
    for warning in published.warnings:
        yield Paragraph(f"warning: {warning}")
    for each in published.replaces:
        yield Paragraph(f"It replaces version {each}, which was scheduled for the same instant.")
    if published.next_at is not None:
        until = instant(published.next_at)
        yield Paragraph(f"It ends at {until}: version {published.next_version} is scheduled then.")
    yield from _changes(published.changes)
    if published.dry_run:
        yield Next([("publish it", ["catalog", *given])])
    else:
        yield Next([("its prices", ["catalog", "show", published.platform])])


def withdrawn(gone: "results.Withdrawal") -> Page:
    at = instant(gone.effective_at)
    yield Paragraph(f"Version {gone.version} of {gone.platform} is withdrawn.", "good")
    yield Paragraph(f"Version {gone.instead} is in force at {at} instead.")
    yield Next([("every version", ["catalog", "list"])])
