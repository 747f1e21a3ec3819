"""How long a test waits: a rule over the calls that wait for a thread, a process or a server."""

import ast
from collections.abc import Iterator

from tests.tidy.rules import Finding, Source

SHORT_SECONDS = (1, 60)
"""A wait below the first is a pause between two looks; from the second on it is patient."""
_WAITS = frozenset({"communicate", "exception", "join", "result", "wait"})
_CONNECTS = frozenset({"connect"})
"""Calls whose time-out is what a test is about."""


def impatient_waits(source: Source) -> Iterator[Finding]:
    """A wait ends with what it waits for. Its ceiling is a minute: a slow machine is no fault."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call):
            for seconds in _given_up_after(node):
                if SHORT_SECONDS[0] <= seconds < SHORT_SECONDS[1]:
                    yield source.finding(
                        node.lineno, f"gives up after {seconds} s; use tests.patience"
                    )


def _given_up_after(call: ast.Call) -> Iterator[float]:
    name = ast.unparse(call.func).rpartition(".")[2]
    given = [*call.args] if name in _WAITS else []
    if name not in _CONNECTS:
        given += [each.value for each in call.keywords if each.arg == "timeout"]
    for each in given:
        if isinstance(each, ast.Constant) and type(each.value) in (int, float):
            yield each.value
