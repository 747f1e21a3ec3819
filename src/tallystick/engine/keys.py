"""API keys: who may ask a server what, of one platform. Only the hash of a secret is stored.

A key's id and secret are random, and it is shown once; `core.api_keys` says how it reads. Keys live
by the real time, on test platforms too.
"""

import hmac
import secrets
from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Any, TypeAlias

from msgspec import structs

from .. import results
from ..core import dates, limits
from ..core.api_keys import (
    ALPHABET,
    DEFAULT_SCOPES,
    ID_CHARACTERS,
    SCOPES,
    SECRET_CHARACTERS,
    Environment,
    KeyText,
    read,
    write,
)
from ..core.errors import AccessDenied, InvalidRequest, describe
from ..core.instants import SECOND, Instant, to_datetime, words
from ..store import ApiKeyRow
from . import views
from .engine import Engine

UNKNOWN = "this API key is not known; check that it was copied whole"
MISTYPED = (
    "this API key was mistyped or cut: its last characters do not fit the others; copy it again"
)
OVERLAP = "24h"
"""For how long a key goes on that another one takes the place of."""
MAX_OVERLAP_SECONDS = 90 * 86_400
HOUR = 3_600 * SECOND
By: TypeAlias = tuple[str | None, str | None]
"""Who does something, as they say, and the name of the API key that they do it with."""
NOBODY: By = (None, None)


def create(
    engine: Engine,
    platform: str,
    name: str = "default",
    scopes: Iterable[str] = DEFAULT_SCOPES,
    expires_at: Any = None,
    by: By = NOBODY,
) -> results.NewApiKey:
    """A new key of `platform`. The answer is the only place where the whole key is ever seen."""
    with engine.store.writing():
        return add(engine, platform, name, scopes, expires_at, by)


def add(
    engine: Engine,
    platform: str,
    name: str,
    scopes: Iterable[str],
    expires_at: Any,
    by: By,
) -> results.NewApiKey:
    """The same inside a transaction that writes. Raises `InvalidRequest` for an end that has
    passed."""
    limits.name(name, "name")
    opened, now = _scopes(scopes), engine.clock.now()
    history, _ = engine.platforms.current(platform, engine.clock)
    zone = history.at(now).catalog.time_zone
    ends = None if expires_at is None else dates.read(expires_at, "expires_at", now, zone)
    if ends is not None and ends <= now:
        raise InvalidRequest(f"{words(ends)} has passed: say when it is to end", where="expires_at")
    row = ApiKeyRow(
        id=_random(ID_CHARACTERS),
        platform=platform,
        name=name,
        hash=b"",
        scopes=" ".join(opened),
        created_at=now,
        expires_at=ends,
        created_by=limits.optional(by[0], "by"),
        created_key=by[1],
    )
    return _issued(engine, row)


def rotate(
    engine: Engine, platform: str, id: str, overlap: Any = OVERLAP, by: By = NOBODY
) -> results.NewApiKey:
    """A key in the place of another one, which goes on for the `overlap` (a duration, ``24h``)."""
    with engine.store.writing():
        return replace(engine, platform, id, overlap, by)


def replace(engine: Engine, platform: str, id: str, overlap: Any, by: By) -> results.NewApiKey:
    """The same inside a transaction that writes. The new key has the name and the scopes of the old
    one, and ends by itself when that would have.

    Raises `InvalidRequest` for a key that has ended, or that the platform does not have.
    """
    row, now = _known(engine, platform, id), engine.clock.now()
    if ended_at(row, now) is not None:
        raise InvalidRequest(
            f"the key '{row.name}' ({row.id}) has ended: make a new one", where="id"
        )
    until = dates.read(overlap, "overlap", now, "UTC")
    if not now <= until <= now + MAX_OVERLAP_SECONDS * SECOND:
        raise InvalidRequest("the old key goes on for at most 90 days from now", where="overlap")
    engine.store.expire_api_key(row.id, until)
    return _issued(
        engine,
        ApiKeyRow(
            id=_random(ID_CHARACTERS),
            platform=platform,
            name=row.name,
            hash=b"",
            scopes=row.scopes,
            created_at=now,
            expires_at=row.expires_at,
            created_by=limits.optional(by[0], "by"),
            created_key=by[1],
            replaces=row.id,
        ),
    )


def listed(engine: Engine, platform: str) -> list[results.ApiKeyView]:
    """The keys of a platform, the oldest first, those that have ended too."""
    with engine.store.reading():
        engine.platforms.current(platform, engine.clock)
        return [view(row) for row in engine.store.api_keys(platform)]


def revoke(engine: Engine, platform: str, id: str, by: By = NOBODY) -> results.ApiKeyView:
    """End a key for good; one that was revoked stays as it was."""
    with engine.store.writing():
        return end(engine, platform, id, by)


