"""What can be set about a server: each with its default, its bounds, and what it is for."""

from dataclasses import dataclass, field
from typing import Any


def _setting(
    default: float, said: str, least: float | None = None, most: float | None = None
) -> Any:
    """A setting; `tallystick.config` reads it from flags, environment and file, within bounds."""
    return field(default=default, metadata={"said": said, "least": least, "most": most})


@dataclass(frozen=True, kw_only=True)
class ServerSettings:
    """Limits and patience of a server. Times in seconds."""

    max_body_bytes: int = _setting(
        1_048_576, "The largest body that is read.", least=1_024, most=104_857_600
    )
    max_waiting: int = _setting(
        4_000,
        "Commands that may wait for a commit; more spending is refused until fewer do.",
        least=1,
        most=1_000_000,
    )
    in_flight_seconds: float = _setting(
        5.0,
        "How long a request waits for an earlier one under its key, before it is told 409.",
        least=0,
        most=60,
    )
    min_seq_seconds: float = _setting(
        2.0, "How long a reader waits for the seq it asks for.", least=0, most=60
    )
    key_cache_seconds: float = _setting(
        1.0,
        "How long an API key is trusted without another look: a revoked one ends within it.",
        least=0,
        most=60,
    )
    drain_seconds: float = _setting(
        0.0,
        "How long a server that was told to stop still takes requests, while /readyz says 503.",
        least=0,
        most=300,
    )
    shutdown_seconds: float = _setting(
        30.0,
        "How long requests that are being answered may take when the server stops.",
        least=1,
        most=3_600,
    )
    metrics: bool = _setting(True, "Whether /metrics answers.")
