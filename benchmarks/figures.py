"""Figures: what several runs gave, as a median between the least and the most."""

from collections.abc import Callable, Sequence
from statistics import median
from time import perf_counter
from typing import TypeVar

from msgspec import Struct

T = TypeVar("T")


class Figure(Struct, frozen=True):
    """One thing measured, once a run."""

    name: str
    unit: str
    runs: tuple[float, ...]

    @property
    def median(self) -> float:
        return median(self.runs)


class Check(Struct, frozen=True):
    """A figure against its aim: reached when the median is `at_least` or `at_most` so much. No
    aim, no verdict."""

    figure: Figure
    at_least: float | None = None
    at_most: float | None = None

    @property
    def verdict(self) -> str:
        if self.at_least is None and self.at_most is None:
            return ""
        median = self.figure.median
        enough = self.at_least is None or median >= self.at_least
        return "PASS" if enough and (self.at_most is None or median <= self.at_most) else "MISS"


class Findings(Struct, frozen=True):
    """What a benchmark found: its figures, the checks drawn from them, and words on both."""

    title: str
    figures: tuple[Figure, ...]
    checks: tuple[Check, ...]
    notes: tuple[str, ...] = ()


class Tally:
    """Collects figures run by run."""

    def __init__(self, unit: str):
        self._unit = unit
        self._others: dict[str, str] = {}
        self._runs: dict[str, list[float]] = {}

    def add(self, name: str, value: float, unit: str | None = None) -> None:
        self._runs.setdefault(name, []).append(value)
        if unit is not None:
            self._others[name] = unit

    def last(self, name: str) -> float:
        return self._runs[name][-1]

    def __contains__(self, name: str) -> bool:
        return name in self._runs

    def figure(self, name: str) -> Figure:
        unit = self._others.get(name, self._unit)
        return Figure(name, unit, tuple(self._runs[name]))

    def figures(self) -> tuple[Figure, ...]:
        return tuple(self.figure(name) for name in self._runs)

    def ratio(
        self,
        name: str,
        over: str,
        said: str,
        at_least: float | None = None,
        at_most: float | None = None,
    ) -> Check:
        """`name` over `over`, run by run: each is divided by what its own run measured."""
        pairs = zip(self._runs[name], self._runs[over], strict=True)
        figure = Figure(said, "times", tuple(one / two for one, two in pairs))
        return Check(figure, at_least, at_most)


def per_second(
    count: int, work: Callable[[], object], clock: Callable[[], float] = perf_counter
) -> float:
    """How many a second, when `work` does `count` of them.

    What never waits is timed by `process_time`: a second of one core, whoever else uses it.
    """
    start = clock()
    work()
    return count / (clock() - start)


def cut(items: Sequence[T], size: int) -> list[Sequence[T]]:
    """`items` in pieces of `size`, the last one with what is left."""
    return [items[at : at + size] for at in range(0, len(items), size)]
