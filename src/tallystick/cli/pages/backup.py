"""Pages of backups: what is in one, and what was restored."""

from typing import TYPE_CHECKING

from ..output import FieldList, Next, Page, Paragraph, TextTable, counted, instant

if TYPE_CHECKING:
    from ...results.backup import BackedUp, OfLedger, Restored


def backed_up(made: "BackedUp") -> Page:
    if not made:
        yield Paragraph(f"{made.db} failed verification: no backup was written.", "bad")
        yield from _problems(made)
        return
    yield Paragraph(f"{made.file} is a backup of {made.db}, and was verified.", "good")
    yield from _contents(made, [("taken at", instant(made.taken_at)), ("epoch", made.epoch)])
    yield Next(
        [
            ("compare this ledger with it", ["verify", "--expect", made.head_file]),
            ("restore it", ["restore", made.file]),
        ]
    )


def restored(restored: "Restored") -> Page:
    if not restored:
        yield Paragraph(f"{restored.file} failed verification: nothing is restored.", "bad")
        yield from _problems(restored)
        return
    yield Paragraph(f"{restored.db} is restored from {restored.file}, and was verified.", "good")
    yield from _contents(restored, [("epoch", restored.epoch), ("why", restored.reason)])
    if restored.before is not None:
        yield Paragraph(f"What was there before is kept: {restored.before}.")


def _contents(ledger: "OfLedger", more: list[tuple[str, str | None]]) -> Page:
    if not ledger.accounts:
        yield Paragraph("It is empty: no account was ever opened.")
    what = f"{counted(ledger.accounts, 'account')} of {counted(ledger.platforms, 'platform')}"
    entries = counted(ledger.entries, "entry", "entries")
    yield FieldList([("has", f"{what}, {entries}"), ("head", ledger.head), *more])


def _problems(found: "BackedUp | Restored") -> Page:
    yield TextTable(
        ("platform", "account", ">line", "what is wrong"),
        [
            (each.platform, each.account, "" if each.seq is None else str(each.seq), each.message)
            for each in found.problems
        ],
        drop=("line", "account"),
    )
