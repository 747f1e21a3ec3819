"""Prices, over random catalogs and over the three shipped ones (docs/spec.md 2.2 to 2.4, 2.7)."""

from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tallystick.catalogs import shipped
from tallystick.core import catalog as c
from tallystick.core.errors import InvalidRequest
from tallystick.core.pricing import Priced, RateCard, Request
from tallystick.core.quantities import MAX_QUANTITY
from tests.model import catalogs as random
from tests.model.catalogs import Asked

SHIPPED = {name: shipped(name) for name in ("artlist", "imagineart", "videodraft")}
MILLION = random.MILLION


def any_catalog() -> st.SearchStrategy[c.Catalog]:
    return st.one_of(random.catalogs(), st.sampled_from(list(SHIPPED.values())))


@st.composite
def asked_of_any(draw: st.DrawFn) -> tuple[c.Catalog, Asked]:
    catalog = draw(any_catalog())
    return catalog, draw(random.requests(catalog))


def price(catalog: c.Catalog, asked: Asked, plan: c.Plan | None = None) -> Priced:
    """The price, or the test is given up where it would be more than there are credits."""
    card = RateCard(c.Published(1, 0, catalog))
    params: dict[str, object] = dict(asked.settings)
    if asked.unit is not None:
        params[asked.unit + "s"] = str(as_decimal(asked.quantity))
    try:
        return card.price(Request(asked.model.id, params, asked.outputs), plan)
    except InvalidRequest as error:
        assume("costs more than" not in str(error))
        raise


def as_decimal(quantity: Fraction) -> str:
    whole, rest = divmod(int(quantity * MILLION), MILLION)
    return f"{whole}.{rest:06}"


def rate_and_rounding(catalog: c.Catalog, asked: Asked) -> tuple[c.Rate, c.Rounding]:
    (rate,) = random.covering(asked.model, asked.settings)
    tool = next(tool for tool in catalog.tools if tool.id == asked.model.tool)
    return rate, tool.rounding or catalog.policy.rounding


@given(asked_of_any())
def test_exactly_one_rate_prices_a_valid_request(given_: tuple[c.Catalog, Asked]):
    catalog, asked = given_
    (rate,) = random.covering(asked.model, asked.settings)
    assert price(catalog, asked).rate == rate.id


@pytest.mark.parametrize("name", SHIPPED)
def test_every_combination_of_settings_that_is_shipped_has_one_rate(name: str):
    for model in SHIPPED[name].models:
        card = RateCard(c.Published(1, 0, SHIPPED[name])).model(model.id)
        for settings in random.combinations(model):
            found = random.covering(model, settings)
            if found:
                assert [card.rate(settings)] == found
                continue
            with pytest.raises(InvalidRequest, match="is not offered with"):
                card.rate(settings)


@given(asked_of_any())
def test_the_total_is_rounded_once_after_the_outputs_multiplied(
    given_: tuple[c.Catalog, Asked],
):
    catalog, asked = given_
    rate, rounding = rate_and_rounding(catalog, asked)
    low, high = random.exact(rate.price, asked.quantity, asked.outputs)
    priced = price(catalog, asked)
    assert priced.credits == random.rounded(high, rounding)
    assert priced.least == random.rounded(low, rounding)
    assert priced.least <= priced.credits


@given(random.growing(), st.integers(0, 10**9), st.sampled_from([1, 1, 3]))
def test_more_never_costs_less(catalog_: c.Catalog, more: int, outputs: int):
    (model,) = catalog_.models
    price_ = model.rates[0].price
    unit = random.unit_of(price_) or ""
    step = Fraction(more, MILLION) if unit in random.FRACTIONAL else Fraction(more % 5_000)
    asked = Asked(model, {}, unit, Fraction(3), outputs)
    before = price(catalog_, asked)
    after = price(catalog_, asked._replace(quantity=asked.quantity + step))
    assert before.credits <= after.credits
    assert before.least <= after.least


@pytest.mark.parametrize("name", SHIPPED)
def test_more_never_costs_less_in_what_is_shipped(name: str):
    for model in SHIPPED[name].models:
        for rate in model.rates:
            if isinstance(rate.price, c.PerUnit | c.Range) and rate.price.unit:
                settings = {name: values[0] for name, values in rate.when.items()}
                asked = Asked(model, settings, rate.price.unit, Fraction(1), 1)
                costs = [
                    price(SHIPPED[name], asked._replace(quantity=Fraction(amount))).credits
                    for amount in (1, 2, 3, 7, 60, 599, 600, 601, 100_000)
                ]
                assert costs == sorted(costs)


@given(asked_of_any(), st.integers(2, 9))
def test_outputs_never_cost_more_together_than_one_by_one_rounded_up(
    given_: tuple[c.Catalog, Asked], outputs: int
):
    catalog, asked = given_
    _, rounding = rate_and_rounding(catalog, asked)
    assume(rounding.mode == "up")
    one = price(catalog, asked._replace(outputs=1))
    all_of_them = price(catalog, asked._replace(outputs=outputs))
    assert one.credits <= all_of_them.credits <= one.credits * outputs


@given(random.growing(["second", "minute"]), st.integers(1, 10**9), st.sampled_from([1, 4]))
def test_minutes_and_seconds_are_the_same_time(catalog_: c.Catalog, micros: int, outputs: int):
    """A minute is sixty seconds to the last millionth, whichever of the two is the unit."""
    (model,) = catalog_.models
    minutes = Fraction(micros, MILLION)
    assume(minutes * 60 <= MAX_QUANTITY)
    in_minutes = Asked(model, {}, "minute", minutes, outputs)
    in_seconds = Asked(model, {}, "second", minutes * 60, outputs)
    assert price(catalog_, in_minutes).credits == price(catalog_, in_seconds).credits
    unit = random.unit_of(model.rates[0].price)
    (own,) = [each for each in (in_minutes, in_seconds) if each.unit == unit]
    _, exactly = random.exact(model.rates[0].price, own.quantity, outputs)
    rounding = rate_and_rounding(catalog_, own)[1]
    assert price(catalog_, own).credits == random.rounded(exactly, rounding)


@given(asked_of_any())
def test_a_plan_that_makes_a_tool_unlimited_waives_the_price_and_shows_it(
    given_: tuple[c.Catalog, Asked],
):
    catalog, asked = given_
    listed = price(catalog, asked)
    for plan in catalog.plans:
        priced = price(catalog, asked, plan)
        if asked.model.tool in plan.unlimited:
            assert (priced.credits, priced.least) == (0, 0)
            assert (priced.list_credits, priced.plan) == (listed.credits, plan.id)
        else:
            assert (priced.credits, priced.list_credits) == (listed.credits, None)
