"""Files that come whole or not at all: written in a folder of their own beside the place they
take, brought to the disk, and moved there in one step.

A run that was killed leaves only that folder, which the next run for the same place removes.
"""

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..core.errors import FullDatabase, StoreError


@contextmanager
def unfinished(place: Path) -> Iterator[Path]:
    """A folder beside `place`, for its owner only, in which nobody else writes; it is removed at
    the end. Raises `StoreError` for what the system refuses, here and in the block."""
    folder = place.parent / f".{place.name}.unfinished"
    try:
        if not place.parent.is_dir():
            raise StoreError(f"there is no folder {place.parent}")
        with _alone(folder, place):
            try:
                yield folder
            finally:
                shutil.rmtree(folder, ignore_errors=True)
    except OSError as error:
        raise _refused(place, error) from None


@contextmanager
def _alone(folder: Path, place: Path) -> Iterator[None]:
    """The folder, empty and locked."""
    folder.mkdir(mode=0o700, exist_ok=True)
    number = os.open(folder, os.O_RDONLY)
    try:
        lock(number, f"another process is writing {place}: wait for it")
        for left in folder.iterdir():
            left.unlink()
        yield
    finally:
        os.close(number)


def lock(number: int, otherwise: str) -> None:
    """Lock an open folder. The system lets go of the lock when the process ends, however it ends.
    Raises `StoreError`, which says `otherwise`, where another process has it."""
    try:
        import fcntl
    except ImportError:  # no such locks on Windows
        return
    try:
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise StoreError(otherwise) from None


def _refused(place: Path, error: OSError) -> StoreError:
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return FullDatabase(f"{place} has no room left on its disk; nothing was written")
    return StoreError(f"{place} cannot be written: {error.strerror or type(error).__name__}")


def move(made: Path, place: Path, over: bool) -> bool:
    """Bring a file to the disk and move it to its place in one step; False where something is
    there already that it may not be moved `over`."""
    to_disk(made)
    if over:
        made.replace(place)
    elif not _linked(made, place):
        return False
    to_disk(place.parent)
    return True


def _linked(made: Path, place: Path) -> bool:
    """A second name is refused where the first is taken, however late somebody takes it."""
    try:
        place.hardlink_to(made)
    except FileExistsError:
        return False
    except OSError:  # a file system without second names
        if place.exists():
            return False
        made.replace(place)
    return True


def to_disk(path: Path) -> None:
    """Wait until a file, or what a folder lists, is on the disk."""
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
