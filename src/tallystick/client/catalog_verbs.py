"""Verbs about a platform's catalog: read it, publish it, and take back what is only scheduled."""

from os import PathLike

from .. import results
from ..core import queries
from ..core.commands import When
from ..results.prices import PricePage
from ..service.startup import read_source
from ..service.transport import Call


def catalog(at: When | None = None, version: int | None = None) -> Call[results.CatalogView]:
    """The catalog in force now, at an instant, or a version of it."""
    return Call(queries.CatalogOf(at=at, version=version))


def prices(at: When | None = None, version: int | None = None) -> Call[PricePage]:
    """The price page of the catalog in force now, at an instant, or of a version."""
    return Call(queries.Prices(at=at, version=version))


def publish(
    file_or_text: "str | PathLike[str]",
    effective_at: When | None = None,
    dry_run: bool = False,
    key: str | None = None,
) -> Call[results.Publication]:
    """Publish a catalog version; with `dry_run` only check it and say what would change."""
    name, source = read_source(file_or_text)
    return Call(
        queries.Publish(
            source=source, name=name, effective_at=effective_at, dry_run=dry_run, key=key
        )
    )


def withdraw(version: int, key: str | None = None) -> Call[results.Withdrawal]:
    """Withdraw a catalog version that is only scheduled: it never comes into force."""
    return Call(queries.Withdraw(version=version, key=key))


def rollback(
    version: int,
    effective_at: When | None = None,
    dry_run: bool = False,
    key: str | None = None,
) -> Call[results.Publication]:
    """Publish an earlier catalog version again, as a new one; with `dry_run` only say what would
    change."""
    return Call(
        queries.Rollback(version=version, effective_at=effective_at, dry_run=dry_run, key=key)
    )
