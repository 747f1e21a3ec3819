"""The engine: the one door through which account state is written, and the answers it gives."""

from ..core.instants import Clock
from .clock import SystemClock
from .clock_check import Accepted, ClockLimits, ClockStanding
from .engine import Answer, Engine, Outcome, check_one_account

__all__ = [
    "Accepted",
    "Answer",
    "Clock",
    "ClockLimits",
    "ClockStanding",
    "Engine",
    "Outcome",
    "SystemClock",
    "check_one_account",
]
