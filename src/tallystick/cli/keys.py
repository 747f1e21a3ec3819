"""API keys: who may ask a server what. They are made, listed and ended where the database is, or
over HTTP by a key that may."""

from collections.abc import Callable
from contextlib import closing
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from . import completion
from .commands import Answer, command
from .context import HERE, Here
from .groups import group
from .location import login
from .options import By, Platform
from .pages import keys as pages

if TYPE_CHECKING:
    from ..client import Tallystick
    from ..engine import Engine

T = TypeVar("T")

app = typer.Typer()
api_keys = group(app, "keys", "API keys: who may use a server, and for what.", "A server")

Name = Annotated[
    str,
    typer.Option("--name", metavar="TEXT", help="What the key is for, such as the program's name."),
]
Scopes = Annotated[
    list[str] | None,
    typer.Option(
        "--scope",
        metavar="SCOPE",
        help="What the key may do: quote, spend, read, grant, admin or all; may be repeated. "
        "quote, spend and read if left out.",
        autocompletion=completion.scopes,
    ),
]
ExpiresAt = Annotated[
    str | None,
    typer.Option(
        "--expires-at",
        metavar="INSTANT",
        help="When the key ends by itself: a date, an instant, or a duration such as 90d. Never if "
        "left out.",
    ),
]
Overlap = Annotated[
    str,
    typer.Option(
        "--overlap",
        metavar="DURATION",
        help="For how long the old key goes on, at most 90d; 0s ends it at once.",
    ),
]
KeyId = Annotated[
    str,
    typer.Argument(
        metavar="ID",
        help="The key's id, as `keys list` shows it.",
        autocompletion=completion.api_keys,
    ),
]


def _asked(
    here: Here,
    platform: str,
    served: "Callable[[Tallystick], T]",
    kept: "Callable[[Engine], T]",
) -> T:
    """What a server answers, or the database that keeps the keys."""
    if here.where.server is not None:
        return served(here.at(platform))
    from .startup import open_database

    with closing(open_database(here.where.db)) as engine:
        return kept(engine)


@command(api_keys, "keys create", shared=HERE)
def create_key(
    here: Here,
    platform: Platform,
    name: Name = "default",
    scope: Scopes = None,
    expires_at: ExpiresAt = None,
    by: By = None,
) -> Answer:
    """Make an API key. It is shown only once."""
    from ..engine import keys

    scopes, who = scope or keys.DEFAULT_SCOPES, by or login()
    made = _asked(
        here,
        platform,
        lambda credits: credits.create_api_key(name, scopes, expires_at, who),
        lambda engine: keys.create(engine, platform, name, scopes, expires_at, (who, None)),
    )
    return Answer(made, pages.made)


@command(api_keys, "keys list", shared=HERE)
def list_keys(here: Here, platform: Platform) -> Answer:
    """List the API keys of a platform, those that have ended too."""
    from ..engine import keys

    listed = _asked(
        here,
        platform,
        lambda credits: credits.api_keys(),
        lambda engine: keys.listed(engine, platform),
    )
    return Answer(listed, lambda listed: pages.listed(listed, platform))


@command(api_keys, "keys rotate", shared=HERE)
def rotate_key(
    here: Here, platform: Platform, id: KeyId, overlap: Overlap = "24h", by: By = None
) -> Answer:
    """Make a key in the place of another one, which goes on for a while."""
    from ..engine import keys

    who = by or login()
    made = _asked(
        here,
        platform,
        lambda credits: credits.rotate_api_key(id, overlap, who),
        lambda engine: keys.rotate(engine, platform, id, overlap, (who, None)),
    )
    return Answer(made, pages.made)


@command(api_keys, "keys revoke", shared=HERE)
def revoke_key(here: Here, platform: Platform, id: KeyId, by: By = None) -> Answer:
    """Revoke an API key for good."""
    from ..engine import keys

    who = by or login()
    ended = _asked(
        here,
        platform,
        lambda credits: credits.revoke_api_key(id, who),
        lambda engine: keys.revoke(engine, platform, id, (who, None)),
    )
    return Answer(ended, pages.revoked)
