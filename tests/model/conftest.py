"""Lives are short here: their snapshots stand close, so that the past is answered from them.

And keys are repeated years later: refusals are remembered all the time. When they are forgotten is
shown by ``tests/store/test_remembered_refusals.py``.
"""

from collections.abc import Iterator

import pytest

from tallystick.core import snapshots
from tallystick.core.instants import DAY
from tallystick.store import refusals


@pytest.fixture(scope="session", autouse=True)
def close_snapshots() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(snapshots, "EVERY_ENTRIES", 3)
        yield


@pytest.fixture(scope="session", autouse=True)
def nothing_is_forgotten() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(refusals, "KEPT_MICROS", 100 * 366 * DAY)
        yield
