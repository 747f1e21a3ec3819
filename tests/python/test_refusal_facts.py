"""Refusal facts: typed inside, shown outside by their types, stored as they always were."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import get_type_hints

import pytest
from msgspec import structs

from tallystick import results
from tallystick.core import refusal_facts, refusals
from tallystick.core.catalog import Money
from tallystick.core.credits import Credits, Micros
from tallystick.core.instants import Instant
from tallystick.core.refusal_facts import (
    ClosedHoldFacts,
    MembersFacts,
    RefusalFacts,
    WindowCapFacts,
)
from tallystick.core.refusals import BY_CODE, REFUSALS, Refusal, WayOut
from tallystick.engine import views

SHAPES = {each.facts_type for each in REFUSALS} - {RefusalFacts}


class OverdraftFacts(RefusalFacts, frozen=True):
    """Facts that nobody has listed anywhere."""

    overdraft: Micros
    since: Instant
    entry: int
    lender: str
    repaid: Micros | None = None
    asked_at: Instant | None = None


def test_a_fact_that_nobody_listed_is_shown_by_its_type():
    facts = OverdraftFacts(overdraft=1_500_000, since=0, entry=7, lender="ann", repaid=2_000_000)
    assert views.facts(facts) == {
        "overdraft": Decimal("1.5"),
        "since": datetime(1970, 1, 1, tzinfo=UTC),
        "entry": 7,
        "lender": "ann",
        "repaid": 2,
    }


def test_what_is_several_is_a_list_and_what_is_missing_is_left_out():
    assert views.facts(MembersFacts(("ann", "zoe"))) == {"members": ["ann", "zoe"]}
    assert views.facts(None) == {}


@pytest.mark.parametrize("shape", sorted(SHAPES, key=lambda each: each.__name__))
def test_every_fact_has_the_same_name_outside_and_the_type_it_is_shown_as(shape):
    outside = {each.name: each.type for each in structs.fields(results.Refusal)}
    shown = {Micros: Credits, Instant: datetime}
    for name, inside in get_type_hints(shape, include_extras=True).items():
        kinds = [outer for inner, outer in shown.items() if inside in (inner, inner | None)]
        assert outside[name] == (kinds[0] if kinds else inside) | None


def test_every_shape_is_that_of_a_code():
    """Every shape is used, and a fact never has two types."""
    shapes = {each for each in vars(refusal_facts).values()
              if isinstance(each, type) and issubclass(each, RefusalFacts)}  # fmt: skip
    assert shapes == SHAPES | {RefusalFacts}


CAP = WindowCapFacts(member="ann", cap=50_000_000, used=1, credits=24_000_000)
RELEASED = ClosedHoldFacts(hold="h2", how="released", closed_at=9)
BUNDLE = WayOut("top_up", price=Money("1", "EUR"))
STORED = {
    Refusal("member_cap_reached", "no", CAP): (
        '"member_cap_reached","message":"no",'
        '"facts":{"member":"ann","cap":50000000,"used":1,"credits":24000000}'
    ),
    Refusal("hold_closed", "no", RELEASED): (
        '"hold_closed","message":"no","facts":{"hold":"h2","how":"released","closed_at":9}'
    ),
    Refusal("member_unknown", "no", MembersFacts(("ann",))): (
        '"member_unknown","message":"no","facts":{"members":["ann"]}'
    ),
    Refusal("top_ups_not_sold", "no", None, (BUNDLE,)): (
        '"top_ups_not_sold","message":"no",'
        '"ways_out":[{"kind":"top_up","price":{"amount":"1","currency":"EUR"}}]'
    ),
    Refusal("no_subscription", "no"): '"no_subscription","message":"no"',
}


@pytest.mark.parametrize("refusal", STORED, ids=lambda each: each.code)
def test_a_refusal_is_stored_as_it_always_was(refusal: Refusal):
    document = b'{"code":' + STORED[refusal].encode() + b"}"
    assert refusals.encode(refusal) == document
    assert refusals.decode(document) == refusal


def test_a_stored_refusal_with_a_fact_that_is_not_known_any_more_can_be_read():
    document = b'{"code":"quote_used","message":"no","facts":{"entry":7,"page":1}}'
    assert views.refused(refusals.decode(document)).facts == {"entry": 7}
    assert BY_CODE["quote_used"].facts_type is refusal_facts.EntryFacts
