"""What can be set about a server: each with its default, its bounds, and what it is for."""

from dataclasses import dataclass, field
from typing import Any


def _setting(
    default: float | str, said: str, least: float | None = None, most: float | None = None
) -> Any:
    """A setting; `tallystick.config` reads it from flags, environment and file, within bounds."""
    return field(default=default, metadata={"said": said, "least": least, "most": most})


@dataclass(frozen=True, kw_only=True)
class ServerSettings:
    """The limits and time-outs of a server. Times are in seconds."""

    max_body_bytes: int = _setting(
        1_048_576, "The largest body that is read.", least=1_024, most=104_857_600
    )
    max_head_bytes: int = _setting(
        32_768,
        "The largest address and headers of a request that are read; the address may take half.",
        least=1_024,
        most=1_048_576,
    )
    max_headers: int = _setting(
        100, "The most headers that a request may have.", least=10, most=10_000
    )
    max_connections: int = _setting(
        1_000, "The most connections that a process accepts.", least=1, most=1_000_000
    )
    max_connections_per_address: int = _setting(
        500,
        "The most connections that a process accepts from one address; behind a proxy all come "
        "from the proxy's.",
        least=1,
        most=1_000_000,
    )
    head_seconds: float = _setting(
        10.0,
        "How long a request's headers may take to arrive, and a new connection to begin a request.",
        least=0.1,
        most=600,
    )
    body_seconds: float = _setting(
        60.0,
        "How long a request's body may take to arrive after the headers.",
        least=0.1,
        most=3_600,
    )
    write_seconds: float = _setting(
        30.0, "How long a client may take to read its reply.", least=0.1, most=3_600
    )
    idle_seconds: float = _setting(
        75.0, "How long an idle connection is kept.", least=0.1, most=3_600
    )
    max_waiting: int = _setting(
        4_000,
        "The most commands that may wait for a commit, half of them of one key; further spending "
        "is refused until fewer wait.",
        least=1,
        most=1_000_000,
    )
    readers: int = _setting(4, "The most reads that are answered at one time.", least=1, most=64)
    platform_readers: int = _setting(3, "The most of these for one platform.", least=1, most=64)
    key_readers: int = _setting(2, "The most of these for one API key.", least=1, most=64)
    account_readers: int = _setting(2, "The most of these for one account.", least=1, most=64)
    max_waiting_reads: int = _setting(
        1_000,
        "The most reads that may wait for their turn: half of them of one platform, a quarter of "
        "one key.",
        least=4,
        most=1_000_000,
    )
    in_flight_seconds: float = _setting(
        5.0,
        "How long a request waits for an earlier one under its key before it gets 409.",
        least=0,
        most=60,
    )
    require_idempotency_keys: bool = _setting(
        False, "Whether a request that writes is refused (400) without an idempotency key."
    )
    require_idempotency_keys_for: str = _setting(
        "none",
        "The platforms, with commas between them, for which such a request is refused; or none.",
    )
    min_seq_seconds: float = _setting(
        2.0, "How long a read waits for the account to reach its min_seq.", least=0, most=60
    )
    key_cache_seconds: float = _setting(
        1.0,
        "How long an API key is trusted without a look-up; a revoked key stops working within it.",
        least=0,
        most=60,
    )
    drain_seconds: float = _setting(
        0.0,
        "How long a server that was told to stop still takes requests, while /readyz answers 503.",
        least=0,
        most=300,
    )
    shutdown_seconds: float = _setting(
        30.0,
        "How long running requests may take when the server stops.",
        least=1,
        most=3_600,
    )
    metrics: bool = _setting(True, "Whether /metrics answers.")

    def requires_keys(self, platform: str) -> bool:
        """Whether what writes to a platform needs an idempotency key."""
        named = [each.strip() for each in self.require_idempotency_keys_for.split(",")]
        return self.require_idempotency_keys or (named != ["none"] and platform in named)
