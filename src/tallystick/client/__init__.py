"""The Python interface: `Tallystick` and `AsyncTallystick`, every verb written once."""

from .facade import AsyncTallystick, Tallystick
from .holding import AsyncOpenHold, OpenHold
from .leased import Spent
from .leasing import AsyncOpenLease, OpenLease

__all__ = [
    "AsyncOpenHold",
    "AsyncOpenLease",
    "AsyncTallystick",
    "OpenHold",
    "OpenLease",
    "Spent",
    "Tallystick",
]
