"""A platform's beginnings, its clock and its proof: demo, init, clock, verify."""

from typing import Annotated, Any

import typer

from .commands import Answer, command
from .context import DB, HERE, PLATFORM, Here
from .groups import Worded, group
from .options import MaybePlatform, Platform
from .pages import platforms as pages

app = typer.Typer()
HEADING = "Set up and verify"

CatalogFile = Annotated[
    str | None,
    typer.Option(
        "--catalog", metavar="FILE", help="The platform's catalog; the shipped one if left out."
    ),
]
TestClock = Annotated[
    str | None,
    typer.Option(
        "--test-clock",
        metavar="INSTANT",
        help="Make it a test platform whose clock stands at this instant until it is moved.",
    ),
]
ArchiveFolder = Annotated[
    str | None,
    typer.Option(
        "--archive",
        metavar="FOLDER",
        help="Also verify the entries that were archived to this folder.",
    ),
]
Expect = Annotated[
    str | None,
    typer.Option(
        "--expect",
        metavar="HEAD",
        help="Say what is missing of a head, or of the head file beside a backup.",
    ),
]
Everything = Annotated[bool, typer.Option("--all", help="Every platform in the database.")]
Forward = Annotated[
    str,
    typer.Argument(
        metavar="DURATION|INSTANT",
        help="How far to move it (3d, 12h, 1mo), or where to (an instant or a date).",
    ),
]


Apply = Annotated[
    bool, typer.Option("--apply", help="Do it; without this option nothing is changed.")
]
DemoFile = Annotated[
    str,
    typer.Option(
        "--db",
        metavar="FILE",
        show_default=False,
        help="The database to build; demo.db if left out.",
    ),
]
Host = Annotated[
    str,
    typer.Option(
        "--host",
        metavar="HOST",
        show_default=False,
        help="The address to listen on; 127.0.0.1 if left out.",
    ),
]
Port = Annotated[
    str,
    typer.Option(
        "--port",
        metavar="PORT",
        show_default=False,
        help="The port to listen on; 8700 if left out, 0 takes any free port.",
    ),
]
Fresh = Annotated[bool, typer.Option("--fresh", help="Build the database again if it exists.")]
Seed = Annotated[
    str,
    typer.Option(
        "--seed",
        metavar="N",
        show_default=False,
        help="The seed of the made-up months; another seed gives other months.",
    ),
]
NoServe = Annotated[bool, typer.Option("--no-serve", help="Only build the database.")]
Walk = Annotated[bool, typer.Option("--walk", help="Show a tour in the terminal, and end.")]


@app.command("demo", cls=Worded, rich_help_panel=HEADING)
def demo(
    db: DemoFile = "demo.db",
    host: Host = "127.0.0.1",
    port: Port = "8700",
    fresh: Fresh = False,
    seed: Seed = "7",
    no_serve: NoServe = False,
    walk: Walk = False,
) -> None:
    """Build and serve a demo: three platforms, sample accounts, months of usage."""
    from ..demo import DemoOptions, run

    options = DemoOptions(
        db=db, host=host, port=port, fresh=fresh, seed=seed, serve=not no_serve, walk=walk
    )
    raise typer.Exit(run(options))


@command(app, "init", heading=HEADING, shared=(DB,))
def init(
    here: Here, platform: Platform, catalog: CatalogFile = None, test_clock: TestClock = None
) -> Answer:
    """Add a platform to a database, which is created if it does not exist."""
    from ..config import database
    from ..http.masks import masked
    from .startup import create

    db = here.where.db
    with create(db, platform, catalog, test_clock) as credits:
        published = credits.catalog(version=1)
    made = {
        "db": masked(db or database()),
        "platform": published.platform,
        "name": published.name,
        "version": published.version,
        "models": published.models,
        "plans": published.plans,
        "test_clock": published.effective_at if test_clock else None,
    }
    return Answer(made, pages.made)


@command(app, "verify", heading=HEADING)
def verify(
    here: Here,
    every_platform: Everything = False,
    archive: ArchiveFolder = None,
    expect: Expect = None,
) -> Answer:
    """Verify every account against its journal: hashes, sums and state."""
    from .output import progress
    from .startup import platforms

    known = platforms(here.where)
    every = every_platform or (here.platform is None and len(known) > 1)
    credits = here.at(known[0] if every and known else None)
    with progress("Verifying") as done:
        report = credits.verify(
            every, lambda so_far: done(so_far.accounts, so_far.of_accounts), archive, expect
        )
    return Answer(report, pages.report, 0 if report else 1)


clock = group(app, "clock", "The clock of a test platform, and the machine's clock.", HEADING)


@command(clock, "clock show", shared=HERE)
def show_clock(here: Here, platform: MaybePlatform = None) -> Answer:
    """Show the time that a platform's clock shows."""
    credits = here.at(platform)
    clock = credits.clock()
    return Answer(_clock(credits, clock.at if clock.test else None), pages.clock)


@command(clock, "clock advance", shared=HERE)
def advance_clock(here: Here, platform: Platform, to: Forward) -> Answer:
    """Move a test platform's clock forward. What falls due takes effect at its own instant."""
    credits = here.at(platform)
    instant = to[:4].isdecimal() and "-" in to
    moved = credits.advance_clock(to=to) if instant else credits.advance_clock(by=to)
    return Answer(_clock(credits, moved.at), pages.clock)


@command(clock, "clock accept", shared=(DB,))
def accept_clock(here: Here) -> Answer:
    """Confirm once that this machine's clock is right, for a file that was idle for long."""
    from contextlib import closing

    from ..core.instants import to_datetime
    from .startup import open_database

    with closing(open_database(here.where.db)) as engine:
        accepted = engine.accept_clock()
    before, now = accepted.before, accepted.now
    said = {
        "accepted": accepted.changed,
        "before": None if before is None else to_datetime(before),
        "now": None if now is None else to_datetime(now),
    }
    return Answer(said, pages.accepted)


@command(clock, "clock repair", shared=(DB, PLATFORM))
def repair_clock(here: Here, apply: Apply = False) -> Answer:
    """Repair accounts that a clock ahead of time moved too far; a preview unless --apply."""
    from contextlib import closing

    from ..audit import clock_repair
    from .output import progress
    from .startup import known_platforms, open_database

    with closing(open_database(here.where.db)) as engine:
        names = known_platforms(engine, here.platform)
        with progress("Looking at accounts") as done:
            repaired = clock_repair.repair(
                engine, names, not apply, lambda so_far: done(so_far.accounts, None)
            )
    return Answer(repaired, pages.repaired, 1 if repaired.accounts_left else 0)


def _clock(credits: Any, at: Any) -> dict[str, Any]:
    return {"platform": credits.platform, "test": at is not None, "at": at}
