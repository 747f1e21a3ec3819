"""The transports in this process: an engine answers the calls, at once or awaited."""

from typing import Any

from ..core.commands import Command
from ..engine import Engine
from . import handlers
from .async_engine import AsyncEngine
from .transport import Call, Whole, given


class LocalTransport:
    """Calls answered at once. Threads that write at the same time share a commit."""

    def __init__(self, engine: Engine, platform: str):
        self.engine = engine
        self.platform = platform

    def do(self, call: Call[Any]) -> Any:
        asked = call.asked
        if isinstance(asked, Command):
            return given(self.engine.execute(self.platform, (asked,))[0])
        if isinstance(asked, Whole):
            outcomes = self.engine.carry_out_whole(self.platform, asked)
            return [outcome.answer for outcome in outcomes]
        if isinstance(asked, tuple):
            return self.engine.execute(self.platform, asked)
        return handlers.ask(self.engine, self.platform, asked)

    def close(self) -> None:
        self.engine.close()


class AsyncLocalTransport:
    """The same, awaited: calls gather on the event loop and share a commit."""

    def __init__(self, engine: Engine, platform: str):
        self.engine = engine
        self.platform = platform
        self._awaited = AsyncEngine(engine)

    async def do(self, call: Call[Any]) -> Any:
        asked = call.asked
        if isinstance(asked, Command):
            return given((await self._awaited.carry_out([(self.platform, asked)]))[0].answer)
        if isinstance(asked, Whole):
            outcomes = await self._awaited.carry_out_whole(self.platform, asked)
            return [outcome.answer for outcome in outcomes]
        if isinstance(asked, tuple):
            outcomes = await self._awaited.carry_out([(self.platform, each) for each in asked])
            return [outcome.answer for outcome in outcomes]
        return await self._awaited.ask(self.platform, asked)

    async def close(self) -> None:
        await self._awaited.close()
