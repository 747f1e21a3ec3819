"""This machine's clock, set wrong for a test: what every engine reads that was given no other."""

from __future__ import annotations

import time

SECOND = 1_000_000
DAY = 86_400 * SECOND


class Machine:
    """Stands for the module `time` where the engine reads the clock; `ahead` is in microseconds."""

    def __init__(self) -> None:
        self.ahead = 0

    def time_ns(self) -> int:
        return time.time_ns() + self.ahead * 1_000

    def now(self) -> int:
        return self.time_ns() // 1_000
