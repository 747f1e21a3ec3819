"""What a store promises, every kind of store promises: a database of each kind."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.databases import KINDS, fresh_database


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def url(kind: str) -> Iterator[str]:
    """The URL of an empty database."""
    with fresh_database(kind) as url:
        yield url


@pytest.fixture
def bare_url(kind: str) -> Iterator[str]:
    """The URL of a database, or of a place for one, that nobody has opened yet."""
    with fresh_database(kind, bare=True) as url:
        yield url
