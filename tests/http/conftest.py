"""Worlds: one to a module for what changes nothing, a fresh one for what does."""

from collections.abc import Iterator

import pytest

from tallystick.http.settings import ServerSettings
from tests.http.world import World


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """Shared: whoever changes it takes `fresh`."""
    with World(settings=ServerSettings(max_body_bytes=200_000)) as world:
        yield world


@pytest.fixture(scope="module")
def _fresh() -> Iterator[World]:
    with World() as world:
        yield world


@pytest.fixture
def fresh(_fresh: World) -> World:
    """As it began: what other tests did to it is undone. Who changes its server makes his own."""
    _fresh.begin_again()
    return _fresh
