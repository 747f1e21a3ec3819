"""Blocks that are pending: ``await`` one for the thing itself, or enter it with ``async with``."""

from abc import ABC, abstractmethod
from collections.abc import Generator
from types import TracebackType
from typing import Any, Generic, Protocol, Self, TypeVar


class AsyncBlock(Protocol):
    """Something that ``async with`` can enter and leave."""

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


T = TypeVar("T", bound=AsyncBlock)


class PendingBlock(ABC, Generic[T]):
    """A block that is asked for once this is awaited or entered, and entered and left with it."""

    _made: T | None = None

    @abstractmethod
    async def _make(self) -> T: ...

    def __await__(self) -> Generator[Any, None, T]:
        return self._make().__await__()

    async def __aenter__(self) -> T:
        self._made = await self._make()
        return await self._made.__aenter__()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._made is not None:
            await self._made.__aexit__(kind, error, trace)
