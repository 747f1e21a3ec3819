"""People with something to fall due, in a database of each kind, under a clock of the test's."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tallystick import Tallystick
from tallystick.testing import TestClock
from tests.databases import KINDS, fresh_database
from tests.machine import Machine
from tests.scheduler.people import CATALOG, PEOPLE, START, live


@pytest.fixture
def clock() -> TestClock:
    return TestClock(START)


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    """This machine, whose clock can be set wrong."""
    found = Machine()
    monkeypatch.setattr("tallystick.engine.clock.time", found)
    return found


@pytest.fixture(params=KINDS)
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    with fresh_database(request.param) as url:
        yield url


@pytest.fixture
def credits(url: str, clock: TestClock) -> Iterator[Tallystick]:
    """Forty subscribers who each spent and hold something, and one account without a plan."""
    opened = Tallystick.open(url, catalog=CATALOG, clock=clock)
    for person in PEOPLE:
        live(opened, person)
    opened.open_account("idle")
    yield opened
    assert opened.verify()
    opened.close()
