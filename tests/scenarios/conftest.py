"""Every story ends with its ledger verified: no test here can pass over a journal that is wrong."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.scenarios.story import Story, Tell


@pytest.fixture
def tell() -> Iterator[Tell]:
    told: list[Story] = []

    def begin(*args: Any, **kwargs: Any) -> Story:
        told.append(Story(*args, **kwargs))
        return told[-1]

    yield begin
    for story in told:
        report = story.credits.verify()
        story.credits.close()
        assert report, [str(problem) for problem in report.problems]
