"""Doors: how a call reaches a platform; the embedded one is in this process."""

from collections.abc import Coroutine
from typing import Any, Protocol, TypeVar

from ..core.commands import Command
from ..engine import Engine
from . import reading
from .verbs import Call

R = TypeVar("R")


class Door(Protocol):
    """Carries out calls, one answer each."""

    def do(self, call: Call[R]) -> R: ...

    def close(self) -> None: ...


class AsyncDoor(Protocol):
    """The same, awaited."""

    def do(self, call: Call[R]) -> Coroutine[Any, Any, R]: ...

    async def close(self) -> None: ...


class EmbeddedDoor:
    """Calls answered by an engine in this process. Threads that write at once share a commit."""

    def __init__(self, engine: Engine, platform: str):
        self.engine = engine
        self.platform = platform

    def do(self, call: Call[Any]) -> Any:
        asked = call.asked
        if isinstance(asked, Command):
            return given(self.engine.execute(self.platform, (asked,))[0])
        if isinstance(asked, tuple):
            return self.engine.execute(self.platform, asked)
        return reading.ask(self.engine, self.platform, asked)

    def close(self) -> None:
        self.engine.close()


def given(answer: Any) -> Any:
    """An answer, raised if it is an error."""
    if isinstance(answer, Exception):
        raise answer
    return answer
