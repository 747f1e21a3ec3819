"""The verbs about API keys: who may ask a server what, of one platform."""

from collections.abc import Sequence

from .. import results
from ..core import queries
from ..core.api_keys import DEFAULT_SCOPES
from ..core.commands import When
from ..service.transport import Call


def api_keys() -> Call[list[results.ApiKeyView]]:
    """The API keys of the platform, the oldest first, those that have ended too."""
    return Call(queries.ApiKeys())


def create_api_key(
    name: str = "default",
    scopes: str | Sequence[str] = DEFAULT_SCOPES,
    expires_at: When | None = None,
    by: str | None = None,
    key: str | None = None,
) -> Call[results.NewApiKey]:
    """Make an API key, which ends by itself at `expires_at` if that is given. The answer shows it
    this once: given again under its `key`, `api_key` is empty."""
    opened = [scopes] if isinstance(scopes, str) else scopes
    return Call(
        queries.CreateApiKey(name=name, scopes=opened, expires_at=expires_at, by=by, key=key)
    )


def rotate_api_key(
    id: str, overlap: When = "24h", by: str | None = None, key: str | None = None
) -> Call[results.NewApiKey]:
    """Make an API key with the name and the scopes of another one, which goes on for the `overlap`
    (a duration, or until an instant; at most 90 days)."""
    return Call(queries.RotateApiKey(id=id, overlap=overlap, by=by, key=key))


def revoke_api_key(
    id: str, by: str | None = None, key: str | None = None
) -> Call[results.ApiKeyView]:
    """End an API key for good. A server refuses it within seconds."""
    return Call(queries.RevokeApiKey(id=id, by=by, key=key))
