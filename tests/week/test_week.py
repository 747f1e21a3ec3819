"""A week of unlucky production, shorter: nothing is lost, doubled or overspent."""

from __future__ import annotations

import os
from typing import Any

import pytest

from tests.databases import SERVER
from tests.week.week import Plan, live

SEED = int(os.environ.get("TALLYSTICK_WEEK_SEED", "1"))
"""Another one makes other requests, and kills at other moments."""
SLICE = {
    "sqlite": Plan("sqlite", kills=3, gap=(60, 200), repeated=0.2, seed=SEED),
    "postgres": Plan("postgres", kills=3, gap=(60, 200), repeated=0.2, seed=SEED),
}
WHOLE = {
    "sqlite": Plan("sqlite", kills=24, gap=(500, 3_000), repeated=1, seed=SEED),
    "postgres": Plan("postgres", kills=26, gap=(500, 3_000), repeated=1, seed=SEED),
}
own_server = pytest.mark.skipif(
    SERVER is not None, reason="this kills its server, so it makes one, of the version of the wheel"
)
KINDS = ["sqlite", pytest.param("postgres", marks=own_server)]


def lived(plan: Plan, record: Any) -> None:
    week = live(plan)
    record("figures", f"the week on {plan.kind}: {week.figures}")
    assert week.wrong == []
    assert week.faults == []
    assert sum(week.figures["killed"].values()) == plan.kills


@pytest.mark.parametrize("kind", KINDS)
def test_a_slice_of_the_week_reconciles(kind: str, record_property: Any):
    lived(SLICE[kind], record_property)


@pytest.mark.prove
@pytest.mark.parametrize("kind", KINDS)
def test_the_week_reconciles(kind: str, record_property: Any):
    """Fifty programs are killed on the two databases."""
    lived(WHOLE[kind], record_property)


@pytest.mark.prove
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("broken", "said"), [("forgets", "nobody asked for"), ("loses", "and stands 0 times")]
)
def test_a_week_with_a_broken_product_does_not_reconcile(kind: str, broken: str, said: str):
    week = live(SLICE[kind], broken)
    assert [each for each in week.wrong if said in each]
