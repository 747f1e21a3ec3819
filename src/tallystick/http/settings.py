"""What can be set about a server, each with its bounds and its default."""

from msgspec import Struct


class ServerSettings(Struct, frozen=True, kw_only=True):
    """Limits and patience of a server. Times in seconds."""

    max_body_bytes: int = 1_048_576
    """The largest body that is read."""
    max_waiting: int = 4_000
    """Callers that may wait for a commit; more spending is refused until fewer do."""
    in_flight_seconds: float = 5.0
    """How long a request waits for an earlier one under its key, before it is told 409."""
    min_seq_seconds: float = 2.0
    """How long a reader waits for the seq it asks for."""
    key_cache_seconds: float = 1.0
    """How long an API key is trusted without another look: a revoked one ends within it."""
    shutdown_seconds: float = 30.0
    """How long requests that are being answered may take when the server stops."""
    metrics: bool = True
    """Whether `/metrics` answers."""
