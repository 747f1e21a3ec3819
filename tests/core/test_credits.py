"""Amounts: what counts as a number of credits, what does not, and how one is shown."""

import json
from decimal import Context, Decimal, localcontext
from enum import IntEnum
from fractions import Fraction
from typing import Any

import pytest

from tallystick.core import credits
from tallystick.core.errors import InvalidRequest

MOST = 9_007_199_254
MILLION = 1_000_000


class Size(IntEnum):
    SMALL = 5


@pytest.mark.parametrize(
    ("given", "micros"),
    [
        (0, 0),
        (1, MILLION),
        (MOST, MOST * MILLION),
        (0.1, 100_000),
        (2.5, 2_500_000),
        (float(MOST), MOST * MILLION),
        (-0.0, 0),
        (1e-06, 1),
        (Decimal("0.000001"), 1),
        (Decimal("12.50"), 12_500_000),
        (Decimal("9007199254.000000"), MOST * MILLION),
        (Decimal("1E+3"), 1_000 * MILLION),
        (Decimal("1.0000000000"), MILLION),
        ("12", 12 * MILLION),
        ("0.000001", 1),
        ("1e3", 1_000 * MILLION),
        ("1E-6", 1),
        ("+5", 5 * MILLION),
        (Size.SMALL, 5 * MILLION),
    ],
    ids=repr,
)
def test_a_number_is_read_to_the_last_millionth(given: Any, micros: int):
    assert credits.parse(given, "credits") == micros


NO_NUMBERS: list[Any] = [
    True,
    False,
    None,
    "",
    "twelve",
    "1_000",
    " 1 ",
    "1\n",
    "1 000",
    "1\u00a0000",
    "1'000",
    "\u0663",  # three, in Arabic-Indic digits
    "\u0967",  # one, in Devanagari
    "\uff11",  # one, in full width
    "1\u066b5",
    "\u22121",
    "1e\u0663",
    ".",
    "0x10",
    "1,5",
    "nan",
    "Infinity",
    "-inf",
    "sNaN",
    "1" * 41,
    b"5",
    5j,
    [5],
    {"credits": 5},
    Fraction(1, 2),
    object(),
    float("nan"),
    float("inf"),
    float("-inf"),
    Decimal("NaN"),
    Decimal("sNaN"),
    Decimal("Infinity"),
]


@pytest.mark.parametrize("given", ["1_000", " 1 ", "1,000", "\u0663"])
def test_digits_in_other_dress_are_told_how_to_be_written(given: str):
    with pytest.raises(InvalidRequest, match="digits 0 to 9 without blanks or separators"):
        credits.parse(given, "credits")


@pytest.mark.parametrize("given", NO_NUMBERS, ids=lambda given: repr(given)[:20])
def test_what_is_no_number_is_refused(given: Any):
    with pytest.raises(InvalidRequest) as refused:
        credits.parse(given, "credits")
    assert refused.value.where == "credits"
    assert "credits must be a number" in str(refused.value)


@pytest.mark.parametrize(
    "given",
    [
        0.0000001,
        1.1234567,
        0.1 + 0.2,
        "1.1234567",
        Decimal("1.1234567"),
        Decimal("1e-7"),
        Decimal("1e-400"),
        "1e-400",
        "1.0000000000000000000000000000001",
        Decimal("1.0000000000000000000000000000001"),
        "9007199253.0000001",
    ],
    ids=repr,
)
def test_a_seventh_decimal_is_refused_never_rounded(given: Any):
    with pytest.raises(InvalidRequest, match="more than six decimals"):
        credits.parse(given, "credits")


@pytest.mark.parametrize(
    "given",
    [
        pytest.param(given, id=name)
        for name, given in {
            "-1": -1,
            "-0.5": -0.5,
            "'-1'": "-1",
            "a negative millionth": Decimal("-0.000001"),
            "one too many": MOST + 1,
            "a millionth too many": "9007199254.000001",
            "2**53": 2**53,
            "2**63": 2**63,
            "-10**100": -(10**100),
            "a number of 5,000 digits": 10**5_000,
            "the largest float": 1.7e308,
            "'1e400'": "1e400",
            "Decimal 1e400": Decimal("1e400"),
            "Decimal 1e999999": Decimal("1e999999"),
            "'1e999999999'": "1e999999999",
            "'-1e400'": "-1e400",
        }.items()
    ],
)
def test_what_is_out_of_bounds_is_refused(given: Any):
    with pytest.raises(InvalidRequest) as refused:
        credits.parse(given, "credits")
    assert refused.value.where == "credits"
    assert len(str(refused.value)) < 200


def test_json_that_overflows_a_float_is_no_number():
    with pytest.raises(InvalidRequest):
        credits.parse(json.loads("1e400"), "credits")


def test_bounds_are_said_in_credits():
    with pytest.raises(InvalidRequest, match=r"cap must be between 0\.5 and 10, not 11"):
        credits.parse(11, "cap", minimum=500_000, maximum=10 * MILLION)
    assert credits.parse(-MOST, "credits", minimum=-credits.MAX) == -credits.MAX


@pytest.mark.parametrize("precision", [1, 6, 28])
def test_the_hosts_decimal_context_changes_nothing(precision: int):
    """A host program may work with six digits: amounts are not rounded to them."""
    with localcontext(Context(prec=precision)):
        assert credits.parse("1234567.891", "credits") == 1_234_567_891_000
        assert credits.parse(Decimal(9007199254), "credits") == credits.MAX
        assert credits.show(1_234_567_891_000) == Decimal("1234567.891")
        assert str(credits.show(credits.MAX - 1)) == "9007199253.999999"
        assert credits.text(1_234_567_891_000) == "1,234,567.891"


@pytest.mark.parametrize(
    ("micros", "shown", "text"),
    [
        (0, "0", "0"),
        (MILLION, "1", "1"),
        (-5 * MILLION, "-5", "-5"),
        (500_000, "0.5", "0.5"),
        (-500_000, "-0.5", "-0.5"),
        (1, "0.000001", "0.000001"),
        (-1, "-0.000001", "-0.000001"),
        (1_234_567 * MILLION, "1234567", "1,234,567"),
        (1_234_567_800_000, "1234567.8", "1,234,567.8"),
        (credits.MAX, "9007199254", "9,007,199,254"),
    ],
)
def test_an_amount_is_shown_without_a_point_or_exactly(micros: int, shown: str, text: str):
    value = credits.show(micros)
    assert isinstance(value, Decimal) == bool(micros % MILLION)
    assert format(Decimal(value), "f") == shown
    assert credits.text(micros) == text


@pytest.mark.parametrize(
    "micros", [0, 1, 999_999, MILLION, 1_500_000, credits.MAX - 1, credits.MAX]
)
def test_what_is_shown_reads_back(micros: int):
    assert credits.parse(credits.show(micros), "credits") == micros
    assert credits.parse(str(credits.show(micros)), "credits") == micros


def test_the_largest_amount_is_exact_in_every_json_reader():
    assert credits.MAX < 2**53
    assert int(float(credits.MAX)) == credits.MAX
    assert (credits.MAX_CREDITS + 1) * MILLION > 2**53
