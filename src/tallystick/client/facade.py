"""`Tallystick` and `AsyncTallystick`: the verbs, bound to a transport.

Each verb stands once in `verbs`; the two classes differ only in whether its answer
is awaited.
"""

from collections.abc import Awaitable, Callable, Coroutine
from functools import update_wrapper
from inspect import Parameter, Signature, signature
from os import PathLike
from types import MethodType, TracebackType
from typing import Any, Concatenate, Generic, ParamSpec, Self, TypeVar, get_args, overload

from .. import results
from ..core.instants import Clock
from ..service.local import AsyncLocalTransport, LocalTransport
from ..service.startup import open_engine
from ..service.transport import AsyncTransport, Call, Transport
from . import verbs
from .connection import DEFAULT_TIMEOUT_SECONDS, remote
from .lease_settings import LeaseCall
from .open_holds import OpenHold, PendingHold, place
from .open_leases import OpenLease, PendingLease, lease
from .renewal import RenewalTasks, RenewalThread, Timing

P = ParamSpec("P")
R = TypeVar("R")
_LAST_EXTENSION_SECONDS = 5.0
"""Closing waits for so long for an extension that is under way."""


class _Method(Generic[P, R]):
    """A verb as a method: what `make` says is asked for, `carry` takes through the transport.

    Its signature is that of `make` with what the method gives, for whoever asks for help on it.
    """

    def __init__(
        self,
        make: Callable[P, Call[Any]],
        carry: Callable[[Any, Any, Any], R],
        gives: Callable[[Any], Any] = lambda answer: answer,
    ):
        def method(self: Any, *args: P.args, **kwargs: P.kwargs) -> R:
            return carry(self._transport, self._renewals, make(*args, **kwargs))

        self._method = update_wrapper(method, make)
        self.__doc__ = make.__doc__
        asked = signature(make)
        given = gives(*get_args(asked.return_annotation))
        taken = (Parameter("self", Parameter.POSITIONAL_OR_KEYWORD), *asked.parameters.values())
        method.__annotations__ = {**make.__annotations__, "return": given}
        method.__signature__ = Signature(taken, return_annotation=given)  # type: ignore[attr-defined]

    @overload
    def __get__(self, instance: None, owner: type) -> Callable[Concatenate[Any, P], R]: ...
    @overload
    def __get__(self, instance: object, owner: type) -> Callable[P, R]: ...
    def __get__(self, instance: Any, owner: type) -> Any:
        return self._method if instance is None else MethodType(self._method, instance)


def _verb(make: Callable[P, Call[R]]) -> _Method[P, R]:
    """A verb that answers at once."""
    return _Method(make, lambda transport, renewals, call: transport.do(call))


def _awaited(make: Callable[P, Call[R]]) -> _Method[P, Coroutine[Any, Any, R]]:
    """A verb whose answer is awaited."""
    return _Method(
        make, lambda transport, renewals, call: transport.do(call), lambda answer: Awaitable[answer]
    )


def _held(make: Callable[P, Call[results.Hold]]) -> _Method[P, OpenHold]:
    """``hold``, whose answer can close itself."""
    return _Method(make, place, lambda answer: OpenHold)


def _placed(make: Callable[P, Call[results.Hold]]) -> _Method[P, PendingHold]:
    """``hold``, to be awaited or entered."""
    return _Method(make, PendingHold, lambda answer: PendingHold)


def _leased(make: Callable[P, LeaseCall[results.Lease]]) -> _Method[P, OpenLease]:
    """``lease``, whose answer can renew itself."""
    return _Method(make, lease, lambda answer: OpenLease)


def _leasing(make: Callable[P, LeaseCall[results.Lease]]) -> _Method[P, PendingLease]:
    """``lease``, to be awaited or entered."""
    return _Method(make, PendingLease, lambda answer: PendingLease)


