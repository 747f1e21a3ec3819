"""Clocks. The core never reads one: the engine asks once a batch and passes the instant on."""

import time
from typing import Protocol

from ..core.instants import Instant


class Clock(Protocol):
    """Something that says what time it is."""

    def now(self) -> Instant:
        """Microseconds since 1970, UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> Instant:
        return time.time_ns() // 1_000
