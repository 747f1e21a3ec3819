"""`Tallystick` and `AsyncTallystick`: the verbs, bound to a door.

Each verb stands once in `verbs`; the two classes differ only in whether its answer is awaited.
"""

from collections.abc import Callable, Coroutine
from functools import update_wrapper
from os import PathLike
from types import MethodType, TracebackType
from typing import Any, Concatenate, Generic, ParamSpec, Self, TypeVar, overload

from ..engine import Clock
from . import verbs
from .async_door import AsyncEmbeddedDoor
from .doors import AsyncDoor, Door, EmbeddedDoor
from .holding import OpenHold, Placing, opened
from .opening import open_engine
from .verbs import Call

P = ParamSpec("P")
R = TypeVar("R")


class _Verb(Generic[P, R]):
    """A verb as a method that answers at once."""

    def __init__(self, make: Callable[P, Call[R]]):
        def method(self: "Tallystick", *args: P.args, **kwargs: P.kwargs) -> R:
            return self._door.do(make(*args, **kwargs))

        self._method = update_wrapper(method, make)
        self.__doc__ = make.__doc__

    @overload
    def __get__(self, instance: None, owner: type) -> "Callable[Concatenate[Any, P], R]": ...
    @overload
    def __get__(self, instance: object, owner: type) -> Callable[P, R]: ...
    def __get__(self, instance: Any, owner: type) -> Any:
        return self._method if instance is None else MethodType(self._method, instance)


class _AsyncVerb(Generic[P, R]):
    """A verb as a method whose answer is awaited."""

    def __init__(self, make: Callable[P, Call[R]]):
        def method(
            self: "AsyncTallystick", *args: P.args, **kwargs: P.kwargs
        ) -> Coroutine[Any, Any, R]:
            return self._door.do(make(*args, **kwargs))

        self._method = update_wrapper(method, make)
        self.__doc__ = make.__doc__

    @overload
    def __get__(
        self, instance: None, owner: type
    ) -> "Callable[Concatenate[Any, P], Coroutine[Any, Any, R]]": ...
    @overload
    def __get__(self, instance: object, owner: type) -> Callable[P, Coroutine[Any, Any, R]]: ...
    def __get__(self, instance: Any, owner: type) -> Any:
        return self._method if instance is None else MethodType(self._method, instance)


