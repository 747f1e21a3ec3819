"""What a text that people read may not say: words that the platform has its own for, and words
that only the code has.

The words that only the code has are listed in the glossary (`docs/reference/glossary.md`).
"""

import ast
import re
from collections.abc import Iterator

from tests.tidy.rules import Finding, Source

OF_A_PLATFORM = (
    "src/tallystick/core/",
    "src/tallystick/engine/",
    "src/tallystick/reports/",
    "src/tallystick/audit/",
    "src/tallystick/client/",
    "src/tallystick/cli/pages/",
)
"""Where texts about the accounts of a platform are written."""

NAME_THE_FIELD = frozenset(
    {
        "say what was delivered: credits, or quantities such as seconds=4",
        "give credits or quantities, not both",
        " costs nothing: leave credits and quantities out",
        ": say the actual with credits, or hold it and settle",
        "credits must not be zero: an adjustment changes something",
        "spend from a lease inside its block: with credits.lease(...) as lease",
    }
)
"""Texts that mean the field or the variable `credits`, which is called so on every platform."""

_MONEY = re.compile(r"(?<![\w`./])(credits?|top-ups?)(?![\w`=:])(?!\.\w)", re.IGNORECASE)


def words_for_money(source: Source) -> Iterator[Finding]:
    """A text that says credits, where a platform may sell coins."""
    for line, text in texts(source.tree):
        found = _MONEY.search(text)
        if found is not None and " " in text and text not in NAME_THE_FIELD:
            said = f"'{found[0]}' in a text; take the word of the catalog's `Wording`"
            yield source.finding(line, said)


def texts(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """The texts of a module with their lines: not its docstrings."""
    docstrings = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value=str(text)) if id(node) not in docstrings:
                yield node.lineno, text