class Tallystick:
    """A platform's credits: ``Tallystick.open("credits.db", platform="artlist")``.

    Safe to share between threads. Verbs answer typed values (`tallystick.results`); a refusal
    raises `Refused`, bad input `InvalidRequest`, a reused key `KeyConflict`.
    """

    def __init__(self, transport: Transport, platform: str, timing: Timing | None = None):
        self._transport = transport
        self._renewals = RenewalThread(transport, timing)
        self.platform = platform

    @classmethod
    def open(
        cls,
        path: str | PathLike[str] = ":memory:",
        platform: str | None = None,
        catalog: str | PathLike[str] | None = None,
        clock: Clock | None = None,
        test_clock: Any = None,
        accept_clock: bool = False,
        clock_drift_seconds: float = 60,
        clock_ahead_days: float = 35,
    ) -> Self:
        """Open a platform in an embedded database, made if it is not there.

        A new platform publishes `catalog` (a file or its text), or the shipped catalog of its
        name. `clock` replaces the machine's clock in this process; `test_clock` makes a new
        platform a test one, whose stored clock starts there and moves with `advance_clock`.

        The machine's clock may be `clock_drift_seconds` off that of a server, or
        `clock_ahead_days` ahead of the newest instant in a file; beyond that writing raises
        `WrongClock`. `accept_clock` confirms the clock, once, for a file that was idle for longer.
        """
        engine, name = open_engine(
            path,
            platform,
            catalog,
            clock,
            test_clock,
            accept_clock,
            clock_drift_seconds,
            clock_ahead_days,
        )
        return cls(LocalTransport(engine, name), name)

    @classmethod
    def connect(cls, url: str, api_key: str, timeout: float = DEFAULT_TIMEOUT_SECONDS) -> Self:
        """Connect to a server: the same verbs, results and errors as embedded.

        The platform is that of the key. A request without an answer is sent again under the same
        key; `timeout` is in seconds, for one request.
        """
        from .http_transport import HttpTransport

        to = remote(url, api_key, timeout)
        return cls(HttpTransport(to), to.platform)

    quote = _verb(verbs.quote)
    open_account = _verb(verbs.open_account)
    account = _verb(verbs.account)
    accounts = _verb(verbs.accounts)
    set_member = _verb(verbs.set_member)
    remove_member = _verb(verbs.remove_member)
    set_limits = _verb(verbs.set_limits)
    balance = _verb(verbs.balance)
    entries = _verb(verbs.entries)
    receipt = _verb(verbs.receipt)
    holds = _verb(verbs.holds)
    subscribe = _verb(verbs.subscribe)
    change_plan = _verb(verbs.change_plan)
    cancel = _verb(verbs.cancel)
    resume = _verb(verbs.resume)
    pay = _verb(verbs.pay)
    pause = _verb(verbs.pause)
    reset_cycle = _verb(verbs.reset_cycle)
    end = _verb(verbs.end)
    top_up = _verb(verbs.top_up)
    grant = _verb(verbs.grant)
    adjust = _verb(verbs.adjust)
    reverse = _verb(verbs.reverse)
    void = _verb(verbs.void)
    set_expiry = _verb(verbs.set_expiry)
    hold = _held(verbs.hold)
    settle = _verb(verbs.settle)
    refund = _verb(verbs.refund)
    release = _verb(verbs.release)
    extend = _verb(verbs.extend)
    increase = _verb(verbs.increase)
    charge = _verb(verbs.charge)
    lease = _leased(verbs.lease)
    draw = _verb(verbs.draw)
    catalog = _verb(verbs.catalog)
    prices = _verb(verbs.prices)
    publish = _verb(verbs.publish)
    withdraw = _verb(verbs.withdraw)
    rollback = _verb(verbs.rollback)
    api_keys = _verb(verbs.api_keys)
    create_api_key = _verb(verbs.create_api_key)
    rotate_api_key = _verb(verbs.rotate_api_key)
    revoke_api_key = _verb(verbs.revoke_api_key)
    usage = _verb(verbs.usage)
    execute = _verb(verbs.execute)
    estimate = _verb(verbs.estimate)
    capacity = _verb(verbs.capacity)
    clock = _verb(verbs.clock)
    advance_clock = _verb(verbs.advance_clock)
    verify = _verb(verbs.verify)

    def close(self) -> None:
        """Close the database or the connection to the server. Everything that was answered is on
        disk already."""
        self._renewals.stop()
        self._transport.close()
        self._renewals.join(_LAST_EXTENSION_SECONDS)

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

    def __init__(self, transport: AsyncTransport, platform: str, timing: Timing | None = None):
        self._transport = transport
        self._renewals = RenewalTasks(transport, timing)
        self.platform = platform

    @classmethod
    def open(
        cls,
        path: str | PathLike[str] = ":memory:",
        platform: str | None = None,
        catalog: str | PathLike[str] | None = None,
        clock: Clock | None = None,
        test_clock: Any = None,
        accept_clock: bool = False,
        clock_drift_seconds: float = 60,
        clock_ahead_days: float = 35,
    ) -> Self:
        """Open a platform in an embedded database; see `Tallystick.open`."""
        engine, name = open_engine(
            path,
            platform,
            catalog,
            clock,
            test_clock,
            accept_clock,
            clock_drift_seconds,
            clock_ahead_days,
        )
        return cls(AsyncLocalTransport(engine, name), name)

    @classmethod
    def connect(cls, url: str, api_key: str, timeout: float = DEFAULT_TIMEOUT_SECONDS) -> Self:
        """Connect to a server; see `Tallystick.connect`."""
        from .http_transport import AsyncHttpTransport

        to = remote(url, api_key, timeout)
        return cls(AsyncHttpTransport(to), to.platform)

    quote = _awaited(verbs.quote)
    open_account = _awaited(verbs.open_account)
    account = _awaited(verbs.account)
    accounts = _awaited(verbs.accounts)
    set_member = _awaited(verbs.set_member)
    remove_member = _awaited(verbs.remove_member)
    set_limits = _awaited(verbs.set_limits)
    balance = _awaited(verbs.balance)
    entries = _awaited(verbs.entries)
    receipt = _awaited(verbs.receipt)
    holds = _awaited(verbs.holds)
    subscribe = _awaited(verbs.subscribe)
    change_plan = _awaited(verbs.change_plan)
    cancel = _awaited(verbs.cancel)
    resume = _awaited(verbs.resume)
    pay = _awaited(verbs.pay)
    pause = _awaited(verbs.pause)
    reset_cycle = _awaited(verbs.reset_cycle)
    end = _awaited(verbs.end)
    top_up = _awaited(verbs.top_up)
    grant = _awaited(verbs.grant)
    adjust = _awaited(verbs.adjust)
    reverse = _awaited(verbs.reverse)
    void = _awaited(verbs.void)
    set_expiry = _awaited(verbs.set_expiry)
    hold = _placed(verbs.hold)
    settle = _awaited(verbs.settle)
    refund = _awaited(verbs.refund)
    release = _awaited(verbs.release)
    extend = _awaited(verbs.extend)
    increase = _awaited(verbs.increase)
    charge = _awaited(verbs.charge)
    lease = _leasing(verbs.lease)
    draw = _awaited(verbs.draw)
    catalog = _awaited(verbs.catalog)
    prices = _awaited(verbs.prices)
    publish = _awaited(verbs.publish)
    withdraw = _awaited(verbs.withdraw)
    rollback = _awaited(verbs.rollback)
    api_keys = _awaited(verbs.api_keys)
    create_api_key = _awaited(verbs.create_api_key)
    rotate_api_key = _awaited(verbs.rotate_api_key)
    revoke_api_key = _awaited(verbs.revoke_api_key)
    usage = _awaited(verbs.usage)
    execute = _awaited(verbs.execute)
    estimate = _awaited(verbs.estimate)
    capacity = _awaited(verbs.capacity)
    clock = _awaited(verbs.clock)
    advance_clock = _awaited(verbs.advance_clock)
    verify = _awaited(verbs.verify)

    async def close(self) -> None:
        """Close the database or the connection to the server. Everything that was answered is on
        disk already."""
        self._renewals.stop()
        await self._transport.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()
