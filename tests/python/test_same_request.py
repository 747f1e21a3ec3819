"""Under a key, requests that mean the same are the same, however they are written."""

from decimal import Decimal
from typing import Any

import pytest

from tallystick import KeyConflict


@pytest.mark.parametrize(
    ("first", "again"), [(3, 3.0), (3.0, 3), (Decimal("3.0"), 3), (3, Decimal("3.00"))]
)
def test_a_whole_number_is_the_same_with_a_point(credits: Any, first: Any, again: Any):
    charge = credits.charge("ada", "Clip", seconds=first, key="k")
    assert credits.charge("ada", "Clip", seconds=again, key="k").to_json() == charge.to_json()
    topped = credits.top_up("ada", first, custom=True, key="t")
    assert credits.top_up("ada", again, custom=True, key="t").to_json() == topped.to_json()


def test_a_model_is_the_same_by_its_name_and_its_id(credits: Any):
    charge = credits.charge("ada", "Clip", seconds=3, key="k")
    model = charge.lines[0].model
    assert model != "Clip"
    assert credits.charge("ada", model, seconds=3.0, key="k").to_json() == charge.to_json()
    hold = credits.hold("ada", model, seconds=2, key="h")
    assert credits.hold("ada", "Clip", seconds=2, key="h").hold == hold.hold


def test_what_means_something_else_is_in_conflict(credits: Any):
    credits.charge("ada", "Clip", seconds=3, key="k")
    for said in ({"seconds": 3.5}, {"seconds": 4}, {"seconds": "3"}):
        with pytest.raises(KeyConflict):
            credits.charge("ada", "Clip", **said, key="k")
    with pytest.raises(KeyConflict):
        credits.charge("ada", "Dot", key="k")
