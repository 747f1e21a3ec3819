"""Every story ends with its ledger verified: no test here can pass over a journal that is wrong."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.scenarios.places import PLACES
from tests.scenarios.story import Story, Tell


@pytest.fixture
def tell(request: pytest.FixtureRequest) -> Iterator[Tell]:
    """Begins a story, in this process unless the test is told in other places."""
    place = PLACES[getattr(request, "param", "in process")]
    told: list[Story] = []

    def begin(*args: Any, **kwargs: Any) -> Story:
        told.append(Story(*args, place=place, **kwargs))
        return told[-1]

    yield begin
    for story in told:
        report = story.credits.verify()
        story.close()
        assert report, [str(problem) for problem in report.problems]
