"""The pace of a sweep: pages so short that nobody notices one, and after each a pause that is as
long.

Another writer waits for one page at most, and has half of the time. Other writers are those of this
process, who share the page's commit, and other processes on a SQLite file, which has one writer.
"""

import time
from collections.abc import Callable

PAGE_SECONDS = 0.02
"""How long a page should take, its commit included."""

PAGE_ACCOUNTS_MIN, PAGE_ACCOUNTS_MAX = 50, 500
"""Accounts of a page. Fewer would do little else than wait for the disk."""


class Pace:
    """Decides how many accounts the next page has, by how long the last ones took."""

    def __init__(
        self, most: int = PAGE_ACCOUNTS_MAX, clock: Callable[[], float] = time.perf_counter
    ):
        self._least, self._most = min(PAGE_ACCOUNTS_MIN, most), most
        self._clock = clock
        self._begun = self._ended = clock()
        self.page = self._least

    def begin(self) -> None:
        """A page begins."""
        self._begun = self._clock()

    def end(self, accounts: int) -> None:
        """A page of so many accounts is on disk."""
        self._ended = self._clock()
        took = self._ended - self._begun
        fits = self._most if took <= 0 else int(accounts * PAGE_SECONDS / took)
        self.page = min(max((self.page + fits) // 2, self._least), self._most)

    def pause(self) -> float:
        """Seconds that still belong to others before the next page."""
        took = min(self._ended - self._begun, 1.0)
        return max(took - (self._clock() - self._ended), 0.0)
