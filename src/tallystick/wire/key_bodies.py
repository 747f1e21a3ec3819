"""Bodies of the requests about API keys."""

from typing import Annotated, Literal, TypeAlias

from msgspec import Meta

from ..core import limits
from .bodies import Body, Moment

Scope: TypeAlias = Literal["quote", "spend", "read", "grant", "admin", "all"]


class CreateKeyBody(Body):
    """A new API key: what it is for, what it opens, and when it ends by itself."""

    name: Annotated[str, Meta(min_length=1, max_length=limits.ID_CHARACTERS_MAX)] = "default"
    scopes: Annotated[list[Scope], Meta(min_length=1)] | None = None
    expires_at: Moment | None = None
    by: str | None = None


class RotateKeyBody(Body):
    """For how long the old key goes on: a duration such as `24h`, or until an instant."""

    overlap: Moment | None = None
    by: str | None = None


class RevokeKeyBody(Body):
    """Who ends the key."""

    by: str | None = None
