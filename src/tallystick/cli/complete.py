"""What the shell offers while somebody types: platforms, models, plans, accounts, holds.

Completion never fails and never prints: whatever goes wrong offers nothing.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from ..client import Tallystick

INTERVALS = ("monthly", "quarterly", "yearly")
_MOST = 200

Offer = str | tuple[str, str]


def _offering(find: Callable[[typer.Context], Iterator[Offer]]) -> Callable[..., list[Offer]]:
    @wraps(find)
    def offers(ctx: typer.Context) -> list[Offer]:
        try:
            return list(find(ctx))
        except Exception:  # noqa: BLE001 - a shell that completes has nowhere to show an error
            return []

    return offers


@_offering
def platforms(ctx: typer.Context) -> Iterator[Offer]:
    from ..catalogs import SHIPPED
    from .opening import platforms as known

    yield from dict.fromkeys([*known(ctx.params.get("db")), *SHIPPED])


@_offering
def models(ctx: typer.Context) -> Iterator[Offer]:
    with _prices(ctx.params) as credits:
        for tool in credits.prices().tools:
            yield from ((model.id, f"{model.name} ({tool.name})") for model in tool.models)


@_offering
def plans(ctx: typer.Context) -> Iterator[Offer]:
    with _prices(ctx.params) as credits:
        yield from ((plan.id, plan.name) for plan in credits.prices().plans)


@_offering
def accounts(ctx: typer.Context) -> Iterator[Offer]:
    with _platform(ctx.params) as credits:
        yield from credits.accounts(limit=_MOST)


@_offering
def holds(ctx: typer.Context) -> Iterator[Offer]:
    with _platform(ctx.params) as credits:
        for hold in credits.holds(ctx.params["account"]):
            yield hold.hold, f"{hold.name}, {hold.credits:,} credits"


@_offering
def intervals(ctx: typer.Context) -> Iterator[Offer]:
    yield from INTERVALS


@contextmanager
def _platform(given: dict[str, Any]) -> "Iterator[Tallystick]":
    from .opening import open_platform

    with open_platform(given.get("db"), given.get("platform")) as credits:
        yield credits


@contextmanager
def _prices(given: dict[str, Any]) -> "Iterator[Tallystick]":
    """The platform that a price is asked of, or that the account is on."""
    from .opening import open_platform, open_prices

    if "account" in given or not given.get("platform"):
        opened = open_platform(given.get("db"), given.get("platform"))
    else:
        opened = open_prices(given.get("db"), given["platform"])
    with opened as credits:
        yield credits
