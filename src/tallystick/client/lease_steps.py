"""What the generators of a lease yield, and how those that wait learn that something changed.

Everything that a lease does (spend, write, flush, close) is a generator of steps, so that one
text serves threads and event loops; `lease_runners` runs them. A generator yields a `Call` when
it wants the engine asked, and is sent the answer, or the exception that came instead of one, as
a value. It yields a `Wait` when it has nothing to do, and is sent None once the time has passed
or something has changed; it then looks again, and may yield the same `Wait` once more. Between
two yields a generator has the lease to itself, and while one waits the others run.
"""

from collections.abc import Generator
from typing import Any, NamedTuple, TypeAlias, TypeVar

from ..service.transport import Call

T = TypeVar("T")

RECHECK_SECONDS = 1.0
"""A generator that waits for a change looks again after this time even if nobody notified it."""


class Wait(NamedTuple):
    """The step of a generator that waits for a change, but for at most `seconds`."""

    seconds: float


LeaseSteps: TypeAlias = Generator[Call[Any] | Wait, Any, T]
"""The steps of one thing that a lease does; the generator returns a `T`."""


class Changes:
    """A flag that says whether those that wait should look again.

    Generators raise it, as they cannot wake anybody; the runner takes it down and wakes them.
    """

    __slots__ = ("_noted",)

    def __init__(self) -> None:
        self._noted = False

    def notify(self) -> None:
        """Have those that wait look again, once this generator yields or ends."""
        self._noted = True

    def take(self) -> bool:
        """Answer whether anything has changed since this was last asked."""
        noted, self._noted = self._noted, False
        return noted
