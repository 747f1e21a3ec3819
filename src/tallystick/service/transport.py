"""Calls and transports: what a verb asks for, and what carries it out."""

from collections.abc import Coroutine
from typing import Any, Generic, Protocol, TypeVar

from ..core.commands import Command
from ..core.queries import Query

R = TypeVar("R")


class Whole(tuple[Command, ...]):
    """Commands of one account of which all are written, or none."""


class Call(Generic[R]):
    """What a verb asks for; the transport that carries it out answers an `R`."""

    __slots__ = ("asked",)

    def __init__(self, asked: "Command | Query | tuple[Command, ...]"):
        self.asked = asked


class Transport(Protocol):
    """Carries out calls, one answer each."""

    def do(self, call: Call[R]) -> R: ...

    def close(self) -> None: ...


class AsyncTransport(Protocol):
    """The same, awaited."""

    def do(self, call: Call[R]) -> Coroutine[Any, Any, R]: ...

    async def close(self) -> None: ...


def given(answer: Any) -> Any:
    """An answer, raised if it is an error."""
    if isinstance(answer, Exception):
        raise answer
    return answer
