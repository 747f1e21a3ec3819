"""Prices: every kind of price, exact arithmetic, and one rounding (`docs/spec.md` 2)."""

from decimal import Decimal
from typing import Any

import pytest

from tallystick import InvalidRequest
from tallystick.core import catalog as c
from tallystick.core.arithmetic import round_total
from tallystick.core.deliveries import reprice
from tallystick.core.errors import UnknownModel
from tallystick.core.pricing import Priced, RateCard, Request
from tallystick.core.quantities import characters

MILLION = 1_000_000
UP = c.Rounding()


def card(*rates: c.Rate, settings: tuple[c.Setting, ...] = (), rounding: c.Rounding = UP,
         **model: Any) -> RateCard:  # fmt: skip
    """A catalog of one model, Toy Maker, in one tool; on the plan Free-for-all it costs nothing."""
    made = c.Model("toy-maker", "Toy Maker", "toys", rates, settings, **model)
    plans = (
        c.Plan("basic", "Basic"),
        c.Plan("all", "Free-for-all", unlimited=("toys",)),
    )
    tools = (c.Tool("toys", "Toys", rounding),)
    return RateCard(c.Published(3, 0, c.Catalog("toy", "Toy", tools, (made,), plans)))


def one(price: c.Price, rounding: c.Rounding = UP) -> RateCard:
    return card(c.Rate("toy-maker", price), rounding=rounding)


def cost(rates: RateCard, outputs: int = 1, plan: c.Plan | None = None, **params: Any) -> Any:
    """The credits of a request; (least, most) where they differ."""
    priced = rates.price(Request("Toy Maker", params, outputs), plan)
    most = Decimal(priced.credits) / MILLION
    return most if priced.minimum is None else (Decimal(priced.minimum) / MILLION, most)


def credits(amount: float) -> int:
    return int(Decimal(str(amount)) * MILLION)


# Kinds of prices


def test_flat_is_one_price_whatever_the_size():
    rates = card(c.Rate("toy-maker", c.Flat(credits(600))), unpriced=("seconds",))
    assert cost(rates) == cost(rates, seconds=5) == cost(rates, seconds="0.5") == 600
    assert cost(rates, outputs=3) == 1_800


def test_free_is_a_price_of_nothing():
    assert cost(one(c.Flat(0)), outputs=1_000) == 0


@pytest.mark.parametrize(
    ("unit", "quantity", "expected"),
    [
        ("second", 8, 80),
        ("second", "6.1", 61),
        ("second", 0.05, 1),
        ("minute", "2.5", 25),
        ("image", 4, 40),
        ("character", 7, 70),
        ("scene", 1, 10),
        ("megapixel", "0.000001", 1),
        ("token", 1_000_000_000 // 10, 1_000_000_000),
    ],
)
def test_per_unit(unit: str, quantity: Any, expected: int):
    assert cost(one(c.PerUnit(credits(10), unit)), **{unit + "s": quantity}) == expected


@pytest.mark.parametrize(
    ("count", "expected"), [(1, 1), (5, 1), (6, 2), (10, 2), (11, 3), (12, 3), (600, 120)]
)
def test_one_credit_per_five_characters_rounds_the_total_up(count: int, expected: int):
    assert cost(one(c.PerUnit(credits(1), "character", 5 * MILLION)), characters=count) == expected


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [("0.1", 5), ("0.5", 5), ("0.51", 6), (1, 10), (2, 20), (3, 20), (60, 20)],
)
def test_limits_bound_the_price_of_one_output(minutes: Any, expected: int):
    """Script generation: 10 a minute, between 5 and 20; two scripts are bounded each."""
    price = c.PerUnit(credits(10), "minute", at_least=credits(5), at_most=credits(20))
    assert cost(one(price), minutes=minutes) == expected
    whole = cost(one(price), outputs=2, minutes=minutes)
    assert expected <= whole <= 2 * expected


def test_a_table_prices_what_it_lists_and_nothing_else():
    table = one(c.Table("second", ((5 * MILLION, credits(300)), (8 * MILLION, credits(400)))))
    assert cost(table, seconds=5) == 300
    assert cost(table, seconds="8.0") == 400
    assert cost(table, outputs=2, seconds=8) == 800
    for seconds in (6, "5.5", "7.999999"):
        with pytest.raises(InvalidRequest, match="is made in 5 or 8 seconds") as refused:
            cost(table, seconds=seconds)
        assert refused.value.allowed == ("5", "8")
    with pytest.raises(InvalidRequest, match="is made in 5 or 8 seconds"):
        cost(table)


def test_a_table_of_one_row_needs_no_quantity():
    table = one(c.Table("second", ((5 * MILLION, credits(25)),)))
    assert cost(table) == cost(table, seconds=5) == 25


