"""What changes a whole platform: a publication, a test clock. Each once under its key."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from typing import Any, NamedTuple

from msgspec import json

from .. import results
from ..core import dates, limits, queries
from ..core.catalog import Catalog, Published
from ..core.durations import later
from ..core.errors import InvalidRequest
from ..core.history import History
from ..core.instants import Instant, to_datetime
from ..engine import Engine, Outcome, views
from ..engine.applier import fingerprint
from ..engine.keys import By
from .key_changes import KeyChange, change_key


def change(
    engine: Engine, platform: str, query: queries.Change, with_key: str | None = None
) -> Outcome:
    """Change the platform; with a key that was used before, the first answer again. `with_key` is
    the name of the API key that asks for it."""
    limits.optional(query.key, "key", limits.KEY_CHARACTERS_MAX)
    by: By
    if isinstance(query, KeyChange):
        by = (limits.optional(query.by, "by"), with_key)
        once = partial(_answered_once, engine, platform, query)
        return change_key(engine, platform, query, by, once)
    if isinstance(query, (queries.Publish, queries.Rollback)):
        by = (limits.optional(query.by, "by"), with_key)
        if isinstance(query, queries.Publish):
            return _publish(engine, platform, query, by)
        return _roll_back(engine, platform, query, by)
    if isinstance(query, queries.Withdraw):
        return _once(engine, platform, query, _withdraw, results.Withdrawal)
    return _once(engine, platform, query, _move_clock, results.ClockView)


class _Draft(NamedTuple):
    """A catalog that is about to be published, the file it was read from, and who publishes it with
    which API key."""

    catalog: Catalog
    source: str
    by: By
    warnings: tuple[str, ...] = ()


def _publish(engine: Engine, platform: str, query: queries.Publish, by: By) -> Outcome:
    return _publish_draft(engine, platform, query, _read(platform, query, by))


def _roll_back(engine: Engine, platform: str, query: queries.Rollback, by: By) -> Outcome:
    """Publish what an earlier version says, as it was read then. Raises `InvalidRequest` for a
    version that never was in force."""
    number = limits.whole(query.version, "version", 1, 2**31)
    with engine.store.looking_up():
        history, now = engine.platforms.current(platform, engine.clock)
        catalog = history.version(number).catalog
        source = engine.store.catalog_source(platform, number)
    if history.standing(number, now) in ("scheduled", "withdrawn"):
        raise InvalidRequest(
            f"version {number} never was in force: publish its file, from when you choose",
            where="version",
        )
    return _publish_draft(engine, platform, query, _Draft(catalog, source, by))


def _publish_draft(
    engine: Engine, platform: str, query: queries.Publish | queries.Rollback, draft: _Draft
) -> Outcome:
    """Publish a catalog. It is read and compared before the transaction, and made ready to price
    behind it: a large one takes seconds, in which nobody else could write."""
    dry = limits.flag(query.dry_run, "dry_run")
    compared = _compared(engine, platform, query, draft.catalog)
    work = partial(_published, draft=draft, compared=compared)
    outcome = _once(engine, platform, query, work, results.Publication, dry)
    with engine.store.looking_up():
        engine.platforms.current(platform, engine.clock)
    return outcome


class _Compared(NamedTuple):
    """What a catalog changes, beside the version that would be in force without it."""

    version: int
    changes: tuple[str, ...]


def _compared(
    engine: Engine, platform: str, query: queries.Publish | queries.Rollback, catalog: Catalog
) -> _Compared:
    with engine.store.looking_up():
        history, now = engine.platforms.current(platform, engine.clock)
    before = history.at(_from(query, history, now))
    return _Compared(before.version, _changes(before.catalog, catalog))


def _from(query: queries.Publish | queries.Rollback, history: History, now: Instant) -> Instant:
    """When a version comes into force: as asked for, or now."""
    zone = history.at(now).catalog.time_zone
    given = query.effective_at
    return now if given is None else dates.read(given, "effective_at", now, zone)


def _changes(old: Catalog, new: Catalog) -> tuple[str, ...]:
    from ..catalogs import diff

    return tuple(change.text for change in diff(old, new))


def _read(platform: str, query: queries.Publish, by: By) -> _Draft:
    """The catalog to publish."""
    from ..catalogs import check_text

    catalog, warnings = check_text(query.source, query.name)
    if catalog.platform != platform:
        raise InvalidRequest(
            f"this catalog is of the platform {catalog.platform}, not of {platform}",
            where="platform",
        )
    return _Draft(catalog, query.source, by, tuple(map(str, warnings)))


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
    answer, replayed = _answered_once(
        engine, platform, query, lambda: work(engine, platform, query).to_json()
    )
    return Outcome(json.decode(answer, type=answers), replayed)


def _answered_once(
    engine: Engine, platform: str, query: queries.Change, work: Callable[[], bytes]
) -> tuple[bytes, bool]:
    """What the work answers, in one transaction; or its first answer under this key, and True."""
    request_hash = _request_hash(query) if query.key is not None else b""
    return engine.platforms.once(platform, query.key, request_hash, work)


def _request_hash(query: queries.Change) -> bytes:
    """The hash of a change: as it was before anyone could say who publishes, if nobody does."""
    unsaid = {"by"} if isinstance(query, (queries.Publish, queries.Rollback)) else set()
    said = {name: getattr(query, name) for name in query.__struct_fields__}
    return fingerprint(
        {name: each for name, each in said.items() if name not in unsaid or each is not None}
    )


def _published(
    engine: Engine,
    platform: str,
    query: queries.Publish | queries.Rollback,
    draft: _Draft,
    compared: _Compared,
) -> results.Publication:
    history, now = engine.platforms.current(platform, engine.clock)
    at = None if query.effective_at is None else _from(query, history, now)
    before = history.at(now if at is None else at)
    changes = compared.changes
    if before.version != compared.version:  # somebody else published in the meantime
        changes = _changes(before.catalog, draft.catalog)
    begins = max(now if at is None else at, now)
    published = Published(len(history.cards) + 1, begins, draft.catalog)
    if not query.dry_run:
        published = engine.platforms.publish(
            draft.catalog, draft.source, at, engine.clock, draft.by
        )
    return results.Publication(
        platform=platform,
        version=published.version,
        effective_at=to_datetime(published.effective_at),
        changes=changes,
        dry_run=query.dry_run,
        warnings=draft.warnings,
        published_at=views.moment(published.published_at),
        published_by=published.published_by,
        **_among(history, published.effective_at, now),
    )


def _among(history: History, begins: Instant, now: Instant) -> dict[str, Any]:
    """How a version that begins at an instant stands among those that are scheduled."""
    scheduled = [card.published for card in history.scheduled(now)]
    replaced = tuple(each.version for each in scheduled if each.effective_at == begins)
    after = next((each for each in scheduled if each.effective_at > begins), None)
    return {
        "replaces": replaced,
        "next_version": after.version if after else None,
        "next_at": to_datetime(after.effective_at) if after else None,
    }


def _withdraw(engine: Engine, platform: str, query: queries.Withdraw) -> results.Withdrawal:
    number = limits.whole(query.version, "version", 1, 2**31)
    withdrawn = engine.platforms.withdraw(platform, number, engine.clock)
    history, _ = engine.platforms.current(platform, engine.clock)
    return results.Withdrawal(
        platform=platform,
        version=number,
        effective_at=to_datetime(withdrawn.effective_at),
        withdrawn_at=to_datetime(history.withdrawn[number]),
        instead=history.at(withdrawn.effective_at).version,
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
    return results.ClockView(platform=platform, at=to_datetime(to), test=True, time_zone=zone)
