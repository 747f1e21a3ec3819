"""The archive of old journal entries: what lies before an instant goes to Parquet files."""

from contextlib import closing
from typing import Annotated

import typer

from .commands import Answer, command
from .context import DB, PLATFORM, Here
from .databases import HEADING
from .pages import archive as pages

app = typer.Typer()

Before = Annotated[
    str,
    typer.Option(
        "--before",
        metavar="DATE|AGE",
        help="Archive entries older than this: 2026-01-31, 90d, 1y; at least 30 days ago.",
    ),
]
Folder = Annotated[
    str,
    typer.Option(
        "--to", metavar="FOLDER", help="The folder for the files; created if it does not exist."
    ),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say how much would be archived.")]
Vacuum = Annotated[
    bool,
    typer.Option(
        "--vacuum",
        help="Then rewrite a SQLite file without what was removed; other writers wait for it.",
    ),
]


@command(app, "archive", heading=HEADING, shared=(DB, PLATFORM))
def archive(
    here: Here, before: Before, to: Folder, dry_run: DryRun = False, vacuum: Vacuum = False
) -> Answer:
    """Move old journal entries to Parquet files, once the files are verified."""
    from ..audit import archive
    from .output import progress
    from .startup import known_platforms, open_database

    with closing(open_database(here.where.db)) as engine:
        names = known_platforms(engine, here.platform)
        with progress("Archiving") as done:
            archived = archive.archive(
                engine,
                names,
                before,
                to,
                dry_run,
                lambda so_far: done(so_far.accounts, so_far.of_accounts),
            )
        if vacuum and not dry_run:
            engine.store.vacuum()
    return Answer(archived, lambda archived: pages.archived(archived, before, to))
