"""A state machine that is driven by a table: `Machine` moves as its table says."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, ClassVar, Generic, TypeAlias, TypeVar

S = TypeVar("S", bound=StrEnum)

Table: TypeAlias = Mapping[Any, Mapping[Any, Any]]
"""For each state, the events that it expects, each with the state that follows."""


class ImpossibleTransition(RuntimeError):
    """An event came in a state that does not expect it: a fault in this package."""


class Machine(Generic[S]):
    """A thing that is in one `state` of its table. Events move it.

    `state` is the present state. `table` belongs to the class, and holds all transitions.
    """

    __slots__ = ("state",)

    table: ClassVar[Table]
    state: S

    def __init__(self, first: S):
        self.state = first

    def on(self, event: StrEnum) -> None:
        """Move as the table says for an event. Raises `ImpossibleTransition` if it says nothing."""
        try:
            self.state = self.table[self.state][event]
        except KeyError:
            raise ImpossibleTransition(
                f"{type(self).__name__} cannot take '{event}' while it is '{self.state}'"
            ) from None