class Tallystick:
    """A platform's credits: ``Tallystick.open("credits.db", platform="artlist")``.

    Safe to share between threads. Verbs answer typed values (`tallystick.results`); a refusal
    raises `Refused`, bad input `InvalidRequest`, a reused key `KeyConflict`.
    """

    def __init__(self, door: Door, platform: str):
        self._door = door
        self.platform = platform

    @classmethod
    def open(
        cls,
        path: str | PathLike[str] = ":memory:",
        platform: str | None = None,
        catalog: str | PathLike[str] | None = None,
        clock: Clock | None = None,
        test_clock: Any = None,
    ) -> Self:
        """Open a platform in an embedded database, made if it is not there.

        A new platform publishes `catalog` (a file or its text), or the shipped catalog of its
        name. `clock` replaces the machine's clock in this process; `test_clock` makes a new
        platform a test one, whose stored clock starts there and moves with `advance_clock`.
        """
        engine, name = open_engine(path, platform, catalog, clock, test_clock)
        return cls(EmbeddedDoor(engine, name), name)

    quote = _Verb(verbs.quote)
    open_account = _Verb(verbs.open_account)
    account = _Verb(verbs.account)
    accounts = _Verb(verbs.accounts)
    set_member = _Verb(verbs.set_member)
    remove_member = _Verb(verbs.remove_member)
    balance = _Verb(verbs.balance)
    entries = _Verb(verbs.entries)
    receipt = _Verb(verbs.receipt)
    holds = _Verb(verbs.holds)
    subscribe = _Verb(verbs.subscribe)
    change_plan = _Verb(verbs.change_plan)
    cancel = _Verb(verbs.cancel)
    resume = _Verb(verbs.resume)
    pay = _Verb(verbs.pay)
    top_up = _Verb(verbs.top_up)
    grant = _Verb(verbs.grant)
    adjust = _Verb(verbs.adjust)
    reverse = _Verb(verbs.reverse)
    settle = _Verb(verbs.settle)
    release = _Verb(verbs.release)
    extend = _Verb(verbs.extend)
    charge = _Verb(verbs.charge)
    catalog = _Verb(verbs.catalog)
    prices = _Verb(verbs.prices)
    publish = _Verb(verbs.publish)
    usage = _Verb(verbs.usage)
    execute = _Verb(verbs.execute)
    estimate = _Verb(verbs.estimate)
    capacity = _Verb(verbs.capacity)
    clock = _Verb(verbs.clock)
    advance_clock = _Verb(verbs.advance_clock)
    verify = _Verb(verbs.verify)

    def hold(self, *args: Any, **kwargs: Any) -> OpenHold:
        """Reserve the price of a generation: ``with credits.hold("acct_1", "Veo 3.1",
        seconds=8) as hold``. Takes what `verbs.hold` takes."""
        return opened(OpenHold, self._door.do(verbs.hold(*args, **kwargs)), self._door)

    def close(self) -> None:
        """Close the database. Everything answered is on disk already."""
        self._door.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class AsyncTallystick:
    """The same verbs with ``await``; commands that wait together share one commit."""

    def __init__(self, door: AsyncDoor, platform: str):
        self._door = door
        self.platform = platform

    @classmethod
    def open(
        cls,
        path: str | PathLike[str] = ":memory:",
        platform: str | None = None,
        catalog: str | PathLike[str] | None = None,
        clock: Clock | None = None,
        test_clock: Any = None,
    ) -> Self:
        """Open a platform in an embedded database; see `Tallystick.open`."""
        engine, name = open_engine(path, platform, catalog, clock, test_clock)
        return cls(AsyncEmbeddedDoor(engine, name), name)

    quote = _AsyncVerb(verbs.quote)
    open_account = _AsyncVerb(verbs.open_account)
    account = _AsyncVerb(verbs.account)
    accounts = _AsyncVerb(verbs.accounts)
    set_member = _AsyncVerb(verbs.set_member)
    remove_member = _AsyncVerb(verbs.remove_member)
    balance = _AsyncVerb(verbs.balance)
    entries = _AsyncVerb(verbs.entries)
    receipt = _AsyncVerb(verbs.receipt)
    holds = _AsyncVerb(verbs.holds)
    subscribe = _AsyncVerb(verbs.subscribe)
    change_plan = _AsyncVerb(verbs.change_plan)
    cancel = _AsyncVerb(verbs.cancel)
    resume = _AsyncVerb(verbs.resume)
    pay = _AsyncVerb(verbs.pay)
    top_up = _AsyncVerb(verbs.top_up)
    grant = _AsyncVerb(verbs.grant)
    adjust = _AsyncVerb(verbs.adjust)
    reverse = _AsyncVerb(verbs.reverse)
    settle = _AsyncVerb(verbs.settle)
    release = _AsyncVerb(verbs.release)
    extend = _AsyncVerb(verbs.extend)
    charge = _AsyncVerb(verbs.charge)
    catalog = _AsyncVerb(verbs.catalog)
    prices = _AsyncVerb(verbs.prices)
    publish = _AsyncVerb(verbs.publish)
    usage = _AsyncVerb(verbs.usage)
    execute = _AsyncVerb(verbs.execute)
    estimate = _AsyncVerb(verbs.estimate)
    capacity = _AsyncVerb(verbs.capacity)
    clock = _AsyncVerb(verbs.clock)
    advance_clock = _AsyncVerb(verbs.advance_clock)
    verify = _AsyncVerb(verbs.verify)

    def hold(self, *args: Any, **kwargs: Any) -> Placing:
        """Reserve the price of a generation: ``async with credits.hold(...) as hold``, or
        ``hold = await credits.hold(...)``. Takes what `verbs.hold` takes."""
        return Placing(self._door, verbs.hold(*args, **kwargs))

    async def close(self) -> None:
        """Close the database. Everything answered is on disk already."""
        await self._door.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()
