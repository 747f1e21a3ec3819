"""The clock check: whether the database agrees with the machine's clock (`docs/spec.md` 4.8).

A server has a clock of its own, and the machine's must agree with it. A file knows the newest
instant that was written to it. The machine's clock may be ahead of that by as long as a file may be
idle, and no more, until someone confirms it. Nothing is written at an instant that is in doubt.
"""

import logging
from typing import NamedTuple

from ..core.errors import InvalidRequest, WrongClock
from ..core.instants import DAY, SECOND, Clock, Instant, words
from ..store import KnownTime, Loaded, Store

log = logging.getLogger("tallystick.engine")

NOTED_EVERY_MICROS = 600 * SECOND
"""How old the newest instant in a file gets before a newer one is written there."""

JUMP_MICROS = DAY
"""A clock that goes on by more than this at once is noted."""


class ClockLimits(NamedTuple):
    """How far the machine's clock may be off a server's own, in seconds, and ahead of the newest
    instant in a file, in days."""

    drift_seconds: float = 60.0
    ahead_days: float = 35.0


class Doubt(NamedTuple):
    """Why an instant is not believed, in words."""

    why: str

    def error(self) -> WrongClock:
        return WrongClock(self.why)


class ClockStanding(NamedTuple):
    """How the machine's clock stands: the best known now, the reason not to write at it if there is
    one, and notes about it."""

    now: Instant
    doubt: Doubt | None = None
    notes: tuple[str, ...] = ()


class Accepted(NamedTuple):
    """What confirming the clock came to: the newest instant in the file before, and by now. It
    is not `changed` where there was nothing to confirm."""

    changed: bool
    before: Instant | None
    now: Instant | None


class ClockCheck:
    """Checks the clock of an engine against its database. A clock that was handed in is trusted
    (`exempt`). Platforms on test clocks never come here."""

    def __init__(self, store: Store, clock: Clock, limits: ClockLimits, exempt: bool):
        self._store = store
        self._clock = clock
        self._limits = limits
        self._exempt = exempt
        self._own_clock = store.own_clock
        self._drift = int(limits.drift_seconds * SECOND)
        self._ahead = int(limits.ahead_days * DAY)
        self._quietly = min(NOTED_EVERY_MICROS, self._ahead)
        """How far ahead of a file's newest instant nothing is said and nothing noted."""

    def of_batch(self, loaded: Loaded, now: Instant) -> Doubt | None:
        """The reason not to write a batch at `now`, which was taken right before it was
        loaded. Inside its transaction: a file is told of a new instant there."""
        if self._exempt:
            return None
        for name, row in loaded.platforms.items():
            if row.clock_at is None:
                at = loaded.database_at.get(name)
                if at is not None and not self._own_clock and now - at <= self._quietly:
                    return None
                doubt = self._doubt(at, now)
                if doubt is None:
                    self._note(at, now)
                return doubt
        return None

    def of_reading(self, loaded: Loaded, now: Instant) -> Doubt | None:
        """The same of what is only looked at."""
        if self._exempt:
            return None
        for name, row in loaded.platforms.items():
            if row.clock_at is None:
                return self._doubt(loaded.database_at.get(name), now)
        return None

    def now(self) -> Instant:
        """The clock's now, for what is written outside of a batch; inside `writing`, which tells
        a file of it. Raises `WrongClock`."""
        now = self._clock.now()
        self.confirm(now)
        return now

    def confirm(self, now: Instant) -> None:
        """The same of a now that the clock said a moment ago.

        Raises `WrongClock` if the database does not bear it out.
        """
        if self._exempt:
            return
        at = self._store.known_time().at
        doubt = self._doubt(at, now)
        if doubt is not None:
            raise doubt.error()
        self._note(at, now)

    def trusted(self) -> Instant:
        """The clock's now, where the database bears it out and knows of none much newer; inside a
        transaction. Raises `WrongClock`."""
        standing = self.standing()
        if standing.doubt is not None:
            raise standing.doubt.error()
        known = KnownTime() if self._exempt else self._store.known_time()
        if known.at is not None and known.at - standing.now > JUMP_MICROS:
            raise WrongClock(
                f"this machine's clock says {words(standing.now)}, and the database has a newer "
                f"instant, {words(known.at)}. If this machine's clock is right, confirm it first: "
                "tallystick clock accept"
            )
        return standing.now

    def standing(self) -> ClockStanding:
        """How the clock stands; inside a transaction, in which nothing is written."""
        now = self._clock.now()
        if self._exempt:
            return ClockStanding(now)
        known = self._store.known_time()
        doubt = self._doubt(known.at, now)
        if self._own_clock:
            return ClockStanding(known.at or now, doubt)
        return ClockStanding(now, doubt, tuple(_notes(known, now)) if doubt is None else ())

    def accept(self) -> Accepted:
        """Confirm the clock: its now becomes the newest instant in the file. Raises
        `InvalidRequest` where there is nothing that could be confirmed."""
        if self._exempt:
            raise InvalidRequest(
                "a clock that is handed in is trusted as it is: leave accept_clock out",
                where="accept_clock",
            )
        if self._own_clock:
            raise InvalidRequest(
                "a database on a server has a clock of its own, so there is nothing to accept: set "
                "this machine's clock right",
                where="accept_clock",
            )
        with self._store.writing():
            known, now = self._store.known_time(), self._clock.now()
            if known.at is None or (abs(now - known.at) <= JUMP_MICROS and not _untold(known)):
                return Accepted(False, known.at, known.at)
            far = abs(now - known.at) > JUMP_MICROS
            jump = (known.at, now) if far else (known.jumped_from, known.jumped_to)
            self._store.note_time(KnownTime(now, *jump, accepted=True))
        log.info("the clock was accepted: %s is the newest instant now", words(now))
        return Accepted(True, known.at, now)

    def _doubt(self, at: Instant | None, now: Instant) -> Doubt | None:
        if at is None:
            return None
        if self._own_clock:
            return self._against_server(at, now)
        if now - at <= self._ahead:
            return None
        return Doubt(
            f"this machine's clock says {words(now)}, {apart(now - at)} after the newest instant "
            f"in the database, {words(at)}; at most {self._limits.ahead_days:g} days are believed. "
            "Nothing was written. Set the clock right, or if it is right, confirm it once where "
            "the database is: tallystick clock accept"
        )

    def _against_server(self, at: Instant, before: Instant) -> Doubt | None:
        """`at` was read after `before`, and only now is it here: a slow answer is not a clock that
        is wrong."""
        off = max(before - at, at - self._clock.now())
        if off <= self._drift:
            return None
        return Doubt(
            f"this machine's clock says {words(before)}, the database's own {words(at)}; they may "
            f"be {self._limits.drift_seconds:g} seconds apart and are {apart(off)}. Nothing was "
            "written. Set the clock of whichever is wrong"
        )

    def _note(self, at: Instant | None, now: Instant) -> None:
        """Tell a file that `now` was believed, where that is news."""
        if self._own_clock or (at is not None and now - at <= NOTED_EVERY_MICROS):
            return
        if at is None or now - at <= JUMP_MICROS:
            self._store.note_time(_moved(self._store.known_time(), now))
            return
        log.warning("the clock went on by %s at once: %s", apart(now - at), _from_to(at, now))
        self._store.note_time(KnownTime(now, at, now))


