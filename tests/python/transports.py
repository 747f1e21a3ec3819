"""One suite for all transports: embedded and over HTTP, called, and with every verb awaited."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import wraps
from types import TracebackType
from typing import Any, Self

from tallystick import AsyncTallystick, Tallystick
from tests.one_server import behind_http


class Awaited:
    """Anything with coroutines for methods, called as if they answered at once."""

    def __init__(self, inner: Any, runner: asyncio.Runner):
        self._inner = inner
        self._runner = runner

    def __getattr__(self, name: str) -> Any:
        member = getattr(self._inner, name)
        return self._called(member) if callable(member) else member

    def _called(self, member: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(member)
        def call(*args: Any, **kwargs: Any) -> Any:
            answer = member(*args, **kwargs)
            return self._wait(answer) if isinstance(answer, Awaitable) else answer

        return call

    def _wait(self, answer: Awaitable[Any]) -> Any:
        async def wait() -> Any:
            return await answer

        return self._runner.run(wait())


class AwaitedBlock(Awaited):
    """A hold or a lease whose block is entered and left on the event loop."""

    def __enter__(self) -> Self:
        self._wait(self._inner.__aenter__())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._wait(self._inner.__aexit__(kind, error, trace))


class AwaitedTallystick(Awaited):
    """`AsyncTallystick` under the names of `Tallystick`."""

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(self._opened(*args, **kwargs), asyncio.Runner())

    def _opened(self, *args: Any, **kwargs: Any) -> AsyncTallystick:
        return AsyncTallystick.open(*args, **kwargs)

    def hold(self, *args: Any, **kwargs: Any) -> AwaitedBlock:
        return AwaitedBlock(self._wait(self._inner.hold(*args, **kwargs)), self._runner)

    def lease(self, *args: Any, **kwargs: Any) -> AwaitedBlock:
        return AwaitedBlock(self._wait(self._inner.lease(*args, **kwargs)), self._runner)

    def close(self) -> None:
        self._wait(self._inner.close())
        self._runner.close()


class AwaitedOverHttp(AwaitedTallystick):
    """`AsyncTallystick` connected to a server that opened what was asked for."""

    def _opened(self, *args: Any, **kwargs: Any) -> AsyncTallystick:
        self.behind = behind_http(*args, **kwargs)
        return AsyncTallystick.connect(self.behind.url, self.behind.api_key)

    def close(self) -> None:
        super().close()
        self.behind.close()


class OverHttp(Tallystick):
    """`Tallystick` connected to a server that opened what was asked for."""

    def __init__(self, *args: Any, **kwargs: Any):
        self.behind = behind_http(*args, **kwargs)
        connected = Tallystick.connect(self.behind.url, self.behind.api_key)
        super().__init__(connected._transport, connected.platform)

    def close(self) -> None:
        super().close()
        self.behind.close()


TRANSPORTS: dict[str, Any] = {
    "called": Tallystick.open,
    "awaited": AwaitedTallystick,
    "called over HTTP": OverHttp,
    "awaited over HTTP": AwaitedOverHttp,
}
