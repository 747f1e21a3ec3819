"""docs/reference/catalog-format.md names every field and every problem, with true examples."""

import re
from pathlib import Path
from typing import get_args

import pytest

from tallystick.catalogs import check_text, load_text, price_forms, rates, structure
from tallystick.catalogs.fields import Shape
from tallystick.catalogs.model_rules import RESERVED
from tallystick.core.catalog import SOURCES, UNITS, Published
from tallystick.core.pricing import RateCard, Request
from tallystick.core.quantities import text_quantities
from tallystick.reports.estimates import read_words
from tallystick.results.catalog_problems import Code, WarningCode
from tests.catalogs.carets import completed, problems

REFERENCE = Path(__file__).parents[2] / "docs/reference/catalog-format.md"
PROBLEMS, _, WARNED = (
    REFERENCE.read_text("utf-8").partition("## Problems")[2].partition("## Warnings")
)
ROWS = re.findall(r"^\| `(\w+)` \| [^|]+ \|(.*)\|$", PROBLEMS, re.MULTILINE)
EXAMPLES = {code: "\n".join(re.findall(r"`([^`]+)`", cell)) for code, cell in ROWS}
WITHOUT_EXAMPLE = {"no_file", "too_large", "too_long", "too_many", "too_many_combinations"}
SHAPES = {
    name: shape
    for module in (structure, rates, price_forms)
    for name, shape in vars(module).items()
    if isinstance(shape, Shape)
}


def test_every_problem_has_one_row_with_an_example() -> None:
    assert sorted(code for code, _ in ROWS) == sorted(get_args(Code))
    assert {code for code, example in EXAMPLES.items() if not example} == WITHOUT_EXAMPLE


@pytest.mark.parametrize("code", sorted(set(get_args(Code)) - WITHOUT_EXAMPLE))
def test_the_example_of_a_problem_has_just_that_problem(code: str) -> None:
    assert {problem.code for problem in problems(completed(EXAMPLES[code]))} == {code}


@pytest.mark.parametrize("shape", SHAPES)
def test_every_field_is_described(shape: str) -> None:
    text = REFERENCE.read_text("utf-8")
    for field in (*SHAPES[shape].required, *SHAPES[shape].optional):
        assert re.search(rf"`[^`\n]*\b{field}\b[^`\n]*`", text), field


def test_units_sources_and_reserved_names_are_described() -> None:
    text = REFERENCE.read_text("utf-8")
    assert all(f"`{unit}`" in text for unit in UNITS)
    assert f"[{', '.join(SOURCES)}]" in text
    assert {"seconds", "outputs", "text", "account"} <= RESERVED


def test_the_first_example_is_a_sound_catalog() -> None:
    example, _ = re.findall(r"```yaml\n(.*?)```", REFERENCE.read_text("utf-8"), re.DOTALL)
    assert load_text(example).models[0].name == "Veo 3.1"


def test_the_prices_of_the_example_of_sums_are_those_of_its_table() -> None:
    text = REFERENCE.read_text("utf-8")
    _, example = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    tools = (
        "platform: demo\nname: Demo\ntools: [{id: chat, name: Chat}, {id: video, name: Video}]\n"
    )
    card = RateCard(Published(1, 0, load_text(tools + example)))
    rows = re.findall(r"^\| `(\w+) (\w+=[^`]+)` \| .*?(\d+) \|$", text, re.MULTILINE)
    assert len(rows) == 4
    for model, words, credits in rows:
        _, params = read_words(words.split())
        if "text" in params:
            params = text_quantities(params["text"])
        assert card.price(Request(model, params)).credits == int(credits) * 1_000_000, model


WARNINGS = re.findall(r"^\| `(\w+)` \| [^|]+ \|(.*)\|$", WARNED, re.MULTILINE)


def test_every_warning_has_one_row_with_an_example() -> None:
    assert [code for code, _ in WARNINGS] == list(get_args(WarningCode))


@pytest.mark.parametrize(("code", "cell"), WARNINGS, ids=[code for code, _ in WARNINGS])
def test_the_example_of_a_warning_has_just_that_warning(code: str, cell: str) -> None:
    text = "\n".join(re.findall(r"`([^`]+)`", cell))
    assert [each.code for each in check_text(completed(text)).warnings] == [code]
