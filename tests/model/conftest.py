"""Lives are short here: their snapshots stand close, so that the past is answered from them."""

from collections.abc import Iterator

import pytest

from tallystick.core import snapshots


@pytest.fixture(scope="session", autouse=True)
def close_snapshots() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(snapshots, "EVERY", 3)
        yield
