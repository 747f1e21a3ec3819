"""Catalogs: list, show, new, lint, diff, publish, withdraw, rollback."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from . import completion
from .commands import Answer, command
from .context import HERE, PLATFORM, Here
from .groups import group
from .location import login
from .options import By, MaybePlatform, parameter
from .pages import catalogs as pages

if TYPE_CHECKING:
    from ..core.catalog import Catalog
    from ..results.prices import PricePage

app = typer.Typer()
catalogs = group(
    app, "catalog", "Catalogs: the models, prices and plans that a platform publishes.", "Prices"
)

Files = Annotated[list[str], typer.Argument(metavar="FILE...", help="Catalog files.")]
NewName = Annotated[
    str, typer.Argument(metavar="NAME", help="The id of the platform, such as my-studio.")
]
File = Annotated[str, typer.Argument(metavar="FILE", help="A catalog file.")]
Old = Annotated[
    str,
    typer.Argument(
        metavar="A",
        help="A file, a shipped catalog's name, or a version number of the platform.",
        autocompletion=completion.platforms,
    ),
]
New = Annotated[
    str,
    typer.Argument(
        metavar="B",
        help="The catalog to compare with, named the same way.",
        autocompletion=completion.platforms,
    ),
]
At = Annotated[str | None, typer.Option("--at", metavar="INSTANT", help=parameter("at"))]
Version = Annotated[
    str | None, typer.Option("--version", metavar="N", help="The version with this number.")
]
OfTool = Annotated[str | None, typer.Option("--tool", metavar="TOOL", help="Only this tool.")]
Source = Annotated[bool, typer.Option("--source", help="Show the file it was published from.")]
Notes = Annotated[bool, typer.Option("--notes", help="Also show the notes of the rows.")]
EffectiveAt = Annotated[
    str | None,
    typer.Option("--effective-at", metavar="INSTANT", help=parameter("effective_at")),
]
Scheduled = Annotated[str, typer.Argument(metavar="N", help="A version that is scheduled.")]
Earlier = Annotated[str, typer.Argument(metavar="N", help="A version that was in force.")]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Only check the file and show what would change.")
]


@command(catalogs, "catalog list", shared=HERE)
def list_catalogs(here: Here) -> Answer:
    """List the catalogs in the database, every version, and the shipped ones."""
    from ..catalogs import SHIPPED, shipped
    from .startup import open_platform, platforms

    published: list[dict[str, Any]] = []
    for platform in platforms(here.where):
        with open_platform(here.where, platform) as credits:
            published += _versions(credits)
    loaded = [shipped(name) for name in SHIPPED]
    listed = {
        "published": published,
        "shipped": [
            {
                "platform": each.platform,
                "name": each.name,
                "models": len(each.models),
                "plans": len(each.plans),
            }
            for each in loaded
        ],
    }
    return Answer(listed, pages.catalogs)


def _versions(credits: Any) -> Iterator[dict[str, Any]]:
    """Every version of a platform's catalog, without its text."""
    in_force = credits.catalog()
    for number in range(1, in_force.newest + 1):
        each = credits.catalog(version=number)
        yield {
            "platform": each.platform,
            "name": each.name,
            "version": each.version,
            "effective_at": each.effective_at,
            "in_force": each.version == in_force.version,
            "standing": each.standing,
            "published_at": each.published_at,
            "published_by": each.published_by or each.published_key,
            "models": each.models,
            "plans": each.plans,
        }


@command(catalogs, "catalog show", shared=HERE)
def show_catalog(
    here: Here,
    platform: MaybePlatform = None,
    at: At = None,
    version: Version = None,
    tool: OfTool = None,
    source: Source = False,
    notes: Notes = False,
) -> Answer:
    """Show the price page of a catalog, or its source."""
    from .arguments import whole

    credits = here.prices(platform) if platform else here.credits
    number = None if version is None else whole(version, "version")
    if source:
        return Answer(credits.catalog(at, number), pages.source)
    page = credits.prices(at, number)
    return Answer(_only(page, tool), lambda page: pages.price_page(page, notes=notes))