def _moved(known: KnownTime, now: Instant) -> KnownTime:
    return KnownTime(now, known.jumped_from, known.jumped_to, known.accepted)


def _untold(known: KnownTime) -> bool:
    return known.jumped_to is not None and not known.accepted


def _notes(known: KnownTime, now: Instant) -> list[str]:
    """Notes about a clock that is believed."""
    found = []
    if known.jumped_from is not None and known.jumped_to is not None and not known.accepted:
        found.append(
            f"the clock went on by {apart(known.jumped_to - known.jumped_from)} at once, "
            f"{_from_to(known.jumped_from, known.jumped_to)}: right if the database was idle; "
            "tallystick clock accept ends this note"
        )
    if known.at is not None and now - known.at > JUMP_MICROS:
        found.append(
            f"this machine's clock is {apart(now - known.at)} ahead of the newest instant in the "
            f"database, {words(known.at)}: right if it was idle since then"
        )
    if known.at is not None and known.at - now > JUMP_MICROS:
        found.append(
            f"the newest instant in the database, {words(known.at)}, is {apart(known.at - now)} "
            "ahead of this machine's clock: if the clock is right, another one was wrong"
        )
    return found


def _from_to(since: Instant, until: Instant) -> str:
    return f"from {words(since)} to {words(until)}"


def apart(span: int) -> str:
    """A span of microseconds, to its largest whole unit of which there are two."""
    size = abs(span)
    for name, unit in (("days", DAY), ("hours", 3_600 * SECOND), ("minutes", 60 * SECOND)):
        if size >= 2 * unit:
            return f"{size // unit:,} {name}"
    return f"{size / SECOND:g} seconds" if size < SECOND else f"{size // SECOND} seconds"
