"""What the shell offers while somebody types: platforms, models, plans, accounts, holds.

Completion never fails and never prints: whatever goes wrong offers nothing.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from ..catalogs.prices import ModelPrices
    from ..client import Tallystick

INTERVALS = ("monthly", "quarterly", "yearly")
_MOST = 200

Offer = str | tuple[str, str]


def _offering(find: Callable[[typer.Context], Iterator[Offer]]) -> Callable[..., list[Offer]]:
    @wraps(find)
    def offers(ctx: typer.Context) -> list[Offer]:
        try:
            return list(dict.fromkeys(find(ctx)))
        except Exception:  # noqa: BLE001 - a shell that completes has nowhere to show an error
            return []

    return offers


@_offering
def platforms(ctx: typer.Context) -> Iterator[Offer]:
    from ..catalogs import SHIPPED
    from .opening import platforms as known

    yield from dict.fromkeys([*known(ctx.params.get("db")), *SHIPPED])


@_offering
def generation(ctx: typer.Context) -> Iterator[Offer]:
    """Models first; after one is named, its settings and what it is counted in."""
    typed = ctx.params.get("model") or []
    named = " ".join(word for word in typed if "=" not in word).casefold()
    with _prices(ctx.params) as credits:
        for tool in credits.prices().tools:
            for model in tool.models:
                if not named:
                    yield model.id, f"{model.name} ({tool.name})"
                elif named in (model.id, model.name.casefold()):
                    yield from _settings(model)


def _settings(model: "ModelPrices") -> Iterator[Offer]:
    for row in model.rows:
        for name, values in row.settings.items():
            yield from (f"{name}={value}" for value in values)
        yield f"{row.price.unit}s="


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
    """The platform that a price is asked of; without its name, the only one there."""
    from .opening import open_platform, open_prices

    db, platform = given.get("db"), given.get("platform")
    with open_prices(db, platform) if platform else open_platform(db, None) as credits:
        yield credits