def test_a_range_quotes_the_least_and_the_most():
    assert cost(one(c.Range(credits(5), credits(10)))) == (5, 10)
    each = one(c.Range(credits(5), credits(10), "consultation"))
    assert cost(each) == (5, 10)
    assert cost(each, consultations=3) == (15, 30)
    assert cost(each, outputs=2) == (10, 20)
    assert cost(one(c.Range(credits(5), credits(5)))) == 5
    half = one(c.Range(credits(0.2), credits(2.5)))
    assert cost(half) == (1, 3)
    assert cost(one(c.Range(credits(2.1), credits(2.9)))) == 3


# Exactness


@pytest.mark.parametrize(
    ("mode", "step", "expected"),
    [
        ("up", 1, 3),
        ("down", 1, 2),
        ("half_up", 1, 3),
        ("up", 0.1, "2.5"),
        ("down", 0.1, "2.5"),
        ("up", 5, 5),
        ("down", 5, 0),
        ("half_up", 5, 5),
        ("up", 0.000001, "2.5"),
    ],
)
def test_a_tool_can_round_otherwise(mode: Any, step: float, expected: Any):
    rounding = c.Rounding(credits(step), mode)
    assert cost(one(c.Flat(credits(2.5)), rounding)) == Decimal(expected)


@pytest.mark.parametrize(
    ("numerator", "denominator", "up", "down", "half_up"),
    [
        (0, 3, 0, 0, 0),
        (1, 3, 1, 0, 0),
        (1, 2, 1, 0, 1),
        (3, 3, 1, 1, 1),
        (4, 3, 2, 1, 1),
        (5, 3, 2, 1, 2),
        (3, 2, 2, 1, 2),
    ],
)
def test_rounding_of_a_fraction(numerator: int, denominator: int, up: int, down: int, half_up: int):
    for mode, expected in (("up", up), ("down", down), ("half_up", half_up)):
        rounding = c.Rounding(MILLION, mode)  # type: ignore[arg-type]
        assert round_total(numerator * MILLION, denominator, rounding) == expected * MILLION


def test_outputs_multiply_before_the_one_rounding():
    """Three outputs of 0.4 are 1.2, so 2: not three times 1."""
    assert cost(one(c.Flat(credits(0.4))), outputs=3) == 2
    assert cost(one(c.PerUnit(credits(1), "character", 5 * MILLION)), outputs=5, characters=1) == 1
    assert cost(one(c.PerUnit(credits(1), "second", 3 * MILLION)), outputs=3, seconds=1) == 1


@pytest.mark.parametrize(
    ("price", "given"),
    [
        (c.PerUnit(credits(7), "minute"), [{"minutes": 3}, {"seconds": 180}]),
        (c.PerUnit(credits(7), "minute"), [{"minutes": "0.1"}, {"seconds": 6}]),
        (c.PerUnit(credits(1), "second", 7 * MILLION), [{"minutes": 7}, {"seconds": 420}]),
        (c.PerUnit(credits(1), "minute", 7 * MILLION), [{"minutes": 7}, {"seconds": 420}]),
        (c.Range(credits(1), credits(2), "minute"), [{"minutes": 2}, {"seconds": 120}]),
    ],
)
def test_minutes_and_seconds_are_the_same_time(price: c.Price, given: list[dict[str, Any]]):
    first, second = given
    assert cost(one(price), **first) == cost(one(price), **second)


def test_seconds_count_exactly_where_minutes_are_priced():
    """Seven seconds are 7/60 of a minute, which no decimal says exactly."""
    price = one(c.PerUnit(credits(60), "minute"))
    assert cost(price, seconds=7) == 7
    assert cost(price, seconds="7.000001") == 8
    assert cost(one(c.PerUnit(credits(1), "minute")), seconds=60) == 1


def test_a_table_is_asked_in_the_unit_it_lists():
    with pytest.raises(InvalidRequest, match="it takes seconds"):
        cost(one(c.Table("second", ((60 * MILLION, credits(9)),))), minutes=1)


def test_a_time_said_twice_is_refused():
    with pytest.raises(InvalidRequest, match="seconds or minutes, not both"):
        cost(one(c.PerUnit(credits(1), "second")), seconds=2, minutes=1)


# Characters


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("a", 1),
        ("Hello, world!", 13),
        (" a b\n", 5),
        ("wörld", 5),
        ("wo\u0308rld", 6),
        ("日本語", 3),
        ("😀", 1),
        ("👩\u200d👩\u200d👧", 5),
        ("🇩🇪", 2),
        ("e\u0301", 2),
        ("\u200b", 1),
        ("x" * 1_000_000, 1_000_000),
    ],
    ids=lambda given: str(given)[:8].encode("unicode_escape").decode(),
)
def test_characters_are_code_points_of_the_text_as_sent(text: str, count: int):
    assert characters(text) == count


