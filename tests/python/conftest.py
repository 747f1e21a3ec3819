"""A small platform on a clock that stands, through both transports: called, and awaited."""

from collections.abc import Iterator
from typing import Any

import pytest

from tallystick.testing import TestClock
from tests.databases import scratch_database
from tests.python.transports import TRANSPORTS
from tests.scenarios.small import small

FREE_DAILY = "free_credits: [{credits: 10, every: day}]\n"


@pytest.fixture
def clock() -> TestClock:
    return TestClock("2026-01-31T10:00:00Z")


@pytest.fixture(params=TRANSPORTS)
def credits(request: pytest.FixtureRequest, clock: TestClock) -> Iterator[Any]:
    """The platform, with the account ``ada`` on 100 monthly and 10 daily credits."""
    with scratch_database() as url:
        opened = TRANSPORTS[request.param](url, catalog=small(FREE_DAILY), clock=clock)
        opened.open_account("ada", members={"mia": 50})
        opened.subscribe("ada", "Basic")
        yield opened
        assert opened.verify()
        opened.close()
