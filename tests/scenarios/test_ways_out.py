"""Ways out without dead ends: less of it, several bundles together, and where no plan holds it."""

from collections.abc import Iterator
from typing import Any

import pytest

from tallystick import InsufficientCredits, LeaseExhausted
from tests.python.transports import TRANSPORTS
from tests.scenarios.small import PLANS, small

BUNDLES = (
    "bundles: [{credits: 50, price: {amount: '5.50', currency: USD}}, "
    "{credits: 200, price: {amount: '18', currency: USD, sample: true}}, {credits: 300}]"
)
CATALOG = small(
    """
free_credits: [{credits: 3, every: day}]
""",
    PLANS.replace("bundles: [{credits: 50}, {credits: 200}]", BUNDLES),
).replace(
    "models:\n",
    """models:
  - name: Short
    tool: film
    rates:
      - table: {by: seconds, 5: 50, 8: 70, 12: 90}
  - {name: Flat, tool: film, unpriced: [seconds], rates: [{credits: 40}]}
  - name: Sum
    tool: agent
    rates: [{credits: 2, per: 20 characters, at_least: 10}]
""",
)


@pytest.fixture(params=["called", "called over HTTP"])
def credits(request: pytest.FixtureRequest, tmp_path: Any) -> Iterator[Any]:
    opened = TRANSPORTS[request.param](
        tmp_path / "small.db", catalog=CATALOG, test_clock="2026-01-31T10:00:00Z"
    )
    opened.open_account("ana")
    yield opened
    assert opened.verify()
    opened.close()


def refused(credits: Any, model: str, **asked: Any) -> InsufficientCredits:
    with pytest.raises(InsufficientCredits) as caught:
        credits.charge("ana", model, **asked)
    return caught.value


def less(error: Any) -> Any:
    found = [way for way in error.ways_out if way.kind == "less"]
    return found[0] if found else None


@pytest.mark.parametrize(
    ("there", "seconds", "fits"), [(847, 100, 85), (10, 4, 1), (96, 9.95, 9), (27, 3.5, 3)]
)
def test_as_many_seconds_as_fit(credits: Any, there: int, seconds: float, fits: int):
    """With the three free credits of the day: 847 and 3 are 850, 85 seconds of 10."""
    credits.grant("ana", there)
    way = less(refused(credits, "Clip", seconds=seconds))
    assert way.quantities == {"seconds": fits}
    assert (way.credits, way.outputs, way.model) == (10 * fits, None, None)
    assert credits.charge("ana", "Clip", seconds=fits).credits == way.credits
    assert credits.balance("ana").available < 10, "one second more would not have fitted"


def test_two_of_four_images(credits: Any):
    credits.grant("ana", 37)
    way = less(refused(credits, "Clip", seconds=2, outputs=4))
    assert (way.outputs, way.credits, way.quantities) == (2, 40, None)
    assert credits.charge("ana", "Clip", seconds=2, outputs=way.outputs).credits == 40
    way = less(refused(credits, "Dot", images=4))
    assert way is None, "nothing is left"


def test_images_that_are_counted_are_fewer_too(credits: Any):
    way = less(refused(credits, "Dot", images=4))
    assert (way.quantities, way.outputs, way.credits) == ({"images": 3}, None, 3)


def test_where_not_even_one_output_fits_one_of_them_is_shorter(credits: Any):
    credits.grant("ana", 32)
    way = less(refused(credits, "Clip", seconds=8, outputs=4))
    assert (way.outputs, way.quantities, way.credits) == (1, {"seconds": 3}, 30)


@pytest.mark.parametrize(("there", "fits"), [(80, 8), (60, 5), (46, None)])
def test_a_table_is_read_as_it_lists(credits: Any, there: int, fits: int | None):
    credits.grant("ana", there)
    way = less(refused(credits, "Short", seconds=12))
    assert (way and way.quantities) == (fits and {"seconds": fits})


def test_a_price_that_does_not_get_smaller_offers_no_less(credits: Any):
    assert less(refused(credits, "Flat", seconds=8)) is None
    assert less(refused(credits, "Sum", characters=500)) is None, "ten credits at the least"
    credits.grant("ana", 20)
    assert less(refused(credits, "Sum", characters=500)).quantities == {"characters": 230}


def test_a_quote_offers_the_same(credits: Any):
    credits.grant("ana", 847)
    refusal = credits.quote("Clip", account="ana", seconds=100).refusal
    assert less(refusal).quantities == {"seconds": 85}


def test_of_a_draw_what_the_lease_has_left(credits: Any):
    credits.grant("ana", 47)
    lease = credits.lease("ana", 50)
    with pytest.raises(LeaseExhausted) as exhausted:
        credits.draw("ana", lease.hold, "Clip", seconds=6)
    assert less(exhausted.value).quantities == {"seconds": 5}


def top_up(error: Any) -> Any:
    (found,) = [way for way in error.ways_out if way.kind == "top_up"]
    return found


@pytest.mark.parametrize(
    ("seconds", "bundles", "price"),
    [
        (5, None, "5.50 USD"),
        (20, None, "18 USD, a sample"),
        (30, None, None),
        (31, (300, 50), None),
        (50, (300, 200), None),
        (90, (300, 300, 300), None),
        (121, (300, 300, 300, 300, 50), None),
    ],
)
def test_the_fewest_bundles_that_cover_it_together(
    credits: Any, seconds: int, bundles: Any, price: str | None
):
    way = top_up(refused(credits, "Clip", seconds=seconds))
    assert (way.bundles and tuple(way.bundles)) == bundles
    assert price == (
        way.price
        and f"{way.price.amount} {way.price.currency}{', a sample' if way.price.sample else ''}"
    )
    for bundle in way.bundles or [way.credits]:
        credits.top_up("ana", bundle)
    assert credits.charge("ana", "Clip", seconds=seconds).credits == 10 * seconds


def test_bundles_with_prices_have_one_together(tmp_path: Any):
    priced = CATALOG.replace(", {credits: 300}]", "]")
    with TRANSPORTS["called"](tmp_path / "priced.db", catalog=priced) as opened:
        opened.open_account("ana")
        way = top_up(refused(opened, "Clip", seconds=25))
        assert (way.bundles, way.credits) == ((200, 50), 250)
        assert (way.price.amount, way.price.currency, way.price.sample) == ("23.50", "USD", True)


def test_too_many_bundles_are_not_offered(credits: Any):
    kinds = [way.kind for way in refused(credits, "Clip", seconds=400).ways_out]
    assert "top_up" not in kinds


def test_no_plan_holds_this(credits: Any):
    message = "this costs 510 credits and 3 are available: 507 are missing; no plan holds this"
    error = refused(credits, "Clip", seconds=51)
    assert error.message == message
    assert "upgrade" not in [way.kind for way in error.ways_out]
    error = refused(credits, "Clip", seconds=50)
    assert "no plan" not in error.message
    (upgrade,) = [way for way in error.ways_out if way.kind == "upgrade"]
    assert (upgrade.plan, upgrade.credits) == ("Studio", 500)


def test_no_plan_holds_so_large_a_lease(credits: Any):
    with pytest.raises(InsufficientCredits, match=r"501 credits.*no plan holds this"):
        credits.lease("ana", 501)
    with pytest.raises(InsufficientCredits) as caught:
        credits.lease("ana", 500)
    assert "no plan" not in caught.value.message
