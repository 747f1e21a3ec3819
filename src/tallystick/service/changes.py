"""What changes a whole platform: a publication, a test clock. Each once under its key."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from typing import Any, NamedTuple

from msgspec import json

from .. import results
from ..core import dates, limits, queries
from ..core.catalog import Catalog
from ..core.durations import later
from ..core.errors import InvalidRequest
from ..core.instants import to_datetime
from ..engine import Engine, Outcome
from ..engine.applier import fingerprint


def change(engine: Engine, platform: str, query: queries.Change) -> Outcome:
    """Change the platform; with a key that was used before, the first answer again."""
    limits.optional(query.key, "key", limits.MAX_KEY)
    if isinstance(query, queries.Publish):
        return _publish(engine, platform, query)
    return _once(engine, platform, query, _move_clock, results.ClockView)


def _publish(engine: Engine, platform: str, query: queries.Publish) -> Outcome:
    """Publish a catalog. It is read and compared before the transaction, and made ready to price
    behind it: a large one takes seconds, in which nobody else could write."""
    dry = limits.flag(query.dry_run, "dry_run")
    catalog = _read(platform, query)
    work = partial(_published, catalog=catalog, compared=_compared(engine, platform, catalog))
    outcome = _once(engine, platform, query, work, results.Publication, dry)
    with engine.store.looking_up():
        engine.platforms.current(platform, engine.clock)
    return outcome


class _Compared(NamedTuple):
    """What a catalog changes, beside the version that was the newest then."""

    version: int
    changes: tuple[str, ...]


def _compared(engine: Engine, platform: str, catalog: Catalog) -> _Compared:
    with engine.store.looking_up():
        history, _ = engine.platforms.current(platform, engine.clock)
    newest = history.cards[-1].published
    return _Compared(newest.version, _changes(newest.catalog, catalog))


def _changes(old: Catalog, new: Catalog) -> tuple[str, ...]:
    from ..catalogs import diff

    return tuple(change.text for change in diff(old, new))


def _read(platform: str, query: queries.Publish) -> Catalog:
    """The catalog to publish."""
    from ..catalogs import load_text

    catalog = load_text(query.source, query.name)
    if catalog.platform != platform:
        raise InvalidRequest(
            f"this catalog is of the platform {catalog.platform}, not of {platform}",
            where="platform",
        )
    return catalog


def _once(
    engine: Engine,
    platform: str,
    query: Any,
    work: Callable[[Engine, str, Any], results.Result],
    answers: type[results.Result],
    dry: bool = False,
) -> Outcome:
    if dry:
        transaction: AbstractContextManager[None] = engine.store.reading()
        with transaction:
            return Outcome(work(engine, platform, query))
    request_hash = fingerprint(query) if query.key is not None else b""
    answer, replayed = engine.platforms.once(
        platform, query.key, request_hash, lambda: work(engine, platform, query).to_json()
    )
    return Outcome(json.decode(answer, type=answers), replayed)


def _published(
    engine: Engine, platform: str, query: queries.Publish, catalog: Catalog, compared: _Compared
) -> results.Publication:
    given = query.effective_at
    history, now = engine.platforms.current(platform, engine.clock)
    zone = history.at(now).catalog.time_zone
    effective_at = None if given is None else dates.read(given, "effective_at", now, zone)
    newest = history.cards[-1].published
    changes = compared.changes
    if newest.version != compared.version:  # somebody else published in the meantime
        changes = _changes(newest.catalog, catalog)
    version, at = newest.version + 1, max(now if effective_at is None else effective_at, now)
    if not query.dry_run:
        published = engine.platforms.publish(catalog, query.source, effective_at, engine.clock)
        version, at = published.version, published.effective_at
    return results.Publication(
        platform=platform,
        version=version,
        effective_at=to_datetime(at),
        changes=changes,
        dry_run=query.dry_run,
    )


def _move_clock(engine: Engine, platform: str, query: queries.MoveClock) -> results.ClockView:
    if (query.to is None) == (query.by is None):
        raise InvalidRequest("say where to move the clock: to an instant, or by a duration",
                             where="to")  # fmt: skip
    history, now = engine.platforms.current(platform, engine.clock)
    zone = history.at(now).catalog.time_zone
    if query.to is not None:
        to = dates.read(query.to, "to", now, zone)
    else:
        to = later(now, query.by, zone)
    engine.platforms.move_clock(platform, to)
    return results.ClockView(platform=platform, at=to_datetime(to), test=True)
