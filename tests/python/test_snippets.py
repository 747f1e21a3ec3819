"""The Python in README and docs runs: each page's blocks in order, in a folder of their own.

A block marked ``no-run`` stands in `NOT_RUN` with its reason. Decision records are left out: they
show code that was weighed, some of it on purpose not ours.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tallystick import Tallystick

ROOT = Path(__file__).parents[2]
LEFT_OUT = (ROOT / "docs" / "decisions",)
FENCE = re.compile(r"^```python *([^\n]*)\n(.*?)^```", re.MULTILINE | re.DOTALL)

NOT_RUN = {
    "README.md": {
        "import os": "it needs the server of the walk before it: tests/docs/test_readme.py runs it",
    },
    "docs/guides/first-hour.md": {
        '"""A studio that sells images for credits."""':
            "it needs the catalog beside it: tests/python/test_first_hour.py runs it",
    },
    "docs/concepts/embedding.md": {
        "# gunicorn, celery and similar: open it in the worker, not in the process that forks":
            "it needs the hooks of a web server",
    },
}  # fmt: skip


class Block(NamedTuple):
    """A block of Python on a page: where it stands, its mark, its code."""

    line: int
    mark: str
    code: str


def pages() -> Iterator[str]:
    """README and every page of the docs that has Python to run."""
    for path in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))):
        if not any(path.is_relative_to(folder) for folder in LEFT_OUT) and blocks(path):
            yield path.relative_to(ROOT).as_posix()


def blocks(path: Path) -> list[Block]:
    text = path.read_text(encoding="utf-8")
    return [
        Block(text.count("\n", 0, found.start()) + 2, found[1].strip(), found[2])
        for found in FENCE.finditer(text)
    ]


PAGES = list(pages())


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    before = Path.cwd()
    os.chdir(tmp_path)
    yield tmp_path
    os.chdir(before)


@pytest.mark.parametrize("page", PAGES)
def test_the_python_of_a_page_runs(page: str, folder: Path):
    names: dict[str, Any] = {"__name__": "__main__"}
    try:
        for block in blocks(ROOT / page):
            if not block.mark:
                # Lines are counted as on the page, so that a traceback names the right one.
                code = compile("\n" * (block.line - 1) + block.code, str(ROOT / page), "exec")
                exec(code, names)
    finally:
        for each in names.values():
            if isinstance(each, Tallystick):
                each.close()


def test_every_block_that_is_not_run_has_its_reason():
    marked = {
        page: {block.code.partition("\n")[0] for block in blocks(ROOT / page) if block.mark}
        for page in PAGES
    }
    assert {page: said for page, said in marked.items() if said} == {
        page: set(reasons) for page, reasons in NOT_RUN.items()
    }
    marks = {block.mark for page in PAGES for block in blocks(ROOT / page)}
    assert marks <= {"", "no-run"}


def test_readme_shows_how_it_is_used():
    (example, *_) = blocks(ROOT / "README.md")
    assert "from tallystick import" in example.code
    assert "hold" in example.code
