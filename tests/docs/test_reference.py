"""The reference is whole: every verb, answer, field, refusal and error stands in it."""

import inspect
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from msgspec import Struct

from tallystick import Tallystick, commands, results
from tallystick.client import verbs
from tallystick.core import errors
from tallystick.core.refusals import REFUSALS, Refused
from tallystick.results import estimates, verification
from tallystick.results.prices import PricePage
from tests.docs import tables
from tests.docs.pages import DOCS, ROOT, page, sections, words_in_code

PYTHON = page("reference/python.md")
ANSWERS = sections(page("reference/answers.md"), 2)
SECTIONS = sections(PYTHON, 3)


def asked_verbs() -> Iterator[tuple[str, Callable[..., Any]]]:
    """The functions that make a call, as `Tallystick` has them."""
    for name, verb in vars(verbs).items():
        if inspect.isfunction(verb) and not name.startswith("_") and hasattr(Tallystick, name):
            yield name, verb


VERBS = dict(asked_verbs())


def structs(module: Any) -> Iterator[type[Struct]]:
    for each in vars(module).values():
        if (
            inspect.isclass(each)
            and issubclass(each, Struct)
            and each.__module__.startswith(module.__name__)
        ):
            yield each


TYPES = [
    each
    for each in (*structs(results), *structs(estimates), *structs(verification), PricePage)
    if each.__struct_fields__ and each is not results.Spend
]
"""Every type a verb may answer. `Spend` is only what three of them share."""


def written(verb: Callable[..., Any]) -> str:
    """A signature as the page writes it."""
    said = []
    for each in inspect.signature(verb).parameters.values():
        star = {each.VAR_KEYWORD: "**", each.VAR_POSITIONAL: "*"}.get(each.kind, "")
        default = "" if each.default is each.empty else f"={_shown(each.default)}"
        said.append(f"{star}{each.name}{default}")
    return f"({', '.join(said)})"


def _shown(default: object) -> str:
    return f'"{default}"' if isinstance(default, str) else repr(default)


def test_there_are_verbs_to_look_for():
    assert {"quote", "hold", "charge", "change_plan", "verify", "execute"} <= VERBS.keys()
    public = {name for name in dir(Tallystick) if not name.startswith("_")}
    assert public - {"open", "connect", "close"} == VERBS.keys()


def test_every_verb_has_a_section_and_nothing_else_has():
    assert sorted(SECTIONS) == sorted(VERBS)


@pytest.mark.parametrize("name", VERBS)
def test_a_verb_is_documented_with_its_signature(name: str):
    block = re.match(r"\n+((?:    .+\n)+)", SECTIONS[name])
    assert block is not None
    assert " ".join(block[1].split()) == name + written(VERBS[name])


@pytest.mark.parametrize("name", VERBS)
def test_a_verb_says_what_it_answers(name: str):
    answered = re.search(r"\[([\w.]+)\]", str(VERBS[name].__annotations__["return"]))
    if answered is None:
        return
    kind = answered[1].rpartition(".")[2]
    group = sections(PYTHON, 2)
    around = next(text for text in group.values() if f"### {name}\n" in text).partition("### ")[0]
    if kind in ANSWERS:
        assert f"[{kind}](answers.md#{kind.lower()})" in SECTIONS[name] + around


@pytest.mark.parametrize("way", ["open", "connect"])
def test_the_ways_in_are_documented_with_their_signature(way: str):
    said = written(getattr(Tallystick, way))
    assert f"    Tallystick.{way}{said}\n" in PYTHON


@pytest.mark.parametrize("kind", TYPES, ids=lambda each: each.__name__)
def test_every_field_of_an_answer_is_documented(kind: type[Struct]):
    section = ANSWERS[kind.__name__]
    known = words_in_code(section)
    if "[Written]" in section or "as of a charge" in section or "As a [Charge]" in section:
        known |= {"account", "seq", "at", "epoch"}
    assert not set(kind.__struct_fields__) - known


def test_nothing_is_documented_that_is_no_answer():
    assert ANSWERS.keys() - {"Where answers go"} == {kind.__name__ for kind in TYPES}


def test_every_command_is_named():
    section = SECTIONS["execute"]
    given = [each for each in structs(commands) if each.__struct_config__.tag]
    given = [each for each in given if each not in (commands.Command, commands.Generation)]
    assert {each.__name__ for each in given} <= words_in_code(section)


def tree(error: type[BaseException]) -> Iterator[type[BaseException]]:
    yield error
    for each in error.__subclasses__():
        yield from tree(each)


def test_every_error_is_documented():
    table = sections(PYTHON, 2)["Errors"]
    named = re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)
    ours = [
        each.__name__
        for each in tree(errors.TallystickError)
        if each.__module__ == errors.__name__ or each is Refused
    ]
    assert sorted(named) == sorted(ours)


# Refusals

ROW = re.compile(r"^\| `(\w+)` \| `(\w+)` \| (.+?) \| (.*?) ?\| (.*?) ?\|$", re.MULTILINE)
CODES = page("reference/refusals.md")


def test_every_refusal_is_documented_in_the_order_of_the_rules():
    rows = [(code, raised) for code, raised, *_ in ROW.findall(CODES)]
    assert rows == [(each.code, each.__name__) for each in REFUSALS]


@pytest.mark.parametrize(("name", "head"), tables.TABLES)
def test_a_table_of_codes_or_facts_says_what_the_server_and_the_shell_say(name: str, head: str):
    """`python -m tests.docs.tables` writes them."""
    assert tables.table(name, head) == tables.text(tables.TABLES[name, head]())


def test_the_facts_of_refusals_are_fields_of_their_json():
    for _, _, _, facts, _ in ROW.findall(CODES):
        assert set(re.findall(r"`(\w+)`", facts)) <= set(results.Refusal.__struct_fields__)


def test_what_a_verb_is_refused_with_is_a_code():
    known = {each.code for each in REFUSALS}
    for name, section in SECTIONS.items():
        for said in re.findall(r"Refused\s+with\s+((?:`\w+`,?\s*)+)", section):
            assert set(re.findall(r"`(\w+)`", said)) <= known, name


def test_every_code_stands_with_a_verb_or_with_all():
    said = set(re.findall(r"`(\w+)`", "".join(SECTIONS.values()) + sections(PYTHON, 2)["Errors"]))
    assert {each.code for each in REFUSALS} <= said


# Pages

PAGES = [
    *sorted(DOCS.rglob("*.md")),
    *sorted((ROOT / "src").rglob("README.md")),
    *sorted(ROOT.glob("*.md")),
]
CODE = re.compile(r"^```.*?^```|`[^`\n]*`", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]\n]+\]\(([^)#:\s]+)(#[^)\s]*)?\)")


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_relative_links_lead_somewhere(path):
    text = re.sub(
        r"^```.*?^```|`[^`\n]*`", "", path.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL
    )
    broken = [link for link, _ in LINK.findall(text) if not (path.parent / link).exists()]
    assert broken == []


RECORD = re.compile(r"`(tests/[\w/]+\.py)(?:::(test_\w+))?`|`(test_\w+)`")


@pytest.mark.parametrize(
    "path", sorted((DOCS / "decisions").glob("001*.md")), ids=lambda path: path.stem
)
def test_the_tests_that_hold_a_decision_are_there(path):
    text = path.read_text("utf-8").partition("## The test that holds it")[2]
    assert RECORD.search(text)
    last = ""
    for file, test, beside in RECORD.findall(text):
        last = file or last
        source = (ROOT / last).read_text("utf-8")
        wanted = test or beside
        assert not wanted or f"def {wanted}(" in source, (last, wanted)
