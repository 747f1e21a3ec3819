"""Charges a second on SQLite, every answer on disk, beside a bare loop writing the same rows."""

import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from . import rows, transports, weight
from .figures import Check, Findings, Tally, per_second
from .mix import Mix

ACCOUNTS = 10_000
IN_FLIGHT = 64
_SINGLE, _LARGE = "floor: the same rows, one commit each", "floor: the same rows, 500 a commit"
_ASYNC = f"{IN_FLIGHT} in flight, asyncio"
OVER_SINGLE, OVER_LARGE = 2.5, 0.5


class Scale:
    """How much is measured."""

    def __init__(self, quick: bool):
        self.single = 500 if quick else 3_000
        self.charges = 4_000 if quick else 20_000


WAYS: dict[str, transports.Way] = {
    "1 in flight": transports.one_at_a_time,
    _ASYNC: transports.tasks(IN_FLIGHT),
    f"{IN_FLIGHT} in flight, threads": transports.threads(IN_FLIGHT),
    "execute, batches of 64": transports.batches_of(64),
    "execute, batches of 500": transports.batches_of(500),
}
FLOORS = {_SINGLE: 1, "floor: the same rows, 64 a commit": 64, _LARGE: 500}
_SYNC = "floor: 4 KiB written and synced"


SHOWN = (*WAYS, _SYNC, *FLOORS)


class Load:
    """Charges to some accounts of one database, measured through every transport and below them."""

    def __init__(self, name: str, accounts: Sequence[str], base: Path, scale: Scale):
        self.name = name
        self.base = base
        self._accounts = list(accounts)
        self._scale = scale

    def run(self, number: int, tally: Tally, tell: Callable[[str], None]) -> None:
        """One round. The floors come right after what is compared with them."""
        mix = Mix(transports.PLATFORM, number)
        charges = mix.charges(self._accounts, self._scale.charges, f"run{number}")
        for name in (_ASYNC, *(each for each in WAYS if each != _ASYNC)):
            tell(f"{self.name}: {name}")
            some = charges[: self._scale.single] if name.startswith("1 ") else charges
            with fresh(self.base) as path:
                tally.add(self.called(name), WAYS[name](path, some))
                if name == _ASYNC:
                    self._floors(rows.written(self.base, path), tally, tell)

    def _floors(self, written: list[rows.Row], tally: Tally, tell: Callable[[str], None]) -> None:
        tally.add(self.called(_SYNC), sync_rate(self.base.parent), "syncs/s")
        for name, size in FLOORS.items():
            tell(f"{self.name}: {name}")
            some = written[: self._scale.single] if size == 1 else written
            with fresh(self.base) as path:
                tally.add(self.called(name), rows.write_bare(path, some, size))

    def called(self, name: str) -> str:
        return f"{self.name}: {name}"

    def checks(self, tally: Tally) -> list[Check]:
        ours, single, large = (self.called(each) for each in (_ASYNC, _SINGLE, _LARGE))
        checks = [
            tally.ratio(ours, single, f"{ours} / one commit each", OVER_SINGLE),
            tally.ratio(ours, large, f"{ours} / 500 a commit", OVER_LARGE),
        ]
        for name in WAYS:
            if name != _ASYNC:
                one = self.called(name)
                checks.append(tally.ratio(one, single, f"{one} / one commit each"))
        return checks


class fresh:  # noqa: N801 - read like a function: `with fresh(base) as path`
    """A copy of a closed database, gone afterwards with all that SQLite put beside it."""

    def __init__(self, base: Path):
        self._base = base
        self._folder = TemporaryDirectory(dir=base.parent)

    def __enter__(self) -> Path:
        return Path(shutil.copyfile(self._base, Path(self._folder.name) / "credits.db"))

    def __exit__(self, *error: object) -> None:
        self._folder.cleanup()


def sync_rate(folder: Path, times: int = 200) -> float:
    """How often a second this disk makes four kilobytes durable."""

    def work() -> None:
        with (folder / "sync").open("wb", buffering=0) as file:
            for _ in range(times):
                file.write(bytes(4_096))
                os.fsync(file.fileno())

    return per_second(times, work)


def measure(
    runs: int, quick: bool, tell: Callable[[str], None], folder: Path | None
) -> list[Findings]:
    tally = Tally("charges/s")
    with TemporaryDirectory(prefix="tallystick-bench-", dir=folder) as temporary:
        base = Path(temporary) / "base.db"
        tell(f"opening {ACCOUNTS:,} accounts")
        names = transports.build(base, ACCOUNTS)
        scale = Scale(quick)
        loads = [
            Load(f"{ACCOUNTS:,} accounts", names, base, scale),
            Load("one hot account", names[:1], base, scale),
        ]
        for run in range(runs):
            for load in loads:
                load.run(run, tally, lambda said, run=run: tell(f"run {run + 1} of {runs}, {said}"))
        uniform, hot = (load.called(_ASYNC) for load in loads)
        checks = [check for load in loads for check in load.checks(tally)]
        checks.append(tally.ratio(hot, uniform, "hot / uniform, 64 in flight", 1))
        notes = (
            "settings read back: "
            + ", ".join(f"{name}={value}" for name, value in rows.settings(base).items()),
            f"{scale.charges:,} charges a run, {scale.single:,} where each has its own commit",
            "every charge has a key; every account has a subscription and a grant",
        )
        figures = [tally.figure(load.called(name)) for load in loads for name in SHOWN]
        found = Findings("Engine on SQLite", tuple(figures), tuple(checks), notes)
        return [found, weight.measure(runs, quick, tell, base)]
