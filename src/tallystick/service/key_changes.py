"""Changes of API keys: made, replaced, ended. Each once under its idempotency key."""

from collections.abc import Callable
from typing import TypeAlias

from msgspec import json
from msgspec.structs import replace

from .. import results
from ..core import queries
from ..engine import Engine, Outcome, keys

Once: TypeAlias = Callable[[Callable[[], bytes]], tuple[bytes, bool]]
"""Does a work in one transaction, or gives its first answer again, and says which it was."""
KeyChange: TypeAlias = queries.CreateApiKey | queries.RotateApiKey | queries.RevokeApiKey


def change_key(engine: Engine, platform: str, query: KeyChange, by: keys.By, once: Once) -> Outcome:
    """Make, replace or end a key. Given again under an idempotency key, an answer has all but the
    API key itself, which is stored nowhere."""
    if isinstance(query, queries.RevokeApiKey):
        answer, replayed = once(lambda: keys.end(engine, platform, query.id, by).to_json())
        return Outcome(json.decode(answer, type=results.ApiKeyView), replayed)
    made: list[results.NewApiKey] = []

    def work() -> bytes:
        made[:] = [_made(engine, platform, query, by)]
        return replace(made[0], api_key="").to_json()

    answer, replayed = once(work)
    return Outcome(json.decode(answer, type=results.NewApiKey) if replayed else made[0], replayed)


def _made(
    engine: Engine,
    platform: str,
    query: queries.CreateApiKey | queries.RotateApiKey,
    by: keys.By,
) -> results.NewApiKey:
    if isinstance(query, queries.CreateApiKey):
        return keys.add(engine, platform, query.name, query.scopes, query.expires_at, by)
    return keys.replace(engine, platform, query.id, query.overlap, by)
