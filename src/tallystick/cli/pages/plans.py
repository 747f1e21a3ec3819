"""Pages of subscriptions bought, changed, ended, or previewed."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..output import FieldList, Next, Page, Paragraph, TextTable, amount, change, instant
from . import phrases

if TYPE_CHECKING:
    from ... import results


def plan_change(changed: "results.PlanChange", again: Sequence[str]) -> Page:
    """What a change did, or would do; `again` are the words that do what was previewed."""
    yield Paragraph("A preview: nothing has changed." if changed.preview else "Done.", "good")
    yield Paragraph(changed.explanation)
    if changed.before != changed.after:
        yield _by_source(changed.before, changed.after)
    yield FieldList(
        [
            ("takes effect", instant(changed.takes_effect_at)),
            ("renews", instant(changed.renews_at)),
            ("rule", changed.rule),
            ("expires with it", amount(changed.expires) if changed.expires else None),
        ]
    )
    yield Next(_what_next(changed, again))


def _by_source(before: Mapping[str, Any], after: Mapping[str, Any]) -> TextTable:
    """Spendable credits by source, before and after."""
    sources = dict.fromkeys([*before, *after])
    rows = [
        (phrases.source(source), before.get(source, 0), after.get(source, 0)) for source in sources
    ]
    rows.append(("together", sum(before.values()), sum(after.values())))
    return TextTable(
        ("source", ">before", ">after", ">change"),
        [(name, amount(was), amount(now), change(now - was)) for name, was, now in rows],
        drop=("change", "before"),
    )


def _what_next(
    changed: "results.PlanChange", again: Sequence[str]
) -> list[tuple[str, Sequence[str]]]:
    account = changed.account
    if changed.preview:
        return [("do it", again)]
    bought = changed.subscription
    if bought is not None and (bought.ends_at or bought.changes_at or bought.pauses_at):
        return [("take it back", ["resume", account])]
    return [("what it has now", ["account", "balance", account])]
