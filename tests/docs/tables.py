"""The tables of the reference that are written from the field docs and the problem docs.

``python -m tests.docs.tables`` writes them into their pages; tests compare them.
"""

import re
from collections.abc import Iterable, Sequence

from tallystick.core.refusals import REFUSALS
from tallystick.wire import field_docs
from tallystick.wire.problem_docs import PROBLEM_DOCS
from tallystick.wire.problems import KINDS
from tests.docs.pages import DOCS, page

Rows = list[tuple[str, ...]]

HTTP, REFUSED = "reference/http.md", "reference/refusals.md"


def _code(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def problems() -> Rows:
    """Every code with its status and its meaning."""
    return [
        (f"`{code}`", str(kind.status), PROBLEM_DOCS[code].means) for code, kind in KINDS.items()
    ]


def refusals() -> Rows:
    """Every refusal with its class, its meaning, its facts and its ways out."""
    found = []
    for each in REFUSALS:
        said = PROBLEM_DOCS[each.code]
        sometimes = f"[{_code(said.sometimes)}]" if said.sometimes else ""
        facts = ", ".join(filter(None, (_code(said.facts), sometimes)))
        found.append(
            (f"`{each.code}`", f"`{each.__name__}`", said.means, facts, _code(said.ways_out))
        )
    return found


def facts() -> Rows:
    """Every fact of a refusal with its meaning, in the order in which refusals have them."""
    said = [PROBLEM_DOCS[each.code] for each in REFUSALS]
    names = dict.fromkeys(name for each in said for name in (*each.facts, *each.sometimes))
    return [(f"`{name}`", field_docs.of("Problem", name)) for name in names]


TABLES = {
    (HTTP, "| code | status | means |"): problems,
    (REFUSED, "| code | raised as | means | facts | ways out |"): refusals,
    (REFUSED, "| fact | means |"): facts,
}
"""The tables by page and head."""


def text(rows: Sequence[Sequence[str]]) -> str:
    """Rows as Markdown writes them; an empty cell is one space."""
    return "".join("|" + "|".join(f" {cell} " if cell else " " for cell in row) + "|\n"
                   for row in rows)  # fmt: skip


def table(name: str, head: str) -> str:
    """The rows of a page's table, below its head."""
    return re.split(re.escape(head) + r"\n\|[-|]+\n", page(name))[1].partition("\n\n")[0] + "\n"


def write() -> None:
    """Write today's tables into their pages."""
    for (name, head), rows in TABLES.items():
        before, after = page(name), text(rows())
        (DOCS / name).write_text(before.replace(table(name, head), after), "utf-8")


if __name__ == "__main__":
    write()
