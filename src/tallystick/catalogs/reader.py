"""YAML text as a tree of nodes that know their place.

Scalars are kept as written, so that a bare ``on`` stays the word it is. The tree is built from the
parser's events, not by its composer: that bounds the depth, and refuses anchors, aliases and tags
before they can do harm. JSON is read too, for it is YAML.
"""

import re
from collections.abc import Iterator
from typing import TypeAlias

import yaml
from msgspec import Struct

from ..core.errors import describe
from ..results.catalog_problems import CatalogProblem, Code
from .problems import MAX_BYTES, FilePlace, place_at

MAX_DEPTH = 16

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times as fast where it was built
_PLAIN_TAGS = {f"tag:yaml.org,2002:{name}" for name in ("str", "int", "float", "seq", "map")}
_UNPRINTABLE = re.compile(r"[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class ScalarNode(Struct, frozen=True, gc=False):
    """A single value as written, without its quotes."""

    text: str
    quoted: bool
    start: FilePlace
    end: FilePlace

    @property
    def line(self) -> str:
        """The text on one line, runs of blanks made one."""
        return " ".join(self.text.split())


class ListNode(Struct, frozen=True, gc=False):
    """A list."""

    nodes: tuple["Node", ...]
    start: FilePlace
    end: FilePlace


class FieldNode(Struct, frozen=True, gc=False):
    """A name and its value."""

    key: ScalarNode
    value: "Node"


class ObjectNode(Struct, frozen=True, gc=False):
    """Named values; of a name given twice the first."""

    fields: dict[str, FieldNode]
    start: FilePlace
    end: FilePlace


class Unreadable(Struct, frozen=True, gc=False):
    """A value that was refused; its problem is reported already."""

    start: FilePlace
    end: FilePlace


Node: TypeAlias = ScalarNode | ListNode | ObjectNode | Unreadable


def read(text: str, file: str) -> tuple[Node | None, list[CatalogProblem]]:
    """The tree of a text and what is wrong with its YAML; no tree if it cannot be parsed."""
    if len(text.encode(errors="replace")) > MAX_BYTES:
        message = f"the catalog has more than {MAX_BYTES:,} bytes"
        return None, [_problem(file, FilePlace(1, 1), "too_large", message)]
    if (bad := _UNPRINTABLE.search(text)) is not None:
        at = place_at(text, bad.start())
        message = f"the character U+{ord(bad.group()):04X} is not allowed in a catalog"
        return None, [_problem(file, at, "not_yaml", message)]
    reading = _Reading(file, yaml.parse(text, Loader=_LOADER))
    try:
        return reading.document(), reading.problems
    except _Stop as stop:
        return None, [stop.problem]
    except yaml.MarkedYAMLError as error:
        return None, [_broken(error, file, text)]


class _Stop(Exception):
    """Reading on makes no sense."""

    def __init__(self, problem: CatalogProblem):
        super().__init__(str(problem))
        self.problem = problem


class _Reading:
    """One pass over the parser's events."""

    def __init__(self, file: str, events: Iterator[yaml.Event]):
        self.file = file
        self.events = events
        self.problems: list[CatalogProblem] = []

    def document(self) -> Node:
        next(self.events)  # the stream's start
        if isinstance(event := next(self.events), yaml.StreamEndEvent):
            raise self._stop(FilePlace(1, 1), "missing_field", "the catalog is empty")
        root = self._node(next(self.events), 1)
        next(self.events)  # the document's end
        event = next(self.events)
        if not isinstance(event, yaml.StreamEndEvent):
            message = "a second document starts here; a file holds one catalog"
            raise self._stop(_start(event), "not_yaml", message)
        return root

    def _node(self, event: yaml.Event, depth: int) -> Node:
        if not isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent):
            self._refuse(event, "alias", "aliases are not supported: write the value out")
            return Unreadable(_start(event), _end(event))
        if depth > MAX_DEPTH:
            raise self._stop(_start(event), "too_deep", f"nested deeper than {MAX_DEPTH} levels")
        if event.anchor is not None:
            self._refuse(
                event, "alias", f"the anchor &{event.anchor} is not supported: leave it out"
            )
        node = self._value(event, depth)
        if event.tag is not None and event.tag not in _PLAIN_TAGS:
            self._refuse(
                event, "tag", f"the tag {describe(event.tag)} is not supported: leave it out"
            )
            return Unreadable(node.start, node.end)
        return node

    def _value(self, event: yaml.ScalarEvent | yaml.CollectionStartEvent, depth: int) -> Node:
        start = _start(event)
        if isinstance(event, yaml.ScalarEvent):
            return ScalarNode(event.value, not event.implicit[0], start, _end(event))
        inner: yaml.Event
        if isinstance(event, yaml.SequenceStartEvent):
            nodes: list[Node] = []
            while not isinstance(inner := next(self.events), yaml.SequenceEndEvent):
                nodes.append(self._node(inner, depth + 1))
            return ListNode(tuple(nodes), start, _end(inner))
        fields: dict[str, FieldNode] = {}
        while not isinstance(inner := next(self.events), yaml.MappingEndEvent):
            key = self._node(inner, depth + 1)
            value = self._node(next(self.events), depth + 1)
            self._add(fields, key, value)
        return ObjectNode(fields, start, _end(inner))

    def _add(self, fields: dict[str, FieldNode], key: Node, value: Node) -> None:
        if isinstance(key, Unreadable):
            return
        if not isinstance(key, ScalarNode):
            message = "a field's name must be a word"
            self.problems.append(_problem(self.file, key.start, "wrong_type", message))
        elif key.text in fields:
            first = fields[key.text].key.start.line
            message = f"{describe(key.text)} is given twice, first at line {first}"
            self.problems.append(
                _problem(self.file, key.start, "duplicate_field", message, also=first)
            )
        else:
            fields[key.text] = FieldNode(key, value)

    def _refuse(self, event: yaml.Event, code: Code, message: str) -> None:
        self.problems.append(_problem(self.file, _start(event), code, message))

    def _stop(self, at: FilePlace, code: Code, message: str) -> _Stop:
        return _Stop(_problem(self.file, at, code, message))


def _problem(
    file: str, at: FilePlace, code: Code, message: str, also: int | None = None
) -> CatalogProblem:
    return CatalogProblem(
        file=file, line=at.line, column=at.column, code=code, message=message, also=also
    )


def _start(event: yaml.Event) -> FilePlace:
    return FilePlace(event.start_mark.line + 1, event.start_mark.column + 1)


def _end(event: yaml.Event) -> FilePlace:
    return FilePlace(event.end_mark.line + 1, event.end_mark.column + 1)


def _broken(error: yaml.MarkedYAMLError, file: str, text: str) -> CatalogProblem:
    lines = text.split("\n")
    mark, inside = error.problem_mark or error.context_mark, error.context_mark
    at = FilePlace(mark.line + 1, mark.column + 1) if mark else FilePlace(1, 1)
    said = error.problem or "it cannot be read"
    if error.context and inside and inside.line < len(lines):
        said = f"{error.context} from line {inside.line + 1}:{inside.column + 1}, {said}"
    if at.line > len(lines):  # it ends too early: the place is behind its last character
        at = FilePlace(len(lines), len(lines[-1]) + 1)
    hint = "; indent with spaces, not tabs" if "\t" in lines[at.line - 1][: at.column] else ""
    return _problem(file, at, "not_yaml", f"this is not YAML: {said}{hint}")
