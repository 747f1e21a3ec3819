"""How answers are displayed in a terminal, a log and a notebook: short, without what is empty.

Amounts and instants are written as in JSON, so that a line can be read aloud.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from msgspec import NODEFAULT, Struct, structs


def line(answer: Struct) -> str:
    """Write an answer in one line."""
    fields = ", ".join(f"{name}={_text(value)}" for name, value in shown(answer))
    return f"{type(answer).__name__}({fields})"


def shown(answer: Struct) -> Iterator[tuple[str, Any]]:
    """Name and value of each field that says something: those that have their default do not."""
    for each in structs.fields(answer):
        value = getattr(answer, each.name)
        if not _is_default(each, value):
            yield each.name, value


def _is_default(field: structs.FieldInfo, value: Any) -> bool:
    if field.default_factory is not NODEFAULT:
        return value == field.default_factory()
    return field.default is not NODEFAULT and value == field.default


def _text(value: Any) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, (tuple, list)):
        return f"[{', '.join(map(_text, value))}]"
    return repr(value)


def layout(answer: Struct, printer: Any) -> None:
    """Write an answer to the `printer` of IPython, which breaks lines where one is too short."""
    with printer.group(4, f"{type(answer).__name__}(", ")"):
        for index, (name, value) in enumerate(shown(answer)):
            if index:
                printer.text(",")
                printer.breakable()
            printer.text(f"{name}=")
            _layout_value(value, printer)


def _layout_value(value: Any, printer: Any) -> None:
    if not isinstance(value, (tuple, list)) or not value:
        if isinstance(value, Struct):
            printer.pretty(value)
        else:
            printer.text(_text(value))
        return
    with printer.group(4, "[", "]"):
        for index, each in enumerate(value):
            if index:
                printer.text(",")
                printer.breakable()
            _layout_value(each, printer)
