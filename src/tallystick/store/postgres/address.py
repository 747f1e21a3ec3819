"""Where a PostgreSQL database is: read from a URL, and shown without its password."""

from typing import NamedTuple

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

from ...core.errors import InvalidRequest

CONNECTIONS_MAX = 8
"""How many connections a process opens to read with, at most; one more writes."""

_MOST_CONNECTIONS = 1_000
_MOST_SHARDS = 1_000
_OURS = ("connections", "pooled", "shards", "unsafe")
_SECRET = ("password", "sslpassword", "oauth_client_secret", "scram_client_key", "scram_server_key")


class Address(NamedTuple):
    """What the driver is told, and what is ours: the pool's limit, whether a pooler stands before
    the database, whether settings that lose data are accepted, into how many `shards` accounts
    are cut although the tables are whole, and whether the tables are spread over machines."""

    driver: dict[str, str]
    connections: int = CONNECTIONS_MAX
    pooled: bool = False
    unsafe: bool = False
    shards: int = 0
    spread: bool = False

    @property
    def place(self) -> str:
        """The database's name for messages."""
        said = self.driver
        user = f"{said['user']}@" if said.get("user") else ""
        port = f":{said['port']}" if said.get("port") else ""
        return f"postgresql://{user}{said.get('host', '')}{port}/{said.get('dbname', '')}"

    def __repr__(self) -> str:
        return f"Address({self.place})"

    def without_secrets(self, text: str) -> str:
        """A message of the driver's, whatever it quotes."""
        for name in _SECRET:
            if self.driver.get(name):
                text = text.replace(self.driver[name], "***")
        return text


def read(url: str) -> Address:
    """The address in a ``postgresql://`` URL; `connections`, `pooled`, `shards` and
    `unsafe` are ours. Raises `InvalidRequest` if libpq cannot read it, or one of ours is out
    of bounds."""
    base, _, query = url.partition("?")
    asked = [each.partition("=") for each in query.split("&") if each]
    ours = {name: value for name, _, value in asked if name in _OURS}
    rest = ["".join(each) for each in asked if each[0] not in _OURS]
    try:
        driver = conninfo_to_dict("?".join([base, "&".join(rest)] if rest else [base]))
    except ProgrammingError:
        raise _unreadable("is not an address that libpq understands") from None
    return Address(
        driver={name: str(value) for name, value in driver.items() if value is not None},
        connections=_number(
            "connections", ours.get("connections", str(CONNECTIONS_MAX)), 1, _MOST_CONNECTIONS
        ),
        pooled=_flag("pooled", ours.get("pooled", "0")),
        unsafe=_flag("unsafe", ours.get("unsafe", "0")),
        shards=_number("shards", ours.get("shards", "0"), 0, _MOST_SHARDS),
    )


def _number(name: str, text: str, least: int, most: int) -> int:
    if not (text.isascii() and text.isdecimal()) or not least <= int(text) <= most:
        raise _unreadable(f"has no {name}={least} to {name}={most}")
    return int(text)


def _flag(name: str, text: str) -> bool:
    if text not in ("0", "1"):
        raise _unreadable(f"says neither {name}=0 nor {name}=1")
    return text == "1"


def _unreadable(what: str) -> InvalidRequest:
    """The URL is not quoted: there may be a password in it."""
    return InvalidRequest(
        f"this postgresql:// URL {what}; write postgresql://user:password@host:port/database, and "
        "%XX for a character of the password that means something in a URL",
        where="db",
    )
