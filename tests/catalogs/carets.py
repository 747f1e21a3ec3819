"""A catalog whose comments say what is wrong with it, and where.

A comment line with a caret stands below the line at fault; the caret points at the column, and
after it come the code and, after a colon, a part of the message. A caret cannot point at the first
column, where the comment itself starts: ``#<`` means that one.

    tools:
      - {id: image, nam: Image}
    #   ^ missing_field: a tool needs name
    #               ^ unknown_field: did you mean 'name'?
"""

import re

from tallystick.catalogs import load_text
from tallystick.core.errors import InvalidCatalog
from tallystick.results.catalog_problems import CatalogProblem

SECTIONS = {
    "platform": "platform: demo",
    "name": "name: Demo",
    "tools": "tools: [{id: image, name: Image}, {id: video, name: Video}]",
    "models": "models: [{name: Base, tool: image, rates: [{credits: 1}]}]",
}
_MARK = re.compile(r"#(<| *\^) (\w+)(?:: (.*))?")


def completed(text: str) -> str:
    """The text with the required sections that it leaves out added at its end."""
    given = set(re.findall(r"^(\w+):", text, re.MULTILINE))
    missing = [section for name, section in SECTIONS.items() if name not in given]
    return "\n".join([text.rstrip("\n"), *missing, ""])


def marked(text: str) -> list[tuple[int, int, str, str]]:
    """What the comments promise: line, column, code, part of the message."""
    found: list[tuple[int, int, str, str]] = []
    line = 0
    for number, written in enumerate(text.splitlines(), 1):
        if mark := _MARK.fullmatch(written):
            column = 1 if mark[1] == "<" else mark.end(1)
            found.append((line, column, mark[2], mark[3] or ""))
        else:
            line = number
    return sorted(found)


def problems(text: str) -> list[CatalogProblem]:
    """What loading finds wrong, in the order of the places; nothing for a sound catalog."""
    try:
        load_text(text, "draft.yaml")
    except InvalidCatalog as error:
        found = [each for each in error.problems if isinstance(each, CatalogProblem)]
        assert found == sorted(found, key=lambda each: (each.line, each.column))
        return found
    return []


def found(text: str) -> list[tuple[int, int, str, str]]:
    """The same as line, column, code and message."""
    return sorted((each.line, each.column, each.code, each.message) for each in problems(text))


def check(text: str) -> None:
    """Loading finds exactly what the comments of the text say: no less and no more."""
    text = completed(text)
    promised, met = marked(text), found(text)
    assert [each[:3] for each in met] == [each[:3] for each in promised], "\n".join(map(str, met))
    for (*_, part), (*_, message) in zip(promised, met, strict=True):
        assert part in message
