"""What verbs take in several forms, as a command has it."""

from collections.abc import Mapping, Sequence
from typing import Any

from ..core.credits import Number
from ..core.errors import InvalidRequest, describe
from ..core.quantities import text_quantities


def read_params(given: dict[str, Any]) -> dict[str, Any]:
    """Settings and quantities by name; a text becomes the number of its characters, and of its
    bytes.

    Raises `InvalidRequest` if `text` is given together with one of these.
    """
    if "text" not in given:
        return given
    for counted in ("characters", "bytes"):
        if counted in given:
            raise InvalidRequest(f"give text or {counted}, not both", where="text")
    params = {name: value for name, value in given.items() if name != "text"}
    return params | text_quantities(given["text"])


def read_members(
    members: "Sequence[str] | Mapping[str, Number | None]",
) -> "dict[str, Number | None]":
    """Members as names with caps, from a list of names or a mapping; the core checks each.

    Raises `InvalidRequest` for anything else.
    """
    try:
        if isinstance(members, Mapping):
            return dict(members)
        if not isinstance(members, str):
            return dict.fromkeys(members)
    except TypeError:
        pass
    raise InvalidRequest(
        f"members must be a list of names, or names with caps, not {describe(members)}",
        where="members",
    )


def read_labels(labels: Mapping[str, str] | None) -> dict[str, str]:
    """Labels as a dict of their own; the core checks each.

    Raises `InvalidRequest` if they are not a mapping.
    """
    if labels is None:
        return {}
    if not isinstance(labels, Mapping):
        raise InvalidRequest(
            f"labels must be names with texts, not {describe(labels)}", where="labels"
        )
    return dict(labels)
