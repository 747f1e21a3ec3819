"""Where a command works: in a database, or at a server that an API key opens."""

import os
from typing import NamedTuple

from ..core.errors import InvalidRequest

ENVIRONMENT = {
    "db": "TALLYSTICK_DB",
    "server": "TALLYSTICK_SERVER",
    "api_key": "TALLYSTICK_API_KEY",
    "platform": "TALLYSTICK_PLATFORM",
}
"""The variables that stand for options."""


class Where(NamedTuple):
    """A database, this folder's if none is named; or a server with the API key that opens it."""

    db: str | None = None
    server: str | None = None
    api_key: str | None = None
    timeout: float | None = None
    """In seconds, for one request to the server; as the client says if None."""


def read_where(
    db: str | None, server: str | None, api_key: str | None, key: str | None = None
) -> Where:
    """Where a command works, by its options and the variables that stand for them.

    What is typed is stronger than what stands in the environment. A `key` that is an API key is
    taken as one where a server is named without ``--api-key``.

    Raises `InvalidRequest` if both are named, or a server without an API key.
    """
    if db and server:
        if was_typed("db", db) == was_typed("server", server):
            raise InvalidRequest(
                "a command works in a database or at a server, not both: give --db or --server",
                where="server",
            )
        db, server = (db, None) if was_typed("db", db) else (None, server)
    if not server:
        return Where(db)
    if key is not None and key.startswith("tk_") and not was_typed("api_key", api_key):
        api_key = key
    if not api_key:
        raise InvalidRequest(
            "a server asks for an API key: give --api-key, or set TALLYSTICK_API_KEY; where the "
            "database is, one is made with: tallystick keys create PLATFORM",
            where="api_key",
        )
    return Where(None, server, api_key)


def was_typed(option: str, value: str | None) -> bool:
    """Whether an option was typed, and not taken from the environment."""
    return bool(value) and value != os.environ.get(ENVIRONMENT[option])


def login() -> str | None:
    """The login of whoever types, if the system has one for them."""
    import getpass

    from ..core.limits import ID_CHARACTERS_MAX

    try:
        return getpass.getuser()[:ID_CHARACTERS_MAX] or None
    except (OSError, KeyError):
        return None