def end(engine: Engine, platform: str, id: str, by: By) -> results.ApiKeyView:
    """The same inside a transaction that writes. Raises `InvalidRequest` if the platform has no
    such key."""
    row = _known(engine, platform, id)
    said = limits.optional(by[0], "by")
    engine.store.revoke_api_key(id, engine.clock.now(), said, by[1])
    return view(engine.store.api_key(id) or row)


def find(engine: Engine, api_key: str) -> results.ApiKeyView:
    """The key that this text is. Raises `AccessDenied` for one that is mistyped, unknown, over, or
    not of its platform's environment."""
    said = read(api_key)
    if said is None:
        raise AccessDenied(UNKNOWN)
    if said.mistyped:
        raise AccessDenied(MISTYPED)
    now = engine.clock.now()
    with engine.store.looking_up():
        row = engine.store.api_key(said.id)
        kept_by = engine.store.platform(row.platform) if row else None
    known = hmac.compare_digest(_hash(said.secret), row.hash if row else bytes(32))
    if row is None or not known or said.platform != row.platform:
        raise AccessDenied(UNKNOWN)
    if (why := _ended(row, now)) is not None:
        raise AccessDenied(f"the API key '{row.name}' ({row.id}) {why}; use another one")
    _check_environment(said, "live" if kept_by is None or kept_by.clock_at is None else "test")
    return view(row)


def note_use(engine: Engine, used: Sequence[tuple[str, Instant]]) -> None:
    """Note the hours in which keys were used last: ids, each with an instant of its last use."""
    with engine.store.writing():
        for hour in sorted({at - at % HOUR for _, at in used}):
            engine.store.use_api_keys([id for id, at in used if at - at % HOUR == hour], hour)


def view(row: ApiKeyRow) -> results.ApiKeyView:
    """A key as a list shows it."""
    return results.ApiKeyView(
        id=row.id,
        platform=row.platform,
        name=row.name,
        scopes=tuple(row.scopes.split()),
        created_at=to_datetime(row.created_at),
        created_by=row.created_by,
        created_key=row.created_key,
        expires_at=views.moment(row.expires_at),
        last_used_at=views.moment(row.last_used_at),
        revoked_at=views.moment(row.revoked_at),
        revoked_by=row.revoked_by,
        revoked_key=row.revoked_key,
        replaces=row.replaces,
    )


def ended_at(row: ApiKeyRow, now: Instant) -> Instant | None:
    """When a key ended, if it has."""
    over = [at for at in (row.revoked_at, row.expires_at) if at is not None and at <= now]
    return min(over, default=None)


def _ended(row: ApiKeyRow, now: Instant) -> str | None:
    if row.revoked_at is not None:
        return "was revoked"
    if row.expires_at is not None and row.expires_at <= now:
        return f"ended at {words(row.expires_at)}"
    return None


def _check_environment(said: KeyText, environment: Environment) -> None:
    """A key of real money opens no test platform, and the other way round; older keys say
    neither."""
    if said.environment not in (None, environment):
        raise AccessDenied(
            f"this is a tk_{said.environment}_ key, and {said.platform} is a {environment} "
            f"platform: use one of its own, tk_{environment}_..."
        )


def _issued(engine: Engine, row: ApiKeyRow) -> results.NewApiKey:
    """Write a new key, and show it."""
    found = engine.store.platform(row.platform)
    environment: Environment = "live" if found is None or found.clock_at is None else "test"
    secret = _random(SECRET_CHARACTERS)
    engine.store.add_api_key(structs.replace(row, hash=_hash(secret)))
    shown = view(row)
    return results.NewApiKey(
        api_key=write(environment, row.platform, row.id, secret),
        **{name: getattr(shown, name) for name in shown.__struct_fields__},
    )


def _known(engine: Engine, platform: str, id: str) -> ApiKeyRow:
    limits.name(id, "id")
    row = engine.store.api_key(id)
    if row is None or row.platform != platform:
        known = [each.id for each in engine.store.api_keys(platform)]
        raise InvalidRequest(
            f"{platform} has no key {describe(id)}; the keys are listed by their ids",
            where="id",
            allowed=known,
        )
    return row


def _random(characters: int) -> str:
    return "".join([secrets.choice(ALPHABET) for _ in range(characters)])


def _hash(secret: str) -> bytes:
    """Secrets are 40 random characters, so one round of a fast hash keeps them."""
    return sha256(secret.encode()).digest()


def _scopes(scopes: Iterable[str]) -> tuple[str, ...]:
    asked: Any = [scopes] if isinstance(scopes, str) else scopes
    if not isinstance(asked, (list, tuple, set, frozenset)):
        asked = [asked]
    wrong = [each for each in asked if each not in (*SCOPES, "all")]
    if wrong or not asked:
        said = describe(wrong[0]) if wrong else "none"
        raise InvalidRequest(
            f"scopes are {', '.join(SCOPES)}, or all; not {said}", where="scopes", allowed=SCOPES
        )
    return SCOPES if "all" in asked else tuple(each for each in SCOPES if each in asked)
