"""The limit under overload: new spending is turned away at once, requests that end holds are
not."""

from ..core.commands import Command
from ..service.async_engine import AsyncEngine
from ..wire.endpoints import TAKE_CREDITS, CommandBatch, Endpoint
from ..wire.problems import HttpError

OVERLOADED = "more requests are waiting than can be answered soon; try again in a moment"


def overloaded(engine: AsyncEngine, most: int, share: int) -> bool:
    """More waits than can be answered soon: new spending is refused at once, before anything else
    is done for it; what closes holds or gives credits is not. Of one key no more counts than its
    share."""
    return engine.waiting > most and engine.waiting_within(share) > most


def check_share(engine: AsyncEngine, key: str, endpoint: Endpoint, share: int) -> None:
    """Raise when a key that wants to spend, or has a batch, has its share waiting already.

    The error is `HttpError`, 429.
    """
    if engine.waiting <= share or not (endpoint.takes_credits or endpoint.kind is CommandBatch):
        return
    waiting = engine.waiting_of(key)
    if waiting > share:
        raise HttpError(
            "too_many_commands",
            f"this key has {waiting:,} commands waiting; try again in a moment, with fewer at once",
        )


def or_turned_away(command: Command | Exception) -> Command | Exception:
    """A command of a batch, or the error that there is too much for it."""
    return HttpError("overloaded", OVERLOADED) if isinstance(command, TAKE_CREDITS) else command
