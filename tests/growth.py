"""What work costs as it grows: in proportion, or by its square."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterable
from typing import Any

FLOOR = 0.02
"""Seconds of the processor below which nothing is compared: there, noise is larger than growth."""
POWER = 1.5
"""Between in proportion, 1, and by the square, 2: eight times the work may cost 23 times as much,
which leaves room for noise, and not 64 times."""
NOISE = 1.0
"""Seconds that no noise adds."""
TRIES = 5
"""What costs too much is measured again: the least counts, for others use this machine too."""


def seconds(work: Callable[[], Any]) -> float:
    """What some work costs, in seconds of the processor, all threads together. The collector of
    garbage, which comes at sizes of its own, has to wait."""
    gc.disable()
    try:
        began = time.process_time()
        work()
        return time.process_time() - began
    finally:
        gc.enable()


def faster_than_linear(
    sized: Callable[[int], Callable[[], Any]], sizes: Iterable[int]
) -> str | None:
    """Of work made for growing sizes, where its cost grew too fast; None if it never did.

    Smaller sizes come first, so that what grows by its square is found before it takes long.
    """
    before: tuple[int, float] | None = None
    for size in sizes:
        took = seconds(sized(size))
        if before is not None:
            most = max(FLOOR, before[1] * (size / before[0]) ** POWER)
            for _ in range(TRIES if took < NOISE else 0):
                if took <= most:
                    break
                took = min(took, seconds(sized(size)))
            if took > most:
                return f"{before[0]:,} took {before[1]:.3f} s, {size:,} took {took:.3f} s"
        before = size, took
    return None


def doubling(first: int, last: int) -> list[int]:
    """Sizes from `first` on, each twice the one before, up to `last`."""
    sizes = [first]
    while sizes[-1] * 2 <= last:
        sizes.append(sizes[-1] * 2)
    return sizes
