"""Work that is doubled may at most cost a little more than twice as much."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterable
from typing import Any

FLOOR = 0.02
"""Seconds of the processor below which nothing is compared: there, noise is larger than growth."""
FACTOR = 3.0
"""How much more twice the work may cost. In proportion it is 2; by its square it is 4."""
TRIES = 5
"""What costs too much is measured again: the least counts, for others use this machine too."""


def seconds(work: Callable[[], Any]) -> float:
    """What some work costs, in seconds of the processor, all threads together. The collector of
    garbage would come at sizes of its own, so it comes before."""
    gc.collect()
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
    """Of work made for sizes that double, where its cost grew too fast; None if it never did.

    Smaller sizes come first, so that what grows by its square is found before it takes long.
    """
    before: tuple[int, float] | None = None
    for size in sizes:
        took = seconds(sized(size))
        if before is not None:
            for _ in range(TRIES):
                if took <= max(FLOOR, FACTOR * before[1]):
                    break
                took = min(took, seconds(sized(size)))
            else:
                return f"{before[0]:,} took {before[1]:.3f} s, {size:,} took {took:.3f} s"
        before = size, took
    return None


def doubling(first: int, last: int) -> list[int]:
    """Sizes from `first` on, each twice the one before, up to `last`."""
    sizes = [first]
    while sizes[-1] * 2 <= last:
        sizes.append(sizes[-1] * 2)
    return sizes
