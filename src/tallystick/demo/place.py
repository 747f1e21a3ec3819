"""The file of the demo: it is recognised, built beside its place, and moved there whole.

Nothing but a demo database is ever replaced, and a build that is interrupted leaves nothing.
"""

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from ..client import Tallystick
from ..core.errors import InvalidRequest, NotADatabase, StoreError
from ..core.refusals import AccountNotFound
from .build import MARK, build
from .people import PLATFORMS


class NotADemo(StoreError):
    """The file exists and is not a demo database."""


def stands(path: Path) -> bool:
    """Whether the demo exists already. Raises `NotADemo` if the file is something else."""
    if not path.exists():
        return False
    if not _is_demo(path):
        raise NotADemo(
            f"{path} is not a demo database and is left as it is: name another file with --db"
        )
    return True


def make(path: Path, seed: int, tell: Callable[[int, int], None] | None = None) -> None:
    """Build the demo at `path`, in place of an older demo if there is one.

    `tell` is called with (done, of) as the build goes on. Raises `StoreError` if another program
    has the file open or the disk refuses it.
    """
    if path.with_name(f"{path.name}-wal").exists():
        raise StoreError(f"{path} is open in another program; close it there first")
    try:
        with TemporaryDirectory(prefix=".tallystick-demo-", dir=path.parent) as folder:
            made = Path(folder, "demo.db")
            build(made, seed, tell)
            made.replace(path)
            _beside(made).replace(_beside(path))
    except OSError as error:
        raise StoreError(f"{path} cannot be made: {error.strerror or error}") from None


def _beside(path: Path) -> Path:
    """The file that says which epoch a database is in."""
    return path.with_name(f"{path.name}-epoch")


def _is_demo(path: Path) -> bool:
    """Whether its three platforms are there, with people who came by the demo's key."""
    if not path.is_file() or not path.stat().st_size:
        return False
    platforms = _platforms(path)
    return all(each in platforms and _has_people(path, each) for each in PLATFORMS)


def _platforms(path: Path) -> tuple[str, ...]:
    """The platforms of a database with several; for any other file none."""
    try:
        Tallystick.open(path).close()
    except InvalidRequest as error:  # it asks which one, and names them
        return error.allowed
    except NotADatabase:
        pass
    return ()


def _has_people(path: Path, platform: str) -> bool:
    with Tallystick.open(path, platform=platform) as credits:
        try:
            return credits.entries(PLATFORMS[platform][0].account, limit=1)[0].key == MARK
        except AccountNotFound:
            return False
