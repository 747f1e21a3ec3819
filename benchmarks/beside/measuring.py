"""Charges and holds a second of this checkout and of another one, piece by piece in turn."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, closing
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple, Protocol

from tallystick.core.commands import Charge, PlaceHold

from ..core import account_name
from ..engine import fresh
from ..figures import Check, Figure, Findings, Tally, cut
from ..http_load import Load
from ..mix import Mix
from ..postgres.served import requests
from ..postgres.server import running
from .driver import PLATFORM
from .sides import HERE, Driven, Side

AT_LEAST = 0.97
"""Of what the other one does: at most 3 % less."""
OURS, THEIRS = "this checkout", "the other one"
PIECES = 40
"""How often the two take turns within one run; who begins changes with each turn."""
_PROCESSOR = "processor time each"
_RATIO, _BY_PROCESSOR = "ours / theirs", "the same by processor time"
ONE, MANY, HTTP = "1 in flight", "64 in flight", "holds over HTTP, 64 connections"
_TOGETHER = 64


class Scale(NamedTuple):
    """How much is measured."""

    accounts: int = 10_000
    single: int = 3_000
    charges: int = 24_000
    holds: int = 16_000


QUICK = Scale(accounts=1_000, single=200, charges=2_000, holds=2_000)


class Databases(Protocol):
    """Where databases are made: by name, and copied for each run."""

    def create(self) -> str: ...

    def at(self, name: str) -> str: ...

    def copy(self, base: str) -> AbstractContextManager[Any]: ...


class Files:
    """Databases of SQLite, a file each."""

    def __init__(self, folder: Path):
        self._folder = folder
        self._made = 0

    def create(self) -> str:
        self._made += 1
        (folder := self._folder / str(self._made)).mkdir()
        return str(folder / "base.db")

    def at(self, name: str) -> str:
        return name

    def copy(self, base: str) -> AbstractContextManager[Any]:
        return fresh(Path(base))


Did = Callable[[], tuple[float, float]]
"""Does one piece of work; the seconds it took, and how many of a processor."""


class Contest:
    """Both checkouts on databases of one kind."""

    def __init__(self, sides: Sequence[Side], made: Databases, scale: Scale, tally: Tally):
        self._sides = sides
        self._made = made
        self._scale = scale
        self._tally = tally
        self._accounts = [account_name(number) for number in range(scale.accounts)]
        self._bases = {side.name: self._base(side) for side in sides}

    def _base(self, side: Side) -> str:
        """A database of accounts, made by the side that will use it."""
        name, driven = self._made.create(), Driven(side)
        driven.ask("make", url=self._made.at(name), accounts=self._accounts)
        driven.end()
        return name

    def loads(self) -> dict[str, list[str]]:
        """The accounts of each load."""
        return {f"{len(self._accounts):,} accounts": self._accounts, "one hot": self._accounts[:1]}

    def run(self, number: int, tell: Callable[[str], None]) -> None:
        """Who is opened, and begins, first in one run is second in the next."""
        self._sides = self._sides[::-1]
        for load, accounts in self.loads().items():
            tell(f"{load}: charges")
            self._charges(load, accounts, number)
            tell(f"{load}: holds over HTTP")
            self._holds(load, accounts, number)

    def _charges(self, load: str, accounts: list[str], number: int) -> None:
        with ExitStack() as opened:
            driven = {side.name: self._driven(side, opened) for side in self._sides}
            for how, size, count in (
                (MANY, _TOGETHER, self._scale.charges),
                (ONE, 1, self._scale.single),
            ):
                asked = Mix(PLATFORM, number).charges(accounts, count, f"run{number}-{size}")
                pieces = cut([_plain(each) for each in asked], count // PIECES)
                work = {
                    side: [_charging(each, size, piece) for piece in pieces]
                    for side, each in driven.items()
                }
                in_turn(f"{load}: {how}", work, count, self._tally)

    def _driven(self, side: Side, opened: ExitStack) -> Driven:
        """The side's driver, with a copy of its database open and warm."""
        url = str(opened.enter_context(self._made.copy(self._bases[side.name])))
        driven = Driven(side)
        opened.callback(driven.end)
        opened.callback(driven.ask, "close")
        driven.ask("open", url=url, accounts=self._accounts)
        return driven

    def _holds(self, load: str, accounts: list[str], number: int) -> None:
        count = self._scale.holds
        asked = Mix(PLATFORM, number).holds(accounts, count, f"http{number}")
        pieces = cut(asked, count // PIECES)
        with ExitStack() as opened:
            work = {side.name: self._served(side, pieces, opened) for side in self._sides}
            in_turn(f"{load}: {HTTP}", work, count, self._tally)

    def _served(
        self, side: Side, pieces: Sequence[Sequence[PlaceHold]], opened: ExitStack
    ) -> list[Did]:
        """The pieces as work for the side's server, whose connections stay."""
        url = str(opened.enter_context(self._made.copy(self._bases[side.name])))
        served = opened.enter_context(side.serving(url))
        load = opened.enter_context(closing(Load(served.target, _TOGETHER)))
        warm = Mix(PLATFORM, 0).holds(self._accounts, 5 * _TOGETHER, "warm")
        load.closed(requests(served.target, warm))

        def holding(piece: Sequence[PlaceHold]) -> Did:
            sent = requests(served.target, piece)

            def did() -> tuple[float, float]:
                before = served.processor_seconds()
                seconds = load.closed(sent)
                return seconds, served.processor_seconds() - before

            return did

        return [holding(piece) for piece in pieces]

    def checks(self) -> Iterator[Check]:
        """Ours over theirs, by the clock and by the processor time of each."""
        for load in self.loads():
            for how in (MANY, ONE, HTTP):
                for said, aim in ((_RATIO, AT_LEAST), (_BY_PROCESSOR, None)):
                    figure = self._tally.figure(f"{load}: {how}: {said}")
                    yield Check(Figure(figure.name, "times", figure.runs), aim)

    def figures(self) -> tuple[Figure, ...]:
        """What each side did; the ratios stand among the checks."""
        ratios = {check.figure.name for check in self.checks()}
        return tuple(each for each in self._tally.figures() if each.name not in ratios)


def in_turn(name: str, work: Mapping[str, Sequence[Did]], count: int, tally: Tally) -> None:
    """One piece of each side after the other, the first one last in every second turn.

    Ours over theirs is the median over the turns: whatever else this machine does then spoils
    some of them, and not the figure.
    """
    took: dict[str, list[tuple[float, float]]] = {side: [] for side in work}
    for turn, pieces in enumerate(zip(*work.values(), strict=True)):
        at_turn = list(zip(work, pieces, strict=True))
        for side, piece in at_turn if turn % 2 == 0 else reversed(at_turn):
            took[side].append(piece())
    for side, pairs in took.items():
        tally.add(f"{name}, {side}", count / sum(seconds for seconds, _ in pairs))
        spent = sum(spent for _, spent in pairs) / count
        tally.add(f"{name}, {_PROCESSOR}, {side}", spent * 1e6, "us")
    for at, said in enumerate((_RATIO, _BY_PROCESSOR)):
        turns = zip(took[OURS], took[THEIRS], strict=True)
        tally.add(f"{name}: {said}", median(theirs[at] / ours[at] for ours, theirs in turns))


def _plain(charge: Charge) -> list[Any]:
    return [charge.account, charge.model, charge.outputs, dict(charge.params), charge.key]


def _charging(driven: Driven, size: int, piece: Sequence[Any]) -> Did:
    def did() -> tuple[float, float]:
        said = driven.ask("charge", in_flight=size, charges=list(piece))
        return said["seconds"], said["processor"]

    return did


def measure(
    runs: int,
    quick: bool,
    tell: Callable[[str], None],
    folder: Path | None,
    other: Path,
    db: str | None = None,
    scale: Scale | None = None,
) -> Iterator[Findings]:
    """First on SQLite, then on PostgreSQL."""
    sides = (Side(OURS, HERE), Side(THEIRS, other))
    scale = scale or (QUICK if quick else Scale())
    with TemporaryDirectory(prefix="tallystick-bench-", dir=folder) as temporary:
        yield _measured("SQLite", sides, Files(Path(temporary)), scale, runs, tell)
    tell("starting PostgreSQL")
    with running(db, folder) as server:
        yield _measured("PostgreSQL", sides, server, scale, runs, tell)


def _measured(
    kind: str,
    sides: Sequence[Side],
    made: Databases,
    scale: Scale,
    runs: int,
    tell: Callable[[str], None],
) -> Findings:
    tell(f"{kind}: opening {scale.accounts:,} accounts on both sides")
    tally = Tally("a second")
    contest = Contest(sides, made, scale, tally)
    for run in range(runs):
        contest.run(run, lambda said, run=run: tell(f"{kind}: run {run + 1} of {runs}, {said}"))
    notes = (
        f"{OURS}: {sides[0].source.parent.name}; {THEIRS}: {sides[1].source.parent.name}",
        f"in turn, {PIECES} pieces each a run; every answer is on disk, every one has its key",
        "a run's ratio is the median over its turns; processor time is the driver's or server's",
    )
    title = f"This checkout beside another one, on {kind}"
    return Findings(title, contest.figures(), tuple(contest.checks()), notes)
