"""What the shell offers while somebody types: platforms, models, plans, accounts, holds.

Completion never fails and never prints: whatever goes wrong offers nothing.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import wraps
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from ..client import Tallystick
    from ..results.prices import ModelPrices
    from .location import Where

INTERVALS = ("monthly", "quarterly", "yearly")
_COMPLETIONS_MAX = 200
_PATIENCE_SECONDS = 1.0

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
    from .startup import platforms as known

    yield from dict.fromkeys([*known(_where(ctx.params)), *SHIPPED])


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
        yield from credits.accounts(limit=_COMPLETIONS_MAX)


@_offering
def holds(ctx: typer.Context) -> Iterator[Offer]:
    with _platform(ctx.params) as credits:
        for hold in credits.holds(ctx.params["account"]):
            yield hold.hold, f"{hold.name}, {hold.credits:,} held"


@_offering
def intervals(ctx: typer.Context) -> Iterator[Offer]:
    yield from INTERVALS


def among(words: Sequence[str]) -> Callable[..., list[Offer]]:
    """Words that never change."""

    @_offering
    def words_of(ctx: typer.Context) -> Iterator[Offer]:
        yield from words

    return words_of


@_offering
def scopes(ctx: typer.Context) -> Iterator[Offer]:
    from ..core.api_keys import SCOPES

    yield from (*SCOPES, "all")


@_offering
def api_keys(ctx: typer.Context) -> Iterator[Offer]:
    """The ids of the keys that have not ended."""
    from ..engine import keys
    from .startup import open_database

    with closing(open_database(ctx.params.get("db") or None)) as engine:
        for key in keys.listed(engine, ctx.params["platform"]):
            if key.revoked_at is None:
                yield key.id, key.name


@contextmanager
def _platform(given: dict[str, Any]) -> "Iterator[Tallystick]":
    from .startup import open_platform

    with open_platform(_where(given), given.get("platform")) as credits:
        yield credits


@contextmanager
def _prices(given: dict[str, Any]) -> "Iterator[Tallystick]":
    """The platform that a price is asked of; without its name, the only one there."""
    from .startup import open_platform, open_prices

    where, platform = _where(given), given.get("platform")
    with open_prices(where, platform) if platform else open_platform(where, None) as credits:
        yield credits


def _where(given: dict[str, Any]) -> "Where":
    """Where the command would work. Nobody waits long for a server while typing."""
    from .location import read_where

    said = [given.get(name) or None for name in ("db", "server", "api_key", "key")]
    return read_where(*said)._replace(timeout=_PATIENCE_SECONDS)
