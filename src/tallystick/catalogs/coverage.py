"""Which combinations of settings the rates of a model price: none twice, none not at all.

Every combination of the settings that some rate names is one bit of a whole number, so that the
combinations a rate covers are a few operations on such numbers, however many there are.
"""

from bisect import bisect_left
from collections.abc import Iterator
from functools import cached_property
from math import prod

from ..core.catalog import Model, Rate, Setting

MAX_COMBINATIONS = 100_000


class Coverage:
    """The combinations of a model's priced settings, and which of them each rate covers.

    Ask for overlaps and holes only up to `MAX_COMBINATIONS`.
    """

    def __init__(self, model: Model):
        named = {name for rate in model.rates for name in rate.when}
        self.model = model
        self.settings = [setting for setting in model.settings if setting.name in named]
        self.combinations = prod(len(setting.values) for setting in self.settings)

    def overlaps(self) -> Iterator[tuple[Rate, Rate, dict[str, str]]]:
        """The first rate with the same combinations, each later one, and an example of both."""
        covered = 0
        so_far: list[int] = []  # what the rates up to each one cover together
        for rate in self.model.rates:
            own = self._covered_by(rate)
            if own & covered:
                first = bisect_left(so_far, True, key=lambda bits: bool(own & bits))
                yield self.model.rates[first], rate, self._example(own & so_far[first])
            covered |= own
            so_far.append(covered)

    def hole(self) -> tuple[dict[str, str], int] | None:
        """The first combination that no rate covers, and how many there are."""
        left = self._everything
        for rate in self.model.rates:
            left &= ~self._covered_by(rate)
        return (self._example(left), left.bit_count()) if left else None

    @cached_property
    def _everything(self) -> int:
        return (1 << self.combinations) - 1

    @cached_property
    def _having(self) -> dict[tuple[str, str], int]:
        """For each value of each setting the combinations that have it."""
        return dict(self._bits())

    def _covered_by(self, rate: Rate) -> int:
        covered = self._everything
        for name, values in rate.when.items():
            any_of = 0
            for value in values:
                any_of |= self._having[name, value]
            covered &= any_of
        return covered

    def _bits(self) -> Iterator[tuple[tuple[str, str], int]]:
        step = 1
        for setting in reversed(self.settings):
            turn = step * len(setting.values)
            for at, value in enumerate(setting.values):
                block = ((1 << step) - 1) << (at * step)
                yield (setting.name, value), _repeated(block, turn, self.combinations // turn)
            step = turn

    def _example(self, combinations: int) -> dict[str, str]:
        """The first of some combinations, in words."""
        number = (combinations & -combinations).bit_length() - 1
        found: dict[str, str] = {}
        for setting in reversed(self.settings):
            number, at = divmod(number, len(setting.values))
            found[setting.name] = setting.values[at]
        return dict(reversed(found.items()))


def _repeated(block: int, width: int, times: int) -> int:
    """`block`, of `width` bits, so many times over."""
    found, have = 0, 0
    while times:
        if times & 1:
            found |= block << have
            have += width
        block |= block << width
        width *= 2
        times >>= 1
    return found


def consistent(model: Model) -> bool:
    """Whether every rate names settings and values that the model has."""
    values = {setting.name: set(setting.values) for setting in model.settings}
    return all(
        name in values and chosen and values[name].issuperset(chosen)
        for rate in model.rates
        for name, chosen in rate.when.items()
    )


def too_many(settings: list[Setting]) -> str:
    """How the number of combinations comes about, for a message."""
    return " x ".join(f"{len(setting.values):,} {setting.name}" for setting in settings)
