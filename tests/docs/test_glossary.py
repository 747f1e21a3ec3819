"""The glossary defines each word once, and has the words of the specification that are built."""

import re

from tests.docs.pages import page, sections

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
