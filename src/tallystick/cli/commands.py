"""How every command runs: what it was given, the platform that leads to, and its answer said.

A command is a function of a `Here` and its own arguments that returns an `Answer`. What all of
them share (``--db``, ``--server``, ``--platform``, ``--key``, ``--json``) is added by `command`,
in one place.
"""

from collections.abc import Callable, Iterable
from functools import cached_property
from inspect import Parameter, Signature, signature
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import typer

from . import errors, options, show
from .groups import Worded
from .show import Block
from .where import Where, read_where, was_typed

if TYPE_CHECKING:
    from ..client import Tallystick

T = TypeVar("T")

DB, SERVER, API_KEY, PLATFORM, KEY = "db", "server", "api_key", "platform", "key"
HERE = (DB, SERVER, API_KEY)
"""What leads to a database or a server."""

WRITES = (*HERE, PLATFORM, KEY)
"""What a command shares with others that writes to an account."""

_SHARED: dict[str, Any] = {
    DB: options.Database,
    SERVER: options.Server,
    API_KEY: options.ApiKey,
    PLATFORM: options.WhichPlatform,
    KEY: options.Key,
}
_LEADS = (*HERE, PLATFORM)
_TAKES: dict[str, tuple[str, ...]] = {}
"""Which of the shared options each command has, by its full name."""


class Answer(NamedTuple):
    """What a command answers: `result` for programs, `page` of it for people, the exit code."""

    result: Any
    page: Callable[[Any], Iterable[Block]]
    code: int = 0


class Here:
    """Where a command works: what it was given, and the platform, opened when first asked for."""

    def __init__(self, command: str, given: dict[str, Any], as_json: bool, **shared: str | None):
        self.command = command
        self.given = given
        self.as_json = as_json
        self.platform = shared.get(PLATFORM) or None
        self._shared = shared
        self._named = self.platform or given.get(PLATFORM)
        self._open: Tallystick | None = None

    @cached_property
    def where(self) -> Where:
        shared = self._shared
        db, server, api_key = (shared.get(name) or None for name in HERE)
        return read_where(db, server, api_key, shared.get(KEY))

    @property
    def key(self) -> str | None:
        """The request key."""
        key = self._shared.get(KEY)
        return None if key is not None and key == self.where.api_key else key

    @property
    def credits(self) -> "Tallystick":
        """The platform in the database, the only one there if none is named; or the server's."""
        from .opening import open_platform

        return self._opened(lambda: open_platform(self.where, self.platform))

    def prices(self, platform: str) -> "Tallystick":
        """The platform for questions about prices: a shipped catalog needs no database."""
        from .opening import open_prices

        return self._opened(lambda: open_prices(self.where, platform))

    def at(self, platform: str | None) -> "Tallystick":
        """A platform that is named by an argument instead of an option."""
        self.platform = platform or self.platform
        return self.credits

    def aside(self, ask: "Callable[[Tallystick], T]", otherwise: T) -> T:
        """What a page asks beside its answer, or `otherwise` where the API key opens less: what
        was done stays done, and is said."""
        from ..core.errors import AccessDenied

        try:
            return ask(self.credits)
        except AccessDenied:
            return otherwise

    def _opened(self, opening: "Callable[[], Tallystick]") -> "Tallystick":
        if self._open is None:
            self._open = opening()
        return self._open

    def close(self) -> None:
        if self._open is not None:
            self._open.close()

    def typed(self, words: Iterable[str]) -> str:
        """A command to type next, where this one worked. No secret is said again."""
        from shlex import join

        line = list(words)
        for name in _takes(line):
            value = self._leading(name)
            if value is not None:
                line += [f"--{name.replace('_', '-')}", value]
        return join(["tallystick", *line])

    def _leading(self, name: str) -> str | None:
        """What must be said of an option to get here again; nothing where the environment or the
        API key says it."""
        from ..core.errors import InvalidRequest
        from ..http.masking import masked

        try:
            where = self.where
        except InvalidRequest:
            where = Where(self._shared.get(DB))
        said = {
            DB: where.db or self.given.get(DB),
            SERVER: where.server,
            API_KEY: where.api_key,
            PLATFORM: None if where.server else self._named,
        }[name]
        if said is None or not was_typed(name, said):
            return None
        return "KEY" if name == API_KEY else masked(said)


def _takes(words: list[str]) -> tuple[str, ...]:
    """Which of the options that lead to a platform the command in `words` has."""
    for length in (3, 2, 1):
        shared = _TAKES.get(" ".join(words[:length]))
        if shared is not None:
            return tuple(name for name in shared if name in _LEADS)
    return ()


def command(
    group: typer.Typer,
    name: str,
    *,
    heading: str | None = None,
    shared: tuple[str, ...] = (*HERE, PLATFORM),
    negative_numbers: bool = False,
) -> Callable[[Callable[..., Answer | None]], Callable[..., Answer | None]]:
    """Make a function the command `name` (its full name, ``account open``) of `group`.

    With `negative_numbers` an argument may begin with a minus.
    """
    _TAKES[name] = shared

    def register(work: Callable[..., Answer | None]) -> Callable[..., Answer | None]:
        def run(**given: Any) -> None:
            as_json = given.pop("as_json")
            here = Here(name, given, as_json, **{each: given.pop(each) for each in shared})
            _carry_out(work, here)

        run.__doc__ = work.__doc__
        run.__signature__ = _with_shared(work, shared)  # type: ignore[attr-defined]
        group.command(
            name.rpartition(" ")[2],
            cls=Worded,
            rich_help_panel=heading,
            context_settings={"ignore_unknown_options": True} if negative_numbers else None,
        )(run)
        return work

    return register


def _with_shared(work: Callable[..., Answer | None], shared: tuple[str, ...]) -> Signature:
    """The arguments of `work` after its `Here`, and the shared options."""
    own = list(signature(work).parameters.values())[1:]
    options_ = {each: _SHARED[each] for each in shared}
    if API_KEY in options_ and KEY not in options_:
        options_[API_KEY] = options.ApiKeyAsKey
    added = [
        Parameter(each, Parameter.KEYWORD_ONLY, default=None, annotation=annotation)
        for each, annotation in options_.items()
    ]
    as_json = Parameter("as_json", Parameter.KEYWORD_ONLY, default=False, annotation=options.AsJson)
    keywords = [each.replace(kind=Parameter.KEYWORD_ONLY) for each in own]
    return Signature([*keywords, *added, as_json])


def _carry_out(work: Callable[..., Answer | None], here: Here) -> None:
    """Do the work, say its answer or its error, and leave with the exit code."""
    from ..core.errors import TallystickError

    try:
        answer = work(here, **here.given)
        if answer is not None:
            say(answer, here)
        code = answer.code if answer is not None else 0
    except TallystickError as error:
        code = errors.tell(error, here, here.as_json)
    except BrokenPipeError:  # whoever read us has seen enough, as `head` does
        code = errors.hushed()
    finally:
        here.close()
    if code:
        raise typer.Exit(code)


def say(answer: Answer, here: Here) -> None:
    """An answer on stdout: its JSON document, or its page."""
    if here.as_json:
        show.document(answer.result)
    else:
        show.page(answer.page(answer.result), here.typed)
