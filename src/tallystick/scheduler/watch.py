"""The watch: it is told how the scheduler gets on."""

import logging

from msgspec import Struct

from ..core.errors import StoreError, WrongClock
from ..core.instants import Instant

log = logging.getLogger("tallystick.scheduler")


class Swept(Struct, frozen=True):
    """What was done: `accounts` brought up to date, how late the latest of them was, and how many
    accounts could not be (`faults`)."""

    accounts: int = 0
    lag_seconds: float = 0.0
    faults: int = 0

    def and_also(self, more: "Swept") -> "Swept":
        return Swept(
            self.accounts + more.accounts,
            max(self.lag_seconds, more.lag_seconds),
            self.faults + more.faults,
        )


class Watch:
    """Is told of everything, on the scheduler's thread. This one logs what goes wrong."""

    def brought(self, page: Swept, so_far: Swept) -> None:
        """A page was brought up to date; `so_far` is its sweep up to here."""

    def swept(self, swept: Swept, at: Instant) -> None:
        """A sweep has come to its end, at an instant."""

    def failed(self, error: Exception, account: str | None = None) -> None:
        """An account, by its key, could not be brought up to date; without one, a whole sweep."""
        if isinstance(error, WrongClock):
            log.error("the scheduler stands still: %s", error)
        elif isinstance(error, StoreError) and account is None:
            log.warning("the scheduler waits for the database: %s", error)
        else:
            log.error("the scheduler failed at %s", account or "a sweep", exc_info=error)
