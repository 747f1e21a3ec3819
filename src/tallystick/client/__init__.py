"""The Python interface: `Tallystick` and `AsyncTallystick`, every verb written once."""

from .facade import AsyncTallystick, Tallystick
from .lease_spends import Spent
from .open_holds import AsyncOpenHold, OpenHold
from .open_leases import AsyncOpenLease, OpenLease

__all__ = [
    "AsyncOpenHold",
    "AsyncOpenLease",
    "AsyncTallystick",
    "OpenHold",
    "OpenLease",
    "Spent",
    "Tallystick",
]
