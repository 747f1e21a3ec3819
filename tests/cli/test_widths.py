"""Every page at 80, 110 and 160 columns, as it is recorded beside this file.

``python -m tests.cli.examples`` records them anew; a change of a page is seen in its diff.
"""

import ast
import re
from pathlib import Path

import pytest

from tallystick.cli import pages
from tests.cli import examples

PAGE = examples.PAGE.read_text("utf-8")
_TOO_LONG = re.compile(r"[^ ]{40}")
"""A word that no terminal of 80 columns may have to break: an API key, a hash, a token."""


@pytest.mark.parametrize("width", examples.WIDTHS)
def test_every_page_looks_as_it_is_recorded(width: str):
    now, then = examples.pages(PAGE, width), examples.recorded(width).read_text("utf-8")
    assert now.splitlines() == then.splitlines(), "record it: python -m tests.cli.examples"


@pytest.mark.parametrize("width", examples.WIDTHS)
def test_no_line_of_a_page_is_wider_than_its_terminal(width: str):
    """A file that is shown as it is, such as the source of a catalog, has lines of its own."""
    said = examples.recorded(width).read_text("utf-8")
    parts = re.split(r"^\$ tallystick (.*)$", said, flags=re.MULTILINE)[1:]
    for typed, printed in zip(parts[::2], parts[1::2], strict=True):
        if "--source" not in typed:
            wide = [line for line in printed.splitlines() if len(line) > int(width)]
            assert [line for line in wide if not _TOO_LONG.search(line)] == [], typed


@pytest.mark.parametrize("width", examples.WIDTHS)
def test_a_row_stays_a_row(width: str):
    """Nothing is laid out as a list of fields because its table has no room."""
    said = examples.recorded(width).read_text("utf-8")
    for heading in ("seq   at (UTC)", "plan ", "setting ", "at (UTC) "):
        assert re.search(rf"^{re.escape(heading)}.*\n─+$", said, re.MULTILINE), heading


def test_every_table_says_which_columns_go_first_and_keeps_one_that_is_not_the_first():
    """What is named by nobody would go from the right, where the figures stand."""
    for module in sorted(Path(pages.__file__).parent.glob("*.py")):
        for node in ast.walk(ast.parse(module.read_text("utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "TextTable":
                drop = [each.value for each in node.keywords if each.arg == "drop"]
                place = f"{module.name}:{node.lineno}"
                assert drop, f"{place}: name the columns that may go, with drop="
                columns = node.args[0]
                if isinstance(columns, ast.Tuple):
                    assert len(drop[0].elts) < len(columns.elts), place
