"""A whole database: kept up to date, copied, migrated."""

from typing import Annotated

import typer

from .commands import Answer, command
from .context import DB, Here
from .pages import databases as pages

app = typer.Typer()
HEADING = "A database"

Once = Annotated[bool, typer.Option("--once", help="Do what is due now, report it, and end.")]
Every = Annotated[
    str | None,
    typer.Option(
        "--every", metavar="SECONDS", help="How often to look for due accounts; 1 if left out."
    ),
]
MetricsPort = Annotated[
    str | None,
    typer.Option(
        "--metrics-port", metavar="PORT", help="Serve /metrics on this port; 0 takes any free port."
    ),
]
MetricsHost = Annotated[
    str | None,
    typer.Option(
        "--metrics-host",
        metavar="ADDRESS",
        help="The address to serve /metrics on; 127.0.0.1 if left out.",
    ),
]
From = Annotated[
    str,
    typer.Argument(
        metavar="FROM", help="The database to copy: a file, or postgresql://user@host/database."
    ),
]
To = Annotated[
    str,
    typer.Argument(
        metavar="TO",
        help="Where to copy it: a file or database that is empty or does not exist yet.",
    ),
]
Citus = Annotated[
    bool,
    typer.Option(
        "--citus", help="Also distribute its tables over the machines of a Citus cluster."
    ),
]
Shards = Annotated[
    int | None,
    typer.Option(
        "--shards", metavar="N", help="With --citus, the number of shards; 32 if left out."
    ),
]
Check = Annotated[
    bool,
    typer.Option("--check", help="Change nothing; exit with 1 if there is something to do."),
]


Begin = Annotated[
    str | None,
    typer.Option(
        "--begin",
        metavar="REASON",
        help="Begin a new epoch for this reason, for example after a restore.",
    ),
]


@command(app, "work", heading=HEADING, shared=(DB,))
def work(
    here: Here,
    once: Once = False,
    every: Every = None,
    metrics_port: MetricsPort = None,
    metrics_host: MetricsHost = None,
) -> Answer | None:
    """Bring accounts up to date whenever something is due, until stopped."""
    from . import scheduler

    if once:
        scheduler.check_alone(every=every, metrics_port=metrics_port, metrics_host=metrics_host)
        done, code = scheduler.work_once(here.where.db)
        return Answer(done, pages.worked, code)
    scheduler.work(here, scheduler.read_options(every, metrics_port, metrics_host))
    return None


@command(app, "copy", heading=HEADING, shared=())
def copy(here: Here, source: From, target: To) -> Answer:
    """Copy a database to another place, SQLite or PostgreSQL, and verify the copy."""
    from ..http.masks import masked
    from ..service import maintenance
    from .output import progress
    from .startup import NoDatabase

    try:
        with progress("Copying entries") as done:
            copied = maintenance.copy(source, target, lambda so_far: done(so_far.entries, None))
    except maintenance.NothingThere:
        raise NoDatabase(source, "from") from None
    said = {
        "from": masked(source),
        "to": masked(target),
        **{name: getattr(copied, name) for name in ("platforms", "accounts", "lines", "refusals")},
        "verified": bool(copied),
        "problems": list(copied.problems),
    }
    return Answer(said, pages.copied, 0 if copied else 1)


@command(app, "migrate", heading=HEADING, shared=(DB,))
def migrate(
    here: Here, check: Check = False, citus: Citus = False, shards: Shards = None
) -> Answer:
    """Bring the schema of a database up to date before a new version uses it."""
    from ..config import database
    from ..http.masks import masked
    from ..service import maintenance
    from .startup import must_exist

    _check_goes_together(check, citus, shards)
    db = here.where.db or database()
    must_exist(db, in_memory=False)
    if citus:
        return _spread(db, shards)
    before, after, migrations = maintenance.migrate(db, check)
    said = {
        "db": masked(db),
        "before": before,
        "after": after,
        "migrations": list(migrations),
        "done": not check,
    }
    return Answer(said, pages.migrated, 1 if check and migrations else 0)


@command(app, "epoch", heading=HEADING, shared=(DB,))
def epoch(here: Here, begin: Begin = None) -> Answer:
    """Show the epoch of a ledger. A restore begins a new epoch."""
    from ..config import database
    from ..core.instants import to_datetime
    from ..http.masks import masked
    from ..service import maintenance
    from .startup import must_exist

    db = here.where.db or database()
    must_exist(db, in_memory=False)
    found = maintenance.epochs(db, begin)
    listed = [
        {"epoch": each.epoch, "began_at": to_datetime(each.began_at), "reason": each.reason}
        for each in found.epochs
    ]
    said = {"db": masked(db), "epoch": found.epochs[-1].epoch, "epochs": listed}
    return Answer({**said, "notes": list(found.notes)}, pages.in_epoch)


def _check_goes_together(check: bool, citus: bool, shards: int | None) -> None:
    from ..core.errors import InvalidRequest

    if shards is not None and not citus:
        raise InvalidRequest("--shards says into how many parts --citus cuts", where="shards")
    if check and citus:
        raise InvalidRequest("--check looks at the schema only: leave --citus out", where="check")


def _spread(db: str, shards: int | None) -> Answer:
    from ..http.masks import masked
    from ..service import maintenance
    from .output import progress

    with progress("Spreading tables") as done:
        moved: list[str] = []

        def told(table: str) -> None:
            moved.append(table)
            done(len(moved), None)

        spread = maintenance.spread(db, shards, told)
    return Answer({"db": masked(db), "shards": spread.shards, "spread": spread.moved}, pages.spread)