@pytest.mark.parametrize(
    "text",
    ["", "x" * 1_000_001, "y" * 10**7, None, 5, b"abc", ["a"]],
    ids=lambda given: repr(given)[:9],
)
def test_no_text_or_too_much_of_it_is_refused(text: Any):
    with pytest.raises(InvalidRequest) as refused:
        characters(text)
    assert refused.value.where == "text"
    assert len(str(refused.value)) < 200


# Settings


SETTINGS = (
    c.Setting("resolution", ("720p", "1080p", "4k")),
    c.Setting("audio", ("off", "on"), "off"),
    c.Setting("style", ("plain",)),
    c.Setting("seed", ("one", "two")),
)
RATES = (
    c.Rate("small", c.Flat(credits(1)), {"resolution": ("720p", "1080p"), "audio": ("off",)}),
    c.Rate("loud", c.Flat(credits(2)), {"resolution": ("720p", "1080p"), "audio": ("on",)}),
    c.Rate("big", c.Flat(credits(3)), {"resolution": ("4k",)}),
)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"resolution": "720p"}, 1),
        ({"resolution": "1080P", "audio": "ON"}, 2),
        ({"resolution": "1080p", "audio": "off", "style": "plain", "seed": "two"}, 1),
        ({"resolution": "4K"}, 3),
        ({"resolution": "4k", "audio": "on"}, 3),
    ],
)
def test_exactly_one_rate_matches(given: dict[str, str], expected: int):
    assert cost(card(*RATES, settings=SETTINGS), **given) == expected


def test_a_setting_may_be_left_out_when_no_price_hangs_on_it():
    """`audio` has a default, `style` one value, and nothing depends on `seed`."""
    priced = card(*RATES, settings=SETTINGS).price(Request("toy maker", {"resolution": "4k"}))
    assert priced.settings == {"audio": "off", "style": "plain", "resolution": "4k"}


WRONG: dict[str, tuple[dict[str, Any], str, str]] = {
    "missing": ({}, "resolution", r"needs resolution \(720p or 1080p or 4k\)"),
    "a value it has not": (
        {"resolution": "8k"},
        "resolution",
        "must be 720p or 1080p or 4k, not '8k'",
    ),
    "a number": ({"resolution": 720}, "resolution", "must be 720p or 1080p or 4k, not 720"),
    "nothing": ({"resolution": None}, "resolution", "not nothing"),
    "a boolean": ({"resolution": "4k", "audio": True}, "audio", "must be off or on, not true"),
    "a huge number": ({"resolution": 10**5_000}, "resolution", "more than 75 digits"),
    "a slip": ({"resolution": "4k", "resolutoin": "4k"}, "resolutoin", "did you mean resolution"),
    "a quantity": ({"resolution": "4k", "seconds": 5}, "seconds", "it takes resolution"),
    "a long value": ({"resolution": "x" * 10**7}, "resolution", r"\(10,000,000 characters\)"),
    "a long name": ({"x" * 10**7: "4k"}, "x" * 80, "no setting or quantity"),
}


@pytest.mark.parametrize(("given", "where", "words"), WRONG.values(), ids=WRONG)
def test_a_setting_that_is_missing_or_wrong_is_named_with_what_is_allowed(
    given: dict[str, Any], where: str, words: str
):
    with pytest.raises(InvalidRequest, match=words) as refused:
        cost(card(*RATES, settings=SETTINGS), **given)
    assert refused.value.where == where
    assert refused.value.allowed
    assert len(str(refused.value)) < 400


def test_the_booleans_of_json_are_the_words_true_and_false():
    """A catalog may call its values so; what arrives as JSON is then a boolean."""
    looping = card(
        c.Rate("once", c.Flat(credits(1)), {"loop": ("false",)}),
        c.Rate("loop", c.Flat(credits(2)), {"loop": ("true",)}),
        settings=(
            c.Setting("loop", ("false", "true")),
            c.Setting("style", ("nothing", "bold")),
        ),
    )
    assert [cost(looping, loop=each, style="bold") for each in (True, "true", "True")] == [2, 2, 2]
    assert [cost(looping, loop=each, style="bold") for each in (False, "false")] == [1, 1]
    with pytest.raises(InvalidRequest, match="style must be nothing or bold, not nothing"):
        cost(looping, loop=True, style=None)


def test_settings_that_no_rate_covers_are_not_offered():
    rates = card(RATES[0], RATES[2], settings=SETTINGS)
    with pytest.raises(InvalidRequest, match="is not offered with"):
        cost(rates, resolution="720p", audio="on")


# Quantities and outputs