def _only(page: "PricePage", tool: str | None) -> "PricePage":
    """The page with one tool on it."""
    from msgspec.structs import replace

    from ..core.errors import unknown

    if tool is None:
        return page
    tools = tuple(each for each in page.tools if tool.casefold() in (each.id, each.name.casefold()))
    if not tools:
        raise unknown("tool", tool, [each.id for each in page.tools])
    return replace(page, tools=tools)


@command(catalogs, "catalog new", shared=())
def new_catalog(here: Here, name: NewName) -> Answer:
    """Write a first catalog to change: NAME.yaml in this folder, with every part explained."""
    from ..catalogs.shipped_catalogs import starter_text
    from ..core.errors import InvalidRequest

    source, path = starter_text(name), Path(f"{name}.yaml")
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(source)
    except FileExistsError:
        raise InvalidRequest(f"{path} is there already: name another", where="name") from None
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise InvalidRequest(f"{path} cannot be written: {why}", where="name") from None
    return Answer({"platform": name, "file": str(path)}, pages.begun)


@command(catalogs, "catalog lint", shared=())
def lint(here: Here, file: Files) -> Answer:
    """Check catalog files: list every problem and every warning with file, line and column."""
    from .output import progress

    checked = []
    with progress("Checking") as done:
        for number, path in enumerate(file, start=1):
            checked.append(_checked(path))
            done(number, len(file))
    ok = all(each["ok"] for each in checked)
    return Answer({"ok": ok, "files": checked}, pages.linted, 0 if ok else 1)


def _checked(path: str) -> dict[str, Any]:
    from ..catalogs import check_file
    from ..core.errors import InvalidCatalog

    try:
        catalog, warnings = check_file(path)
    except InvalidCatalog as error:
        if any(getattr(each, "code", None) == "no_file" for each in error.problems):
            raise
        return {"file": path, "ok": False, "problems": list(error.problems), "warnings": []}
    return {
        "file": path,
        "ok": True,
        "platform": catalog.platform,
        "problems": [],
        "warnings": list(warnings),
    }


@command(catalogs, "catalog diff")
def diff_catalogs(here: Here, old: Old, new: New) -> Answer:
    """Show what changes from catalog A to catalog B, in words."""
    from ..catalogs import diff

    changes = diff(_catalog(old, here), _catalog(new, here))
    return Answer({"changes": changes}, pages.changes)


def _catalog(named: str, here: Here) -> "Catalog":
    """A file, a shipped catalog, or a version of the platform in the database."""
    from ..catalogs import is_shipped, load_file, load_text, shipped
    from .arguments import whole

    if named.isdecimal() and not Path(named).exists():
        source = here.credits.catalog(version=whole(named, "version")).source
        return load_text(source, f"version {named}")
    if is_shipped(named) and not Path(named).is_file():
        return shipped(named)
    return load_file(named)


@command(catalogs, "catalog publish", shared=(*HERE, PLATFORM))
def publish(
    here: Here,
    file: File,
    effective_at: EffectiveAt = None,
    dry_run: DryRun = False,
    by: By = None,
) -> Answer:
    """Publish a new version of a platform's catalog."""
    from ..catalogs import load_file

    credits = here.at(here.platform or load_file(file).platform)
    published = credits.publish(file, effective_at, dry_run, by=by or login())
    later = [] if effective_at is None else ["--effective-at", effective_at]
    return Answer(
        published, lambda published: pages.published(published, ["publish", file, *later])
    )


@command(catalogs, "catalog withdraw", shared=(*HERE, PLATFORM))
def withdraw(here: Here, version: Scheduled) -> Answer:
    """Withdraw a version that is only scheduled."""
    from .arguments import whole

    return Answer(here.credits.withdraw(whole(version, "version")), pages.withdrawn)


@command(catalogs, "catalog rollback", shared=(*HERE, PLATFORM))
def rollback(
    here: Here,
    version: Earlier,
    effective_at: EffectiveAt = None,
    dry_run: DryRun = False,
    by: By = None,
) -> Answer:
    """Publish an earlier version again."""
    from .arguments import whole

    number = whole(version, "version")
    published = here.credits.rollback(number, effective_at, dry_run, by=by or login())
    later = [] if effective_at is None else ["--effective-at", effective_at]
    given = ["rollback", version, *later]
    return Answer(published, lambda published: pages.published(published, given))
