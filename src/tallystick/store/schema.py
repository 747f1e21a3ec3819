"""The schema of a database, compared with the one that the migrations make."""

from collections.abc import Iterator, Mapping
from typing import TypeAlias

Objects: TypeAlias = Mapping[tuple[str, str, str], str]
"""What a schema is made of: by kind, table and name, how it is defined."""


def differences(there: Objects, expected: Objects) -> Iterator[str]:
    """What is missing, not ours, or defined otherwise; each as a sentence."""
    for place in sorted(there.keys() | expected.keys()):
        what = _words(*place)
        if place not in expected:
            yield f"{what} is not of Tallystick's schema: find out who added it, and drop it"
        elif place not in there:
            yield f"{what} is missing from the schema: restore a backup"
        elif there[place] != expected[place]:
            yield f"{what} is not defined as the migrations define it: restore a backup"


def _words(kind: str, table: str, name: str) -> str:
    return f"the {kind} {name}" if name == table else f"the {kind} {name} of {table}"
