"""The tree of errors.

TallystickError
├── InvalidRequest        bad input: says what, where, and what is allowed
│   ├── UnknownModel      ... and the nearest names
│   └── InvalidCatalog    every problem of a catalog, each at file, line and column
├── KeyConflict           an idempotency key was used before for another request
├── Refused               a rule said no: code, facts, ways out (a subclass per code: `refusals`)
├── AccessDenied          the API key is missing, unknown or revoked, or lacks the scope
├── StillRunning          the first request under this key is not answered yet
├── SpendsNotWritten      a lease let out spends that are not in the ledger
└── StoreError            the database cannot be used
    ├── Unreachable       the server cannot be reached, or did not answer in time
    ├── ServerError       the server could not answer
    ├── NotADatabase      the file is something else
    ├── ReadOnlyDatabase  the file cannot be written
    ├── NewerDatabase     written by a newer Tallystick
    ├── UnsafeDatabase    this SQLite cannot share the file safely, or a setting did not hold
    ├── DatabaseBusy      others held the file for too long
    ├── FullDatabase      its disk has no room left
    ├── WrongClock        the database does not bear this machine's clock out
    └── DamagedDatabase   what is stored does not read back
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple, TypeVar

from .spelling import near


class TallystickError(Exception):
    """Everything Tallystick raises on purpose."""


Raised = TypeVar("Raised", bound=BaseException)


def as_answer(error: Raised) -> Raised:
    """Return an error that was raised as an answer, without its traceback.

    A traceback holds every frame that the error passed through. One of these holds the answers, so
    they would keep each other in memory until the collector, which stops everything, finds such
    rings.
    """
    error.__traceback__ = None
    error.__context__ = None
    return error


def all_or_nothing(answers: Sequence[Any]) -> list[Any]:
    """The answers to commands of which all are written or none: if one is an error, the first
    such keeps its own answer, and the others say that nothing was written because of it."""
    failed = next((at for at, each in enumerate(answers) if isinstance(each, Exception)), None)
    if failed is None:
        return list(answers)
    return [each if at == failed else unwritten(failed) for at, each in enumerate(answers)]


def unwritten(failed: int) -> "InvalidRequest":
    """The answer to a command that was not written because of another one, counted from 0."""
    where = f"commands[{failed}]"
    return InvalidRequest(
        f"nothing was written, because of {where}: this batch is all or nothing", where=where
    )


class Words(NamedTuple):
    """What an `InvalidRequest` says, and what would have been taken."""

    message: str
    allowed: tuple[str, ...] = ()


class InvalidRequest(TallystickError):
    """The request itself is wrong; nothing was decided and nothing was written.

    `message` says what is wrong, `where` names the field, `allowed` has what would have been
    taken. Words that take a search are not found where the error is raised, for others may wait
    there (under the write lock): `find` finds them when the error is first read.
    """

    def __init__(
        self,
        message: str,
        *,
        where: str | None = None,
        allowed: Sequence[str] = (),
        find: Callable[[], Words] | None = None,
    ):
        super().__init__(message)
        self.where = where
        self._words = Words(message, tuple(allowed))
        self._find = find

    @property
    def words(self) -> Words:
        """The message and what is allowed, once found."""
        if self._find is not None:
            self._words, self._find = self._find(), None
            self.args = (self._words.message,)
        return self._words

    @property
    def message(self) -> str:
        """What is wrong, in words."""
        return self.words.message

    @property
    def allowed(self) -> tuple[str, ...]:
        """What may be said instead, where that can be listed."""
        return self.words.allowed

    def __str__(self) -> str:
        return self.words.message

    def __reduce__(self) -> Any:
        _ = self.words  # a search does not travel, what it found does
        return super().__reduce__()


class UnknownModel(InvalidRequest):
    """No model of the catalog has this name; `allowed` holds the nearest names."""


class InvalidCatalog(InvalidRequest):
    """A catalog that cannot be published; `problems` lists every reason with its place."""

    def __init__(self, message: str, problems: Sequence[Any] = ()):
        super().__init__(message, where="catalog")
        self.problems = tuple(problems)


class KeyConflict(TallystickError):
    """The idempotency `key` was used before for another request: on `account`, or on the platform
    as a whole if that is None."""

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
    """The first request under this idempotency key is not answered yet: ask again in a moment."""


class SpendsNotWritten(TallystickError):
    """A lease let out spends that are not in the ledger; `spends` are the commands that would
    write them, each with its own key."""

    def __init__(self, message: str, spends: Sequence[Any] = ()):
        super().__init__(message)
        self.spends = tuple(spends)


class StoreError(TallystickError):
    """The database cannot be used.

    Its message is for whoever looks after the database, and may name files, servers and accounts;
    `public` is what a server says of it to others.
    """

    public = (
        "the database cannot be used just now; the reason stands in the server's log. Ask again, "
        "with the same key"
    )

    def __init__(self, message: str, *, public: str | None = None):
        super().__init__(message)
        if public is not None:
            self.public = public


class Unreachable(StoreError):
    """The server cannot be reached, or did not answer in time."""

    public = "the database cannot be reached just now; ask again, with the same key"


class ServerError(StoreError):
    """The server could not answer; asking again may help."""


class NotADatabase(StoreError):
    """The file is not a Tallystick database."""


class ReadOnlyDatabase(StoreError):
    """The file or its folder cannot be written."""

    public = "the database cannot be written: it is read-only for this server"


class NewerDatabase(StoreError):
    """The database was written by a newer Tallystick."""

    public = "the database was written by a newer version than this server's"


class UnsafeDatabase(StoreError):
    """The database would not keep its promises here (durability, or several writers)."""


class DatabaseBusy(StoreError):
    """Other processes held the database for longer than the time-out."""

    public = "the database is busy: others held it for too long; ask again, with the same key"


class FullDatabase(StoreError):
    """The disk of the database has no room left; nothing was written."""

    public = "the database cannot be written: its disk is full"


class WrongClock(StoreError):
    """The times in the database contradict this machine's clock, so nothing is written by it."""

    def __init__(self, message: str, *, public: str | None = None):
        super().__init__(message, public=public or message)  # it names no place


class DamagedDatabase(StoreError):
    """What is stored cannot be read as Tallystick wrote it."""

    public = "this cannot be read as it was stored; the server's log says what is wrong"


def installing(extra: str, otherwise: str = "") -> str:
    """How to install an extra, for the message that it is missing; `otherwise` says what else
    helps.

    The package is not on any index yet, so its name alone would find nothing.
    """
    return (
        f"pip install 'tallystick[{extra}]'{otherwise} (the package is not published yet: until it "
        f"is, pip install '.[{extra}]' in a clone of it)"
    )


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
    names = tuple(known)

    def find() -> Words:
        said = value if isinstance(value, str) else describe(value)
        meant = near(said, names, 3, 0.5)
        hint = f"; did you mean {' or '.join(meant)}?" if meant else ""
        listed = ", ".join(names[:20]) or "none"
        return Words(f"unknown {what} {describe(value)}{hint} (one of: {listed})", names)

    return InvalidRequest(f"unknown {what} {describe(value)}", where=what, find=find)
