"""Transports whose extensions of holds fail as often as a test wants; they note what is asked."""

from typing import Any

from tallystick.core.commands import Extend


class Failing:
    """A transport whose extensions fail as often as it is told."""

    def __init__(self, transport: Any):
        self._transport = transport
        self.errors: list[Exception] = []
        self.extensions: list[tuple[Extend, ...]] = []
        self.asked: list[Any] = []

    def do(self, call: Any) -> Any:
        self._note(call.asked)
        return self._transport.do(call)

    def _note(self, asked: Any) -> None:
        self.asked.append(asked)
        found = asked if isinstance(asked, tuple) else (asked,)
        if found and all(isinstance(each, Extend) for each in found):
            self.extensions.append(found)
            if self.errors:
                raise self.errors.pop(0)

    def close(self) -> None:
        self._transport.close()


class FailingAwaited(Failing):
    async def do(self, call: Any) -> Any:
        self._note(call.asked)
        return await self._transport.do(call)

    async def close(self) -> None:
        await self._transport.close()
