"""What is done to a whole database: brought to the newest schema, and copied to another place."""

from collections.abc import Callable
from contextlib import ExitStack, closing
from typing import NamedTuple

from ..core.errors import InvalidRequest, StoreError
from ..store.opening import open_store, read_place, same, standing
from ..usage import copying
from ..usage.copying import Copied, Copying


class Migrated(NamedTuple):
    """The schema a database stood at before, 0 where it had no tables; the one that it stands at
    now or would, had it not only been looked at; and the migrations from one to the other."""

    before: int
    after: int
    migrations: tuple[str, ...]


def migrate(url: str, check: bool = False) -> Migrated:
    """Bring a database's schema up to date, or with `check` only say what that would be."""
    found = standing(url)
    if not check:
        open_store(url).close()
    return Migrated(found.schema, found.schema + len(found.missing), found.missing)


class NothingThere(StoreError):
    """There is no database to copy."""


def copy(source: str, target: str, progress: Callable[[Copying], None] | None = None) -> Copied:
    """Copy a database that is there into another one, which is made where it is not there.

    Raises `InvalidRequest` for two names of one database, and when the target has one of the
    platforms; `NothingThere` when there is no source, which is not made; `StoreError` when one of
    the two cannot be used, or is written to meanwhile.
    """
    for name, url in (("from", source), ("to", target)):
        if read_place(url).url == ":memory:":
            raise InvalidRequest(
                f"a database in memory is gone when this ends: name a file {name}", where=name
            )
    if same(source, target):
        raise InvalidRequest("both names are of the same database: name another one", where="to")
    if not standing(source).schema:
        raise NothingThere("there is no database to copy")
    with ExitStack() as opened:
        ours = opened.enter_context(closing(open_store(source)))
        copied = opened.enter_context(closing(open_store(target)))
        try:
            return copying.copy(ours, copied, progress)
        except StoreError as error:
            raise type(error)(
                f"{error}; what the target has of it by now is not whole: empty it before another "
                "try"
            ) from None
