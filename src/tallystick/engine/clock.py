"""The machine's clock. The core never reads one: the engine asks once a batch, and passes it on."""

import time

from ..core.instants import Instant


class SystemClock:
    """The machine's clock."""

    def now(self) -> Instant:
        return time.time_ns() // 1_000
