"""A rate card remembers prices: of the same request, on the same plan, and of nothing else."""

import pytest

from tallystick import InvalidRequest
from tallystick.core import catalog as c
from tallystick.core import pricing
from tallystick.core.pricing import Request
from tests.core.test_pricing import MILLION, card, cost, one


def test_a_request_that_is_made_again_is_answered_the_same_price():
    rates = one(c.PerUnit(2 * MILLION, "second"))
    asked = Request("Toy Maker", {"seconds": 8})
    assert rates.price(asked) is rates.price(Request("Toy Maker", {"seconds": 8}))
    assert rates.price(Request("Toy Maker", {"seconds": 9})).credits == 18 * MILLION


def test_what_is_equal_and_not_the_same_is_not_answered_by_the_other_ones_price():
    rates = one(c.PerUnit(2 * MILLION, "second"))
    assert cost(rates, seconds=1) == 2
    with pytest.raises(InvalidRequest):
        cost(rates, seconds=True)
    with pytest.raises(InvalidRequest):
        rates.price(Request("Toy Maker", {"seconds": 1}, True))
    assert cost(rates, seconds=1.0) == 2


def test_a_price_on_a_plan_is_not_remembered_for_others_nor_for_an_older_plan_of_that_name():
    rates = one(c.Flat(5 * MILLION))
    basic, unlimited = rates.catalog.plans
    assert [cost(rates), cost(rates, plan=unlimited), cost(rates), cost(rates, plan=basic)] == [
        5, 0, 5, 5,
    ]  # fmt: skip
    assert cost(rates, plan=c.Plan("all", "Free-for-all")) == 5
    assert cost(rates, plan=unlimited) == 0


def test_a_price_that_was_remembered_ends_with_its_rate():
    rates = card(c.Rate("toy-maker", c.Flat(5 * MILLION)), until=1_000)
    asked = Request("Toy Maker")
    assert rates.price(asked, at=999).credits == 5 * MILLION
    with pytest.raises(InvalidRequest):
        rates.price(asked, at=1_000)


def test_a_card_remembers_no_more_prices_than_it_may(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(pricing, "_PRICES_MAX", 10)
    rates = one(c.PerUnit(2 * MILLION, "second"))
    for seconds in range(1, 100):
        assert cost(rates, seconds=seconds) == 2 * seconds
    assert len(rates._prices) <= 10
