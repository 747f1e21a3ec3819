"""The tree of errors.

TallystickError
├── InvalidRequest        bad input: says what, where, and what is allowed
│   ├── UnknownModel      ... and the nearest names
│   └── InvalidCatalog    every problem of a catalog, each at file, line and column
├── KeyConflict           a request key was used before for something else
├── Refused               a rule said no: code, facts, ways out (a subclass per code: `refusals`)
├── AccessDenied          the API key is missing, unknown or revoked, or lacks the scope
├── StillRunning          the first request under this key has not been answered yet
├── SpendsNotWritten      a lease let out spends that are not in the ledger
└── StoreError            the database cannot be used
    ├── Unreachable       the server cannot be reached, or did not answer in time
    ├── ServerError       the server could not answer
    ├── NotADatabase      the file is something else
    ├── ReadOnlyDatabase  the file cannot be written
    ├── NewerDatabase     written by a newer Tallystick
    ├── UnsafeDatabase    this SQLite cannot share the file safely, or a setting did not hold
    ├── DatabaseBusy      others held the file for too long
    ├── WrongClock        the database does not bear this machine's clock out
    └── DamagedDatabase   what is stored does not read back
"""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import Any


class TallystickError(Exception):
    """Everything Tallystick raises on purpose."""


class InvalidRequest(TallystickError):
    """The request itself is wrong; nothing was decided and nothing was written."""

    def __init__(self, message: str, *, where: str | None = None, allowed: Sequence[str] = ()):
        super().__init__(message)
        self.message = message
        self.where = where
        self.allowed = tuple(allowed)


class UnknownModel(InvalidRequest):
    """No model of the catalog has this name; `allowed` holds the nearest names."""


class InvalidCatalog(InvalidRequest):
    """A catalog that cannot be published; `problems` lists every reason with its place."""

    def __init__(self, message: str, problems: Sequence[Any] = ()):
        super().__init__(message, where="catalog")
        self.problems = tuple(problems)


class KeyConflict(TallystickError):
    """The key was used before for another request: on `account`, or if that is None on the
    platform as a whole."""

    def __init__(self, account: str | None, key: str):
        on = f" on account {describe(account)}" if account is not None else ""
        super().__init__(
            f"the key {describe(key)} was used before{on} for another request; use a new key for "
            "a new request"
        )
        self.account = account
        self.key = key

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.account, self.key)


class AccessDenied(TallystickError):
    """The API key is missing, unknown or revoked, or does not open this; `scopes` would."""

    def __init__(self, message: str, scopes: Sequence[str] = ()):
        super().__init__(message)
        self.scopes = tuple(scopes)


class StillRunning(TallystickError):
    """The first request under this key has not been answered yet: ask again in a moment."""


class SpendsNotWritten(TallystickError):
    """A lease let out spends that are not in the ledger; `spends` are the commands that would
    write them, each with its own key."""

    def __init__(self, message: str, spends: Sequence[Any] = ()):
        super().__init__(message)
        self.spends = tuple(spends)


class StoreError(TallystickError):
    """The database cannot be used."""


class Unreachable(StoreError):
    """The server cannot be reached, or did not answer in time."""


class ServerError(StoreError):
    """The server could not answer; asking again may help."""


class NotADatabase(StoreError):
    """The file is not a Tallystick database."""


class ReadOnlyDatabase(StoreError):
    """The file or its folder cannot be written."""


class NewerDatabase(StoreError):
    """The database was written by a newer Tallystick."""


class UnsafeDatabase(StoreError):
    """The database would not keep its promises here (durability, or several writers)."""


class DatabaseBusy(StoreError):
    """Other processes held the database for longer than the time-out."""


class WrongClock(StoreError):
    """The database does not bear this machine's clock out: nothing is written by it."""


class DamagedDatabase(StoreError):
    """What is stored does not read back as Tallystick wrote it."""


def describe(value: object) -> str:
    """A value from outside, short enough for a message: quoted text, numbers, or its type."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str) and len(value) > 60:
        return f"'{value[:57]}...' ({len(value):,} characters)"
    if isinstance(value, str):
        return f"'{value}'"
    if isinstance(value, int) and value.bit_length() > 256:
        return "a number of more than 75 digits"
    try:
        written = str(value)
    except Exception:  # noqa: BLE001 - whatever it is, it has no short text
        return f"a {type(value).__name__}"
    if isinstance(value, (int, float)) or len(written) <= 40:
        return written
    return f"{written[:37]}..."


def unknown(what: str, value: object, known: Iterable[str]) -> InvalidRequest:
    """`InvalidRequest` for a name that is not one of `known`, nearest names first."""
    names = list(known)
    said = value[:80] if isinstance(value, str) else describe(value)
    near = get_close_matches(said, names, n=3, cutoff=0.5)
    hint = f"; did you mean {' or '.join(near)}?" if near else ""
    listed = ", ".join(names[:20]) or "none"
    return InvalidRequest(
        f"unknown {what} {describe(value)}{hint} (one of: {listed})", where=what, allowed=names
    )
