"""The Python interface: `Tallystick` and `AsyncTallystick`, every verb written once."""

from .facade import AsyncTallystick, Tallystick
from .holding import AsyncOpenHold, OpenHold

__all__ = ["AsyncOpenHold", "AsyncTallystick", "OpenHold", "Tallystick"]
