"""The one place where the command line opens a platform: in a database, or at a server.

Nothing is created by accident. A database and a platform are created by ``tallystick init`` (or the
demo), never because a name was mistyped. At a server, the API key decides the platform.
"""

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from ..catalogs import SHIPPED, is_shipped
from ..client import Tallystick
from ..config import clock_limits, database
from ..core.errors import InvalidRequest, StoreError
from ..engine import ClockLimits, Engine
from ..http.masks import masked
from .location import Where

MEMORY = ":memory:"


_OTHERS_MOST = 5
"""The most databases that are named beside one that is not there."""


class NoDatabase(StoreError):
    """There is no database at this place."""

    def __init__(self, path: str, where: str = "db"):
        super().__init__(f"there is no database {masked(path)}{_others(path)}")
        self.where = where
        self.ways_on = (
            ("make one", ["init", SHIPPED[0]]),
            ("make one with sample accounts", ["demo"]),
        )


_SQLITE = b"SQLite format 3"


def _others(path: str) -> str:
    """Which databases are beside a file that is not there, for somebody who meant one of them."""
    if "://" in path or "\x00" in path:
        return ""
    try:
        beside = sorted(Path(path).parent.glob("*.db"))[:_OTHERS_MOST]
        names = [each.name for each in beside if each.is_file() and _begins(each)]
    except OSError:
        return ""
    if not names:
        return ""
    verb = "is" if len(names) == 1 else "are"
    return f"; {', '.join(names)} {verb} there: name one with --db"


def _begins(file: Path) -> bool:
    with file.open("rb") as opened:
        return opened.read(len(_SQLITE)) == _SQLITE


def open_platform(where: Where, platform: str | None) -> Tallystick:
    """A platform in the database: the one named, or the only one there. Or the server's."""
    if where.server is not None:
        return _connected(where, platform)
    path = where.db or database()
    must_exist(path)
    only, known = _only(path)
    if only is not None and platform in (None, only.platform):
        return only
    if only is not None:
        only.close()
    return _opened(path, platform=_chosen(platform, known, path))


def open_prices(where: Where, platform: str) -> Tallystick:
    """A platform for questions about its prices: in the database, or where none is named and
    this folder's has no such platform, as its shipped catalog says. Or the server's. Raises
    `InvalidRequest` if neither the database nor a shipped catalog has the platform."""
    if where.server is not None:
        return _connected(where, platform)
    db = where.db
    if is_shipped(platform) and (db == MEMORY or (db is None and platform not in platforms(where))):
        return Tallystick.open(MEMORY, platform=platform)
    if db is None and not exists(default := database()):
        raise InvalidRequest(
            f"no shipped catalog is called '{platform}' (there are: {', '.join(SHIPPED)}), and "
            f"there is no database {masked(default)} here; name one with --db",
            where="platform",
            allowed=SHIPPED,
        )
    return open_platform(where, platform)


def _connected(where: Where, platform: str | None) -> Tallystick:
    """The platform of the API key, which must be the one that was named, if one was."""
    patience = {} if where.timeout is None else {"timeout": where.timeout}
    connected = Tallystick.connect(str(where.server), str(where.api_key), **patience)
    if platform not in (None, connected.platform):
        connected.close()
        raise InvalidRequest(
            f"the API key opens {connected.platform}, not {platform}: leave the platform out, or "
            f"take a key of {platform}",
            where="platform",
            allowed=(connected.platform,),
        )
    return connected


def _opened(path: str, **given: Any) -> Tallystick:
    """A platform in a database, with the limits that are set for the machine's clock."""
    drift_seconds, ahead_days = clock_limits()
    return Tallystick.open(
        path, clock_drift_seconds=drift_seconds, clock_ahead_days=ahead_days, **given
    )


def open_database(db: str | None, limits: tuple[float, float] | None = None) -> Engine:
    """All platforms of a database that is there: to serve them, or to keep their API keys.
    `limits` are those of the machine's clock, where a flag may have set them."""
    from ..service.startup import open_store

    path = db or database()
    must_exist(path, in_memory=False)
    return Engine(open_store(path), limits=ClockLimits(*(limits or clock_limits())))


def known_platforms(engine: Engine, platform: str | None) -> Sequence[str]:
    """The platform that is named, or all of the database.

    Raises `InvalidRequest` if the database does not have it.
    """
    known = engine.platforms.names()
    if platform is not None and platform not in known:
        raise InvalidRequest(
            f"there is no platform '{platform}' here; it has: {', '.join(known)}",
            where="platform",
            allowed=known,
        )
    return known if platform is None else [platform]


def create(
    db: str | None, platform: str, catalog: str | None, test_clock: str | None
) -> Tallystick:
    """Add a platform to the database, which is made if it is not there.

    Raises `InvalidRequest` if the platform exists already, or has no catalog.
    """
    path = db or database()
    if platform in platforms(Where(path)):
        raise InvalidRequest(
            f"{masked(path)} has the platform '{platform}' already; a new version of its catalog "
            "is published with: tallystick catalog publish FILE",
            where="platform",
        )
    if catalog is None and not is_shipped(platform):
        raise InvalidRequest(
            f"no shipped catalog is called '{platform}' (there are: {', '.join(SHIPPED)}); give "
            "its own with --catalog FILE",
            where="platform",
            allowed=SHIPPED,
        )
    return _opened(path, platform=platform, catalog=catalog, test_clock=test_clock)


def must_exist(path: str, in_memory: bool = True) -> None:
    """Raise `NoDatabase` where there is none. Only the store can tell for what is not a file. One
    that begins `in_memory` will do, unless it has to be one that lasts. Raises
    `InvalidRequest` for a database in memory that may not be one."""
    if path == MEMORY and not in_memory:
        raise InvalidRequest("a database in memory has nothing in it: name a file", where="db")
    if not exists(path):
        raise NoDatabase(path)


def exists(path: str) -> bool:
    """Whether a database is there. Only the store can tell for what is not a file."""
    file = path.removeprefix("sqlite:///")
    return path == MEMORY or "://" in file or "\x00" in file or Path(file).exists()


def platforms(where: Where) -> Sequence[str]:
    """The platforms in a database; none where there is no database. The API key's at a server."""
    if where.server is not None:
        with _connected(where, None) as connected:
            return (connected.platform,)
    path = where.db or database()
    if not exists(path):
        return ()
    only, known = _only(path)
    if only is not None:
        only.close()
    return known


def _only(path: str) -> tuple[Tallystick | None, Sequence[str]]:
    """The only platform of a database, opened, or None where it has none or several; and the
    names of all."""
    try:
        only = _opened(path)
    except InvalidRequest as error:
        if error.where != "platform":
            raise
        return None, _names(path)
    return only, (only.platform,)


def _names(path: str) -> Sequence[str]:
    """The platforms that are there, of which there may be none."""
    from ..service.startup import open_store

    with closing(Engine(open_store(path))) as engine:
        return engine.platforms.names()


def _chosen(platform: str | None, known: Sequence[str], path: str) -> str:
    if platform is not None and platform in known:
        return platform
    place = masked(path)
    has = f"it has: {', '.join(known)}" if known else "it has none yet"
    if platform is None and known:
        message = f"say which platform: {place} has {', '.join(known)}"
    else:
        name = platform or "NAME"
        message = f"{place} has no platform '{name}' ({has}); add it: tallystick init {name}"
    raise InvalidRequest(message, where="platform", allowed=known)
