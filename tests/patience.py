"""How a test waits: for the event itself, and no longer than a minute.

A slow machine must not fail a sound test. What has not happened after a minute never happens.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

PATIENCE_SECONDS = 60
_LOOK_SECONDS = 0.001


def until(met: Callable[[], T], otherwise: Callable[[], object] = lambda: "never so") -> T:
    """What `met` returns as soon as that is true. After a minute the test fails, and tells what
    `otherwise` returns."""
    pause, end = threading.Event(), time.monotonic() + PATIENCE_SECONDS
    while not (found := met()):
        assert time.monotonic() < end, otherwise()
        pause.wait(_LOOK_SECONDS)
    return found


async def until_on_loop(met: Callable[[], object]) -> None:
    """Let other tasks go on until something is true."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not met():
        assert time.monotonic() < end, "never so"
        await asyncio.sleep(_LOOK_SECONDS)
