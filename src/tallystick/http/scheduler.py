"""The scheduler of a process, counted for Prometheus and told in the log."""

import time

from ..core.errors import StoreError, WrongClock
from ..core.instants import Instant
from ..scheduler import Swept, Watch
from .logs import lines
from .metrics import SchedulerMetrics

TELL_SECONDS = 10.0
"""How often a sweep that goes on and on says how far it is."""


class Watched(Watch):
    """Counts what the scheduler does, and tells what is worth a line."""

    def __init__(self, counts: SchedulerMetrics):
        self._counts = counts
        self._told = time.monotonic()

    def brought(self, page: Swept, so_far: Swept) -> None:
        self._counts.brought(page, so_far)
        now = time.monotonic()
        if now - self._told > TELL_SECONDS:
            self._told = now
            lines().info("sweeping", **_facts(so_far))

    def swept(self, swept: Swept, at: Instant) -> None:
        self._counts.swept(swept, at)
        self._told = time.monotonic()
        tell = lines().info if swept.accounts else lines().debug
        tell("swept", **_facts(swept))

    def failed(self, error: Exception, account: str | None = None) -> None:
        self._counts.failed(isinstance(error, WrongClock))
        if account is not None:
            platform, _, name = account.partition("/")
            lines().error("account not swept", platform=platform, account=name, exc_info=error)
        elif isinstance(error, WrongClock):
            lines().error("the clock is wrong", why=str(error))
        elif isinstance(error, StoreError):
            lines().warning("the scheduler waits for the database", why=str(error))
        else:
            lines().error("sweep failed", exc_info=error)


def _facts(swept: Swept) -> dict[str, float]:
    return {"accounts": swept.accounts, "lag_seconds": round(swept.lag_seconds, 3)}
