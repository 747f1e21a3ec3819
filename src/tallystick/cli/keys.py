"""API keys: who may ask a server what. They are made, listed and ended where the database is."""

from contextlib import closing
from typing import Annotated

import typer

from . import completion
from .commands import Answer, command
from .context import DB, Here
from .groups import group
from .options import Platform
from .pages import keys as pages

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
KeyId = Annotated[
    str,
    typer.Argument(
        metavar="ID",
        help="The key's id, as `keys list` shows it.",
        autocompletion=completion.api_keys,
    ),
]


@command(api_keys, "keys create", shared=(DB,))
def create_key(
    here: Here, platform: Platform, name: Name = "default", scope: Scopes = None
) -> Answer:
    """Make an API key. It is shown only once."""
    from ..engine import keys
    from .startup import open_database

    with closing(open_database(here.where.db)) as engine:
        made = keys.create(engine, platform, name, scope or keys.DEFAULT_SCOPES)
    return Answer(made, pages.made)


@command(api_keys, "keys list", shared=(DB,))
def list_keys(here: Here, platform: Platform) -> Answer:
    """List the API keys of a platform, revoked ones included."""
    from ..engine import keys
    from .startup import open_database

    with closing(open_database(here.where.db)) as engine:
        listed = keys.listed(engine, platform)
    return Answer(listed, lambda listed: pages.listed(listed, platform))


@command(api_keys, "keys revoke", shared=(DB,))
def revoke_key(here: Here, platform: Platform, id: KeyId) -> Answer:
    """Revoke an API key for good."""
    from ..engine import keys
    from .startup import open_database

    with closing(open_database(here.where.db)) as engine:
        ended = keys.revoke(engine, platform, id)
    return Answer(ended, pages.revoked)
