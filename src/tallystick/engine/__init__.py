"""The engine: the one door through which account state is written, and the answers it gives."""

from .clock import Clock, SystemClock
from .engine import Answer, Engine, Outcome

__all__ = ["Answer", "Clock", "Engine", "Outcome", "SystemClock"]
