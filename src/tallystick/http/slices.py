"""Large work on the event loop, a slice at a time: between two of them everybody else is answered.

However many have large work, the loop does one slice of it in a round; their keys take turns. What
cannot be cut is done one at a time, and then rests for as long as it took: half of the time belongs
to others.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import TypeVar

from .turns import Asker, Limits, Turns

T = TypeVar("T")
R = TypeVar("R")

SLICE_ITEMS = 20
"""Commands that are read, or answered, in one go: less than a millisecond."""
_EVERYBODY = 1 << 30


class Slices:
    """Whose slice is next, on one event loop."""

    def __init__(self) -> None:
        limits = Limits(readers=1, platform=1, key=1, account=1, wait=_EVERYBODY)
        self._turns = Turns(limits)
        self._whole = Turns(limits)

    async def of(
        self, asker: Asker, work: Callable[[Sequence[T]], R], given: Sequence[T]
    ) -> list[R]:
        """What the work on each slice came to, in order."""
        done: list[R] = []
        for start in range(0, len(given), SLICE_ITEMS):
            await self._turns.begin(asker)
            loop = asyncio.get_running_loop()
            begun = loop.time()
            try:
                done.append(work(given[start : start + SLICE_ITEMS]))
                await asyncio.sleep(loop.time() - begun)
            finally:
                self._turns.end(asker)
        return done

    async def whole(self, asker: Asker, work: Callable[[], R]) -> R:
        """What work that cannot be cut came to."""
        await self._whole.begin(asker)
        loop = asyncio.get_running_loop()
        begun = loop.time()
        try:
            return work()
        finally:
            loop.call_later(loop.time() - begun, self._whole.end, asker)
