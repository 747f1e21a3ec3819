"""Disks that misbehave: one that fails at the n-th write or sync, one that loses power.

Both are SQLite VFSes over the real one, made the default while they are in use.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import apsw


class Disk(apsw.VFS):
    """Every file of SQLite goes through `file`, which a kind of disk gives."""

    def __init__(self, name: str, file: Callable[..., apsw.VFSFile]):
        super().__init__(name, "unix", makedefault=True)
        self._file = file

    def xOpen(self, name: Any, flags: list[int]) -> apsw.VFSFile:  # noqa: N802 - SQLite's name
        return self._file(name, flags)


@contextmanager
def in_use(disk: Disk) -> Iterator[None]:
    try:
        yield
    finally:
        disk.unregister()


def path_of(name: Any) -> str:
    return str(name.filename() if isinstance(name, apsw.URIFilename) else name)


class FailingFile(apsw.VFSFile):
    """A file on a failing disk."""

    def __init__(self, disk: FailingDisk, name: Any, flags: list[int]):
        super().__init__("unix", name, flags)
        self._disk = disk

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802
        self._disk.count("write")
        super().xWrite(data, offset)

    def xSync(self, flags: int) -> None:  # noqa: N802
        self._disk.count("sync")
        super().xSync(flags)


class FailingDisk(Disk):
    """Fails every write, or every sync, from the `after`-th on for as long as it is `armed`.

    `error` is what SQLite is told: an I/O error, or that the disk is full.
    """

    def __init__(self, what: str, after: int, error: type[apsw.Error]):
        super().__init__("failing", lambda name, flags: FailingFile(self, name, flags))
        self.what, self.after, self.error = what, after, error
        self.armed = False
        self.counted = 0

    def count(self, what: str) -> None:
        if self.armed and what == self.what:
            self.counted += 1
            if self.counted >= self.after:
                raise self.error(f"the disk fails at {what} {self.counted}")


class ForgetfulFile(apsw.VFSFile):
    """A file whose writes are safe only once they are synced."""

    def __init__(self, disk: ForgetfulDisk, name: Any, flags: list[int]):
        self._disk, self._path = disk, path_of(name)
        super().__init__("unix", name, flags)
        disk.begin(self._path)

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802
        super().xWrite(data, offset)
        self._disk.unsynced[self._path].append((offset, bytes(data)))

    def xTruncate(self, size: int) -> None:  # noqa: N802
        super().xTruncate(size)
        self._disk.unsynced[self._path].append((size, None))

    def xSync(self, flags: int) -> None:  # noqa: N802
        super().xSync(flags)
        self._disk.sync(self._path)


class ForgetfulDisk(Disk):
    """Knows what would be left on the disk if the power went out now."""

    def __init__(self) -> None:
        super().__init__("forgetful", lambda name, flags: ForgetfulFile(self, name, flags))
        self.safe: dict[str, bytearray] = {}
        self.unsynced: dict[str, list[tuple[int, bytes | None]]] = {}

    def begin(self, path: str) -> None:
        if path not in self.safe:
            self.safe[path] = bytearray(Path(path).read_bytes())
            self.unsynced[path] = []

    def sync(self, path: str) -> None:
        for offset, data in self.unsynced[path]:
            apply(self.safe[path], offset, data)
        self.unsynced[path] = []

    def after_a_power_cut(self, folder: Path, survives: Callable[[int], bool]) -> Path:
        """The files as they are found after a power cut, in `folder`: all that was synced, and of
        the rest each write that `survives` by its number, the last of them only half."""
        for path, safe in self.safe.items():
            content = bytearray(safe)
            lucky = [each for at, each in enumerate(self.unsynced[path]) if survives(at)]
            for at, (offset, data) in enumerate(lucky, start=1):
                torn = data is not None and at == len(lucky)
                apply(content, offset, data[: len(data) // 2] if torn and data else data)
            if Path(path).exists():
                (folder / Path(path).name).write_bytes(content)
        return folder / min(Path(path).name for path in self.safe)


def apply(content: bytearray, offset: int, data: bytes | None) -> None:
    """One write; a truncation to `offset` where there is no data."""
    if data is None:
        del content[offset:]
        return
    content.extend(bytes(max(0, offset - len(content))))
    content[offset : offset + len(data)] = data
