"""Where a command runs: its options, and the platform that they lead to."""

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from .location import Where, read_where, was_typed
from .vocabulary import USUAL

if TYPE_CHECKING:
    from ..client import Tallystick

T = TypeVar("T")
DB, SERVER, API_KEY, PLATFORM, KEY = "db", "server", "api_key", "platform", "key"
HERE = (DB, SERVER, API_KEY)
"""What leads to a database or a server."""
LEADS = (*HERE, PLATFORM)
TAKES: dict[str, tuple[str, ...]] = {}
"""Which of the shared options each command has, by its full name."""


class Here:
    """Where a command works: its options, and the platform, which is opened when it is first asked
    for."""

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
        from .startup import open_platform

        return self._opened(lambda: open_platform(self.where, self.platform))

    def prices(self, platform: str) -> "Tallystick":
        """The platform for questions about prices: a shipped catalog needs no database."""
        from .startup import open_prices

        return self._opened(lambda: open_prices(self.where, platform))

    def at(self, platform: str | None) -> "Tallystick":
        """A platform that is named by an argument instead of an option."""
        self.platform = platform or self.platform
        return self.credits

    def aside(self, ask: "Callable[[Tallystick], T]", otherwise: T) -> T:
        """The answer to a further question of a page, or `otherwise` if the API key does not allow
        it: the command itself was carried out, and its page has to say so."""
        from ..core.errors import AccessDenied

        try:
            return ask(self.credits)
        except AccessDenied:
            return otherwise

    def zone(self) -> str:
        """The zone of the platform that the command has opened, in which its page shows instants;
        UTC where it has opened none, or several."""
        from ..core.errors import TallystickError

        if self._open is None:
            return "UTC"
        try:
            return self._open.clock().time_zone
        except TallystickError:  # what was done stays done, and is said
            return "UTC"

    @cached_property
    def wording(self) -> "Mapping[str, str]":
        """The words of the platform that the command has opened; the usual ones where it opened
        none, or where its API key or a server that is gone does not tell."""
        from ..core.errors import AccessDenied, StoreError

        if self._open is None:
            return USUAL
        try:
            return self._open.prices().wording
        except (AccessDenied, StoreError):
            return USUAL

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
        from ..http.masks import masked

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
        shared = TAKES.get(" ".join(words[:length]))
        if shared is not None:
            return tuple(name for name in shared if name in LEADS)
    return ()
