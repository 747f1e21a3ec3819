"""Overlaps and holes, checked against trying every combination one by one."""

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from tallystick.catalogs.coverage import Coverage
from tallystick.core.catalog import Flat, Model, Rate, Setting
from tallystick.core.model_cards import matches

SETTINGS = (
    Setting("a", ("1", "2", "3")),
    Setting("b", ("x", "y")),
    Setting("c", ("p", "q", "r", "s", "t")),
)


def some_values(setting: Setting) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(setting.values), min_size=1, unique=True).map(tuple)


WHENS = st.fixed_dictionaries(
    {}, optional={setting.name: some_values(setting) for setting in SETTINGS}
)


@st.composite
def models(draw: st.DrawFn) -> Model:
    whens = draw(st.lists(WHENS, min_size=1, max_size=6))
    rates = [Rate(str(number), Flat(0), when) for number, when in enumerate(whens)]
    return Model("m", "M", "t", tuple(rates), SETTINGS)


def combinations(model: Model) -> list[dict[str, str]]:
    """Every combination of the settings that some rate names."""
    named = {name for rate in model.rates for name in rate.when}
    used = [setting for setting in model.settings if setting.name in named]
    names = [setting.name for setting in used]
    chosen = product(*(setting.values for setting in used))
    return [dict(zip(names, values, strict=True)) for values in chosen]


@given(models())
def test_a_hole_is_the_first_combination_that_no_rate_matches(model: Model) -> None:
    uncovered = [
        each for each in combinations(model) if not any(matches(rate, each) for rate in model.rates)
    ]
    assert Coverage(model).hole() == ((uncovered[0], len(uncovered)) if uncovered else None)


@given(models())
def test_an_overlap_names_the_first_rate_that_matches_the_same(model: Model) -> None:
    expected: list[tuple[str, str]] = []
    for at, rate in enumerate(model.rates):
        for other in model.rates[:at]:
            both = [
                each for each in combinations(model) if matches(rate, each) and matches(other, each)
            ]
            if both:
                expected.append((other.id, rate.id))
                break
    found = list(Coverage(model).overlaps())
    assert [(other.id, rate.id) for other, rate, _ in found] == expected
    assert all(matches(one, each) and matches(two, each) for one, two, each in found)


def test_a_hundred_thousand_combinations_are_checked_in_a_moment() -> None:
    digits = tuple("0123456789")
    settings = tuple(Setting(name, digits) for name in "abcde")
    rates = [Rate(digit, Flat(0), {"a": (digit,)}) for digit in digits]
    rates[7] = Rate("7", Flat(0), {"a": ("7",), "e": digits[:9], "b": digits, "c": digits})
    rates[9] = Rate("9", Flat(0), {"a": ("9",), "d": digits})
    coverage = Coverage(Model("m", "M", "t", tuple(rates), settings))
    assert coverage.combinations == 100_000
    assert list(coverage.overlaps()) == []
    hole = {"a": "7", "b": "0", "c": "0", "d": "0", "e": "9"}
    assert coverage.hole() == (hole, 1_000)
