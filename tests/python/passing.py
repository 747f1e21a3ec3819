"""Time that passes when a test says so: for whatever renews holds, and on the platform's clock."""

import asyncio
import threading
from typing import Any

from tallystick.client.renewal import RenewalThread, Timing
from tallystick.testing import TestClock
from tests.patience import until, until_on_loop

START = "2026-01-31T10:00:00Z"


class Passing(Timing):
    """Seconds that stand until `passes` moves them, and the platform's clock with them.

    It comes back when the renewals' thread has done all that fell due: no test waits for time.
    """

    def __init__(self) -> None:
        self.clock = TestClock(START)
        self.renewals: RenewalThread | None = None
        self._now = 0.0
        self._until: float | None = None
        self._changed: Any = None

    def now(self) -> float:
        return self._now

    def wait(self, changed: threading.Condition, seconds: float) -> None:
        """What the renewals' thread waits in."""
        self._changed, self._until = changed, self._now + seconds
        changed.wait(60)
        self._until = None

    def passes(self, seconds: float) -> None:
        """Time passes, in steps that end whenever that thread wants to be woken."""
        end = self._now + seconds
        while self._now < end:
            self.settle()
            step = (end if self._until is None else min(end, self._until)) - self._now
            self._now += step
            self.clock.advance(seconds=step)
            if self._until is not None and self._now >= self._until:
                with self._changed:
                    self._changed.notify_all()
        self.settle()

    def settle(self) -> None:
        """Wait until that thread waits for time to pass, or has ended."""
        until(lambda: self.thread is None or self._waits())

    @property
    def thread(self) -> threading.Thread | None:
        """The renewals' thread, while there is one."""
        thread = self.renewals._thread if self.renewals else None
        return thread if thread and thread.is_alive() else None

    def _waits(self) -> bool:
        if self._changed is None:
            return False
        with self._changed:
            return bool(self._changed._waiters)


class PassingOnALoop(Timing):
    """The same for the tasks that keep holds on an event loop."""

    def __init__(self) -> None:
        self.clock = TestClock(START)
        self._now = 0.0
        self._sleepers: dict[asyncio.Future[None], float] = {}

    def now(self) -> float:
        return self._now

    async def sleep(self, seconds: float) -> None:
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._sleepers[woken] = self._now + seconds
        try:
            await woken
        finally:
            del self._sleepers[woken]

    async def passes(self, seconds: float) -> None:
        """Time passes, in steps that end whenever a task wants to be woken."""
        end = self._now + seconds
        while self._now < end:
            await self.settle()
            step = min([end, *self._sleepers.values()]) - self._now
            self._now += step
            self.clock.advance(seconds=step)
            for woken, at in self._sleepers.items():
                if at <= self._now and not woken.done():
                    woken.set_result(None)
            await asyncio.sleep(0)
        await self.settle()

    async def settle(self) -> None:
        """Wait until every task that keeps a hold sleeps, or has ended. Nobody tells."""
        await until_on_loop(self._all_sleep)

    def _all_sleep(self) -> bool:
        return len([each for each in self._sleepers if not each.done()]) >= len(self.tasks)

    @property
    def tasks(self) -> list[Any]:
        """The tasks that keep holds on this loop."""
        mine = [each for each in asyncio.all_tasks() if each.get_name().startswith("renew ")]
        return [each for each in mine if not each.cancelling()]
