"""Where a story can be told: in this process, over HTTP, in the shell, and on PostgreSQL.

A place opens a platform on a clock that stands: its clock, its verbs, and what closes it.
"""

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any, NamedTuple

import pytest

from tallystick import Tallystick
from tallystick.testing import TestClock
from tests.databases import fresh_database
from tests.python.transports import OverHttp
from tests.scenarios.in_the_shell import ClockInTheShell, InTheShell


class Opened(NamedTuple):
    clock: Any
    credits: Any
    close: Callable[[], None]


Place = Callable[[str | None, Any, str], Opened]
"""Opens a platform, or a catalog of its own, at an instant."""


def in_process(platform: str | None, catalog: Any, at: str) -> Opened:
    clock = TestClock(at)
    credits = Tallystick.open(":memory:", platform, catalog, clock)
    return Opened(clock, credits, credits.close)


def over_http(platform: str | None, catalog: Any, at: str) -> Opened:
    clock = TestClock(at)
    credits = OverHttp(":memory:", platform, catalog, clock)
    return Opened(clock, credits, credits.close)


def on_postgres(platform: str | None, catalog: Any, at: str) -> Opened:
    clock, lent = TestClock(at), ExitStack()
    credits = Tallystick.open(
        lent.enter_context(fresh_database("postgres")), platform, catalog, clock
    )
    lent.callback(credits.close)
    return Opened(clock, credits, lent.close)


def in_the_shell(platform: str | None, catalog: Any, at: str) -> Opened:
    lent = ExitStack()
    file = lent.enter_context(fresh_database("sqlite"))
    credits = InTheShell(file, platform, catalog, at)
    lent.callback(credits.close)
    return Opened(ClockInTheShell(credits), credits, lent.close)


IN_PROCESS: Place = in_process
PLACES: dict[str, Place] = {
    "in process": in_process,
    "over HTTP": over_http,
    "in the shell": in_the_shell,
    "on PostgreSQL": on_postgres,
}
everywhere = pytest.mark.parametrize("tell", PLACES, indirect=True)
"""Tells the stories of a file in every place: ``pytestmark = everywhere``."""
