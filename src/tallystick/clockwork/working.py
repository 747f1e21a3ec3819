"""A worker: sweeps again and again, and shares the work with the workers of other processes.

Accounts are in 64 buckets. Each worker has a seat, which it keeps for some seconds and renews;
the buckets are shared out among the seats that are taken. Two workers on one bucket, as may
happen when a seat is taken or falls free, do no harm: bringing an account up to date twice writes
nothing the second time.
"""

import logging
import secrets
import threading
from collections.abc import Callable

from ..core.errors import StoreError
from ..core.instants import SECOND, Instant
from ..engine import Engine
from ..store import BUCKETS, Seat
from .sweeping import Clockwork, Swept

log = logging.getLogger("tallystick.clockwork")

SEAT_SECONDS = 15
"""How long a worker counts as being at work after it was last heard of."""


class Worker:
    """Keeps the accounts of an engine's database up to date until it is stopped."""

    def __init__(
        self,
        engine: Engine,
        every_seconds: float = 1.0,
        told: Callable[[Swept], None] | None = None,
        name: str | None = None,
    ):
        self.name = name or secrets.token_hex(6)
        self._engine = engine
        self._every = every_seconds
        self._told = told or (lambda swept: None)
        self._clockwork = Clockwork(engine)
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Work on a thread of its own."""
        self._thread = threading.Thread(target=self.run, name="tallystick-clockwork", daemon=True)
        self._thread.start()

    def run(self) -> None:
        """Work until `stop`. A database that cannot be reached is tried again and again."""
        while not self._stopped.is_set():
            try:
                swept = self.work_once()
                self._told(swept)
            except StoreError as error:
                log.warning("the clockwork waits for the database: %s", error)
            self._stopped.wait(self._every)

    def work_once(self) -> Swept:
        """Take a share of the buckets, and sweep it."""
        buckets = self._sit_down()
        renewed = self._engine.clock.now()

        def going_on() -> bool:
            """A long sweep shows now and then that its worker is alive."""
            nonlocal renewed
            now = self._engine.clock.now()
            if now - renewed > SEAT_SECONDS * SECOND // 3:
                self._sit_down()
                renewed = now
            return not self._stopped.is_set()

        return self._clockwork.sweep(sorted(buckets), self._told, going_on)

    def stop(self) -> None:
        """Finish the batch at hand, leave, and end."""
        self._stopped.set()
        if self._thread is not None:
            self._thread.join()
        self._stand_up()

    def _sit_down(self) -> set[int]:
        now = self._engine.clock.now()
        until = now + SEAT_SECONDS * SECOND
        with self._engine.store.writing():
            seats = self._engine.store.seats()
            mine = Seat(free_seat(seats, self.name, now), self.name, until)
            self._engine.store.take_seat(mine)
        return share([*(each for each in seats if each.seat != mine.seat), mine], self.name, now)

    def _stand_up(self) -> None:
        try:
            with self._engine.store.writing():
                for each in self._engine.store.seats():
                    if each.worker == self.name:
                        self._engine.store.take_seat(Seat(each.seat, self.name, 0))
        except StoreError as error:
            log.info("the seat of %s falls free by itself: %s", self.name, error)


def free_seat(seats: list[Seat], worker: str, now: Instant) -> int:
    """The seat that `worker` has, or else the first that nobody has who is alive."""
    taken = {each.seat for each in seats if each.until > now}
    own = [each.seat for each in seats if each.worker == worker and each.until > now]
    return own[0] if own else next(seat for seat in range(len(taken) + 1) if seat not in taken)


def share(seats: list[Seat], worker: str, now: Instant) -> set[int]:
    """The buckets that `worker` sees to: every n-th, of n workers that are alive."""
    alive = sorted((each.seat, each.worker) for each in seats if each.until > now)
    workers = [each for _, each in alive]
    own = workers.index(worker)
    return {bucket for bucket in range(BUCKETS) if bucket % len(workers) == own}
