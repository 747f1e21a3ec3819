"""The glossary defines each word once, and has the words of the specification that are built."""

import re
from pathlib import Path

import pytest

from tests.docs.pages import page, sections
from tests.tidy.rules import Source
from tests.tidy.test_tree import python, tree
from tests.tidy.wording import texts

ROW = re.compile(r"^\| (?!word \||---)(.+?) \| (.+) \|$", re.MULTILINE)
GLOSSARY = page("reference/glossary.md")
WORDS = [word for row in ROW.findall(GLOSSARY) for word in row[0].split(", ")]


def test_each_word_is_defined_once():
    assert len(WORDS) > 80
    assert sorted(WORDS) == sorted(set(WORDS))


def test_the_words_of_the_specification_are_there():
    table = sections(page("spec.md"), 2)["1. Words"]
    named = [word for word, meaning in ROW.findall(table) if not meaning.endswith("(2)")]
    known = " ".join(WORDS)
    missing = [
        each
        for word in named
        for each in re.split(r", | / ", word)
        if each not in known and each not in GLOSSARY
    ]
    assert len(named) > 15
    assert not missing


INTERNAL = re.findall(r"`([a-z -]+)`", sections(GLOSSARY, 2)["Internal words"])
ABOUT_USING = ("README.md", "docs/README.md", "docs/concepts/", "docs/guides/", "docs/operating/",
               "docs/reference/")  # fmt: skip
SAID = re.compile(rf"\b({'|'.join(INTERNAL)})s?\b", re.IGNORECASE)


def said_in(text: str) -> list[str]:
    """The internal words in a text. A link's address is not read."""
    return [found[0] for found in SAID.finditer(re.sub(r"\]\([^)]*\)", "]", text))]


@pytest.mark.parametrize("text", ["by the row key", "Micros of a credit", "request hashes, stamps"])
def test_an_internal_word_is_found(text: str):
    assert said_in(text.replace("hashes", "hash"))


def test_no_message_has_an_internal_word():
    """Of text that people may read: it has a blank, and is no docstring."""
    assert len(INTERNAL) > 10
    found = [
        f"{source.path}:{line}: {words}"
        for source in python("src/")
        for line, text in texts(source.tree)
        if " " in text and (words := said_in(text))
    ]
    assert found == []


def test_no_page_about_using_or_operating_it_has_an_internal_word():
    pages = [each for each in tree() if each.path.endswith(".md") and each.within(*ABOUT_USING)]
    assert len(pages) > 20
    assert [each.path for each in pages if said_in(_without_its_own_list(each))] == []


def _without_its_own_list(source: Source) -> str:
    """The glossary explains these words."""
    return "" if Path(source.path).name == "glossary.md" else source.text
