"""Large work on the event loop, a slice at a time: between two of them everybody else is answered.

However many have large work, the loop does one slice of it in a round; their keys take turns. What
cannot be cut is done one at a time. As long as several keys ask, each piece of work is followed by
a rest as long as it took, or twice as long where it could not be cut: that time belongs to others.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import TypeVar

from .turns import Asker, Limits, Turns

T = TypeVar("T")
R = TypeVar("R")

SLICE_ITEMS = 20
"""Commands that are read, or answered, in one go: less than a millisecond."""
COMPANY_SECONDS = 1.0
"""How long work is followed by rests after another key has asked."""
BODY_BYTES_A_SECOND = 20_000_000
"""How much of large bodies is read a second, at most, while several keys ask."""
_EVERYBODY = 1 << 30


class Slices:
    """Decides whose slice of work is next, on one event loop."""

    def __init__(self) -> None:
        limits = Limits(readers=1, platform=1, key=1, account=1, wait=_EVERYBODY)
        self._turns = Turns(limits)
        self._whole = Turns(limits)
        self._latest: str | None = None
        self._company_until = 0.0

    def seen(self, key: str) -> None:
        """Note that a key asks for something, however small."""
        if key != self._latest:
            if self._latest is not None:
                self._company_until = asyncio.get_running_loop().time() + COMPANY_SECONDS
            self._latest = key

    async def of(
        self, asker: Asker, work: Callable[[Sequence[T]], R], given: Sequence[T]
    ) -> list[R]:
        """Do the work on each slice of a list. Returns what each came to, in order."""
        done: list[R] = []
        loop = asyncio.get_running_loop()
        for start in range(0, len(given), SLICE_ITEMS):
            await self._turns.begin(asker)
            begun = loop.time()
            try:
                done.append(work(given[start : start + SLICE_ITEMS]))
                await asyncio.sleep(self._rest(begun, loop.time()))
            finally:
                self._turns.end(asker)
        return done

    async def whole(self, asker: Asker, work: Callable[[], R], size_bytes: int = 0) -> R:
        """What work that cannot be cut came to. The rest after it counts the body as well, of
        `size_bytes`, which the loop has read from the network before."""
        await self._whole.begin(asker)
        loop = asyncio.get_running_loop()
        begun = loop.time()
        try:
            return work()
        finally:
            rest = 2 * self._rest(begun, loop.time())
            if rest:
                rest = max(rest, size_bytes / BODY_BYTES_A_SECOND)
            loop.call_later(rest, self._whole.end, asker)

    def _rest(self, begun: float, now: float) -> float:
        return now - begun if now < self._company_until else 0.0
