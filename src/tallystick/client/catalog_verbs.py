"""Verbs about a platform's catalog: read it, publish it, take back what is only scheduled, and
estimate by it."""

from collections.abc import Sequence
from os import PathLike
from typing import Any

from .. import results
from ..core import queries
from ..core.commands import When
from ..core.credits import Number
from ..results.estimates import Capacity, Estimate
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
    by: str | None = None,
) -> Call[results.Publication]:
    """Publish a catalog version, as published `by` somebody; with `dry_run` only check it and say
    what would change."""
    name, source = read_source(file_or_text)
    return Call(
        queries.Publish(
            source=source, name=name, effective_at=effective_at, dry_run=dry_run, key=key, by=by
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
    by: str | None = None,
) -> Call[results.Publication]:
    """Publish an earlier catalog version again, as a new one, published `by` somebody; with
    `dry_run` only say what would change."""
    return Call(
        queries.Rollback(
            version=version, effective_at=effective_at, dry_run=dry_run, key=key, by=by
        )
    )


def estimate(
    lines: Sequence[Any],
    days: int = 1,
    buffer: Number = 0,
    plan: str | None = None,
    tool: str | None = None,
) -> Call[Estimate]:
    """(lines x days) + buffer, in credits. A line is ``"30 x Veo 3.1 seconds=8"`` or
    ``(30, "Veo 3.1", {"seconds": 8})``; `buffer` is ``0.2`` or ``"20%"``. `tool` is that of the
    lines that name models of several tools, unless they say ``tool=`` themselves."""
    return Call(queries.EstimateFor(lines=lines, days=days, buffer=buffer, plan=plan, tool=tool))


def capacity(plan: str, package: Number | None = None, tool: str | None = None) -> Call[Capacity]:
    """What an allotment is good for: about so many of each model's generations; of one `tool`, or
    of all."""
    return Call(queries.CapacityOf(plan=plan, package=package, tool=tool))
