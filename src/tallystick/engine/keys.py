"""API keys: who may ask a server what, of one platform. Only the hash of a secret is stored.

A key reads ``tk_<platform>_<id><secret>``; its id and secret are random. It is shown once.
"""

import hmac
import secrets
import string
from collections.abc import Iterable
from hashlib import sha256

from .. import results
from ..core import limits
from ..core.api_keys import (
    DEFAULT_SCOPES,
    ID_CHARACTERS,
    SCOPES,
    SECRET_CHARACTERS,
    parts,
    platform_of,
    well_formed,
)
from ..core.errors import AccessDenied, InvalidRequest, describe
from ..core.instants import to_datetime
from ..store import ApiKeyRow
from . import views
from .engine import Engine

UNKNOWN = "this API key is not known; check that it was copied whole"
_ALPHABET = string.ascii_letters + string.digits


def create(
    engine: Engine, platform: str, name: str = "default", scopes: Iterable[str] = DEFAULT_SCOPES
) -> results.NewApiKey:
    """A new key of `platform`. The answer is the only place where the whole key is ever seen."""
    limits.name(name, "name")
    opened = _scopes(scopes)
    id = "".join(secrets.choice(_ALPHABET) for _ in range(ID_CHARACTERS))
    secret = "".join(secrets.choice(_ALPHABET) for _ in range(SECRET_CHARACTERS))
    row = ApiKeyRow(
        id=id,
        platform=platform,
        name=name,
        hash=_hash(secret),
        scopes=" ".join(opened),
        created_at=engine.clock.now(),
    )
    with engine.store.writing():
        engine.platforms.current(platform, engine.clock)
        engine.store.add_api_key(row)
    shown = view(row)
    return results.NewApiKey(
        api_key=f"tk_{platform}_{id}{secret}",
        **{name: getattr(shown, name) for name in shown.__struct_fields__},
    )


def listed(engine: Engine, platform: str) -> list[results.ApiKeyView]:
    """The keys of a platform, the oldest first, those that were revoked too."""
    with engine.store.reading():
        engine.platforms.current(platform, engine.clock)
        return [view(row) for row in engine.store.api_keys(platform)]


def revoke(engine: Engine, platform: str, id: str) -> results.ApiKeyView:
    """End a key for good; one that has ended stays as it was.

    Raises `InvalidRequest` if the platform has no such key.
    """
    limits.name(id, "id")
    with engine.store.writing():
        row = engine.store.api_key(id)
        if row is None or row.platform != platform:
            known = [each.id for each in engine.store.api_keys(platform)]
            raise InvalidRequest(
                f"{platform} has no key {describe(id)}; the keys are listed by their ids",
                where="id",
                allowed=known,
            )
        engine.store.revoke_api_key(id, engine.clock.now())
        ended = engine.store.api_key(id)
    return view(ended or row)


def find(engine: Engine, api_key: str) -> results.ApiKeyView:
    """The key that this text is; raises `AccessDenied` for one that is unknown or revoked."""
    if not well_formed(api_key):
        raise AccessDenied(UNKNOWN)
    id, secret = parts(api_key)
    with engine.store.looking_up():
        row = engine.store.api_key(id)
    known = hmac.compare_digest(_hash(secret), row.hash if row else bytes(32))
    if row is None or not known or platform_of(api_key) != row.platform:
        raise AccessDenied(UNKNOWN)
    if row.revoked_at is not None:
        raise AccessDenied(f"the API key '{row.name}' ({row.id}) was revoked; use another one")
    return view(row)


def view(row: ApiKeyRow) -> results.ApiKeyView:
    return results.ApiKeyView(
        id=row.id,
        platform=row.platform,
        name=row.name,
        scopes=tuple(row.scopes.split()),
        created_at=to_datetime(row.created_at),
        revoked_at=views.moment(row.revoked_at),
    )


def _hash(secret: str) -> bytes:
    """Secrets are 40 random characters, so one round of a fast hash keeps them."""
    return sha256(secret.encode()).digest()


def _scopes(scopes: Iterable[str]) -> tuple[str, ...]:
    asked = [scopes] if isinstance(scopes, str) else list(scopes)
    wrong = [each for each in asked if each not in (*SCOPES, "all")]
    if wrong or not asked:
        said = describe(wrong[0]) if wrong else "none"
        raise InvalidRequest(
            f"scopes are {', '.join(SCOPES)}, or all; not {said}", where="scope", allowed=SCOPES
        )
    return SCOPES if "all" in asked else tuple(each for each in SCOPES if each in asked)
