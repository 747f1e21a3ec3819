"""Arguments of the command line, decoded: settings and quantities, labels, whole numbers."""

from collections.abc import Iterable, Sequence
from typing import Any

from ..core.errors import InvalidRequest, describe

_OPTIONS = {
    "account": "account",
    "credits": "credits",
    "key": "key",
    "labels": "label",
    "member": "member",
    "model": "model",
    "outcome": "outcome",
    "plan": "plan",
    "quote": "quote",
    "ttl_seconds": "ttl-seconds",
}
"""Fields of a request that are options here, and never settings of a model."""


def generation(words: Sequence[str] | None) -> tuple[str | None, dict[str, Any]]:
    """Decode ``Veo 3.1 seconds=8 audio=on`` as a model's name, and its settings and quantities.

    ``outputs`` becomes a whole number; all other values stay the text they are.

    Raises `InvalidRequest` for a word that is not name=value, or names an option.
    """
    names, values = [], {}
    for word in words or ():
        name, equals, value = word.partition("=")
        if not equals:
            names.append(word)
        elif name in _OPTIONS:
            said = f"{name} is not a setting: write it as --{_OPTIONS[name]} {value}"
            raise InvalidRequest(said, where=name)
        elif name in values or not name:
            said = f"{name} is given twice" if name else f"{describe(word)} has no name"
            said += "; settings are written like resolution=1080p"
            raise InvalidRequest(said, where=name or "settings")
        else:
            values[name] = whole(value, "outputs") if name == "outputs" else value
    return " ".join(names) or None, values


def request(words: Sequence[str]) -> tuple[str, dict[str, Any]]:
    """The same, where a model must be named. Raises `InvalidRequest` if none is."""
    name, values = generation(words)
    if name is None:
        raise InvalidRequest('name a model, such as "Veo 3.1" or veo-3.1', where="model")
    return name, values


def quantities(words: Sequence[str] | None) -> dict[str, Any]:
    """``seconds=6`` by name; nothing else belongs here.

    Raises `InvalidRequest` if something else is there.
    """
    name, values = generation(words)
    if name is not None:
        raise InvalidRequest(
            f"quantities are written like seconds=6, not {describe(name)}", where="quantities"
        )
    return values


def outputs(values: dict[str, Any], option: str | None) -> int:
    """The number of variants: given among the words or as an option, else one. It is taken out of
    `values`. Raises `InvalidRequest` if it is given twice."""
    said = values.pop("outputs", None)
    if option is None:
        return 1 if said is None else said
    if said is not None:
        raise InvalidRequest("outputs is given twice", where="outputs")
    return whole(option, "outputs")


def labels(given: Iterable[str] | None) -> dict[str, str]:
    """``project=launch``, each name once.

    Raises `InvalidRequest` if a name is repeated or has no text.
    """
    found: dict[str, str] = {}
    for label in given or ():
        name, equals, text = label.partition("=")
        if not equals or name in found:
            why = "is given twice" if equals else "has no text"
            raise InvalidRequest(
                f"the label {describe(name)} {why}; labels are written like project=launch",
                where="label",
            )
        found[name] = text
    return found


def whole(text: str, where: str) -> int:
    """A whole number as typed; its bounds are the engine's to check.

    Raises `InvalidRequest` for anything else.
    """
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdecimal() and len(digits) <= 18):
        raise InvalidRequest(f"{where} must be a whole number, not {describe(text)}", where=where)
    return int(text)


def caps(given: Iterable[str] | None) -> dict[str, str | None]:
    """``ana`` or ``ana=500``: members, each with the cap that was given.

    Raises `InvalidRequest` if a member is given twice.
    """
    found: dict[str, str | None] = {}
    for each in given or ():
        member, equals, cap = each.partition("=")
        if member in found:
            raise InvalidRequest(f"the member {describe(member)} is given twice", where="member")
        found[member] = cap if equals else None
    return found


def windows(given: Iterable[str]) -> list[dict[str, Any]]:
    """Caps: ``50/day`` and ``900/life/video,image``, in a cycle where no window is named."""
    found = []
    for each in given:
        credits, _, rest = each.partition("/")
        every, _, tools = rest.partition("/")
        cap: dict[str, Any] = {"credits": credits, "every": every or "cycle"}
        found.append(cap | ({"tools": tools.split(",")} if tools else {}))
    return found