@pytest.mark.parametrize(
    "quantity",
    [0, -1, "-0.5", 0.5, "1.5", True, None, "five", float("nan"), 1_000_000_001, "1e400", 10**40],
    ids=repr,
)
def test_a_quantity_is_more_than_nothing_and_whole_where_its_unit_is(quantity: Any):
    with pytest.raises(InvalidRequest) as refused:
        cost(one(c.PerUnit(credits(1), "character")), characters=quantity)
    assert refused.value.where == "characters"


@pytest.mark.parametrize("outputs", [0, -1, 1_001, True, 1.0, "2", None, 10**40], ids=repr)
def test_outputs_are_a_whole_number_within_bounds(outputs: Any):
    with pytest.raises(InvalidRequest, match="outputs must be a whole number from 1 to 1,000"):
        cost(one(c.Flat(1)), outputs=outputs)


def test_a_counted_unit_is_one_unless_said_otherwise_and_others_must_be_said():
    assert cost(one(c.PerUnit(credits(5), "image"))) == 5
    with pytest.raises(InvalidRequest, match="priced per second: say how many"):
        cost(one(c.PerUnit(credits(5), "second")))


def test_a_price_above_the_largest_amount_is_refused():
    dear = one(c.PerUnit(credits(10), "token"))
    assert cost(dear, tokens=900_719_925) == 9_007_199_250
    with pytest.raises(InvalidRequest, match="costs more than"):
        cost(dear, tokens=900_719_926)
    with pytest.raises(InvalidRequest, match="costs more than"):
        cost(dear, tokens=1_000_000, outputs=1_000)


# Names


def test_a_model_is_named_by_id_name_or_alias_in_any_case():
    rates = card(c.Rate("toy-maker", c.Flat(credits(4))), aliases=("TM 1",))
    for name in ("toy-maker", "Toy Maker", "TOY  maker", " toy maker ", "tm 1"):
        assert rates.price(Request(name)).model == "toy-maker"


@pytest.mark.parametrize("name", ["Toy Makr", "toymaker", "maker"])
def test_an_unknown_model_comes_with_the_nearest_names(name: str):
    with pytest.raises(UnknownModel, match="the nearest: Toy Maker") as unknown:
        one(c.Flat(1)).price(Request(name))
    assert unknown.value.allowed == ("Toy Maker",)


@pytest.mark.parametrize(
    "name",
    ["", "x" * 10**7, None, 5, 10**40, True, ["Toy Maker"]],
    ids=lambda given: repr(given)[:9],
)
def test_what_is_no_models_name_is_refused(name: Any):
    with pytest.raises(UnknownModel) as unknown:
        one(c.Flat(1)).price(Request(name))
    assert unknown.value.where == "model"
    assert len(str(unknown.value)) < 250


# Plans


def test_a_plan_that_makes_a_tool_unlimited_costs_nothing_and_says_what_it_waived():
    rates = one(c.Flat(credits(4)))
    basic, unlimited = rates.catalog.plans
    waived = rates.price(Request("Toy Maker"), unlimited)
    assert (waived.credits, waived.list_credits, waived.plan) == (0, credits(4), "all")
    paid = rates.price(Request("Toy Maker"), basic)
    assert (paid.credits, paid.list_credits, paid.plan) == (credits(4), None, None)
    assert cost(one(c.Range(credits(5), credits(10))), plan=unlimited) == 0


def test_a_rate_can_have_a_price_of_its_own_on_a_plan():
    own = {"basic": c.PerUnit(credits(2), "image")}
    rates = card(c.Rate("toy-maker", c.PerUnit(credits(3), "image"), plan_prices=own))
    basic, unlimited = rates.catalog.plans
    assert cost(rates, images=4) == 12
    assert cost(rates, plan=basic, images=4) == 8
    assert cost(rates, plan=unlimited, images=4) == 0
    assert rates.price(Request("Toy Maker", {"images": 4}), basic).list_credits == credits(12)


# Pricing again what really came


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({}, 40),
        ({"seconds": 3}, 30),
        ({"seconds": "3.05"}, 31),
        ({"minutes": "0.05"}, 30),
        ({"outputs": 2}, 80),
        ({"seconds": 1, "outputs": 2}, 20),
    ],
)
def test_a_generation_is_priced_again_by_what_it_really_was(params: dict[str, Any], expected: int):
    rates = one(c.PerUnit(credits(10), "second"))
    priced: Priced = rates.price(Request("Toy Maker", {"seconds": 4}))
    assert reprice(rates, priced, params).credits == credits(expected)


def test_pricing_again_keeps_the_settings():
    rates = card(*RATES, settings=SETTINGS)
    priced = rates.price(Request("Toy Maker", {"resolution": "1080p", "audio": "on"}))
    again = reprice(rates, priced, {})
    assert again == priced
    assert again.version == 3
