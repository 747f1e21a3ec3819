"""The scheduler: it brings due accounts up to date, so that nobody has to look for it to happen.

It brings freshness, never correctness: what is due is decided by the same engine at its own
instant, whoever comes first (`docs/concepts/cycles-and-time.md`).
"""

from .sweep import Sweeper
from .watch import Swept, Watch
from .worker import Worker

__all__ = ["Sweeper", "Swept", "Watch", "Worker"]
