"""Bounds on names and texts from outside; each check says what is wrong and what is allowed."""

import re
from typing import Any

from .commands import Command
from .errors import InvalidRequest, describe

ID_CHARACTERS_MAX = 128
KEY_CHARACTERS_MAX = 255
REASON_CHARACTERS_MAX = 500
MAX_LABELS = 20
MAX_MEMBERS = 1_000
MAX_TTL_SECONDS = 86_400
MAX_LATE_SECONDS = 7 * 86_400
MAX_CAPS = 20
HEAD = "^([0-9]{1,16}):([0-9]{1,16}):([0-9a-f]{64})$"
"""The head of a ledger as text: accounts, entries, and a hash over all."""

_PLAIN = re.compile("[!-~]+").fullmatch


def name(value: object, where: str, longest: int = ID_CHARACTERS_MAX) -> str:
    """A text of 1 to `longest` printable characters. Raises `InvalidRequest` for anything else."""
    if type(value) is str and len(value) <= longest and _PLAIN(value):
        return value  # as nearly all are: one look is enough
    if not isinstance(value, str):
        raise InvalidRequest(f"{where} must be text, not {describe(value)}", where=where)
    if not 0 < len(value) <= longest or not value.isprintable() or value != value.strip():
        raise InvalidRequest(
            f"{where} must be 1 to {longest} printable characters without spaces around them, "
            f"not {describe(value)}",
            where=where,
        )
    return value


def names(value: object, where: str, most: int) -> list[str]:
    """Names in a list, at most `most` of them. Raises `InvalidRequest` for anything else."""
    found: Any = value
    if type(found) not in (list, tuple) or len(found) > most:
        raise InvalidRequest(
            f"{where} must be a list of at most {most} names, not {describe(value)}", where=where
        )
    return [name(each, where, 200) for each in found]


def optional(value: object, where: str, longest: int = ID_CHARACTERS_MAX) -> str | None:
    """None, or a text as `name` takes it."""
    return None if value is None else name(value, where, longest)


def labels(value: object) -> dict[str, str]:
    """At most 20 labels, each a short name with a short text.

    Raises `InvalidRequest` for anything else.
    """
    if value == {}:
        return {}
    if not isinstance(value, dict) or len(value) > MAX_LABELS:
        raise InvalidRequest(
            f"labels must be at most {MAX_LABELS} names with texts", where="labels"
        )
    return {
        name(key, "labels", 64): name(text, f"labels.{key}", 256) for key, text in value.items()
    }


def flag(value: object, where: str) -> bool:
    """True or False; nothing else counts as either. Raises `InvalidRequest` for anything else."""
    if type(value) is not bool:
        raise InvalidRequest(f"{where} must be true or false, not {describe(value)}", where=where)
    return value


def whole(value: object, where: str, least: int, most: int) -> int:
    """A whole number within bounds. A boolean is not one.

    Raises `InvalidRequest` for anything else.
    """
    if type(value) is not int or not least <= value <= most:
        raise InvalidRequest(
            f"{where} must be a whole number from {least:,} to {most:,}, not {describe(value)}",
            where=where,
        )
    return value


def head(value: object, where: str) -> tuple[int, int, str]:
    """The parts of a ledger's head: accounts, entries, and the hash over all.

    Raises `InvalidRequest` for anything else.
    """
    found = re.fullmatch(HEAD, value.strip()) if isinstance(value, str) else None
    if found is None:
        raise InvalidRequest(
            f"{where} must be a head as verify and backup say it, accounts:entries:hash, not "
            f"{describe(value)}",
            where=where,
        )
    return int(found[1]), int(found[2]), found[3]


def serial(value: object, letter: str, where: str) -> int:
    """The number in an id such as ``h12``. Raises `InvalidRequest` for anything else."""
    text = value if isinstance(value, str) else ""
    number = text[1:]
    known = text[:1] == letter and number.isascii() and number.isdecimal() and len(number) <= 16
    if not known or number[0] == "0":
        raise InvalidRequest(
            f"{where} must be an id such as {letter}12, not {describe(value)}", where=where
        )
    return int(number)


def entry_number(value: object, where: str) -> int:
    """The seq that names an entry and its grant: ``12``, or ``g12`` as answers have it.

    Raises `InvalidRequest` for anything else.
    """
    if type(value) is int:
        return whole(value, where, 1, 2**53)
    if isinstance(value, str):
        found = re.fullmatch("g?([1-9][0-9]{0,15})", value, re.ASCII)
        if found is not None:
            return int(found[1])
    raise InvalidRequest(
        f"{where} must be the id of a grant such as g12, or the number of its entry, not "
        f"{describe(value)}",
        where=where,
    )


def grant_number(value: object, where: str) -> int:
    """The number in the id of a grant: ``g12``, or ``12``. Raises `InvalidRequest` for anything
    that is not text such as this."""
    if isinstance(value, str):
        return entry_number(value, where)
    message = f"{where} must be the id of a grant such as g12, not {describe(value)}"
    raise InvalidRequest(message, where=where)


def admit(command: Command) -> None:
    """Check what every command has: the account it names and its idempotency key, if it has one.

    Raises `InvalidRequest` for either.
    """
    name(command.account, "account")
    key = command.key  # type: ignore[attr-defined]
    if key is not None:
        name(key, "key", KEY_CHARACTERS_MAX)
