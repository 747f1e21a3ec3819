"""Where each value of a catalog stands in its file.

A rule of the lint looks at values only. When it finds something it names the value and the path to
the part at fault, as in ``places.at(plan, "unlimited", "music")``, and gets its line and column.
"""

from bisect import bisect_left
from collections.abc import Collection
from functools import cached_property
from typing import TypeVar

from ..core.spelling import near
from ..results.catalog_problems import CatalogProblem, Code
from .problems import PROBLEMS_KEPT_MAX, FilePlace
from .reader import ListNode, Node, ObjectNode, ScalarNode

T = TypeVar("T")


class Places:
    """The nodes that values were read from, and the problems met while reading them."""

    def __init__(self, file: str, problems: list[CatalogProblem]):
        self.file = file
        self.problems = problems
        self._kept: dict[int, tuple[object, Node]] = {}
        self._items: dict[int, dict[str, ScalarNode]] = {}
        self._searches = 0

    def keep(self, value: T, node: Node) -> T:
        """Remember where a value was read; returns the value."""
        self._kept[id(value)] = value, node  # holding the value keeps its id its own
        return value

    def report(self, node: Node, code: Code, message: str, also: FilePlace | None = None) -> None:
        """A problem met while reading."""
        self.problems.append(self.problem(code, message, node.start, also))

    def problem(
        self, code: Code, message: str, at: FilePlace, also: FilePlace | None = None
    ) -> CatalogProblem:
        """A problem of the lint."""
        other = None if also is None else also.line
        return CatalogProblem(
            file=self.file, line=at.line, column=at.column, code=code, message=message, also=other
        )

    def nearest(self, word: str, known: Collection[str]) -> str:
        """``; did you mean 'rates'?`` when one of the known words is close, else nothing. As many
        words of a file are searched for as problems are kept of it."""
        self._searches += 1
        meant = near(word, known, 1, 0.6) if self._searches <= PROBLEMS_KEPT_MAX else ()
        return f"; did you mean '{meant[0]}'?" if meant else ""

    def at(self, value: object, *path: str) -> FilePlace:
        """Where a value starts, or the part of it at `path`, followed as far as the file goes."""
        return self._find(value, path).start

    def key(self, value: object, *path: str) -> FilePlace:
        """Where the name at the end of `path` stands."""
        holder = self._find(value, path[:-1])
        if isinstance(holder, ObjectNode) and (field := holder.fields.get(path[-1])) is not None:
            return field.key.start
        return holder.start

    def has(self, value: object, name: str) -> bool:
        """Whether the file gives this field."""
        node = self._find(value, ())
        return isinstance(node, ObjectNode) and name in node.fields

    def sound(self, value: object, *path: str) -> bool:
        """Whether this part of the file was read without any problem. Ask when all is read."""
        node = self._find(value, path)
        at = bisect_left(self._troubled, node.start)
        if at == len(self._troubled):
            return True
        return self._troubled[at] != node.start and self._troubled[at] >= node.end

    @cached_property
    def _troubled(self) -> list[FilePlace]:
        return sorted(FilePlace(problem.line, problem.column) for problem in self.problems)

    def _find(self, value: object, path: tuple[str, ...]) -> Node:
        node = self._kept[id(value)][1]
        for step in path:
            inner = self._inside(node, step)
            if inner is None:
                break
            node = inner
        return node

    def _inside(self, node: Node, step: str) -> Node | None:
        """The value of a field, or the item of a list that reads `step`."""
        if isinstance(node, ObjectNode) and step in node.fields:
            return node.fields[step].value
        return self._lines(node).get(step) if isinstance(node, ListNode) else None

    def _lines(self, node: ListNode) -> dict[str, ScalarNode]:
        """The items of a list by how they read, the first of those that read alike."""
        lines = self._items.get(id(node))
        if lines is None:
            scalars = [item for item in node.nodes if isinstance(item, ScalarNode)]
            lines = self._items[id(node)] = {item.line: item for item in reversed(scalars)}
        return lines
