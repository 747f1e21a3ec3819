"""The page of an archive: what went, and how it is proven."""

from typing import TYPE_CHECKING

from ..output import Next, Page, Paragraph, TextTable, counted, dated, moment

if TYPE_CHECKING:
    from ...results.archive import Archived


def archived(archived: "Archived", before: str, folder: str) -> Page:
    entries, accounts = (
        counted(archived.lines, "entry", "entries"),
        counted(archived.accounts, "account"),
    )
    words = ["archive", "--before", before, "--to", folder]
    if archived.dry_run:
        yield Paragraph(f"{entries} of {accounts} would go to {folder}; nothing was changed.")
    elif archived.lines:
        yield Paragraph(
            f"{entries} of {accounts} are in {folder}, proven, and no longer here.", "good"
        )
    else:
        yield Paragraph("Nothing to archive: no entry is that old.")
    if archived.lines:
        yield TextTable(
            ("platform", dated("older than"), ">accounts", ">entries"),
            [
                (each.platform, moment(each.before), f"{each.accounts:,}", f"{each.lines:,}")
                for each in archived.platforms
            ],
            drop=("accounts", dated("older than")),
        )
        proof = ("the proof of all", ["verify", "--archive", folder])
        yield Next([("move them", words) if archived.dry_run else proof])
