"""Spends that are asked for again while something that was under way before comes to its end."""

from typing import Any

from tallystick import LeaseExhausted
from tests.patience import until


def spent_in_the_end(lease: Any, images: int) -> Any:
    """The credits of a spend. A renewal that was asked for before a top-up may be refused after
    it, and a spend that waits for that one is told so."""

    def spent() -> Any:
        try:
            return lease.spend("Dot", images=images).credits
        except LeaseExhausted:
            return None

    return until(spent)
