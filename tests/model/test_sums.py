"""Prices of several terms: sums of fractions are the model (docs/spec.md 2.12, 2.13)."""

from __future__ import annotations

from fractions import Fraction
from math import ceil

from hypothesis import given
from hypothesis import strategies as st

from tallystick.core import catalog as c
from tallystick.core.pricing import Priced, RateCard, Request

MILLION = 1_000_000
NAMES = ("words", "pages", "seconds", "images")
CREDITS = st.integers(0, 5 * MILLION)
PER = st.integers(1, 1_000).map(lambda units: units * MILLION)


@st.composite
def terms(draw: st.DrawFn) -> c.Term:
    unit = draw(st.sampled_from([None, *(name[:-1] for name in NAMES)]))
    if unit is None:
        return c.Term(credits=draw(CREDITS))
    step = draw(st.sampled_from([None, None, 3 * MILLION, 6 * MILLION]))
    per = draw(PER)
    if draw(st.booleans()):
        return c.Term(credits=draw(CREDITS), unit=unit, per=per, step=step)
    ends = sorted(draw(st.sets(st.integers(1, 100), max_size=3)))
    bounds = [*(end * MILLION for end in ends), None]
    tiers = tuple(c.Tier(credits=draw(CREDITS), per=per, up_to=bound) for bound in bounds)
    graduated = draw(st.booleans())
    by = () if graduated else tuple(draw(st.lists(st.sampled_from(NAMES), unique=True, max_size=2)))
    return c.Term(unit=unit, per=per, step=step, tiers=tiers, graduated=graduated, by=by)


@st.composite
def sums(draw: st.DrawFn) -> c.Sum:
    found = tuple(draw(st.lists(terms(), min_size=1, max_size=5)))
    least, most = draw(st.one_of(st.none(), CREDITS)), draw(st.one_of(st.none(), CREDITS))
    if least is not None and most is not None and least > most:
        least, most = most, least
    return c.Sum(terms=found, at_least=least, at_most=most)


ASKED = st.fixed_dictionaries({name: st.integers(0, 200) for name in NAMES})


def priced(price: c.Sum, asked: dict[str, int], outputs: int, rounding: c.Rounding) -> Priced:
    model = c.Model("m", "M", "t", (c.Rate("m", price),), unpriced=NAMES)
    tools = (c.Tool("t", "T", rounding),)
    card = RateCard(c.Published(1, 0, c.Catalog("p", "P", tools, (model,))))
    return card.price(Request("m", dict(asked), outputs))


def worth(term: c.Term, asked: dict[str, int]) -> Fraction:
    """What a term comes to, one unit after the other where its tiers are graduated."""
    if term.unit is None:
        return Fraction(term.credits)
    amount = asked[f"{term.unit}s"]
    if term.step is not None:
        step = term.step // MILLION
        amount = ceil(Fraction(amount, step)) * step
    if not term.tiers:
        return Fraction(term.credits) * amount * MILLION / term.per
    if term.graduated:
        return sum((rate(term, Fraction(each)) for each in range(1, amount + 1)), Fraction(0))
    chosen = sum(asked[name] for name in term.by) if term.by else amount
    return rate(term, Fraction(chosen)) * amount


def rate(term: c.Term, chosen: Fraction) -> Fraction:
    """What one unit costs where `chosen` units have been reached."""
    (tier, *_) = [
        each for each in term.tiers if each.up_to is None or chosen <= Fraction(each.up_to, MILLION)
    ]
    return Fraction(tier.credits) * MILLION / tier.per


@given(sums(), ASKED, st.integers(1, 5), st.sampled_from([MILLION, MILLION // 2, 1]))
def test_a_sum_is_what_its_terms_are_together_rounded_once(
    price: c.Sum, asked: dict[str, int], outputs: int, step: int
):
    exact = sum((worth(term, asked) for term in price.terms), Fraction(0))
    if price.at_least is not None:
        exact = max(exact, Fraction(price.at_least))
    if price.at_most is not None:
        exact = min(exact, Fraction(price.at_most))
    found = priced(price, asked, outputs, c.Rounding(step))
    assert found.credits == ceil(exact * outputs / step) * step


@given(sums(), ASKED)
def test_the_terms_of_a_line_come_to_its_exact_price(price: c.Sum, asked: dict[str, int]):
    model = c.Model("m", "M", "t", (c.Rate("m", price),), unpriced=NAMES)
    tools = (c.Tool("t", "T"),)
    card = RateCard(c.Published(1, 0, c.Catalog("p", "P", tools, (model,))))
    found = card.price(Request("m", dict(asked)))
    lines = card.by_id("m").terms(found)
    assert [exact for _, _, exact in lines] == [
        worth(term, asked) / MILLION for term in price.terms
    ]
    total = sum((exact for _, _, exact in lines), Fraction(0))
    if price.at_least is None and price.at_most is None:
        assert total == card.by_id("m").exact(found)
