"""The embedded door: calls answered by an engine in this process."""

from typing import Any

from ..core.commands import Command
from ..engine import Engine
from . import reading
from .calls import Call, given


class EmbeddedDoor:
    """Calls answered at once. Threads that write at the same time share a commit."""

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
