"""Backups of a whole database, and a database restored from one."""

from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from . import output
from .commands import Answer, command
from .context import DB, Here
from .databases import HEADING
from .pages import backup as pages

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

app = typer.Typer()

Target = Annotated[str, typer.Argument(metavar="FILE", help="Where the backup goes.")]
Source = Annotated[str, typer.Argument(metavar="FILE", help="A backup.")]
Overwrite = Annotated[
    bool, typer.Option("--overwrite", help="Take the place of a backup that is there already.")
]
Replace = Annotated[
    bool,
    typer.Option(
        "--replace", help="Take the place of a database file that is there, which is put aside."
    ),
]


@contextmanager
def _told() -> "Iterator[Callable[[str, int, int | None], None]]":
    """A bar for each step: what is being done, how much of it is done, and of how much."""
    with ExitStack() as bars:
        step, bar = "", None

        def told(what: str, done: int, of: int | None) -> None:
            nonlocal step, bar
            if what != step or bar is None:
                bars.close()
                step, bar = what, bars.enter_context(output.progress(what))
            bar(done, of)

        yield told


@command(app, "backup", heading=HEADING, shared=(DB,))
def backup(here: Here, file: Target, overwrite: Overwrite = False) -> Answer:
    """Write a whole database to one file, while it is in use, and prove that file."""
    from msgspec.structs import replace

    from ..audit.backup import backup
    from ..config import database
    from ..http.masks import masked
    from .startup import must_exist

    db = here.where.db or database()
    must_exist(db, in_memory=False)
    with _told() as told:
        made = backup(db, file, overwrite, told)
    return Answer(replace(made, db=masked(db)), pages.backed_up, 0 if made else 1)


@command(app, "restore", heading=HEADING, shared=(DB,))
def restore(here: Here, file: Source, replace: Replace = False) -> Answer:
    """Make a database from a backup, and prove it; a new epoch begins with it."""
    from msgspec import structs

    from ..audit.restoration import restore
    from ..config import database
    from ..http.masks import masked

    db = here.where.db or database()
    with _told() as told:
        restored = restore(file, db, replace, told)
    said = structs.replace(restored, db=masked(db))
    return Answer(said, pages.restored, 0 if restored else 1)
