"""A worker: sweeps again and again, and shares the work with the workers of other processes.

Accounts are in 64 buckets. Each worker has a slot, which it keeps for some seconds and renews; the
buckets are shared out among the slots that are taken. Two workers on one bucket, as may
happen when a slot is taken or falls free, do no harm: bringing an account up to date twice writes
nothing the second time.
"""

import logging
import secrets
import threading

from ..core.errors import StoreError
from ..core.instants import SECOND, Instant
from ..engine import Engine
from ..store import BUCKETS, WorkerSlot
from .backfill import Backfill
from .sweep import Sweeper
from .watch import Swept, Watch

log = logging.getLogger("tallystick.scheduler")

WORKER_SLOT_SECONDS = 15
"""How long a worker counts as being at work after it was last heard of."""

LONGEST_PAUSE_SECONDS = 30.0
"""After a sweep that failed the pause doubles, up to this."""


class Worker:
    """Keeps the accounts of an engine's database up to date until it is stopped."""

    def __init__(
        self,
        engine: Engine,
        every_seconds: float = 1.0,
        watch: Watch | None = None,
        name: str | None = None,
    ):
        self.name = name or secrets.token_hex(6)
        self._engine = engine
        self._every = every_seconds
        self._watch = watch or Watch()
        self._stopped = threading.Event()
        self._sweeper = Sweeper(engine, rest=self._stopped.wait)
        self._backfill = Backfill(engine.store, self._stopped.wait)
        self._buckets: set[int] = set()
        self._looked: Instant = 0
        self._seated = False
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Work on a thread of its own."""
        self._thread = threading.Thread(target=self.run, name="tallystick-scheduler", daemon=True)
        self._thread.start()

    def run(self) -> None:
        """Work until told to end. Whatever goes wrong is told to the watch, and tried again."""
        failed = 0
        while not self._stopped.is_set():
            try:
                self.work_once()
                failed = 0
            except Exception as error:  # noqa: BLE001 - nothing may end the scheduler, or a server
                failed += 1
                self._watch.failed(error)
            pause = self._every * 2 ** min(failed, 16)
            self._stopped.wait(min(pause, max(LONGEST_PAUSE_SECONDS, self._every)))

    def work_once(self) -> Swept:
        """Take a share of the buckets, and sweep it."""
        self._claim_buckets()
        swept = self._sweeper.sweep(self._buckets, self._watch, self._going_on)
        self._backfill.fill(self._buckets, self._watch, self._going_on)
        if not self._stopped.is_set():
            self._watch.swept(swept, self._engine.clock.now())
        return swept

    def _going_on(self) -> bool:
        """A long sweep shows now and then that its worker is alive, and learns who else is."""
        if self._engine.clock.now() - self._looked > WORKER_SLOT_SECONDS * SECOND // 5:
            self._claim_buckets()
        return not self._stopped.is_set()

    def end(self) -> None:
        """Tell it to finish the page at hand, and no more; from any thread, or a signal."""
        self._stopped.set()

    def stop(self) -> None:
        """Finish the page at hand, end, and leave."""
        self.end()
        if self._thread is not None:
            self._thread.join()
        if self._seated:
            self._stand_up()

    def _claim_buckets(self) -> set[int]:
        """Look who is at work, and take or renew a slot where that is due. Returns the buckets that
        are ours by that."""
        self._looked = now = self._engine.clock.now()
        with self._engine.store.reading():
            slots = self._engine.store.worker_slots()
        mine = own_slot(slots, self.name, now)
        if mine is None or mine.until - now < WORKER_SLOT_SECONDS * SECOND * 2 // 3:
            slots = self._take_worker_slot()
        self._buckets.clear()
        self._buckets |= share(slots, self.name, now)
        return set(self._buckets)

    def _take_worker_slot(self) -> list[WorkerSlot]:
        """Take a slot, or renew it. Raises `WrongClock`: one that is taken at an instant that is
        far ahead would be taken until then."""
        store = self._engine.store
        with store.writing():
            now = self._engine.clock_check.now()
            slots = store.worker_slots()
            mine = own_slot(slots, self.name, now)
            slot = free_slot(slots, now) if mine is None else mine.slot
            taken = WorkerSlot(slot, self.name, now + WORKER_SLOT_SECONDS * SECOND)
            store.take_worker_slot(taken)
        self._seated = True
        return [*(each for each in slots if each.slot != slot), taken]

    def _stand_up(self) -> None:
        self._seated = False
        try:
            with self._engine.store.writing():
                for each in self._engine.store.worker_slots():
                    if each.worker == self.name:
                        self._engine.store.take_worker_slot(WorkerSlot(each.slot, self.name, 0))
        except StoreError as error:
            log.info("the worker slot of %s falls free by itself: %s", self.name, error)


def own_slot(slots: list[WorkerSlot], worker: str, now: Instant) -> WorkerSlot | None:
    """The slot that `worker` has."""
    return next((each for each in slots if each.worker == worker and each.until > now), None)


def free_slot(slots: list[WorkerSlot], now: Instant) -> int:
    """The first slot that nobody has who is alive."""
    taken = {each.slot for each in slots if each.until > now}
    return next(slot for slot in range(len(taken) + 1) if slot not in taken)


def share(slots: list[WorkerSlot], worker: str, now: Instant) -> set[int]:
    """The buckets that `worker` sees to: every n-th, of n workers that are alive."""
    alive = sorted((each.slot, each.worker) for each in slots if each.until > now)
    workers = [each for _, each in alive]
    own = workers.index(worker)
    return {bucket for bucket in range(BUCKETS) if bucket % len(workers) == own}
