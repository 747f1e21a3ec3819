"""A clock for the tests of products that use Tallystick: it stands still until it is moved."""

from datetime import date, datetime, timedelta

from .core import dates, instants
from .core.durations import later
from .core.errors import InvalidRequest

__all__ = ["TestClock"]


class TestClock:
    """A clock that stands still until it is moved: ``TestClock("2026-01-31T10:00:00Z")``."""

    __test__ = False  # not a test class, whatever its name

    def __init__(self, at: str | date | datetime = "2026-01-01T00:00:00Z"):
        self._at = dates.read_day(at, "at", "UTC")

    def now(self) -> instants.Instant:
        return self._at

    @property
    def at(self) -> datetime:
        return instants.to_datetime(self._at)

    def advance_to(self, at: str | date | datetime) -> None:
        """Move the clock to an instant, or to the start of a date in UTC.

        Raises `InvalidRequest` for an earlier one.
        """
        moved = dates.read(at, "at", self._at, "UTC")
        if moved < self._at:
            raise InvalidRequest(
                f"a clock only moves forward: {instants.words(moved)} is before "
                f"{instants.words(self._at)}",
                where="at",
            )
        self._at = moved

    def advance(self, by: str | timedelta | None = None, **parts: float) -> None:
        """Move the clock by a duration: ``advance("1mo")``, ``advance(days=3, hours=2)``."""
        if parts:
            by = timedelta(**parts)
        self._at = later(self._at, by)
