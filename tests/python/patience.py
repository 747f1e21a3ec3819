"""Spends that are asked for again while something that was under way before comes to its end."""

import time
from contextlib import suppress
from typing import Any

from tallystick import LeaseExhausted


def spent_in_the_end(lease: Any, images: int) -> Any:
    """The credits of a spend. A renewal that was asked for before a top-up may be refused after
    it, and a spend that waits for that one is told so."""
    for _ in range(100):
        with suppress(LeaseExhausted):
            return lease.spend("Dot", images=images).credits
        time.sleep(0.01)
    return None
