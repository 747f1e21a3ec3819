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
    max_head_bytes: int = _setting(
        32_768,
        "The largest head of a request that is read: its address, at most half of it, and its "
        "headers.",
        least=1_024,
        most=1_048_576,
    )
    max_headers: int = _setting(
        100, "The most headers that a request may have.", least=10, most=10_000
    )
    max_connections: int = _setting(
        1_000, "Connections that a process takes.", least=1, most=1_000_000
    )
    max_connections_per_address: int = _setting(
        500,
        "Connections that a process takes from one address; behind a proxy all come from its own.",
        least=1,
        most=1_000_000,
    )
    head_seconds: float = _setting(
        10.0,
        "How long the head of a request may take, and a new connection to begin one.",
        least=0.1,
        most=600,
    )
    body_seconds: float = _setting(
        60.0, "How long the body of a request may take after its head.", least=0.1, most=3_600
    )
    write_seconds: float = _setting(
        30.0, "How long a client may take to read what waits for it.", least=0.1, most=3_600
    )
    idle_seconds: float = _setting(
        75.0, "How long a connection is kept without a request.", least=0.1, most=3_600
    )
    max_waiting: int = _setting(
        4_000,
        "Commands that may wait for a commit, of one key half of them; more spending is refused "
        "until fewer do.",
        least=1,
        most=1_000_000,
    )
    readers: int = _setting(4, "Reads that are answered at one time.", least=1, most=64)
    platform_readers: int = _setting(
        3, "Of these, the most that one platform keeps busy.", least=1, most=64
    )
    key_readers: int = _setting(
        2, "Of these, the most that one API key keeps busy.", least=1, most=64
    )
    account_readers: int = _setting(
        2, "Of these, the most that are about one account.", least=1, most=64
    )
    max_waiting_reads: int = _setting(
        1_000,
        "Reads that may wait for their turn: of one platform half of them, of one key a quarter.",
        least=4,
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
