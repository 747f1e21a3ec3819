"""The one place where the command line opens a platform.

Nothing is made by accident: a database and a platform come into being with ``tallystick init``
(or the demo), never because a name was mistyped.
"""

from collections.abc import Sequence
from pathlib import Path

from ..catalogs import SHIPPED, is_shipped
from ..client import Tallystick
from ..core.errors import InvalidRequest, StoreError

DEFAULT = "tallystick.db"
MEMORY = ":memory:"


class NoDatabase(StoreError):
    """There is no database where one was looked for."""

    def __init__(self, path: str):
        super().__init__(f"there is no database {path}")
        self.where = "db"
        self.ways_on = (
            ("make one", ["init", SHIPPED[0]]),
            ("make one with sample accounts", ["demo"]),
        )


def open_platform(db: str | None, platform: str | None) -> Tallystick:
    """A platform in the database: the one named, or the only one there."""
    path = db or DEFAULT
    if not exists(path):
        raise NoDatabase(path)
    only, known = _only(path)
    if only is not None and platform in (None, only.platform):
        return only
    if only is not None:
        only.close()
    return Tallystick.open(path, platform=_chosen(platform, known, path))


def open_prices(db: str | None, platform: str) -> Tallystick:
    """A platform for questions about its prices: in the database, or where none is named and
    this folder's has no such platform, as its shipped catalog says."""
    shipped = is_shipped(platform)
    if shipped and (db == MEMORY or (db is None and platform not in platforms(db))):
        return Tallystick.open(MEMORY, platform=platform)
    if db is None and not exists(DEFAULT):
        raise InvalidRequest(
            f"no shipped catalog is called '{platform}' (there are: {', '.join(SHIPPED)}), and "
            f"there is no database {DEFAULT} here; name one with --db",
            where="platform",
            allowed=SHIPPED,
        )
    return open_platform(db, platform)


def create(
    db: str | None, platform: str, catalog: str | None, test_clock: str | None
) -> Tallystick:
    """Add a platform to the database, which is made if it is not there."""
    path = db or DEFAULT
    if platform in platforms(path):
        raise InvalidRequest(
            f"{path} has the platform '{platform}' already; a new version of its catalog is "
            "published with: tallystick catalog publish FILE",
            where="platform",
        )
    if catalog is None and not is_shipped(platform):
        raise InvalidRequest(
            f"no shipped catalog is called '{platform}' (there are: {', '.join(SHIPPED)}); give "
            "its own with --catalog FILE",
            where="platform",
            allowed=SHIPPED,
        )
    return Tallystick.open(path, platform=platform, catalog=catalog, test_clock=test_clock)


def exists(path: str) -> bool:
    """Whether a database is there; only the store can tell of what is no file."""
    file = path.removeprefix("sqlite:///")
    return path == MEMORY or "://" in file or "\x00" in file or Path(file).exists()


def platforms(db: str | None) -> Sequence[str]:
    """The platforms in a database; none where there is no database."""
    path = db or DEFAULT
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
        only = Tallystick.open(path)
    except InvalidRequest as error:
        if error.where != "platform":
            raise
        return None, error.allowed
    return only, (only.platform,)


def _chosen(platform: str | None, known: Sequence[str], path: str) -> str:
    if platform is not None and platform in known:
        return platform
    has = f"it has: {', '.join(known)}" if known else "it has none yet"
    if platform is None and known:
        message = f"say which platform: {path} has {', '.join(known)}"
    else:
        name = platform or "NAME"
        message = f"{path} has no platform '{name}' ({has}); add it: tallystick init {name}"
    raise InvalidRequest(message, where="platform", allowed=known)
