"""Reading one mapping of a catalog file, field by field.

Each method reads one field. What cannot be read is reported at its place, and a harmless value
stands in for it, so that one pass finds every problem of a file.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple, TypeVar

from ..core import credits
from ..core.credits import Micros
from ..core.errors import InvalidRequest, describe
from ..results.catalog_problems import Code
from .places import Places
from .reader import ListNode, Node, ObjectNode, ScalarNode, Unreadable

MAX_NAME_CHARACTERS = 200
MAX_NOTE_CHARACTERS = 4_000
SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
MODEL_ID = re.compile(r"[a-z0-9][a-z0-9.-]{0,199}")

_MAX_ITEMS = 1_000
_NOTHING = {"", "~", "null", "Null", "NULL"}

Word = TypeVar("Word", bound=str)


class Shape(NamedTuple):
    """The fields a mapping must and may have."""

    what: str
    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    others: bool = False
    """Whether it may have more, named by the catalog itself."""


class Form:
    """One mapping, checked against its shape when it is opened."""

    def __init__(self, places: Places, node: Node, shape: Shape):
        self.places = places
        self.node = node
        self.what = shape.what
        self.fields = node.fields if isinstance(node, ObjectNode) else {}
        if isinstance(node, ObjectNode):
            self._check(shape)
        else:
            wanted = f"{shape.what} must be a set of fields"
            reject(places, node, "wrong_type", f"{wanted}, not {kind(node)}")

    def _check(self, shape: Shape) -> None:
        known = (*shape.required, *shape.optional)
        for name, field in self.fields.items():
            if name not in known and not shape.others:
                said = (
                    f"{shape.what} has no field {describe(name)}{self.places.nearest(name, known)}"
                )
                message = f"{said} (it takes {', '.join(known)})"
                self.places.report(field.key, "unknown_field", message)
        missing = [name for name in shape.required if name not in self.fields]
        if missing:
            message = f"{shape.what} needs {' and '.join(missing)}"
            self.places.report(self.node, "missing_field", message)

    def has(self, name: str) -> bool:
        return name in self.fields

    def value(self, name: str) -> Node | None:
        """The node of a field; None when it is not there."""
        field = self.fields.get(name)
        return None if field is None else field.value

    def text(self, name: str, fallback: str = "", longest: int = MAX_NAME_CHARACTERS) -> str:
        node = self.value(name)
        return fallback if node is None else text(self.places, node, name, longest) or fallback

    def note(self) -> str | None:
        return self.text("note", longest=MAX_NOTE_CHARACTERS) or None

    def id(self, name: str = "id", pattern: re.Pattern[str] = SLUG) -> str:
        """An id: lower-case letters, digits and hyphens (and dots, for a model)."""
        found = self.text(name)
        if found and not pattern.fullmatch(found):
            signs = "digits, dots" if pattern is MODEL_ID else "digits"
            message = f"{name} must be lower-case letters, {signs} and hyphens"
            self.reject(name, "wrong_value", f"{message}, not {describe(found)}")
            return ""
        return found

    def choice(self, name: str, choices: Sequence[Word], fallback: Word) -> Word:
        """One word out of a few."""
        node = self.value(name)
        return fallback if node is None else choice(self.places, node, name, choices) or fallback

    def flag(self, name: str, fallback: bool) -> bool:
        found = self.choice(name, ("true", "false"), "true" if fallback else "false")
        return found == "true"

    def credits(self, name: str, minimum: Micros = 0) -> Micros:
        """An amount of credits; `minimum` stands in when there is none."""
        written = self.text(name)
        return self.amount(name, written, minimum) if written else minimum

    def amount(self, name: str, written: str, minimum: Micros = 0) -> Micros:
        """The exact amount that is written in a field, or in a part of it."""
        try:
            return credits.parse(written, name, minimum=minimum)
        except InvalidRequest as error:
            self.reject(name, "wrong_value", error.message)
            return minimum

    def whole(self, name: str, fallback: int, maximum: int, minimum: int = 1) -> int:
        """A whole number from `minimum` to `maximum`."""
        written = self.text(name)
        if not written:
            return fallback
        digits = written.isascii() and written.isdigit() and len(written) < 20
        number = int(written) if digits else 0
        if not (digits and minimum <= number <= maximum):
            message = f"{name} must be a whole number from {minimum} to {maximum:,}"
            self.reject(name, "wrong_value", f"{message}, not {describe(written)}")
            return fallback
        return number

    def items(self, name: str, at_most: int = _MAX_ITEMS) -> Sequence[Node]:
        """The items of a list. Another value counts as one item that cannot be read."""
        node = self.value(name)
        if node is None:
            return ()
        if not isinstance(node, ListNode):
            reject(self.places, node, "wrong_type", f"{name} must be a list, not {kind(node)}")
            return (Unreadable(node.start, node.end),)
        if len(node.nodes) > at_most:
            message = f"{name} has {len(node.nodes):,} items; at most {at_most:,} are allowed"
            self.places.report(node.nodes[at_most], "too_many", message)
        return node.nodes[:at_most]

    def forms(self, name: str, shape: Shape, at_most: int = _MAX_ITEMS) -> Iterator["Form"]:
        """The items of a list of mappings."""
        for node in self.items(name, at_most):
            yield Form(self.places, node, shape)

    def form(self, name: str, shape: Shape) -> "Form | None":
        """The mapping inside a field; None when it is not there."""
        node = self.value(name)
        return None if node is None else Form(self.places, node, shape)

    def texts(self, name: str, longest: int = MAX_NAME_CHARACTERS) -> tuple[str, ...]:
        """A list of different texts."""
        return texts(self.places, self.items(name), name, longest)

    def choices(self, name: str, choices: Sequence[Word], what: str) -> tuple[Word, ...]:
        """A list of words out of a few."""
        found = [choice(self.places, node, what, choices) for node in self.items(name)]
        return tuple(word for word in found if word)

    def reject(self, name: str, code: Code, message: str) -> None:
        """Report a problem at the value of a field, or at the mapping without it."""
        reject(self.places, self.value(name) or self.node, code, message)


def text(places: Places, node: Node, where: str, longest: int = MAX_NAME_CHARACTERS) -> str:
    """A text on one line, runs of blanks made one; empty when it cannot be read."""
    if not isinstance(node, ScalarNode):
        reject(places, node, "wrong_type", f"{where} must be a single value, not {kind(node)}")
        return ""
    found = node.line
    if not found or (found in _NOTHING and not node.quoted):
        places.report(node, "empty_field", f"{where} is empty: give it a value or leave it out")
        return ""
    if len(found) > longest:
        message = f"{where} has {len(found):,} characters; at most {longest:,} are allowed"
        places.report(node, "too_long", message)
        return ""
    if not found.isprintable():
        places.report(node, "wrong_value", f"{where} has characters that cannot be printed")
        return ""
    return found


def texts(
    places: Places, nodes: Sequence[Node], where: str, longest: int = MAX_NAME_CHARACTERS
) -> tuple[str, ...]:
    """Different texts, in their order."""
    found: dict[str, Node] = {}
    for node in nodes:
        written = text(places, node, where, longest)
        if written in found:
            first = found[written].start
            message = f"{where} has {describe(written)} twice, first at line {first.line}"
            places.report(node, "duplicate_value", message, also=first)
        elif written:
            found[written] = node
    return tuple(found)


def choice(places: Places, node: Node, where: str, choices: Sequence[Word]) -> Word | None:
    """One word out of a few; None when it is none of them."""
    written = text(places, node, where)
    for word in choices:
        if written == word:
            return word
    if written:
        allowed = f"{', '.join(choices[:-1])} or {choices[-1]}"
        said = f"{where} must be {allowed}, not {describe(written)}"
        places.report(node, "wrong_value", said + places.nearest(written, choices))
    return None


def reject(places: Places, node: Node, code: Code, message: str) -> None:
    """Report a problem, unless the node was refused already."""
    if not isinstance(node, Unreadable):
        places.report(node, code, message)


def kind(node: Node) -> str:
    """What a node is, for a message."""
    if isinstance(node, ScalarNode):
        return "nothing" if not node.quoted and node.text in _NOTHING else "a single value"
    return "a list" if isinstance(node, ListNode) else "a set of fields"
